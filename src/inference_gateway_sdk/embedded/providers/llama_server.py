"""A GGUF file turned into llama.cpp's own HTTP server on a free loopback port, in a child process that ends with us."""

from __future__ import annotations

import importlib.util
import json
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from .llama_child import Order

__all__ = ["CONTEXT_TOKENS", "LlamaServer", "LlamaServerError"]

CONTEXT_TOKENS = 4096
_SLOTS = 2  # answers at once; more wait
_ANSWER_TOKENS = 512  # unless the request says: a model this small may never stop by itself
_THREADS = 1  # a second one gains little on an idle machine, and a busy one falls from 50 tokens a second to 5
_CHILD = Path(__file__).with_name("llama_child.py")
_PATIENCE = 3.0  # seconds until a child that does not end by itself is ended

# With the file's own template the model rambles; with this system prompt and temperature 0 it answers.
_TEMPLATE = (
    "{% if not messages or messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}"
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


class LlamaServerError(Exception):
    """llama.cpp did not start; the text says why."""


class LlamaServer:
    """A server for one GGUF file.

    Args:
        weights: The file.
        alias: The name it goes by.
        own_template: Use the chat template inside the file, not the smoke-test model's.

    Attributes:
        key: What the server wants as a bearer token: only this process knows it.
    """

    def __init__(self, weights: Path, *, alias: str, own_template: bool) -> None:
        self.key = secrets.token_urlsafe(16)
        self._weights = weights
        self._order: Order = {
            "weights": str(weights),
            "alias": alias,
            "key": self.key,
            "template": None if own_template else _TEMPLATE,
            "context_tokens": CONTEXT_TOKENS,
            "answer_tokens": _ANSWER_TOKENS,
            "slots": _SLOTS,
            "threads": _THREADS,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def start(self) -> str:
        """Load the weights, which takes about a second, and give the server's address, with /v1.

        Raises:
            LlamaServerError: The file is not usable, xllamacpp is missing, llama.cpp refused, or `stop` was called.
        """
        _check(self._weights)
        if importlib.util.find_spec("xllamacpp") is None:
            raise LlamaServerError("the smoke-test model needs xllamacpp: pip install 'inference-gateway-sdk[local]'")
        with tempfile.TemporaryFile() as log:
            # A session of its own: a Ctrl-C at the terminal is for us.
            try:
                self._process = process = subprocess.Popen(  # noqa: S603  (the command is ours)
                    [sys.executable, "-P", str(_CHILD)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                )
            except OSError as error:
                raise LlamaServerError(f"cannot start {sys.executable}: {error.strerror or error}") from error
            if self._stopped:  # while the process was being made
                self.stop()
                raise LlamaServerError("llama.cpp was ended before it had begun")
            return f"{self._address(process, log)}/v1"

    def stop(self) -> None:
        """End it for good, with whatever it is loading or answering. May be called twice, and from another thread."""
        self._stopped = True
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait(_PATIENCE)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _address(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> str:
        if process.stdin is None or process.stdout is None:
            raise LlamaServerError("the child has no pipes")
        try:
            process.stdin.write(json.dumps(self._order).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or b"{}")
        except (OSError, ValueError) as error:
            raise LlamaServerError(f"llama.cpp was ended while it loaded {self._weights}") from error
        if "address" not in answer:
            self.stop()
            raise LlamaServerError(f"llama.cpp could not serve {self._weights}: {_reason(answer, log)}")
        return str(answer["address"])


def _reason(answer: dict[str, str], log: IO[bytes]) -> str:
    """What the child said, and the last thing that llama.cpp did."""
    log.seek(0)
    lines = log.read().decode(errors="replace").split("\n")
    said = [line.strip() for line in (answer.get("error", ""), *lines[-2:]) if line.strip()]
    return "; ".join(said) or "it ended without a word"


def _check(weights: Path) -> None:
    """Look first at what llama.cpp would answer with an opaque error."""
    try:
        with weights.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise LlamaServerError(f"cannot read the weights at {weights}: {error.strerror or error}") from error
    if magic != b"GGUF":
        raise LlamaServerError(f"{weights} is not a GGUF file")
