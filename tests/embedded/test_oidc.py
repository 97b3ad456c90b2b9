"""Tokens of an OpenID Connect issuer, checked by the embedded gateway: an issuer on loopback signs them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from embedded.recordings import CAPTURES, TOKEN_CASES
from inference_gateway_sdk import UnauthorizedError
from inference_gateway_sdk._version import install_command
from inference_gateway_sdk.embedded import IssuerError, Oidc, ScriptedProvider, Settings, SettingsError, running
from inference_gateway_sdk.embedded.oidc import TokenVerifier
from support.server import Connection, Request, Server
from support.weights import nowhere

if TYPE_CHECKING:
    from conftest import RawAnswer
    from support.worlds import World

pytestmark = pytest.mark.wire

OURS = "our-client"


class Issuer:
    """An issuer that signs tokens, and serves its keys."""

    def __init__(self) -> None:
        self.server = Server(self._answer)
        self.url = self.server.url
        self.name: str = self.url
        self.status = 200
        self.algorithms: list[str] | None = ["RS256", "ES256", "HS256"]
        self.keys: dict[str, Any] = {"first": RSA_KEY}
        self.use = "sig"
        self.key_algorithm: str | None = None

    def token(
        self, *, key: str = "first", signer: Any = None, headers: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """Return a token for us, valid for an hour, with these claims over the usual ones; None leaves one out."""
        usual = {"iss": self.url, "aud": OURS, "sub": "someone", "exp": time.time() + 3600}
        signer = signer or self.keys[key]
        algorithm = "ES256" if isinstance(signer, ec.EllipticCurvePrivateKey) else "RS256"
        all_claims = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode(all_claims, signer, algorithm, headers={"kid": key} if headers is None else headers)

    @property
    def asked(self) -> list[str]:
        """Return the requested paths, in order."""
        return [request.path for request in self.server.requests]

    def _answer(self, connection: Connection, request: Request) -> None:
        if request.path == "/.well-known/openid-configuration":
            more = {} if self.algorithms is None else {"id_token_signing_alg_values_supported": self.algorithms}
            connection.json({"issuer": self.name, "jwks_uri": f"{self.url}/keys", **more}, self.status)
        else:
            own = {} if self.key_algorithm is None else {"alg": self.key_algorithm}
            keys = [{**_public(name, key), "use": self.use, **own} for name, key in self.keys.items()]
            connection.json({"keys": keys}, self.status)


RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def _public(name: str, key: Any) -> dict[str, Any]:
    algorithm: Any = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": name}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """Return an issuer with one key."""
    issuer = Issuer()
    yield issuer
    issuer.server.stop()


@contextmanager
def guarded(issuer: Issuer, quirks: str | None = None) -> Iterator[httpx2.Client]:
    """Return a gateway that accepts the issuer's tokens, with a scripted provider."""
    settings = Settings(port=0, oidc=Oidc(issuer=issuer.url, audience=OURS), quirks=quirks)
    with (
        running(settings, local=nowhere(), scripted=ScriptedProvider()) as url,
        httpx2.Client(base_url=url, timeout=20, trust_env=False) as client,
    ):
        yield client


def status(
    client: httpx2.Client,
    authorization: str | None,
    path: str = "/v1/models",
    *,
    wanted: str | None = 'Bearer realm="inference-gateway"',
) -> int:
    """Return the status of a GET with this header; every 401 must look the same, with a challenge."""
    headers = {} if authorization is None else {"authorization": authorization}
    answer = client.get(path, headers=headers)
    if answer.status_code == 401:
        assert answer.text == '{"error":"unauthorized"}'
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers.get("www-authenticate") == wanted
    return answer.status_code


def test_one_of_several_audiences_is_enough(issuer: Issuer) -> None:
    """`AUTH_OIDC_AUDIENCE` takes the place of the client id."""
    oidc = Oidc(issuer=issuer.url, audience="the-client", audiences=("other", OURS))
    with (
        running(Settings(port=0, oidc=oidc), local=nowhere(), scripted=ScriptedProvider()) as url,
        httpx2.Client(base_url=url, timeout=20, trust_env=False) as client,
    ):
        assert status(client, f"Bearer {issuer.token()}") == 200
        assert status(client, f"Bearer {issuer.token(aud='the-client')}") == 401


