"""Images over a socket: the request, as JSON and as a form, and the methods of the returned images."""

from __future__ import annotations

import base64
import io
import socket
import ssl
from contextlib import closing
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import inference_gateway_sdk as sdk
from inference_gateway_sdk._wire.images import FilePart, form
from inference_gateway_sdk.transport import BlockingDriver
from support.server import Connection, Request, serving
from support.worlds import refused_unsent

if TYPE_CHECKING:
    from support.worlds import World

PNG = b"\x89PNG\r\n\x1a\n and so on"
JPEG = b"\xff\xd8\xff and so on"
MODEL = "openai/gpt-image-1"


def gateway(connection: Connection, request: Request) -> None:
    """Answer with two images, one as bytes and one as a URL, and a field that the contract does not list."""
    data = [{"b64_json": base64.b64encode(PNG).decode()}, {"url": "http://pictures/1", "revised_prompt": "a cat"}]
    connection.json({"created": 1, "data": data, "background": "opaque", "novel": 1})


def parts(content_type: str, body: bytes) -> list[dict[str, Any]]:
    """Return the parts of a form as another library reads it."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    assert message.is_multipart()
    return [
        {
            "name": part.get_param("name", header="content-disposition"),
            "filename": part.get_filename(),
            "type": part.get_content_type() if part.get_filename() else None,
            "content": part.get_payload(decode=True),
        }
        for part in message.get_payload()  # type: ignore[union-attr]
    ]


def sent_parts(request: Request) -> list[dict[str, Any]]:
    """Return the parts of a request's form."""
    return parts(request.headers["content-type"], request.body)


def test_making_a_picture(world: World) -> None:
    """The prompt and the parameters are sent as JSON, and the images are returned with every field."""

    async def scenario(client: Any) -> Any:
        return await client.generate_image("a cat", model=MODEL, n=2, size="1024x1024", extra_body={"seed": 3})

    with serving(gateway) as server:
        answer = world.with_client(scenario, server.url)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/v1/images/generations")
    assert request.json() == {"model": MODEL, "prompt": "a cat", "n": 2, "size": "1024x1024", "seed": 3}
    assert (answer.created, answer.background, answer.extra_fields) == (1, "opaque", {"novel": 1})
    assert [image.revised_prompt for image in answer] == [None, "a cat"]
    assert (len(answer), answer.meta.status) == (2, 200)


@pytest.mark.parametrize(
    ("options", "target", "model"),
    [
        ({"model": "gpt-image-1", "provider": "openai"}, "?provider=openai", "gpt-image-1"),
        ({"model": MODEL, "provider": "openai"}, "", MODEL),
        ({"provider": "openai"}, "?provider=openai", None),
    ],
)
def test_provider_and_model(options: dict[str, str], target: str, model: str | None, world: World) -> None:
    """Model and provider are sent in one form only; a provider alone leaves the model to it."""
    with serving(gateway) as server:
        world.with_client(lambda client: client.generate_image("a cat", **options), server.url)
    assert server.requests[0].target == f"/v1/images/generations{target}"
    assert server.requests[0].json().get("model") == model


def as_bytes(_: Path) -> Any:
    """Return the bytes themselves."""
    return PNG


def as_path(folder: Path) -> Any:
    """Return a path."""
    (folder / "cat.png").write_bytes(PNG)
    return folder / "cat.png"


def as_file(folder: Path) -> Any:
    """Return an open file, which has a name."""
    return as_path(folder).open("rb")


def as_buffer(_: Path) -> Any:
    """Return a file in memory, which has no name."""
    return io.BytesIO(PNG)


@pytest.mark.parametrize(
    ("give", "filename"),
    [(as_bytes, "image.png"), (as_path, "cat.png"), (as_file, "cat.png"), (as_buffer, "image.png")],
)
def test_changing_a_picture(give: Any, filename: str, tmp_path: Path, world: World) -> None:
    """Bytes, a path and an open file are sent as a form, always with a file name and the content's type."""

    async def scenario(client: Any) -> Any:
        image = give(tmp_path)
        try:
            return await client.create_image_edit(image, "a hat", model=MODEL, n=2, mask=PNG, quality="high")
        finally:
            if hasattr(image, "close"):
                image.close()

    with serving(gateway) as server:
        answer = world.with_client(scenario, server.url)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/v1/images/edits")
    *fields, image, mask = sent_parts(request)
    assert {part["name"]: part["content"] for part in fields} == {
        "model": MODEL.encode(),
        "prompt": b"a hat",
        "n": b"2",
        "quality": b"high",
    }
    assert image == {"name": "image", "filename": filename, "type": "image/png", "content": PNG}
    assert mask == {"name": "mask", "filename": "mask.png", "type": "image/png", "content": PNG}
    assert answer.data[0].bytes() == PNG


