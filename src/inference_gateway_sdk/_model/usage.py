"""Token usage, counted alike for every dialect and for images.

Providers count differently. Anthropic counts cached input separately from the input, OpenAI as part of it. Gemini's
chat endpoint leaves reasoning tokens out of the completion but includes them in the total.
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
    """The tokens used by one request or several. None means that the provider did not report the number.

    Attributes:
        input: All input tokens, including cached ones.
        output: All generated tokens, including reasoning.
        cache_read: Input tokens that were read from a cache.
        cache_write: Input tokens that were written to a cache.
        cache_write_5m: Written tokens that are cached for five minutes.
        cache_write_1h: Written tokens that are cached for an hour.
        reasoning: Output tokens that were spent on reasoning.
        audio_input: Input tokens of audio.
        audio_output: Output tokens of audio.
        image_input: Input tokens of images.
        image_output: Output tokens of images.
        partial: True when a request of the sum reported no usage, so that the numbers are lower bounds.
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
        """The sum of input and output, None when one of them is unknown."""
        return None if self.input is None or self.output is None else self.input + self.output

    @property
    def consistent(self) -> bool:
        """True when no part is larger than its whole. Otherwise costs computed from the numbers are only bounds."""
        parts = ((getattr(self, part), getattr(self, whole)) for part, whole in _WHOLES.items())
        return all(part is None or whole is None or part <= whole for part, whole in parts)

    @classmethod
    def read(cls, dialect: str, usage: object) -> Usage | None:
        """Return the usage of an answer.

        Args:
            dialect: "chat", "responses", "messages" or "images".
            usage: The answer's `usage` as plain values.

        Returns:
            The usage, or None when the answer has no number of input or output tokens.
        """
        if not is_mapping(usage):
            return None
        found = _READERS[dialect](usage)
        return found if found.input is not None or found.output is not None else None

    @classmethod
    def sum(cls, usages: Iterable[Usage | None]) -> Usage | None:
        """Return the sum of several requests, None when none of them reported numbers."""
        given = list(usages)
        known = [one for one in given if one is not None]
        if len(given) <= 1 or not known:
            return known[0] if known else None
        total: dict[str, int] = {}
        for one in known:
            for name, value in structs.asdict(one).items():
                if value is not None and name != "partial":
                    total[name] = total.get(name, 0) + value
        return cls(**total, partial=len(known) < len(given) or any(one.partial for one in known))


def _number(usage: Mapping[Any, Any], key: str) -> int | None:
    """Return the count of that name, None when there is none."""
    value: Any = usage.get(key)
    if value is None:
        return None
    if type(value) is int and value >= 0:
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


_NO_DETAILS: Final[Mapping[Any, Any]] = {}


def _details(usage: Mapping[Any, Any], key: str) -> Mapping[Any, Any]:
    """Return the object of that name, an empty one when there is none."""
    value: Any = usage.get(key)
    return value if value is not None and is_mapping(value) else _NO_DETAILS


def _first(*numbers: int | None) -> int | None:
    return next((one for one in numbers if one is not None), None)


_PLAIN_COUNTS: Final = {"prompt_tokens", "completion_tokens", "total_tokens"}  # the only numbers of most answers


def _chat(usage: Mapping[Any, Any]) -> Usage:
    read, written = _number(usage, "prompt_tokens"), _number(usage, "completion_tokens")
    total = _number(usage, "total_tokens")
    if written is not None and read is not None and total is not None:
        written = max(written, total - read)  # Gemini: reasoning is included only in the total
    if usage.keys() <= _PLAIN_COUNTS:
        return Usage(input=read, output=written)
    prompt, completion = _details(usage, "prompt_tokens_details"), _details(usage, "completion_tokens_details")
    return Usage(
        input=read,
        output=written,
        cache_read=_first(
            _number(prompt, "cached_tokens"),
            _number(usage, "cached_tokens"),
            _number(usage, "prompt_cache_hit_tokens"),
            _number(usage, "num_cached_tokens"),
        ),
        cache_write=_number(prompt, "cache_write_tokens"),
        reasoning=_number(completion, "reasoning_tokens"),
        audio_input=_number(prompt, "audio_tokens"),
        audio_output=_number(completion, "audio_tokens"),
        image_input=_number(prompt, "image_tokens"),
        image_output=_number(completion, "image_tokens"),
    )


def _responses(usage: Mapping[Any, Any]) -> Usage:
    return Usage(
        input=_number(usage, "input_tokens"),
        output=_number(usage, "output_tokens"),
        cache_read=_number(_details(usage, "input_tokens_details"), "cached_tokens"),
        cache_write=_number(_details(usage, "input_tokens_details"), "cache_write_tokens"),
        reasoning=_number(_details(usage, "output_tokens_details"), "reasoning_tokens"),
    )


def _messages(usage: Mapping[Any, Any]) -> Usage:
    fresh = _number(usage, "input_tokens")
    read, written = _number(usage, "cache_read_input_tokens"), _number(usage, "cache_creation_input_tokens")
    created = _details(usage, "cache_creation")
    return Usage(
        input=None if fresh is None else fresh + (read or 0) + (written or 0),
        output=_number(usage, "output_tokens"),
        cache_read=read,
        cache_write=written,
        cache_write_5m=_number(created, "ephemeral_5m_input_tokens"),
        cache_write_1h=_number(created, "ephemeral_1h_input_tokens"),
        reasoning=_number(_details(usage, "output_tokens_details"), "thinking_tokens"),
    )


def _images(usage: Mapping[Any, Any]) -> Usage:
    return Usage(
        input=_number(usage, "input_tokens"),
        output=_number(usage, "output_tokens"),
        image_input=_number(_details(usage, "input_tokens_details"), "image_tokens"),
        image_output=_number(_details(usage, "output_tokens_details"), "image_tokens"),
    )


_READERS: Final = {"chat": _chat, "responses": _responses, "messages": _messages, "images": _images}
