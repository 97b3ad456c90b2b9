"""The keywords of the clients' methods, for tools that do not expand `**params: Unpack[ChatParams]`.

Each TypedDict of `_client/params.py` becomes a function with its keys as parameters. jedi follows `**params` into a
call of that function and completes them. The docstrings of the async client's methods get a line for each key, so
that `help()` lists them.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .text import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Key", "Keys", "describe", "keywords_module", "read_keys"]

_HEAD = '''# Derived from _client/params.py by scripts/generate_types: do not edit.
"""The keyword arguments of the clients' methods as functions, for jedi. Never imported at run time."""
# fmt: off
# ruff: noqa: E501, I001

from __future__ import annotations

'''
_UNPACKED = re.compile(r"Unpack\[(\w+)\]")
_ENTRY = " " * 12
_NESTED = " " * 16
_KEYWORDS = "        Keywords:"


@dataclass(frozen=True)
class Key:
    """A key of a TypedDict: its annotation and its description."""

    annotation: str
    doc: str


Keys = dict[str, dict[str, Key]]
"""The keys of each TypedDict, by the class's name."""


def read_keys(*sources: str) -> Keys:
    """Return the keys of every TypedDict in the modules, inherited ones first. Bases must come before."""
    found: Keys = {}
    for source in sources:
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and any(
                isinstance(base, ast.Name) and (base.id == "TypedDict" or base.id in found) for base in node.bases
            ):
                keys: dict[str, Key] = {}
                for base in node.bases:
                    keys |= found.get(ast.unparse(base), {})
                found[node.name] = keys | dict(_own_keys(node))
    return found


def _own_keys(node: ast.ClassDef) -> Iterator[tuple[str, Key]]:
    for field, doc in zip(node.body, [*node.body[1:], ast.Pass()], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            if not (isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant)):
                raise ValueError(f"{node.name}.{field.target.id}: a keyword needs a description")  # noqa: TRY004
            text = " ".join(str(doc.value.value).split())
            yield field.target.id, Key(ast.unparse(field.annotation).replace("'", '"'), text)


def keywords_module(params: str, client_params: str) -> str:
    """Return the source of `_client/keywords.py`."""
    keys = read_keys(params, client_params)
    public = [name for name in read_keys(params, client_params) if f"\nclass {name}(" in client_params]
    functions = [_function(name, keys[name]) for name in public if not name.startswith("_")]
    body = "\n\n\n".join(functions)
    homes = _homes(params, ".._generated") | _homes(client_params, "")
    del homes["Any"]
    wanted: dict[str, list[str]] = {}
    for name, home in sorted(homes.items()):
        if re.search(rf"\b{name}\b", body):
            wanted.setdefault(home, []).append(name)
    lines = ["from typing import TYPE_CHECKING, Any", "", "if TYPE_CHECKING:"]
    lines += ["    import os"] if "os." in body else []
    lines += [
        f"    from {home} import {', '.join(names)}"
        for home, names in sorted(wanted.items(), key=lambda item: (item[0].startswith("."), item))
    ]
    names = sorted(_function_name(name) for name in public if not name.startswith("_"))
    listed = "__all__ = [\n" + "".join(f'    "{name}",\n' for name in names) + "]"
    return _HEAD + "\n".join(lines) + f"\n\n{listed}\n\n_LEFT_OUT: Any = ...\n\n\n{body}\n"


def _homes(source: str, package: str) -> dict[str, str]:
    """Return the module of each name that a module imports with `from`."""
    return {
        alias.name: f"{package}.{node.module}" if node.level == 1 else "." * node.level + str(node.module)
        for node in ast.parse(source).body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }


def _function_name(name: str) -> str:
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Params")).lower()
    return f"{words}_keywords"


def _function(name: str, keys: dict[str, Key]) -> str:
    lines = [f"def {_function_name(name)}(", "    *,"]
    lines += [f"    {key}: {value.annotation} = _LEFT_OUT," for key, value in keys.items()]
    return "\n".join([*lines, ") -> None:", f'    """The keys of `{name}`."""'])


def describe(source: str, keys: Keys) -> str:
    """Return a module of the async client with a line for each keyword in the docstrings of its methods."""
    lines = source.splitlines()
    for owner in reversed(ast.parse(source).body):
        for node in reversed(owner.body if isinstance(owner, ast.ClassDef) else []):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.args.kwarg is None:
                continue
            unpacked = _UNPACKED.search(ast.unparse(node.args.kwarg.annotation or ast.Constant("")))
            doc = node.body[0]
            if unpacked and isinstance(doc, ast.Expr) and doc.end_lineno:
                old = lines[doc.lineno - 1 : doc.end_lineno]
                lines[doc.lineno - 1 : doc.end_lineno] = _described(old, node.args.kwarg.arg, keys[unpacked[1]])
    return "\n".join(lines) + "\n"


def _described(doc: list[str], argument: str, keys: dict[str, Key]) -> list[str]:
    """Return the docstring with a line for each key: below the argument's entry, or in a section at the end."""
    if len(doc) == 1:
        doc = [doc[0].removesuffix('"""'), '        """']
    indent, found = _NESTED, [place for place, line in enumerate(doc) if line.startswith(f"{_ENTRY}**{argument}:")]
    if not found:
        indent, found = _ENTRY, [place for place, line in enumerate(doc) if line == _KEYWORDS]
    if not found:
        doc = [*doc[:-1], "", _KEYWORDS, doc[-1]]
        found = [len(doc) - 2]
    end = next(place for place in range(found[0] + 1, len(doc)) if not doc[place].startswith(indent))
    old = (place for place in range(found[0] + 1, end) if re.match(rf"{indent}(?:{'|'.join(keys)}): ", doc[place]))
    first = next(old, end)
    return [*doc[:first], *(line for name, key in keys.items() for line in _line(name, key, indent)), *doc[end:]]


def _line(name: str, key: Key, indent: str) -> list[str]:
    return textwrap.wrap(
        f"{name}: {key.doc}",
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
