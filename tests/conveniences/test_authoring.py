"""Messages and image parts made from a user's own values."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import inference_gateway_sdk as sdk
from inference_gateway_sdk import ChatCompletionMessageToolCall, assistant, image_part, system, tool_result, user
from support.server import ANSWER, Connection, Request, serving

if TYPE_CHECKING:
    from support.worlds import World

PICTURES = {
    "image/png": b"\x89PNG\r\n\x1a\n and more",
    "image/jpeg": b"\xff\xd8\xff\xe0 and more",
    "image/gif": b"GIF89a and more",
    "image/webp": b"RIFF\x10\x00\x00\x00WEBP and more",
}
PNG = PICTURES["image/png"]
CALL = ChatCompletionMessageToolCall.from_dict({"id": "call_1", "type": "function", "function": {"name": "f"}})


@pytest.mark.parametrize(("kind", "content"), PICTURES.items())
def test_a_picture_is_typed_by_its_bytes(kind: str, content: bytes, tmp_path: Path) -> None:
    """A file, a path as text and plain bytes give the same part, typed by content and not by name."""
    path = tmp_path / "picture.txt"
    path.write_bytes(content)
    url = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    for image in (path, str(path), content, bytearray(content)):
        assert image_part(image).to_dict() == {"type": "image_url", "image_url": {"url": url}}


@pytest.mark.parametrize("url", ["https://example.org/cat", "HTTP://example.org/cat.png?x=1", "data:image/svg+xml,a"])
def test_an_address_goes_as_it_is(url: str) -> None:
    """A URL is sent unchanged for the provider to fetch; nothing is read here."""
    assert image_part(url, detail="low").image_url.to_dict() == {"url": url, "detail": "low"}


@pytest.mark.parametrize(
    ("image", "options", "kind", "phrase"),
    [
        (b"", {}, ValueError, "image is empty"),
        (b"%PDF-1.7", {}, ValueError, "image is not a PNG, JPEG, GIF or WebP file: it begins with b'%PDF-1.7'"),
        (PNG, {"max_bytes": 8}, ValueError, r"\(max_bytes\).*requests of 10 MiB.*SERVER_MAX_REQUEST_BODY_SIZE"),
        (PNG, {"detail": 1}, TypeError, "detail must be"),
        (7, {}, TypeError, "image must be a path, bytes or a URL, got int"),
        (None, {}, TypeError, "image must be a path, bytes or a URL, got NoneType"),
        ("ftp://example.org/cat.png", {}, ValueError, "image: providers cannot fetch .* ftp:"),
        ("file:///cat.png", {}, ValueError, "image: providers cannot fetch .* file:"),
        ("data:text/plain,cat", {}, ValueError, 'image: .*"data:image/"'),
        ("no-such-cat.png", {}, FileNotFoundError, "image cannot be read.*give a path, bytes"),
        ("\0cat", {}, ValueError, "image is not a valid path"),
        ("iVBORw0KGgo" * 1000, {}, OSError, "image cannot be read"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(
    image: Any, options: dict[str, Any], kind: type[Exception], phrase: str
) -> None:
    """Each refusal names the argument and a valid value."""
    with pytest.raises(kind, match=phrase):
        image_part(image, **options)


def test_a_large_file_is_not_read_whole(tmp_path: Path) -> None:
    """A file that is too large is not read beyond the limit."""
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.write(PNG)
        file.truncate(4 * 1024**3)  # sparse
    with pytest.raises(ValueError, match="more than 20 MiB"):
        image_part(path)


@given(st.binary(max_size=200))
def test_the_bytes_of_a_picture_come_back(rest: bytes) -> None:
    """The part has the file's data, byte for byte."""
    url = image_part(PNG + rest).image_url.url
    assert base64.b64decode(url.partition(",")[2], validate=True) == PNG + rest


def test_messages_are_made_of_texts() -> None:
    """Each function returns the message of its role."""
    assert user("Hi").to_dict() == {"role": "user", "content": "Hi"}
    assert system("Be brief.").to_dict() == {"role": "system", "content": "Be brief."}
    assert assistant("Yes.").to_dict() == {"role": "assistant", "content": "Yes."}
    calling = assistant(tool_calls=[CALL]).to_dict()
    assert (calling["role"], calling["content"], calling["tool_calls"]) == ("assistant", None, [CALL.to_dict()])


