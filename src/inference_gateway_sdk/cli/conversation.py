"""What was said so far, and the next answer to it, streamed to the standard output as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from .outcome import note
from .output import Words

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
        pieces: list[str] = []
        words = Words()
        try:
            self._stream([*self._opening, *self._history, asked], words, pieces)
        finally:
            if pieces:
                words.end()
                answered: _Said = {"role": "assistant", "content": "".join(pieces)}
                self._history.extend((asked, answered))

    def _stream(self, messages: list[_Said], words: Words, pieces: list[str]) -> None:
        with self._client.generate_content_stream(
            self.model, messages, provider=self._provider, **self._wishes
        ) as stream:
            for text in stream.text():
                pieces.append(text)
                words.write(text)
            reasons = {choice.finish_reason for choice in stream.final().choices}
        if not pieces:
            note("the answer is empty")
        if "length" in reasons:
            note("the answer was cut at its token limit")
