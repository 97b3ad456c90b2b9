"""Signatures and help of methods that take `**params: Unpack[...]`: every keyword parameter, made when asked for."""

from __future__ import annotations

import re
import types
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable

__all__ = ["with_signatures"]

ClassT = TypeVar("ClassT", bound=type)
_UNPACKED = re.compile(r"Unpack\[(\w+)\]")
_RUNS = frozenset({"run", "run_stream"})  # their overloads have the parameters; the method itself takes any


def with_signatures(cls: ClassT) -> ClassT:
    """Decorate a class so that `inspect.signature` and `help` list the keyword parameters of its methods.

    A method gets a `__wrapped__`, which `inspect` follows. Nothing is computed, and nothing imported, before that.
    """
    for name, method in vars(cls).items():
        if isinstance(method, types.FunctionType) and (name == "__init__" or not name.startswith("_")):
            params = "AnyRunParams" if name in _RUNS else _unpacked(method)
            method.__wrapped__ = _Signature(method, params)  # type: ignore[attr-defined]
    return cls


def _unpacked(method: types.FunctionType) -> str | None:
    """Return the name of the TypedDict of a method's keyword parameters, None when it has none."""
    for annotation in method.__annotations__.values():  # strings: annotations are not evaluated
        if found := _UNPACKED.fullmatch(annotation):
            return found[1]
    return None


def _names() -> dict[str, Any]:
    """Return the names that annotations of methods use, wherever they are defined."""
    import collections.abc
    import importlib
    import typing

    from .. import types as contract
    from .._model import cost
    from .._run import providers, result, transcript
    from .._tools import tool
    from .._transport import protocols
    from .._wire import audio, call, mcp, metrics, proxy, videos
    from ..batch.sources import AsyncRows, Rows
    from ..batch.state import BatchItem, BatchOutcome, BatchProgress
    from ..doctor.report import Diagnosis
    from . import keywords, params, routes, runtime
    from ._async import run_stream as async_runs
    from ._async import stream as async_streams
    from ._blocking import run_stream as runs
    from ._blocking import stream as streams

    found: dict[str, Any] = {}
    modules = (
        collections.abc,
        typing,
        params,
        keywords,
        providers,
        result,
        transcript,
        tool,
        audio,
        call,
        mcp,
        metrics,
        cost,
        routes,
    )
    for module in (*modules, proxy, videos, protocols, runtime, async_runs, async_streams, runs, streams):
        found |= vars(module)
    found |= {name: getattr(contract, name) for name in contract.__all__}
    found |= {one.__name__: one for one in (BatchItem, BatchOutcome, BatchProgress, Diagnosis)}
    found |= {"AsyncRows": AsyncRows, "Rows": Rows}
    return found | {name: importlib.import_module(name) for name in ("os", "ssl")}


class _Signature:
    """The end of a method's `__wrapped__` chain, as `inspect` asks for it.

    Args:
        method: The method.
        params: The name of the TypedDict with its keyword parameters, None when it has none.
    """

    __slots__ = ("_method", "_params")

    def __init__(self, method: Callable[..., Any], params: str | None) -> None:
        self._method, self._params = method, params

    @property
    def __signature__(self) -> inspect.Signature:
        """The signature with every keyword parameter. Also adds their descriptions to the method's docstring."""
        import inspect
        import typing

        from . import keywords

        method = self.__wrapped__
        own, hints = inspect.signature(method), typing.get_type_hints(method)
        fixed = [one.replace(annotation=hints.get(one.name, one.annotation)) for one in own.parameters.values()]
        own = own.replace(parameters=fixed, return_annotation=hints.get("return", own.return_annotation))
        if self._params is None:
            return own
        written: Any = getattr(keywords, re.sub(r"(?<!^)(?=[A-Z])", "_", self._params).lower())
        hints, names = typing.get_type_hints(written), {one.name for one in fixed}
        more = [one.replace(annotation=hints[one.name]) for one in inspect.signature(written).parameters.values()]
        self._describe(written)
        named = [one for one in fixed if one.kind is not inspect.Parameter.VAR_KEYWORD]
        return own.replace(parameters=[*named, *(one for one in more if one.name not in names)])

    @property
    def __wrapped__(self) -> types.FunctionType:
        """The method itself, for tools that show its source; its globals have the names of its annotations."""
        method: Any = self._method
        known = {**_names(), **method.__globals__}
        copy = types.FunctionType(method.__code__, known, method.__name__, method.__defaults__, method.__closure__)
        copy.__kwdefaults__, copy.__annotations__ = method.__kwdefaults__, method.__annotations__
        copy.__doc__, copy.__qualname__, copy.__module__ = method.__doc__, method.__qualname__, method.__module__
        return copy

    def _describe(self, written: Callable[..., Any]) -> None:
        """Add the descriptions of the parameters to the method's docstring, once."""
        doc, about = self._method.__doc__ or "", (written.__doc__ or "").partition("Args:")[2]
        if "Keyword parameters:" not in doc and about:
            indented = about.rstrip().replace("\n        ", "\n            ").rstrip()
            self._method.__doc__ = f"{doc.rstrip()}\n\n        Keyword parameters:{indented}\n        "
