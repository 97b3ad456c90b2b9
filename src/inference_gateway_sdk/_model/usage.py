"""Tokens used, counted alike for every dialect and for images.

Providers count differently. Anthropic counts cached input beside the input, OpenAI inside of it; Gemini's chat endpoint
leaves the thinking out of the completion but not out of the total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping  # noqa: TC003  (users resolve the annotations of public classes)
from typing import Any, Final

from msgspec import Struct, structs

from .json_values import is_mapping
from .unknown_fields import set_module

__all__ = ["Usage"]

_WHOLES: Final = {
    "cache_read": "input", "cache_write": "input", "audio_input": "input", "image_input": "input",
    "reasoning": "output", "audio_output": "output", "image_output": "output",
}  # fmt: skip


@set_module
class Usage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens a request used, or several. None is a number that the provider did not give.

    Attributes:
        input: All tokens read, cached ones included.
        output: All tokens generated, thinking included.
        cache_read: Of the input, those read from a cache.
        cache_write: Of the input, those written to a cache.
        cache_write_5m: Of those, the ones kept for five minutes.
        cache_write_1h: Of those, the ones kept for an hour.
        reasoning: Of the output, those spent on thinking.
        audio_input: Of the input, those of sound.
        audio_output: Of the output, those of sound.
        image_input: Of the input, those of pictures.
        image_output: Of the output, those of pictures.
        partial: Some request of the sum gave no usage, so that the numbers are lower bounds.
    """

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None
    image_input: int | None = None
    image_output: int | None = None
    partial: bool = False

    @property
    def total(self) -> int | None:
        """Input and output together, None when one of them is unknown."""
        return None if self.input is None or self.output is None else self.input + self.output

    @property
    def consistent(self) -> bool:
        """Whether no part is larger than its whole. Costs of other numbers are bounds at best."""
        parts = ((getattr(self, part), getattr(self, whole)) for part, whole in _WHOLES.items())
        return all(part is None or whole is None or part <= whole for part, whole in parts)

    @classmethod
    def read(cls, dialect: str, usage: object) -> Usage | None:
        """Return the usage of an answer.

        Args:
            dialect: "chat", "responses", "messages" or "images".
            usage: The answer's `usage` as plain values.

        Returns:
            None when it holds no number.
        """
        if not is_mapping(usage):
            return None
        found = _READERS[dialect](usage)
        return found if found.input is not None or found.output is not None else None

    @classmethod
    def sum(cls, usages: Iterable[Usage | None]) -> Usage | None:
        """Return the sum of several requests, None when none of them gave numbers."""
        given = list(usages)
        known = [one for one in given if one is not None]
        if not known:
            return None
        total: dict[str, int] = {}
        for one in known:
            for name, value in structs.asdict(one).items():
                if name != "partial" and value is not None:
                    total[name] = total.get(name, 0) + value
        return cls(**total, partial=len(known) < len(given) or any(one.partial for one in known))


def _number(usage: Mapping[Any, Any], *path: str) -> int | None:
    """Return the count at a path, None when there is none."""
    value: Any = usage
    for key in path:
        value = value.get(key) if is_mapping(value) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _first(*numbers: int | None) -> int | None:
    return next((one for one in numbers if one is not None), None)


def _chat(usage: Mapping[Any, Any]) -> Usage:
    read, written = _number(usage, "prompt_tokens"), _number(usage, "completion_tokens")
    total = _number(usage, "total_tokens")
    if written is not None and read is not None and total is not None:
        written = max(written, total - read)  # Gemini: thinking is in the total only
    return Usage(
        input=read,
        output=written,
        cache_read=_first(
            _number(usage, "prompt_tokens_details", "cached_tokens"),
            _number(usage, "cached_tokens"),
            _number(usage, "prompt_cache_hit_tokens"),
        ),
        reasoning=_number(usage, "completion_tokens_details", "reasoning_tokens"),
        audio_input=_number(usage, "prompt_tokens_details", "audio_tokens"),
        audio_output=_number(usage, "completion_tokens_details", "audio_tokens"),
        image_input=_number(usage, "prompt_tokens_details", "image_tokens"),
        image_output=_number(usage, "completion_tokens_details", "image_tokens"),
    )


def _responses(usage: Mapping[Any, Any]) -> Usage:
    return Usage(
        input=_number(usage, "input_tokens"),
        output=_number(usage, "output_tokens"),
        cache_read=_number(usage, "input_tokens_details", "cached_tokens"),
        reasoning=_number(usage, "output_tokens_details", "reasoning_tokens"),
    )


def _messages(usage: Mapping[Any, Any]) -> Usage:
    fresh = _number(usage, "input_tokens")
    read, written = _number(usage, "cache_read_input_tokens"), _number(usage, "cache_creation_input_tokens")
    return Usage(
        input=None if fresh is None else fresh + (read or 0) + (written or 0),
        output=_number(usage, "output_tokens"),
        cache_read=read,
        cache_write=written,
        cache_write_5m=_number(usage, "cache_creation", "ephemeral_5m_input_tokens"),
        cache_write_1h=_number(usage, "cache_creation", "ephemeral_1h_input_tokens"),
        reasoning=_number(usage, "output_tokens_details", "thinking_tokens"),
    )


def _images(usage: Mapping[Any, Any]) -> Usage:
    return Usage(
        input=_number(usage, "input_tokens"),
        output=_number(usage, "output_tokens"),
        image_input=_number(usage, "input_tokens_details", "image_tokens"),
        image_output=_number(usage, "output_tokens_details", "image_tokens"),
    )


_READERS: Final = {"chat": _chat, "responses": _responses, "messages": _messages, "images": _images}
