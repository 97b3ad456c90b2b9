"""Everything that can go wrong, turned into the status, body and content type that the real gateway would send.

The texts are those of gateway-behaviour.md#errors. A provider's own error goes out as a string inside the gateway's
error, with the
provider's status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from . import go_json
from .providers.provider import BrokenOff, ProviderError, Refused, Silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .settings import Quirks

__all__ = [
    "CHAT_EXAMPLE",
    "IMAGE_EXAMPLE",
    "MessagesProblem",
    "Problem",
    "from_provider",
    "hollow",
    "passed_through",
    "proxied",
    "undecodable",
    "unreadable",
]

# The model that the refusal of an unknown one gives as an example (gateway-behaviour.md#error-catalogue).
CHAT_EXAMPLE, IMAGE_EXAMPLE = "openai/gpt-4", "openai/gpt-image-2"

_UNREAD = {"/v1/chat/completions": "Failed to decode request", "/v1/metrics": "Failed to read request body"}
_GATEWAY = "application/json; charset=utf-8"  # an error of the gateway's own making
_PROVIDER = "application/json"  # an error that came from behind it


class Problem(Exception):  # noqa: N818  (the term of RFC 9457)
    """An answer that says no."""

    def __init__(self, status: int, text: str, *, content_type: str = _GATEWAY) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.content_type = content_type
        self.headers: Mapping[str, str] = {}  # what its head says besides
        self.unread = 0  # bytes of the request that are left where they are

    @property
    def body(self) -> bytes:
        """The envelope; nothing under a status that has no body (RFC 9110 section 6.4.1)."""
        if self.status in (204, 304):
            return b""
        return go_json.encode(self.envelope())

    def envelope(self) -> dict[str, object]:
        """What the body says: envelope (a) of gateway-behaviour.md#errors."""
        return {"error": self.text}

    def response(self) -> Response:
        """The answer; one to a request that is still being sent closes the connection.

        See gateway-behaviour.md#limits-and-timeouts.
        """
        headers = {**self.headers, "content-type": self.content_type}
        if self.status == 413:
            headers["connection"] = "close"
        return Response(self.body, self.status, headers)

    @classmethod
    def no_route(cls) -> Problem:
        """Nothing is served at this path, or not by this method."""
        return cls(404, "Requested route is not found")

    @classmethod
    def unauthorized(cls) -> Problem:
        """There is no token, or none that is good; the body says no more (gateway-behaviour.md#authentication)."""
        return cls(401, "unauthorized")

    @classmethod
    def bad_request(cls) -> Problem:
        """The body is not a chat request."""
        return cls(400, "Failed to decode request")

    @classmethod
    def too_large(cls) -> Problem:
        """The body is over the limit."""
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
    def nobody_named(cls) -> Problem:
        """Return the refusal of an image request that names neither a model nor a provider."""
        return cls(
            400,
            "No provider specified. Please specify a provider using the ?provider= query parameter "
            f"or use the provider/model format (e.g., {IMAGE_EXAMPLE}).",
        )

    @classmethod
    def unknown_provider(cls) -> Problem:
        """No such provider."""
        return cls(400, "Provider not found. Please check the list of supported providers.")

    @classmethod
    def no_key(cls) -> Problem:
        """The provider has no key."""
        return cls(400, "Provider requires an API key. Please configure the provider's API key.")

    @classmethod
    def not_allowed(cls) -> Problem:
        """The model is not on the list of allowed ones."""
        return cls(403, "Model not allowed. Please check the list of allowed models.")

    @classmethod
    def disallowed(cls) -> Problem:
        """The model is on the list of disallowed ones."""
        return cls(403, "Model is disallowed. Please use a different model.")

    @classmethod
    def unknown_include(cls, value: str) -> Problem:
        """A list of models cannot include this."""
        return cls(400, f"unknown include value {go_json.quoted(value)}")

    @classmethod
    def not_supported(cls, what: str, advice: str = "") -> Problem:
        """The provider has no such endpoint; `what` begins the sentence, such as "The Images API"."""
        return cls(400, f"{what} is not supported by this provider yet.{advice}")

    @classmethod
    def no_listing(cls) -> Problem:
        """The provider's models could not be had."""
        return cls(502, "Failed to list models")

    @classmethod
    def timed_out(cls) -> Problem:
        """The answer took longer than `SERVER_READ_TIMEOUT`."""
        return cls(504, "Request timed out")