def test_changing_several_pictures(world: World) -> None:
    """Several images are sent under the gateway's name for many, each with its content's type."""

    async def scenario(client: Any) -> Any:
        return await client.create_image_edit([PNG, JPEG], "a hat", model=MODEL)

    with serving(gateway) as server:
        world.with_client(scenario, server.url)
    files = [part for part in sent_parts(server.requests[0]) if part["filename"]]
    assert [(part["name"], part["filename"], part["type"]) for part in files] == [
        ("image[]", "image.png", "image/png"),
        ("image[]", "image.jpg", "image/jpeg"),
    ]


def test_varying_a_picture(world: World) -> None:
    """The image is sent as a form to /v1/images/variations."""

    async def scenario(client: Any) -> Any:
        return await client.create_image_variation(PNG, provider="openai", n=1)

    with serving(gateway) as server:
        world.with_client(scenario, server.url)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/v1/images/variations?provider=openai")
    assert [(part["name"], part["filename"]) for part in sent_parts(request)] == [("n", None), ("image", "image.png")]


@pytest.mark.parametrize(("method", "sends"), [("generate_image", 2), ("create_image_edit", 1)])
def test_an_upload_is_not_repeated_by_accident(method: str, sends: int, world: World) -> None:
    """A generation is retried after a failure in transit; an upload, which may have been processed, is not."""

    def handler(connection: Connection, request: Request) -> None:
        if len(server.requests) == 1:
            connection.json({"error": "x"}, 502)
        else:
            gateway(connection, request)

    async def scenario(client: Any) -> None:
        if method == "generate_image":
            await client.generate_image("x", model=MODEL)
            return
        with pytest.raises(sdk.BadGatewayError):
            await client.create_image_edit(PNG, "x", model=MODEL)

    with serving(handler) as server:
        world.with_client(scenario, server.url)
    assert len(server.requests) == sends


@pytest.mark.parametrize(
    ("method", "status", "message", "kind", "part"),
    [
        ("generate_image", 404, "The Images API is not enabled.", sdk.NotFoundError, "IMAGES_ENABLED=true"),
        ("generate_image", 404, "Requested route is not found", sdk.NotFoundError, "older than the endpoint"),
        (
            "generate_image",
            400,
            "The Images API is not supported by this provider yet.",
            sdk.BadRequestError,
            "openai",
        ),
        ("generate_image", 502, "Failed to reach upstream server", sdk.BadGatewayError, "OPENAI_API_URL"),
        ("generate_image", 504, "Request timed out", sdk.GatewayTimeoutError, "SERVER_READ_TIMEOUT"),
        ("create_image_variation", 404, "Requested route is not found", sdk.NotFoundError, "create_image_edit()"),
        ("create_image_variation", 413, "Request body too large", sdk.PayloadTooLargeError, "10,485,760"),
    ],
)
def test_what_this_gateway_does_not_do(
    method: str, status: int, message: str, kind: type[sdk.StatusError], part: str, world: World
) -> None:
    """A gateway that is closed, too old or too new, and a provider without images, raise with the remedy."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json({"error": message}, status)

    async def scenario(client: Any) -> Any:
        given = "x" if method == "generate_image" else PNG
        return await getattr(client, method)(given, model=MODEL, max_retries=0)

    with serving(handler) as server, pytest.raises(kind) as caught:
        world.with_client(scenario, server.url)
    assert caught.value.message == message
    assert part in str(caught.value.hint)


def test_an_error_inside_a_200(world: World) -> None:
    """A provider's error under status 200 raises with its own class."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json({"error": {"message": "slow down", "code": 429}})

    with serving(handler) as server, pytest.raises(sdk.RateLimitError, match="slow down"):
        world.with_client(lambda client: client.generate_image("x", model=MODEL), server.url)


