"""Read an OpenAPI file as plain data, follow its references, and rename its schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["SCHEMAS", "DocumentError", "Node", "escaped", "read", "reference", "renamed", "resolved"]

Node = dict[str, Any]

SCHEMAS = "#/components/schemas/"

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, if PyYAML was built with it


class DocumentError(ValueError):
    """The error for a file that cannot be read as an OpenAPI document."""


def read(path: Path) -> Node:
    """Return the document in `path`, YAML or JSON.

    Raises:
        DocumentError: The file is missing, is not YAML, or is not an OpenAPI document.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror}); give the path of an OpenAPI file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DocumentError(f"{path}: is neither YAML nor JSON: {error}") from error
    if not isinstance(document, dict) or "openapi" not in document:
        raise DocumentError(f"{path}: has no `openapi` key at its top, so it is not an OpenAPI 3 document")
    return document


def reference(node: Node) -> str | None:
    """Return the name of the component schema that `node` refers to, or None if it is not such a reference."""
    pointer = node.get("$ref")
    return pointer.removeprefix(SCHEMAS) if isinstance(pointer, str) and pointer.startswith(SCHEMAS) else None


def resolved(document: Node, node: Node) -> Node:
    """Return the node itself, or the end of its chain of references.

    Raises:
        DocumentError: A reference is dangling, circular, or leaves the document.
    """
    seen: list[str] = []
    while "$ref" in node:
        pointer = node["$ref"]
        if pointer in seen:
            raise DocumentError(f"references go in a circle: {' -> '.join([*seen, pointer])}")
        seen.append(pointer)
        node = _at(document, pointer)
    return node


def _at(document: Node, pointer: str) -> Node:
    if not pointer.startswith("#/"):
        raise DocumentError(f"reference {pointer!r} leads out of the document")
    place: Any = document
    for part in pointer[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(place, dict) or name not in place:
            raise DocumentError(f"reference {pointer!r} leads nowhere")
        place = place[name]
    if not isinstance(place, dict):
        raise DocumentError(f"reference {pointer!r} leads to something that is not an object")
    return place


def renamed(document: Node, names: Mapping[str, str]) -> Node:
    """Return a copy of the document in which component schemas, and references to them, have our names."""
    copy: Node = _with_references(document, {SCHEMAS + theirs: SCHEMAS + ours for theirs, ours in names.items()})
    components = copy.get("components", {})
    if "schemas" in components:
        components["schemas"] = {names.get(name, name): schema for name, schema in components["schemas"].items()}
    return copy


def _with_references(value: Any, pointers: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_with_references(item, pointers) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: pointers.get(item, item) if key == "$ref" and isinstance(item, str) else _with_references(item, pointers)
        for key, item in value.items()
    }


def escaped(name: object) -> str:
    """Return a name as one step of a JSON pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")
