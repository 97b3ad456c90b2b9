"""The pieces of a streamed turn assembled into its message."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk.embedded.mcp.tool_loop import StreamedTurn
from support.server import chunk

CALLS = st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=12)), min_size=1, max_size=3)


@given(calls=CALLS, data=st.data())
def test_calls_are_whole_however_they_are_cut(calls: list[tuple[str, str]], data: Any) -> None:
    """Names and arguments are the same for any cuts, whether the calls come in turn or mixed."""
    first = [
        {"index": place, "id": f"id{place}", "type": "function", "function": {"name": name, "arguments": ""}}
        for place, (name, _) in enumerate(calls)
    ]
    letters = [
        {"index": place, "function": {"arguments": letter}} for place, (_, text) in enumerate(calls) for letter in text
    ]
    order = data.draw(st.permutations(range(len(calls))))
    letters.sort(key=lambda piece: order[piece["index"]])
    turn = StreamedTurn()
    for piece in [*first, *letters]:
        turn.feed(chunk(delta={"tool_calls": [piece]}))
    assert [(call.id, call.function.name, call.function.arguments) for call in turn.calls] == [
        (f"id{place}", name, arguments) for place, (name, arguments) in enumerate(calls)
    ]
    assert turn.message.tool_calls == turn.calls


@given(lines=st.lists(st.binary(max_size=20) | st.just(b"data: [DONE]") | st.just(b'data: {"choices":null}')))
def test_no_line_brings_it_down(lines: list[bytes]) -> None:
    """An unreadable line is skipped."""
    turn = StreamedTurn()
    for line in lines:
        turn.feed(line)
    assert (turn.calls, json.loads(bytes(turn.message.content))) == ([], None)
