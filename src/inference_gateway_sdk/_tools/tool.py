"""Functions, MCP tools and bare descriptions as tools a model can be offered, and the tools of one run by name."""

from __future__ import annotations

import copy
import functools
import inspect
import math
import re
import warnings
from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from typing import Any, Final, Generic, Literal, ParamSpec, TypeAlias, TypeVar, cast, get_type_hints

import msgspec
from msgspec import Struct

from .._generated.chat import ChatCompletionTool
from .._generated.messages import MessagesTool
from .._generated.responses import ResponseTool
from .._model.encode import to_builtins
from .._model.json_values import is_iterable, is_mapping, is_object, parse
from .._model.unknown_fields import set_module
from .._schema.adapter import InvalidValueError, Problem, TypeAdapter, adapt
from .._schema.docstrings import read_docstring
from .._schema.json_schema import description_in, merge_schemas
from .._schema.strict import Rules, Strict, strict
from .._wire.mcp import McpServerTool
from ..errors import DecodingError

__all__ = ["Arguments", "DialectName", "Tool", "ToolError", "Toolbox", "describe_tool", "tool"]


P = ParamSpec("P")
R = TypeVar("R")
Runner: TypeAlias = Literal["function", "gateway", "caller"]

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_PARAMETERS: Final[dict[str, Any]] = {"type": "object", "properties": {}}
_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@set_module
class ToolError(Exception):
    """Raise it in a tool to give the model this text as the tool's result.

    Of any other exception the model is given the class only.
    """


class Arguments(Struct, frozen=True):
    """The arguments of one call, ready for the function.

    Attributes:
        values: By parameter name.
        reread: Parameters whose value came as JSON text inside of a string, as some models send lists.
    """

    values: dict[str, Any]
    reread: tuple[str, ...] = ()


