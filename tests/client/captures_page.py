"""Write the table of the gateway's answers as a page of the documentation, docs/captures.md.

Run as a script, with `tests` and `src` on the path, to write the page again.
"""

from __future__ import annotations

from pathlib import Path

from client.gateway_table import CONSTRUCTED, RECORDED
from client.outcomes import ChatResult, Expected, Lists, Raises

PAGE = Path(__file__).resolve().parents[2] / "docs" / "captures.md"

OPENING = """\
# Results of the gateway's responses

Each row below is one response of the gateway and its result in the client. The bytes are sent over a socket to the
blocking and to the async client, without retries. `tests/client/test_captures_gateway.py` checks every row with both
clients. This page is written from the same table by `tests/client/captures_page.py`, and a test compares them.

How to read a row:

- A reply shows its text, its `finish_reason`, and its usage as prompt + completion = total tokens.
- An error shows its class, its `.status` if it has one, and its `.message`. "Hint" is a part of its hint, which is
  longer. "Partial" is the text of `.partial`, the received part of the stream.
- Errors before the first content are shown as with `max_retries=0`; docs/retries.md lists those that are retried.
"""
RECORDED_OPENING = """
## Recorded from a real gateway

The name consists of the settings and the request. The settings are for example `auth` (with OIDC), `mcpsel` (with MCP
in selector mode), `route` (with a routing alias), `guard` (with guardrails), `tls` (over TLS) and `real` (with a
llama.cpp server as provider). The prefix `s_` marks a stream.
"""
CONSTRUCTED_OPENING = """
## Constructed from the documented behaviour

These responses were not recorded; they follow [gateway behaviour](gateway-behaviour.md).
"""


def written() -> str:
    """Return the page's text."""
    recorded = _table(["answer", "what comes out"], [[f"`{name}`", describe(row)] for name, row in RECORDED.items()])
    constructed = _table(
        ["response", "section", "result"],
        [[name, _linked(chapter), describe(row)] for name, (chapter, _, row) in CONSTRUCTED.items()],
    )
    return "\n".join([OPENING + RECORDED_OPENING, recorded, CONSTRUCTED_OPENING, constructed, ""])


# The sections of docs/gateway-behaviour.md, by the chapters of the table.
_SECTIONS = {
    "3": "routing",
    "4": "limits-and-timeouts",
    "6": "errors",
    "7": "model-listing",
    "8": "chat-completions",
    "9": "chat-streaming",
    "13": "mcp-tools",
    "17": "guardrails",
    "21": "known-bugs",
}


def _linked(chapter: str) -> str:
    name = _SECTIONS[chapter]
    return f"[{name}](gateway-behaviour.md#{name})"


def describe(expected: Expected) -> str:
    """Describe one outcome."""
    match expected:
        case bool():
            return f"`{expected}`"
        case Lists():
            models = ", ".join(f"`{name}`" for name in expected.ids) or "no model"
            return "; ".join([models, *_facts(expected)])
        case ChatResult():
            return "; ".join(_answer(expected))
        case Raises():
            return "; ".join(_error(expected))


def _answer(answer: ChatResult) -> list[str]:
    usage = answer.usage
    parts = [
        "no text" if answer.text is None else _code(answer.text),
        f"finish `{answer.finish}`",
        "no usage" if usage is None else f"usage {usage[0]} + {usage[1]} = {usage[2]}",
        *_facts(answer),
    ]
    if answer.selected:
        parts.append(f"`.meta` selected `{answer.selected}`")
    if answer.earlier:
        parts.append(f"an earlier turn called {', '.join(f'`{name}`' for name in answer.earlier)}, run by the gateway")
    return parts


def _error(error: Raises) -> list[str]:
    parts = [f"`{error.kind.__name__}`{'' if error.status is None else f' {error.status}'}: {_code(error.message)}"]
    if error.hint:
        parts.append(f"hint: {_code(error.hint)}")
    if error.partial is not None:
        parts.append(f"partial: {_code(error.partial)}" if error.partial else "partial: no text")
    if error.provider:
        parts.append(f"provider `{error.provider}`")
    return parts


def _facts(answer: ChatResult | Lists) -> list[str]:
    return [f"`{path}` is {_code(repr(value))}" for path, value in answer.more.items()]


def _code(text: str) -> str:
    shown = text.replace("\n", "\\n").replace("|", "\\|")
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    PAGE.write_text(written())