@pytest.mark.parametrize(
    ("given", "headers", "resource"),
    [
        (None, {}, "http://gw.example/mcp"),
        (None, {"x-forwarded-proto": "https"}, "https://gw.example/mcp"),
        (None, {"x-forwarded-proto": "gopher"}, "http://gw.example/mcp"),
        ("https://public.example/mcp", {"x-forwarded-proto": "http"}, "https://public.example/mcp"),
    ],
)
def test_a_refusal_at_mcp_names_the_metadata(
    issuer: Issuer, given: str | None, headers: dict[str, str], resource: str
) -> None:
    """The challenge leads to the document, and the document has the public address (RFC 9728)."""
    settings = Settings(
        port=0, oidc=Oidc(issuer=issuer.url, audience=OURS), expose_mcp=True, mcp_resource_url=given,
        allowed_hosts=("gw.example",),
    )  # fmt: skip
    with (
        running(settings, local=nowhere()) as url,
        httpx2.Client(base_url=url, timeout=20, trust_env=False, headers={"host": "gw.example", **headers}) as client,
    ):
        refusal = client.post("/mcp", json={})
        metadata = resource.removesuffix("/mcp") + "/.well-known/oauth-protected-resource/mcp"
        challenge = f'Bearer realm="inference-gateway", resource_metadata="{metadata}"'
        assert (refusal.status_code, refusal.headers["www-authenticate"]) == (401, challenge)
        assert client.get("/v1/models").headers["www-authenticate"] == 'Bearer realm="inference-gateway"'
        found = client.get("/.well-known/oauth-protected-resource/mcp").json()
    assert found == {
        "resource": resource,
        "authorization_servers": [issuer.url],
        "bearer_methods_supported": ["header"],
    }


def test_a_token_of_the_issuer_opens_every_path_and_nothing_else_does(issuer: Issuer) -> None:
    """Only the health check and the token metadata are open; an unknown path is not.

    See gateway-behaviour.md#authentication.
    """
    with guarded(issuer) as client:
        good = f"Bearer {issuer.token()}"
        assert [status(client, good, path) for path in ("/v1/models", "/nope", "/proxy/openai/models")] == [
            200,
            404,
            200,
        ]
        assert status(client, None, "/health") == 200
        assert status(client, None, "/.well-known/oauth-protected-resource/mcp") != 401
        for path in ("/v1/models", "/nope", "/proxy/openai/models", "/v1/mcp/tools", "/health/x"):
            assert status(client, None, path) == 401
        for path in ("chat/completions", "messages", "metrics"):
            answer = client.post(f"/v1/{path}", json={"model": "openai/x"})
            assert (answer.status_code, answer.text) == (401, '{"error":"unauthorized"}')
        moved = client.get("/v1/models/")
        assert (moved.status_code, moved.headers["location"]) == (301, "/v1/models")


def test_the_prefix_is_taken_to_the_letter(issuer: Issuer) -> None:
    """A token passes after `Bearer` alone, not even after a lower-case `bearer`.

    See gateway-behaviour.md#authentication.
    """
    with guarded(issuer) as client:
        token = issuer.token()
        for odd in (token, f"bearer {token}", f"Basic {token}", "Bearer"):
            assert status(client, odd) == 401
        assert client.get("/v1/models", headers={"x-api-key": token}).status_code == 401
        assert client.get(f"/v1/models?token={token}").status_code == 401


def test_the_real_gateway_passes_a_raw_token_and_sends_no_challenge(issuer: Issuer) -> None:
    """By a quirk of v0.48 a missing prefix is accepted (gateway-behaviour.md#authentication)."""
    with guarded(issuer, "v0.48") as client:
        token = issuer.token()
        assert status(client, token) == status(client, f"Bearer {token}") == 200
        assert status(client, f"bearer {token}", wanted=None) == status(client, None, wanted=None) == 401


def test_a_token_must_be_signed_from_the_issuer_for_us_and_of_now(issuer: Issuer) -> None:
    """Each of these faults alone is enough to refuse a token."""
    now = time.time()
    issuer.keys["curve"] = EC_KEY
    good = {
        "as it should be": issuer.token(),
        "another kind of key": issuer.token(key="curve"),
        "no key named": issuer.token(headers={}),
        "for several": issuer.token(aud=["others", OURS]),
        "begins soon, for clocks differ": issuer.token(nbf=now + 200),
        "issued later than now": issuer.token(iat=now + 200),
    }
    bad = {
        "wrong key": issuer.token(signer=OTHER_KEY),
        "wrong kind of key": issuer.token(key="curve", signer=RSA_KEY, headers={"kid": "curve"}),
        "wrong audience": issuer.token(aud="others"),
        "no audience": issuer.token(aud=None),
        "wrong issuer": issuer.token(iss="http://elsewhere"),
        "no issuer": issuer.token(iss=None),
        "expired": issuer.token(exp=now - 60),
        "never expires": issuer.token(exp=None),
        "begins later": issuer.token(nbf=now + 4000),
        "a shared secret": jwt.encode({"iss": issuer.url, "aud": OURS, "exp": now + 60}, "s" * 40, "HS256"),
        "not signed": jwt.encode({"iss": issuer.url, "aud": OURS, "exp": now + 60}, None, "none"),
        "cut": issuer.token()[:-4],
        "not a token": "sk-1234",
        "not even text": "\x00é",
    }
    verifier = TokenVerifier.discover(Oidc(issuer=issuer.url, audience=OURS))

    async def verdicts() -> dict[str, bool]:
        return {name: await verifier.accepts(token) for name, token in {**good, **bad}.items()}

    found = asyncio.run(verdicts())
    assert found == dict.fromkeys(good, True) | dict.fromkeys(bad, False)


