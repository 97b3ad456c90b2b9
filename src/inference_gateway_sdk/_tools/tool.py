"""Tools for a model, made from functions, MCP tools and plain descriptions, and the tools of one run by name."""

from __future__ import annotations

import copy
import functools
import inspect
import re
import warnings
from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Mapping,
    ValuesView,
)
from typing import Any, Final, Generic, Literal, ParamSpec, TypeAlias, TypeVar, cast, get_type_hints

import msgspec
from msgspec import Struct

from .._generated.chat import ChatCompletionTool
from .._generated.messages import MessagesTool
from .._generated.responses import ResponseTool
from .._model.arguments import check_number
from .._model.encode import to_builtins
from .._model.json_values import is_iterable, is_mapping, is_object, parse
from .._model.unknown_fields import set_module
from .._schema.adapter import InvalidValueError, Problem, TypeAdapter, adapt
from .._schema.docstrings import read_docstring
from .._schema.json_schema import description_in, merge_schemas
from .._schema.strict import Rules, Strict, strict
from .._wire.mcp import McpServerTool
from ..errors import DecodingError

__all__ = ["Arguments", "DialectName", "Tool", "ToolError", "Toolbox", "describe_tool", "describe_tools", "tool"]


P = ParamSpec("P")
R = TypeVar("R")
Runner: TypeAlias = Literal["function", "gateway", "caller"]

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_PARAMETERS: Final[dict[str, Any]] = {"type": "object", "properties": {}}
_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@set_module
class ToolError(Exception):
    """An error whose message becomes the tool's result for the model. Raise it inside a tool.

    For any other exception, the model receives only the name of the class.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(message)


class Arguments(Struct, frozen=True):
    """The decoded arguments of one call.

    Attributes:
        values: Values by parameter name.
        reread: Parameters whose value was JSON text inside a string: some models send "[1, 2]" for [1, 2].
    """

    values: dict[str, Any]
    reread: tuple[str, ...] = ()


@set_module
class Tool(Generic[P, R]):
    """A tool that a model may call, with the rules for running it. Create it with `tool`.

    Attributes:
        name: Name by which the model calls the tool.
        description: Description of the tool for the model.
        parameters: The JSON schema of its arguments.
        function: The function, or None for a tool that runs elsewhere.
        runner: The party that runs the tool: "function", "gateway" (MCP), or "caller", for which a run pauses.
        approval: True if each call needs approval.
        timeout: Seconds that a call may take, None for no limit.
        repeatable: True if a call may run again after a crash, and may return the same result repeatedly.
        alone: True if no other tool may run at the same time.
        is_async: True if the function must be awaited.
    """

    __slots__ = (
        "_adapters", "_required", "_stricts", "alone", "approval", "description", "function", "is_async",
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
        self.name: str = name
        self.description: str = description
        self.parameters: dict[str, Any] = parameters
        self.runner = runner
        self.function: Callable[P, R] | None = function
        self.is_async: bool = is_async
        self.approval: bool = False
        self.timeout: float | None = None
        self.repeatable: bool = False
        self.alone: bool = False
        self._adapters = adapters or {}
        self._required = required
        self._stricts: dict[str, Strict] = {}

    def __getattr__(self, name: str) -> Any:
        """Return the function as `__wrapped__`, so that `inspect.signature` and `help` show it.

        A slot or property of that name would make `inspect` take the class itself for a wrapper.
        """
        if name == "__wrapped__" and self.function is not None:
            return self.function
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function directly."""
        if self.function is None:
            raise TypeError(f"the tool {self.name} has no function to call: it runs elsewhere")
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        marks = [name for name in ("approval", "repeatable", "alone") if getattr(self, name)]
        marks += [] if self.timeout is None else [f"timeout={self.timeout:g}"]
        return f"<tool {self.name}{''.join(f', {mark}' for mark in marks)}>"

    def strict_form(self, rules: Rules) -> Strict:
        """Return the schema of the arguments in the form of these rules."""
        found = self._stricts.get(rules.name)
        if found is None:
            found = self._stricts[rules.name] = strict(self.parameters, rules)
        return found

    def decode(self, arguments: object) -> Arguments:
        """Decode the model's arguments for the function.

        Raises:
            InvalidValueError: The arguments are invalid. The error lists all mismatches.
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
    """Make a tool from a function, with rules for running it.

    Name, description and parameters are taken from the function's name, docstring and annotations. `Annotated[T,
    "text"]` overrides the docstring. A plain function can be passed to a run directly: `tool` is needed only to set
    rules.

    Args:
        f: A function, plain or async; a tool of `list_mcp_tools`; or the description of a tool that the caller runs.
        name: Name of the tool. Default: the function's name.
        description: Description of the tool. Default: the docstring.
        approval: Ask for approval before each call.
        timeout: Seconds that a call may take.
        repeatable: Allow the tool to run again if, after a crash, it is not known whether it ran.
        alone: Run no other tool at the same time.

    Raises:
        TypeError: `f` cannot be a tool, or an argument has the wrong type. The message names the parameter.
        ValueError: Providers do not accept the name, or the timeout is not positive.
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
    """Build the tool of a function. It is cached, because runs receive the same functions repeatedly."""
    return _from_function(function)


def _from_description(plain: dict[str, Any]) -> Tool[..., Any]:
    """Read a description in the form of any dialect. Chat nests it: {"type": "function", "function": {...}}."""
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
        raise TypeError(f"tool {name}: a generator cannot be a tool: return a list instead")
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
        text = f"tool {name}: an annotation cannot be resolved ({error}): define the type at the top of the module"
        raise TypeError(text) from None
    adapters: dict[str, TypeAdapter[Any]] = {}
    required: list[str] = []
    properties: dict[str, dict[str, Any]] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in _BY_NAME:
            raise TypeError(f"tool {name}: the parameter {parameter} cannot be given by name: models pass only names")
        hint = hints.get(parameter.name, parameter.annotation)
        if hint is parameter.empty:
            raise TypeError(f"tool {name}: the parameter {parameter.name} has no annotation: add its type")
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
    """Parse a string as JSON and decode it in a tuple of one. Return None if it does not match the type."""
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
        raise ValueError(f"{text}, got {name!r}: set one, such as tool(f, name='weather')")
    return name


T = TypeVar("T")


def _check(value: object, kind: type[T], name: str, wanted: str) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {wanted}, got {type(value).__name__}")
    return value


def _check_timeout(timeout: object) -> float | None:
    if timeout is None:
        return None
    return float(check_number("timeout", timeout, "seconds"))


DialectName: TypeAlias = Literal["chat", "responses", "messages"]
_PREFIX: Final = "functions."  # some models write "functions.weather", as in their training data


class Toolbox(Mapping[str, Tool[..., Any]]):
    """A mapping of tools by name, in the order given.

    Args:
        tools: Functions, tools, MCP tools, or descriptions.

    Raises:
        TypeError: An item cannot be a tool. The message names its index.
        ValueError: Two tools have the same name.
    """

    def __init__(self, tools: Iterable[Any] = ()) -> None:
        self._tools: dict[str, Tool[..., Any]] = {}
        if isinstance(tools, str) or is_mapping(tools) or not is_iterable(tools):
            raise TypeError(f"tools must be a list of functions or tools, got {type(tools).__name__}")
        for index, given in enumerate(tools):
            one = self._read(given, index)
            if one.name in self._tools:
                raise ValueError(
                    f"tools[{index}]: the name {one.name} is already used: set another with tool(f, name=...)"
                )
            self._tools[one.name] = one

    @staticmethod
    def _read(given: Any, index: int) -> Tool[..., Any]:
        if isinstance(given, Tool):
            return cast("Tool[..., Any]", given)
        try:
            return tool(given)
        except (TypeError, ValueError) as error:
            raise type(error)(f"tools[{index}]: {error}") from None

    def __getitem__(self, name: str) -> Tool[..., Any]:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def values(self) -> ValuesView[Tool[..., Any]]:
        """Return the tools."""
        return self._tools.values()

    def find(self, name: str) -> Tool[..., Any] | None:
        """Return the tool with the exact name of a call, with or without the prefix `functions.`, or None."""
        return self._tools.get(name) or self._tools.get(name.removeprefix(_PREFIX))

    def refuse_async(self) -> None:
        """Reject async tools, which a blocking client cannot run.

        Raises:
            TypeError: A tool is async. The message names it.
        """
        for one in self._tools.values():
            if one.is_async:
                raise TypeError(f"tool {one.name} is async: use AsyncInferenceGatewayClient")


def describe_tool(
    name: str, description: str, parameters: Mapping[str, Any], dialect: DialectName, *, strict: bool | None = None
) -> dict[str, Any]:
    """Return the description of a tool in the form of a dialect.

    Args:
        name: Name by which the model calls the tool.
        description: Description for the model. It is omitted if empty.
        parameters: The JSON schema of its arguments.
        dialect: The dialect.
        strict: Constrain the model to the schema. It is omitted if None.
    """
    about = {"name": name, **({"description": description} if description else {})}
    held = {} if strict is None else {"strict": strict}
    if dialect == "messages":
        return {**about, "input_schema": dict(parameters), **held}
    if dialect == "responses":
        return {"type": "function", **about, "parameters": dict(parameters), "strict": bool(strict)}
    return {"type": "function", "function": {**about, "parameters": dict(parameters), **held}}


def describe_tools(tools: Iterable[Any], dialect: DialectName) -> list[Any]:
    """Return tools as descriptions in the form of a dialect. Given descriptions are not changed.

    Raises:
        TypeError: An item cannot be a tool. The message names its index.
        ValueError: Two tools have the same name.
    """
    given = list(tools)
    box = Toolbox(given)
    made: list[Any] = []
    for one, described in zip(given, box.values(), strict=True):
        if is_mapping(one) or isinstance(one, (ChatCompletionTool, ResponseTool, MessagesTool)):
            made.append(one)
        else:
            made.append(describe_tool(described.name, described.description, described.parameters, dialect))
    return made
