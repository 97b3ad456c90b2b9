"""`igw serve`: the embedded gateway on an address of its own, until it is told to stop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..embedded.weights import Progress, locate
from .local import need
from .options import Weights  # noqa: TC001  (typer reads the annotations at run time)
from .outcome import FailureError, UsageError, note
from .overview import overview

if TYPE_CHECKING:
    from ..embedded import Gateway
    from ..embedded.faults import FaultPlan
    from ..embedded.weights import Place

__all__ = ["serve"]

# What a scripted provider has answers for, and is off by default.
_EVERYTHING = dict.fromkeys(
    ("IMAGES_ENABLED", "AUDIO_ENABLED", "MCP_EXPOSE", "TELEMETRY_ENABLED", "TELEMETRY_METRICS_PUSH_ENABLED"), "true"
)

Host = Annotated[str | None, typer.Option("--host", help="Where to listen; default SERVER_HOST, else 127.0.0.1.")]
Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="Default SERVER_PORT, else 8080; 0 picks a free one."),
]
Faults = Annotated[
    Path | None, typer.Option("--faults", help="A TOML file that says what goes wrong, and when (docs/faults.md).")
]
FaultHeader = Annotated[
    bool, typer.Option("--fault-header", help="Let a request ask for a fault, as in X-Igw-Fault: reset-mid-body.")
]
Release = Annotated[
    str | None, typer.Option("--quirks", help="Reproduce the bugs of a release of the real gateway, such as v0.48.")
]

Scripted = Annotated[
    bool,
    typer.Option("--scripted", help="Let a scripted provider answer for all that have no address, on every endpoint."),
]
Grace = Annotated[
    float | None,
    typer.Option("--grace", min=0, help="Seconds that open answers have left once it is told to end; default 5."),
]


def serve(
    *,
    host: Host = None,
    port: Port = None,
    weights: Weights = None,
    scripted: Scripted = False,
    quirks: Release = None,
    grace: Grace = None,
    faults: Faults = None,
    fault_header: FaultHeader = False,
) -> None:
    """Serve an embedded gateway, for development and tests; it reads the real gateway's environment variables."""
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

    def announce(url: str, gateway: Gateway) -> None:
        _announce(url, gateway, place)
        if plan:
            _warn(plan)

    local, stand_in = LocalModel(place, pull=True, report=_Pull()), ScriptedProvider() if scripted else None
    try:
        run(settings, local, announce, note, faults=plan, scripted=stand_in)
    except (ListenError, IssuerError) as error:
        raise FailureError(str(error)) from error


def _announce(url: str, gateway: Gateway, place: Place) -> None:
    settings = gateway.settings
    note(f"serving at {url}/v1, an embedded gateway for development and tests (Ctrl-C stops it)")
    for line in overview(gateway):
        note(line)
    if settings.ignored:
        note(f"not honoured here, only by the real gateway: {', '.join(settings.ignored)}")
    if settings.quirks:
        note(f"with the bugs of {settings.quirks}; llamacpp needs LLAMACPP_API_URL and LLAMACPP_API_KEY, as there")
    elif not place.ready and not place.ours:
        note(str(place.missing()))
    elif not place.ready:
        note("the first chat with the smoke-test model will fetch its weights (93 MB)")


def _plan(file: Path | None, *, header: bool) -> FaultPlan | None:
    """What is to go wrong; None for nothing."""
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
    """Say that what goes wrong is meant."""
    honours = "requests may ask for more in X-Igw-Fault" if plan.header else "X-Igw-Fault is not honoured"
    note(f"faults are played on purpose: {len(plan.rules)} rule{'s' * (len(plan.rules) != 1)}, and {honours}")


class _Pull:
    """The progress of a pull as two lines of a log."""

    def __init__(self) -> None:
        self._step = ""

    def __call__(self, progress: Progress) -> None:
        """Say when a step begins."""
        if progress.step != self._step:
            self._step = progress.step
            note(f"the smoke-test model's weights: {progress.step} of {progress.total / 1e6:.0f} MB")
