"""Generate `_generated/`, `types.py` and the package's `__init__.py` from `openapi.yaml`; `--check` only compares.

python scripts/generate_types [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "inference_gateway_sdk"
if __package__ in (None, ""):  # run as `python scripts/generate_types`
    sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "src")]

from generate_types.contract import ContractError, read_contract  # noqa: E402
from generate_types.keywords import keywords_module  # noqa: E402
from generate_types.models import families, family_module  # noqa: E402
from generate_types.operations import operations_module  # noqa: E402
from generate_types.params import params_module, requests_module  # noqa: E402
from generate_types.root import root_module, types_module  # noqa: E402

_INIT = '''"""The contract as Python types, one module per family. Derived from openapi.yaml: do not edit."""
'''


def derived() -> dict[Path, str]:
    """Return the text of every derived file."""
    contract = read_contract(yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8")))
    inside = {f"{family}.py": family_module(contract, family) for family in families(contract)}
    inside |= {
        "__init__.py": _INIT,
        "operations.py": operations_module(contract),
        "params.py": params_module(contract),
        "requests.py": requests_module(contract),
    }
    texts = {PACKAGE / "_generated" / name: text for name, text in inside.items()}
    texts[PACKAGE / "_client" / "keywords.py"] = keywords_module(PACKAGE, inside["params.py"])
    return texts | {PACKAGE / "__init__.py": root_module(contract), PACKAGE / "types.py": types_module(contract)}


def stale(texts: dict[Path, str]) -> list[Path]:
    """Return the files that differ from their text, and the files in `_generated` that are not derived."""
    wrong = [path for path, text in texts.items() if not path.is_file() or path.read_text("utf-8") != text]
    return wrong + [path for path in sorted((PACKAGE / "_generated").glob("*.py")) if path not in texts]


def main(arguments: list[str]) -> int:
    """Write the files, or compare them with `--check`. Return 0 on success."""
    if set(arguments) - {"--check"}:
        print(f"usage: python scripts/generate_types [--check], not {' '.join(arguments)}", file=sys.stderr)
        return 2
    try:
        texts = derived()
    except ContractError as error:
        print(f"openapi.yaml: {error}", file=sys.stderr)
        return 1
    wrong = stale(texts)
    for path in wrong:
        print(f"{'stale' if '--check' in arguments else 'wrote'}: {path.relative_to(ROOT)}")
        if "--check" in arguments:
            continue
        path.parent.mkdir(exist_ok=True)
        if path in texts:
            path.write_text(texts[path], "utf-8")
        else:
            path.unlink()
    return 1 if wrong and "--check" in arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
