"""Videos at the embedded gateway: what is passed on, and what the gateway itself says no with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inference_gateway_sdk.embedded import Access, ScriptedProvider, running
from inference_gateway_sdk.embedded.providers.scripted_videos import ScriptedVideos
from support.weights import nowhere

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = pytest.mark.wire

VIDEOS = "/v1/videos"
FORM = "multipart/form-data; boundary=b"
NO_ROUTE = "Requested route is not found"
NO_VIDEOS = "The Videos API is not supported by this provider yet."


def form(**fields: str) -> bytes:
    """A form of texts, and one file."""
    texts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()]
    file = (
        '--b\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\nW\r\n'
    )
    return "".join([*texts, file]).encode() + b"--b--\r\n"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", VIDEOS), ("GET", f"{VIDEOS}/v1"), ("GET", f"{VIDEOS}/v1/content")]
)
def test_videos_are_off_unless_they_are_switched_on(gateway: Gateways, method: str, path: str) -> None:
    """The 404 of any unknown route."""
    answer = gateway().request(method, path)
    assert (answer.status_code, answer.json()) == (404, {"error": NO_ROUTE})


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        (VIDEOS, b"", 400, "Failed to parse multipart/form-data request"),
        (VIDEOS, form(prompt="x"), 400, "The 'model' field is required."),
        (VIDEOS, form(model="veo"), 400, "Unable to determine provider for model."),
        (VIDEOS, form(model="openai/sora"), 400, NO_VIDEOS),
        (f"{VIDEOS}?provider=nobody", form(model="veo"), 400, NO_VIDEOS),
        (VIDEOS, form(model="elevenlabs/denied"), 403, "Model is disallowed."),
        (VIDEOS, form(model="x" * 3000), 413, "Request body too large"),
    ],
)
def test_the_gateways_own_errors(
    gateway: Gateways, upstream: Upstream, path: str, body: bytes, status: int, text: str
) -> None:
    """Nothing of it reaches a provider."""
    client = gateway(videos=True, disallowed_models=("denied",), max_body=2000)
    answer = client.post(path, content=body, headers={"content-type": FORM})
    assert answer.status_code == status
    assert answer.json()["error"].startswith(text)
    assert upstream.seen == []


def test_a_provider_without_a_key_is_refused(gateway: Gateways) -> None:
    """Also where only the id of a job is given."""
    answer = gateway(videos=True, access={"openai": Access(key="k")}).get(f"{VIDEOS}/v1")
    assert (answer.status_code, answer.json()["error"][:31]) == (400, "Provider requires an API key. P")


def test_a_form_is_passed_on_without_its_prefix(gateway: Gateways, upstream: Upstream, whole_answer: object) -> None:
    """The provider's key is added, and its answer comes back unchanged."""
    upstream.answers("/v1/videos", whole_answer(200, b'{"id":"v"}'))  # type: ignore[operator]
    answer = gateway(videos=True).post(
        VIDEOS, content=form(model="elevenlabs/veo", prompt="cat"), headers={"content-type": FORM}
    )
    assert (answer.status_code, answer.json()) == (200, {"id": "v"})
    [seen] = upstream.seen
    assert seen.headers["xi-api-key"] == "sk-e"
    assert b'name="model"\r\n\r\nveo\r\n' in seen.body
    assert b'name="audio"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\nW\r\n' in seen.body


@pytest.mark.parametrize("query", ["", "?provider=elevenlabs"])
@pytest.mark.parametrize(("end", "kind"), [("", "application/json"), ("/content", "video/mp4")])
def test_a_job_is_asked_for_at_its_provider(
    gateway: Gateways, upstream: Upstream, whole_answer: object, query: str, end: str, kind: str
) -> None:
    """The id stays one segment of the path; the type of the answer is the provider's."""
    upstream.answers(f"/v1/videos/a%20b{end}", whole_answer(200, b"{}", kind))  # type: ignore[operator]
    answer = gateway(videos=True).get(f"{VIDEOS}/a%20b{end}{query}")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"{}", kind)
    assert upstream.seen[0].body == b""


def test_the_providers_refusal_comes_back(gateway: Gateways, upstream: Upstream, whole_answer: object) -> None:
    """A video that is not ready is the provider's own 404."""
    upstream.answers("/v1/videos/v/content", whole_answer(404, b'{"detail":"queued"}'))  # type: ignore[operator]
    answer = gateway(videos=True).get(f"{VIDEOS}/v/content")
    assert (answer.status_code, answer.json()) == (404, {"detail": "queued"})


def test_faults_are_injected_here_too() -> None:
    """A fault of the plan takes the place of an answer on the newest endpoints as on the oldest."""
    import httpx2

    with running(local=nowhere(), scripted=ScriptedProvider(), faults=["status; status=503"]) as url:
        answer = httpx2.get(f"{url}{VIDEOS}/video_1", trust_env=False)
    assert answer.status_code == 503


def test_scripted_jobs_are_forgotten_in_order() -> None:
    """A gateway that runs for long keeps a bounded number of jobs."""
    videos = ScriptedVideos()
    for _ in range(1001):
        videos.answer("POST", "/videos", FORM, form(model="m"))
    status = {name: videos.answer("GET", f"/videos/{name}", "", b"")[0] for name in ("video_1", "video_2")}  # type: ignore[index]
    assert status == {"video_1": 404, "video_2": 200}
    assert videos.answer("DELETE", "/videos/video_2", "", b"") is None
    assert videos.answer("GET", "/videos/video_2/else", "", b"") is None
