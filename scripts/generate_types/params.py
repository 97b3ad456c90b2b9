"""Generate the types of keyword parameters, and the table by which values are checked before sending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .contract import Alias, Contract, Declaration, Enumeration, Object, Property, Type
from .models import value_name
from .text import HEADER, docstring, imports, literal, mentions, sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["params_module", "params_name", "requests_module", "requests_of"]

_STREAM = "stream"  # set by the method that is called
_ARGUMENTS = {("CreateVideoRequest", "prompt")}  # optional, but an argument of its method
_BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern")


def params_name(request: str) -> str:
    """Return the params type of a request: CreateChatCompletionParams for CreateChatCompletionRequest."""
    return f"{request.removesuffix('Request')}Params"


def requests_of(contract: Contract) -> list[Object]:
    """Return the objects that are request bodies, including those of operations that do not exist yet."""
    return [
        declaration
        for declaration in contract.declarations.values()
        if isinstance(declaration, Object) and declaration.name.endswith("Request")
    ]


def params_module(contract: Contract) -> str:
    """Return the source of `params.py`: a TypedDict of the optional parameters of each request."""
    requests = requests_of(contract)
    classes = [_typed_dict(contract, request) for request in requests]
    names = sorted(params_name(request.name) for request in requests)
    body = sequence("__all__ = [", [literal(name) for name in names], "]") + "\n\n\n" + "\n\n\n".join(classes)
    static = {
        "collections.abc": ["Callable", "Mapping", "Sequence"],
        ".._model.model": ["Model"],
        **_needed(contract, requests),
    }
    head = [
        "from __future__ import annotations",
        "",
        "import os",
        "from typing import IO, TypedDict",
        "",
        imports({module: [name for name in found if mentions(body, name)] for module, found in static.items()}, ""),
    ]
    about = "Keyword parameters of the operations: for type checkers, and for wrappers that pass them on."
    return HEADER.format(about=about) + "\n" + "\n".join(head) + "\n\n" + body + "\n"


def _optional(request: Object) -> list[Property]:
    return [
        prop
        for prop in request.properties
        if not prop.required and prop.wire != _STREAM and (request.name, prop.wire) not in _ARGUMENTS
    ]


def _needed(contract: Contract, requests: list[Object]) -> dict[str, set[str]]:
    """Return the types that parameters use, by module."""
    wanted: dict[str, set[str]] = {}
    for request in requests:
        for prop in _optional(request):
            for declared in _leaves(contract, prop.type):
                name = value_name(declared.name) if isinstance(declared, Enumeration) else declared.name
                wanted.setdefault(f".{declared.family}", set()).add(name)
    return wanted


def _leaves(contract: Contract, type_: Type) -> Iterator[Declaration]:
    """Yield the declarations that a type uses, with aliases resolved."""
    for name in type_.names():
        declared = contract.declarations[name]
        if isinstance(declared, Alias):
            yield from _leaves(contract, declared.type)
        else:
            yield declared


def _typed_dict(contract: Contract, request: Object) -> str:
    lines = [
        f"class {params_name(request.name)}(TypedDict, total=False):",
        docstring(f"Keyword parameters of an operation that takes a `{request.name}`.", "    "),
        "",
    ]
    for prop in _optional(request):
        lines.append(f"    {prop.wire}: {_parameter(contract, prop)}")
        lines.append(docstring(prop.doc, "    "))
    return "\n".join(lines)


def _parameter(contract: Contract, prop: Property) -> str:
    """Return the annotation of a parameter, with the Python objects that the client describes to a model."""
    text = generous(contract, prop.type)
    if prop.wire == "tools":  # functions, `tool(f)` and tools of `list_mcp_tools()`
        return text.replace("]]", "] | Callable[..., object] | Model]")
    if prop.wire == "response_format" and "Mapping[" in text:
        return f"{text} | type[object]"
    return text


def generous(contract: Contract, type_: Type) -> str:
    """Return the annotation of a parameter: the contract's type, and other types that are accepted in its place."""
    text = " | ".join(dict.fromkeys(_generous(contract, type_)))
    return f"{text} | None" if type_.nullable else text


