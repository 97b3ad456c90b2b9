"""A recorded request as code: a Python program, a curl command, a test with the pytest fixtures.

The values come from a redacted exchange, so that no snippet has a secret.
"""

from __future__ import annotations

import json
import shlex
from pprint import pformat
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from .._client.params import ChatParams, MessagesParams, ResponseParams
from .._client.settings import GENERATES
from .._model.json_values import is_array, is_mapping
from .._wire.chat import dropped_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..testing.cassettes.exchange import RecordedAnswer, RecordedRequest

__all__ = ["curl_command", "python_program", "python_test"]


class _Method(NamedTuple):
    """The client's methods of an endpoint, and the members of the body that are positional arguments."""

    whole: str
    stream: str
    positional: tuple[str, ...]
    params: frozenset[str]
    text: str


def _names(params: Any, *positional: str) -> frozenset[str]:
    given = params.__required_keys__ | params.__optional_keys__
    return frozenset(given - GENERATES - {"model", "stream", "mcp_bypass", *positional})


_METHODS = {
    "/v1/chat/completions": _Method(
        "generate_content", "generate_content_stream", ("messages",), _names(ChatParams, "messages"), "reply.text"
    ),
    "/v1/messages": _Method(
        "create_message", "create_message_stream", ("messages", "max_tokens"),
        _names(MessagesParams, "messages", "max_tokens"), "reply.text",
    ),
    "/v1/responses": _Method(
        "create_response", "create_response_stream", ("input",), _names(ResponseParams, "input"), "reply.text"
    ),
}  # fmt: skip
_STREAM_OPTIONS = {"include_usage": True}  # what a streamed chat sends by default
_HIDDEN = "..."


def curl_command(request: RecordedRequest, origin: str) -> str:
    """Return the request as a curl command. The token is read from an environment variable.

    Args:
        request: The request, without its secrets.
        origin: The address of the gateway.
    """
    lines = [f"curl -N -X {request.method} {shlex.quote(origin + request.url)}"]
    if any(name == "authorization" for name, _ in request.headers):
        lines.append('-H "Authorization: Bearer $INFERENCE_GATEWAY_TOKEN"')
    headers = dict(request.headers)
    kept = _own_headers(request.headers)
    if request.body and "content-type" in headers:
        kept = {"content-type": headers["content-type"], **kept}
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in kept.items()]
    if request.body:
        text = _text(request.body)
        lines.append(f"--data-binary {shlex.quote(text)}" if text is not None else "--data-binary @body.bin")
    return " \\\n  ".join(lines)


def python_program(request: RecordedRequest, origin: str) -> str:
    """Return the request as a Python program. Arguments as of `curl_command`."""
    known = _method_call(request)
    if known is None:
        return (
            "from inference_gateway_sdk import Call, InferenceGatewayClient\n\n"
            f"call = {_custom_call(request)}\n"
            f"with InferenceGatewayClient({origin!r}) as client:\n"
            "    print(client.send(call))\n"
        )
    call, method, streamed = known
    lines = [
        "from inference_gateway_sdk import InferenceGatewayClient",
        "",
        f"with InferenceGatewayClient({origin!r}) as client:",
    ]
    if streamed:
        lines += [
            f"    with client.{_indented(call, 4)} as stream:",
            "        for text in stream.text():",
            '            print(text, end="", flush=True)',
            "    print()",
        ]
    else:
        lines += [f"    reply = client.{_indented(call, 4)}", f"    print({method.text})"]
    return "\n".join(lines) + "\n"


def python_test(request: RecordedRequest, answer: RecordedAnswer | None, fault: str | None) -> str:
    """Return a test that repeats the request and its outcome with the fixtures `gateway` and `gateway_client`.

    Args:
        request: The request, without its secrets.
        answer: The answer, without its secrets; None if there was no head.
        fault: The kind of the injected fault, None without one.
    """
    known = _method_call(request, "max_retries=0")
    fails = answer is None or answer.status >= 400 or answer.end.kind != "complete"
    lines = ["import pytest", ""] if fails else []
    names = ["GatewayError"] if fails else []
    if known is None:
        names.insert(0, "Call")
    if names:
        lines += [f"from inference_gateway_sdk import {', '.join(names)}", ""]
    text = None if known is None or fails or fault else _chat_text(request, answer)
    lines += ["", _DEFINITION]
    lines.append(f"    {_indented(_scripted(answer, fault, text), 4)}")
    lines += _used(request, known, fails=fails, asserted=text is not None)
    if text is not None:
        lines.append(f"    assert text == {''.join(text)!r}")
    elif not fails:
        lines.append("    assert len(gateway.requests) == 1")
    return "\n".join(lines).strip("\n") + "\n"


_DEFINITION = "def test_the_copied_request(gateway, gateway_client):"


def _used(
    request: RecordedRequest, known: tuple[str, _Method, bool] | None, *, fails: bool, asserted: bool
) -> list[str]:
    """Return the lines that send the request, inside a check for its failure if it fails."""
    within = ["    with pytest.raises(GatewayError):"] if fails else []
    at = 8 if fails else 4
    pad = " " * at
    if known is None:
        call = _custom_call(request)
        return [*within, f"{pad}gateway_client.with_options(max_retries=0).send({_indented(call, at)})"]
    call, method, streamed = known
    if not streamed:
        lines = [f"{pad}reply = gateway_client.{_indented(call, at)}"]
        return [*within, *lines, *([f"{pad}text = {method.text}"] if asserted else [])]
    return [
        *within,
        f"{pad}with gateway_client.{_indented(call, at)} as stream:",
        f'{pad}    text = "".join(stream.text())' if asserted else f"{pad}    stream.final()",
    ]