@pytest.mark.parametrize(
    ("call", "kind", "part"),
    [
        (lambda client: client.generate_image("", model=MODEL), ValueError, "prompt is empty"),
        (lambda client: client.generate_image(3, model=MODEL), TypeError, "prompt must be a string"),
        (lambda client: client.generate_image("x"), ValueError, "model is missing"),
        (lambda client: client.generate_image("x", model=MODEL, n=11), ValueError, "n must be at most 10"),
        (lambda client: client.generate_image("x", model=MODEL, sise="1x1"), TypeError, "did you mean 'size'"),
        (lambda client: client.generate_image("x", model=MODEL, n=1, extra_body={"n": 2}), ValueError, "already set"),
        (lambda client: client.create_image_edit([], "x", model=MODEL), ValueError, "image is an empty list"),
        (lambda client: client.create_image_edit(b"", "x", model=MODEL), ValueError, "image is empty"),
        (lambda client: client.create_image_edit("a.png", "x", model=MODEL), TypeError, r"write pathlib.Path\('a.png'"),
        (lambda client: client.create_image_edit(io.StringIO("x"), "x", model=MODEL), TypeError, 'with mode "rb"'),
        (lambda client: client.create_image_edit(PNG, "\ud83d", model=MODEL), sdk.SerializationError, "prompt"),
        (lambda client: client.create_image_edit(PNG, "x", model=MODEL, mask=3), TypeError, "mask must be bytes"),
        (lambda client: client.create_image_edit(Path("none.png"), "x", model=MODEL), FileNotFoundError, "none.png"),
        (
            lambda client: client.create_image_variation(b"x" * (4 * 1024 * 1024 + 1), model="openai/dall-e-2"),
            ValueError,
            "this model accepts at most 4",
        ),
        (
            lambda client: client.create_image_edit(PNG, "x", model=MODEL, mask=b"x" * (50 * 1024 * 1024 + 1)),
            ValueError,
            "mask.*accepts at most 50",
        ),
    ],
)
def test_bad_input_is_refused_before_sending(call: Any, kind: type[Exception], part: str) -> None:
    """The message names the argument, and nothing is sent."""
    refused_unsent(call, kind, part)


def test_a_picture_is_saved(tmp_path: Path) -> None:
    """`save` writes the decoded bytes and returns the path."""
    image = sdk.Image(b64_json=base64.b64encode(JPEG).decode())
    saved = image.save(str(tmp_path / "a.jpg"))
    assert saved == tmp_path / "a.jpg"
    assert saved.read_bytes() == JPEG


def test_a_picture_shows_itself() -> None:
    """A notebook gets the bytes with their type, and text if there are none."""
    image = sdk.Image(b64_json=base64.b64encode(JPEG).decode())
    assert image._repr_mimebundle_()["image/jpeg"] == base64.b64encode(JPEG).decode()
    assert set(sdk.Image(url="http://x")._repr_mimebundle_()) == {"text/plain"}


def test_fetching_a_picture(world: World) -> None:
    """The URL is requested unchanged, signature included, without the token or a header of the client."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, "image/jpeg", length=len(JPEG))
        connection.send(JPEG)

    with serving(handler) as pictures, serving(gateway) as server:

        async def scenario(client: Any) -> Any:
            image = sdk.Image(url=f"{pictures.url}/v1/a%20b.png?sig=a%2Bb%3D&se=2026-01-01T00:00Z&x=")
            return await client.fetch_image(image)

        content = world.with_client(scenario, server.url, "tok", headers={"X-Secret": "s"})
    assert (content, server.requests) == (JPEG, [])
    (request,) = pictures.requests
    assert (request.method, request.target) == ("GET", "/v1/a%20b.png?sig=a%2Bb%3D&se=2026-01-01T00:00Z&x=")
    assert not {"authorization", "x-secret"} & set(request.headers)


def test_a_picture_s_host_learns_nothing_of_a_driver(world: World) -> None:
    """Headers and parameters of an httpx2 client are not sent, and the image's own query is kept."""
    own: dict[str, Any] = {
        "auth": ("me", "PASSWORD"),
        "headers": {"X-Team": "TEAM"},
        "cookies": {"session": "COOKIE"},
        "params": {"code": "PARAM"},
        "trust_env": False,
    }
    driver: Any
    if world.blocking:
        driver = sdk.Httpx2Driver(httpx2.Client(**own), close=True)
    else:
        driver = sdk.AsyncHttpx2Driver(httpx2.AsyncClient(**own), close=True)

    async def scenario(client: Any) -> Any:
        await client.generate_image("x", model=MODEL)
        return await client.fetch_image(sdk.Image(url=f"{pictures.url}/a.jpg?sig=a"))

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, "image/jpeg", length=len(JPEG))
        connection.send(JPEG)

    with serving(handler) as pictures, serving(gateway) as server:
        assert world.with_client(scenario, server.url, driver=driver) == JPEG
    assert "PARAM" in server.requests[0].target
    (request,) = pictures.requests
    assert request.target == "/a.jpg?sig=a"
    assert not {"authorization", "x-team", "cookie"} & set(request.headers)


