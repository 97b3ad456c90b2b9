"""Turns text that may hold a secret into text fit for a message or a log.

Modest on purpose: it knows the shapes secrets have in what providers and gateways write, and does not guess.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["redact"]

_SHAPES: Final = (
    (  # anything after the scheme's name but a plain word ("Bearer authentication required")
        re.compile(r"\b((?i:bearer|basic)) +(?![A-Z]?[a-z]+[.,;:!?'\")]*(?:\s|\Z))[A-Za-z0-9._~+/=*-]{8,}"),
        r"\1 ...",
    ),
    # Keys by the prefixes providers give them; the asterisks are those of a provider that half hid a key itself.
    (re.compile(r"\b(sk-|pk-|rk-|xai-|nvapi-|sk_|gsk_|hf_|r8_)[A-Za-z0-9_*-]{6,}"), r"\1..."),
    (re.compile(r"\bAIza[A-Za-z0-9_-]{16,}"), "AIza..."),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,2}"), "eyJ..."),  # a JSON Web Token
    (re.compile(r"(://)[^\s/@:]{0,200}:[^\s/@]{0,200}@"), r"\1...@"),
    (re.compile(r"(?i)([?&](?:api[_-]?key|key|token|access_token)=)[^&\s\"']+"), r"\1..."),
)


def redact(text: str) -> str:
    """The text with bearer tokens, provider keys, JSON Web Tokens and passwords in URLs cut short."""
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text