def test_a_user_shows_pictures() -> None:
    """Images follow the text; a given part keeps its detail; without text there is no empty part."""
    message = user("What is this?", images=[PNG, "https://example.org/cat", image_part(PNG, detail="high")])
    text, first, second, third = message.to_dict()["content"]
    assert text == {"type": "text", "text": "What is this?"}
    assert first["image_url"]["url"].startswith("data:image/png;base64,")
    assert second["image_url"] == {"url": "https://example.org/cat"}
    assert third["image_url"]["detail"] == "high"
    assert [part["type"] for part in user("", images=[PNG]).to_dict()["content"]] == ["image_url"]


def test_a_tools_result_names_its_call() -> None:
    """A call, a streamed call, or an id is accepted; a text is sent unchanged, any other value as JSON."""
    end = sdk.ToolCallEnd(0, "call_1", "f", "{}")
    for call in (CALL, end, "call_1"):
        result = tool_result(call, "warm").to_dict()
        assert result == {"role": "tool", "content": "warm", "tool_call_id": "call_1"}
    assert tool_result(CALL, {"degrees": 21, "wet": False}).content == '{"degrees":21,"wet":false}'
    assert tool_result(CALL, None).content == "null"


def test_a_result_has_the_form_of_its_calls_endpoint() -> None:
    """A call of Messages is answered by a block in a message, one of Responses by an item."""
    block = sdk.types.MessagesToolUseBlock(id="b1", name="f", input={})
    message = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "b1", "content": "[1]"}]}
    assert tool_result(block, [1]).to_dict() == message
    item = sdk.types.ResponseFunctionToolCall(id="i1", call_id="r1", name="f", arguments="{}")
    assert tool_result(item, "warm") == {"type": "function_call_output", "call_id": "r1", "output": "warm"}


def test_a_call_without_id_is_answered_without_one() -> None:
    """Providers that give calls no id match the result by its position."""
    call = ChatCompletionMessageToolCall.from_dict({"type": "function", "function": {"name": "f"}})
    assert "tool_call_id" not in tool_result(call, "x").to_dict()


@pytest.mark.parametrize(
    ("make", "kind", "phrase"),
    [
        (lambda: user(None), TypeError, "text must be a string, got NoneType"),
        (lambda: system(b"x"), TypeError, "text must be a string, got bytes"),
        (lambda: user("x", images="cat.png"), TypeError, "images must be a list of images, got str"),
        (lambda: user("x", images=Path("cat.png")), TypeError, "images must be a list of images, got"),
        (lambda: user("x", images=[PNG, b"?"]), ValueError, r"images\[1\]: image is not a PNG"),
        (lambda: user("x", images=[3]), TypeError, r"images\[0\]: image must be"),
        (lambda: assistant(), ValueError, "text is missing"),
        (lambda: assistant(tool_calls=[]), ValueError, "text is missing"),
        (lambda: assistant(tool_calls=["f"]), TypeError, r"tool_calls\[0\] must be"),
        (lambda: tool_result("", "x"), ValueError, "call is empty"),
        (lambda: tool_result(None, "x"), TypeError, "call must be a tool call or its id"),
        (lambda: tool_result("c", object()), sdk.SerializationError, "object"),
    ],
)
def test_what_is_no_message_is_refused_by_name(make: Any, kind: type[Exception], phrase: str) -> None:
    """Each refusal names the argument."""
    with pytest.raises(kind, match=phrase):
        make()


def test_made_messages_are_sent(world: World) -> None:
    """A conversation of these messages reaches the gateway in the contract's form."""

    def gateway(connection: Connection, _: Request) -> None:
        connection.json(ANSWER)

    messages = [system("Brief."), user("This?", images=[PNG]), assistant(tool_calls=[CALL]), tool_result(CALL, [1])]

    async def scenario(client: Any) -> None:
        await client.generate_content("openai/gpt-4o", messages)

    with serving(gateway) as server:
        world.with_client(scenario, server.url)
    assert server.requests[0].json()["messages"] == [message.to_dict() for message in messages]