class MessagesProblem(Problem):
    """The same in the envelope that clients of Anthropic's Messages read: (c) of gateway-behaviour.md#errors."""

    @classmethod
    def of(cls, problem: Problem) -> MessagesProblem:
        """The problem in that envelope."""
        enveloped = cls(problem.status, problem.text, content_type=problem.content_type)
        enveloped.headers, enveloped.unread = problem.headers, problem.unread
        return enveloped

    def envelope(self) -> dict[str, object]:
        """What the body says, with a type that follows from the status and the text."""
        return {"type": "error", "error": {"type": self._kind, "message": self.text}}

    @property
    def _kind(self) -> str:
        if self.status in (422, 500, 502, 504):
            return "api_error"
        return "not_supported_error" if "not supported by this provider" in self.text else "invalid_request_error"


def passed_through(error: ProviderError | TimeoutError, *, quirks: Quirks) -> Problem:
    """What the client of an endpoint that only passes on sees when no answer begins (gateway-behaviour.md#errors)."""
    late = isinstance(error, TimeoutError) or (isinstance(error, Silent) and not quirks.late_is_refused)
    return Problem.timed_out() if late else Problem(502, "Failed to reach upstream server")


def from_provider(error: ProviderError | TimeoutError, *, provider: str, here: str, quirks: Quirks) -> Problem:
    """What the client of a chat sees when the provider does not answer with a 200.

    Args:
        error: What happened; a `TimeoutError` is the end of the whole answer's time.
        provider: The provider's id.
        here: This gateway's own "host:port": the real one reports silence as that of a call to itself.
        quirks: Whether it does so.
    """
    if isinstance(error, Refused):
        return Problem(error.status, error.body.decode(errors="replace"), content_type=_PROVIDER)
    if isinstance(error, Silent) and quirks.late_is_refused:
        asked = f"http://{here}/proxy/{provider}{error.path}"
        text = f"Post {go_json.quoted(asked)}: net/http: timeout awaiting response headers"
        return Problem(400, text, content_type=_PROVIDER)
    if isinstance(error, Silent | TimeoutError):
        return Problem(504, "Request timed out", content_type=_PROVIDER)
    if isinstance(error, BrokenOff) and quirks.unread_is_refused:
        return Problem(400, str(error), content_type=_PROVIDER)
    return Problem(502, proxied(error).body.decode(), content_type=_PROVIDER)


def proxied(error: ProviderError | TimeoutError) -> Problem:
    """What a client of `/proxy` sees when no answer begins; the real gateway's calls to itself are such clients."""
    return _Proxied(502, f"Failed to reach upstream server: {error}", content_type=_PROVIDER)


class _Proxied(Problem):
    """A problem that ends in a line feed, as those of the proxy do."""

    @property
    def body(self) -> bytes:
        """The envelope and the line feed."""
        return super().body + b"\n"


def undecodable(error: Exception, body: bytes, *, quirks: Quirks) -> Problem:
    """The provider answered 200 with this body, which is not a chat answer."""
    text = f"failed to decode the provider's answer: {error}"
    if quirks.unread_is_refused:
        return Problem(400, go_json.complaint(body) or text, content_type=_PROVIDER)
    return Problem(502, text, content_type=_PROVIDER)


def hollow(body: bytes) -> Problem:
    """The provider answered 200 with something that has no choices: an error, as a rule."""
    return Problem(502, body.decode(errors="replace"), content_type=_PROVIDER)


def unreadable(path: str) -> Problem:
    """The request broke off in its body, before the endpoint at this path had read it (gateway-behaviour.md#errors)."""
    kind = MessagesProblem if path == "/v1/messages" else Problem
    problem = kind(400, _UNREAD.get(path, "Failed to read request"))
    problem.headers = {"connection": "close"}
    return problem
