# Derived from ../_async/run_stream.py by scripts/derive_blocking.py: do not edit.
"""The loop of a run: requests and tool calls, as decided by `_run.state`, until the model has answered."""

from __future__ import annotations

import logging
import os
import warnings
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast, get_args

from msgspec import structs

from ..._model.json_values import is_object
from ..._run.events import Ask, Began, Clock, Decide, Decided, Done, Execute, Fail, Failed, Interrupted, Pause, Replied
from ..._run.history import read_history
from ..._run.result import OutputError, Run
from ..._run.state import RunState
from ..._run.turn import LogLine, ToolDone, ToolRun
from ..._schema.adapter import InvalidValueError, adapt
from ..._schema.partial import PartialReader
from ..._wire.deltas import Finish, Restarted, TextDelta, ToolCallDelta, ToolCallStart
from ..._wire.timeouts import read_timeouts
from ...errors import GatewayError, StreamTruncatedError
from ..hooks import ask, notify
from ..run_options import read_options
from ..settings import GENERATES, resolve
from ..tool_runner import ToolRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from ..._run.events import Action
    from ..._wire.call import Target
    from ..._wire.deltas import Delta
    from ..run_watch import RunWatch
    from ..runtime import TokenSource
    from ..settings import ClientSettings
    from .client import InferenceGatewayClient
    from .session import Session

__all__ = ["RunStream"]

T = TypeVar("T")
_ENDS: Final = (Done, Pause, Fail)

_logger = logging.getLogger("inference_gateway_sdk")


