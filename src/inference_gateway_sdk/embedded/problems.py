"""The errors of the embedded gateway, with the status, body and content type of the real one.

The texts are those of gateway-behaviour.md#errors. A provider's own error is sent as a string inside the gateway's
error, with the provider's status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from . import go_json
from .providers.provider import (
    ProviderError,
    ProviderStatusError,
    ProviderTimeoutError,
    ProviderTruncatedError,
    SelfCallError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .quirks import Quirks

__all__ = [
    "CHAT_EXAMPLE",
    "IMAGE_EXAMPLE",
    "Blocked",
    "MessagesProblem",
    "Problem",
    "from_provider",
    "passed_through",
    "proxied",
    "undecodable",
    "unreadable",
    "without_choices",
]

# The model that the refusal of an unknown one gives as an example (gateway-behaviour.md#error-catalogue).
CHAT_EXAMPLE, IMAGE_EXAMPLE = "openai/gpt-4", "openai/gpt-image-2"

_UNREAD = {"/v1/chat/completions": "Failed to decode request", "/v1/metrics": "Failed to read request body"}
_GATEWAY = "application/json; charset=utf-8"  # of errors that the gateway makes
_PROVIDER = "application/json"  # of errors that come from a provider


class Problem(Exception):  # noqa: N818  (the term of RFC 9457)
    """An error answer."""

    def __init__(self, status: int, text: str, *, content_type: str = _GATEWAY) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.content_type = content_type
        self.headers: Mapping[str, str] = {}  # additional headers of the answer
        self.unread = 0  # bytes of the request body that are not read before the connection is closed

    @property
    def body(self) -> bytes:
        """The envelope, or nothing for a status without a body (RFC 9110 section 6.4.1)."""
        if self.status in (204, 304):
            return b""
        return go_json.encode(self.envelope())

    def envelope(self) -> dict[str, object]:
        """Return the content of the body: envelope (a) of gateway-behaviour.md#errors."""
        return {"error": self.text}

    def response(self) -> Response:
        """Return the answer. A 413 closes the connection, as the request is still being sent.

        See gateway-behaviour.md#limits-and-timeouts.
        """
        headers = {**self.headers, "content-type": self.content_type}
        if self.status == 413:
            headers["connection"] = "close"
        return Response(self.body, self.status, headers)

    @classmethod
    def no_route(cls) -> Problem:
        """Report that nothing is served at this path, or not with this method."""
        return cls(404, "Requested route is not found")

    @classmethod
    def unauthorized(cls) -> Problem:
        """Report a missing or invalid token, without further detail (gateway-behaviour.md#authentication)."""
        return cls(401, "unauthorized")

    @classmethod
    def bad_request(cls) -> Problem:
        """Report that the body is not a chat request."""
        return cls(400, "Failed to decode request")

    @classmethod
    def too_large(cls) -> Problem:
        """Report that the body is over the limit."""
        return cls(413, "Request body too large")

    @classmethod
    def no_provider(cls, example: str = CHAT_EXAMPLE) -> Problem:
        """Return the refusal of a model name without a known provider; each endpoint has its own `example` in it."""
        return cls(
            400,
            "Unable to determine provider for model. Please specify a provider using the ?provider= query parameter "
            f"or use the provider/model format (e.g., {example}).",
        )

    @classmethod
    def no_provider_named(cls) -> Problem:
        """Return the refusal of an image request that names neither a model nor a provider."""
        return cls(
            400,
            "No provider specified. Please specify a provider using the ?provider= query parameter "
            f"or use the provider/model format (e.g., {IMAGE_EXAMPLE}).",
        )

    @classmethod
    def unknown_provider(cls) -> Problem:
        """Report an unknown provider."""
        return cls(400, "Provider not found. Please check the list of supported providers.")

    @classmethod
    def no_key(cls) -> Problem:
        """Report that the provider has no key."""
        return cls(400, "Provider requires an API key. Please configure the provider's API key.")

    @classmethod
    def not_allowed(cls) -> Problem:
        """Report that the model is not in the list of allowed ones."""
        return cls(403, "Model not allowed. Please check the list of allowed models.")

    @classmethod
    def disallowed(cls) -> Problem:
        """Report that the model is in the list of disallowed ones."""
        return cls(403, "Model is disallowed. Please use a different model.")

    @classmethod
    def unknown_include(cls, value: str) -> Problem:
        """Report an unknown `include` value on a model listing."""
        return cls(400, f"unknown include value {go_json.quoted(value)}")

    @classmethod
    def not_supported(cls, what: str, advice: str = "") -> Problem:
        """Report that the provider has no such endpoint. `what` begins the sentence, such as "The Images API"."""
        return cls(400, f"{what} is not supported by this provider yet.{advice}")

    @classmethod
    def no_listing(cls) -> Problem:
        """Report that the provider's models could not be fetched."""
        return cls(502, "Failed to list models")

    @classmethod
    def timed_out(cls) -> Problem:
        """Report that the answer took longer than `SERVER_READ_TIMEOUT`."""
        return cls(504, "Request timed out")


