"""The examination of a set-up: `client.diagnose()` and `igw doctor`, and `diagnose(error)` for an error at hand.

Importing the client imports none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import structs

from .._model.json_values import is_array, is_object
from ..errors import (
    ConnectError,
    DecodingError,
    GatewayError,
    RequestError,
    StatusError,
    StreamStalledError,
    StreamTruncatedError,
)
from ..errors import TimeoutError as CallTimeoutError
from .report import Diagnosis, Finding, Observations, port_of, scrub, server_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .findings import Row
    from .probes import Bounds, Setup

__all__ = ["Diagnosis", "Finding", "async_examine", "check_needs", "diagnose", "examine", "judge"]


def diagnose(error: BaseException) -> Diagnosis:
    """Explain an error that a call raised. Nothing is sent.

    Args:
        error: An exception of this package.

    Returns:
        One finding, with the same ids as those of `client.diagnose()`.

    Raises:
        TypeError: The error is not one of this package.
    """
    if not isinstance(error, GatewayError):
        raise TypeError(f"error must be a GatewayError, got {type(error).__name__}")
    seen, name = _observed(error), _id_of(error)
    evidence = scrub(error.message, ())
    if name is not None:
        return Diagnosis((_explained(name, seen, evidence),), {"error": type(error).__name__})
    fix = error.hint or "run `igw doctor`, or client.diagnose(), where the error occurs"
    unknown = Finding(
        "unknown", "error", f"a call raised {type(error).__name__}", evidence, scrub(fix, ()), "retries.md"
    )
    return Diagnosis((unknown,), {"error": type(error).__name__})


# The finding for an error by its message, for any status or for one. The first that applies wins.
_MESSAGES: tuple[tuple[str, int, str], ...] = (
    ("HTTP request to an HTTPS server", 400, "http-for-https"),
    ("Failed to decode request", 400, "mcp-servers"),
    ("x509", 0, "self-call"),
    ("failed to verify certificate", 0, "self-call"),
    ("Unable to determine provider", 400, "model-bare"),
    ("Unsupported model", 400, "model-bare"),
    ("Provider not found", 400, "model-provider"),
    ("requires an API key", 400, "key-missing"),
    ("unsupported protocol scheme", 0, "provider-address"),
    ("{ACCOUNT_ID}", 0, "provider-address"),
    ("Model not allowed", 403, "model-not-allowed"),
    ("Model is disallowed", 403, "model-not-allowed"),
    ("guardrail", 403, "guardrails"),
    ("not enabled", 0, "feature-off"),
    ("not exposed", 403, "feature-off"),
    ("unknown include value", 400, "older-gateway"),
    ("dial tcp", 0, "provider-unreachable"),
    ("Failed to reach upstream", 0, "provider-unreachable"),
    ("Requested route is not found", 404, "base-url"),
)
_CONNECTING: tuple[tuple[str, str], ...] = (
    ("ertificate has expired", "certificate-expired"),
    ("ostname mismatch", "certificate-name"),
    ("IP address mismatch", "certificate-name"),
    ("ertificate does not verify", "certificate-authority"),
    ("WRONG_VERSION_NUMBER", "https-for-http"),
    ("RECORD_LAYER_FAILURE", "https-for-http"),
    ("TLS failed", "tls"),
    ("proxy", "proxy"),
    ("refused", "nothing-listens"),
    ("resolve", "name"),
)
_KEY_REFUSED = ("Incorrect API key", "invalid x-api-key", "nvalid API key", "invalid api key", "API key not valid")


def _id_of(error: GatewayError) -> str | None:
    """Return the id of the finding that explains an error, or None."""
    message = error.message
    if isinstance(error, StatusError):
        return _id_of_status(error)
    if isinstance(error, CallTimeoutError):
        return "unreachable" if error.limit == "connect" else "slow"
    if isinstance(error, ConnectError):
        return _id_of_connect(error)
    if isinstance(error, StreamTruncatedError):
        return "stream-cut"
    if isinstance(error, StreamStalledError):
        return "slow"
    if "invalid HTTP response" in message or (isinstance(error, DecodingError) and ": '<" in message):
        return "other-server"
    return "no-answer" if isinstance(error, RequestError) else None


def _id_of_status(error: StatusError) -> str | None:
    if any(text in error.message for text in _KEY_REFUSED):
        return "key-refused"
    if error.status in (301, 302, 307, 308):
        return "base-url"
    fitting = (each for each in _MESSAGES if each[0] in error.message and each[1] in (0, error.status))
    name = next((name for *_, name in fitting), None)
    if name == "base-url" and "newer than" in (error.hint or ""):
        return None  # the route may be newer than the gateway: the hint has both causes
    provider = error.provider or (error.model or "").partition("/")[0]
    named = {"model-bare": "model-provider" if "/" in (error.model or "") else name}
    return "llamacpp-key" if name == "key-missing" and provider == "llamacpp" else named.get(name or "", name)


def _id_of_connect(error: ConnectError) -> str:
    name = next((name for text, name in _CONNECTING if text in error.message), "unreachable")
    url = error.url  # "cannot connect to proxy:3128: Connection refused (http://gateway:8080/v1/models)"
    place = f"{urlsplit(url).hostname}:{port_of(url)}" if url else ""
    return "proxy" if name == "nothing-listens" and place not in error.message.partition(" (")[0] else name


def _observed(error: GatewayError) -> Observations:
    url = str(getattr(error, "url", ""))
    parts = urlsplit(url)
    model, provider = getattr(error, "model", None), getattr(error, "provider", None)
    named = f"{provider}/{model or ''}" if provider and "/" not in (model or "") else model
    root = f"{parts.scheme}://{parts.netloc}" if url else ""
    return Observations(root=root, host=parts.hostname or "", port=port_of(url) if url else 0, model=named)


def check_needs(needs: Iterable[str]) -> tuple[str, ...]:
    """Return the features in use.

    Raises:
        TypeError: `needs` is not a list of names.
        ValueError: A name is not one of a feature.
    """
    from .probes import FEATURES

    if isinstance(needs, str):
        raise TypeError(f'needs must be a list of features, got a string: write needs=["{needs}"]')
    names = tuple(needs)
    for name in names:
        if name not in FEATURES:
            raise ValueError(f"needs: {name!r} is unknown; choose from {', '.join(FEATURES)}")
    return names


def examine(setup: Setup, model: str | None, needs: Iterable[str], *, deep: bool, bounds: Bounds) -> Diagnosis:
    """Examine a set-up and return the diagnosis.

    Args:
        setup: The settings of the client.
        model: The model in use, or None.
        needs: The features in use.
        deep: Call the model too.
        bounds: The time limits.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A feature is unknown, or `deep` has no model.
    """
    from .probes import observe

    if model is not None and not isinstance(model, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"model must be a string such as 'openai/gpt-4o', got {type(model).__name__}")
    if deep and not model:
        raise ValueError("deep needs a model to call: pass model, such as 'openai/gpt-4o'")
    seen = observe(setup, model, check_needs(needs), bounds, deep=deep)
    secrets = setup.secrets()
    found = tuple(_scrubbed(finding, secrets) for finding in judge(seen))
    return Diagnosis(found, {name: _hidden(value, secrets) for name, value in _facts(seen).items()})


async def async_examine(
    setup: Setup, model: str | None, needs: Iterable[str], *, deep: bool, bounds: Bounds
) -> Diagnosis:
    """Examine a set-up in a thread, as `examine`."""
    import asyncio

    return await asyncio.to_thread(examine, setup, model, needs, deep=deep, bounds=bounds)


def judge(seen: Observations) -> Iterator[Finding]:
    """Yield the faults that the observations show, the first cause first."""
    from .findings import ROWS

    for row in ROWS:
        evidence = row.shown(seen)
        if evidence is not None:
            yield _filled(row, seen, evidence)


def _explained(name: str, seen: Observations, evidence: str) -> Finding:
    from .findings import ROWS

    return _filled(next(row for row in ROWS if row.id == name), seen, evidence)


def _filled(row: Row, seen: Observations, evidence: str) -> Finding:
    from .findings import provider_at_fault

    provider = provider_at_fault(seen, row.id)
    words = {
        "root": seen.root,
        "host": seen.host or "the host",
        "port": seen.port,
        "model": seen.model or "the model",
        "provider": provider or "the provider",
        "setting": provider.upper() or "<PROVIDER>",
        "slow": f"{seen.slow:g}",
        "cut": f"{seen.cut:g}",
    }
    return Finding(row.id, row.severity, row.what.format(**words), evidence, row.fix.format(**words), row.section)


def _scrubbed(finding: Finding, secrets: set[str]) -> Finding:
    return structs.replace(
        finding, **{name: scrub(getattr(finding, name), secrets) for name in ("what", "evidence", "fix")}
    )


def _hidden(value: Any, secrets: set[str]) -> Any:
    if is_object(value):
        return {scrub(key, secrets): _hidden(one, secrets) for key, one in value.items()}
    if is_array(value):
        return [_hidden(one, secrets) for one in value]
    return scrub(value, secrets) if isinstance(value, str) else value


def _facts(seen: Observations) -> dict[str, Any]:
    """Return what is known about the set-up, by name."""
    from .findings import is_off
    from .probes import FEATURES

    facts: dict[str, Any] = {"gateway": seen.root, "addresses": dict(seen.addresses), "proxy": seen.proxy or "none"}
    if not seen.healthy:
        return facts
    there = server_time(seen)
    facts["version"] = "0.48 or older" if seen.older else "newer than 0.48"
    facts["token"] = "required" if seen.answer("anonymous").status == 401 else "not required"
    if seen.answer("deprecated").status not in (200, 400):
        facts["version"] = "unknown"
    if there is not None:
        facts["clock"] = f"{round(there - seen.now):+d} s"
    if seen.answer("models").status == 200:
        usable = [name.partition(" ")[2] for name in seen.answers if name.startswith("provider ") and seen.listed(name)]
        facts |= {"providers": usable, "models": len(seen.listed())}
        facts["features"] = {
            name: "off" if is_off(seen, name) else "on" for name in FEATURES if seen.answer(name).status
        }
    return facts
