"""The settings of a call: the client's configuration and the call's options, resolved into one frozen value."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from msgspec import Struct, field, structs

from .._model.arguments import check_bool, check_integer
from .._model.json_values import is_iterable, is_mapping
from .._model.open_types import Concealed
from .._version import __version__
from .._wire.retry import RetryPolicy
from .._wire.timeouts import Timeouts, read_timeouts
from .hooks import HOOKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .._model.cost import Cost, Price
    from .._routing.candidates import Fallback
    from .._tools.tool import DialectName
    from .._wire.call import BaseCall, Target
    from ..errors import GatewayError
    from .accounts import Budget
    from .ledger import Ledger
    from .prices import PriceBook
    from .watching import Watched

__all__ = [
    "GENERATES",
    "OPTIONS",
    "ClientSettings",
    "Rerouting",
    "check_call",
    "check_headers",
    "describe_types",
    "pop_assemble_option",
    "resolve",
    "split_params",
    "with_book",
    "without_body",
]

SourceT = TypeVar("SourceT")
AnyHook: TypeAlias = Callable[[Any], Any]

_MOVES = (
    "fallback is not an option of this call: only chat completions, Responses, Messages and runs can move to another "
    "route"
)
OPTIONS = frozenset({"timeout", "max_retries", "retry", "headers", "extra_query", "extra_body", "tags"})
GENERATES = OPTIONS | {"fallback"}
_AROUND = frozenset({"watchers", "ledger", "budget", "prices"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_VALUE = re.compile(r"[\t -~]*")  # RFC 9110 section 5.5, without obs-text (bytes 0x80 to 0xFF)
_MEDIA_TYPES = 64
_OWN = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_AGENT = ("User-Agent", f"inference-gateway-sdk-python/{__version__}")


class Rerouting(Protocol):
    """A run as its calls with fallback use it."""

    def rendered_for(self, target: Target, /) -> tuple[Any, dict[str, Any]]:
        """Return the messages and parameters of the current request for another model."""
        ...

    def handles(self, error: GatewayError, /) -> bool:
        """Return whether the run itself goes on after an error, at the same route."""
        ...


class ClientSettings(Concealed, Struct, Generic[SourceT], frozen=True, kw_only=True):
    """The settings of a call: everything that is not part of the request itself."""

    token: SourceT
    timeouts: Timeouts = Timeouts()
    max_retries: int = 2
    retry: RetryPolicy | None = None
    headers: tuple[tuple[str, str], ...] = (_AGENT,)
    extra_query: tuple[tuple[str, str], ...] = ()
    extra_body: Mapping[str, Any] | None = None
    tools: tuple[Any, ...] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    max_body: int = 256 * 1024 * 1024
    max_event: int = 64 * 1024 * 1024
    on_request: AnyHook | None = None
    on_response: AnyHook | None = None
    on_retry: AnyHook | None = None
    on_budget: AnyHook | None = None
    left_behind: tuple[str, ...] = ()  # of an unpickled client: what the original had, and pickling leaves out
    watchers: tuple[Watched, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    parent: str | None = None  # id of the run that makes the call
    ledger: Ledger | None = None
    budgets: tuple[Budget, ...] = ()
    prices: Mapping[str, Price] | None = None
    book: PriceBook | None = None
    session: str = ""  # id of the client and its copies, for budgets of a session
    warned: dict[Any, Any] = field(default_factory=dict[Any, Any])  # the shares of budgets that were reached
    costs: list[Cost] | None = None  # of the calls of a run
    watched: bool = False  # whether anything observes the calls
    fallback: Fallback | None = None
    rerouting: Rerouting | None = None  # the run that makes the call, if it may move

    def __repr__(self) -> str:
        return f"ClientSettings(timeouts={self.timeouts!r}, max_retries={self.max_retries})"


def resolve(settings: ClientSettings[SourceT], changes: Mapping[str, Any]) -> ClientSettings[SourceT]:
    """Return the settings with `changes` applied.

    Raises:
        TypeError: An option has the wrong type or does not exist. The message names it.
        ValueError: An option has an invalid value. The message names it.
    """
    if not changes:
        return settings
    new: dict[str, Any] = {}
    if settings.left_behind:
        new["left_behind"] = tuple(name for name in settings.left_behind if changes.get(name) is None)
    for name, value in changes.items():
        read = _READERS.get(name)
        if read is None:
            raise TypeError(f"unknown option {name!r}: the options are {', '.join(sorted(_READERS))}")
        name_of_field, new_value = read(settings, value)
        new[name_of_field] = new_value
    resolved = structs.replace(settings, **new)
    return resolved if _AROUND.isdisjoint(changes) else _with_accounts(resolved)


def _with_accounts(settings: ClientSettings[SourceT]) -> ClientSettings[SourceT]:
    """Return the settings with the parts that a ledger, a budget or prices need."""
    ledger, book, session = settings.ledger, settings.book, settings.session
    if settings.budgets and ledger is None:
        from .ledger import Ledger  # here: a client without a ledger does not import sqlite3

        ledger = Ledger()
    if ledger is not None or settings.prices is not None:
        from .prices import PriceBook

        book, session = book or PriceBook(), session or os.urandom(8).hex()
    watched = bool(settings.watchers) or book is not None
    return structs.replace(settings, ledger=ledger, book=book, session=session, watched=watched)


def with_book(settings: ClientSettings[SourceT]) -> ClientSettings[SourceT]:
    """Return the settings with a price book."""
    if settings.book is not None:
        return settings
    from .prices import PriceBook

    return structs.replace(settings, book=PriceBook(), watched=True)


_ELSEWHERE = {
    "chat": "generate_content() and generate_content_stream()",
    "completions": "generate_content() and generate_content_stream()",
    "responses": "create_response() and create_response_stream()",
    "messages": "create_message() and create_message_stream()",
    "models": "list_models()",
    "images": "generate_image() and create_image_edit()",
    "audio": "create_speech()",
    "embeddings": 'proxy("openai", "embeddings", ...)',
}


def no_attribute(kind: str, name: str) -> str:
    """Return the text of an AttributeError, with the method for a name that other clients have."""
    text = f"{kind!r} object has no attribute {name!r}"
    return f"{text}: use {_ELSEWHERE[name]} (docs/coming-from.md)" if name in _ELSEWHERE else text


def left_behind(settings: ClientSettings[Any]) -> tuple[str, ...]:
    """Return the names of what a pickled client does not take along: its token, headers, hooks and budgets, if any."""
    names = ["token"] if settings.token.fixed is not None or settings.token.refreshable else []
    if settings.headers != (_AGENT,):
        names.append("headers")
    names += [name for name in (*HOOKS, "watchers", "tags", "prices") if getattr(settings, name)]
    if settings.budgets:
        names.append("budget")
    elif settings.ledger is not None:
        names.append("ledger")
    return tuple(dict.fromkeys((*settings.left_behind, *names)))


def without_left_behind(settings: ClientSettings[SourceT], names: tuple[str, ...]) -> ClientSettings[SourceT]:
    """Return the settings of an unpickled client, which know what the original had: hints and `repr` name it."""
    if settings.token.fixed is not None:  # type: ignore[attr-defined]
        names = tuple(name for name in names if name != "token")  # it came from the environment
    return structs.replace(settings, left_behind=names)


def split_params(
    settings: ClientSettings[SourceT], given: Mapping[str, Any], options: frozenset[str] = OPTIONS
) -> tuple[ClientSettings[SourceT], dict[str, Any]]:
    """Split a call's keyword arguments. Return the settings with its options applied, and the parameters.

    Options are removed from `given` itself. Every frame of the call holds that dict, error trackers record frames, and
    headers and queries may be secret.
    """
    rest: Any = given  # a TypedDict to type checkers
    if not rest:
        return settings, rest
    own = {name: rest.pop(name) for name in [*rest] if name in options}
    if "fallback" in rest:
        raise TypeError(_MOVES)
    return resolve(settings, own), rest


def without_body(settings: ClientSettings[SourceT], options: Mapping[str, Any]) -> ClientSettings[SourceT]:
    """Return the settings with the options of a call that takes neither parameters nor `extra_body`.

    The options are removed from `options` itself, as in `split_params`.

    Raises:
        TypeError: The call does not take one of the options.
    """
    if not options:
        return settings
    taken = sorted(OPTIONS - {"extra_body"})
    for name in options:
        if name == "fallback":
            raise TypeError(_MOVES)
        if name not in taken:
            raise TypeError(f"unknown parameter {name!r}: this call takes {', '.join(taken)}")
    own: Any = options  # a TypedDict to type checkers
    return resolve(settings, {name: own.pop(name) for name in [*own]})


def describe_types(given: dict[str, Any], dialect: DialectName, provider: str | None) -> None:
    """Replace Python objects in the parameters of a call with their descriptions, in place.

    In `tools`, functions, `tool(f)` and tools of `list_mcp_tools()` become descriptions in the form of the dialect. The
    call offers them to the model but does not run them. In `response_format`, a type becomes its JSON schema.

    Raises:
        TypeError: A function or type cannot be described. The message names the argument.
        ValueError: Two tools have the same name.
    """
    tools = given.get("tools")
    if tools is not None and is_iterable(tools) and not isinstance(tools, (str, bytes)) and not is_mapping(tools):
        given["tools"] = tools = list(tools)
        if any(map(_needs_description, tools)):
            from .._tools.tool import describe_tools

            given["tools"] = describe_tools(tools, dialect)
    wanted = given.get("response_format")
    if dialect == "chat" and wanted is not None and not is_mapping(wanted) and not _is_contract_type(wanted):
        from .._run.output import response_format

        given["response_format"] = response_format(wanted, provider)


def _is_contract_type(value: object) -> bool:
    from .._model.model import Model  # loaded when a body is written; a new client does without it

    return isinstance(value, Model)


def _needs_description(tool: object) -> bool:
    """Return whether a tool is neither a mapping nor an instance of one of the contract's types."""
    if _is_contract_type(tool):
        return type(tool).__name__ == "McpServerTool"  # compared by name, as its module is imported late
    return not is_mapping(tool)