class RunStream(Generic[T]):
    """A run in progress: its requests, answers and tool calls.

    Use it in a `with` block. `deltas()`, `text()`, `partials()` and `items()` are views of the same run. Use one reader
    and one view. `final()` returns the result, and `partial()` the run so far. Leaving the block early cancels the
    requests and tool calls in progress.

    Raises (while reading):
        RunLimitError: The run reached one of its limits.
        OutputError: The model did not produce a value of the requested type.
        ToolRaisedError: A tool raised an exception, and `on_tool_error="raise"` is set.
        GatewayError: A request failed. The `partial` of each error is the run so far.
    """

    def __init__(
        self,
        client: InferenceGatewayClient,
        session: Session,
        settings: ClientSettings[TokenSource],
        *,
        model: str,
        messages: Any,
        options: dict[str, Any],
    ) -> None:
        own_fallback = "fallback" in options
        if own_fallback:
            options = options.copy()
            settings = resolve(settings, {"fallback": options.pop("fallback")})
        read = read_options(model, options, settings.tools)
        # A copy where the run sends its tools itself, or changes the settings of its calls below.
        own_client = settings.tools or settings.watched or settings.fallback or own_fallback
        self._client = client.with_tools(None) if own_client else client
        self._fallback = settings.fallback
        self._timeouts = settings.timeouts
        self._model = model
        self._provider = read.provider
        self._approve, self._decisions = read.approve, read.decisions
        self._on_progress = read.on_progress
        self._output_modes = session.output_modes
        known = self._output_modes.get(read.mode_key) if read.mode_key else None
        task = read.settings if known is None else structs.replace(read.settings, first_mode=known)
        self._mode_key = read.mode_key
        self._state = RunState(task, read_history(messages, task.dialect))
        self._watch: RunWatch | None = None
        own: Any = self._client
        if settings.watched:
            parent = os.urandom(8).hex()
            own._settings = structs.replace(own._settings, parent=parent, costs=self._state.costs)  # noqa: SLF001
            if settings.watchers:
                from ..run_watch import RunWatch  # here: a client without watchers does not import it

                self._watch = RunWatch(settings.watchers, parent, model, read.provider)
        if settings.fallback is not own._settings.fallback:  # noqa: SLF001
            own._settings = structs.replace(own._settings, fallback=settings.fallback)  # noqa: SLF001
        if settings.fallback is not None:
            own._settings = structs.replace(own._settings, rerouting=self)  # noqa: SLF001
        if self._decisions is not None:
            self._state.check_approvals(self._decisions)
        runtime = session.runtime
        self._monotonic = runtime.monotonic
        tools = None if self._watch is None else self._watch.tool
        self._runner = ToolRunner(self._client.call_mcp_tool, read.concurrency, runtime.monotonic, tools)
        self._runner.check(task.toolbox)
        self._began = 0.0
        self._timed = task.limits.seconds is not None
        self._yields = False  # True if deltas and the events of tools are yielded
        self._reading = False  # True while `final()` performs the run
        self._saved = 0
        self._action: Action | None = None
        self._asked: dict[str, Any] | None = None  # parameters of the last request
        self._asks: Callable[[Any], Any] | None = None  # streams further requests with the same parameters
        self._steps: Iterator[Delta | ToolRun | ToolDone] | None = None
        self._entered = self._ended = False

    def __enter__(self) -> Self:
        if self._entered:
            raise RuntimeError("this run has begun: a run can be used only once, so make another call")
        self._entered = True
        self._began = self._monotonic()
        if self._watch is not None:
            self._watch.begin(self._monotonic)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel the requests and tool calls in progress. The `with` block calls this method.

        Calling it twice is harmless.
        """
        self._ended = True
        steps: Any = self._steps
        try:
            if self._yields:
                steps.close()
            self._check_not_reading()
        finally:
            if self._watch is not None:
                self._watch.end(self._state.run())

    def deltas(self) -> Iterator[Delta | ToolRun | ToolDone]:
        """Yield the deltas of all answers, as `Stream.deltas()` does, with `ToolRun` and `ToolDone` between them."""
        for delta in self._begin():
            yield delta

    def text(self) -> Iterator[str]:
        """Yield the text of all answers piece by piece.

        Raises:
            ValueError: The run has `Fallback(after_content="restart")`, which only `deltas()` can show.
        """
        self._check_restart("text()")
        for delta in self.deltas():
            if isinstance(delta, TextDelta):
                yield delta.text

    def partials(self) -> Iterator[Any]:
        """Yield the JSON value of the output each time it has grown.

        It is a single plain object that grows, never a value of the type: copy it to keep a state. A number or literal
        appears only when it has ended. Each further answer (after tools, or after a correction) starts a new value.
        """
        for reader in self._readers(None):
            if reader.changed():
                yield self._unwrapped(reader.value)

    def items(self) -> Iterator[Any]:
        """Yield the elements of a list output, each decoded to its type as soon as it is complete.

        Raises:
            TypeError: The output type is not `list[X]`.
            OutputError: An element does not match its type.
            ValueError: As `text()`.
        """
        self._check_restart("items()")
        output = self._state.settings.output
        arguments = get_args(output.kind) if output is not None else ()
        if output is None or getattr(output.kind, "__origin__", None) is not list or not arguments:
            raise TypeError("items() needs output=list[X]")
        item = adapt(arguments[0])
        for reader in self._readers(item):
            for value in reader.take_items():
                yield self._checked(item, value)

    def final(self) -> Run[T]:
        """Continue to the end of the run and return the result."""
        if self._steps is None:
            self._check_begin()
            self._steps, self._reading = self._no_steps(), True
            try:
                self._run_silently()
            finally:
                self._reading = False
        else:
            for _ in self._steps:
                pass
        return cast("Run[T]", self._state.run())

    def partial(self) -> Run[T]:
        """Return the run so far."""
        return cast("Run[T]", self._state.run())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._model}: {self._state.run()!r}>"

    # --- partial output

    def _readers(self, item: Any) -> Iterator[PartialReader]:
        """Yield the reader of the current answer's output after each piece of text."""
        reader: PartialReader | None = None
        index: int | None = None  # index of the final tool's call, in mode "tool"
        for delta in self.deltas():
            piece = None
            in_tool = self._state.mode == "tool"
            match delta:
                case TextDelta(text=text) if not in_tool:
                    piece = text
                case ToolCallStart(index=at, name=name) if in_tool and name == self._tool_name:
                    reader, index = None, at
                case ToolCallDelta(index=at, arguments=text) if in_tool and at == index:
                    piece = text
                case Finish() | Restarted():
                    reader = index = None
                case _:
                    pass
            if piece and (reader is not None or not piece.isspace()):
                if reader is None:
                    reader = self._new_reader(item, piece)
                reader.feed(piece)
                yield reader

    @property
    def _tool_name(self) -> str | None:
        output = self._state.output_type
        return None if output is None else output.tool_name

    def _new_reader(self, item: Any, beginning: str) -> PartialReader:
        output = self._state.output_type
        wrapped = output is not None and output.form.wrapped
        bare = beginning.lstrip().startswith("[")  # [...] although {"value": [...]} was requested
        at = None if item is None else (("value",) if wrapped and not bare else ())
        return PartialReader(prose=self._state.mode in {"json", "prompt"} and not bare, items_at=at)

    def _unwrapped(self, value: Any) -> Any:
        output = self._state.output_type
        return value.get("value") if output is not None and output.form.wrapped and is_object(value) else value

    def _checked(self, item: Any, value: Any) -> Any:
        output = self._state.output_type
        if output is None:
            raise RuntimeError("the run has no output type")
        try:
            restored = output.form.restore({"value": [value]} if output.form.wrapped else [value])
            return item.decode(restored[0])
        except InvalidValueError as error:
            problems = (error.problems,)
            text = f"an element does not match its type: {error}"
            raise OutputError(text, problems=problems, partial=self.partial()) from None

    # --- the loop

    def _begin(self) -> Iterator[Delta | ToolRun | ToolDone]:
        if self._steps is None:
            self._check_begin()
            self._yields = True
            self._steps = self._run_steps()
        return self._steps

    def _check_begin(self) -> None:
        if not self._entered:
            raise RuntimeError("the run is not open: write `with client.run_stream(...) as stream:`")
        if self._ended:
            raise RuntimeError("the run is closed: read it inside its `with` block")

    def _run_steps(self) -> Iterator[Delta | ToolRun | ToolDone]:
        """Perform the actions of the state machine until the run ends."""
        self._action = self._state.start()
        try:
            while not (isinstance(self._action, _ENDS) or (self._timed and self._is_late())):
                step: Any = self._step()
                try:
                    for delta in step:
                        yield delta
                finally:
                    step.close()
            if self._on_progress is not None:
                self._save()
            for notice in self._notices():
                yield notice
        except BaseException as error:
            self._interrupted(error)
            raise
        self._conclude()

    def _no_steps(self) -> Iterator[Any]:
        """Yield nothing: `final()` has performed the run."""
        self._check_not_reading()
        nothing: tuple[Any, ...] = ()
        for one in nothing:
            yield one

    def _check_not_reading(self) -> None:
        if self._reading:
            raise RuntimeError("the run is being read by final(): use one reader")

    def _run_silently(self) -> None:
        """Do the same without deltas and events, and without the cost of generators."""
        self._action = self._state.start()
        try:
            while not (isinstance(self._action, _ENDS) or (self._timed and self._is_late())):
                self._step_silently()
            if self._on_progress is not None:
                self._save()
            self._notices()
        except BaseException as error:
            self._interrupted(error)
            raise
        self._conclude()

    def _is_late(self) -> bool:
        """Return whether the time of the run is up. Its action is then its end."""
        late = self._state.feed(Clock(self._monotonic() - self._began))
        if late is not None:
            self._action = late
        return late is not None

    def _interrupted(self, error: BaseException) -> None:
        self._failed(error)
        self._state.feed(Interrupted())

    def _conclude(self) -> None:
        """Remember the output mode that the provider accepted. Raise the error of a run that failed."""
        mode = self._state.mode
        if mode != "text" and self._mode_key is not None:
            self._output_modes[self._mode_key] = mode
        if isinstance(self._action, Fail):
            self._failed(self._action.error)
            raise self._action.error

    def _failed(self, error: BaseException) -> None:
        if self._watch is not None:
            self._watch.failed(error)

    def _step(self) -> Iterator[Delta | ToolRun | ToolDone]:
        match self._action:
            case Ask():
                return self._ask(self._action)
            case Decide():
                return self._decide(self._action)
            case Execute():
                return self._execute(self._action)
            case _:
                raise RuntimeError(f"the run has no next step after {self._action!r}")

    def _step_silently(self) -> None:
        action = self._action
        if isinstance(action, Ask):
            self._ask_silently(action)
        elif isinstance(action, Execute) and (one := self._runner.only(action.calls)) is not None:
            self._state.feed(Began((one.call.id,)))
            if self._on_progress is not None:
                self._save()
            self._action = self._state.feed(self._runner.run_alone(one, action.seconds))
            if self._on_progress is not None:
                self._save()
            self._notices()
        else:
            step: Any = self._step()
            try:
                for _ in step:
                    pass
            finally:
                step.close()

    def _ask(self, ask: Ask) -> Iterator[Any]:
        """Send a request, yield its deltas, and feed its answers to the state machine."""
        if self._on_progress is not None:
            self._save()
        try:
            if ask.whole:
                answers = [self._whole(ask)]
            else:
                with self._stream(ask) as stream:
                    try:
                        for delta in stream.deltas():
                            yield delta
                    except BaseException as error:
                        self._keep_part(stream, error)
                        raise
                    answers = stream.turns
        except GatewayError as error:
            self._action = self._state.feed(Failed(error))
        else:
            self._action = self._state.feed(Replied(answers))

    def _ask_silently(self, ask: Ask) -> None:
        """Send a request, and feed its answers to the state machine."""
        if self._on_progress is not None:
            self._save()
        try:
            if ask.whole:
                answers = [self._whole(ask)]
            else:
                with self._stream(ask) as stream:
                    try:
                        stream._read_rest()  # noqa: SLF001  (final() would assemble the answer twice)
                    except BaseException as error:
                        self._keep_part(stream, error)
                        raise
                    answers = stream.turns
        except GatewayError as error:
            self._action = self._state.feed(Failed(error))
        else:
            self._action = self._state.feed(Replied(answers))

    def _keep_part(self, stream: Any, error: BaseException) -> None:
        """Keep the partial answer of a stream that was cancelled. The errors of a stream have it already."""
        part = None if isinstance(error, GatewayError) else stream.partial()
        if part is not None:
            self._state.feed(Failed(StreamTruncatedError("the run was cancelled", partial=part)))

    def _decide(self, action: Decide) -> Iterator[Any]:
        """Ask for approval of all calls before the first one runs."""
        approve, given = self._approve, self._decisions
        decisions: dict[str, Any] = {}
        for call in action.calls:
            if approve is not None:
                decisions[call.id] = ask("approve", approve, call)
            elif given is not None:
                decisions[call.id] = given.get(call.id)
        self._action = self._state.feed(Decided(decisions))
        for notice in self._notices():
            yield notice

    def _execute(self, action: Execute) -> Iterator[Any]:
        """Run calls. Save the transcript before each one starts and after each one ends."""
        following: Action | None = None
        events: Any = self._runner.events(action.calls, action.seconds)
        try:
            for event in events:
                following = self._state.feed(event)
                if self._on_progress is not None:
                    self._save()
                for notice in self._notices():
                    yield notice
        finally:
            events.close()
        self._action = following

    def _save(self) -> None:
        entries = len(self._state.entries)
        if self._on_progress is not None and entries != self._saved:
            self._saved = entries
            notify("on_progress", self._on_progress, self._state.transcript)

    def _notices(self) -> list[ToolRun | ToolDone]:
        """Write the log and return the events of tools, none if they are not yielded."""
        found: list[ToolRun | ToolDone] = []
        for notice in self._state.drain():
            if not isinstance(notice, LogLine):
                if self._yields:
                    found.append(notice)
            elif notice.level == "user":
                warnings.warn(notice.text, UserWarning, stacklevel=2)
            else:
                level = logging.WARNING if notice.level == "warning" else logging.INFO
                _logger.log(level, notice.text, exc_info=notice.error)
        return found

    # --- fallback

    def rendered_for(self, target: Target) -> tuple[Any, dict[str, Any]]:
        """Continue with another model. Return the current request for it (see `Rerouting`)."""
        prefix = f"{target.provider}/"
        bare = target.model[len(prefix) :] if target.model.lower().startswith(prefix) else target.model
        ask = self._state.move(target.provider, bare)
        self._model, self._provider, self._mode_key = target.model, None, None
        params = {name: value for name, value in ask.params.items() if name not in GENERATES | {"mcp_bypass"}}
        if self._state.settings.dialect == "messages":
            params.pop("max_tokens")  # an argument of its own, which is the same for each model
        return ask.messages, params

    def handles(self, error: GatewayError) -> bool:
        """Return whether the run asks the same model again, with another request (see `Rerouting`)."""
        return self._state.handles(error)

    def _check_restart(self, view: str) -> None:
        if self._fallback is not None and self._fallback.after_content == "restart":
            raise ValueError(f'{view} cannot show a restart: use deltas() with Fallback(after_content="restart")')

    # --- requests

    def _request(self, ask: Ask) -> tuple[dict[str, Any], list[Any]]:
        """Return the keyword and positional arguments for the dialect's method."""
        params = dict(ask.params)
        if ask.seconds is not None:
            limits = read_timeouts(params.get("timeout", self._timeouts))
            total = ask.seconds if limits.total is None else min(limits.total, ask.seconds)
            params["timeout"] = structs.replace(limits, total=max(total, 0.001))
        if self._provider is not None:
            params["provider"] = self._provider
        if self._state.settings.dialect == "chat":
            params.setdefault("mcp_bypass", ask.mcp_bypass)
        positional: list[Any] = [self._model, ask.messages]
        if self._state.settings.dialect == "messages":
            positional.append(params.pop("max_tokens"))
        return params, positional

    def _stream(self, ask: Ask) -> Any:
        if self._asks is not None and self._asked is ask.params:
            return self._asks(ask.messages)
        params, positional = self._request(ask)
        method: Callable[..., Any]
        match self._state.settings.dialect:
            case "chat" if self._fallback is None:
                own: Any = self._client
                provider = params.pop("provider", None)
                streams = own._chat_streams(self._model, provider, params, described=True)  # noqa: SLF001
                if ask.seconds is None:  # otherwise the timeout of each request is shorter
                    self._asked, self._asks = ask.params, streams
                return streams(ask.messages)
            case "chat":
                method = self._client.generate_content_stream
            case "responses":
                method = self._client.create_response_stream
            case "messages":
                method = self._client.create_message_stream
        return method(*positional, **params)

    def _whole(self, ask: Ask) -> Any:
        params, positional = self._request(ask)
        client = self._client
        methods: dict[str, Any] = {
            "chat": client.generate_content,
            "responses": client.create_response,
            "messages": client.create_message,
        }
        method: Callable[..., Any] = methods[self._state.settings.dialect]
        return method(*positional, **params)
