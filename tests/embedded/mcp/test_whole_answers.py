"""Tools run for a chat that is not streamed: the model's view, and the client's.

See gateway-behaviour.md#mcp-tools.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from embedded.mcp.model import add, calls, fail, refuses, replies
from inference_gateway_sdk import InternalError
from inference_gateway_sdk.embedded import McpSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded.mcp.model import Model
    from support.worlds import World

    Start = Callable[..., str]

pytestmark = pytest.mark.wire

HI = [{"role": "user", "content": "hi"}]


def post(url: str, *, headers: dict[str, str] | None = None, **body: Any) -> httpx2.Response:
    """Return a chat's answer."""
    chat = {"model": "openai/m", "messages": HI, **body}
    return httpx2.post(f"{url}/v1/chat/completions", json=chat, headers=headers, timeout=20, trust_env=False)


def test_the_last_answer_is_the_only_one(world: World, start: Start, model: Model) -> None:
    """A model that calls two tools and then a third gets their results; the client gets only the last answer."""
    model.turns = [
        calls(("mcp_python_add", {"a": 1}), ("mcp_python_add", {"a": 3, "b": 4}), id="one"),
        calls(("mcp_python_add", {"a": 10}), id="two"),
        replies("Done"),
    ]
    url = start(add)
    reply = world.with_client(lambda client: client.generate_content("openai/m", "hi"), url)
    assert (reply.text, reply.tool_calls, reply.usage.total_tokens) == ("Done", [], 3)
    assert len(model.asked) == 3
    assert [message["role"] for message in model.asked[2]["messages"]] == [
        *["user", "assistant", "tool", "tool"],
        *["assistant", "tool"],
    ]
    assert model.results() == ["3", "7", "12"]


def test_a_result_answers_its_call(start: Start, model: Model) -> None:
    """The turn is sent back to the model unchanged, and each result names its call."""
    model.turns = [calls(("mcp_python_add", {"a": 1}), text="Let me see", id="x"), replies("3")]
    assert post(start(add)).status_code == 200
    turn, result = model.asked[1]["messages"][1:]
    function = {"name": "mcp_python_add", "arguments": '{"a": 1}'}
    assert turn == {
        "role": "assistant",
        "content": "Let me see",
        "tool_calls": [{"id": "x-0", "type": "function", "function": function}],
    }
    assert result == {"role": "tool", "tool_call_id": "x-0", "content": "3"}


def test_the_clients_tools_are_replaced(start: Start, model: Model) -> None:
    """The gateway's tools replace the client's in every request; `tool_choice` is sent unchanged."""
    model.turns = [calls(("mcp_python_add", {"a": 1})), replies("3")]
    mine = {"type": "function", "function": {"name": "mine", "parameters": {}}}
    post(start(add), tools=[mine], tool_choice={"type": "function", "function": {"name": "mine"}}, seed=7)
    parameters = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 2}},
        "required": ["a"],
        "additionalProperties": False,
        "title": "Arguments",
    }
    function = {"name": "mcp_python_add", "description": "Add two numbers.", "parameters": parameters}
    for asked in model.asked:
        assert asked["tools"] == [{"type": "function", "function": function}]
        assert asked["tool_choice"]["function"] == {"name": "mine"}
        assert asked["seed"] == 7


