"""Generate the modules of `_generated` from declarations: one per family, without forward references."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .contract import Alias, Contract, ContractError, Declaration, Enumeration, Object, Property, Type, Union
from .mixins import mixins_of
from .text import HEADER, docstring, imports, literal, mentions, sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["ALIASES", "families", "family_module", "names_of", "unknown_name", "value_name"]

T = TypeVar("T")

ALIASES = {
    "CreateSFXRequest": "CreateSfxRequest",
    "MCPJSONRPCError": "McpJsonRpcError",
    "MCPJSONRPCRequest": "McpJsonRpcRequest",
    "MCPJSONRPCResponse": "McpJsonRpcResponse",
}
"""Published names of schemas whose spelling changed, and ours: programs may import either."""


def families(contract: Contract) -> list[str]:
    """Return the families, each after those it refers to."""
    return _sorted(
        list(dict.fromkeys(declaration.family for declaration in contract.declarations.values())),
        lambda family: [
            other.family
            for declaration in contract.declarations.values()
            if declaration.family == family
            for other in _needs(contract, declaration)
            if other.family != family
        ],
    )


def names_of(contract: Contract, family: str) -> list[str]:
    """Return every public name of a family."""
    names: list[str] = []
    for declaration in contract.declarations.values():
        if declaration.family == family:
            names.append(declaration.name)
            names += [alias for alias, name in ALIASES.items() if name == declaration.name]
            if isinstance(declaration, Union):
                names.append(unknown_name(declaration))
    return sorted(names)


def unknown_name(union: Union) -> str:
    """Return the name of the class for unlisted variants."""
    return f"Unknown{union.name}"


def value_name(enumeration: str) -> str:
    """Return the name of the type of a field that holds a value of the enumeration, listed or not."""
    return f"{enumeration}Value"


def family_module(contract: Contract, family: str) -> str:
    """Return the source of one family's module."""
    own = [declaration for declaration in contract.declarations.values() if declaration.family == family]
    order = _sorted(own, lambda declaration: [other for other in _needs(contract, declaration) if other in own])
    parts = [sequence("__all__ = [", [literal(name) for name in names_of(contract, family)], "]")]
    parts += [_source(contract, declaration) for declaration in order]
    parts += [
        f'{alias} = {name}\n"""The published name of `{name}`."""'
        for alias, name in ALIASES.items()
        if name in {declaration.name for declaration in own}
    ]
    unions = [declaration for declaration in order if isinstance(declaration, Union)]
    if unions:
        parts.append("if not TYPE_CHECKING:\n" + "\n".join(_definition(union) for union in unions))
    body = "\n\n\n".join(parts)
    head = HEADER.format(about=f"The contract's types: {family}.")
    return f"{head}\n{_imports(contract, own, body)}\n\n{body}\n"


def _sorted(items: list[T], needs: Callable[[T], Iterable[T]]) -> list[T]:
    """Return the items in their own order, but each after the items it needs."""
    done: list[T] = []

    def visit(item: T, path: tuple[T, ...]) -> None:
        if item in path:
            raise ContractError(f"a cycle: {' -> '.join(str(getattr(step, 'name', step)) for step in (*path, item))}")
        if item not in done:
            for needed in needs(item):
                visit(needed, (*path, item))
            done.append(item)

    for item in items:
        visit(item, ())
    return done


def _needs(contract: Contract, declaration: Declaration) -> list[Declaration]:
    """Return the declarations that must come first. A union's own class comes before its variants."""
    types: Iterable[Type] = ()
    if isinstance(declaration, Object):
        types = [p.type for p in declaration.properties]
    elif isinstance(declaration, Alias):
        types = [declaration.type]
    return [contract.declarations[name] for type_ in types for name in type_.names()]


def _imports(contract: Contract, own: list[Declaration], body: str) -> str:
    wanted: dict[str, set[str]] = {
        "typing": {"TYPE_CHECKING", "Any", "Literal", "TypeAlias"},
        "msgspec": {"field"},
        ".._model.model": {"Required", "Model as _Model"},
        ".._model.open_types": {"OpenEnum", "Unknown", "Variants"},
    }
    for declaration in own:
        if isinstance(declaration, Object):
            for mixin in mixins_of(contract, declaration):
                wanted.setdefault(f".._model.{mixin.module}", set()).add(mixin.name)
        for other in _needs(contract, declaration):
            if other.family != declaration.family:
                name = value_name(other.name) if isinstance(other, Enumeration) else other.name
                wanted.setdefault(f".{other.family}", set()).add(name)
    return imports({module: [name for name in names if mentions(body, name)] for module, names in wanted.items()})


