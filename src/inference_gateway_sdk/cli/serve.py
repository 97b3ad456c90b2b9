"""`igw serve`: run the embedded gateway."""

from __future__ import annotations

import enum
import importlib.util
import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._version import install_command
from ..embedded.weights import Progress, locate
from .connection import need
from .options import Weights  # noqa: TC001  (typer reads the annotations at run time)
from .output import FailureError, UsageError, echo_err, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..embedded import Gateway
    from ..embedded.faults import FaultPlan
    from ..embedded.request_log import RequestRecord
    from ..embedded.weights import Place

__all__ = ["overview", "serve"]


def overview(gateway: Gateway) -> Iterator[str]:
    """Yield lines that describe the gateway. HTTP providers are reported later, when they have answered."""
    from ..embedded import LocalModel, ScriptedProvider

    providers = gateway.providers
    own = [name for name, provider in providers.items() if not isinstance(provider, ScriptedProvider)]
    if len(own) < len(providers):
        but = f" but {', '.join(own)}" if own else ""
        yield f"scripted, for any model name: all providers{but}"
    for name, provider in providers.items():
        if isinstance(provider, LocalModel):
            missing = importlib.util.find_spec("xllamacpp") is None
            where = f"which needs xllamacpp: {install_command('local')}" if missing else "on this machine"
            yield f"{name}: {provider.name}, {where}"
    for alias, members in gateway.settings.pools.items():
        yield f"alias {alias}: {', '.join(f'{name}/{model}' for name, model in members)}, in turn"
    settings = gateway.settings
    if settings.allowed_models:
        yield f"only the models of ALLOWED_MODELS: {', '.join(settings.allowed_models)}"
    elif settings.disallowed_models:
        yield f"without the models of DISALLOWED_MODELS: {', '.join(settings.disallowed_models)}"
    yield f"besides chat and models: {', '.join(_switched_on(gateway))}"
    if settings.oidc:
        yield f"requests need a token of {settings.oidc.issuer} for {settings.oidc.audience}"
    elif settings.token:
        yield "requests need the token of INFERENCE_GATEWAY_SERVE_TOKEN"


def _switched_on(gateway: Gateway) -> Iterator[str]:
    settings = gateway.settings
    yield from ("Messages", "Responses")
    for name, is_on in (
        ("images", settings.images),
        ("audio", settings.audio),
        ("MCP tools", settings.expose_mcp and gateway.tools.configured),
        ("metrics", settings.push_metrics),
    ):
        if is_on:
            yield name


# Features that are off by default and that a scripted provider can answer.
_EVERYTHING = dict.fromkeys(
    ("IMAGES_ENABLED", "AUDIO_ENABLED", "MCP_EXPOSE", "TELEMETRY_ENABLED", "TELEMETRY_METRICS_PUSH_ENABLED"), "true"
)

Host = Annotated[
    str | None,
    typer.Option("--host", metavar="HOST", help="The host to listen on; default SERVER_HOST, else 127.0.0.1."),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", min=0, max=65535, metavar="N", help="The port; default SERVER_PORT, else 8080; 0 picks a free one."
    ),
]
Faults = Annotated[
    Path | None, typer.Option("--faults", metavar="FILE", help="A TOML file of faults to inject (docs/faults.md).")
]
FaultHeader = Annotated[
    bool, typer.Option("--fault-header", help="Let a request name its own fault, as in X-Igw-Fault: reset-mid-body.")
]
ReleaseOption = Annotated[
    str | None,
    typer.Option(
        "--quirks", metavar="RELEASE", help="Reproduce the bugs of a release of the real gateway, such as v0.48."
    ),
]

Scripted = Annotated[
    bool,
    typer.Option("--scripted", help="Let a scripted provider answer for all without an address, on every endpoint."),
]


class LogFormat(enum.StrEnum):
    """The forms of the request log."""

    TEXT = "text"
    JSON = "json"


