"""What was said so far, and the next answer to it, streamed to the standard output as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from .printer import Printer

if TYPE_CHECKING:
    from .. import InferenceGatewayClient

__all__ = ["Conversation"]


class _Said(TypedDict):
    role: str
    content: str


class _Wishes(TypedDict, total=False):
    max_tokens: int
    temperature: float


class Conversation:
    """A history that grows by every question and its answer.

    Args:
        client: Whom to ask.
        model: Which model.
        provider: Which provider, None when the model's name says so.
        system: What the model is told beforehand.
        max_tokens: The longest answer.
        temperature: How wild an answer may be.
    """

    def __init__(
        self,
        client: InferenceGatewayClient,
        model: str,
        provider: str | None = None,
        system: str | None = None,
        *,
        max_tokens: int | None = None,
        temperature: float | None = None,
    ) -> None:
        self.model = model
        self._client = client
        self._provider = provider
        self._opening: list[_Said] = [{"role": "system", "content": system}] if system else []
        self._history: list[_Said] = []
        self._wishes: _Wishes = {}
        if max_tokens is not None:
            self._wishes["max_tokens"] = max_tokens
        if temperature is not None:
            self._wishes["temperature"] = temperature

    def reset(self) -> None:
        """Forget what was said."""
        self._history.clear()

    def ask(self, question: str) -> None:
        """Write the answer as it comes; what has come of it stays in the history, however it ends.

        Raises:
            GatewayError: The gateway said no, did not answer, or stopped in the middle.
            KeyboardInterrupt: The user has had enough.
        """
        asked: _Said = {"role": "user", "content": question}
        printer = Printer()
        messages = [*self._opening, *self._history, asked]
        try:
            with self._client.generate_content_stream(
                self.model, messages, provider=self._provider, **self._wishes
            ) as stream:
                printer.show(stream.deltas())
        finally:
            if printer.text:
                answered: _Said = {"role": "assistant", "content": printer.text}
                self._history.extend((asked, answered))