@set_module
class Tool(Generic[P, R]):
    """Something a model may call, with the rules for running it. Made by `tool`.

    Attributes:
        name: What the model calls it by.
        description: When to call it and what it does.
        parameters: The JSON schema of its arguments.
        function: The function, None for a tool that runs elsewhere.
        runner: Who runs it: "function", the "gateway" (MCP), or the "caller", at whose call a run pauses.
        approval: Whether each call needs approval.
        timeout: Seconds a call may take, None for any.
        repeatable: Whether a call may run again after a crash, or return the same again and again.
        alone: Whether no other tool may run beside it.
        is_async: Whether the function must be awaited.
    """

    __slots__ = (
        "__wrapped__", "_adapters", "_required", "_stricts", "alone", "approval", "description", "function", "is_async",
        "name", "parameters", "repeatable", "runner", "timeout",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        description: str,
        parameters: dict[str, Any],
        *,
        runner: Runner = "caller",
        function: Callable[P, R] | None = None,
        is_async: bool = False,
        adapters: Mapping[str, TypeAdapter[Any]] | None = None,
        required: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.description = description
        self.parameters = parameters
        self.runner = runner
        self.function = function
        self.is_async = is_async
        self.approval = False
        self.timeout: float | None = None
        self.repeatable = False
        self.alone = False
        self._adapters = adapters or {}
        self._required = required
        self._stricts: dict[str, Strict] = {}
        if function is not None:
            self.__wrapped__ = function  # inspect.signature and help() show the function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function as if it were no tool."""
        if self.function is None:
            raise TypeError(f"the tool {self.name} has no function of its own to call")
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        marks = [name for name in ("approval", "repeatable", "alone") if getattr(self, name)]
        marks += [] if self.timeout is None else [f"timeout={self.timeout:g}"]
        return f"<tool {self.name}{''.join(f', {mark}' for mark in marks)}>"

    def strict_form(self, rules: Rules) -> Strict:
        """Return the schema of the arguments as these rules want it."""
        found = self._stricts.get(rules.name)
        if found is None:
            found = self._stricts[rules.name] = strict(self.parameters, rules)
        return found

    def decode(self, arguments: object) -> Arguments:
        """Return the arguments a model gave as the function takes them.

        Raises:
            InvalidValueError: They do not fit; the error names each place.
        """
        if not is_object(arguments):
            kind = type(arguments).__name__
            raise InvalidValueError((Problem("$", f"expected an object with the arguments by name, got {kind}"),))
        if self.runner != "function":
            return Arguments(arguments)
        problems = [Problem("$", f"missing the argument `{name}`") for name in self._required if name not in arguments]
        values: dict[str, Any] = {}
        reread: list[str] = []
        for name, value in arguments.items():
            adapter = self._adapters.get(name)
            if adapter is None:
                known = ", ".join(f"`{one}`" for one in self._adapters) or "none"
                problems.append(Problem("$", f"unexpected argument `{name}`; the arguments are {known}"))
                continue
            try:
                values[name] = adapter.decode(value)
            except InvalidValueError as error:
                found = _reread(adapter, value)
                if found is None:
                    problems += [Problem(f"$.{name}{one.path[1:]}", one.reason) for one in error.problems]
                else:
                    values[name] = found[0]
                    reread.append(name)
        if problems:
            raise InvalidValueError(tuple(problems))
        return Arguments(values, tuple(reread))


def tool(
    f: Callable[P, R]
    | Tool[P, R]
    | McpServerTool
    | ChatCompletionTool
    | ResponseTool
    | MessagesTool
    | Mapping[str, Any],
    *,
    name: str | None = None,
    description: str | None = None,
    approval: bool = False,
    timeout: float | None = None,
    repeatable: bool = False,
    alone: bool = False,
) -> Tool[P, R]:
    """Describe a function as a tool, with rules for running it.

    Name, description and parameters come from the function's name, docstring and annotations; `Annotated[T, "text"]`
    wins over the docstring. A function needs no `tool` to be given to a run: this is for the rules.

    Args:
        f: A function, plain or async; a tool of `list_mcp_tools`; or a description that the caller runs.
        name: In place of the function's name.
        description: In place of the docstring.
        approval: Ask before each call.
        timeout: Seconds a call may take.
        repeatable: The tool may run again after a crash that left it unknown whether it ran.
        alone: Run no other tool beside it.

    Raises:
        TypeError: Something that cannot be a tool; the message names the parameter.
        ValueError: A name that providers refuse, or a timeout that is not positive.
    """
    made: Tool[..., Any] = copy.copy(cast("Tool[..., Any]", f)) if isinstance(f, Tool) else _described(f)
    made.name = _check_name(made.name if name is None else name)
    if description is not None:
        made.description = _check(description, str, "description", "a string")
    made.approval = _check(approval, bool, "approval", "True or False")
    made.repeatable = _check(repeatable, bool, "repeatable", "True or False")
    made.alone = _check(alone, bool, "alone", "True or False")
    made.timeout = _check_timeout(timeout)
    return cast("Tool[P, R]", made)


def _described(f: object) -> Tool[..., Any]:
    if inspect.isfunction(f):
        return copy.copy(_built(f))
    if isinstance(f, McpServerTool):
        return Tool(f.name, f.description or "", f.input_schema or dict(_NO_PARAMETERS), runner="gateway")
    if isinstance(f, (ChatCompletionTool, ResponseTool, MessagesTool)) or is_mapping(f):
        return _from_description(to_builtins(f))
    if not callable(f):
        raise TypeError(f"a tool must be a function or the description of one, got {type(f).__name__}")
    return _from_function(f)


@functools.lru_cache(maxsize=256)
def _built(function: Callable[..., Any]) -> Tool[..., Any]:
    """Build the tool of a function once; runs are given the same functions again and again."""
    return _from_function(function)


def _from_description(plain: dict[str, Any]) -> Tool[..., Any]:
    """Read a description in the form of any dialect; `function` holds it in chat's."""
    inner: Any = plain.get("function")
    found: dict[str, Any] = inner if is_object(inner) else plain
    name = found.get("name")
    if not isinstance(name, str):
        raise TypeError(f"a tool's description must have a name, got {', '.join(map(str, plain)) or 'nothing'}")
    parameters: object = found.get("parameters") or found.get("input_schema") or dict(_NO_PARAMETERS)
    if not is_object(parameters):
        raise TypeError(f"tool {name}: parameters must be a JSON schema, got {type(parameters).__name__}")
    return Tool(name, str(found.get("description") or ""), parameters)


def _from_function(function: Callable[..., Any]) -> Tool[..., Any]:
    name = getattr(function, "__name__", None) or type(function).__name__
    called = function if inspect.isroutine(function) else _called(function)
    if inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called):
        raise TypeError(f"tool {name}: a generator cannot be a tool; return a list instead")
    about = read_docstring(inspect.getdoc(called))
    adapters, required, properties = _parameters(name, function, called, about.parameters)
    unknown = [one for one in about.parameters if one not in adapters and one not in {"self", "cls"}]
    if unknown:
        text = f"tool {name}: the docstring describes {', '.join(unknown)}, but there is no such parameter"
        warnings.warn(text, UserWarning, stacklevel=5)
    return Tool(
        name,
        about.description,
        merge_schemas(properties, required),
        runner="function",
        function=function,
        is_async=inspect.iscoroutinefunction(called),
        adapters=adapters,
        required=tuple(required),
    )


def _called(given: Any) -> Any:
    """Return the function that runs when a callable object is called."""
    if isinstance(given, functools.partial):
        return given.func
    if inspect.isclass(given):
        raise TypeError(f"a tool must be a function, got the class {given.__name__}")
    return type(given).__call__


