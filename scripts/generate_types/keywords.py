"""Generate `_client/keywords.py`: the keyword parameters of the client's methods, written out one by one.

Type checkers read them from the TypedDicts of `_client/params.py`. Editors that do not (jedi), `help()` and
`inspect.signature` read the functions that are generated here.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["keywords_module"]

_HEADER = '''# Derived from params.py and ../_generated/params.py by scripts/generate_types: do not edit.
# pyright: reportArgumentType=false
"""The keyword parameters of the client's methods, written out: for editors, `help()` and `inspect.signature`.

Each function has the parameters of the TypedDict of its name; the default `...` means "not given". None is ever
called, and the module is loaded only when a signature is asked for.
"""

from __future__ import annotations

'''


class _Field(NamedTuple):
    """A keyword parameter: its annotation and its description."""

    annotation: str
    description: str


class _Source(NamedTuple):
    """A module of TypedDicts: its classes with their bases and own fields, and where its names come from."""

    classes: dict[str, tuple[list[str], dict[str, _Field]]]
    homes: dict[str, str]


def keywords_module(package: Path, generated: str) -> str:
    """Return the source of `_client/keywords.py`.

    Args:
        package: The package's folder.
        generated: The source of `_generated/params.py`.
    """
    own = _read((package / "_client" / "params.py").read_text("utf-8"), ".")
    contract = _read(generated, ".._generated")
    classes, homes = contract.classes | own.classes, contract.homes | own.homes
    functions = [_function(name, _fields(classes, name)) for name in own.classes if not name.startswith("_")]
    body = "\n\n".join(functions)
    words = set(re.findall(r"\w+", body))
    lines = [
        f"from {home} import {name}" if home else f"import {name}" for name, home in homes.items() if name in words
    ]
    names = ", ".join(f'"{_snake(name)}"' for name in own.classes if not name.startswith("_"))
    text = _HEADER + "\n".join(lines) + f"\n\n__all__ = [{names}]\n\n\n" + body + "\n"
    return _formatted(text, package)


def _read(source: str, home: str) -> _Source:
    """Read a module; `home` is its folder as `_client/keywords.py` imports from it."""
    tree = ast.parse(source)
    homes: dict[str, str] = {}
    classes: dict[str, tuple[list[str], dict[str, _Field]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            module = f"{dots}{node.module or ''}"
            if node.level == 1:
                module = f"{home.rstrip('.')}.{node.module}" if home != "." else f".{node.module}"
            homes |= {alias.name: module for alias in node.names if module != "__future__"}
        elif isinstance(node, ast.Import):
            homes |= {alias.name: "" for alias in node.names}
        elif isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base) for base in node.bases if ast.unparse(base) != "TypedDict"]
            classes[node.name] = bases, _own_fields(node)
    return _Source(classes, homes)


def _own_fields(node: ast.ClassDef) -> dict[str, _Field]:
    fields: dict[str, _Field] = {}
    name = ""
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            name = item.target.id
            fields[name] = _Field(ast.unparse(item.annotation), "")
        elif name and isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant):
            fields[name] = fields[name]._replace(description=" ".join(str(item.value.value).split()))
    return fields


def _fields(classes: dict[str, tuple[list[str], dict[str, _Field]]], name: str) -> dict[str, _Field]:
    """Return the fields of a TypedDict, its bases' first."""
    bases, own = classes[name]
    found: dict[str, _Field] = {}
    for base in bases:
        found |= _fields(classes, base)
    return found | own


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _function(name: str, fields: dict[str, _Field]) -> str:
    lines = [f"def {_snake(name)}(", "    *,"]
    lines += [f"    {key}: {field.annotation} = ...," for key, field in fields.items()]
    lines += [") -> None:", f'    """The parameters of `{name}`.', "", "    Args:"]
    for key, field in fields.items():
        if not field.description:
            raise ValueError(f"{name}.{key} has no description")
        text = f"{key}: {field.description}".replace("\\", "\\\\")
        lines += textwrap.wrap(text, 112, initial_indent=" " * 8, subsequent_indent=" " * 12, break_long_words=False)
    lines += ['    """', ""]
    return "\n".join(lines)


def _formatted(text: str, package: Path) -> str:
    """Return the text as the project's formatter writes it."""
    for command in (("check", "--select", "I", "--fix", "--quiet"), ("format",)):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(package / "_client" / "keywords.py"), "-"],
            input=text, capture_output=True, text=True, check=True, cwd=package.parent,
        )  # fmt: skip
        text = run.stdout
    return text
