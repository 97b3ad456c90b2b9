"""The explanations of unmatched requests, of unused scripts, and of invalid scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from inference_gateway_sdk import NotFoundError
from inference_gateway_sdk.testing import ScriptedGateway, ToolCall, UnmatchedRequestError, scripted_gateway


@pytest.fixture
def gateway() -> ScriptedGateway:
    """Return a gateway without a socket, whose end is not checked."""
    return scripted_gateway(sockets=False)


def why(gateway: ScriptedGateway, prompt: str = "What is the weather in Paris?", model: str = "openai/gpt-4o") -> str:
    """Return the reason why a request has no script."""
    with gateway.client() as client, pytest.raises(NotFoundError) as caught:
        client.generate_content(model, prompt)
    with pytest.raises(UnmatchedRequestError) as raised:
        gateway.assert_all_matched()
    gateway.close()
    assert " ".join(str(raised.value).split()) in str(caught.value), "the client gets the same text"
    return re.sub(r"test_explanations.py:\d+", "test.py:1", str(raised.value)).replace("tests/testing/", "")


def test_the_nearest_script_is_shown_as_a_diff(gateway: ScriptedGateway) -> None:
    """The diff shows what the nearest script requires and the request lacks; the others are listed."""
    gateway.on(model="anthropic/*").reply("Paris")
    gateway.on(endpoint="chat", model="openai/gpt-4", content="weather in Oslo").reply("3 degrees")
    assert why(gateway) == (
        "No script answers request 1 (POST /v1/chat/completions):\n"
        "    model     openai/gpt-4o\n"
        "    content   'What is the weather in Paris?'\n"
        "\n"
        "The nearest script is gateway.on(endpoint='chat', model='openai/gpt-4', content='weather in Oslo')"
        ".reply('3 degrees')\n"
        "(test.py:1), and differs in:\n"
        "\n"
        "    model\n"
        "    - openai/gpt-4\n"
        "    + openai/gpt-4o\n"
        "\n"
        "    content\n"
        "    - 'weather in Oslo'\n"
        "    + 'What is the weather in Paris?'\n"
        "\n"
        "The other scripts:\n"
        "    gateway.on(model='anthropic/*').reply('Paris')  (test.py:1, used 0 of 1)"
    )


def test_a_script_that_is_used_up_is_named(gateway: ScriptedGateway) -> None:
    """The explanation names the used-up script and an alternative."""
    gateway.reply("Hello", times=2)
    with gateway.client() as client:
        for _ in range(2):
            client.generate_content("openai/x", "Hi")
    assert why(gateway) == (
        "No script answers request 3 (POST /v1/chat/completions):\n"
        "    model     openai/gpt-4o\n"
        "    content   'What is the weather in Paris?'\n"
        "\n"
        "The script for it is used up:\n"
        "    gateway.reply('Hello', times=2)  (test.py:1, used 2 of 2)\n"
        "\n"
        'Write one more, or times=2, or times="always".'
    )


def test_without_scripts_it_explains_how_to_write_one(gateway: ScriptedGateway) -> None:
    """Without scripts the explanation shows how and when to write one."""
    assert why(gateway).endswith('There are no scripts: write gateway.reply("...") before the request is sent.')


def test_long_texts_are_cut(gateway: ScriptedGateway) -> None:
    """Long texts of the request and of the scripts are cut."""
    gateway.on(content="x" * 500).reply("y" * 500)
    assert max(map(len, why(gateway, "z" * 5000).splitlines())) < 230


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (lambda on: on.reply("a", reasoning="b", times="always"), "reply('a', reasoning='b', times='always')"),
        (lambda on: on.reply(json=None), "reply(json=None)"),
        (lambda on: on.stream(["a", "b"], pause=1, then="truncate"), "stream(['a', 'b'], pause=1, then='truncate')"),
        (lambda on: on.fail(429, retry_after=1), "fail(429, retry_after=1)"),
        (lambda on: on.fail("truncate", after=2, optional=True), "fail('truncate', optional=True, after=2)"),
        (lambda on: on.respond(204), "respond(204)"),
        (lambda on: on.respond(json={"a": 1}), "respond(json={'a': 1})"),
    ],
)  # fmt: skip
def test_a_script_is_shown_as_it_was_written(gateway: ScriptedGateway, written: Any, shown: str) -> None:
    """A script is shown as it was written, with each of its conditions."""
    assert str(written(gateway)) == f"gateway.{shown}"
    conditional = written(gateway.on(model="x", content=re.compile("a|b"), where=len))
    assert str(conditional) == f"gateway.on(model='x', content=re.compile('a|b'), where=len).{shown}"
    assert repr(conditional).startswith("<Script gateway.on(") and "used 0" in repr(conditional)


MISUSES: list[Any] = [
    (lambda g: g.reply(), TypeError, re.escape("reply() needs a text, json=, tool_calls=")),
    (lambda g: g.reply("a", json=1), ValueError, "text and json= exclude each other"),
    (lambda g: g.reply({"a": 1}), TypeError, "text must be a str, got dict: pass a JSON value as json="),
    (lambda g: g.reply(json=object()), TypeError, "cannot be encoded as JSON"),
    (lambda g: g.reply(tool_calls="now"), TypeError, re.escape("must be a list of calls: write tool_calls=['now']")),
    (lambda g: g.reply(tool_calls=("now", {})), TypeError, "must be a list of calls"),
    (lambda g: g.reply(tool_calls={"name": "now"}), TypeError, "must be a list of calls"),
    (lambda g: g.reply(tool_calls=ToolCall("now")), TypeError, "must be a list of calls"),
    (lambda g: g.reply(tool_calls=[5]), TypeError, "a tool call must have a form such as .* got 5"),
    (lambda g: g.reply(tool_calls=[("a", "b", "c")]), TypeError, "a tool call must have a form such as"),
    (lambda g: g.reply(tool_calls=[{"function": "now"}]), TypeError, "a tool call must have a form such as"),
    (lambda g: g.reply(tool_calls=[{"arguments": {}}]), TypeError, "a tool call must have a form such as"),
    (lambda g: g.reply("a", usage=(1, 2, 3)), TypeError, "usage must be .prompt tokens, completion tokens., got"),
    (lambda g: g.reply("a", times=0), ValueError, "times=0: write how many requests it answers"),
    (lambda g: g.reply("a", times="often"), ValueError, 'times=.often.: .* or "always"'),
    (lambda g: g.stream("Hello"), TypeError, "pieces must be a list of str, got the str 'Hello'"),
    (lambda g: g.stream(["a", 5]), TypeError, "pieces must be str, got int"),
    (lambda g: g.stream(["a"], pause=-1), ValueError, "pause=-1: write the seconds"),
    (lambda g: g.stream(["a"], then="reset"), ValueError, "did you mean 'reset-before-headers' or 'reset-mid-body'"),
    (lambda g: g.stream(["a"], then=200), ValueError, "use a status from 400 to 599"),
    (lambda g: g.fail("rate_limt"), ValueError, "unknown failure 'rate_limt': did you mean 'rate_limit'"),
    (lambda g: g.fail("answer"), ValueError, "unknown failure 'answer'"),
    (lambda g: g.fail(200), ValueError, "or respond.. for any other"),
    (lambda g: g.fail(True), ValueError, "use a status"),
    (lambda g: g.fail(None), TypeError, "a failure must be a status, a name or a fault, got None"),
    (lambda g: g.fail(429, retry_after=-1), ValueError, "retry_after=-1: write the seconds"),
    (lambda g: g.fail(429, after=1), ValueError, "fail.429. is a status and has no after"),
    (lambda g: g.fail("truncate", afer=1), ValueError, "no parameter 'afer': did you mean 'after'"),
    (lambda g: g.fail("truncate", message="x"), ValueError, "no parameter 'message'"),
    (lambda g: g.respond(99), ValueError, "use a status from 200 to 599"),
    (lambda g: g.respond(json=1, body=b""), ValueError, "json= and body= exclude each other"),
    (lambda g: g.on(), ValueError, re.escape("on() needs an argument")),
    (lambda g: g.on(endpoint="chats"), ValueError, "write one of chat, messages, responses"),
    (lambda g: g.on(model=5), TypeError, 'write a name such as "openai/gpt-4o"'),
    (lambda g: g.on(content=b"x"), TypeError, "write a text of the last message"),
    (lambda g: g.on(where="x"), TypeError, "write a function from a ReceivedRequest to bool"),
    (lambda g: g.on(endpoint="models").reply("x"), ValueError, "gateway.models = "),
    (lambda g: g.on(endpoint="health").reply("x"), ValueError, "use respond.* or fail"),
]


@pytest.mark.parametrize(("misuse", "kind", "text"), MISUSES, ids=[each[2][:40] for each in MISUSES])
def test_an_invalid_script_raises_where_it_is_written(
    gateway: ScriptedGateway, misuse: Any, kind: type[Exception], text: str
) -> None:
    """An invalid script raises where it is written, not when a request comes, and is not kept."""
    with pytest.raises(kind, match=text):
        misuse(gateway)
    gateway.assert_all_used()