def test_a_key_that_is_new_is_asked_for_and_one_that_is_gone_is_forgotten(issuer: Issuer) -> None:
    """A token of an unknown key makes the gateway fetch the keys again; the earlier keys are then invalid."""
    verifier = TokenVerifier.discover(Oidc(issuer=issuer.url, audience=OURS), pause=0)
    before = issuer.token()

    async def rotation() -> list[bool]:
        first = await verifier.accepts(before)
        issuer.keys = {"second": OTHER_KEY}
        unaware = await verifier.accepts(before)
        second = await verifier.accepts(issuer.token(key="second"))
        return [first, unaware, second, await verifier.accepts(before)]

    assert asyncio.run(rotation()) == [True, True, True, False]


def test_unknown_keys_are_asked_for_once_at_a_time(issuer: Issuer) -> None:
    """Any number of tokens with unknown keys makes one request to the issuer, and all get its answer."""
    verifier = TokenVerifier.discover(Oidc(issuer=issuer.url, audience=OURS), pause=60)
    stranger = issuer.token(signer=OTHER_KEY, headers={"kid": "stranger"})

    async def crowd() -> tuple[list[bool], list[bool]]:
        good = await asyncio.gather(*(verifier.accepts(issuer.token()) for _ in range(20)))
        return good, await asyncio.gather(*(verifier.accepts(stranger) for _ in range(20)))

    assert asyncio.run(crowd()) == ([True] * 20, [False] * 20)
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


def test_a_client_that_leaves_does_not_take_the_keys_from_the_others(issuer: Issuer) -> None:
    """A client that disconnects does not cancel the request for keys; another token waits for its answer."""
    verifier = TokenVerifier.discover(Oidc(issuer=issuer.url, audience=OURS), pause=60)

    async def leave() -> bool:
        leaver = asyncio.create_task(verifier.accepts(issuer.token()))
        await asyncio.sleep(0)
        leaver.cancel()
        await asyncio.sleep(0)
        return await verifier.accepts(issuer.token())

    assert asyncio.run(leave())


def test_an_issuer_that_stops_answering_leaves_the_keys_that_are_known(issuer: Issuer) -> None:
    """Its tokens are valid until they expire; tokens with other keys are refused."""
    verifier = TokenVerifier.discover(Oidc(issuer=issuer.url, audience=OURS), pause=0)

    async def outage() -> list[bool]:
        first = await verifier.accepts(issuer.token())
        issuer.status = 500
        stranger = await verifier.accepts(issuer.token(signer=OTHER_KEY, headers={"kid": "stranger"}))
        return [first, stranger, await verifier.accepts(issuer.token())]

    assert asyncio.run(outage()) == [True, False, True]


def test_only_signatures_the_issuer_uses_are_taken(issuer: Issuer) -> None:
    """An issuer that names none uses RS256 (OpenID Connect Discovery 1.0, section 3)."""
    issuer.keys["curve"] = EC_KEY
    issuer.algorithms = None
    verifier = TokenVerifier.discover(Oidc(issuer=issuer.url, audience=OURS))
    assert asyncio.run(verifier.accepts(issuer.token()))
    assert not asyncio.run(verifier.accepts(issuer.token(key="curve")))


def test_a_key_for_another_algorithm_signs_nothing(issuer: Issuer) -> None:
    """A key with an `alg` verifies only that algorithm (RFC 7517 section 4.4)."""
    issuer.algorithms = ["RS256", "PS256"]
    for algorithm, wanted in (("RS256", 200), ("PS256", 401)):
        issuer.key_algorithm = algorithm
        with guarded(issuer) as client:
            assert status(client, f"Bearer {issuer.token()}") == wanted


def test_a_key_for_another_use_signs_nothing(issuer: Issuer) -> None:
    """A key for encryption is not used (RFC 7517, section 4.2)."""
    issuer.use = "enc"
    verifier = TokenVerifier.discover(Oidc(issuer=issuer.url, audience=OURS))
    assert not asyncio.run(verifier.accepts(issuer.token()))


