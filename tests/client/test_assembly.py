"""Assembled streams: random answers in every way of streaming them, prefixes, cuts, and the work it takes."""

from __future__ import annotations

import json
import sys
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.stories import WAYS, Json, Story, stories
from inference_gateway_sdk import GatewayError
from inference_gateway_sdk._streams.chat import ChatDialect
from streams.reading import fed
from support.server import DONE, GOOD, chunk, event

pytestmark = pytest.mark.once

FEWER = settings(max_examples=settings.default.max_examples // 3)  # for slow properties


def read(data: bytes, cuts: list[int] | None = None, **options: Any) -> tuple[ChatDialect, list[Any]]:
    """Feed the bytes, cut at these places, to a dialect. Return it with its chunks, all of them folded."""
    return fed(ChatDialect(**options), data, cuts)


def wire(chunks: list[Json]) -> bytes:
    """Return the chunks as an event stream."""
    return b"".join(map(event, chunks)) + DONE


def only_turn(dialect: ChatDialect) -> Any:
    """Return the turn of a stream that has only one."""
    (turn,) = dialect.turns()
    return turn


def end_error(dialect: ChatDialect) -> tuple[str, str]:
    """Return the dialect's error for the end of the stream, or None."""
    return type(dialect.failure).__name__, str(dialect.failure)


def without_nulls(value: Any) -> Any:
    """Return `value` without null fields, which carry no information."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


# Whole messages


@given(stories())
def test_every_way_of_streaming_an_answer_adds_up_to_it(story: Story) -> None:
    """The assembled answer equals the whole answer in every way of streaming it."""
    dialect, _ = read(wire(story.chunks))
    assert dialect.failure is None
    assert without_nulls(only_turn(dialect).to_dict()) == without_nulls(story.whole)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_send_tool_calls_adds_up_to_them(way: str) -> None:
    """Tool calls assemble in the standard way and in each odd one."""

    @settings(FEWER)
    @given(stories(way=way, tools=True, most=2))
    def holds(story: Story) -> None:
        dialect, _ = read(wire(story.chunks))
        calls = [call.to_dict() for call in only_turn(dialect).tool_calls]
        assert calls == story.whole["choices"][0]["message"]["tool_calls"]

    holds()


@given(stories())
def test_folding_does_not_touch_what_was_handed_over(story: Story) -> None:
    """Chunks that a reader keeps are unchanged after everything was assembled."""
    _, chunks = read(wire(story.chunks))
    assert [without_nulls(one.to_dict()) for one in chunks] == [without_nulls(sent) for sent in story.chunks]


@settings(FEWER)
@given(stories())
def test_a_partial_is_the_fold_of_what_was_handed_over(story: Story) -> None:
    """After any prefix the partial answer is the sum of that prefix, however often it was read."""
    looked_at, _ = read(b"")
    dialect = ChatDialect()
    for place, sent in enumerate(story.chunks, 1):
        ((one, _),) = dialect.feed(event(sent))
        looked_at.fold(one)
        fresh, chunks = read(b"".join(map(event, story.chunks[:place])))
        assert looked_at.turns(complete=False) == fresh.turns(complete=False)
        if 0 in {choice.index for seen in chunks for choice in seen.choices}:
            assert (looked_at.turns(complete=False)[-1].text or "") == _text_of_the_first_choice(chunks)
    assert looked_at.turns() == read(wire(story.chunks))[0].turns()


def _text_of_the_first_choice(chunks: list[Any]) -> str:
    return "".join(choice.delta.content or "" for one in chunks for choice in one.choices if choice.index == 0)


@settings(FEWER)
@given(st.lists(st.sampled_from(WAYS), min_size=2, max_size=4), st.data())
def test_each_turn_of_a_conversation_with_tools_is_an_answer_of_its_own(ways: list[str], data: st.DataObject) -> None:
    """Turns with their own ids assemble separately; the calls of all but the last were run by the gateway."""
    drawn = [data.draw(stories(id=f"turn{place}", way=way, tools=True, most=1)) for place, way in enumerate(ways)]
    dialect, _ = read(wire([sent for story in drawn for sent in story.chunks]))
    turns = dialect.turns()
    assert dialect.failure is None
    assert len(turns) == len(drawn)
    for place, turn in enumerate(turns):
        assert {call.ran_on_gateway for call in turn.tool_calls} == {place < len(turns) - 1}
        assert turn.text == drawn[place].whole["choices"][0]["message"]["content"]
        names = [call["function"]["name"] for call in drawn[place].whole["choices"][0]["message"]["tool_calls"]]
        assert [call.function.name for call in turn.tool_calls] == names


# Bytes


@given(stories(), st.lists(st.integers(0, 3000), max_size=12))
def test_the_cuts_of_the_bytes_do_not_matter(story: Story, cuts: list[int]) -> None:
    """The chunks and the answer are the same wherever the network cuts the bytes."""
    whole, chunks = read(wire(story.chunks))
    cut, cut_chunks = read(wire(story.chunks), cuts)
    assert cut_chunks == chunks
    assert cut.turns() == whole.turns()
    assert cut.failure is None


BODIES = st.one_of(
    stories().map(lambda story: wire(story.chunks)),
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"<html>no</html>",
            b'{"error": "no"}',
            b'{"choices": []}',
            b"data: {oops\n\n",
            b"plain\ntext",
            b": hi\n\n",
            b"[1]",
        ]
    ),
)


@given(st.lists(BODIES, max_size=3).map(b"".join), st.integers(0, 4000), st.lists(st.integers(0, 4000), max_size=12))
def test_any_bytes_give_the_same_verdict_however_cut(data: bytes, length: int, cuts: list[int]) -> None:
    """Any input, cut and broken off anywhere, raises no exception and always gives the same end_error."""
    whole, chunks = read(data[:length])
    cut, cut_chunks = read(data[:length], cuts)
    assert end_error(cut) == end_error(whole)
    assert cut.failure is None or isinstance(cut.failure, GatewayError)
    assert [one.to_dict() for one in cut_chunks] == [one.to_dict() for one in chunks]
    assert cut.terminal == whole.terminal


@given(stories(), st.data())
def test_an_answer_without_all_its_finishes_is_never_whole(story: Story, data: st.DataObject) -> None:
    """A stream cut before the last finish_reason, with or without [DONE], reports truncation."""
    last = max(place for place, sent in enumerate(story.chunks) if any(c["finish_reason"] for c in sent["choices"]))
    kept = story.chunks[: data.draw(st.integers(0, last))]
    ending = data.draw(st.sampled_from([b"", DONE]))
    dialect, _ = read(b"".join(map(event, kept)) + ending, choices=len(story.whole["choices"]))
    opened = {c["index"] for sent in kept for c in sent["choices"]}
    finished = {c["index"] for sent in kept for c in sent["choices"] if c["finish_reason"]}
    # All choices that were begun are whole: a provider may return fewer choices than requested.
    if opened == finished and opened:
        assert dialect.failure is None
    else:
        assert type(dialect.failure).__name__ == "StreamTruncatedError"


# Behaviours of providers, one by one


def tool_call_stream(*pieces: Json, **more: Any) -> bytes:
    """Return a stream of these tool call pieces, a chunk each."""
    chunks = [chunk(delta={"tool_calls": [piece]}) for piece in pieces]
    return b"".join([*chunks, chunk(finish="tool_calls", **more), DONE])


def piece(name: str | None = None, arguments: Any = None, **more: Any) -> Json:
    """Return one piece of a tool call."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {"function": function, **more}


TOOL_CALLS = {
    "as the contract has it": (
        [piece("f", "", index=0, id="a", type="function"), piece(None, '{"x":', index=0), piece(None, "1}", index=0)],
        [("a", "f", '{"x":1}')],
    ),
    "two at once, interleaved": (
        [
            piece("f", "", index=0, id="a"),
            piece("g", "", index=1, id="b"),
            piece(None, "{}", index=1),
            piece(None, '{"x":1}', index=0),
        ],
        [("a", "f", '{"x":1}'), ("b", "g", "{}")],
    ),
    "the second index first": (
        [piece("g", "{}", index=1, id="b"), piece("f", "{}", index=0, id="a")],
        [("a", "f", "{}"), ("b", "g", "{}")],
    ),
    "indexes from 1": (
        [piece("f", "{}", index=1, id="a"), piece("g", "{}", index=2, id="b")],
        [("a", "f", "{}"), ("b", "g", "{}")],
    ),
    "no index, an id at first": (
        [piece("f", "", id="a"), piece(None, "{}"), piece("g", "", id="b"), piece(None, "{}")],
        [("a", "f", "{}"), ("b", "g", "{}")],
    ),
    "neither index nor id": (
        [piece("f", "{"), piece(None, "}"), piece("g", "{}")],
        [("call_0_0", "f", "{}"), ("call_0_1", "g", "{}")],
    ),
    "neither index nor id, the same function twice": (
        [piece("f", '{"x":1}'), piece("f", '{"x":2}')],
        [("call_0_0", "f", '{"x":1}'), ("call_0_1", "f", '{"x":2}')],
    ),
    "every call at index 0": (
        [piece("f", "{}", index=0, id="a"), piece("f", "{}", index=0, id="b"), piece(None, " ", index=0)],
        [("a", "f", "{}"), ("b", "f", "{} ")],
    ),
    "the id on every piece, another index on each": (
        [piece("f", "{", index=0, id="a"), piece(None, "}", index=1, id="a")],
        [("a", "f", "{}")],
    ),
    "ids that are empty strings after the first": (
        [piece("f", "", index=0, id="a"), piece("", "{}", index=0, id="")],
        [("a", "f", "{}")],
    ),
    "the name on every piece": (
        [piece("f", '{"x":', index=0, id="a"), piece("f", "1}", index=0)],
        [("a", "f", '{"x":1}')],
    ),
    "the name in pieces": (
        [piece("get_", None, index=0, id="a"), piece("weather", None, index=0), piece(None, "{}", index=0)],
        [("a", "get_weather", "{}")],
    ),
    "arguments as an object": ([piece("f", {"x": [1]}, index=0, id="a")], [("a", "f", '{"x":[1]}')]),
    "no arguments at all": ([piece("f", None, index=0, id="a")], [("a", "f", "")]),
    "the id only at the end": ([piece("f", "{", index=0), piece(None, "}", index=0, id="a")], [("a", "f", "{}")]),
}


@pytest.mark.parametrize("name", TOOL_CALLS)
def test_tool_calls_assemble_as_meant(name: str) -> None:
    """Tool calls assemble as the provider meant them, with any use of index, id and name."""
    pieces, expected = TOOL_CALLS[name]
    calls = only_turn(read(tool_call_stream(*pieces))[0]).tool_calls
    assert [(call.id, call.function.name, call.function.arguments) for call in calls] == expected


def test_a_thought_signature_comes_back_whole() -> None:
    """Extra fields of a tool call are kept, and not doubled when they come twice."""
    signed = {"google": {"thought_signature": "c2ln"}}
    data = tool_call_stream(
        piece("f", "", index=0, id="a", extra_content=signed), piece(None, "{}", index=0, extra_content=signed)
    )
    (call,) = only_turn(read(data)[0]).tool_calls
    assert call.to_dict()["extra_content"] == signed


def test_repeated_facts_are_not_doubled() -> None:
    """Citations and filter results that come with every chunk appear once in the answer."""
    facts: Json = {"citations": ["one", "two"], "system_fingerprint": "fp"}
    verdicts = {"hate": {"filtered": False, "severity": "safe"}}
    chunks = [json.loads(data[6:]) for data in (GOOD[0], GOOD[1], GOOD[2], GOOD[3])]
    for one in chunks:
        one.update(facts)
        one["choices"][0]["content_filter_results"] = verdicts
    answer = only_turn(read(wire(chunks))[0]).to_dict()
    assert {name: answer[name] for name in facts} == facts
    assert answer["choices"][0]["content_filter_results"] == verdicts


def test_reasoning_details_grow_block_by_block() -> None:
    """A list of blocks that arrive in pieces keeps its blocks: equal index and type continue one block."""
    first = {"type": "reasoning.text", "index": 0, "text": "I th", "format": "v1"}
    rest = {"type": "reasoning.text", "index": 0, "text": "ink", "format": "v1", "signature": "s"}
    other = {"type": "reasoning.encrypted", "index": 1, "data": "e"}
    deltas = [{"reasoning_details": [first]}, {"reasoning_details": [rest, other]}]
    data = b"".join([*(chunk(delta=delta) for delta in deltas), chunk(finish="stop"), DONE])
    message = only_turn(read(data)[0]).to_dict()["choices"][0]["message"]
    assert message["reasoning_details"] == [{**first, "text": "I think", "signature": "s"}, other]


def test_content_as_a_list_of_parts_is_kept_in_order() -> None:
    """Content that is streamed as parts, and then as text, is kept in full."""
    parts = [{"type": "thinking", "thinking": "hm"}]
    data = b"".join([chunk("a"), chunk(delta={"content": parts}), chunk("b"), chunk(finish="stop"), DONE])
    answer = only_turn(read(data)[0])
    assert answer.to_dict()["choices"][0]["message"]["content"] == [
        {"type": "text", "text": "a"},
        *parts,
        {"type": "text", "text": "b"},
    ]
    assert answer.text == "ab"


def test_a_missing_choice_index_is_the_first_choice() -> None:
    """A provider that sends the index only sometimes still streams one choice."""
    bare = {"id": "c1", "model": "up", "created": 1, "choices": [{"delta": {"content": "lo"}}]}
    dialect, _ = read(b"".join([chunk("Hel"), event(bare), chunk(finish="stop"), DONE]))
    assert dialect.failure is None
    assert only_turn(dialect).text == "Hello"
    assert len(only_turn(dialect).choices) == 1


def test_a_finish_reason_on_every_chunk_does_not_make_turns() -> None:
    """A provider that sends finish_reason in every chunk gives one answer, its tool calls marked as not run."""
    call = {"tool_calls": [piece("f", "{}", index=0, id="a")]}
    data = [chunk("Hel", "stop"), chunk("lo", "stop"), chunk(None, "stop", delta=call), chunk("!", "stop"), DONE]
    turn = only_turn(read(b"".join(data))[0])
    assert turn.text == "Hello!"
    assert [one.ran_on_gateway for one in turn.tool_calls] == [False]


@pytest.mark.parametrize("more", [{}, {"id": "other"}], ids=["the same id", "another id"])
def test_an_empty_piece_after_the_finish_is_no_turn(more: Json) -> None:
    """A last chunk with usage and an empty delta belongs to the answer before it."""
    last = chunk("", usage={"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}, **more)
    dialect, _ = read(b"".join([*GOOD[:4], last, DONE]))
    assert dialect.failure is None
    assert only_turn(dialect).usage.total_tokens == 2


def test_a_choice_that_was_asked_for_is_waited_for() -> None:
    """With n=2 a break after the first choice's finish is truncation; an orderly end is accepted."""
    first = b"".join(GOOD[:4])
    broken = ChatDialect(choices=2)
    broken.feed(first)
    assert not broken.terminal
    assert "only 1 of 2 choices came" in str(broken.truncated())
    ended, _ = read(first + DONE, choices=2)
    assert ended.terminal
    assert ended.failure is None


# Work


def _calls(data: list[bytes]) -> int:
    """Return how many calls, of Python and of C, it takes to read and fold these."""
    dialect = ChatDialect()
    count = 0

    def count_one(frame: object, what: str, argument: object) -> None:
        nonlocal count
        count += what in ("call", "c_call")

    sys.setprofile(count_one)
    try:
        for one in data:
            for item, _ in dialect.feed(one):
                dialect.fold(item)  # type: ignore[arg-type]
        dialect.turns()
    finally:
        sys.setprofile(None)
    return count


def _peak(data: list[bytes]) -> int:
    """Return the peak memory, in bytes, of reading, folding and building them."""
    tracemalloc.start()
    try:
        dialect = ChatDialect()
        for one in data:
            for item, _ in dialect.feed(one):
                dialect.fold(item)  # type: ignore[arg-type]
        dialect.turns()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _token(place: int) -> Json:
    return {"token": str(place), "logprob": -0.1, "bytes": None, "top_logprobs": []}


STREAMS = {
    "text": lambda place: chunk(f"word {place} "),
    "reasoning": lambda place: chunk(delta={"reasoning": f"word {place} "}),
    "an unknown field": lambda place: chunk(delta={"x_aside": f"word {place} "}),
    "one long tool call": lambda place: chunk(delta={"tool_calls": [piece("f" if place == 0 else None, "x", index=0)]}),
    "one long tool call without index, named in each piece": lambda place: chunk(
        delta={"tool_calls": [piece("f", '{"x": "' if place == 0 else "y}")]}
    ),
    "many tool calls": lambda place: chunk(delta={"tool_calls": [piece("f", "{}", index=place, id=f"a{place}")]}),
    "many tool calls by id alone": lambda place: chunk(delta={"tool_calls": [piece("f", "{}", id=f"a{place}")]}),
    "many choices": lambda place: chunk("word", index=place),
    "logprobs": lambda place: event(
        {
            **json.loads(chunk("w")[6:]),
            "choices": [{"index": 0, "delta": {"content": "w"}, "logprobs": {"content": [_token(place)]}}],
        }
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_the_work_is_linear_in_the_number_of_chunks(name: str) -> None:
    """Four times the chunks take about four times the calls, and at most four times the memory."""
    make = STREAMS[name]
    _calls([make(place) for place in range(20)])  # for everything that is made once
    few, many = [make(place) for place in range(300)], [make(place) for place in range(1200)]
    assert _calls(many) < 4.6 * _calls(few)
    assert _peak(many) < 5 * _peak(few) + 50_000
