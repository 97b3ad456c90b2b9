"""A request's line and headers as the bytes of an HTTP/1.1 head.

What could smuggle a second request into the first (line breaks, NUL, odd names) is refused here, as is a header that
belongs to the transport (`Host`, the body's framing, proxy headers).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .route import Plan

__all__ = ["Composer", "Head", "request_head"]

_is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch  # RFC 9110 section 5.6.2
_OURS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "upgrade",
    }
)
_WITH_LENGTH = ("POST", "PUT", "PATCH")  # whose empty body is said too (RFC 9110 section 8.6)
_REMEMBERED = 256
_good_names: set[str] = set()


class Head(bytes):
    """A request's head. It is not shown: it holds tokens, and many tools print the variables of a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<a head of {len(self)} bytes>"


class Composer:
    """Makes the heads of a driver's requests.

    Most requests differ from the one before in nothing but their body. So what stands before its length is remembered,
    for the very objects it was made of: plans and headers that cannot change.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], tuple[Plan, Iterable[tuple[str, str]], Head]] = {}

    def __call__(self, plan: Plan, method: str, headers: Iterable[tuple[str, str]], body: bytes | None) -> Head:
        """The head of a request that a caller asks for: their headers, and those that are ours to set.

        Raises:
            ValueError: A header is malformed, or is not the caller's to set. It names the header.
        """
        key = method, id(plan), id(headers)
        known = self._known.get(key)
        begun = known[2] if known else self._begin(key, plan, headers)
        if body is not None or method in _WITH_LENGTH:
            return Head(b"%sContent-Length: %d\r\n\r\n" % (begun, len(body or b"")))
        return Head(begun + b"\r\n")

    def _begin(self, key: tuple[str, int, int], plan: Plan, headers: Iterable[tuple[str, str]]) -> Head:
        begun = _begun(plan, key[0], headers)
        if isinstance(headers, tuple) or getattr(headers, "constant", False):
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = (plan, headers, begun)  # which keeps the two alive, and so their ids theirs
        return begun


def request_head(method: str, target: str, headers: Iterable[tuple[str, str]]) -> Head:
    """The head of a request whose headers are all our own, up to and with its empty line."""
    lines = _joined([f"{method} {target} HTTP/1.1\r\n", *[f"{name}: {value}\r\n" for name, value in headers]])
    return Head(lines + b"\r\n")


def _begun(plan: Plan, method: str, headers: Iterable[tuple[str, str]]) -> Head:
    """A head up to the body's length."""
    if method not in _good_names:
        _remember(method, "an HTTP method")
    for name, _ in headers:
        if name not in _good_names:
            _check_name(name)
    lines = [f"{method} {plan.target} HTTP/1.1\r\n"]
    for name, value in plan.headers:
        lines.append(f"{name}: {value}\r\n")
    for name, value in headers:
        lines.append(f"{name}: {value}\r\n")
    return _joined(lines)


def _joined(lines: list[str]) -> Head:
    count = len(lines)
    head = "".join(lines)
    # Values may be secrets: they are repeated neither in the error's text nor in what its frames still hold.
    if head.count("\n") != count or head.count("\r") != count or "\0" in head:
        lines.clear()
        head = ""
        raise ValueError("line break or NUL in the method, the URL or a header: remove it")
    try:
        return Head(head.encode("latin-1"))
    except UnicodeEncodeError:
        lines.clear()
        head = ""
    raise ValueError("a header holds characters outside Latin-1: encode its value first")


def _check_name(name: str) -> None:
    if name.lower() in _OURS:
        raise ValueError(f"the header {name!r} is set by the transport: leave it out")
    _remember(name, "a header name")


def _remember(token: str, what: str) -> None:
    if not _is_token(token):
        raise ValueError(f"{token!r} is not {what}")
    if len(_good_names) < _REMEMBERED:
        _good_names.add(token)