Log = Annotated[
    LogFormat,
    typer.Option("--log", metavar="text|json", help="The form of the line for each request, on standard output."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no line for each request.")]
Inspect = Annotated[
    bool, typer.Option("--inspect", help="Serve a page at /inspect/ that shows the requests, with secrets hidden.")
]
Grace = Annotated[
    float | None,
    typer.Option(
        "--grace", min=0, metavar="SECONDS", help="Seconds for open answers to end after a stop signal; default 5."
    ),
]


def serve(
    *,
    host: Host = None,
    port: Port = None,
    weights: Weights = None,
    scripted: Scripted = False,
    quirks: ReleaseOption = None,
    grace: Grace = None,
    faults: Faults = None,
    fault_header: FaultHeader = False,
    inspect: Inspect = False,
    log: Log = LogFormat.TEXT,
    quiet: Quiet = False,
) -> None:
    """Run a gateway for development and tests.

    It is configured by the real gateway's environment variables.
    """
    need("starlette", "uvicorn", "httpx2")
    from ..embedded import IssuerError, ListenError, LocalModel, ScriptedProvider, SettingsError
    from ..embedded import Settings as Read
    from ..embedded import serve as run

    environ = {**_EVERYTHING, **os.environ} if scripted else os.environ
    try:
        settings = Read.from_env(environ, quirks=quirks).at(host=host, port=port, grace=grace)
    except SettingsError as error:
        raise UsageError(str(error)) from error
    place, plan = locate(weights), _plan(faults, header=fault_header)
    record = None if quiet else RequestPrinter(log)
    observe = None
    if inspect:
        from ..inspector import Inspector

        observe = Inspector

    def announce(url: str, gateway: Gateway) -> None:
        _announce(url, gateway, place)
        if inspect:
            echo_err(f"the requests are shown at {url}/inspect/")
        if plan:
            _warn(plan)

    logger, remarks = logging.getLogger("inference_gateway_sdk"), _Remarks(logging.WARNING)
    logger.addHandler(remarks)
    local, stand_in = LocalModel(place, pull=True, report=_Pull()), ScriptedProvider() if scripted else None
    try:
        run(settings, local, announce, _remark, faults=plan, scripted=stand_in, log=record, observe=observe)
    except (ListenError, IssuerError) as error:
        taken = "in use" in str(error)
        hint = "choose another with --port N; --port 0 picks a free one" if taken else None
        raise FailureError(str(error), hint) from error
    finally:
        logger.removeHandler(remarks)
    _remark("stopped")


def _remark(text: str) -> None:
    """Print a remark, below the ^C that a terminal shows of an interrupt."""
    if sys.stderr.isatty() and text.startswith(("waiting", "stopped")):
        print(file=sys.stderr)
    echo_err(text)


class _Remarks(logging.Handler):
    """Prints the gateway's warnings as remarks of the command."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one."""
        echo_err(record.getMessage())


class RequestPrinter:
    """Prints a line for each request on standard output.

    Args:
        form: The form of a line.
    """

    def __init__(self, form: LogFormat) -> None:
        from ..embedded.request_log import json_line, text_line

        self._line = json_line if form is LogFormat.JSON else text_line
        self._time = "%Y-%m-%dT%H:%M:%S%z" if form is LogFormat.JSON else "%H:%M:%S"
        self._open = True

    def __call__(self, record: RequestRecord) -> None:
        """Print the line. Nothing is printed once the reader has closed the pipe."""
        if not self._open:
            return
        try:
            print(sanitize(self._line(record, time.strftime(self._time))), flush=True)
        except OSError:
            self._open = False


def _announce(url: str, gateway: Gateway, place: Place) -> None:
    settings = gateway.settings
    echo_err(f"serving at {url}/v1, an embedded gateway for development and tests (Ctrl-C stops it)")
    for line in overview(gateway):
        echo_err(line)
    if settings.host not in ("127.0.0.1", "localhost", "::1") and not gateway.tokens:
        echo_err("open to the network without a token: SERVER_HOST=127.0.0.1 keeps it on this machine")
    if settings.ignored:
        echo_err(f"ignored here, used by the real gateway only: {', '.join(settings.ignored)}")
    if settings.quirks:
        echo_err(f"with the bugs of {settings.quirks}; llamacpp needs LLAMACPP_API_URL and LLAMACPP_API_KEY, as there")
    elif not place.ready and not place.ours:
        echo_err(str(place.missing()))
    elif not place.ready:
        echo_err("the first chat with the smoke-test model will download its weights (93 MB)")


def _plan(file: Path | None, *, header: bool) -> FaultPlan | None:
    """Return the fault plan of the options; None for no faults."""
    from ..embedded.faults import FaultError, FaultPlan, read_plan

    if file is None:
        return FaultPlan(header=True) if header else None
    try:
        plan = read_plan(file)
    except FaultError as error:
        raise UsageError(str(error)) from error
    plan.header = plan.header or header
    return plan


def _warn(plan: FaultPlan) -> None:
    """Print a warning that faults are injected on purpose."""
    honours = "requests may name their own in X-Igw-Fault" if plan.header else "X-Igw-Fault is ignored"
    echo_err(f"faults are injected on purpose: {len(plan.rules)} rule{'s' * (len(plan.rules) != 1)}, and {honours}")


class _Pull:
    """Reports the progress of a pull with one line per step."""

    def __init__(self) -> None:
        self._step = ""

    def __call__(self, progress: Progress) -> None:
        """Print a line when a step begins."""
        if progress.step != self._step:
            self._step = progress.step
            echo_err(f"the smoke-test model's weights: {progress.step} of {progress.total / 1e6:.0f} MB")
