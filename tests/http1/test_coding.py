"""Content coding without a network: compressed data in any cuts is decoded whole, bounded, or fails."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_gateway_sdk._http1.failures import InvalidResponse, TransportFailure, TruncatedResponse
from inference_gateway_sdk._http1.response import STEP, Inflate, decoder_for


def _inflate(data: bytes, size: int, *, gzip: bool) -> bytes:
    decoder = Inflate(gzip=gzip)
    out = b""
    for at in range(0, len(data), size):
        out += decoder.feed(data[at : at + size])
        while decoder.pending:
            out += decoder.step()
    decoder.end()
    return out


def _pack(data: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


@given(
    parts=st.lists(st.binary(max_size=300), min_size=1, max_size=5),
    size=st.integers(1, 400),
    padding=st.integers(0, 50),
)
@settings(max_examples=2 * settings.default.max_examples)
def test_gzip_members_in_any_cuts(parts: list[bytes], size: int, padding: int) -> None:
    """Members one after another are one body, and zeros after them are padding."""
    data = b"".join(gzip.compress(part) for part in parts) + bytes(padding)
    assert _inflate(data, size, gzip=True) == b"".join(parts)


@given(body=st.binary(max_size=400), size=st.integers(1, 400), wbits=st.sampled_from([15, -15]))
@settings(max_examples=2 * settings.default.max_examples)
def test_deflate_with_and_without_its_wrapper_in_any_cuts(body: bytes, size: int, wbits: int) -> None:
    """The wrapper's first byte distinguishes zlib's deflate from the raw one."""
    assert _inflate(_pack(body, wbits), size, gzip=False) == body


@given(data=st.binary(max_size=200), size=st.integers(1, 200), is_gzip=st.booleans())
@settings(max_examples=3 * settings.default.max_examples)
def test_any_bytes_end_in_a_body_or_one_of_our_failures(data: bytes, size: int, is_gzip: bool) -> None:
    """Any bytes decode or raise one of the package's failures, independent of the cuts."""
    ends = []
    for step in (size, 1, 10_000):
        try:
            ends.append(_inflate(data, step, gzip=is_gzip))
        except TransportFailure as failure:
            ends.append(type(failure))
    assert ends[0] == ends[1] == ends[2]


@given(body=st.binary(min_size=1, max_size=300), missing=st.integers(1, 8))
@settings(max_examples=settings.default.max_examples)
def test_a_compressed_body_cut_short_is_truncated(body: bytes, missing: int) -> None:
    """Without its checksum a body is not whole."""
    with pytest.raises(TruncatedResponse):
        _inflate(gzip.compress(body)[:-missing], 1000, gzip=True)


def test_no_step_gives_more_than_its_bound() -> None:
    """A decompression bomb is delivered a megabyte at a time."""
    decoder = Inflate(gzip=True)
    sizes = [len(decoder.feed(gzip.compress(bytes(10 * STEP))))]
    while decoder.pending:
        sizes.append(len(decoder.step()))
    assert max(sizes) <= STEP
    assert sum(sizes) == 10 * STEP


def test_an_empty_body_under_a_coding_is_an_empty_body() -> None:
    """An empty body announced as gzip is not a truncated stream."""
    assert _inflate(b"", 10, gzip=True) == b""


@pytest.mark.parametrize("value", ["", "identity", " Identity "])
def test_identity_is_no_coding(value: str) -> None:
    """A body without a coding is passed through."""
    assert decoder_for([("content-encoding", value)]) is None
    assert decoder_for([("content-type", "gzip")]) is None


@pytest.mark.parametrize("headers", [[("content-encoding", "br")], [("content-encoding", "gzip")] * 2])
def test_what_was_not_asked_for_is_named(headers: list[tuple[str, str]]) -> None:
    """An unknown coding, or two of them, raises InvalidResponse."""
    with pytest.raises(InvalidResponse, match="content-encoding"):
        decoder_for(headers)
