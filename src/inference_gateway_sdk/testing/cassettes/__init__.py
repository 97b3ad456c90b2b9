"""Cassettes: real traffic recorded in a readable file, and played back.

`cassette()` is for this package's clients, `recording_gateway()` for any other HTTP client.
"""

from __future__ import annotations

from .cassette import Cassette, cassette, recording_gateway
from .exchange import (
    CassetteError,
    CassetteFileError,
    CassetteMissError,
    Ending,
    Exchange,
    Piece,
    RecordedAnswer,
    RecordedRequest,
    place_of,
)
from .matching import Mode
from .playback import Clock
from .redaction import Redaction

__all__ = [
    "Cassette",
    "CassetteError",
    "CassetteFileError",
    "CassetteMissError",
    "Clock",
    "Ending",
    "Exchange",
    "Mode",
    "Piece",
    "RecordedAnswer",
    "RecordedRequest",
    "Redaction",
    "cassette",
    "place_of",
    "recording_gateway",
]