def test_selector_mode_lists_and_runs(start: Start, model: Model) -> None:
    """Two tools represent all: one lists them, whole or by part of a name, the other runs one of them."""
    model.turns = [
        calls(("mcp_tools_get", ""), ("mcp_tools_get", {"query": "NUMBERS"}), ("mcp_tools_get", {"query": "nothing"})),
        calls(
            ("mcp_tools_get", {"names": ["mcp_python_fail"]}),
            ("mcp_tools_get", {"names": ["python_add"], "query": "numbers"}),
            ("mcp_tools_get", {"names": []}),
        ),
        calls(
            ("mcp_tools_execute", {"name": "mcp_python_add", "arguments": {"a": 1}}),
            ("mcp_tools_execute", {"name": "python_add", "arguments": {"a": 2}}),
            ("mcp_tools_execute", {"name": "gone"}),
        ),
        replies("3"),
    ]
    assert post(start(add, fail, mcp=McpSettings())).json()["choices"][0]["message"]["content"] == "3"
    assert model.offered == ["mcp_tools_get", "mcp_tools_execute"]
    every, some, none = (json.loads(result) for result in model.results(1))
    assert [tool["name"] for tool in every] == ["mcp_python_add", "mcp_python_fail"]
    assert ([tool["name"] for tool in some], none) == (["mcp_python_add"], [])
    assert every[0]["input_schema"]["required"] == ["a"]
    named, both, empty = ([tool["name"] for tool in json.loads(result)] for result in model.results(2)[3:])
    assert (named, both, empty) == (["mcp_python_fail"], ["mcp_python_add"], ["mcp_python_add", "mcp_python_fail"])
    assert model.results(3)[6:] == ["3", "4", "Error: unknown tool gone"]


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("mcp_python_fail", {"reason": "no luck"}, "Error: no luck"),
        ("mcp_python_add", {"a": "one"}, "Error: Expected `int`, got `str` - at `$.a`"),
        ("mcp_python_add", {"a": 1, "c": 2}, "Error: Object contains unknown field `c`"),
        ("mcp_python_add", "{oops", "Error: the arguments are not a JSON object"),
        ("mcp_python_add", "[1]", "Error: the arguments are not a JSON object"),
        ("mcp_python_gone", {}, "Error: unknown tool mcp_python_gone"),
        ("python_add", {"a": 1}, "3"),
        ("add", {"a": 1}, "Error: unknown tool add"),
    ],
)
def test_what_goes_wrong_is_read_by_the_model(
    start: Start, model: Model, name: str, arguments: object, result: str
) -> None:
    """A failed or invalid tool call is a text for the model, and the client sees no error."""
    model.turns = [calls((name, arguments)), replies("I see")]
    answer = post(start(add, fail))
    assert (answer.status_code, answer.json()["choices"][0]["message"]["content"]) == (200, "I see")
    assert model.results()[0].startswith(result)


