"""Numbers of a chat rounded to 32 bits, as the real gateway's structures hold them (WIRE section 8): a quirk."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from .chat_schema import ChatAnswer, ChatRequest

__all__ = ["narrow", "narrow_answer", "narrow_request"]

_FIELDS = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
_DIGITS = range(1, 10)  # the most that 32 bits can need


def narrow(number: float) -> float:
    """The shortest decimal that is the same number in 32 bits.

    Raises:
        msgspec.ValidationError: It is too large for them.
    """
    try:
        narrowed = struct.pack("<f", number)
    except OverflowError as error:
        raise msgspec.ValidationError(str(error)) from error
    exact: float = struct.unpack("<f", narrowed)[0]
    decimals = (float(f"{exact:.{digits}g}") for digits in _DIGITS)
    return next((each for each in decimals if struct.pack("<f", each) == narrowed), exact)


def narrow_request(chat: ChatRequest) -> ChatRequest:
    """The request with its numbers rounded.

    Raises:
        msgspec.ValidationError: One is too large.
    """
    given = {name: getattr(chat, name) for name in _FIELDS}
    return replace(chat, **{name: narrow(number) for name, number in given.items() if number is not None})


def narrow_answer(answer: ChatAnswer) -> None:
    """Round the logprobs of an answer, in place."""
    for choice in answer.choices or []:
        logprobs = choice.logprobs
        for token in [*(logprobs.content or []), *(logprobs.refusal or [])] if logprobs else []:
            for each in (token, *(token.top_logprobs or [])):
                each.logprob = narrow(each.logprob)
