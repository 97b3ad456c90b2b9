"""Parameters and fields beyond the published contract: every row is a mark `x-observed` of openapi.yaml.

tests/data/today.jsonl has answers of api.openai.com and api.anthropic.com as both send them in 2026: recorded, with
other ids and texts, and one of several alike.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import inference_gateway_sdk as sdk
from client.response_faults import GOOD, RESPONSE
from inference_gateway_sdk import types
from inference_gateway_sdk._generated.requests import REFUSED
from inference_gateway_sdk._model.tolerant_decode import hook
from inference_gateway_sdk._model.type_info import build_decoder
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._streams.messages import MessagesDialect
from inference_gateway_sdk._wire.call import Target
from inference_gateway_sdk._wire.messages import messages_body
from inference_gateway_sdk._wire.params import check_params
from inference_gateway_sdk._wire.responses import response_body
from support.server import Connection, Request, serving
from support.worlds import refused_unsent

if TYPE_CHECKING:
    from support.worlds import World

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from generate_types.contract import Contract, Enumeration, Object, Property, Type, Union, read_contract  # noqa: E402

CONTRACT: Contract = read_contract(yaml.load((ROOT / "openapi.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader))
OBJECTS = {name: found for name, found in CONTRACT.declarations.items() if isinstance(found, Object)}
OBSERVED = [
    (name, field) for name, found in OBJECTS.items() for field in found.properties if "x-observed" in field.schema
]
REQUESTS = ("CreateResponseRequest", "CreateMessagesRequest")
PARAMETERS = [(name, field) for name, field in OBSERVED if name in REQUESTS]
FIELDS = [(name, field) for name, field in OBSERVED if name not in REQUESTS]
TODAY = [json.loads(line) for line in (ROOT / "tests" / "data" / "today.jsonl").read_text("utf-8").splitlines()]
TYPES: dict[str, tuple[Any, Any]] = {
    "chat": (sdk.CreateChatCompletionResponse, sdk.CreateChatCompletionStreamResponse),
    "messages": (sdk.MessagesResponse, sdk.MessagesStreamEvent),
    "responses": (sdk.Response, sdk.ResponseStreamEvent),
}


def ids(rows: list[tuple[str, Property]]) -> list[str]:
    """The name of each row."""
    return [f"{name}.{field.wire}" for name, field in rows]


def sample(kind: Type) -> Any:
    """A value of the type, as JSON; of a union its last member, which is the richest."""
    if kind.kind == "scalar":
        return {"str": "word", "int": 7, "float": 0.5, "bool": True, "Any": [1, {"x": "y"}]}[kind.name]
    if kind.kind == "list":
        return [sample(kind.inner[0])]
    if kind.kind == "dict":
        return {"key": sample(kind.inner[0])}
    if kind.kind == "union":
        return sample(kind.inner[-1])
    declared = CONTRACT.declarations[kind.name]
    if isinstance(declared, Enumeration):
        return declared.members[0][1]
    if isinstance(declared, Object):
        return {field.wire: sample(field.type) for field in declared.properties}
    if isinstance(declared, Union):
        return sample(Type("name", next(iter(declared.variants.values()))))
    return sample(declared.type)


def strict(kind: Any, value: Any) -> Any:
    """Return the value as that type, decoded by msgspec alone: an unknown field is an error."""
    return build_decoder(kind, hook).decode(json.dumps(value))


# What is sent


@pytest.mark.parametrize(("request_name", "field"), PARAMETERS, ids=ids(PARAMETERS))
def test_a_parameter_is_in_the_body_unchanged(request_name: str, field: Property) -> None:
    """The endpoints that the gateway passes on take what the official clients take, and check its type."""
    value = sample(field.type)
    target = Target.resolve("p/m", None)
    if request_name == "CreateResponseRequest":
        body = response_body(target, "hi", {field.wire: value}, stream=False)
    else:
        body = messages_body(target, "hi", 10, {field.wire: value}, stream=False)
    assert json.loads(body)[field.wire] == value
    with pytest.raises(TypeError, match=f"^{field.wire} must be"):
        check_params(request_name, {field.wire: object()})


def test_no_error_shows_the_content_of_an_object() -> None:
    """One server in place of a list is a common mistake, and it holds a token."""
    server = {"authorization_token": "t0p", "type": "url"}
    call: Any = lambda client: client.create_message("anthropic/c", "hi", 10, mcp_servers=server)  # noqa: E731
    refused_unsent(call, TypeError, "^mcp_servers must be a list, got dict$")


def test_both_clients_send_every_parameter(world: World) -> None:
    """Each parameter reaches the wire of both methods, whole and streamed."""

    def handler(connection: Connection, request: Request) -> None:
        if request.json().get("stream"):
            connection.events(*GOOD)
        elif request.path.endswith("/messages"):
            connection.json(next(entry["body"] for entry in TODAY if entry["dialect"] == "messages"))
        else:
            connection.json(RESPONSE)

    async def scenario(client: Any) -> None:
        for name, field in PARAMETERS:
            given = {field.wire: sample(field.type)}
            if name == "CreateMessagesRequest":
                await client.create_message("p/m", "hi", 10, **given)
                continue
            await client.create_response("p/m", "hi", **given)
            async with client.create_response_stream("p/m", "hi", **given) as stream:
                await stream.final()

    with serving(handler) as server:
        world.with_client(scenario, server.url)
    sent = [request.json() for request in server.requests]
    for name, field in PARAMETERS:
        once = 1 if name == "CreateMessagesRequest" else 2
        values = [body.get(field.wire) for body in sent if ("messages" in body) == (once == 1)]
        assert values.count(sample(field.type)) == once, field.wire


@pytest.mark.parametrize("client", [sdk.InferenceGatewayClient, sdk.AsyncInferenceGatewayClient])
@pytest.mark.parametrize(
    ("request_name", "methods"),
    [
        ("CreateResponseRequest", ("create_response", "create_response_stream")),
        ("CreateMessagesRequest", ("create_message", "create_message_stream")),
    ],
)
def test_methods_list_every_parameter(client: Any, request_name: str, methods: tuple[str, str]) -> None:
    """Editors, `help()` and `inspect.signature` know them."""
    wanted = {field.name for name, field in PARAMETERS if name == request_name}
    assert len(wanted) > 12
    for method in methods:
        assert wanted <= set(inspect.signature(getattr(client, method)).parameters)


@pytest.mark.parametrize("name", sorted(REFUSED["CreateChatCompletionRequest"]))
def test_chat_explains_what_the_gateway_drops(name: str) -> None:
    """The error names the parameter, the reason and both ways, and suggests no other name."""
    with pytest.raises(TypeError) as caught:
        check_params("CreateChatCompletionRequest", {name: 1})
    message = str(caught.value)
    assert message.startswith(f"unknown parameter {name!r} (the gateway drops it from chat completions; ")
    assert f"extra_body={{{name!r}: ...}}" in message
    assert "proxy()" in message
    assert "did you mean" not in message


@pytest.mark.parametrize(("name", "header"), sorted(REFUSED["CreateMessagesRequest"].items()))
def test_messages_explain_which_parameters_are_headers(name: str, header: str) -> None:
    """The official client sends them as headers, and the gateway sets its own."""
    call: Any = lambda client: client.create_message("anthropic/c", "hi", 10, **{name: ["x"]})  # noqa: E731
    refused_unsent(
        call, TypeError, f"unknown parameter '{name}': it is the header {header}, which the gateway does not"
    )


@pytest.mark.parametrize("name", ["steam", "strem", "streams", "stream_"])
def test_no_error_suggests_a_name_that_is_refused(name: str) -> None:
    """`stream` is decided by the method, so that nothing leads to it."""
    for request in ("CreateChatCompletionRequest", *REQUESTS):
        with pytest.raises(TypeError) as caught:
            check_params(request, {name: True})
        assert "'stream'" not in str(caught.value)


# What comes


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=ids(FIELDS))
def test_a_field_is_an_attribute_and_goes_back(name: str, field: Property) -> None:
    """It takes the strict path, is absent by default, and is kept unchanged on the way back."""
    kind: Any = getattr(types, name)
    least = {other.wire: sample(other.type) for other in OBJECTS[name].properties if other.required}
    assert getattr(strict(kind, least), field.name) is None
    whole = {**least, field.wire: sample(field.type)}
    answer = strict(kind, whole)
    assert getattr(answer, field.name) is not None
    assert answer.to_dict() == whole
    assert strict(kind, {**least, field.wire: None}) == strict(kind, least)


@pytest.mark.parametrize("entry", TODAY, ids=[f"{number}-{entry['dialect']}" for number, entry in enumerate(TODAY)])
def test_answers_of_today_take_the_strict_path(entry: dict[str, Any]) -> None:
    """No field of both hosts is unknown, nothing is lost, and the rest is as it came."""
    texts = entry.get("events") or [entry["body"]]
    kind = TYPES[entry["dialect"]]["events" in entry]
    for value in texts:
        answer = strict(kind, value)
        assert present(answer.to_dict()) == present(value)


def test_the_answers_of_today_have_the_fields_that_matter() -> None:
    """The sample has each dialect, whole and streamed, and what audits of real traffic missed most often."""
    assert {(entry["dialect"], "events" in entry) for entry in TODAY} == {
        (dialect, streamed) for dialect in TYPES for streamed in (False, True)
    }
    text = json.dumps(TODAY)
    marked = {field.wire for _, field in FIELDS}
    for name in OFTEN.split():
        assert f'"{name}"' in text
        assert name in marked


OFTEN = (
    "encrypted_content phase verbosity parallel_tool_calls store truncation service_tier background max_tool_calls"
    " top_logprobs prompt_cache_key safety_identifier completed_at presence_penalty logprobs cache_write_tokens"
    " cache_creation inference_geo stop_details output_tokens_details caller server_tool_use container"
    " context_management annotations function_call moderation"
)


def test_a_tool_of_the_provider_is_kept_as_it_came() -> None:
    """A response lists functions as `ResponseTool`, and other tools with their data."""
    tools = [{"type": "function", "name": "f"}, {"type": "web_search", "filters": None, "x": [1]}]
    answer = strict(
        sdk.Response, {**RESPONSE, "tools": tools, "tool_choice": {"type": "allowed_tools", "mode": "auto"}}
    )
    function, search = answer.tools
    assert isinstance(function, sdk.ResponseTool)
    assert isinstance(search, sdk.UnknownResponseToolDefinition)
    assert (search.type, search.data) == ("web_search", tools[1])
    assert (answer.tool_choice.name, answer.tool_choice.mode) == (None, "auto")
    assert answer.to_dict()["tools"] == tools


def test_reasoning_is_not_part_of_the_text() -> None:
    """A reasoning item has content as well, which `output_text` leaves out."""
    reasoning = {"type": "reasoning", "id": "r", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
    answer = strict(sdk.Response, {**RESPONSE, "output": [reasoning, *RESPONSE["output"]]})
    assert answer.output[0].content[0].text == "Hm."
    assert answer.output_text == strict(sdk.Response, RESPONSE).output_text


def present(value: Any) -> Any:
    """The value without nulls, which are left out of what goes back."""
    if isinstance(value, dict):
        return {key: present(item) for key, item in value.items() if item is not None}
    return [present(item) for item in value] if isinstance(value, list) else value


# What streams assemble

CHUNK = "CreateChatCompletionStreamResponse"
CHOICE = "ChatCompletionStreamChoice"
DELTA = "ChatCompletionStreamResponseDelta"
PIECES = [(name, field) for name, field in FIELDS if name in (CHUNK, CHOICE, DELTA)]


@pytest.mark.parametrize(("name", "field"), PIECES, ids=ids(PIECES))
def test_a_field_of_a_chunk_is_in_the_assembled_answer(name: str, field: Property) -> None:
    """The answer has it where a whole answer has it; the channel of a piece is of that piece alone."""
    value = sample(field.type)
    chunk: dict[str, Any] = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    delta: dict[str, Any] = {"content": "Hi"}
    choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": "stop"}
    {CHUNK: chunk, CHOICE: choice, DELTA: delta}[name][field.wire] = value
    dialect = ChatDialect()
    feed(dialect, [{**chunk, "choices": [choice]}])
    (answer,) = dialect.turns()
    holder: Any = {CHUNK: answer, CHOICE: answer.choices[0], DELTA: answer.choices[0].message}[name]
    assert holder.to_dict().get(field.wire) == (None if field.wire == "channel" else value)
    if field.wire != "channel":
        assert getattr(holder, field.name) is not None


def test_pieces_of_a_field_are_merged() -> None:
    """Text in parts grows, facts replace each other, and lists are joined, as for unknown fields."""
    first = {"function_call": {"name": "f", "arguments": '{"a"'}, "reasoning_details": [{"type": "t", "text": "I"}]}
    second = {"function_call": {"arguments": ":1}"}, "annotations": [{"type": "url_citation"}]}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "provider": "A"}
    dialect = ChatDialect()
    feed(
        dialect,
        [
            {**chunk, "choices": [{"index": 0, "delta": first, "finish_reason": None}]},
            {**chunk, "choices": [{"index": 0, "delta": second, "finish_reason": "stop"}], "provider": "B"},
        ],
    )
    (answer,) = dialect.turns()
    message = answer.choices[0].message
    assert message.function_call is not None
    assert (message.function_call.name, message.function_call.arguments) == ("f", '{"a":1}')
    assert message.reasoning_details == [{"type": "t", "text": "I"}]
    assert message.annotations == [{"type": "url_citation"}]
    assert answer.provider == "B"


def test_a_piece_without_text_is_content() -> None:
    """Parts of reasoning end the wait for the first content, as text does."""
    dialect = ChatDialect()
    piece = {"index": 0, "delta": {"reasoning_details": [{"type": "t"}]}, "finish_reason": None}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    ((chunk, _),) = dialect.feed(f"data: {json.dumps({**head, 'choices': [piece]})}\n\n".encode())
    assert chunk is not None
    assert dialect.has_content(chunk)


def test_an_assembled_message_has_the_facts_of_its_events() -> None:
    """Usage, the reason of a refusal, the container, citations and edits come in three kinds of events."""
    message = next(entry["body"] for entry in TODAY if entry["dialect"] == "messages")
    usage = {"output_tokens": 3, "server_tool_use": {"web_search_requests": 2}, "iterations": [{"type": "message"}]}
    details = {"type": "refusal", "category": "cyber"}
    delta = {"stop_reason": "refusal", "stop_details": details, "container": {"id": "c1", "expires_at": "2026"}}
    edits = {"applied_edits": [{"type": "clear"}]}
    dialect = MessagesDialect()
    feed(
        dialect,
        [
            {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {"url": "u"}}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": delta, "usage": usage, "context_management": edits},
            {"type": "message_stop"},
        ],
    )
    (answer,) = dialect.turns()
    assert answer.content[0].to_dict() == {"type": "text", "text": "Hi", "citations": [{"url": "u"}]}
    assert answer.stop_details is not None
    assert answer.stop_details.to_dict() == details
    assert answer.container is not None
    assert answer.container.id == "c1"
    assert answer.context_management == edits
    assert answer.usage.server_tool_use is not None
    assert answer.usage.server_tool_use.web_search_requests == 2
    assert answer.usage.service_tier == message["usage"]["service_tier"]
    assert answer.usage.iterations == [{"type": "message"}]


def feed(dialect: Any, events: list[dict[str, Any]]) -> None:
    """Read the events and hand them over."""
    for event in events:
        for chunk, _ in dialect.feed(f"data: {json.dumps(event)}\n\n".encode()):
            if chunk is not None:
                dialect.fold(chunk)
    assert dialect.failure is None