class Blocked(Problem):
    """A refusal by guardrails: envelope (b) of gateway-behaviour.md#errors.

    Args:
        text: The error.
        message: The policy's reason.
        content_type: That of the answer.
    """

    def __init__(self, text: str, message: str, *, content_type: str = _GATEWAY) -> None:
        super().__init__(403, text, content_type=content_type)
        self.message = message

    def envelope(self) -> dict[str, object]:
        """Return the content of the body."""
        return {"error": self.text, "message": self.message}

    @classmethod
    def judged(cls, stage: str, message: str) -> Blocked:
        """Report that the service refused a "request" or a "response"."""
        # the real gateway sends the second as it sends what comes from a provider
        content_type = _PROVIDER if stage == "response" else _GATEWAY
        return cls(f"{stage} blocked by guardrails", message, content_type=content_type)

    @classmethod
    def unjudged(cls, stage: str) -> Blocked:
        """Report that the service could not judge a "request" or a "response"."""
        return cls("guardrail evaluation failed", f"{stage} blocked by guardrails")


class MessagesProblem(Problem):
    """A problem in the envelope of Anthropic's Messages: (c) of gateway-behaviour.md#errors."""

    @classmethod
    def of(cls, problem: Problem) -> MessagesProblem:
        """Convert a problem to that envelope."""
        enveloped = cls(problem.status, problem.text, content_type=problem.content_type)
        enveloped.headers, enveloped.unread = problem.headers, problem.unread
        return enveloped

    def envelope(self) -> dict[str, object]:
        """Return the content of the body. Its type depends on the status and the text."""
        return {"type": "error", "error": {"type": self._kind, "message": self.text}}

    @property
    def _kind(self) -> str:
        if self.status in (422, 500, 502, 504):
            return "api_error"
        return "not_supported_error" if "not supported by this provider" in self.text else "invalid_request_error"


def passed_through(error: ProviderError | TimeoutError, *, quirks: Quirks) -> Problem:
    """Return the error for a request that is passed on and gets no answer (gateway-behaviour.md#errors)."""
    late = isinstance(error, TimeoutError) or (isinstance(error, ProviderTimeoutError) and not quirks.late_is_refused)
    return Problem.timed_out() if late else Problem(502, "Failed to reach upstream server")


def from_provider(error: ProviderError | TimeoutError, *, provider: str, here: str, quirks: Quirks) -> Problem:
    """Return the error for a chat whose provider does not answer with a 200.

    Args:
        error: The failure. A `TimeoutError` means that the time for the whole answer is over.
        provider: The provider's id.
        here: This gateway's "host:port". The real gateway reports a timeout as one of a call to itself.
        quirks: The quirks that decide whether this gateway does so too.
    """
    if isinstance(error, ProviderStatusError):
        return Problem(error.status, error.body.decode(errors="replace"), content_type=_PROVIDER)
    if isinstance(error, SelfCallError):
        asked = f"https://{here}/proxy/{provider}{error.path}"
        return Problem(400, f"Post {go_json.quoted(asked)}: {error}", content_type=_PROVIDER)
    if isinstance(error, ProviderTimeoutError) and quirks.late_is_refused:
        asked = f"http://{here}/proxy/{provider}{error.path}"
        text = f"Post {go_json.quoted(asked)}: net/http: timeout awaiting response headers"
        return Problem(400, text, content_type=_PROVIDER)
    if isinstance(error, ProviderTimeoutError | TimeoutError):
        return Problem(504, "Request timed out", content_type=_PROVIDER)
    if isinstance(error, ProviderTruncatedError) and quirks.unread_is_refused:
        return Problem(400, str(error), content_type=_PROVIDER)
    return Problem(502, proxied(error).body.decode(), content_type=_PROVIDER)


def proxied(error: ProviderError | TimeoutError) -> Problem:
    """Return the error for a `/proxy` request without an answer. The real gateway sends such requests to itself."""
    return _Proxied(502, f"Failed to reach upstream server: {error}", content_type=_PROVIDER)


class _Proxied(Problem):
    """A problem whose body ends in a line feed, as in the real gateway's proxy."""

    @property
    def body(self) -> bytes:
        """The envelope and a line feed."""
        return super().body + b"\n"


def undecodable(error: Exception, body: bytes, *, quirks: Quirks) -> Problem:
    """Return the error for a 200 of the provider whose body is not a chat answer."""
    text = f"failed to decode the provider's answer: {error}"
    if quirks.unread_is_refused:
        return Problem(400, go_json.decode_error(body) or text, content_type=_PROVIDER)
    return Problem(502, text, content_type=_PROVIDER)


def without_choices(body: bytes) -> Problem:
    """Return the error for a 200 of the provider without choices, which is usually an error body."""
    return Problem(502, body.decode(errors="replace"), content_type=_PROVIDER)


def unreadable(path: str) -> Problem:
    """Return the error for a request that was cut off before its body was read (gateway-behaviour.md#errors)."""
    kind = MessagesProblem if path == "/v1/messages" else Problem
    problem = kind(400, _UNREAD.get(path, "Failed to read request"))
    problem.headers = {"connection": "close"}
    return problem
