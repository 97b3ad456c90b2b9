"""The benchmark: every kind of work with every client, in rounds of fresh processes that alternate.

    python bench/run.py                    everything, five rounds
    python bench/run.py --quick            the rows of the targets, three rounds, without the slowest client
    python bench/run.py --only request chunk-each --world async --peers ours openai floor
    python bench/run.py --profile chunk-each --world async

It prints a table. `--json FILE` stores the samples, `--report` writes figures and plot into the documentation.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import importlib.util
import json
import os
import platform
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from items import ITEMS, Item
from results import MEMORY_ITEMS, MODULE_ITEMS, START_ITEMS, Results
from sources import client_digest
from table import whole
from targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
PEERS = {
    "floor": "floor",
    "rust": "",
    "ours": "ours",
    "openai": "openai_sdk",
    "anthropic": "anthropic_sdk",
    "inference-gateway": "inference_gateway_sdk_0",
    "litellm": "litellm_sdk",
}
SLOW = {"litellm"}  # gets shorter streams of the same chunks
WORLDS = ("blocking", "async")
TIMEOUT = 300


class MeasurementError(Exception):
    """The error for a measurement that failed."""


class Machine:
    """The processes of a run: the server, and one for each measurement."""

    def __init__(self, pythons: dict[str, str]) -> None:
        self._pythons = pythons
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        where = json.loads(self._process.stdout.readline())  # type: ignore[union-attr]
        self.origin = f"http://127.0.0.1:{where['port']}"
        self.tls = f"https://127.0.0.1:{where['tls_port']}" if "tls_port" in where else None
        self.authority = where.get("authority")

    def close(self) -> None:
        """Stop the server."""
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(10)

    def server_cpu(self) -> float:
        """Return the CPU seconds that the server has used."""
        with urllib.request.urlopen(f"{self.origin}/cpu") as answer:
            return float(answer.read())

    def run(self, peer: str, *arguments: str) -> Any:
        """Run one measurement and return its output."""
        command = arguments if peer == "rust" else (self._pythons.get(peer, sys.executable), *arguments)
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT, cwd=HERE, env=self._environment(), check=False
            )
        except subprocess.TimeoutExpired as error:
            raise MeasurementError(f"took more than {TIMEOUT} s") from error
        if done.returncode != 0:
            raise MeasurementError((done.stderr.strip().splitlines() or ["failed"])[-1][:200])
        return json.loads(done.stdout.strip().splitlines()[-1])

    def _environment(self) -> dict[str, str]:
        """Return an environment without proxies and interpreter settings, and with our authority for TLS clients."""
        kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        kept = {name: value for name, value in kept.items() if not name.startswith("PYTHON")}
        kept["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        if self.authority:
            kept["SSL_CERT_FILE"] = kept["REQUESTS_CA_BUNDLE"] = self.authority
        return kept


def abilities(machine: Machine, peers: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the abilities of each client, and the reasons for those that are left out."""
    able: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for peer in peers:
        try:
            able[peer] = (
                _rust_abilities(machine) if peer == "rust" else machine.run(peer, "work.py", "can", PEERS[peer])
            )
        except MeasurementError as error:
            missing[peer] = str(error)
    return able, missing


def _rust_abilities(machine: Machine) -> Any:
    from rust_program import NotBuiltError, program

    try:
        path = program()
    except NotBuiltError as error:
        raise MeasurementError(str(error)) from error
    return machine.run("rust", path, "can") | {"program": path}


def measure(machine: Machine, able: dict[str, Any], item: str, world: str, peer: str, results: Results) -> None:
    """Take one sample."""
    what = ITEMS[item]
    if what.kind == "start":
        _measure_start(machine, world, peer, results)
        return
    origin = (machine.tls if what.tls else machine.origin) or ""
    arguments = [world, item, origin, *([machine.authority] if what.tls else []), *(["short"] if peer in SLOW else [])]
    before = machine.server_cpu()
    if peer == "rust":
        sample = machine.run(peer, able[peer]["program"], *arguments[1:])
    else:
        sample = machine.run(peer, "work.py", "do", PEERS[peer], *arguments)
    served = machine.server_cpu() - before
    note = sample.get("note", "")
    if what.kind == "memory":
        results.add(item, world, peer, what.title, f"bytes per {what.unit}", sample["per_unit"], notes=note)
        return
    units = sample["units"]
    results.add(
        item, world, peer, what.title, f"us per {what.unit}", sample["cpu"] / units * 1e6,
        walls=sample["wall"] / units * 1e6, server=served / units * 1e6, notes=note,
    )  # fmt: skip


def _measure_start(machine: Machine, world: str, peer: str, results: Results) -> None:
    steps = machine.run(peer, "start.py", peer, world, machine.origin)
    for item, (step, title) in START_ITEMS.items():
        if step in steps:
            results.add(item, world, peer, title, "ms", steps[step][0] * 1e3)
    for item, (step, title) in MEMORY_ITEMS.items():
        if step in steps:
            results.add(item, world, peer, title, "MB", steps[step][1] / 1e6)
    for item, (step, title) in MODULE_ITEMS.items():
        if peer == "ours" and step in steps:
            results.add(item, world, peer, title, "modules", steps[step][2])