def pop_assemble_option(given: dict[str, Any]) -> bool:
    """Remove the option `assemble` from the parameters and return it.

    Raises:
        TypeError: The value is not a bool.
    """
    return "assemble" not in given or check_bool("assemble", given.pop("assemble"))


def check_headers(headers: object, name: str = "headers") -> tuple[tuple[str, str], ...]:
    """Return the headers as pairs.

    Raises:
        TypeError: The headers are not a mapping of strings to strings.
        ValueError: A name or value is invalid in HTTP, or the transport sets the header itself.
    """
    if not is_mapping(headers):
        raise TypeError(f"{name} must be a mapping of names to values, got {type(headers).__name__}")
    return _check_pairs(headers.items(), name)


@functools.lru_cache(_MEDIA_TYPES)
def check_media_types(accept: str, content_type: str) -> None:
    """Check what a call puts into headers of the client's own.

    Raises:
        ValueError: One holds what a header cannot carry.
    """
    _check_pairs([("accept", accept), ("content_type", content_type)], "call")


def check_call(call: BaseCall) -> None:
    """Check the headers of a call as those of a client are checked.

    Raises:
        TypeError: A header that is not a pair of strings.
        ValueError: A name or value that HTTP cannot carry, or a header that is the transport's own.
    """
    check_media_types(call.accept, call.content_type)
    if call.headers:
        try:
            _check_pairs(call.headers, "call.headers")
        except (TypeError, ValueError) as error:
            raise error.with_traceback(None) from None  # the variables of its frames are the headers' values


