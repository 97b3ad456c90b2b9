"""`client.diagnose`, `diagnose(error)` and `igw doctor`."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from doctor.setups import PASSWORD, SETUPS, TOKEN, fake, free_port, gateway
from inference_gateway_sdk import Diagnosis, Finding, diagnose
from inference_gateway_sdk.doctor.findings import ROWS
from inference_gateway_sdk.doctor.probes import describe_token
from inference_gateway_sdk.doctor.report import scrub
from support.worlds import World

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.wire

Run = Callable[..., subprocess.CompletedProcess[str]]
HINTED = "run `igw doctor`"


@pytest.fixture(scope="module")
def closed() -> Iterator[str]:
    """The address of a gateway that requires a token."""
    with gateway(token="the-right-one") as url:
        yield url


@pytest.mark.parametrize("name", ["async", "blocking"])
def test_both_clients_examine_their_own_setup(name: str, closed: str) -> None:
    """The token, the headers and the address are those of the client; nothing of them is shown."""
    headers = {"x-secret": PASSWORD}
    found = World(name).with_client(lambda client: client.diagnose(), closed, token=TOKEN, headers=headers)
    assert isinstance(found, Diagnosis)
    assert [finding.id for finding in found.findings] == ["token-refused"]
    assert (found.ok, found.facts["token"], found.facts["gateway"]) == (False, "required", closed)
    assert TOKEN not in str(found) + found.to_json()
    ok = World(name).with_client(lambda client: client.diagnose(needs=["mcp"]), closed, token=lambda: "the-right-one")
    assert [finding.id for finding in ok.findings] == ["feature-off"]


@pytest.mark.parametrize("name", ["async", "blocking"])
@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        ({"model": 5}, TypeError, "^model must be a string"),
        ({"deep": True}, ValueError, "^deep needs a model to call: pass model"),
        ({"needs": "images"}, TypeError, r'^needs must be a list of features, got a string: write needs=\["images"\]'),
        ({"needs": ["pictures"]}, ValueError, "^needs: 'pictures' is unknown; choose from images, audio"),
    ],
)
def test_bad_input_names_the_argument(name: str, given: dict[str, Any], kind: type[Exception], text: str) -> None:
    """Nothing is sent: the address would refuse connections, which is a finding and not an error."""
    with pytest.raises(kind, match=text):
        World(name).with_client(lambda client: client.diagnose(**given), "http://127.0.0.1:9")


def test_a_closed_client_does_not_examine() -> None:
    """As for every other method, a closed client is an error."""
    client = sdk.InferenceGatewayClient("http://127.0.0.1:9")
    client.close()
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.diagnose()


def raised(call: Callable[[Any], Any], url: str, **options: Any) -> sdk.errors.GatewayError:
    """Return the error of a call."""
    with sdk.InferenceGatewayClient(url, proxy=None, max_retries=0, **options) as client:
        with pytest.raises(sdk.errors.GatewayError) as caught:
            call(client)
        return caught.value


def test_an_error_at_hand_is_explained(closed: str) -> None:
    """Errors of real calls lead to the same ids as the examination, with the error's text as evidence."""
    chat = "openai/gpt"
    with gateway(scripted=False) as bare, SETUPS["images_off"]() as off, SETUPS["unknown_authority"]() as tls:
        refused = f"http://127.0.0.1:{free_port()}"
        found = {
            "unknown": raised(lambda client: client.list_models(), closed),
            "key-missing": raised(lambda client: client.generate_content(chat, "hi"), bare),
            "model-bare": raised(lambda client: client.generate_content("gpt", "hi"), bare),
            "model-provider": raised(lambda client: client.list_models("acme"), bare),
            "feature-off": raised(lambda client: client.generate_image("a cat", model=chat), off["setup"].root),
            "certificate-authority": raised(lambda client: client.list_models(), tls["setup"].root),
            "nothing-listens": raised(lambda client: client.list_models(), refused),
        }
    for name, error in found.items():
        (finding,) = diagnose(error).findings
        assert finding.id == name
        assert finding.evidence and finding.evidence[:20] in error.message
    assert "INFERENCE_GATEWAY_TOKEN" in diagnose(found["unknown"]).findings[0].fix
    assert "OPENAI_API_KEY" in diagnose(found["key-missing"]).findings[0].fix


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (sdk.errors.TimeoutError("late", limit="connect"), "unreachable"),
        (sdk.errors.TimeoutError("late", limit="total"), "slow"),
        (sdk.errors.StreamTruncatedError("cut"), "stream-cut"),
        (sdk.errors.RequestError("the connection was closed"), "no-answer"),
        (sdk.errors.NotFoundError("Moved", status=301), "base-url"),
        (sdk.errors.BadRequestError("Failed to decode request", status=400), "mcp-servers"),
        (sdk.errors.UnauthorizedError("Incorrect API key provided: sk-abcdefgh", status=401), "key-refused"),
        (sdk.errors.RateLimitError("quota", status=429), "unknown"),
        (sdk.errors.DecodingError("not JSON", hint="look at the body"), "unknown"),
        (sdk.errors.DecodingError("not JSON (x): '<html>'"), "other-server"),
        (sdk.errors.RequestError("invalid HTTP response from http://h"), "other-server"),
        (sdk.errors.BadRequestError("Unable to determine provider for", status=400, model="acme/x"), "model-provider"),
        (sdk.errors.BadRequestError("It requires an API key", status=400, provider="llamacpp"), "llamacpp-key"),
        (sdk.errors.NotFoundError("Requested route is not found", status=404), "base-url"),
        (sdk.errors.NotFoundError("Requested route is not found", status=404, hint="newer than 0.48"), "unknown"),
        (
            sdk.errors.ConnectError("cannot connect to h:80: Connection refused (http://h/v1)", url="http://h/v1"),
            "nothing-listens",
        ),
        (
            sdk.errors.ConnectError("cannot connect to p:3128: Connection refused (http://h/v1)", url="http://h/v1"),
            "proxy",
        ),
        (sdk.errors.ConnectError("cannot resolve h: unknown (http://h/v1)", url="http://h/v1"), "name"),
    ],
)
def test_an_error_by_class_or_message_is_explained(error: Exception, name: str) -> None:
    """What the table does not know keeps the error's own hint, or names the examination."""
    (finding,) = diagnose(error).findings
    assert finding.id == name
    assert "sk-abcdefgh" not in str(diagnose(error))
    if name == "unknown":
        assert finding.fix in (getattr(error, "hint", None), f"{HINTED}, or client.diagnose(), where the error occurs")