def _parameters(
    name: str, function: Callable[..., Any], called: Any, about: dict[str, str]
) -> tuple[dict[str, TypeAdapter[Any]], list[str], dict[str, dict[str, Any]]]:
    """Return the adapters of a function's parameters, the required ones, and their schemas."""
    try:
        hints = get_type_hints(called, include_extras=True)
    except NameError as error:
        text = f"tool {name}: an annotation cannot be resolved ({error}); define the type at the top of the module"
        raise TypeError(text) from None
    adapters: dict[str, TypeAdapter[Any]] = {}
    required: list[str] = []
    properties: dict[str, dict[str, Any]] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in _BY_NAME:
            raise TypeError(f"tool {name}: the parameter {parameter} cannot be given by name; models give names")
        hint = hints.get(parameter.name, parameter.annotation)
        if hint is parameter.empty:
            raise TypeError(f"tool {name}: the parameter {parameter.name} has no annotation; write its type")
        try:
            adapter = adapters[parameter.name] = adapt(hint)
        except TypeError as error:
            raise TypeError(f"tool {name}: the parameter {parameter.name} cannot be described: {error}") from None
        schema = properties[parameter.name] = dict(adapter.schema)
        described = description_in(hint) or (None if "description" in schema else about.get(parameter.name))
        if described:
            schema["description"] = described
        if parameter.default is parameter.empty:
            required.append(parameter.name)
        else:
            schema |= _default(parameter.default)
    return adapters, required, properties


def _default(value: object) -> dict[str, Any]:
    try:
        return {"default": msgspec.to_builtins(value)}
    except (TypeError, ValueError):
        return {}


def _reread(adapter: TypeAdapter[Any], value: object) -> tuple[Any] | None:
    """Return the value that a string holds as JSON, where that fits the type; None otherwise."""
    if not isinstance(value, str):
        return None
    try:
        return (adapter.decode(parse(value)),)
    except (DecodingError, InvalidValueError):
        return None


def _check_name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, got {type(name).__name__}")
    if not _NAME.fullmatch(name):
        text = "name must be 1 to 64 letters, digits, '_' or '-'"
        raise ValueError(f"{text}, got {name!r}; give the tool one, as tool(f, name='weather')")
    return name


T = TypeVar("T")


def _check(value: object, kind: type[T], name: str, wanted: str) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {wanted}, got {type(value).__name__}")
    return value


def _check_timeout(timeout: object) -> float | None:
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"timeout must be a number of seconds or None, got {type(timeout).__name__}")
    if not (timeout > 0 and math.isfinite(timeout)):
        raise ValueError(f"timeout must be more than 0 seconds, got {timeout}")
    return float(timeout)


DialectName: TypeAlias = Literal["chat", "responses", "messages"]
_PREFIX: Final = "functions."  # some models write it before the name, as their training data did


class Toolbox(Mapping[str, Tool[..., Any]]):
    """Tools by name, in the order given.

    Args:
        tools: Functions, tools, MCP tools, or descriptions.

    Raises:
        TypeError: Something that cannot be a tool; the message names its place.
        ValueError: Two tools of one name.
    """

    def __init__(self, tools: Iterable[Any] = ()) -> None:
        self._tools: dict[str, Tool[..., Any]] = {}
        if isinstance(tools, str) or is_mapping(tools) or not is_iterable(tools):
            raise TypeError(f"tools must be a list of functions or tools, got {type(tools).__name__}")
        for place, given in enumerate(tools):
            one = self._read(given, place)
            if one.name in self._tools:
                raise ValueError(f"tools[{place}]: the name {one.name} is taken; give it another, as tool(f, name=...)")
            self._tools[one.name] = one

    @staticmethod
    def _read(given: Any, place: int) -> Tool[..., Any]:
        if isinstance(given, Tool):
            return cast("Tool[..., Any]", given)
        try:
            return tool(given)
        except (TypeError, ValueError) as error:
            raise type(error)(f"tools[{place}]: {error}") from None

    def __getitem__(self, name: str) -> Tool[..., Any]:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def find(self, name: str) -> Tool[..., Any] | None:
        """Return the tool that a call names exactly, with or without the prefix `functions.`; None for none."""
        return self._tools.get(name) or self._tools.get(name.removeprefix(_PREFIX))

    def refuse_async(self) -> None:
        """Refuse tools that a blocking client cannot run.

        Raises:
            TypeError: A tool is async.
        """
        for one in self._tools.values():
            if one.is_async:
                raise TypeError(f"tool {one.name} is async; give it to AsyncInferenceGatewayClient")


def describe_tool(
    name: str, description: str, parameters: Mapping[str, Any], dialect: DialectName, *, strict: bool | None = None
) -> dict[str, Any]:
    """Return the description of a tool as a dialect has it.

    Args:
        name: What the model calls it by.
        description: When to call it; left out when empty.
        parameters: The JSON schema of its arguments.
        dialect: Whose form.
        strict: Hold the model to the schema; left out when None.
    """
    about = {"name": name, **({"description": description} if description else {})}
    held = {} if strict is None else {"strict": strict}
    if dialect == "messages":
        return {**about, "input_schema": dict(parameters), **held}
    if dialect == "responses":
        return {"type": "function", **about, "parameters": dict(parameters), "strict": bool(strict)}
    return {"type": "function", "function": {**about, "parameters": dict(parameters), **held}}