def _scripted(answer: RecordedAnswer | None, fault: str | None, text: list[str] | None) -> str:
    """Return the script of the answer."""
    if answer is None or fault not in (None, "status"):
        return f"gateway.fail({fault or 'reset-before-headers'!r}, optional=True)"
    if text is not None:
        return f"gateway.stream({_literal(text)})" if len(text) > 1 else f"gateway.reply({text[0]!r})"
    headers = {name: value for name, value in answer.headers if name in ("content-type", "retry-after")}
    body = _text(answer.body)
    optional = ["optional=True"] if answer.status >= 400 else []  # the gateway itself may have refused the request
    arguments = [str(answer.status), f"body={body if body is None else _literal(body)}", f"headers={_literal(headers)}"]
    script = _call("gateway.respond", [*arguments, *optional])
    if answer.end.kind == "complete":
        return script
    return f'gateway.fail("reset-mid-body", optional=True)  # the answer was cut off after {len(answer.body)} bytes'


def _method_call(request: RecordedRequest, *more: str) -> tuple[str, _Method, bool] | None:
    """Return the call of the client's method, the method and whether it streams, or None for other endpoints."""
    path, _, query = request.url.partition("?")
    method, body = _METHODS.get(path), _object(request.body)
    if method is None or body is None or request.method != "POST" or not isinstance(body.get("model"), str):
        return None
    if any(name not in body for name in method.positional) or not is_array(body[method.positional[0]]):
        return None
    if method.whole == "generate_content" and dropped_fields(body):
        return None  # the client warns of such fields
    streamed = body.get("stream") is True
    values = [_literal(body["model"]), *(_literal(body[name]) for name in method.positional)]
    arguments = values + _keywords(method, body, dict(parse_qsl(query)), request.headers, streamed=streamed)
    return _call(method.stream if streamed else method.whole, [*arguments, *more]), method, streamed


def _keywords(
    method: _Method, body: Mapping[str, Any], query: dict[str, str], headers: Any, *, streamed: bool
) -> list[str]:
    """Return the keyword arguments of the method's call."""
    rest = {name: value for name, value in body.items() if name not in ("model", "stream", *method.positional)}
    if streamed and rest.get("stream_options") == _STREAM_OPTIONS:
        del rest["stream_options"]
    own = {name: rest.pop(name) for name in list(rest) if name in method.params and rest[name] is not None}
    provider = query.pop("provider", None)
    sent = _own_headers(headers)
    named: dict[str, Any] = {**({"provider": provider} if provider else {}), **own}
    more = {"extra_body": rest, "extra_query": query, "headers": sent}
    named |= {name: value for name, value in more.items() if value}
    return [f"{name}={_literal(value)}" for name, value in named.items()]


def _custom_call(request: RecordedRequest) -> str:
    """Return the request as a `Call`."""
    path, _, query = request.url.partition("?")
    arguments = [f"method={request.method!r}", f"path={path!r}", "at_root=True"]
    if query:
        arguments.append(f"query={tuple(parse_qsl(query, keep_blank_values=True))!r}")
    if sent := _own_headers(request.headers):
        arguments.append(f"headers={tuple(sent.items())!r}")
    if request.body:
        text = _text(request.body)
        kind = dict(request.headers).get("content-type", "application/json")
        arguments.append(f"content_type={kind!r}")
        arguments.append('body=b"..."' if text is None else f"body={_literal(text)}.encode()")
    return _call("Call", [*arguments, "read=lambda reply: reply.body"])


def _own_headers(headers: Any) -> dict[str, str]:
    """Return the request's own headers that matter to the gateway. Hidden values are left out."""
    return {
        name: value
        for name, value in headers
        if (name.startswith("x-") or name == "anthropic-version")
        and not name.startswith("x-stainless")
        and _HIDDEN not in value
    }


def _chat_text(request: RecordedRequest, answer: RecordedAnswer | None) -> list[str] | None:
    """Return the pieces of text of a chat's answer; None if it has anything else, such as a tool call."""
    if answer is None or not request.url.startswith("/v1/chat/completions"):
        return None
    text = _text(answer.body)
    if text is None:
        return None
    if not text.startswith("data:"):
        return _pieces([_object(answer.body)], "message")
    events = [line[5:].strip() for line in text.splitlines() if line.startswith("data:")]
    return _pieces([_object(event.encode()) for event in events if event != "[DONE]"], "delta")


def _pieces(events: list[Mapping[str, Any] | None], member: str) -> list[str] | None:
    pieces: list[str] = []
    for event in events:
        choices: Any = None if event is None else event.get("choices")
        if not is_array(choices) or len(choices) > 1:
            return None
        for choice in choices:
            held: Any = choice.get(member) if is_mapping(choice) else None
            if not is_mapping(held) or any(value for name, value in held.items() if name not in ("role", "content")):
                return None
            content: Any = held.get("content")
            if content and not isinstance(content, str):
                return None
            pieces += [content] if content else []
    return pieces or None


def _object(body: bytes | None) -> Mapping[str, Any] | None:
    try:
        value = json.loads(body or b"")
    except ValueError:
        return None
    return value if is_mapping(value) else None


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _literal(value: Any) -> str:
    return pformat(value, width=100, sort_dicts=False)


def _call(name: str, arguments: list[str]) -> str:
    """Return a call on one line if it is short, else with one argument a line."""
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= 88 and "\n" not in line:
        return line
    listed = "".join(f"    {_indented(argument, 4)},\n" for argument in arguments)
    return f"{name}(\n{listed})"


def _indented(text: str, columns: int) -> str:
    """Return code whose lines after the first are indented further."""
    return text.replace("\n", "\n" + " " * columns)
