"""The arguments of a batch, and the requests that `ask` makes of its rows, both checked."""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import textwrap
from collections.abc import Callable  # noqa: TC003  (msgspec reads the annotations at run time)
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, cast

from msgspec import Struct

from .._model.arguments import check_bool, check_choice, check_integer, check_number
from .._model.encode import encode
from .._model.json_values import is_iterable, is_mapping
from .._wire.call import Target
from .journal import Fingerprint
from .sources import FileSource, IterableSource, open_source
from .state import BatchProgress  # noqa: TC001  (the same)

__all__ = [
    "BatchSettings",
    "Kind",
    "fingerprint",
    "open_listener",
    "openai_call",
    "read_request",
    "read_settings",
    "route_of",
]

Kind: TypeAlias = Literal["chat", "run", "openai"]

_RUN: Final = frozenset({"output", "tools"})
_PLAIN: Final = (str, int, float, bool, type(None))
_MOST_WITHOUT_POOL: Final = 512  # rows in flight over a transport of the user's own


class BatchSettings(Struct, frozen=True, kw_only=True):
    """The checked arguments of `run_batch`.

    Attributes:
        source: The rows.
        destination: The output, or None.
        ask: The function that makes requests, or None for OpenAI's Batch form.
        asynchronous: `ask` is an async function.
        key: The name of the key's field, or of its function.
        concurrency: The number of rows in flight, None to adapt it.
        rpm: Requests in a minute, a pace that workers of a job share, or None.
        tpm: Tokens in a minute, or the same, or None.
        budgets: The budgets of the batch.
        raise_errors: Stop at the first row that fails.
        retry_failed: Ask failed rows again.
        progress: A function of a `BatchProgress`, or True or False.
    """

    source: FileSource | IterableSource
    destination: Path | None
    ask: Callable[[Any], Any] | None
    asynchronous: bool
    key: str | None
    concurrency: int | None
    rpm: Any
    tpm: Any
    budgets: tuple[Any, ...]
    raise_errors: bool
    retry_failed: bool
    progress: Any

    @property
    def form(self) -> Literal["lines", "openai"]:
        """The form of the output's lines."""
        return "openai" if self.ask is None else "lines"

    def most(self, max_connections: int | None) -> int:
        """Return the largest number of rows in flight.

        Args:
            max_connections: The connections of the client, or None if its transport is the user's own.

        Raises:
            ValueError: The pool has fewer connections than `concurrency` needs.
        """
        if max_connections is None:
            return self.concurrency or _MOST_WITHOUT_POOL
        if self.concurrency is not None and self.concurrency > max_connections:
            raise ValueError(
                f"concurrency={self.concurrency} needs as many connections, and the client has {max_connections}:"
                f" create it with max_connections={self.concurrency}"
            )
        return max_connections


def read_settings(source: Any, destination: Any, *, ask: Any, key: Any, **more: Any) -> BatchSettings:
    """Return the arguments of a batch.

    Raises:
        TypeError: An argument has the wrong type. The message names it.
        ValueError: An argument has an invalid value. The message names it.
        FileNotFoundError: The source or the folder of the destination does not exist.
    """
    if ask is not None and not callable(ask):
        raise TypeError(f"ask must be a function of a row, got {type(ask).__name__}")
    rows = open_source(source, key, openai=ask is None)
    return BatchSettings(
        source=rows,
        destination=_read_destination(destination, rows),
        ask=ask,
        asynchronous=ask is not None and is_async(ask),
        key=key if key is None or isinstance(key, str) else getattr(key, "__qualname__", type(key).__name__),
        concurrency=_read_concurrency(more["concurrency"]),
        rpm=_read_rate("rpm", more["rpm"]),
        tpm=_read_rate("tpm", more["tpm"]),
        budgets=_read_budgets(more["budget"]),
        raise_errors=check_choice("on_error", more["on_error"], ("keep", "raise")) == "raise",
        retry_failed=check_bool("retry_failed", more["retry_failed"]),
        progress=_read_progress(more["progress"]),
    )


def _read_destination(destination: Any, source: FileSource | IterableSource) -> Path | None:
    if destination is None:
        return None
    if not isinstance(destination, (str, os.PathLike)):
        raise TypeError(f"destination must be a path or None, got {type(destination).__name__}")
    path = Path(cast("str", destination))
    if not path.name.lower().endswith((".jsonl", ".ndjson")):
        raise ValueError(f"destination: {path} must end in .jsonl: lines are appended to it one by one")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"destination: the folder {path.parent} does not exist")
    if isinstance(source, FileSource) and path.resolve() == source.path.resolve():
        raise ValueError("destination is the source: write to another file")
    return path


def _read_concurrency(value: Any) -> int | None:
    if value == "auto":
        return None
    if isinstance(value, str):
        raise TypeError(f'concurrency must be an integer or "auto", got {value!r}')
    return check_integer("concurrency", value, least=1)


