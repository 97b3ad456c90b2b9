"""The bugs of the real gateway that the embedded one reproduces on request, by release."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["RELEASES", "Quirks", "named"]


class Quirks(Struct, frozen=True, kw_only=True):
    """The bugs of the real gateway that are reproduced. Each is off unless a release has it.

    Attributes:
        late_is_refused: A provider's timeout is reported as another error than 504: 400 on chat, and 502 on listings
            and where a request is passed on (gateway-behaviour.md#limits-and-timeouts, #errors, #known-bugs).
        unread_is_refused: A 200 of the provider that cannot be parsed becomes a 400 instead of a 502 (#errors).
        hollow_answers: A provider's error under status 200 becomes an empty answer instead of a 502
            (#chat-completions).
        errors_as_events: The refusal of a stream's request has the content type of an event stream (#chat-streaming,
            #known-bugs).
        clean_breaks: A stream that is cut off ends as if it were complete. Before its first line it is an empty 200
            (#chat-streaming, #messages, #known-bugs).
        lost_tails: The last line of a stream is lost when it has no line end (#chat-streaming, #proxy).
        write_deadline: `SERVER_WRITE_TIMEOUT` closes the connection in the wrong places: without a byte instead of a
            504, and on streams whose provider pauses (#limits-and-timeouts, #known-bugs).
        refusals_reset: A body over the limit is not read to its end, and the connection is then reset
            (#limits-and-timeouts).
        whole_images: A stream of images comes in one piece, within the deadline of whole answers (#images).
        proxy_events: `/proxy` answers a request that accepts only an event stream with 200, whatever the provider's
            status, and has a size limit there (#limits-and-timeouts, #proxy, #known-bugs).
        proxy_json: `/proxy` labels every body as JSON and accepts nothing else (#proxy, #known-bugs).
        two_versions: `/proxy/anthropic` adds its `anthropic-version` to the client's (#proxy, #known-bugs).
        bare_tokens: A token is accepted without the word `Bearer`, and a refusal does not name the scheme
            (#authentication).
        narrow_floats: Numbers of a chat request are rounded to 32 bits (#chat-completions).
        llamacpp_needs_key: The smoke-test model is absent; `llamacpp` needs an address and a key (#known-bugs).
        mcp_shortcuts: With the gateway's tools, a chat has no size limit and no aliases, and a stream is not checked
            against the lists of models (#mcp-tools).
        mcp_cut_turns: Such a stream cuts each turn off at its finish, which loses usage. An error is an unescaped frame
            under 200, with `[DONE]` after it (#mcp-tools, #known-bugs).
        bare_tool_names: Chats are offered the gateway's tools as `mcp_<tool>`, without the server's alias. Of two tools
            with one name only the first is offered (#mcp-tools).
        older_routes: Only the contract of v0.22 is served: neither audio, videos nor `/mcp`, and `include=deprecated`
            is refused (#routes).
        self_calls: With TLS, chats and lists of models go through a request of the gateway to itself over HTTP/2. They
            fail unless its own certificate verifies, and streams that pause for `SERVER_WRITE_TIMEOUT` end
            (#limits-and-timeouts, #known-bugs).
        mcp_swallows_body: With MCP on and no reachable server, chat is refused with `Failed to decode request`
            (#known-bugs).
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
    self_calls: bool = False
    llamacpp_needs_key: bool = False
    mcp_shortcuts: bool = False
    mcp_cut_turns: bool = False
    bare_tool_names: bool = False
    older_routes: bool = False
    mcp_swallows_body: bool = False


RELEASES = {"v0.48": Quirks(**dict.fromkeys(Quirks.__struct_fields__, True))}
"""The quirks of each known release."""


def named(release: str | None) -> Quirks:
    """Return the quirks of a release; None for none.

    Raises:
        ValueError: The quirks of the release are unknown. The message lists the known ones.
    """
    if release is None:
        return Quirks()
    if release not in RELEASES:
        raise ValueError(f"{release!r} is not a release whose quirks are known: write {' or '.join(RELEASES)}")
    return RELEASES[release]