def test_only_errors_of_the_package_are_explained() -> None:
    """Another exception is a wrong argument."""
    with pytest.raises(TypeError, match="error must be a GatewayError, got KeyError"):
        diagnose(KeyError("x"))


def test_every_id_of_an_error_is_one_of_the_table() -> None:
    """The map from messages to findings names rows that exist."""
    from inference_gateway_sdk import doctor

    ids = {row.id for row in ROWS}
    assert {name for *_, name in (*doctor._MESSAGES, *doctor._CONNECTING)} <= ids


def test_a_diagnosis_is_text_and_json() -> None:
    """Text is wrapped; JSON has the findings' fields and the facts."""
    finding = Finding("x", "warning", "a fault " * 20, "seen " * 30, "do it", "retries.md")
    found = Diagnosis((finding,), {"gateway": "http://h", "features": {"mcp": "on"}, "providers": [], "models": 3})
    lines = found.text(60).splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[-4:] == ["gateway        http://h", "features       mcp on", "providers      -", "models         3"]
    assert json.loads(found.to_json()) == found.to_dict()
    assert found.to_dict()["findings"][0]["severity"] == "warning"
    assert Diagnosis((), {}).ok


def test_text_of_servers_is_cleaned() -> None:
    """Secrets, keys, control characters and long texts do not get into a finding."""
    dirty = f"a {TOKEN} \x1b[31m Bearer abcdefgh1jkl sk-abcdefghij\nend " + "x" * 400
    clean = scrub(dirty, {TOKEN, "a"})
    assert clean.startswith("a [hidden] [31m Bearer ... sk-... end xxx")
    assert len(clean) == 303


