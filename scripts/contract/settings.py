"""The gateway's settings in a contract, in either notation, by the name of their environment variable.

The published contract lists them in sections under `x-config`. In ours, each is a property of
`Config`, so that it has a type. Its other facts are in the property's `x-config`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.document import Node

__all__ = ["settings_of"]


def settings_of(schema: Node) -> dict[str, Node]:
    """Return the facts about each variable: section, name, type, default (as text) and secrecy."""
    return dict(_listed(schema)) or dict(_properties(schema))


def _listed(schema: Node) -> Iterator[tuple[str, Node]]:
    for section in schema.get("x-config", {}).get("sections", []):
        for title, body in section.items():
            for setting in body["settings"]:
                yield setting["env"].lower(), _facts(setting, title, setting.get("default"))


def _properties(schema: Node) -> Iterator[tuple[str, Node]]:
    for name, node in schema.get("properties", {}).items():
        if "x-config" in node:
            yield name, _facts(node["x-config"], node["x-config"]["section"], node.get("default"))


def _facts(setting: Node, section: str, default: object) -> Node:
    text = str(default).lower() if isinstance(default, bool) else default if default is None else str(default)
    return {
        "section": section,
        "name": setting["name"],
        "type": setting["type"],
        "default": text,
        "secret": bool(setting.get("secret")),
    }
