"""The refusals of the real gateway, each capture with its error."""

from __future__ import annotations

import pytest

from client.recorded import FOLDER
from inference_gateway_sdk import errors
from inference_gateway_sdk._wire.headers import Headers
from inference_gateway_sdk._wire.problem import read_bad_frame, read_error

# By capture: the class, the code, the message, and a phrase of the hint or None.
REAL: dict[str, tuple[type[errors.StatusError], str | None, str, str | None]] = {
    "allow/denied": (
        errors.ForbiddenError,
        None,
        "Model not allowed. Please check the list of allowed models.",
        "ALLOWED_MODELS",
    ),
    "allow/msg": (
        errors.ForbiddenError,
        "invalid_request_error",
        "Model not allowed. Please check the list of allowed models.",
        "ALLOWED_MODELS",
    ),
    "auth/none": (errors.UnauthorizedError, None, "unauthorized", "INFERENCE_GATEWAY_TOKEN"),
    "base/chat_429": (errors.RateLimitError, "c", "slow down", None),
    "base/s_429": (errors.RateLimitError, "c", "slow down", None),
    "base/chat_500html": (errors.InternalError, None, "Internal Server Error (an HTML page: boom)", None),
    "base/chat_bare": (errors.BadRequestError, None, "Unable to determine provider for model.", 'provider="openai"'),
    "base/chat_big": (errors.PayloadTooLargeError, None, "Request body too large", "SERVER_MAX_REQUEST_BODY_SIZE"),
    "base/chat_down": (
        errors.BadGatewayError,
        None,
        "Failed to reach upstream server: dial tcp 127.0.0.1:9",
        "OPENAI_API_URL",
    ),
    "base/chat_slowhead": (
        errors.GatewayTimeoutError,
        None,
        'Post "http://127.0.0.1:9801/',
        "CLIENT_RESPONSE_HEADER_TIMEOUT",
    ),
    "base/s_slowhead": (
        errors.GatewayTimeoutError,
        None,
        'Post "http://127.0.0.1:9801/',
        "CLIENT_RESPONSE_HEADER_TIMEOUT",
    ),
    "base/img": (errors.NotFoundError, None, "The Images API is not enabled.", "ENABLE_IMAGES=true"),
    "base/metrics_json": (errors.ForbiddenError, None, "Metrics push is not enabled", "TELEMETRY_METRICS_PUSH_ENABLED"),
    "base/models_badinclude": (errors.BadRequestError, None, 'unknown include value "x"', "context_window"),
    "base/models_nokey": (errors.BadRequestError, None, "Provider requires an API key.", "OPENAI_API_KEY"),
    "base/msg_err": (errors.OverloadedError, "overloaded_error", "Overloaded", None),
    "base/msg_openai": (
        errors.BadRequestError,
        "not_supported_error",
        "The Messages API is not supported",
        "anthropic",
    ),
    "base/nope": (errors.NotFoundError, None, "Requested route is not found", "older"),
    "base/proxy_s_both": (errors.RateLimitError, "c", "slow down", None),
    "base/resp_groq": (errors.BadRequestError, None, "The Responses API is not supported", "openai"),
    "base/tools_list": (errors.ForbiddenError, None, "mcp tools endpoint is not exposed", "MCP_EXPOSE=true"),
    "full/chat_slow25": (errors.GatewayTimeoutError, None, "Request timed out", "SERVER_READ_TIMEOUT"),
    "full/edit_noname": (errors.BadRequestError, None, "The 'image' file is required.", "file name"),
    "full/m_type": (errors.UnsupportedMediaTypeError, None, "Content-Type must be", None),
    "guard/x_block": (errors.ForbiddenError, None, "request blocked by guardrails: no cards", None),
    "guard/x_blockresp": (errors.ForbiddenError, None, "response blocked by guardrails: no cards", None),
    "guard/x_failed": (
        errors.ForbiddenError,
        None,
        "guardrail evaluation failed: request blocked by",
        "evaluator failed",
    ),
    "mcpdead/chat": (errors.BadRequestError, None, "Failed to decode request", "X-MCP-Bypass"),
    "mcpsel/chat_nokey": (errors.InternalError, None, "Provider not available", "OPENAI_API_KEY"),
    "route/alias_case": (errors.BadRequestError, None, "Unable to determine provider for model.", "alias"),
    "tls/selfhop_untrusted": (errors.BadRequestError, None, 'Post "https://127.0.0.1:9821/', "SERVER_HOST"),
}


def capture(name: str) -> tuple[int, Headers, bytes]:
    """Return one raw answer of the real gateway: status, headers, decoded body."""
    raw = (FOLDER / f"{name}.response.http").read_bytes()
    head, _, rest = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = Headers((name, value) for name, _, value in (line.partition(": ") for line in lines))
    if headers.get("transfer-encoding") != "chunked":
        return int(first.split()[1]), headers, rest
    decoded = b""
    while size := int((line := rest.partition(b"\r\n"))[0], 16):
        decoded, rest = decoded + line[2][:size], line[2][size + 2 :]
    return int(first.split()[1]), headers, decoded


@pytest.mark.parametrize("name", REAL)
def test_what_the_real_gateway_answers(name: str) -> None:
    """Each refusal captured from the real gateway has its class, code, message and hint."""
    cls, code, message, hint = REAL[name]
    status, headers, sent = capture(name)
    error = read_error(status, headers, sent, now=0.0, model="openai/gpt-4o")
    assert type(error) is cls
    assert (error.status, error.code) == (status, code)
    assert error.message.startswith(message)
    assert hint in error.hint if hint and error.hint else error.hint == hint


def test_no_refusal_of_the_real_gateway_is_left_out() -> None:
    """Every captured answer of 400 and more is in the table above."""
    names = {str(path.relative_to(FOLDER)).removesuffix(".response.http") for path in FOLDER.rglob("*.response.http")}
    refusals = {name for name in names if (FOLDER / f"{name}.response.http").read_bytes()[9:10] in {b"4", b"5"}}
    assert refusals - set(REAL) <= {"auth/nope"}  # the same answer as auth/none, to another path


def test_the_unescaped_frame_of_the_real_gateway() -> None:
    """The unescaped frame by which the real gateway reports a failed start of a stream is parsed."""
    _, _, sent = capture("mcpsel/mcp_s_err")
    error = read_bad_frame(sent.partition(b"\n\n")[0].removeprefix(b"data: "))
    assert type(error) is errors.StreamError
    assert error.message == "slow down"
