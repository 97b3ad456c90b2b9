"""Real traffic recorded into a readable file, and played again.

`cassette()` is for this package's clients, `recording_gateway()` for any other HTTP client.
"""

from __future__ import annotations

from .cassette import cassette, recording_gateway
from .clock import Clock
from .errors import CassetteError, CassetteFileError, CassetteMissError
from .exchange import Ending, Exchange, Piece, RecordedAnswer, RecordedRequest
from .modes import Mode
from .places import place_of
from .redaction import Redaction
from .tape import Tape

__all__ = [
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
    "Tape",
    "cassette",
    "place_of",
    "recording_gateway",
]
