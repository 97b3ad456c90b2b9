"""Approve a dangerous tool call, if necessary in another process. The transcript is the checkpoint.

python examples/resume.py run.json "Refund order 7."
python examples/resume.py run.json --approve
"""

import os
import sys
from pathlib import Path

from inference_gateway_sdk import InferenceGatewayClient, Transcript, tool

MODEL = os.environ.get("MODEL", "openai/gpt-4o-mini")


def refund(order: int) -> str:
    """Refund an order."""
    return f"order {order} is refunded"


def main(file: Path, task: str) -> None:
    """Start a run, or resume the run in the file."""
    old = Transcript.from_json(file.read_bytes()) if task == "--approve" else None
    with InferenceGatewayClient() as client:
        run = client.run(
            MODEL,
            old or task,
            tools=[tool(refund, approval=True)],
            approve={call.id: True for call in old.pending} if old else None,
            on_progress=lambda transcript: file.write_bytes(transcript.to_json()),
        )
    file.write_bytes(run.transcript.to_json())
    for call in run.pending:
        print(f"waiting: {call.name} {call.arguments}")
    if not run.pending:
        print(run.text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
