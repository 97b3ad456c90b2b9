"""Videos over a socket: the form that is sent, the waiting, and the file that comes back."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from client.invented import Invented
from support.samples import PNG
from support.server import Connection, Request, Server, serving
from support.worlds import World, refused_unsent

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "elevenlabs/veo-3.1-fast"
WAV = b"RIFF\x24\0\0\0WAVEfmt "
FILM = b"\0\0\0\x18ftypisom not text \xff"
JOB = {"id": "v 1", "object": "video", "model": "veo", "status": "queued", "progress": 0, "created_at": 1}


def job(status: str, progress: int | None = None, **more: Any) -> dict[str, Any]:
    """A job in this state."""
    return JOB | {"status": status, "progress": progress} | more


class Films:
    """A gateway whose jobs go through `states`, one for each request; its file is `film`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what a test has set."""
        self.states: list[dict[str, Any]] = [job("in_progress", 40), job("completed", 100)]
        self.film: tuple[int, str, bytes] = (200, "video/mp4", FILM)
        self.invented: Invented | None = None

    def __call__(self, connection: Connection, request: Request) -> None:
        """Answer one request."""
        if request.path.endswith("/content"):
            status, kind, body = self.film
            connection.head(status, kind, length=len(body))
            connection.send(body)
        elif request.method == "POST":
            connection.json(JOB)
        else:
            if self.invented is not None:
                self.invented.offset += 10
            connection.json(self.states.pop(0) if len(self.states) > 1 else self.states[0])


FILMS = Films()


@pytest.fixture(scope="module")
def _server() -> Iterator[Server]:
    with serving(FILMS) as server:
        yield server


@pytest.fixture
def server(_server: Server) -> Server:
    """The gateway, with nothing seen."""
    FILMS.reset()
    _server.requests.clear()
    return _server


def parts(request: Request) -> list[tuple[str, str, bytes]]:
    """Each part of a form: its disposition without the first word, its type, its content."""
    boundary = b"--" + request.headers["content-type"].partition("boundary=")[2].encode()
    found = []
    for section in request.body.split(boundary)[1:-1]:
        head, _, content = section.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        first, *more = head.decode().split("\r\n")
        found.append((first.partition("; ")[2], "".join(more).partition(": ")[2], content))
    return found


def test_a_job_is_a_form(server: Server, world: World, tmp_path: Path) -> None:
    """Texts first, then each file with a name and the type of its content; reference pictures repeat their name."""
    portrait = tmp_path / "face.dat"
    portrait.write_bytes(PNG)

    async def scenario(client: Any) -> Any:
        return await client.create_video(
            MODEL, "a cat", seconds="8", size="720x1280", input_reference=portrait, audio=WAV,
            reference_images=[PNG, b"\xff\xd8\xff"], extra_body={"seed": 3},
        )  # fmt: skip

    created = world.with_client(scenario, server.url)
    [request] = server.requests
    assert (request.method, request.target) == ("POST", "/v1/videos")
    assert (created.id, created.status, created.meta.status) == ("v 1", "queued", 200)
    assert parts(request) == [
        ('name="model"', "", MODEL.encode()),
        ('name="prompt"', "", b"a cat"),
        ('name="seconds"', "", b"8"),
        ('name="size"', "", b"720x1280"),
        ('name="seed"', "", b"3"),
        ('name="input_reference"; filename="face.dat"', "image/png", PNG),
        ('name="audio"; filename="audio.wav"', "audio/wav", WAV),
        ('name="reference_images"; filename="reference_images.png"', "image/png", PNG),
        ('name="reference_images"; filename="reference_images.jpg"', "image/jpeg", b"\xff\xd8\xff"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("x.bin", WAV, "audio/wav"),
        ("x.bin", b"ID3\x04", "audio/mpeg"),
        ("x.bin", b"\xff\xfb\x90", "audio/mpeg"),
        ("x.MP3", b"?", "audio/mpeg"),
        ("x.bin", b"?", "application/octet-stream"),
    ],
)
def test_a_recording_has_the_type_of_its_content(
    server: Server, tmp_path: Path, name: str, content: bytes, kind: str
) -> None:
    """The first bytes decide, then the name; a model that animates a portrait needs no prompt."""
    file = tmp_path / name
    file.write_bytes(content)
    World("blocking").with_client(
        lambda client: client.create_video("veo", provider="elevenlabs", audio=file), server.url
    )
    [request] = server.requests
    assert request.target == "/v1/videos?provider=elevenlabs"
    assert parts(request) == [('name="model"', "", b"veo"), (f'name="audio"; filename="{name}"', kind, content)]


def test_waiting_asks_until_the_video_is_completed(server: Server, world: World) -> None:
    """The id is one segment of the path, `on_progress` sees each change once, and no time passes in a test."""
    FILMS.states = [job("queued", 0), job("queued", 0), job("in_progress", 50), job("completed", 100)]
    invented = Invented()
    seen: list[tuple[str, int]] = []

    async def scenario(client: Any) -> Any:
        return await client.wait_for_video(
            "v 1", provider="elevenlabs", interval=3, on_progress=lambda one: seen.append((one.status, one.progress))
        )

    done = world.with_client(scenario, server.url, _runtime=invented.runtime(world))
    assert (done.status, seen) == ("completed", [("queued", 0), ("in_progress", 50), ("completed", 100)])
    assert [request.target for request in server.requests] == ["/v1/videos/v%201?provider=elevenlabs"] * 4
    assert invented.pauses == [3, 3, 3]


def test_a_job_in_hand_is_not_asked_for_at_once(server: Server, world: World) -> None:
    """One that is completed is returned as it is; for another, the interval passes first."""
    invented = Invented()

    async def scenario(client: Any) -> None:
        ready = sdk.VideoJob.from_dict(job("completed"))
        assert await client.wait_for_video(ready) is ready
        assert server.requests == []
        assert (await client.wait_for_video(sdk.VideoJob.from_dict(JOB), interval=2)).status == "completed"

    world.with_client(scenario, server.url, _runtime=invented.runtime(world))
    assert (invented.pauses, len(server.requests)) == ([2, 2], 2)


def test_an_async_callback_is_awaited(server: Server) -> None:
    """The blocking client refuses one, because it could not await it."""
    seen: list[str] = []

    async def show(one: Any) -> None:
        seen.append(one.status)

    async def scenario(client: Any) -> None:
        await client.wait_for_video("v", on_progress=show)

    world = World("async")
    world.with_client(scenario, server.url, _runtime=Invented().runtime(world))
    assert seen == ["in_progress", "completed"]
    with pytest.raises(TypeError, match="on_progress is an async function"):
        World("blocking").with_client(scenario, server.url)


@pytest.mark.parametrize(
    ("error", "text", "code"),
    [
        ({"code": "nsfw", "message": "not allowed"}, "the video 'v 1' failed: not allowed (nsfw)", "nsfw"),
        ({"message": "no"}, "the video 'v 1' failed: no", None),
        (None, "the video 'v 1' failed: the provider gave no reason", None),
    ],
)
def test_a_failed_job_raises(server: Server, world: World, error: Any, text: str, code: str | None) -> None:
    """The error holds the job, survives pickling, and is raised after `on_progress` was called."""
    FILMS.states = [job("failed", 10, error=error)]
    seen: list[Any] = []
    with pytest.raises(sdk.VideoFailedError) as caught:
        world.with_client(lambda client: client.wait_for_video("v 1", on_progress=seen.append), server.url)
    again = pickle.loads(pickle.dumps(caught.value))
    for one in (caught.value, again):
        assert (str(one), one.code, one.video.status, one.video.progress) == (text, code, "failed", 10)
    assert [one.status for one in seen] == ["failed"]
    assert caught.value.meta.status == 200


def test_waiting_ends(server: Server, world: World) -> None:
    """After `max_wait` the error says how far the job is, and holds its last state."""
    FILMS.states = [job("in_progress", 40)]
    FILMS.invented = invented = Invented()
    with pytest.raises(sdk.TimeoutError) as caught:
        world.with_client(
            lambda client: client.wait_for_video("v 1", max_wait=25, interval=20),
            server.url,
            _runtime=invented.runtime(world),
        )
    error = caught.value
    assert error.message == "the video 'v 1' was not completed within 25 s (max_wait), it is in_progress at 40 %"
    assert (error.limit, error.seconds, error.partial.progress) == ("max_wait", 25, 40)
    assert "wait_for_video() with its id" in str(error.hint)
    assert len(server.requests) == 3
    assert invented.pauses[0] <= 15, "no pause is longer than the time that is left"


def test_a_gateway_that_stays_silent_is_bounded_too(world: World) -> None:
    """`max_wait` bounds a request that gets no answer; without any answer the state is unknown."""

    def silent(connection: Connection, request: Request) -> None:
        connection.stopping.wait(5)

    with (
        serving(silent) as server,
        pytest.raises(sdk.TimeoutError, match=r"within 0\.2 s \(max_wait\) \(hint: ") as caught,
    ):
        world.with_client(lambda client: client.wait_for_video("v", max_wait=0.2), server.url)
    assert caught.value.partial is None


def test_the_file_whole_and_as_pieces(server: Server, world: World, tmp_path: Path) -> None:
    """The bytes and their type, from memory or as they arrive."""

    async def scenario(client: Any) -> None:
        video = await client.download_video(sdk.VideoJob.from_dict(JOB))
        assert (video.bytes, video.content_type, video.meta.status) == (FILM, "video/mp4", 200)
        assert video.save(tmp_path / "a.mp4").read_bytes() == FILM
        assert repr(video) == f"Video(<{len(FILM)} bytes>, 'video/mp4')"
        assert video._repr_html_().startswith('<video controls src="data:video/mp4;base64,')
        async with client.download_video_stream("v 1", provider="elevenlabs") as stream:
            assert stream.content_type == "video/mp4"
            assert b"".join([piece async for piece in stream]) == FILM

    world.with_client(scenario, server.url)
    assert [request.target for request in server.requests] == [
        "/v1/videos/v%201/content",
        "/v1/videos/v%201/content?provider=elevenlabs",
    ]
    assert all(request.headers["accept"].startswith("video/*") for request in server.requests)


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        ((404, "application/json", b'{"error":"not ready"}'), sdk.NotFoundError, "wait_for_video"),
        ((404, "application/json", b'{"error":"Requested route is not found"}'), sdk.NotFoundError, "newer than 0.48"),
        ((200, "application/json", b'{"error":{"message":"no","code":429}}'), sdk.RateLimitError, "no"),
        ((200, "application/json", b"{}"), sdk.DecodingError, "holds JSON instead of a video"),
        ((200, "text/html", b"<p>"), sdk.DecodingError, "holds text/html instead of a video"),
        ((200, "video/mp4", b""), sdk.GatewayError, "holds no video"),
    ],
)
def test_what_is_not_a_video_is_an_error(
    server: Server, world: World, answer: tuple[int, str, bytes], kind: type[Exception], text: str
) -> None:
    """Whole and as a stream; "not ready" and "not served" are different errors."""
    FILMS.film = answer

    async def whole(client: Any) -> None:
        await client.download_video("v")

    async def streamed(client: Any) -> None:
        async with client.download_video_stream("v") as stream:
            await stream.read()

    for scenario in (whole, streamed):
        with pytest.raises(kind, match=text):
            world.with_client(scenario, server.url, max_retries=0)


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda c: c.create_video(MODEL, "x", seconds=8), TypeError, r'^seconds must be a string, got int 8: write "8"'),
    (lambda c: c.create_video(MODEL, "x", seconds=True), TypeError, "^seconds must be a string"),
    (lambda c: c.create_video(MODEL, "x", size=(1, 2)), TypeError, "^size must be a string"),
    (
        lambda c: c.create_video(MODEL, "x", audio="a.wav"),
        TypeError,
        r"^audio must be bytes.*pathlib\.Path\('a\.wav'\)",
    ),
    (lambda c: c.create_video(MODEL, "x", input_reference=7), TypeError, "^input_reference must be bytes"),
    (lambda c: c.create_video(MODEL, "x", reference_images=b"x"), TypeError, "^reference_images must be a list"),
    (lambda c: c.create_video(MODEL, "x", reference_images=[b"x", "y"]), TypeError, r"^reference_images\[1\] must be"),
    (lambda c: c.create_video(MODEL, "x", input_reference=b""), ValueError, "^input_reference is empty"),
    (lambda c: c.create_video(MODEL, "x", audio=Path("no-such-file.wav")), FileNotFoundError, "no-such-file"),
    (lambda c: c.create_video(MODEL, " "), ValueError, "^prompt is empty"),
    (lambda c: c.create_video(MODEL, 5), TypeError, "^prompt must be a string"),
    (lambda c: c.create_video("", "x"), ValueError, "^model is empty"),
    (lambda c: c.create_video(MODEL, "x", second="8"), TypeError, "'second'; did you mean 'seconds'"),
    (lambda c: c.retrieve_video("a/b"), ValueError, "^video 'a/b' contains a slash"),
    (lambda c: c.retrieve_video("a\\b"), ValueError, "contains a slash"),
    (lambda c: c.retrieve_video(".."), ValueError, r"^video must be usable as one segment"),
    (lambda c: c.retrieve_video(""), ValueError, "^video is empty"),
    (lambda c: c.retrieve_video("a\nb"), ValueError, "^video .*control character"),
    (lambda c: c.retrieve_video(5), TypeError, "^video must be a VideoJob or its id, got int"),
    (lambda c: c.retrieve_video("v", provider="Eleven"), ValueError, "^provider 'Eleven'"),
    (lambda c: c.wait_for_video("a/b"), ValueError, "^video 'a/b' contains a slash"),
    (lambda c: c.wait_for_video("v", interval=0), ValueError, "^interval must be a positive number of seconds"),
    (lambda c: c.wait_for_video("v", interval="5"), TypeError, "^interval must be a number of seconds"),
    (lambda c: c.wait_for_video("v", max_wait=float("nan")), ValueError, "^max_wait must be a positive number"),
    (lambda c: c.wait_for_video("v", on_progress=5), TypeError, "^on_progress must be a function"),
    (lambda c: c.download_video("a/b"), ValueError, "^video 'a/b' contains a slash"),
    (lambda c: c.download_video_stream("a/b"), ValueError, "^video 'a/b' contains a slash"),
    (
        lambda c: c.list_models(include="prices"),
        ValueError,
        "^include: 'prices' is unknown; choose from context_window",
    ),
    (lambda c: c.list_models(include=["pricing", "x"]), ValueError, "^include: 'x' is unknown"),
]


@pytest.mark.parametrize(("call", "kind", "text"), BAD)
def test_bad_input_names_the_argument(call: Any, kind: type[Exception], text: str) -> None:
    """Nothing is sent."""
    refused_unsent(call, kind, text)
