"""When a cassette plays what it has, and when it records: the four modes."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct

__all__ = ["Mode", "Rules", "rules"]

Mode: TypeAlias = Literal["once", "none", "new", "all"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)


class Rules(Struct, frozen=True):
    """What a mode comes to for a file that is there or not.

    Attributes:
        plays: What is recorded answers.
        records: What is not goes to the server, and into the file.
        keeps: What the file held stays in it.
        why: What to tell whoever asks for what is not recorded.
    """

    plays: bool
    records: bool
    keeps: bool = True
    why: str = ""


def rules(mode: str, *, exists: bool) -> Rules:
    """The rules of a mode.

    Raises:
        ValueError: There is no such mode.
    """
    match mode, exists:
        case "once", True:
            return Rules(plays=True, records=False, why='mode "once" adds nothing to a file that is there')
        case "once", False:
            return Rules(plays=False, records=True)
        case "none", True:
            return Rules(plays=True, records=False, why='mode "none" never records')
        case "none", False:
            return Rules(plays=True, records=False, why='there is no such file, and mode "none" never records')
        case "new", _:
            return Rules(plays=True, records=True)
        case "all", _:
            return Rules(plays=False, records=True, keeps=False)
        case _:
            raise ValueError(f"mode must be one of {', '.join(map(repr, MODES))}, got {mode!r}")
