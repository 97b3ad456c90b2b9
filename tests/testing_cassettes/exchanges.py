"""Random exchanges for property tests: those of a server and a client, and content that only a file may have."""

from __future__ import annotations

import json
from typing import get_args

from hypothesis import strategies as st

from inference_gateway_sdk.testing.cassettes import Ending, Exchange, Piece, RecordedAnswer, RecordedRequest
from inference_gateway_sdk.testing.cassettes.exchange import Kind

seconds = st.integers(0, 10_000).map(lambda ms: ms / 1000)
tokens = st.text("abcdefghijklmnopqrstuvwxyz-XYZ0123456789", min_size=1, max_size=12)
header_values = st.text(st.characters(codec="latin-1", exclude_categories=("Cc",)), max_size=20).map(str.strip)
headers = st.lists(st.tuples(tokens, header_values), max_size=4).map(tuple)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def json_texts(draw: st.DrawFn) -> str:
    """Draw JSON in some style: those of Python, Go and JavaScript, and odd ones."""
    style = draw(
        st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": 4}, {"separators": (" ,", " :")}])
    )
    text = json.dumps(draw(json_values), ensure_ascii=draw(st.booleans()), **style)
    if draw(st.booleans()):
        text = text.replace("<", "\\u003c").replace("&", "\\u0026")
    return text + draw(st.sampled_from(["", "\n", " "]))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


events = st.builds(
    lambda name, data, end: f"{name}data: {data}{end}".encode("utf-8", "surrogatepass"),
    st.sampled_from(["", "event: ping\n", "id: 7\n", ": a comment\n", "event: x\r\n"]),
    json_texts() | st.sampled_from(["[DONE]", "", "{", "  1"]),
    st.sampled_from(["\n\n", "\n", "\r\n\r\n", ""]),
)
bodies = json_texts().map(_encoded) | st.binary(max_size=30) | st.text(max_size=30).map(_encoded) | events
pieces = st.builds(Piece, seconds, (events | st.lists(events, max_size=3).map(b"".join) | bodies).filter(bool))
endings = st.builds(Ending, st.sampled_from(get_args(Kind)), seconds, st.text(max_size=9), tokens, st.booleans())


def _whole(at: float, status: int, head: tuple[tuple[str, str], ...], body: bytes) -> RecordedAnswer:
    got = (Piece(at, body),) if body else ()
    return RecordedAnswer(at, status, head, got, Ending("complete", at))


answers = st.builds(
    RecordedAnswer, seconds, st.integers(100, 999), headers, st.lists(pieces, max_size=4).map(tuple), endings
) | st.builds(_whole, seconds, st.integers(200, 299), headers, bodies)
requests = st.builds(
    RecordedRequest,
    st.sampled_from(["GET", "POST", "DELETE"]),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30),
    headers,
    st.none() | bodies,
)
exchanges = st.builds(Exchange, requests, answers | endings)
