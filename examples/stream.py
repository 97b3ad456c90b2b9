"""Print a reply while it is generated, and keep the received part if the stream breaks.

python examples/stream.py "Write a haiku."
"""

import os
import sys

from inference_gateway_sdk import GatewayError, InferenceGatewayClient, StreamError, Timeouts

MODEL = os.environ.get("MODEL", "openai/gpt-4o-mini")


def main(prompt: str) -> None:
    """Print one streamed reply and its number of tokens."""
    timeout = Timeouts(first_content=60, idle=30)  # seconds without new content
    with InferenceGatewayClient(timeout=timeout) as client, client.generate_content_stream(MODEL, prompt) as stream:
        try:
            for text in stream.text():
                print(text, end="", flush=True)
        except StreamError as error:
            words = len((error.partial.text or "").split()) if error.partial else 0
            raise SystemExit(f"\nthe reply broke off after {words} words: {error}") from None
        print()
        reply = stream.final()
        if reply.usage:
            print(reply.usage.completion_tokens, "tokens written")


if __name__ == "__main__":
    try:
        main(" ".join(sys.argv[1:]) or "Write a haiku.")
    except GatewayError as error:
        raise SystemExit(f"stream: {error}") from None