def test_no_proxy_of_the_environment_is_used_for_an_issuer_on_this_machine(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The issuer's addresses and keys are fetched although the environment's proxy does not answer."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    verifier = TokenVerifier.discover(Oidc(issuer=issuer.url, audience=OURS))
    assert asyncio.run(verifier.accepts(issuer.token()))


def test_an_issuer_that_cannot_be_asked_ends_the_start(issuer: Issuer) -> None:
    """The error of an issuer that is down, invalid, or of another name has the reason and the address."""
    oidc = Oidc(issuer=issuer.url, audience=OURS)
    issuer.name = "http://someone-else"
    with pytest.raises(IssuerError, match=f"{issuer.url}.*calls itself 'http://someone-else'"):
        TokenVerifier.discover(oidc)
    issuer.status = 404
    with pytest.raises(IssuerError, match=f"{issuer.url}/.well-known/openid-configuration cannot be used"):
        TokenVerifier.discover(oidc)
    issuer.server.stop()
    with (
        pytest.raises(IssuerError, match="cannot be used"),
        running(Settings(port=0, oidc=oidc), local=nowhere()),
    ):
        pytest.fail("it started without its issuer")


def test_the_settings_are_the_real_gateways(issuer: Issuer) -> None:
    """`AUTH_ENABLED` without an issuer or a client id raises with the name of the variable."""
    whole = {"AUTH_ENABLED": "true", "AUTH_OIDC_ISSUER": issuer.url, "AUTH_OIDC_CLIENT_ID": OURS}
    assert Settings.from_env(whole).oidc == Oidc(issuer=issuer.url, audience=OURS)
    assert Settings.from_env({**whole, "AUTH_ENABLED": "false"}).oidc is None
    for name in ("AUTH_OIDC_ISSUER", "AUTH_OIDC_CLIENT_ID"):
        with pytest.raises(SettingsError, match=name):
            Settings.from_env({**whole, name: ""})


def test_without_its_library_the_error_has_the_install_command() -> None:
    """With tokens required the error names the extra; without them nothing is missing."""
    program = (
        "import sys; sys.modules['jwt'] = None\n"
        "from inference_gateway_sdk.embedded import Gateway, IssuerError, LocalModel, Oidc, Settings\n"
        "from inference_gateway_sdk.embedded.weights import locate\n"
        "local = LocalModel(locate())\n"
        "Gateway.build(Settings(), local)\n"
        "try: Gateway.build(Settings(oidc=Oidc(issuer='http://127.0.0.1:9', audience='us')), local)\n"
        "except IssuerError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert install_command("oidc") in done.stdout


@pytest.mark.parametrize("name", TOKEN_CASES)
def test_the_recorded_refusal_is_reproduced(
    issuer: Issuer, exchange: Callable[..., RawAnswer], raw_answer: type[RawAnswer], name: str
) -> None:
    """Status, headers and body of the real gateway's 401 are equal; only the date may differ."""
    request = (CAPTURES / f"{name}.request.txt").read_bytes().replace(b"\n", b"\r\n")
    theirs = raw_answer((CAPTURES / f"{name}.response.http").read_bytes())
    with guarded(issuer, "v0.48") as client:
        ours = exchange(client, request)
    assert (ours.status, ours.headers, ours.chunks) == (theirs.status, theirs.headers, theirs.chunks)


def test_a_token_function_fetches_the_next_token_when_one_is_refused(issuer: Issuer, world: World) -> None:
    """An expired token is refused, the function is called once more, and the call succeeds, in both clients."""
    tokens = [issuer.token(exp=time.time() - 60), issuer.token()]
    handed = iter(tokens)

    async def ask(client: Any) -> None:
        assert (await client.generate_content("openai/any", "Hello there")).text == "You wrote: Hello there"
        async with client.generate_content_stream("openai/any", "Hello again") as stream:
            assert (await stream.final()).text == "You wrote: Hello again"

    with guarded(issuer) as gateway:
        world.with_client(ask, str(gateway.base_url), token=lambda: next(handed))
        assert next(handed, None) is None

        async def refused(client: Any) -> None:
            with pytest.raises(UnauthorizedError, match="unauthorized"):
                await client.list_models()

        world.with_client(refused, str(gateway.base_url), token=issuer.token(aud="others"))


def test_a_part_of_the_issuer_is_not_the_issuer(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The issuer is compared whole, also with a PyJWT that accepts any part of its name (2.10.0, CVE-2024-53861)."""
    monkeypatch.setattr(jwt.PyJWT, "_validate_iss", lambda *_, **__: None)
    with guarded(issuer) as client:
        for name, status in ((issuer.url, 200), (issuer.url[:-1], 401), ("http", 401), ("", 401)):
            answer = client.get("/v1/models", headers={"Authorization": f"Bearer {issuer.token(iss=name)}"})
            assert answer.status_code == status, name
