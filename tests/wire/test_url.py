"""The gateway's address: accepted forms, their normal form, and the explanation of a refusal."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk._wire.url import GatewayUrl, redact_url, segment

LOCAL = GatewayUrl.parse("http://localhost:8080/v1")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("http://localhost:8080/v1", "http://localhost:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://localhost:8080/v1/", "http://localhost:8080"),
        ("http://localhost:8080//v1///", "http://localhost:8080"),
        ("https://host/gw/v1", "https://host/gw"),
        ("https://host/gw", "https://host/gw"),
        ("https://host/a//b/", "https://host/a/b"),
        ("https://host/v1/v1", "https://host/v1"),
        ("https://host/v10", "https://host/v10"),
        ("https://host/dev1", "https://host/dev1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("http://[2001:DB8:0:0::1]", "http://[2001:db8::1]"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("HTTPS://Example.COM/v1", "https://example.com"),
        ("http://inference_gateway:8080/v1", "http://inference_gateway:8080"),
        ("http://host./v1", "http://host."),
        ("http://b\u00fccher.example/v1", "http://xn--bcher-kva.example"),
        ("http://host:080/v1", "http://host:80"),
        ("http://host/caf\u00e9/v1", "http://host/caf%C3%A9"),
        ("http://host/a%2Fb/v1", "http://host/a%2Fb"),
        ("http://host/100%/v1", "http://host/100%25"),
    ],
)
def test_an_address_gives_both_roots(text: str, root: str) -> None:
    """With or without /v1 and trailing slashes, the two roots are the same, and a path before /v1 is kept."""
    url = GatewayUrl.parse(text)
    assert (url.root, url.api) == (root, f"{root}/v1")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        (" http://localhost:8080/v1", "space"),
        ("http://local host/v1", "space"),
        ("http://localhost:8080/v1\n", "control character"),
        ("http://localhost:8080\\v1", "backslash"),
        ("localhost:8080", "no scheme: write 'http://localhost:8080/v1'"),
        ("localhost:8080/v1/", "no scheme: write 'http://localhost:8080/v1'"),
        ("gateway.internal", "no scheme: write 'http://gateway.internal/v1'"),
        ("//localhost:8080", "no scheme: write 'http://localhost:8080/v1'"),
        ("/v1", "no scheme"),
        ("ftp://localhost/v1", "neither http nor https"),
        ("unix:///run/gateway.sock", "neither http nor https"),
        ("http://", "no valid host"),
        ("http:///v1", "no valid host"),
        ("http://:8080/v1", "no valid host"),
        ("http://-host/v1", "no valid host"),
        ("http://ho%20st/v1", "no valid host"),
        ("http://ho<st/v1", "no valid host"),
        ("http://" + "\u00fc" * 70 + "/v1", "no valid host"),
        ("http://fa\u00df.de/v1", "write it in ASCII"),
        ("http://\u03b2\u03cc\u03bb\u03bf\u03c2.com/v1", "write it in ASCII"),
        ("http://\uff47ateway.example/v1", "write it in ASCII"),
        ("http://a\u200db.example/v1", "write it in ASCII"),
        ("http://[::1/v1", "no valid host"),
        ("http://[::g]/v1", "no valid"),
        ("http://[127.0.0.1]/v1", "no valid"),
        ("http://::1/v1", "no valid host"),
        ("http://localhost:/v1", "no valid port"),
        ("http://localhost:0/v1", "no valid port"),
        ("http://localhost:65536/v1", "no valid port"),
        ("http://localhost:eighty/v1", "no valid port"),
        ("http://localhost:-1/v1", "no valid port"),
        ("http://localhost:\u0661/v1", "no valid port"),
        ("http://localhost:" + "9" * 5000, "no valid port"),
        ("http://[::1]:x/v1", "no valid port"),
        ("http://localhost/v1?a=b", "query or a fragment"),
        ("http://localhost/v1?", "query or a fragment"),
        ("http://localhost/v1#top", "query or a fragment"),
        ("http://user@localhost/v1", "user name or password"),
        ("http://user:secret@localhost/v1", "user name or password"),
        ("http://localhost:8080/v1/chat/completions", "end it before '/chat/completions'"),
        ("http://localhost:8080/v1/models/", "end it before '/models'"),
    ],
)
def test_what_is_no_address_is_refused(text: str, why: str) -> None:
    """A refusal names base_url, the fault and a valid address."""
    with pytest.raises(ValueError, match=f"^base_url .*{re.escape(why)}.*'http://localhost:8080/v1'$"):
        GatewayUrl.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://user:hunter2@localhost/v1",
        "http://user:hunter2@local host/v1",
        "user:hunter2@localhost:8080",
        "http://user:hunter2@localhost:x/v1",
        "http://user:hunter2@[::1/v1",
        "ftp://user:hunter2@host/",
        "http://host/v1?token=hunter2",
        "http://host/v1#hunter2",
        "http://user:a/hunter2@localhost/v1",
        "http://user:a?hunter2@localhost/v1",
        "user:a?hunter2@localhost/v1",
        "http://host:x/v1?mail=a@b&token=hunter2",
    ],
)
def test_a_refusal_repeats_no_password(text: str) -> None:
    """Neither user information nor a query is repeated in the message."""
    with pytest.raises(ValueError, match="base_url") as caught:
        GatewayUrl.parse(text)
    assert "hunter2" not in str(caught.value)


def test_what_is_no_string_is_refused_by_name() -> None:
    """A value of another type is a TypeError that names base_url."""
    with pytest.raises(TypeError, match="base_url must be a string"):
        GatewayUrl.parse(b"http://localhost")  # type: ignore[arg-type]


@given(
    st.text(max_size=40) | st.text(st.sampled_from("htps:/[]@?#.1v%\\ -a\u0130"), max_size=30).map("http://".__add__)
)
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    """Any text is either accepted, and then is its own canonical form, or refused by name."""
    try:
        url = GatewayUrl.parse(text)
    except ValueError as error:
        refusal, url = str(error), LOCAL
    else:
        refusal = "base_url "
    assert refusal.startswith("base_url ")
    assert GatewayUrl.parse(url.api) == url
    assert url.api.isascii()
    assert "//" not in url.api.partition("://")[2]


@pytest.mark.parametrize(
    ("path", "query", "at_root", "whole"),
    [
        ("/models", (), False, "http://localhost:8080/v1/models"),
        ("models", (), False, "http://localhost:8080/v1/models"),
        ("//models", (), False, "http://localhost:8080/v1/models"),
        ("/health", (), True, "http://localhost:8080/health"),
        ("/models", (("include", "a,b"),), False, "http://localhost:8080/v1/models?include=a,b"),
        (
            "/models",
            (("provider", "a b&c=d+e#f"),),
            False,
            "http://localhost:8080/v1/models?provider=a%20b%26c%3Dd%2Be%23f",
        ),
        ("/models", (("x", ""), ("x", "\u00e9")), False, "http://localhost:8080/v1/models?x=&x=%C3%A9"),
        ("/proxy/openai/a b", (), True, "http://localhost:8080/proxy/openai/a%20b"),
        ("/proxy/openai/a%2Fb%", (), True, "http://localhost:8080/proxy/openai/a%2Fb%25"),
        ("/x/caf\u00e9\n", (), False, "http://localhost:8080/v1/x/caf%C3%A9%0A"),
    ],
)
def test_join(path: str, query: tuple[tuple[str, str], ...], at_root: bool, whole: str) -> None:
    """A path is joined to the right root with one slash; path and query are escaped, a comma is not."""
    assert LOCAL.join(path, query, at_root=at_root) == whole


def test_join_keeps_the_prefix() -> None:
    """A path before /v1 is kept before the API and before the root's own routes."""
    url = GatewayUrl.parse("https://host/gw/v1/")
    assert url.join("/models") == "https://host/gw/v1/models"
    assert url.join("/health", at_root=True) == "https://host/gw/health"