def _check_pairs(headers: Iterable[tuple[object, object]], name: str) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for key, value in headers:
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"{name} must map strings to strings; {key!r} does not")
        if not _TOKEN.fullmatch(key):
            raise ValueError(f"{name}: {key!r} is not a header name")
        if key.lower() in _OWN:
            raise ValueError(f"{name}: {key} is set by the transport: leave it out")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"{name}[{key!r}] must be printable ASCII without line breaks")
        pairs.append((key, value))
    return tuple(pairs)


def _read_timeout(_: ClientSettings[Any], value: Any) -> tuple[str, Timeouts]:
    return "timeouts", read_timeouts(value)


def _read_retries(_: ClientSettings[Any], value: Any) -> tuple[str, int]:
    return "max_retries", check_integer("max_retries", value, least=0)


def _read_policy(_: ClientSettings[Any], value: Any) -> tuple[str, RetryPolicy | None]:
    if value is not None and not isinstance(value, RetryPolicy):
        raise TypeError(f"retry must be a RetryPolicy or None, got {type(value).__name__}: max_retries takes a number")
    return "retry", value


def _read_headers(settings: ClientSettings[Any], value: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
    if value is None:
        return "headers", settings.headers
    new = check_headers(value)
    replaced = {name.lower() for name, _ in new}
    return "headers", (*(pair for pair in settings.headers if pair[0].lower() not in replaced), *new)


def _read_query(settings: ClientSettings[Any], value: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
    if value is None:
        return "extra_query", settings.extra_query
    if not is_mapping(value):
        raise TypeError(f"extra_query must be a mapping of names to strings, got {type(value).__name__}")
    for name, item in value.items():
        if not isinstance(name, str) or not isinstance(item, str):
            raise TypeError(f"extra_query must map strings to strings; {name!r} does not")
    return "extra_query", (*settings.extra_query, *value.items())


def _read_body(settings: ClientSettings[Any], value: Any) -> tuple[str, Mapping[str, Any] | None]:
    if value is not None and not is_mapping(value):
        raise TypeError(f"extra_body must be a mapping of field names to values, got {type(value).__name__}")
    for name in value or ():
        if not isinstance(name, str):
            raise TypeError(f"extra_body must map field names (strings) to values; {name!r} is not a string")
    return "extra_body", value if value is not None else settings.extra_body


def _read_tags(settings: ClientSettings[Any], value: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
    if value is None:
        return "tags", settings.tags
    if not is_mapping(value):
        raise TypeError(f"tags must be a mapping of names to strings, got {type(value).__name__}")
    for name, item in value.items():
        if not isinstance(name, str) or not isinstance(item, str):
            raise TypeError(f"tags must map strings to strings; {name!r} does not")
    return "tags", tuple((dict(settings.tags) | dict(value)).items())


def _read_watchers(_: ClientSettings[Any], value: Any) -> tuple[str, tuple[Watched, ...]]:
    if value is None:
        return "watchers", ()
    if isinstance(value, (str, bytes)) or is_mapping(value) or not is_iterable(value):
        raise TypeError(f"watchers must be a list of watchers, got {type(value).__name__}")
    watchers = list(value)
    if not watchers:
        return "watchers", ()
    from .watching import read_watchers  # here: a client without watchers does not import it

    return "watchers", read_watchers(watchers)


def _read_ledger(_: ClientSettings[Any], value: Any) -> tuple[str, Ledger | None]:
    if value is None:
        return "ledger", None
    from .ledger import Ledger

    if not isinstance(value, Ledger):
        raise TypeError(f"ledger must be a Ledger such as Ledger('costs.sqlite'), got {type(value).__name__}")
    return "ledger", value


def _read_budgets(_: ClientSettings[Any], value: Any) -> tuple[str, tuple[Budget, ...]]:
    if value is None:
        return "budgets", ()
    from .accounts import read_budgets

    return "budgets", read_budgets(value)


def _read_prices(_: ClientSettings[Any], value: Any) -> tuple[str, Mapping[str, Price] | None]:
    if value is None:
        return "prices", None
    from .prices import read_prices

    return "prices", read_prices(value)


def _read_fallback(_: ClientSettings[Any], value: Any) -> tuple[str, Fallback | None]:
    if value is None:
        return "fallback", None
    from .._routing.candidates import read_fallback  # here: a client without fallback does not import it

    return "fallback", read_fallback(value)


def _read_token(settings: ClientSettings[Any], value: Any) -> tuple[str, Any]:
    return "token", type(settings.token)(value)


def _read_tools(_: ClientSettings[Any], value: Any) -> tuple[str, tuple[Any, ...] | None]:
    if value is None:
        return "tools", None
    if isinstance(value, (str, bytes)) or is_mapping(value) or not is_iterable(value):
        raise TypeError(f"tools must be a list of tools, got {type(value).__name__}")
    return "tools", tuple(value)


def _read_max_tokens(_: ClientSettings[Any], value: Any) -> tuple[str, int | None]:
    return "max_tokens", None if value is None else check_integer("max_tokens", value, least=1)


def _read_temperature(_: ClientSettings[Any], value: Any) -> tuple[str, float | None]:
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise TypeError(f"temperature must be a number, got {type(value).__name__}")
    if value is not None:
        from .._wire.params import check_params

        check_params("CreateChatCompletionRequest", {"temperature": value})
    return "temperature", value


def _size_reader(name: str) -> _Reader:
    def read(_: ClientSettings[Any], value: Any) -> tuple[str, int]:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be a number of bytes, got {type(value).__name__}")
        if value < 1:
            raise ValueError(f"{name} must be 1 byte or more, got {value}")
        return name, value

    return read


def _hook_reader(name: str) -> _Reader:
    def read(_: ClientSettings[Any], value: Any) -> tuple[str, AnyHook | None]:
        if value is not None and not callable(value):
            raise TypeError(f"{name} must be a function of one argument, got {type(value).__name__}")
        return name, value

    return read


_Reader: TypeAlias = Callable[[ClientSettings[Any], Any], tuple[str, Any]]
_READERS: dict[str, _Reader] = {
    "timeout": _read_timeout,
    "max_retries": _read_retries,
    "retry": _read_policy,
    "headers": _read_headers,
    "extra_query": _read_query,
    "extra_body": _read_body,
    "token": _read_token,
    "tools": _read_tools,
    "max_tokens": _read_max_tokens,
    "temperature": _read_temperature,
    "max_body": _size_reader("max_body"),
    "max_event": _size_reader("max_event"),
    "tags": _read_tags,
    "watchers": _read_watchers,
    "ledger": _read_ledger,
    "budget": _read_budgets,
    "prices": _read_prices,
    "fallback": _read_fallback,
    **{name: _hook_reader(name) for name in HOOKS},
}
