"""The table of faults: how each is recognised in the observations, and what removes it. Pure: no I/O, no clock.

The order is that of the causes, from the network to the model: the first row that applies is the one to act on.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from .._model.json_values import is_array
from .report import is_gateway, server_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from .report import Answer, Observations

__all__ = ["ROWS", "Row", "is_off", "provider_at_fault"]


class Row(Struct, frozen=True):
    """One fault.

    Attributes:
        id: Its name.
        severity: As in `Finding`.
        what: The fault; {root} and the like are replaced.
        fix: What removes it, in the same way.
        section: The documentation.
        shown: Return the evidence, or None if the fault is not there.
    """

    id: str
    severity: Literal["error", "warning", "note"]
    what: str
    fix: str
    section: str
    shown: Callable[[Observations], str | None]


# The network


def _proxy(seen: Observations) -> str | None:
    health, direct = seen.answer("health"), seen.answer("direct")
    if seen.proxy is None or seen.healthy:
        return None
    if is_gateway(direct):
        return f"through {seen.proxy}: {health}; directly: 200 OK"
    return f"{seen.proxy}: {health}" if health.failure == "proxy" else None


def _name(seen: Observations) -> str | None:
    return f"{seen.host}: {seen.lookup}" if seen.lookup and not seen.answer("health").status else None


def _all_failed(seen: Observations, *kinds: str) -> bool:
    return bool(seen.addresses) and all(outcome in kinds for outcome in seen.addresses.values())


def _outcomes(seen: Observations) -> str:
    return ", ".join(f"{address} {outcome}" for address, outcome in seen.addresses.items())


def _other_family(seen: Observations) -> str | None:
    if not _all_failed(seen, "refused") or seen.answer("health").status:
        return None
    here = (each for each, answer in seen.neighbours.items() if is_gateway(answer) and each.endswith(f":{seen.port}"))
    other = next(here, None)
    return f"{_outcomes(seen)}, but a gateway answers at {other}" if other else None


def _nothing_listens(seen: Observations) -> str | None:
    if not _all_failed(seen, "refused") or seen.answer("health").status or _other_family(seen):
        return None
    others = [_neighbour(place, answer) for place, answer in seen.neighbours.items() if answer.status]
    return f"port {seen.port}: {_outcomes(seen)}" + "".join(f"; {other}" for other in others)


def _neighbour(place: str, answer: Answer) -> str:
    if is_gateway(answer):
        return f"a gateway answers at {place}"
    which = "which is the gateway's port for Prometheus" if place.endswith(":9464") else "but is not a gateway"
    return f"{place} answers, {which}"


def _unreachable(seen: Observations) -> str | None:
    failed = _all_failed(seen, "timeout", "network", "refused") and not _all_failed(seen, "refused")
    return f"port {seen.port}: {_outcomes(seen)}" if failed and not seen.answer("health").status else None


def _plain_for_tls(seen: Observations) -> str | None:
    if seen.tls:
        return None
    health = seen.answer("health")
    if "HTTP request to an HTTPS server" in health.message:
        return str(health)
    return "a TLS handshake succeeds there" if "tls" in seen.answers and not seen.answer("tls").failure else None


def _tls_for_plain(seen: Observations) -> str | None:
    health, plain = seen.answer("health"), seen.answer("plain")
    return f"TLS: {health.detail}; plain HTTP: {plain.status}" if health.failure == "tls" and plain.status else None


_UNTRUSTED: Final = (18, 19, 20, 21)  # self-signed, also in the chain; no issuer; no signature to verify
_INVALID: Final = (9, 10, 62, 64)  # not valid yet, expired, for another name, for another address


def _certificate(seen: Observations, *codes: int) -> str | None:
    health = seen.answer("health")
    return health.detail if health.failure == "certificate" and health.verify_code in codes else None


def _tls_failed(seen: Observations) -> str | None:
    health = seen.answer("health")
    known = health.verify_code in (*_UNTRUSTED, *_INVALID)
    if seen.tls and health.failure in (
        "empty",
        "reset",
    ):  # a server refuses a client's certificate in TLS 1.3 like this
        return f"the handshake succeeds; then: {health}"
    failed = health.failure in ("tls", "certificate") and not known and _tls_for_plain(seen) is None
    return health.detail if failed else None


def _empty(seen: Observations) -> str | None:
    health = seen.answer("health")
    if health.failure not in ("empty", "reset", "timeout") or "open" not in seen.addresses.values() or seen.proxy:
        return None
    if _plain_for_tls(seen) or _tls_failed(seen):
        return None
    return f"port {seen.port} accepts connections; then: {health}"


def _clock(seen: Observations) -> str | None:
    there = server_time(seen)
    if there is None or abs(there - seen.now) <= seen.skew:
        return None
    ahead = "ahead of" if there > seen.now else "behind"
    return f"the gateway's clock is {abs(there - seen.now):.0f} s {ahead} this one"


# The gateway


def _guardrails(seen: Observations) -> str | None:
    health = seen.answer("health")
    return str(health) if health.status == 403 and health.object() is not None else None


_ROUTE: Final = "Requested route is not found"


def _base_url(seen: Observations) -> str | None:
    health, models = seen.answer("health"), seen.answer("models")
    found = next(
        (name.partition(" ")[2] for name, one in seen.answers.items() if name.startswith("at ") and one.status), ""
    )
    for answer in (health, models):
        if answer.status in (301, 302, 303, 307, 308):
            return f"{answer.status} to {answer.headers.get('location', '?')}" + (f"; {found} works" if found else "")
    wrong = _ROUTE in health.message or (seen.healthy and models.status == 404)
    if not wrong and not (found and not seen.healthy):
        return None
    where = f"{seen.root}/v1/models is {models}" if seen.healthy else f"{seen.root}/health is {health}"
    return f"{where}; {found} works" if found else where


def _other_server(seen: Observations) -> str | None:
    health = seen.answer("health")
    if health.failure == "not-http":
        return f"not HTTP: {health.detail}"
    if not health.status or seen.healthy or _guardrails(seen) or _base_url(seen) or _plain_for_tls(seen):
        return None
    server = health.headers.get("server")
    return f"/health is {health}" + (f"; Server: {server}" if server else "")


def _no_models(seen: Observations) -> str | None:
    models = seen.answer("models")
    fails = models.failure or models.status >= 400
    if not seen.healthy or not fails or models.status == 401 or _base_url(seen) or _self_call(seen):
        return None
    return f"/health is 200, /v1/models is {models}"


# Tokens


def _refused(seen: Observations, *kinds: str) -> str | None:
    models = seen.answer("models")
    return str(models) if seen.healthy and models.status == 401 and seen.token.kind in kinds else None


def _form(seen: Observations, kind: str, evidence: str) -> str | None:
    return evidence if _refused(seen, kind) else None


def _claim(seen: Observations, name: str) -> float | None:
    value = seen.token.claims.get(name)
    return float(value) if isinstance(value, int | float) and _refused(seen, "jwt") else None


def _expired(seen: Observations) -> str | None:
    ends, now = _claim(seen, "exp"), server_time(seen) or seen.now
    return f"it expired {now - ends:.0f} s ago by the gateway's clock" if ends is not None and ends <= now else None


def _early(seen: Observations) -> str | None:
    begins, now = _claim(seen, "nbf"), server_time(seen) or seen.now
    return f"it begins in {begins - now:.0f} s by the gateway's clock" if begins is not None and begins > now else None


def _wanted_issuers(seen: Observations) -> list[str]:
    servers = (seen.answer("metadata").object() or {}).get("authorization_servers")
    return [str(server) for server in servers] if is_array(servers) else []


def _current(seen: Observations) -> bool:
    return bool(_refused(seen, "jwt")) and not _expired(seen) and not _early(seen)


def _issuer(seen: Observations) -> str | None:
    wanted, issuer = _wanted_issuers(seen), seen.token.claims.get("iss")
    same = str(issuer).rstrip("/") in [one.rstrip("/") for one in wanted]
    return f"its issuer is {issuer}, the gateway's is {wanted[0]}" if _current(seen) and wanted and not same else None


def _locally_fine(seen: Observations) -> bool:
    return _current(seen) and not _issuer(seen)


def _issuer_down(seen: Observations) -> str | None:
    issuer = seen.answer("issuer")
    if not _locally_fine(seen) or issuer.status == 200:
        return None
    return f"401 for a token that is current; from here {seen.token.claims.get('iss')} is {issuer}"


def _audience(seen: Observations) -> str | None:
    if not _locally_fine(seen) or _issuer_down(seen):
        return None
    return f"401 for a token that is current, of an issuer that answers; its audience is {seen.token.claims.get('aud')}"


# Providers


def _self_call(seen: Observations) -> str | None:
    texts = (answer.message for answer in seen.answers.values() if answer.status >= 400)
    return next((text for text in texts if "x509" in text or "failed to verify certificate" in text), None)


def _mcp_dead(seen: Observations) -> str | None:
    chat, bypass = seen.answer("chat"), seen.answer("bypass")
    if chat.message != "Failed to decode request" or bypass.message == chat.message:
        return None
    return f"a chat is {chat}; the same with X-MCP-Bypass is {bypass}"


def provider_at_fault(seen: Observations, name: str) -> str:
    """Return the provider that the finding of this id is about, or ""."""
    return (_AT_FAULT[name](seen) if name in _AT_FAULT else "") or seen.provider


def _broken(seen: Observations, *texts: str, statuses: tuple[int, ...] = ()) -> tuple[str, str]:
    """Return the first failing provider whose own answer through the proxy has such a text or status, and that."""
    names = [name.removeprefix("proxy ") for name in seen.answers if name.startswith("proxy ")]
    for name in sorted(names, key=lambda name: name != seen.provider):
        listing, own = seen.answer(f"provider {name}"), seen.answer(f"proxy {name}")
        text = f"{listing.message} {own.message}"
        if listing.status >= 400 and (own.status in statuses or any(each in text for each in texts)):
            return name, f"/v1/models?provider={name} is {listing}; /proxy/{name}/models is {own}"
    return "", ""


_ADDRESS: Final = ("unsupported protocol scheme", "{ACCOUNT_ID}", "%7BACCOUNT_ID%7D", "missing protocol scheme")
_BAD_KEY: Final = ("invalid api key", "Incorrect API key", "invalid x-api-key")
_DEAD: Final = ("Failed to reach upstream", "dial tcp", "connection refused", "no such host", "i/o timeout")


def _address(seen: Observations) -> str | None:
    return _broken(seen, *_ADDRESS)[1] or None


def _key_refused(seen: Observations) -> str | None:
    return _broken(seen, *_BAD_KEY, statuses=(401, 403))[1] or None


def _provider_down(seen: Observations) -> str | None:
    return _broken(seen, *_DEAD)[1] or None if not _address(seen) else None


def _key_missing(seen: Observations, *, llamacpp: bool = False) -> str | None:
    listing = seen.answer(f"provider {seen.provider}")
    missing = listing.status == 400 and "requires an API key" in listing.message
    return str(listing) if missing and (seen.provider == "llamacpp") is llamacpp else None


def _no_list(seen: Observations) -> str | None:
    listing = seen.answer(f"provider {seen.provider}")
    empty = listing.status == 200 and not seen.listed(f"provider {seen.provider}")
    works = seen.answer(f"proxy {seen.provider}").status == 200
    if seen.provider not in ("cohere", "cloudflare") or not empty or not works:
        return None
    return f"/v1/models?provider={seen.provider} is empty, and /proxy/{seen.provider}/models is 200"


def _no_providers(seen: Observations) -> str | None:
    models = seen.answer("models")
    empty = seen.healthy and models.status == 200 and models.object() is not None and not seen.listed()
    providers = [name for name in seen.answers if name.startswith("provider ")]
    used = any(seen.listed(name) or seen.answer(name).status == 502 for name in providers)
    return "/v1/models is empty" if empty and not used else None


# The model


def _own_ids(seen: Observations) -> list[str]:
    """Return the ids of the model's provider, with its prefix, from the gateway's lists."""
    return sorted({*seen.listed(), *seen.listed(f"provider {seen.provider}")})


def _closest(seen: Observations) -> str:
    close = difflib.get_close_matches(seen.model or "", _own_ids(seen), 3, 0.5)
    return f"; the closest are {', '.join(close)}" if close else ""


def _bare(seen: Observations) -> str | None:
    if not seen.model or "/" in seen.model or not seen.healthy:
        return None
    same = [each for each in seen.listed() if each.partition("/")[2] == seen.model]
    return f"{seen.model} names no provider" + (f"; listed: {', '.join(same[:3])}" if same else "")


def _unknown_provider(seen: Observations) -> str | None:
    listing = seen.answer(f"provider {seen.provider}")
    return str(listing) if seen.provider and "Provider not found" in listing.message else None


def _absent(seen: Observations) -> bool:
    """Return whether the model has a provider that lists models, and not this one."""
    ids = _own_ids(seen)
    return bool(
        seen.provider and ids and seen.model not in ids and seen.answer(f"provider {seen.provider}").status == 200
    )


def _twice(seen: Observations) -> str | None:
    _, _, rest = (seen.model or "").partition("/")
    return f"{rest} is listed" if _absent(seen) and rest in _own_ids(seen) else None


def _case(seen: Observations) -> str | None:
    same = [each for each in _own_ids(seen) if each.lower() == (seen.model or "").lower()]
    return f"{same[0]} is listed" if _absent(seen) and same else None


def _hidden(seen: Observations) -> str | None:
    hidden = _absent(seen) and seen.model in seen.listed("deprecated")
    return "only the list with include=deprecated has it" if hidden else None


def _filtered(seen: Observations) -> str | None:
    own = seen.listed(f"proxy {seen.provider}")
    named = (seen.model or "").partition("/")[2]
    lists = seen.provider and named in own and seen.answer(f"provider {seen.provider}").status == 200
    return (
        "the provider lists it, the gateway does not"
        if lists and seen.model not in _own_ids(seen) and not _hidden(seen)
        else None
    )


def _unknown_model(seen: Observations) -> str | None:
    if not _absent(seen) or any(shown(seen) for shown in (_twice, _case, _hidden, _filtered)):
        return None
    return f"{len(_own_ids(seen))} models are listed, not this one{_closest(seen)}"


# Features and versions

_OFF: Final = ("not enabled", "not exposed", _ROUTE)
_OLD_NAMES: Final = {
    "AUTH_ENABLE": "auth", "MCP_ENABLE": "mcp", "TELEMETRY_ENABLE": "metrics", "EXPOSE_MCP": "mcp",
}  # fmt: skip
_NEWER: Final = ("audio", "videos", "mcp")


def is_off(seen: Observations, feature: str) -> bool:
    """Return whether a feature of the gateway is off, or absent."""
    if feature == "auth":
        return seen.answer("anonymous").status == 200
    answer = seen.answer(feature)
    return answer.status in (403, 404) and any(text in answer.message for text in _OFF)


def _old_name(seen: Observations) -> str | None:
    silent = [name for name in seen.old_names if name in _OLD_NAMES and is_off(seen, _OLD_NAMES[name])]
    return f"{', '.join(silent)} is set here, and the feature is off" if seen.healthy and silent else None


def _older(seen: Observations) -> str | None:
    missing = [name for name in seen.needs if name in _NEWER and seen.older and is_off(seen, name)]
    return f"{', '.join(missing)}: 404, and include=deprecated is unknown" if missing else None


def _feature_off(seen: Observations) -> str | None:
    off = [name for name in seen.needs if is_off(seen, name) and not (seen.older and name in _NEWER)]
    return "; ".join(f"{name}: {seen.answer(name)}" for name in off) or None


# Calls of --deep


def _slow(seen: Observations) -> str | None:
    stream = seen.answer("stream")
    return (
        f"its first byte came after {stream.seconds:.1f} s"
        if stream.status == 200 and stream.seconds > seen.slow
        else None
    )


def _cut(seen: Observations) -> str | None:
    for name in ("call", "stream"):
        answer = seen.answer(name)
        if answer.failure in ("empty", "reset") and abs(answer.seconds - seen.cut) <= seen.near:
            return f"the connection was closed without an answer after {answer.seconds:.1f} s"
    return None


def _stream_cut(seen: Observations) -> str | None:
    stream = seen.answer("stream")
    broken = stream.status == 200 and stream.arrivals and b"[DONE]" not in stream.body
    return f"it ended after {stream.arrivals[-1]:.1f} s without [DONE]" if broken else None


def _buffered(seen: Observations) -> str | None:
    stream = seen.answer("stream")
    times = stream.arrivals
    if len(times) < 3 or times[-1] - times[0] > seen.burst or times[-1] < 10 * seen.burst:
        return None
    if "x-accel-buffering" in stream.headers or _stream_cut(seen):
        return None
    return f"all {len(times)} events came at once after {times[-1]:.1f} s, and X-Accel-Buffering is gone"


def _call_failed(seen: Observations) -> str | None:
    call = seen.answer("call")
    explained = (row for row in ROWS if row.id != "call-failed" and row.severity == "error" and row.shown(seen))
    return str(call) if call.status >= 400 and next(explained, None) is None else None


def _no_price(seen: Observations) -> str | None:
    row = next((each for each in seen.answer("details").rows() if each.get("id") == seen.model), None)
    unknown = [name for name in ("context_window", "pricing") if row is not None and row.get(name) is None]
    return f"the list has no {' and no '.join(unknown)} for it" if unknown else None


_AT_FAULT: Final[dict[str, Callable[[Observations], str]]] = {
    "provider-address": lambda seen: _broken(seen, *_ADDRESS)[0],
    "key-refused": lambda seen: _broken(seen, *_BAD_KEY, statuses=(401, 403))[0],
    "provider-unreachable": lambda seen: _broken(seen, *_DEAD)[0],
}
_GW: Final = "gateway-behaviour.md#"
ROWS: Final = (
    Row("proxy", "error", "a proxy gets the requests for {host} and does not pass them on",
        "add {host} to NO_PROXY, or pass proxy=None", "transport.md", _proxy),
    Row("name", "error", "the name {host} does not resolve here",
        "correct the host in base_url: inside containers it is the service's name, outside it is localhost",
        "gateway.md", _name),
    Row("address-family", "error", "the gateway listens on another address family",
        "name the address that answers in base_url, or set SERVER_HOST on the gateway", "gateway.md", _other_family),
    Row("nothing-listens", "error", "nothing listens at {host}:{port}",
        "start the gateway, or correct the port in base_url (the default is 8080)", _GW + "running-locally",
        _nothing_listens),
    Row("unreachable", "error", "{host}:{port} cannot be reached",
        "check the address in base_url, the network and its firewalls", "gateway.md", _unreachable),
    Row("http-for-https", "error", "base_url has http://, and the gateway speaks TLS there",
        "write https:// in base_url", _GW + "connections", _plain_for_tls),
    Row("https-for-http", "error", "base_url has https://, and the server speaks plain HTTP there",
        "write http:// in base_url, or set SERVER_TLS_CERT_PATH and SERVER_TLS_KEY_PATH on the gateway",
        _GW + "connections", _tls_for_plain),
    Row("certificate-authority", "error", "the authority of the gateway's certificate is not trusted here",
        'name it with ca="ca.pem" (igw: --ca)', "transport.md", lambda seen: _certificate(seen, *_UNTRUSTED)),
    Row("certificate-expired", "error", "the gateway's certificate is not valid now",
        "renew it on the gateway, and compare the clocks", "transport.md",
        lambda seen: _certificate(seen, *_INVALID[:2])),
    Row("certificate-name", "error", "the gateway's certificate is for another name than {host}",
        "name a host in base_url that the certificate lists, or issue one for {host}", "transport.md",
        lambda seen: _certificate(seen, *_INVALID[2:])),
    Row("tls", "error", "the TLS handshake with {host}:{port} fails",
        "check that the port speaks TLS, that both sides share a version, and whether it wants a certificate (cert=)",
        "transport.md", _tls_failed),
    Row("no-answer", "error", "{host}:{port} accepts connections and does not answer",
        "set SERVER_HOST=0.0.0.0 if the gateway runs in a container and its port is mapped; otherwise read its log",
        _GW + "running-locally", _empty),
    Row("guardrails", "error", "the gateway's guardrails refuse every request, its health included",
        "check GUARDRAILS_POLICY_DIR and GUARDRAILS_EXTERNAL_URL, and GUARDRAILS_FAIL_MODE if the service is down",
        _GW + "guardrails", _guardrails),
    Row("base-url", "error", "base_url has a wrong path",
        "write the gateway's address with nothing after /v1, and without redirects", _GW + "routes", _base_url),
    Row("other-server", "error", "another server than the gateway answers at {root}",
        "correct the host or the port in base_url", "gateway.md", _other_server),
    Row("no-models", "error", "the gateway is healthy, and does not list its models", "read its log",
        _GW + "model-listing", _no_models),
    Row("clock", "warning", "the clocks of the gateway and of this machine differ", "synchronise both (NTP)",
        _GW + "authentication", _clock),
    Row("no-token", "error", "the gateway requires a token, and none is sent",
        "pass token=, or set INFERENCE_GATEWAY_TOKEN", _GW + "authentication",
        lambda seen: _form(seen, "", "/health is 200, /v1/models is 401 without a token")),
    Row("token-scheme", "error", "the token is sent as `Bearer Bearer ...`",
        "leave out the word Bearer: the client adds it", _GW + "authentication",
        lambda seen: _form(seen, "scheme", "the token begins with the word Bearer")),
    Row("token-provider-key", "error", "a provider's key is sent in place of the gateway's token",
        "set provider keys on the gateway, such as OPENAI_API_KEY, and pass a token of its issuer here",
        _GW + "authentication", lambda seen: _form(seen, "provider-key", "the token has the form of a provider's key")),
    Row("token-expired", "error", "the token has expired", "get a new one, or pass a function that does as token=",
        _GW + "authentication", _expired),
    Row("token-early", "error", "the token is not valid yet", "compare the clocks of the issuer and of the gateway",
        _GW + "authentication", _early),
    Row("token-issuer", "error", "the token comes from another issuer than the gateway's",
        "get a token from the gateway's issuer, or set AUTH_OIDC_ISSUER on the gateway", _GW + "authentication",
        _issuer),
    Row("issuer-unreachable", "error", "the gateway probably cannot reach the issuer of its tokens",
        "check AUTH_OIDC_ISSUER from where the gateway runs, then restart it: it asks once, at its start",
        _GW + "authentication", _issuer_down),
    Row("token-audience", "error", "the token is probably for another audience than the gateway",
        "request a token for AUTH_OIDC_CLIENT_ID of the gateway (AUTH_OIDC_AUDIENCE on newer ones)",
        _GW + "authentication", _audience),
    Row("token-refused", "error", "the gateway does not accept the token",
        "pass a token that its issuer signed; it is a JSON Web Token", _GW + "authentication",
        lambda seen: _form(seen, "opaque", "401 for a token that is not a JSON Web Token")),
    Row("self-call", "error", "the gateway does not trust its own certificate, and its requests to itself fail",
        "trust the certificate's authority on the gateway's machine, for the name in SERVER_HOST",
        _GW + "faults-of-the-inner-hop", _self_call),
    Row("mcp-servers", "error", "MCP is on and no MCP server can be reached, so that every chat fails",
        "start the servers in MCP_SERVERS, or set MCP_ENABLED=false; mcp_bypass=True avoids it for one call",
        _GW + "known-bugs", _mcp_dead),
    Row("llamacpp-key", "error", "the gateway requires a key even for a local llama.cpp server",
        "set LLAMACPP_API_KEY on the gateway to any text", _GW + "known-bugs",
        lambda seen: _key_missing(seen, llamacpp=True)),
    Row("key-missing", "error", "the gateway has no key for {provider}", "set {setting}_API_KEY on the gateway",
        _GW + "providers", _key_missing),
    Row("provider-address", "error", "the gateway's address of {provider} is incomplete",
        "set {setting}_API_URL on the gateway to a whole address, or unset it: an empty value counts",
        _GW + "providers", _address),
    Row("key-refused", "error", "{provider} refuses the gateway's key",
        "correct {setting}_API_KEY on the gateway; Z.ai has separate addresses for its coding plan (ZAI_API_URL)",
        _GW + "providers", _key_refused),
    Row("provider-unreachable", "error", "the gateway cannot reach {provider}",
        "check that it runs, and {setting}_API_URL: the defaults of ollama and llamacpp are names of containers",
        _GW + "providers", _provider_down),
    Row("empty-list", "note", "the gateway cannot list the models of {provider}, which work all the same",
        "name the model in full; a newer gateway may list it", _GW + "known-bugs", _no_list),
    Row("no-providers", "error", "the gateway has no provider with models",
        "set the key of one on the gateway, such as OPENAI_API_KEY", _GW + "providers", _no_providers),
    Row("model-bare", "error", "the model has no provider, which only a routing alias may lack",
        'write it as "provider/model"', _GW + "choosing-the-provider", _bare),
    Row("model-provider", "error", "{provider} is not a provider of this gateway",
        'begin the model with the id of one, such as "openai/"', _GW + "choosing-the-provider", _unknown_provider),
    Row("model-twice", "error", "the model has the provider twice", "write the provider once",
        _GW + "choosing-the-provider", _twice),
    Row("model-case", "error", "the model is spelt with other capitals", "write it as the list has it",
        _GW + "choosing-the-provider", _case),
    Row("model-hidden", "warning", "the model is deprecated, and hidden from lists", "choose its successor",
        _GW + "model-listing", _hidden),
    Row("model-not-allowed", "error", "the gateway does not allow the model",
        "change ALLOWED_MODELS or DISALLOWED_MODELS on the gateway, or choose a listed model",
        _GW + "allowed-and-disallowed-models", _filtered),
    Row("model-unknown", "warning", "no provider lists the model", "choose a listed one: igw models shows them",
        _GW + "model-listing", _unknown_model),
    Row("old-setting", "warning", "gateways since 0.41 ignore a setting by its old name, without a word",
        "write AUTH_ENABLED, MCP_ENABLED, TELEMETRY_ENABLED and MCP_EXPOSE", _GW + "running-locally", _old_name),
    Row("older-gateway", "error", "the gateway is too old for a feature in use", "use a gateway newer than 0.48",
        _GW + "version-history", _older),
    Row("feature-off", "error", "a feature in use is off on the gateway",
        "set IMAGES_ENABLED (ENABLE_IMAGES up to 0.48), AUDIO_ENABLED, VIDEOS_ENABLED, MCP_ENABLED and MCP_EXPOSE, or "
        "TELEMETRY_METRICS_PUSH_ENABLED to true; names such as MCP_ENABLE and EXPOSE_MCP are ignored", _GW + "routes",
        _feature_off),
    Row("timeout", "error", "the gateway closed the connection after {cut} s, its limit for whole answers",
        "raise SERVER_READ_TIMEOUT and SERVER_WRITE_TIMEOUT on the gateway, or stream", _GW + "timeouts", _cut),
    Row("slow", "warning", "the provider's first byte takes more than {slow} s; the gateway gives up after 10 s",
        "raise CLIENT_RESPONSE_HEADER_TIMEOUT, and SERVER_WRITE_TIMEOUT above it", _GW + "timeouts", _slow),
    Row("stream-cut", "error", "a stream was cut off before its end",
        "check proxies before the gateway for a limit on idle connections", _GW + "lost-streams", _stream_cut),
    Row("stream-buffered", "warning", "a proxy before the gateway holds streams back until their end",
        "turn its buffering off for text/event-stream (nginx: proxy_buffering off)", _GW + "chat-streaming", _buffered),
    Row("call-failed", "error", "a call of {model} fails", "read the evidence, and the gateway's log",
        _GW + "error-catalogue", _call_failed),
    Row("no-price", "note", "price or context window of {model} are unknown, so costs and budgets are too",
        "pass prices= to the client, or choose a model that the gateway's tables have", _GW + "model-metadata",
        _no_price),
)  # fmt: skip