def _source(contract: Contract, declaration: Declaration) -> str:
    if isinstance(declaration, Enumeration):
        return _enumeration(declaration)
    if isinstance(declaration, Union):
        return _union(declaration)
    if isinstance(declaration, Alias):
        text = annotation(contract, declaration.type)
        return f"{declaration.name}: TypeAlias = {text}\n{docstring(declaration.doc, '')}"
    return _object(contract, declaration)


def _enumeration(declaration: Enumeration) -> str:
    name, values = declaration.name, ", ".join(literal(value) for _, value in declaration.members)
    return "\n".join(
        [
            f"class {name}(OpenEnum):",
            docstring(declaration.doc, "    "),
            "",
            *(f"    {member} = {literal(value)}" for member, value in declaration.members),
            "",
            "",
            "if TYPE_CHECKING:",
            f"    {value_name(name)}: TypeAlias = {name} | Literal[{values}] | str",
            docstring(f"A `{name}`, or any other string: gateways send values that no contract lists.", "    "),
            "else:",
            f"    {value_name(name)} = {name}",
        ]
    )


def _union(declaration: Union) -> str:
    unknown = unknown_name(declaration)
    members = " | ".join([*dict.fromkeys(declaration.variants.values()), unknown])
    return "\n".join(
        [
            f"class {unknown}(Unknown):",
            docstring(f"A variant of `{declaration.name}` that the contract does not list, kept unchanged.", "    "),
            "",
            "    __slots__ = ()",
            "",
            "",
            "if TYPE_CHECKING:",
            f'    {declaration.name}: TypeAlias = "{members}"',
            docstring(declaration.doc, "    "),
            "else:",
            "",
            f"    class {declaration.name}(Variants):",
            docstring(declaration.doc, "        "),
        ]
    )


def _definition(union: Union) -> str:
    table = [f"{literal(value)}: {name}" for value, name in union.variants.items()]
    return sequence(f"{union.name}.define({literal(union.tag)}, {unknown_name(union)}, {{", table, "})", "    ")


def _object(contract: Contract, declaration: Object) -> str:
    mixins = mixins_of(contract, declaration)
    for mixin in mixins:
        mixin.refuse_shadowing(declaration)
    bases = ", ".join([mixin.base for mixin in mixins] + ["_Model"])
    lines = [f"class {declaration.name}({bases}, kw_only=True):", docstring(declaration.doc, "    "), ""]
    for prop in declaration.properties:
        lines.append(f"    {prop.name}: {_field(contract, prop)}")
        lines.append(docstring(prop.doc, "    "))
    return "\n".join(lines)


def _field(contract: Contract, prop: Property) -> str:
    text = annotation(contract, prop.type)
    name = None if prop.name == prop.wire else prop.wire
    if not prop.required:
        default = "None" if name is None else f"field(default=None, name={literal(name)})"
        return f"{text if prop.type.nullable else f'{text} | None'} = {default}"
    only = _only_member(contract, prop.type)
    if only:
        return f"Required[{text}] = field(default_factory=lambda: {only})"
    bare = text if prop.type.kind == "list" or prop.type.nullable else f"Required[{text}]"
    return bare if name is None else f"{bare} = field(name={literal(name)})"


def _only_member(contract: Contract, type_: Type) -> str | None:
    """Return the only value of a single-valued enumeration; users may leave it out."""
    declared = contract.declarations.get(type_.name) if type_.kind == "name" and not type_.nullable else None
    if isinstance(declared, Enumeration) and len(declared.members) == 1:
        return f"{declared.name}.{declared.members[0][0]}"
    return None


def annotation(contract: Contract, type_: Type) -> str:
    """Return the annotation of a field of that type."""
    if type_.kind == "name" and isinstance(contract.declarations[type_.name], Enumeration):
        text = value_name(type_.name)
    elif type_.kind in ("scalar", "name"):
        # msgspec decodes 1 for a float field as 1.0 and would send that back, so the field also accepts an int.
        text = "float | int" if type_.name == "float" else type_.name
    elif type_.kind == "file":
        text = "Any"
    elif type_.kind == "list":
        text = f"list[{annotation(contract, type_.inner[0])}]"
    elif type_.kind == "dict":
        text = f"dict[str, {annotation(contract, type_.inner[0])}]"
    else:
        text = " | ".join(annotation(contract, member) for member in type_.inner)
    return f"{text} | None" if type_.nullable else text
