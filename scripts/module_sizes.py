"""Print the size of every room: modules, lines, preamble and functions, with the bounds of the project.

    python scripts/module_sizes.py            print the table
    python scripts/module_sizes.py --check    also exit 1 if a bound is exceeded
    python scripts/module_sizes.py --list     also print every module, largest first

Generated files (`_generated/`, `types.py`, the root `__init__.py`) and derived ones (`_blocking/` folders that
`scripts/derive_blocking.py` writes) are left out. The preamble of a module is its docstring, imports, the
`if TYPE_CHECKING:` block and `__all__`.
"""

from __future__ import annotations

import ast
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "inference_gateway_sdk"
GENERATED = {"__init__.py", "types.py"}
DERIVED = "# Derived from "
MOST_MODULES, LEAST_MEDIAN, MOST_LINES, MOST_PREAMBLE = 190, 150, 600, 0.10
ADDED = {  # files of capabilities that came later; the bound on modules counts the others
    "guardrails": ["embedded/guardrails.py"],
    "sessions at the terminal": ["cli/session.py"],
    "the request log": ["embedded/request_log.py"],
    "wrong shapes": ["_wire/shapes.py"],
    "telemetry": ["telemetry/__init__.py", "telemetry/gateway_metrics.py", "telemetry/points.py"],
    "OpenTelemetry": [
        "telemetry/otel.py",
        "telemetry/names.py",
        "telemetry/content.py",
        "_client/run_watch.py",
    ],
    "watchers": ["_client/watching.py", "_client/_async/open_stream.py"],
    "costs and budgets": ["_model/cost.py", "_client/prices.py", "_client/accounts.py"],
    "ledger": ["_client/ledger.py", "_client/ledger_rows.py", "_client/ledger_schema.py", "cli/costs.py"],
    "doctor": ["doctor/__init__.py", "doctor/probes.py", "doctor/findings.py", "doctor/report.py"],
    "doctor at the terminal": ["cli/doctor.py"],
    "traffic page": [
        "inspector/__init__.py",
        "inspector/page.py",
        "inspector/snippets.py",
        "inspector/traffic.py",
    ],
    "batch": ["batch/__init__.py", "batch/state.py", "batch/sources.py", "batch/journal.py"],
    "the loop of a batch": [
        "_client/_async/batch.py",
        "_client/_async/batch_run.py",
        "batch/crew.py",
        "batch/requests.py",
    ],
    "limits of a batch": ["batch/window.py"],
    "progress and report of a batch": ["batch/progress.py", "batch/report.py"],
    "jobs in shards": ["batch/shards.py", "batch/worker.py", "batch/job_run.py", "batch/job.py"],
    "jobs on Ray": ["batch/governor.py", "batch/on_ray.py"],
    "igw batch": ["cli/batch.py"],
    "routing": ["_routing/candidates.py", "_routing/verdict.py", "_routing/breaker.py", "_routing/plan.py"],
    "fallback": ["_routing/__init__.py", "_client/routes.py", "_client/_async/fallback.py"],
    "videos": [
        "_wire/videos.py",
        "_client/_async/videos.py",
        "embedded/endpoints/videos.py",
        "embedded/providers/scripted_videos.py",
    ],
}
MOST_FUNCTION_MEDIAN, MOST_FUNCTION_P90 = 8, 20
MOST_ADDED = 4


class Module(NamedTuple):
    """The measures of one module.

    Attributes:
        name: Path below the package.
        lines: Lines of the file.
        preamble: Lines of docstring, imports and `__all__`.
        functions: Lines of each function, docstring left out.
    """

    name: str
    lines: int
    preamble: int
    functions: list[int]


def measure(path: Path) -> Module:
    """Return the measures of one file."""
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    return Module(
        str(path.relative_to(PACKAGE)),
        text.count("\n"),
        sum(_span(node) for node in tree.body if _is_preamble(node, tree)),
        [_length(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)],
    )


def _is_preamble(node: ast.stmt, tree: ast.Module) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
    return node is tree.body[0] and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _span(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function from its `def`, without its docstring."""
    docstring = _span(node.body[0]) if ast.get_docstring(node, clean=False) is not None else 0
    return _span(node) - docstring


def modules() -> list[Module]:
    """Return the measures of every hand-written module."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE)
        if name.parts[0] == "_generated" or str(name) in GENERATED:
            continue
        if not path.read_text("utf-8").startswith(DERIVED):
            found.append(measure(path))
    return found


def row(name: str, found: list[Module]) -> str:
    """Return one line of the table."""
    lines = [module.lines for module in found]
    functions = sorted(length for module in found for length in module.functions) or [0]
    share = sum(module.preamble for module in found) / max(sum(lines), 1)
    p90 = functions[int(len(functions) * 0.9)] if len(functions) > 1 else functions[0]
    return (
        f"{name:16} {len(found):7} {sum(lines):7} {statistics.median(lines):7.0f} {max(lines):5} {share:9.1%}"
        f" {len(functions):9} {statistics.median(functions):6.0f} {p90:4} {functions[-1]:4}"
    )


def crossed(found: list[Module]) -> list[str]:
    """Return one sentence for each bound that is exceeded."""
    functions = sorted(length for module in found for length in module.functions)
    lines = [module.lines for module in found]
    share = sum(module.preamble for module in found) / sum(lines)
    added = {name for names in ADDED.values() for name in names}
    counted = sum(module.name not in added for module in found)
    checks = [
        (counted <= MOST_MODULES, f"{counted} modules besides the added ones, at most {MOST_MODULES}"),
        *((len(names) <= MOST_ADDED, f"{len(names)} modules for {name}") for name, names in ADDED.items()),
        (statistics.median(lines) >= LEAST_MEDIAN, f"median {statistics.median(lines):.0f}, at least {LEAST_MEDIAN}"),
        (share <= MOST_PREAMBLE, f"preamble {share:.1%}, at most {MOST_PREAMBLE:.0%}"),
        (statistics.median(functions) <= MOST_FUNCTION_MEDIAN, f"function median above {MOST_FUNCTION_MEDIAN}"),
        (functions[int(len(functions) * 0.9)] <= MOST_FUNCTION_P90, f"function p90 above {MOST_FUNCTION_P90}"),
        *((module.lines <= MOST_LINES, f"{module.name}: {module.lines} lines") for module in found),
    ]
    return [sentence for kept, sentence in checks if not kept]


def main(arguments: list[str]) -> int:
    """Print the table; return 1 if a bound is exceeded and `--check` was given."""
    found = modules()
    print(f"{'room':16} modules   lines  median   max  preamble functions median  p90  max")
    for room in sorted({module.name.split("/")[0] for module in found}):
        print(row(room, [module for module in found if module.name.split("/")[0] == room]))
    print(row("all", found))
    if "--list" in arguments:
        for module in sorted(found, key=lambda module: -module.lines):
            print(f"{module.lines:6} {module.preamble:4} {module.name}")
    sentences = crossed(found)
    print("\n".join(f"exceeded: {sentence}" for sentence in sentences) or "all sizes are within their bounds")
    return 1 if sentences and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
