"""The imports of each room, checked against the table of docs/architecture.md."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[1] / "src" / "inference_gateway_sdk"

ALLOWED = {
    "errors": set(),
    "_version": set(),
    "_model": {"errors", "msgspec"},
    "_generated": {"_model", "msgspec"},
    "_wire": {"errors", "_model", "_generated", "msgspec"},
    "_streams": {"errors", "_model", "_generated", "_wire", "msgspec"},
    "_schema": {"errors", "_model", "msgspec", "pydantic"},
    "_tools": {"errors", "_model", "_generated", "_wire", "_schema", "msgspec"},
    "_run": {"errors", "_model", "_generated", "_schema", "_tools", "msgspec"},
    "_routing": {"errors", "_model", "_generated", "_wire", "msgspec"},
    "_http1": {"errors", "httptools"},
    "_transport": {"errors", "_http1", "httpx2"},
    "_client": {
        "errors", "_version", "_model", "_generated", "_wire", "_streams", "_http1", "_transport", "_schema", "_tools",
        "_run", "_routing", "batch", "doctor", "msgspec",
    },
    "doctor": {"errors", "_model", "_generated", "_wire", "_transport", "msgspec"},
    "batch": {"errors", "_version", "_model", "_wire", "msgspec", "pyarrow", "rich"},
    "embedded": {
        "errors", "_version", "_model", "_generated", "_wire", "msgspec",
        "starlette", "uvicorn", "h11", "httpx2", "xllamacpp", "yaml", "jwt",
    },
    "cli": {
        "", "errors", "_version", "batch", "embedded", "inspector",
        "typer", "click", "rich", "msgspec", "jsonschema", "referencing",
    },
    "testing": {
        "", "errors", "_version", "_model", "_generated", "_wire", "_http1", "_transport", "_client",
        "embedded", "msgspec", "starlette",
    },
    "inspector": {"_client", "_generated", "_model", "_wire", "embedded", "testing", "msgspec", "starlette"},
    "pytest_plugin": {"", "testing", "pytest"},
    "telemetry": {"errors", "_client", "_model"},
    "types": {"_generated", "_model", "_wire"},
    "transport": {"_http1", "_transport"},
    "": {"*"},
}  # fmt: skip
# Modules that the pure rooms of the library do without: sockets, loops, clocks, randomness, logs, files.
IMPURE = {"socket", "asyncio", "select", "selectors", "threading", "time", "random", "logging", "subprocess", "queue"}
LOCKS = {("_model/type_info", "threading")}  # one lock, so that threads may share the pure rooms
LATE = {
    ("_model/answers", "_run"),  # reply.parse() reads as a run does; imported when it is called
    ("batch/requests", "_client"),  # budgets, whose module is imported when there is one
    ("batch/worker", "_client"),  # a job makes clients of its own, and is imported when one is made
    ("batch/job", ""),
    ("batch/on_ray", "_client"),
    ("batch/on_ray", ""),
}
PURE = {"errors", "_model", "_generated", "_wire", "_streams", "_schema", "_tools", "_run", "_routing", "_http1"}


@cache
def imports() -> list[tuple[str, str, str]]:
    """Return every import of the package as (room, file, target): a room's name, or a library's."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        room = "" if parts == ("__init__",) else parts[0]
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name.partition(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = _targets(node, parts)
            else:
                continue
            found += [(room, "/".join(parts), name) for name in names]
    return found


def _targets(node: ast.ImportFrom, parts: tuple[str, ...]) -> list[str]:
    if not node.level:
        first, _, rest = (node.module or "").partition(".")
        return [rest.partition(".")[0]] if first == "inference_gateway_sdk" else [first]
    above = parts[: len(parts) - node.level]
    full = (*above, *(node.module or "").split(".")) if node.module else above
    return [full[0]] if full else [alias.name if alias.name in ALLOWED else "" for alias in node.names]


def test_each_room_imports_only_what_its_row_allows() -> None:
    """No import crosses a boundary of the table."""
    wrong = []
    for room, file, name in imports():
        allowed = ALLOWED[room]
        own = name == room or "*" in allowed or name in allowed
        library = name in sys.stdlib_module_names or name == "__future__"
        if not own and not library and (file, name) not in LATE:
            wrong.append(f"{file} imports {name or 'the public API'}")
    assert not wrong, "\n".join(wrong)


def test_pure_rooms_reach_for_nothing_of_the_outside_world() -> None:
    """A pure room imports no socket, loop, clock, randomness or log."""
    wrong = [
        f"{file} imports {name}"
        for room, file, name in imports()
        if room in PURE and name in IMPURE and (file, name) not in LOCKS
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_every_room_of_the_table_exists(room: str) -> None:
    """Every room in the table exists."""
    assert (ROOT / room).exists() or (ROOT / f"{room}.py").exists()
