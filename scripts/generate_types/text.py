"""Helpers that write Python source: docstrings, literals, wrapped sequences."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["HEADER", "docstring", "imports", "literal", "mentions", "sequence"]

WIDTH = 120

HEADER = '''"""{about}

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off
'''


def docstring(text: str, indent: str) -> str:
    """Return a docstring with that text, wrapped."""
    text = text.replace("\\", "\\\\").replace('"""', "'''") or "Not described."
    if len(indent) + len(text) + 6 <= WIDTH:
        return f'{indent}"""{text}"""'
    lines = textwrap.wrap(text, WIDTH - len(indent) - 3, break_long_words=False, break_on_hyphens=False)
    rest = "".join(f"\n{indent}{line}" for line in lines[1:])
    return f'{indent}"""{lines[0]}{rest}\n{indent}"""'


def literal(value: object) -> str:
    """Return a literal as the formatter writes it: with double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def sequence(opening: str, items: list[str], closing: str, indent: str = "") -> str:
    """Return the items on one line if they fit, else one per line with a trailing comma, as the formatter does."""
    line = f"{indent}{opening}{', '.join(items)}{closing}"
    if len(line) <= WIDTH:
        return line
    return f"{indent}{opening}\n" + "".join(f"{indent}    {item},\n" for item in items) + f"{indent}{closing}"


def mentions(source: str, imported: str) -> bool:
    """Return whether the source uses the name that is imported (or `name as other`), inside or outside strings."""
    return re.search(rf"\b{imported.rsplit(maxsplit=1)[-1]}\b", source) is not None


def imports(wanted: Mapping[str, Iterable[str]], indent: str = "") -> str:
    """Return import statements: those of the library, then of msgspec, then relative ones from far to near."""
    groups: dict[int, list[str]] = {}
    for module, names in wanted.items():
        found = sorted(names, key=str.lower)
        if found:
            group = 2 if module.startswith(".") else int(module == "msgspec")
            line = f"{indent}from {module} import {', '.join(found)}"
            if len(line) > WIDTH:
                line = sequence(f"from {module} import (", found, ")", indent)
            groups.setdefault(group, []).append(line)
    return "\n\n".join("\n".join(sorted(lines, key=_far_first)) for _, lines in sorted(groups.items()))


def _far_first(line: str) -> tuple[bool, str]:
    return ("from .." not in line, line)