def test_ten_rounds_are_the_end(start: Start, model: Model) -> None:
    """A model that never stops calling tools is asked eleven times; its last answer still calls one."""
    model.turns = [calls(("mcp_python_add", {"a": 1}))]
    answer = post(start(add)).json()
    assert (len(model.asked), len(model.results())) == (11, 10)
    assert answer["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "mcp_python_add"


@pytest.mark.parametrize("finish", ["stop", "length"])
def test_calls_are_run_whatever_the_turn_ends_with(start: Start, model: Model, finish: str) -> None:
    """Tool calls are run by their presence, whatever the finish reason."""
    model.turns = [calls(("mcp_python_add", {"a": 1}), finish=finish), replies("3")]
    assert post(start(add)).json()["choices"][0]["message"]["content"] == "3"


def test_a_first_error_passes_as_without_tools(start: Start, model: Model) -> None:
    """A provider's refusal of the first call has its own status and message."""
    model.turns = [refuses(429)]
    answer = post(start(add))
    assert answer.status_code == 429
    assert json.loads(answer.json()["error"]) == {"error": {"message": "slow down", "type": "t"}}


@pytest.mark.parametrize("second", [refuses(429), refuses(200, b"no json")], ids=["refused", "undecodable"])
def test_a_later_failure_is_a_500(world: World, start: Start, model: Model, second: Any) -> None:
    """A provider that fails after a tool has run is hidden by the gateway's own 500."""
    model.turns = [calls(("mcp_python_add", {"a": 1})), second]
    url = start(add)
    with pytest.raises(InternalError, match="Failed to execute MCP tools"):
        world.with_client(lambda client: client.generate_content("openai/m", "hi", max_retries=0), url)


def test_the_whole_conversation_has_one_deadline(start: Start, model: Model) -> None:
    """A model that calls tools until the deadline of an answer is a 504."""
    model.turns = [calls(("mcp_python_add", {"a": 1})), lambda connection, _: connection.stall()]
    assert post(start(add, read_timeout=0.4)).status_code == 504


@pytest.mark.parametrize("value", ["1", "false"])
def test_a_request_can_keep_out(start: Start, model: Model, value: str) -> None:
    """Any value of X-MCP-Bypass leaves the client's own tools, and the calls of them, alone."""
    model.turns = [calls(("mine", {}))]
    mine = {"type": "function", "function": {"name": "mine", "parameters": {}}}
    answer = post(start(add), tools=[mine], headers={"X-MCP-Bypass": value}).json()
    assert model.offered == ["mine"]
    assert answer["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "mine"


def test_the_smoke_test_model_is_offered_nothing(start: Start) -> None:
    """A chat with it is a plain one, because it would always call a tool: here only its weights are missing."""
    answer = post(start(add), model="llamacpp/smollm2-135m-instruct")
    assert answer.status_code == 502
    assert "nowhere.gguf" in answer.text


def test_an_empty_bypass_is_none(start: Start, model: Model) -> None:
    """The header without a value has no effect."""
    post(start(add), headers={"X-MCP-Bypass": ""})
    assert model.offered == ["mcp_python_add"]


def test_the_clients_option_keeps_out(world: World, start: Start, model: Model) -> None:
    """`mcp_bypass=True` of our client has the same effect."""
    url = start(add)
    world.with_client(lambda client: client.generate_content("openai/m", "hi", mcp_bypass=True), url)
    assert model.offered == []


@pytest.mark.parametrize(
    ("lists", "offered"),
    [
        ({"include": ("add",)}, ["mcp_python_add"]),
        ({"include": ("mcp_python_fail", "unknown")}, ["mcp_python_fail"]),
        ({"exclude": ("add",)}, ["mcp_python_fail"]),
        ({"include": ("add",), "exclude": ("add",)}, ["mcp_python_add"]),
    ],
)
def test_lists_decide_which_tools_are_offered(
    start: Start, model: Model, lists: dict[str, tuple[str, ...]], offered: list[str]
) -> None:
    """`MCP_INCLUDE_TOOLS` wins over `MCP_EXCLUDE_TOOLS`; an excluded tool cannot be run either, but is listed."""
    hidden = "mcp_python_fail" if offered == ["mcp_python_add"] else "mcp_python_add"
    model.turns = [calls((hidden, {"a": 1, "reason": "x"})), replies("no")]
    url = start(add, fail, mcp=McpSettings(mode="direct", **lists), expose_mcp=True)
    post(url)
    assert model.offered == offered
    assert model.results() == [f"Error: unknown tool {hidden}"]
    listed = httpx2.get(f"{url}/v1/mcp/tools", trust_env=False).json()["data"]
    assert [tool["name"] for tool in listed] == ["mcp_python_add", "mcp_python_fail"]


def test_without_tools_left_a_chat_is_a_plain_one(start: Start, model: Model) -> None:
    """When the lists leave no tool, the client's own tools are used again."""
    mine = {"type": "function", "function": {"name": "mine", "parameters": {}}}
    post(start(add, mcp=McpSettings(exclude=("add",))), tools=[mine])
    assert model.offered == ["mine"]


@pytest.mark.parametrize(
    ("query", "body", "status", "error"),
    [
        ("", {"model": "m"}, 400, "Unsupported model: m"),
        ("", {"model": "unknown/m"}, 400, "Unsupported model: unknown/m"),
        ("?provider=unknown", {"model": "m"}, 500, "Provider not available"),
        ("", {"model": "groq/m"}, 500, "Provider not available"),
        ("", {"model": 7}, 400, "Invalid request body"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_refusals_have_their_own_words(
    start: Start, query: str, body: dict[str, Any], status: int, error: str, *, stream: bool
) -> None:
    """With tools to offer, the gateway's refusals differ (gateway-behaviour.md#errors), and are still JSON."""
    url = f"{start(add)}/v1/chat/completions{query}"
    answer = httpx2.post(url, json={"messages": HI, "stream": stream, **body}, trust_env=False)
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_limits_and_lists_and_aliases_hold(start: Start, model: Model) -> None:
    """Size limit, model lists and pools are the same with tools as without."""
    url = start(
        add,
        max_body=400,
        disallowed_models=("openai/no",),
        pools={"both": [("openai", "x"), ("openai", "y")]},
    )
    for stream in (False, True):
        assert post(url, user="u" * 400, stream=stream).status_code == 413
        assert post(url, model="openai/no", stream=stream).status_code == 403
        answer = post(url, model="both", stream=stream)
        assert (answer.status_code, answer.headers["x-selected-provider"]) == (200, "openai")
    assert [asked["model"] for asked in model.asked] == ["x", "y"]