def _read_rate(name: str, value: Any) -> Any:
    if value is None or hasattr(value, "reserve"):  # a pace that the workers of a job share
        return value
    return float(check_number(name, value))


def _read_budgets(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    from .._client.accounts import read_budgets

    return read_budgets(value)


def _read_progress(value: Any) -> Any:
    if not isinstance(value, bool) and not callable(value):
        raise TypeError(f"progress must be True, False or a function of a BatchProgress, got {type(value).__name__}")
    return value


def open_listener(progress: Any) -> Callable[[BatchProgress], object] | None:
    """Return the function that receives the figures, for the argument `progress`.

    Raises:
        TypeError: It is neither a bool nor a function.
    """
    if _read_progress(progress) is not True:
        return progress or None
    from .progress import open_display

    return open_display()


def is_async(function: Any) -> bool:
    """Return whether a function or callable object is async."""
    return any(map(inspect.iscoroutinefunction, (function, getattr(function, "__call__", None))))  # noqa: B004


# Requests


def read_request(request: Any) -> dict[str, Any]:
    """Check a result of `ask`, and return it as keywords.

    Raises:
        TypeError: It is not a mapping, or lacks `model` or `messages`.
        ValueError: A tool could run twice.
    """
    if not is_mapping(request):
        if hasattr(request, "__await__"):
            raise TypeError("ask returned an awaitable: define it with `async def`")
        raise TypeError(f"ask must return a mapping of keywords of generate_content, got {type(request).__name__}")
    keywords = dict(request)
    if "model" not in keywords or "messages" not in keywords:
        missing = [name for name in ("model", "messages") if name not in keywords]
        raise TypeError(f"ask returned no {' and no '.join(missing)}: both are needed for a request")
    tools: Any = keywords.get("tools")
    if tools is not None and is_iterable(tools):
        keywords["tools"] = tools = list(tools)
        _check_repeatable(tools)
    return keywords


def _check_repeatable(tools: list[Any]) -> None:
    """Raise ValueError if a function among the tools must not run twice: a row of a crash is asked again."""
    for one in tools:
        is_function = callable(one) or hasattr(one, "repeatable")
        if is_function and not getattr(one, "repeatable", False):
            name = getattr(one, "name", None) or getattr(one, "__name__", type(one).__name__)
            raise ValueError(
                f"tools: {name} may run twice, as rows in flight are asked again after a crash: if that is harmless,"
                f" give tool({name}, repeatable=True)"
            )


def kind_of(request: dict[str, Any] | None) -> Kind:
    """Return the method of the client that a request is for."""
    if request is None:
        return "openai"
    return "chat" if _RUN.isdisjoint(request) else "run"


def route_of(request: dict[str, Any]) -> str:
    """Return the name of the rows that share limits: those of one model."""
    provider = request.get("provider")
    model = str(request.get("model"))
    return model if provider is None else f"{provider}/{model}"


def openai_call(row: dict[str, Any]) -> Any:
    """Return the call of a row in OpenAI's Batch form. Its body is sent unchanged, but never as a stream."""
    body = {name: value for name, value in row["body"].items() if name not in ("stream", "stream_options")}
    target, data = Target.resolve(body.get("model")), encode(body)
    if row.get("url", "").endswith("/responses"):
        from .._wire.responses import response_call

        return response_call(target, data)
    from .._wire.chat import chat_call

    return chat_call(target, data)


# Fingerprint


def fingerprint(settings: BatchSettings) -> Fingerprint:
    """Return the identity of a batch."""
    return Fingerprint(
        source=settings.source.name, key=settings.key, ask=_hash_function(settings.ask), form=settings.form
    )


def _hash_function(function: Any) -> str:
    """Return a hash of a function's source text, its defaults, and the plain values that it has captured."""
    if function is None:
        return ""
    if isinstance(function, functools.partial):
        return _hash_partial(function)
    code: Any = inspect.unwrap(function)
    if not hasattr(code, "__code__"):  # an object with __call__
        code = _call_of(function)
    try:
        text = textwrap.dedent(inspect.getsource(code))
    except (OSError, TypeError):
        text = str(getattr(code, "__qualname__", ""))  # typed at a prompt: only its name is known
    cells = [_cell(cell) for cell in getattr(code, "__closure__", None) or ()]
    return _digest(text, *map(_plain, getattr(code, "__defaults__", None) or ()), *cells)


def _hash_partial(function: Any) -> str:
    captured = map(_plain, (*function.args, *function.keywords, *function.keywords.values()))
    return _digest(_hash_function(function.func), *captured)


def _call_of(instance: Any) -> Any:
    return getattr(instance.__class__, "__call__", instance)  # noqa: B004


def _cell(cell: Any) -> str:
    try:
        return _plain(cell.cell_contents)
    except ValueError:  # a variable that has no value yet
        return ""


def _plain(value: Any) -> str:
    return repr(value) if isinstance(value, _PLAIN) else type(value).__name__


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "replace"), digest_size=8).hexdigest()
