"""The real gateway's bugs that a client must survive, each with a name, and the releases that have them.

Without quirks the embedded gateway behaves as the contract says. `Settings(quirks="v0.48")` turns all of that release's
on; nothing else in this room knows of releases. docs/embedded.md has the same list beside what happens without them.
"""

from __future__ import annotations

from msgspec import Struct

__all__ = ["RELEASES", "Quirks", "named"]


class Quirks(Struct, frozen=True, kw_only=True):
    """Which bugs are there; each is off unless a release has it.

    Attributes:
        late_is_refused: A provider's silence is the client's fault: 400 on chat, 502 where a request is passed on and
            on listings, instead of 504 (WIRE sections 4, 6 and 21.4).
        unread_is_refused: A provider's 200 that cannot be read is a 400, instead of a 502 (section 6).
        hollow_answers: A provider's error under status 200 is an answer with nothing in it, instead of a 502
            (section 8).
        errors_as_events: What a stream's request is refused with calls itself an event stream (sections 9 and 21.5).
        clean_breaks: A stream that breaks off ends as if it were whole; before its first line it is a 200 with nothing
            in it (sections 9, 10 and 21.6).
        lost_tails: The last line of a stream vanishes when no line end follows it (sections 9 and 14).
        write_deadline: `SERVER_WRITE_TIMEOUT` closes the connection where it should not: without a byte instead of a
            504, and on streams that a provider lets wait (sections 4 and 21.7).
        refusals_reset: A body that is too large is not read to its end, and the connection then reset (section 4).
        whole_images: A stream of pictures comes in one piece, within the deadline of whole answers (section 12).
        proxy_events: `/proxy` answers a request for nothing but an event stream with 200, whatever the provider says,
            and has a size limit there (sections 4, 14 and 21.5).
        proxy_json: `/proxy` calls every body JSON and accepts nothing else (sections 14 and 21.11).
        two_versions: `/proxy/anthropic` adds its `anthropic-version` to the client's (sections 14 and 21.11).
        bare_tokens: A token passes without the word before it, and a refusal does not say which scheme is wanted
            (section 5).
        narrow_floats: Numbers of a chat request are rounded to 32 bits (section 8).
        llamacpp_needs_key: There is no smoke-test model; `llamacpp` wants an address and a key (section 21.12).
        mcp_shortcuts: With tools of the gateway's a chat has no size limit and knows no aliases, and a stream passes by
            the lists of models (section 13).
        mcp_cut_turns: Such a stream cuts each turn off at its finish, which loses usage; an error stands unescaped in a
            frame under 200, and `[DONE]` behind it (sections 13 and 21.3).
        mcp_swallows_body: With MCP on and no server to be had, chat is refused with `Failed to decode request`
            (section 21.1).
    """

    late_is_refused: bool = False
    unread_is_refused: bool = False
    hollow_answers: bool = False
    errors_as_events: bool = False
    clean_breaks: bool = False
    lost_tails: bool = False
    write_deadline: bool = False
    refusals_reset: bool = False
    whole_images: bool = False
    proxy_events: bool = False
    proxy_json: bool = False
    two_versions: bool = False
    bare_tokens: bool = False
    narrow_floats: bool = False
    llamacpp_needs_key: bool = False
    mcp_shortcuts: bool = False
    mcp_cut_turns: bool = False
    mcp_swallows_body: bool = False


RELEASES = {"v0.48": Quirks(**dict.fromkeys(Quirks.__struct_fields__, True))}
"""The quirks of each release that is known here."""


def named(release: str | None) -> Quirks:
    """The quirks of a release; None for none.

    Raises:
        ValueError: The release is not known here; the message says which are.
    """
    if release is None:
        return Quirks()
    if release not in RELEASES:
        raise ValueError(f"{release!r} is not a release whose quirks are known: write {' or '.join(RELEASES)}")
    return RELEASES[release]