def test_a_certificate_of_the_client_is_not_for_other_hosts() -> None:
    """A driver with TLS settings is replaced by one without; one that has none is used itself."""
    with closing(BlockingDriver()) as plain, closing(BlockingDriver(tls=ssl.create_default_context())) as certified:
        assert plain.anonymous() is plain
        with closing(certified.anonymous()) as other:
            assert other is not certified
            assert other.anonymous() is other


@pytest.mark.parametrize(
    ("url", "gateway_url"),
    [
        ("http://127.0.0.1:9/x", "https://gateway.example"),
        ("http://localhost:9/x", "https://gateway.example"),
        ("http://a.localhost./x", "https://gateway.example"),
        ("http://[::1]/x", "https://gateway.example"),
        ("http://[::ffff:127.0.0.1]/x", "https://gateway.example"),
        ("http://2130706433/x", "https://gateway.example"),
        ("http://127.1/x", "https://gateway.example"),
        ("http://0x7f.0.0.1/x", "https://gateway.example"),
        ("http://0.0.0.0/x", "https://gateway.example"),
        ("http://169.254.169.254/latest/meta-data", "https://gateway.example"),
        ("http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1"),
        ("http://[fe80::1]/x", "http://127.0.0.1:1"),
    ],
)
def test_an_answer_cannot_lead_to_services_of_this_machine(url: str, gateway_url: str, world: World) -> None:
    """A URL that only this machine can reach is refused before anything is sent."""
    with pytest.raises(ValueError, match="near this machine"):
        world.with_client(lambda client: client.fetch_image(sdk.Image(url=url)), gateway_url)


