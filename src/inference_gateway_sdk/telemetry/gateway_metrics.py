"""A watcher that pushes durations and token counts to the gateway, without OpenTelemetry."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from .._client.watching import Watcher
from .._model.arguments import check_choice, check_number
from ..errors import ConnectError, ForbiddenError, GatewayError, PayloadTooLargeError
from .names import OPERATIONS
from .points import DURATION, FIRST_CHUNK, TOKENS, Observation, Points, export

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._client._blocking.client import InferenceGatewayClient
    from .._client.watching import CallBegan, CallEnded
    from .._model.usage import Usage

__all__ = ["GatewayMetrics", "TokenPolicy"]

TokenPolicy: TypeAlias = Literal["missing", "all", "none"]

_LAST_FLUSH: Final = 2.0  # seconds that a process waits at its exit
_WHEN_OFF: Final = 600.0  # seconds without a push after the gateway refused metrics
_MOST_WAITING: Final = 20_000

_logger = logging.getLogger("inference_gateway_sdk")
_instances: weakref.WeakSet[GatewayMetrics] = weakref.WeakSet()
_unsent: set[GatewayMetrics] = set()  # keeps those with observations, whose clients may be gone before the push


class _Ended(NamedTuple):
    """The facts of a call that are kept until the next push. The call itself would keep its answer."""

    began: CallBegan
    error: str | None
    usage: Usage | None
    elapsed: float
    first_content: float | None


class GatewayMetrics(Watcher):
    """Pushes the durations, first chunks and token counts of calls to the gateway's `POST /v1/metrics`.

    The gateway must be started with `TELEMETRY_ENABLED=true` and `TELEMETRY_METRICS_PUSH_ENABLED=true`. It offers the
    metrics to Prometheus with the labels `source` and `team` (gateway-behaviour.md#metrics-push). A thread pushes them
    every `interval` seconds, and once more when the process exits. Only client and operation metadata are sent: models,
    providers, error classes, times and counts.

    Pass it to a client made from the one that pushes:

        client = InferenceGatewayClient()
        watched = client.with_options(watchers=[GatewayMetrics(client, source="search")])

    Attributes:
        dropped: The number of observations that were lost: too many waited, or a push failed after it was sent.
        rejected: The number of data points that the gateway received and did not accept.
    """

    def __init__(
        self,
        client: InferenceGatewayClient,
        *,
        source: str,
        team: str | None = None,
        interval: float = 30.0,
        tokens: TokenPolicy = "missing",
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        """Set up the push. Its thread starts with the first call.

        Args:
            client: A blocking client for the pushes. Watchers of its own do not see them.
            source: Name of the program, the label `source`.
            team: The label `team`. Default: "unknown", which the gateway sets.
            interval: Seconds between two pushes.
            tokens: "missing" sends only token counts that the gateway does not have: of Messages, Responses, aliases
                and several MCP turns. "all" also sends those of chats, which sums over all sources then count twice.
            clock: Seconds, for the pause after a refusal. For tests.
            wall: Nanoseconds since 1970. For tests.

        Raises:
            TypeError: `client` is not a blocking client, or `source` or `team` is not a string.
            ValueError: `source` is empty or "gateway", `interval` is not positive, or `tokens` is unknown.
        """
        if not callable(getattr(client, "push_metrics", None)) or hasattr(client, "aclose"):
            raise TypeError(f"client must be an InferenceGatewayClient, got {type(client).__name__}")
        for name, text in (("source", source), ("team", "" if team is None else team)):
            if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # for users without a checker
                raise TypeError(f"{name} must be a string, got {type(text).__name__}")
        if source in ("", "gateway"):
            raise ValueError(f"source must be the name of this program, got {source!r}: 'gateway' is the gateway's own")
        check_number("interval", interval, "seconds")
        check_choice("tokens", tokens, ("missing", "all", "none"))
        self.rejected: int = 0
        self._client = client.with_options(watchers=(), max_retries=0)
        self._resource = {"service.name": source}
        self._labels = (("source", source), *((("team", team),) if team else ()))
        self._interval = interval
        self._tokens = tokens
        self._clock = clock
        self._wall = wall
        self._logged: set[str] = set()
        self.disown()
        _instances.add(self)

    def disown(self) -> None:
        """Begin empty, as in a forked child: the observations so far are the parent's."""
        self._ended: deque[_Ended] = deque()
        self._points = Points()
        self._lost = 0
        self._began = self._wall()
        self._off_until: float | None = None
        self._pushing = threading.Lock()
        self._starting = threading.RLock()  # a signal handler may end a call inside of it
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def dropped(self) -> int:
        """The number of observations that were lost."""
        return self._lost + self._points.dropped

    def ended(self, state: Any, call: CallEnded, /) -> None:
        """Keep the observations of a call for the next push."""
        if call.began.operation not in OPERATIONS or call.end == "cancelled":
            return
        if len(self._ended) >= _MOST_WAITING:
            self._lost += 1
            return
        error = None if call.error is None else type(call.error).__name__
        self._ended.append(_Ended(call.began, error, call.usage, call.elapsed, call.first_content))
        _unsent.add(self)
        if self._thread is None and not self._closed:
            self._start()

    def flush(self, timeout: float = 5.0) -> bool:
        """Push what has been observed so far.

        Args:
            timeout: Seconds after which the push is given up.

        Returns:
            True if nothing is left to push. False after a failure, which is logged, and while the gateway refuses
            metrics.
        """
        if not self._pushing.acquire(timeout=timeout):
            return False
        try:
            _unsent.discard(self)
            self._observe()
            if self._off_until is not None:
                if self._clock() < self._off_until:
                    self._lost += self._points.take().observations
                    return False
                self._off_until = None
            start, self._began = self._began, self._wall()
            return self._push(self._points.take(), start, self._clock() + timeout)
        finally:
            self._pushing.release()

    def close(self, timeout: float = _LAST_FLUSH) -> bool:
        """Push for the last time and end the thread. Return what `flush` returns."""
        self._closed = True
        self._wake.set()
        return self.flush(timeout)

    def _observe(self) -> None:
        while self._ended:
            call = self._ended.popleft()
            for observed in self._observations(call):
                self._points.add(observed)

    def _observations(self, call: _Ended) -> list[Observation]:
        began = call.began
        attributes = [*self._labels, ("gen_ai.operation.name", OPERATIONS[began.operation])]
        if began.provider:
            attributes.append(("gen_ai.provider.name", began.provider))
        if began.model:
            attributes.append(("gen_ai.request.model", began.model))
        common = tuple(attributes)
        timed = common if call.error is None else (*common, ("error.type", call.error))
        found = [Observation(DURATION, timed, call.elapsed)]
        if call.first_content is not None:
            found.append(Observation(FIRST_CHUNK, common, call.first_content))
        if call.usage is not None and self._counts(call, call.usage):
            for kind, count in (("input", call.usage.input), ("output", call.usage.output)):
                if count is not None:
                    found.append(Observation(TOKENS, (*common, ("gen_ai.token.type", kind)), float(count)))
        return found

    def _counts(self, call: _Ended, usage: Usage) -> bool:
        if self._tokens != "missing":
            return self._tokens == "all"
        return call.began.operation != "chat" or call.began.provider is None or usage.partial

    def _push(self, points: Points, start: int, deadline: float) -> bool:
        if not len(points):
            return True
        seconds = deadline - self._clock()
        if seconds <= 0:  # the first half of a push that was too large took all the time
            self._keep(points, start)
            return False
        payload = export(points.metrics(start, self._began), self._resource)
        try:
            outcome = self._client.push_metrics(payload, gzip=True, timeout=seconds)
        except ForbiddenError as error:
            self._off_until = self._clock() + _WHEN_OFF
            settings = "TELEMETRY_ENABLED=true and TELEMETRY_METRICS_PUSH_ENABLED=true"
            self._lose(points, f"metrics are refused ({error}), so none is sent for 10 minutes: set {settings}")
        except (PayloadTooLargeError, ValueError):
            if len(points) > 1:
                first, second = points.halves()
                pushed = self._push(first, start, deadline)
                return self._push(second, start, deadline) and pushed
            self._lose(points, "a single point is too large to be pushed")
        except ConnectError as error:  # never sent, so nothing is counted twice
            self._log(f"metrics wait for the next push: {error}")
            self._keep(points, start)
        except GatewayError as error:
            self._lose(points, f"a push of metrics failed after it was sent, and is not repeated: {error}")
        else:
            self.rejected += outcome.rejected
            if outcome.rejected:
                self._log(f"the gateway rejected data points: {outcome.reason}")
            return True
        return False

    def _keep(self, points: Points, start: int) -> None:
        """Keep points that were not sent for the next push."""
        self._points.put_back(points)
        self._began = start
        _unsent.add(self)

    def _lose(self, points: Points, why: str) -> None:
        self._lost += points.observations
        self._log(why)

    def _log(self, text: str) -> None:
        """Log a warning, once for each text."""
        if text not in self._logged and len(self._logged) < 20:
            self._logged.add(text)
            _logger.warning("%s", text)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=_run, args=(weakref.ref(self), self._wake, self._interval), daemon=True, name="metrics push"
                )
                self._thread.start()


def _run(reference: weakref.ref[GatewayMetrics], wake: threading.Event, interval: float) -> None:
    """Push at each interval, until the object is closed or no longer used."""
    while not wake.wait(interval):
        metrics = reference()
        if metrics is None:
            return
        try:
            metrics.flush()
        except RuntimeError as error:  # the pushing client was closed
            _logger.warning("metrics can no longer be pushed: %s", error)
            return
        del metrics


@atexit.register
def _close_all() -> None:
    for metrics in list(_instances):
        try:
            metrics.close()
        except RuntimeError:
            continue  # the pushing client was closed before


def _after_fork() -> None:
    _unsent.clear()
    for metrics in list(_instances):
        metrics.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
