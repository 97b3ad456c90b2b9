"""Time the partial JSON reader beside jiter, which reads the text from its start after each piece.

    python bench/partial_json.py [--kb 1000]

Both read the same document in pieces of 4 characters and return a value after each. The script prints the seconds for n
and 2n characters, and their ratio: 2 is linear, 4 is quadratic. Seconds are CPU time, the best of `--rounds`. jiter
gets a smaller document with a comparable time per piece. Needs jiter, from the dev extra.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

import jiter

from inference_gateway_sdk._schema.partial import PartialReader

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 4


def objects(size: int) -> str:
    """Return a list of small objects of about `size` characters."""
    one = {"title": "Leek soup", "minutes": 25, "vegan": True, "note": None, "tags": ["warm", "green\n"]}
    return json.dumps([one] * (size // len(json.dumps(one)) + 1))


def one_string(size: int) -> str:
    """Return a single string of about `size` characters."""
    return json.dumps("leek soup " * (size // 10))


def one_number(size: int) -> str:
    """A single number."""
    return "1." + "5" * size + " "


def own(text: str) -> float:
    """Return the seconds of the incremental reader."""
    reader = PartialReader()
    start = time.process_time()
    for place in range(0, len(text), PIECE):
        reader.feed(text[place : place + PIECE])
        reader.changed()
    reader.end()
    taken = time.process_time() - start
    assert reader.finished
    return taken


def with_jiter(text: str) -> float:
    """Return the seconds of reading everything again after each piece."""
    data = text.encode()
    start = time.process_time()
    for end in range(PIECE, len(data) + PIECE, PIECE):
        jiter.from_json(data[:end], partial_mode="trailing-strings")
    return time.process_time() - start


def doubled(read: Callable[[str], float], make: Callable[[int], str], size: int, rounds: int) -> tuple[float, float]:
    """Return the best times for half of the document and for the whole."""
    half, whole = make(size // 2), make(size)
    pairs = [(read(half), read(whole)) for _ in range(rounds)]
    return min(first for first, _ in pairs), min(second for _, second in pairs)


def main() -> None:
    """Print a row for each reader and document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb", type=int, default=1000, help="size of the document for the incremental reader")
    parser.add_argument("--jiter-kb", type=int, default=40, help="size of the document for jiter")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(f"{'document':<12}{'reader':<14}{'kB':>7}{'time(n)':>11}{'time(2n)':>11}{'ratio':>7}{'us/piece':>10}")
    for name, make in (("objects", objects), ("one string", one_string), ("one number", one_number)):
        for reader, read, kb in (("incremental", own, given.kb), ("jiter", with_jiter, given.jiter_kb)):
            first, second = doubled(read, make, kb * 1000, given.rounds)
            each = second / (kb * 1000 / PIECE) * 1e6
            print(f"{name:<12}{reader:<14}{kb:>7}{first:>10.3f}s{second:>10.3f}s{second / first:>7.2f}{each:>10.2f}")


if __name__ == "__main__":
    main()