def can(able: dict[str, Any], item: str, world: str, peer: str, machine: Machine) -> bool:
    """Return whether the client supports the work on this machine."""
    what: Item = ITEMS[item]
    if what.tls and machine.tls is None:
        return False
    if what.kind == "start":
        from start import STEPS

        return (peer, world) in STEPS
    if what.assembled and peer != "ours":
        return False
    if peer in SLOW and (what.kind == "memory" or what.at_once > 64):
        return False
    return what.verb in able[peer].get(world, ()) and item not in able[peer].get("not", ())


def rounds(machine: Machine, able: dict[str, Any], chosen: argparse.Namespace, results: Results) -> None:
    """Run every kind of work with every client in rounds; the first client changes from round to round."""
    for peer in able:  # uncounted, so that no round includes compiling a client's source
        if peer != "rust":
            machine.run(peer, "start.py", peer, "blocking", machine.origin)
    for number in range(chosen.rounds):
        for item in chosen.only:
            if number >= ITEMS[item].rounds:
                continue
            for world in chosen.world:
                peers = [peer for peer in able if can(able, item, world, peer, machine)]
                turn = number % len(peers) if peers else 0
                for peer in peers[turn:] + peers[:turn]:
                    _try(machine, able, item, world, peer, results)
            _progress(f"round {number + 1} of {chosen.rounds}: {item}")
    _progress("")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _try(machine: Machine, able: dict[str, Any], item: str, world: str, peer: str, results: Results) -> None:
    try:
        measure(machine, able, item, world, peer, results)
    except MeasurementError as error:
        results.about["missing"][f"{peer}, {item}, {world}"] = str(error)


def about(chosen: argparse.Namespace, able: dict[str, Any], missing: dict[str, str]) -> dict[str, Any]:
    """Return the description of the run."""
    return {
        "taken": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d"),
        "commit": _commit(),
        "source": client_digest(),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "rounds": chosen.rounds,
        "load": os.getloadavg()[0],
        "peers": {peer: what.get("version", "") for peer, what in able.items()},
        "notes": {peer: what["note"] for peer, what in able.items() if what.get("note")},
        "missing": missing,
    }


def _commit() -> str:
    """Return the commit, and whether the package differs from it."""
    changed = _git("status", "--porcelain", "../src") not in ("", "unknown")
    return _git("rev-parse", "--short", "HEAD") + (" with changes" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(HERE), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@contextlib.contextmanager
def running(pythons: dict[str, str]) -> Iterator[Machine]:
    """Return a machine with a running server."""
    machine = Machine(pythons)
    try:
        yield machine
    finally:
        machine.close()


def profile(machine: Machine, chosen: argparse.Namespace) -> None:
    """Profile our client in one kind of work."""
    for world in chosen.world:
        print(f"{chosen.profile}, {world}", flush=True)
        origin = (machine.tls if ITEMS[chosen.profile].tls else machine.origin) or ""
        authority = [machine.authority] if ITEMS[chosen.profile].tls else []
        subprocess.run(
            [sys.executable, "work.py", "profile", "ours", world, chosen.profile, origin, *authority],
            cwd=HERE, check=True, timeout=TIMEOUT,
        )  # fmt: skip


def parse() -> argparse.Namespace:
    """Return the parsed options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(ITEMS), metavar="ITEM", help=", ".join(ITEMS))
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS), metavar="PEER")
    parser.add_argument("--world", nargs="+", choices=WORLDS, default=list(WORLDS))
    parser.add_argument("--rounds", type=int, help="default 5, or 3 with --quick")
    parser.add_argument("--quick", action="store_true", help="only the rows of the targets, without the slowest client")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the file for the samples")
    parser.add_argument("--python", action="append", default=[], metavar="PEER=PYTHON", help="a client's interpreter")
    parser.add_argument("--profile", choices=list(ITEMS), metavar="ITEM", help="profile our client instead")
    parser.add_argument("--report", action="store_true", help="write figures and plot into the documentation")
    chosen = parser.parse_args()
    if chosen.report and (chosen.only or chosen.quick or len(chosen.world) < len(WORLDS)):
        parser.error("--report needs all kinds of work: otherwise the pages would lose rows")
    if chosen.report and importlib.util.find_spec("matplotlib") is None:
        parser.error("--report needs matplotlib: install the extra bench")
    if chosen.quick:
        wanted = {item for target in TARGETS if target.peer or target.than for item in (target.item, target.than)}
        chosen.only = chosen.only or [item for item, what in ITEMS.items() if item in wanted or what.kind == "start"]
        chosen.peers = [peer for peer in chosen.peers if peer not in SLOW]
    chosen.only = chosen.only or list(ITEMS)
    chosen.rounds = chosen.rounds or (3 if chosen.quick else 5)
    return chosen


def main() -> None:
    """Run the benchmark with the given options."""
    chosen = parse()
    start = time.monotonic()
    with running(dict(pair.split("=", 1) for pair in chosen.python)) as machine:
        if chosen.profile:
            profile(machine, chosen)
            return
        able, missing = abilities(machine, chosen.peers)
        results = Results(about(chosen, able, missing))
        rounds(machine, able, chosen, results)
    results.about["seconds"] = time.monotonic() - start
    print(whole(results))
    if chosen.json:
        chosen.json.write_text(json.dumps(results.to_dict(), indent=1) + "\n")
    if chosen.report:
        from report import write

        write(results)


if __name__ == "__main__":
    main()
