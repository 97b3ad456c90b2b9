"""Environment variables read as the real gateway's language reads them; what cannot be used is refused by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .durations import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SettingsError", "duration", "integer", "is_http", "is_on", "names", "switch"]

_ON = ("1", "t", "T", "true", "TRUE", "True")
_OFF = ("0", "f", "F", "false", "FALSE", "False")


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names the variable and says what to write."""


def is_on(value: str) -> bool:
    """Whether a variable that means nothing here would have meant something there."""
    return value.lower() not in ("", "false", "0")


def integer(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A whole number between two others; the default when unset or empty.

    Raises:
        SettingsError: It is none, or outside.
    """
    text = environ.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise SettingsError(f"{name}={text!r}: write a whole number from {least} to {most}")
    return int(text)


def duration(environ: Mapping[str, str], name: str, default: float) -> float:
    """The seconds of a duration above zero; the default when unset or empty.

    Raises:
        SettingsError: It is none.
    """
    text = environ.get(name, "")
    if not text:
        return default
    try:
        value = seconds(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    if value <= 0:
        raise SettingsError(f"{name}={text!r}: write a duration above zero, such as 30s")
    return value


def switch(environ: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """A boolean as Go reads one (`strconv.ParseBool`); the default when unset or empty.

    Raises:
        SettingsError: It is none.
    """
    text = environ.get(name, "")
    if text in _ON:
        return True
    if text and text not in _OFF:
        raise SettingsError(f"{name}={text!r}: write true or false")
    return default and not text


def names(text: str) -> tuple[str, ...]:
    """The entries of a comma-separated list, without the spaces around them."""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def is_http(url: str) -> bool:
    """Whether this is an address that can be asked over HTTP."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