@pytest.mark.parametrize("path", ["/models?provider=openai", "/models#top"])
def test_join_refuses_a_query_in_the_path(path: str) -> None:
    """A query written into the path is refused with the argument to use instead."""
    with pytest.raises(ValueError, match="pass query parameters as query"):
        LOCAL.join(path)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(words, words), max_size=4))
def test_a_query_survives_the_trip(query: list[tuple[str, str]]) -> None:
    """The server reads any names and values unchanged, from a URL of printable ASCII."""
    url = LOCAL.join("/models", query)
    assert parse_qsl(urlsplit(url).query, keep_blank_values=True, separator="&") == query
    assert re.fullmatch(r"[!-~]+", url)


@given(words)
def test_a_segment_stays_one_segment(value: str) -> None:
    """A name put into a path by `segment` is read back whole, and adds no segment."""
    if value in {"", ".", ".."}:
        with pytest.raises(ValueError, match=r"^name must be"):
            segment(value, "name")
        return
    path = urlsplit(LOCAL.join(f"/a/{segment(value, 'name')}/b")).path
    assert [unquote(part) for part in path.split("/")] == ["", "v1", "a", value, "b"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:pass@host:1/a?key=b#c", "http://host:1/a"),
        ("http://host/v1/models", "http://host/v1/models"),
        ("user:pass@host", "host"),
        ("http://host/proxy/cloudflare/@cf/meta", "http://host/proxy/cloudflare/@cf/meta"),
        ("", ""),
    ],
)
def test_redacted(url: str, shown: str) -> None:
    """A URL is shown without user information, query and fragment; an "@" in the path is not user information."""
    assert redact_url(url) == shown