def resolving(monkeypatch: pytest.MonkeyPatch, name: str, *addresses: str) -> None:
    """Have the system's resolver lead a name to these addresses."""
    real = socket.getaddrinfo

    def found(host: Any, port: Any, *more: Any, flags: int = 0, **kinds: Any) -> Any:
        if host != name:
            return real(host, port, *more, flags=flags, **kinds)
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "a name")
        return [one for address in addresses for one in real(address, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize(
    ("address", "gateway_url"),
    [
        ("127.0.0.1", "https://gateway.example"),
        ("::1", "https://gateway.example"),
        ("::ffff:127.0.0.1", "https://gateway.example"),
        ("169.254.169.254", "https://gateway.example"),
        ("169.254.169.254", "http://127.0.0.1:1"),
    ],
)
def test_a_name_leads_nobody_to_services_of_this_machine(
    address: str, gateway_url: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name of an answer is resolved once, and no connection to such an address is opened."""
    resolving(monkeypatch, "pictures.test", address)
    with serving(gateway) as server, pytest.raises(sdk.ConnectError, match="pictures.test leads to an address near"):
        image = sdk.Image(url=f"http://pictures.test:{server.port}/x")
        world.with_client(lambda client: client.fetch_image(image), gateway_url, proxy=None)
    assert not server.requests


def picture(connection: Connection, _: Request) -> None:
    """Send the picture."""
    connection.head(200, "image/png", length=len(PNG))
    connection.send(PNG)


def test_a_name_that_also_leads_elsewhere_is_fetched_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several addresses only the allowed ones are connected to; a gateway of this machine allows its own."""
    resolving(monkeypatch, "pictures.test", "169.254.169.254", "127.0.0.1")
    with serving(picture) as server:
        image = sdk.Image(url=f"http://pictures.test:{server.port}/x")
        assert world.with_client(lambda client: client.fetch_image(image), "http://localhost:1", proxy=None) == PNG


def test_a_proxy_of_this_machine_is_not_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is of the picture's host: a proxy resolves the name, and may run here."""
    image = sdk.Image(url="http://pictures.test/x")
    with serving(picture) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        fetched = world.with_client(lambda client: client.fetch_image(image), "https://gateway.test", proxy="env")
    assert fetched == PNG
    assert server.requests[0].target == "http://pictures.test/x"


def test_a_picture_that_is_here_is_not_fetched(world: World) -> None:
    """Bytes in the answer are decoded, and nothing is sent."""

    async def scenario(client: Any) -> Any:
        answer = await client.generate_image("x", model=MODEL)
        return await client.fetch_image(answer.data[0])

    with serving(gateway) as server:
        assert world.with_client(scenario, server.url) == PNG
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("image", "part"),
    [(sdk.Image(), "neither bytes nor a URL"), (sdk.Image(url="file:///etc/passwd"), "must be an http or https")],
)
def test_what_cannot_be_fetched(image: sdk.Image, part: str, world: World) -> None:
    """Only http and https URLs are fetched."""
    with serving(gateway) as server, pytest.raises(ValueError, match=part):
        world.with_client(lambda client: client.fetch_image(image), server.url)


def test_a_picture_that_is_gone(world: World) -> None:
    """An expired URL raises the class of its status."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(403, "application/xml", length=0)

    async def scenario(client: Any) -> Any:
        return await client.fetch_image(sdk.Image(url=server.url + "/old.png"))

    with serving(handler) as server, pytest.raises(sdk.ForbiddenError):
        world.with_client(scenario, "http://127.0.0.1:1")


def test_a_data_url_is_read_too() -> None:
    """A data: URL, which some providers send, is decoded."""
    assert sdk.Image(b64_json="data:image/png;base64," + base64.b64encode(PNG).decode()).bytes() == PNG


@pytest.mark.parametrize(
    ("image", "kind", "part"),
    [
        (sdk.Image(url="http://x/1"), ValueError, "at http://x/1: client.fetch_image"),
        (sdk.Image(), ValueError, "bytes are missing, and so is its URL"),
        (sdk.Image(b64_json="a"), sdk.DecodingError, "not valid base64"),
        (sdk.Image(b64_json="ä"), sdk.DecodingError, "not valid base64"),
    ],
)
def test_a_picture_without_bytes(image: sdk.Image, kind: type[Exception], part: str) -> None:
    """An image without bytes raises with the parameter that requests them."""
    with pytest.raises(kind, match=part):
        image.bytes()


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\\"), min_size=1)


@given(
    st.lists(st.tuples(st.text("abc[]_", min_size=1), st.text().map(str.encode))),
    st.lists(st.tuples(st.text("abc.-_ ", min_size=1), st.binary())),
)
def test_a_form_is_read_as_it_was_written(fields: list[tuple[str, bytes]], files: list[tuple[str, bytes]]) -> None:
    """Another library reads every field and file, byte for byte, and equal forms have equal bytes."""
    given_files = [FilePart("file", name, "image/png", content) for name, content in files]
    content_type, body = form(fields, given_files)
    assert form(fields, given_files) == (content_type, body)
    boundary = content_type.partition("boundary=")[2].encode()
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    assert (pieces[0], pieces[-1]) == (b"", b"--\r\n")
    contents = [piece.partition(b"\r\n\r\n")[2] for piece in pieces[1:-1]]
    assert contents == [value for _, value in fields] + [content for _, content in files]


@given(NAMES)
def test_a_name_cannot_leave_its_header(name: str) -> None:
    """Quotes and line ends in a file name are escaped: the part has its own headers and no more."""
    _, body = form([], [FilePart("image", name, "image/png", b"x")])
    head = body.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert len(head) == 3
    assert head[1].count(b'"') == 4