def _generous(contract: Contract, type_: Type) -> Iterator[str]:
    if type_.kind == "scalar":
        yield type_.name
    elif type_.kind == "file":
        yield from ("bytes", "os.PathLike[str]", "IO[bytes]")
    elif type_.kind == "list":
        yield f"Sequence[{generous(contract, type_.inner[0])}]"
    elif type_.kind == "dict":
        inner = type_.inner[0]
        yield f"Mapping[str, {'object' if inner.name == 'Any' else generous(contract, inner)}]"
    elif type_.kind == "union":
        for member in type_.inner:
            yield from _generous(contract, member)
    else:
        yield from _generous_name(contract, type_.name)


def _generous_name(contract: Contract, name: str) -> Iterator[str]:
    declared = contract.declarations[name]
    if isinstance(declared, Alias):
        yield from _generous(contract, declared.type)
    elif isinstance(declared, Enumeration):
        yield value_name(name)
        yield "str"  # part of the value to type checkers, but at run time that is only the class
    else:
        yield name
        yield "Mapping[str, object]"


def requests_module(contract: Contract) -> str:
    """Return the source of `requests.py`: the types and bounds of the values, by request and parameter."""
    parts = [
        "from typing import Any",
        "",
        '__all__ = ["REFUSED", "REQUESTS"]',
        "",
        "REQUESTS: dict[str, dict[str, dict[str, Any]]] = {",
    ]
    for request in requests_of(contract):
        parts.append(f"    {literal(request.name)}: {{")
        parts += [f"        {literal(prop.wire)}: {literal(_rule(contract, prop))}," for prop in request.properties]
        parts.append("    },")
    parts += ["}", "", "REFUSED: dict[str, dict[str, str]] = {"]
    for request in requests_of(contract):
        refused = _refused(contract.schemas[request.name])
        if refused:
            parts.append(sequence(f"{literal(request.name)}: {{", refused, "},", "    "))
    parts.append("}")
    parts.append(docstring("Parameters of providers that are refused, with the header that some of them are.", ""))
    return HEADER.format(about="The accepted values of each request's parameters.") + "\n" + "\n".join(parts) + "\n"


def _refused(schema: dict[str, Any]) -> list[str]:
    """Return the entries for parameters that programs send to providers, and that do not reach them from here."""
    seen: dict[str, dict[str, Any]] = schema.get("x-observed", {}).get("refused", {})
    return [f"{literal(name)}: {literal(facts.get('header', ''))}" for name, facts in seen.items()]


def _rule(contract: Contract, prop: Property) -> dict[str, Any]:
    """Return the rule for one parameter, in the format of `_wire.params`."""
    rule: dict[str, Any] = {"kinds": tuple(_kinds(contract, prop.type)), **_bounds(prop.schema)}
    items = next(iter(_items(contract, prop.type)), None)
    if items is not None:
        rule["items"] = tuple(_kinds(contract, items))
    for member in prop.schema.get("oneOf", ()):
        rule.update(_bounds(member))
    if prop.wire == "stop":
        rule.pop("minItems", None)  # programs send an empty list for none, and the providers take it
    if prop.required:
        rule["required"] = True
    return rule


def _bounds(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: schema[name] for name in _BOUNDS if name in schema}


def _kinds(contract: Contract, type_: Type) -> Iterator[str]:
    opened = _opened(contract, type_)
    named = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "Any": "any"}
    if opened.kind == "union":
        for member in opened.inner:
            yield from _kinds(contract, member)
    elif opened.kind == "scalar":
        yield named[opened.name]
    elif opened.kind == "name":
        yield "string" if isinstance(contract.declarations[opened.name], Enumeration) else "object"
    else:
        yield {"list": "array", "dict": "object", "file": "file"}[opened.kind]
    if type_.nullable:
        yield "null"


def _items(contract: Contract, type_: Type) -> Iterator[Type]:
    opened = _opened(contract, type_)
    if opened.kind == "list":
        yield opened.inner[0]
    elif opened.kind == "union":
        for member in opened.inner:
            yield from _items(contract, member)


def _opened(contract: Contract, type_: Type) -> Type:
    declared = contract.declarations.get(type_.name) if type_.kind == "name" else None
    return _opened(contract, declared.type) if isinstance(declared, Alias) else type_