@pytest.mark.parametrize(
    ("token", "kind"),
    [(None, ""), ("Bearer x", "scheme"), ("gsk_1", "provider-key"), ("a.b.c", "opaque"), ("a.W10.c", "opaque")],
)
def test_a_token_is_described_by_its_form(token: str | None, kind: str) -> None:
    """Only a JSON Web Token has claims; a list in place of claims is none."""
    assert describe_token(token).kind == kind


def test_igw_doctor_at_a_pipe(igw: Run, closed: str) -> None:
    """The findings are printed in the terms of the shell; the exit code is 1 with a fault and 0 without."""
    done = igw("doctor", "--base-url", closed)
    assert done.returncode == 1
    assert done.stdout.startswith("error: the gateway requires a token, and none is sent [no-token]\n")
    assert "  do:   use --token, or set INFERENCE_GATEWAY_TOKEN\n" in done.stdout
    fine = igw("doctor", "--base-url", closed, "--token", "the-right-one")
    assert (fine.returncode, fine.stdout.splitlines()[-1]) == (0, "no fault found")
    assert "the-right-one" not in fine.stdout + fine.stderr


def test_igw_doctor_prints_json(igw: Run, closed: str) -> None:
    """JSON is the same as `to_json`, and has the exit code too."""
    done = igw("doctor", "--json", "--base-url", closed, "--token", TOKEN)
    assert (done.returncode, json.loads(done.stdout)["findings"][0]["id"]) == (1, "token-refused")
    assert TOKEN not in done.stdout


def test_igw_doctor_calls_a_model_and_states_the_price_before(igw: Run) -> None:
    """`--deep` needs a model, and prints what it is going to cost."""
    done = igw("doctor", "--deep")
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "igw: --deep needs a model to call")
    with gateway() as url:
        done = igw("doctor", "--deep", "-m", "openai/scripted", "--base-url", url)
    assert done.returncode == 0
    assert "two requests of at most 17 tokens in all to openai/scripted" in done.stderr
    pricing = {"input_per_token": "0.1", "output_per_token": "0.25", "currency": "USD"}
    listed = {"id": "openai/gpt", "object": "model", "owned_by": "o", "served_by": "openai", "pricing": pricing}
    with fake(v1__models=(200, {"object": "list", "data": [listed]})) as url:
        done = igw("doctor", "--deep", "-m", "openai/gpt", "--base-url", url)
    assert "0.25 USD a token" in done.stderr


def test_igw_doctor_refuses_an_unknown_feature(igw: Run) -> None:
    """A usage error names the features."""
    done = igw("doctor", "--need", "pictures", "--base-url", "http://127.0.0.1:9")
    assert done.returncode == 2
    assert "'pictures' is unknown; choose from images" in done.stderr


def test_the_page_lists_every_finding_in_order() -> None:
    """docs/doctor.md has one row for each finding of the table, with its severity."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "doctor.md").read_text("utf-8")
    listed = re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", page, re.MULTILINE)
    assert listed == [(row.id, row.severity) for row in ROWS]


def test_every_finding_leads_to_a_section_that_exists() -> None:
    """The documentation of a finding is a page of docs/, and a heading of it."""
    folder = Path(__file__).resolve().parents[2] / "docs"
    for row in ROWS:
        page, _, anchor = row.section.partition("#")
        headings = re.findall(r"^#+ (.+)$", (folder / page).read_text("utf-8"), re.MULTILINE)
        assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}, row.section
