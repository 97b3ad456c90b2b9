"""Play the sixteen faults of FailoverBench with this client, and print the verdicts beside the published scores.

    python bench/failover.py           both clients, `final()` and a loop, in virtual time, over sockets, and through
                                       the embedded gateway with the quirks of v0.48
    python bench/failover.py --quick   virtual time only
    python bench/failover.py --write   also write the table into docs/faults.md

Needs the extras `embedded` and `dev`. The scenarios, checks and verdict rules are those of tests/failover/sixteen.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.pop(0)  # this folder, in which this file has the name of the package
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from failover.sixteen.playing import Score, play_all
from failover.sixteen.report import counts, markdown, write_page
from failover.sixteen.scenarios import SIXTEEN
from failover.sixteen.wall import wall
from support.worlds import World

WORLDS = (World("async"), World("blocking"))
WAYS = ("final", "loop")
NAMES = {"final": "fallback, `final()`", "loop": "fallback, a loop over chunks"}


def main(arguments: list[str]) -> int:
    """Play everything and print it. Return 1 if the clients or the routes differ in a verdict."""
    played: dict[str, list[Score]] = {}
    for world in WORLDS:
        for way in WAYS:
            played[f"virtual {world.name} {way}"] = play_all(world, way, None)
    if "--quick" not in arguments:
        for gateway in (False, True):
            with wall(gateway=gateway) as at:
                for world in WORLDS:
                    for way in WAYS:
                        label = f"{'gateway' if gateway else 'sockets'} {world.name} {way}"
                        played[label] = play_all(world, way, at)
    print_verdicts(played)
    one_route = play_all(WORLDS[0], "final", None, fallback=False)
    own, same = {}, True
    for way, name in NAMES.items():
        found = {counts(scores) for label, scores in played.items() if label.endswith(way)}
        same = same and len(found) == 1
        own[name] = min(found)
    own["one route"] = counts(one_route)
    table = markdown(own)
    print(f"\n{table}")
    if "--write" in arguments:
        write_page(table)
    return 0 if same else 1


def print_verdicts(played: dict[str, list[Score]]) -> None:
    """Print a line for each way to play, with the failed checks below it."""
    print(f"{'':24}", *(scenario.id for scenario in SIXTEEN), sep="  ")
    for label, scores in played.items():
        print(f"{label:24}", *(f"{score.verdict:3.4}" for score in scores), sep=" ", end="   ")
        print("pass {}, partial {}, safe {}, fail {}".format(*counts(scores)))
        for score in scores:
            if score.verdict in ("partial", "fail"):
                print(f"    {score}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
