"""Redacted and unredacted values, and the options that redact more or less."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference_gateway_sdk.testing.cassettes import (
    CassetteError,
    Ending,
    Exchange,
    Piece,
    RecordedAnswer,
    RecordedRequest,
    Redaction,
    cassette,
)
from inference_gateway_sdk.testing.cassettes.file import load
from inference_gateway_sdk.testing.cassettes.redaction import hide_text, is_base64, may_hold_secrets
from inference_gateway_sdk.testing.cassettes.redactor import Redactor, hide_body, hide_json, named_secrets
from testing_cassettes.exchanges import exchanges
from testing_cassettes.stub import StubAnswer, StubDriver, read_all

URL = "http://localhost/v1/x"
FORM_DATA = "Content-Disposition: form-data;"


TROUBLE = """sk- pk- rk- xai- nvapi- sk_
csk- pplx- fw_ tgp_v1_ gsk_ hf_ r8_ AIza eyJ ghp_ github_pat_ glpat- xoxb- ya29. npm_ pypi- sntrys_
AKIA ASIA Bearer Basic -----BEGIN PRIVATE://u:p@h " { } : , ? & ; = \\ \\" \\u0061 api_key key password secret token
auth sig code jwt pwd session signature credential cookie assertion passphrase API_KEY= x-otp: hmac pem dsn -u
--user form-data; name= \r\n 0123456789
abcdefghijklmnop ABCDEFGHIJKLMNOP""".split()


def asked(body: bytes | None = None, url: str = URL, *headers: tuple[str, str]) -> RecordedRequest:
    """Return a request."""
    return RecordedRequest("POST", url, headers, body)


def answered(*data: bytes, kind: str = "application/json", **headers: str) -> RecordedAnswer:
    """Return an answer in these pieces."""
    pairs = (("content-type", kind), *[(name.replace("_", "-"), value) for name, value in headers.items()])
    return RecordedAnswer(0.0, 200, pairs, tuple([Piece(0.0, piece) for piece in data]), Ending("complete"))


def hidden(request: RecordedRequest, redaction: Redaction | None = None) -> RecordedRequest:
    """Return the request as recorded."""
    result = Redactor(redaction or Redaction()).request(request)
    assert result is not None
    return result


def hidden_answer(answer: RecordedAnswer, redaction: Redaction | None = None) -> RecordedAnswer:
    """Return the answer as recorded."""
    (exchange,) = Redactor(redaction or Redaction()).exchanges([Exchange(asked(), answer)])
    assert isinstance(exchange.outcome, RecordedAnswer)
    return exchange.outcome


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer abc", "Bearer ..."),
        ("Authorization", "abc", "..."),
        ("X-Api-Key", "abc", "..."),
        ("x-goog-api-key", "abc", "..."),
        ("Cookie", "a=b", "..."),
        ("set-cookie", "sid=1; HttpOnly", "..."),
        ("x-amz-security-token", "abc", "..."),
        ("X-JWT", "abc", "..."),
        ("x-client-assertion", "abc", "..."),
        ("x-bearer", "abc", "..."),
        ("x-passwd", "abc", "..."),
        ("x-passphrase", "abc", "..."),
        ("x-otp", "123456", "..."),
        ("x-pwd", "abc", "..."),
        ("x-hub-hmac", "abc", "..."),
        ("x-option", "on", "on"),
        ("x-trace", "used sk-abcdefgh12345", "used sk-..."),
        ("x-ratelimit-remaining-tokens", "149984", "149984"),
        ("anthropic-ratelimit-tokens-reset", "6s", "6s"),
        ("www-authenticate", 'Bearer realm="mcp"', 'Bearer realm="mcp"'),
        ("access-control-allow-credentials", "true", "true"),
        ("idempotency-key", "42", "42"),
        ("content-type", "application/json", "application/json"),
        ("retry-after", "7", "7"),
    ],
)
def test_headers_with_secrets_are_hidden_and_the_others_are_not(name: str, value: str, shown: str) -> None:
    """A secret header shows at most its scheme; a header that clients read stays readable."""
    assert hidden(asked(None, URL, (name, value))).headers == ((name, shown),)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:pass@host/x", "http://...@host/x"),
        ("http://token@host/x?a=b", "http://...@host/x?a=b"),
        ("/v1/models?key=abc&provider=openai", "/v1/models?key=...&provider=openai"),
        ("/x?api%5Fkey=abc", "/x?api%5Fkey=..."),
        ("/x?X-Amz-Signature=abc&sig=d&code=e&token=", "/x?X-Amz-Signature=...&sig=...&code=...&token="),
        ("/x/sk-abcdefgh12345/y?q=sk-abcdefgh12345", "/x/sk-.../y?q=sk-..."),
        ("/v1/models?include=pricing&n=2", "/v1/models?include=pricing&n=2"),
    ],
)
def test_urls_are_shown_without_users_passwords_and_keys(url: str, shown: str) -> None:
    """The rest of a URL, and the order of its query, is kept."""
    assert hidden(asked(None, url)).url == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"api_key": "abc", "model": "m"}, {"api_key": "...", "model": "m"}),
        ({"apiKey": 123, "password": None, "secret": True}, {"apiKey": "...", "password": None, "secret": True}),
        ({"a": [{"X-API-Key": ["x", {"y": "z"}]}]}, {"a": [{"X-API-Key": ["...", {"y": "..."}]}]}),
        ({"headers": {"Authorization": "Bearer x"}}, {"headers": {"Authorization": "..."}}),
        ({"name": "x-api-key", "value": "abc"}, {"name": "x-api-key", "value": "..."}),
        ({"arguments": '{"password":"abc","n":1}'}, {"arguments": '{"password":"...","n":1}'}),
        ({"content": "my key is sk-abcdefgh12345."}, {"content": "my key is sk-...."}),
        ({"content": "see https://u:p@host/x?api_key=abc&y=z"}, {"content": "see https://...@host/x?api_key=...&y=z"}),
        ({"sk-abcdefgh12345": 1}, {"sk-...": 1}),
        ({"max_tokens": 5, "usage": {"prompt_tokens": 3}}, {"max_tokens": 5, "usage": {"prompt_tokens": 3}}),
        ({"token": "abc"}, {"token": "..."}),
        ({"token": "Hi", "logprob": -0.1, "bytes": [72]}, {"token": "Hi", "logprob": -0.1, "bytes": [72]}),
        ({"key": "service.name", "value": "abc"}, {"key": "service.name", "value": "abc"}),
        ("ghp_abcdefghijklmnop", "ghp_..."),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END", "-----BEGIN RSA PRIVATE KEY-----...-----END"),
    ],
)
def test_json_bodies_keep_everything_but_secrets(body: Any, shown: Any) -> None:
    """Members with a secret's name lose their texts and numbers; keys are recognised by their shape anywhere."""
    for text in (json.dumps(body), json.dumps(body, indent=2)):
        found = hidden(asked(text.encode())).body
        assert found is not None
        assert json.loads(found) == shown
        assert (found == text.encode()) == (body == shown)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"api_key": "abc", "api_key": null}', '{"api_key": "...", "api_key": null}'),
        ('{"api_key": "abc", "cut', '{"api_key": "...", "cut'),
        ('{"api_key": "a\\"bc', '{"api_key": "..."'),
        ("{'password': 'abc'}", "{'password': '...'}"),
        ('data: "{\\"secret\\": \\"abc\\"}"', 'data: "{\\"secret\\": \\"...\\"}"'),
        ('"password": 12345,', '"password": "...",'),
        ('--b\r\nContent-Disposition: form-data; name="api_key"\r\n\r\nabc\r\n--b--',
         '--b\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n...\r\n--b--'),
        (f'--b\n{FORM_DATA} filename="f"; name=api_key\n\nab\nc\n--b\n{FORM_DATA} name="n"\n\nabc\n--b--',
         f'--b\n{FORM_DATA} filename="f"; name=api_key\n\n...\n--b\n{FORM_DATA} name="n"\n\nabc\n--b--'),
        ('{"token": "Hi", "logprob": -1', '{"token": "Hi", "logprob": -1'),
        ("a bearer of news, basically", "a bearer of news, basically"),
    ],
)  # fmt: skip
def test_text_that_is_no_json_is_looked_through_too(body: str, shown: str) -> None:
    """Secrets in partial JSON, in a form, and in JSON inside JSON are redacted."""
    assert hidden(asked(body.encode())).body == shown.encode()
    assert hidden(asked(b"\xff" + body.encode())).body == b"\xff" + shown.encode()


SECRET = "S0me-s3cret"


@pytest.mark.parametrize(
    "style", [{}, {"separators": (",", ":")}, {"indent": 2}], ids=["spaced", "compact", "indented"]
)
@pytest.mark.parametrize("depth", range(5))
@pytest.mark.parametrize("broken", [False, True], ids=["whole", "broken"])
def test_json_in_strings_is_looked_through_at_any_depth(broken: bool, depth: int, style: dict[str, Any]) -> None:
    """A tool's result is JSON inside JSON, often twice: a secret's name is found there too, in partial JSON as well."""
    text = json.dumps({"n": 1, "api_key": SECRET, "m": "x"}, **style)
    for level in range(depth):
        text = json.dumps({f"stdout{level}": text, "code": 0}, **style)
    if broken:
        text = f"{text[:-1]} and so on"
    found = hide_text(text, Redaction()) if broken else hide_body(text.encode(), Redaction()).decode()
    assert SECRET not in found
    assert re.sub(r"\.\.\.", SECRET, found) == text


def test_what_is_hidden_in_a_string_is_known_elsewhere() -> None:
    """A secret found under its name in nested JSON is redacted where it has no name."""
    result = json.dumps({"content": json.dumps({"stdout": json.dumps({"password": SECRET})})})
    first = Exchange(asked(result.encode()), answered(b"{}"))
    echo = Exchange(asked(), answered(f"it was {SECRET}".encode(), kind="text/plain"))
    assert SECRET not in str([exchange.outcome.body for exchange in Redactor(Redaction()).exchanges([first, echo])])  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"note": "it said {\\"password\\": \\"S\\"}"', '{"note": "it said {\\"password\\": \\"...\\"}"'),
        ('{"a": "b", "token": "S"', '{"a": "b", "token": "..."'),
        ("{'a': 1, 'password': 'S'", "{'a': 1, 'password': '...'"),
        ("?user=a;token=S", "?user=a;token=..."),
        ("x;AccountName=a;AccountKey=S;b=c", "x;AccountName=a;AccountKey=...;b=c"),
    ],
)
def test_a_harmless_name_does_not_shield_what_follows(text: str, shown: str) -> None:
    """The value of one name ends where the next name begins."""
    assert hide_text(text, Redaction()) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("STRIPE_API_KEY=abc\nexport X_SECRET='d e'\nDEBUG=1", "STRIPE_API_KEY=...\nexport X_SECRET='...'\nDEBUG=1"),
        ("DB_PASS=abc SENTRY_DSN=abc MONKEYS=3 keyboard=x", "DB_PASS=... SENTRY_DSN=... MONKEYS=3 keyboard=x"),
        ("client(api_key='abc', n=1, max_tokens=5)", "client(api_key='...', n=1, max_tokens=5)"),
        ("curl -H 'api-key: abc' -u me:abc http://h/", "curl -H 'api-key: ...' -u me:... http://h/"),
        ('curl --user "me:abc" -H "X-Auth-Token: Bearer abc"', 'curl --user "me:..." -H "X-Auth-Token: Bearer ..."'),
        ("user: me\npassword: abc\ntoken: a word", "user: me\npassword: ...\ntoken: a word"),
        ("ls -u: sorts", "ls -u: sorts"),
    ],
)
def test_settings_and_commands_hide_what_their_names_name(text: str, shown: str) -> None:
    """Settings files, code and commands from an agent are searched line by line."""
    assert hide_text(text, Redaction()) == shown
    assert hide_text(shown, Redaction()) == shown


@pytest.mark.parametrize(
    "name",
    ["connection_string", "dsn", "webhook_url", "slackWebhookUrl", "jwt_token", "token_value", "passcode", "pem"],
)
def test_more_names_of_secrets(name: str) -> None:
    """Addresses and texts that hold a key are redacted as a whole."""
    assert hidden(asked(json.dumps({name: "abc"}).encode())).body == json.dumps({name: "..."}).encode()


def test_escaped_json_in_a_form_is_looked_through() -> None:
    """A form's value that is JSON is unescaped first."""
    form = ("Content-Type", "application/x-www-form-urlencoded")
    body = hidden(asked(f"a=b&data={quote_plus(json.dumps({'password': 'abc', 'n': 1}))}".encode(), URL, form)).body
    assert body == f"a=b&data={quote_plus(json.dumps({'password': '...', 'n': 1}))}".encode()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:])),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
    ],
    ids=["gzip", "two members", "deflate", "raw deflate", "both"],
)
def test_a_compressed_request_is_recorded_unpacked(coding: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """A compressed request is sent unchanged, recorded decoded and redacted, and matched again."""
    body = pack(json.dumps({"api_key": SECRET, "note": "sk-abcdefgh12345 and tok-0123456789"}).encode())
    headers = (("Content-Encoding", coding), ("Authorization", "Bearer tok-0123456789"))
    stub = StubDriver()
    for mode in ("once", "none"):
        with cassette(tmp_path / "c.json", mode) as tape:
            read_all(tape.driver(stub).open("POST", URL, headers, body))
    assert [(request.headers, request.body) for request in stub.asked] == [(headers, body)]
    (exchange,) = load(tmp_path / "c.json")
    assert exchange.request.body == b'{"api_key": "...", "note": "sk-... and ..."}'
    assert exchange.request.headers == (("Authorization", "Bearer ..."),)


@pytest.mark.parametrize(
    ("coding", "body"),
    [("br", b"\x0b\x02\x80"), ("gzip", b"not gzip"), ("gzip", gzip.compress(b"x")[:-3])],
    ids=["unknown", "not gzip", "cut"],  # gzip writes the time
)
def test_a_request_that_cannot_be_unpacked_is_not_recorded(coding: str, body: bytes, tmp_path: Path) -> None:
    """A request that cannot be decoded is refused before it is sent, because its secrets cannot be found."""
    stub = StubDriver()
    with cassette(tmp_path / "c.json") as tape, pytest.raises(CassetteError, match=f"Content-Encoding: {coding}"):
        tape.driver(stub).open("POST", URL, (("Content-Encoding", coding),), body)
    assert stub.asked == []


def test_a_form_in_a_query_s_clothes_is_hidden_by_its_names() -> None:
    """An OAuth request shows its grant and not its secret."""
    form = ("Content-Type", "application/x-www-form-urlencoded")
    request = asked(b"client_secret=abc&grant_type=client_credentials&code=d", URL, form)
    assert hidden(request).body == b"client_secret=...&grant_type=client_credentials&code=..."


def test_what_was_hidden_once_is_hidden_everywhere() -> None:
    """A secret repeated in a header, a body, or another exchange is redacted."""
    key = "my+own/key-0123"
    request = asked(json.dumps({"note": f"<{key}>"}).encode(), URL, ("Authorization", f"Bearer {key}"))
    echo = answered(json.dumps({"error": f'no such key: "{key}"'}).encode(), x_echo=f"key {key}")
    first = Exchange(asked(f"is {key} in here?".encode()), answered(b"\xff" + key.encode(), kind="x/y"))
    text = str(Redactor(Redaction()).exchanges([first, Exchange(request, echo)]))
    both = Redactor(Redaction()).exchanges([first, Exchange(request, echo)])
    assert key not in text
    for exchange in both:
        assert isinstance(exchange.outcome, RecordedAnswer)
        assert key.encode() not in (exchange.request.body or b"") + exchange.outcome.body
        assert key not in str(exchange.outcome.headers)
    assert b"no such key" in both[1].outcome.body  # type: ignore[union-attr]


FORM = ("content-type", "application/x-www-form-urlencoded")
KEY = b"my.own.key-0123"


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (asked(None, URL, ("x-api-key", "my.own.key-0123")), answered(b"{}")),
        (asked(None, "http://me:my.own.key-0123@localhost/"), answered(b"{}")),
        (asked(None, URL + "?key=my.own.key-0123"), answered(b"{}")),
        (asked(None, URL + "?passphrase=my.own.key-0123"), answered(b"{}")),
        (asked(b'{"a":[{"api_key":"%s"}]}' % KEY), answered(b"{}")),
        (asked(b"a=b&client_secret=%s" % KEY, URL, FORM), answered(b"{}")),
        (asked(b"a=b&passphrase=%s" % KEY, URL, FORM), answered(b"{}")),
        (asked(), answered(b'{"access_token":"%s"}' % KEY)),
        (asked(), answered(b"access_token=%s" % KEY, kind=FORM[1])),
        (asked(), answered(b': c\n\ndata: {"access_token":"%s"}\n\n' % KEY, kind="text/event-stream")),
    ],
    ids=["header", "user", "query", "query-field", "json", "form", "form-field", "answer", "answer-form", "event"],
)
def test_a_secret_is_known_from_every_place_where_a_name_gives_it(
    request_: RecordedRequest, answer: RecordedAnswer
) -> None:
    """A secret found by a name is redacted in a later answer without any name."""
    echo = Exchange(asked(), answered(b"I was told " + KEY, kind="text/plain"))
    later = Redactor(Redaction()).exchanges([Exchange(request_, answer), echo])[1].outcome
    assert isinstance(later, RecordedAnswer)
    assert later.body == b"I was told ..."


def test_short_and_ordinary_words_are_not_hunted() -> None:
    """A short token such as `test` is redacted in its header; the word is kept elsewhere."""
    request = asked(b'{"content":"a test with a password"}', URL, ("Authorization", "Bearer test"))
    assert hidden(request).body == request.body
    request = asked(b'{"content":"a password"}', URL, ("Authorization", "Bearer password"))
    assert hidden(request).body == request.body


def test_a_picture_in_base64_stays_the_same_picture() -> None:
    """Base64 data is kept, because any long text resembles a key; a known secret in it is not."""
    picture = base64.b64encode(bytes(range(256)) * 3).decode() + "/eyJabcdefgh/sk-"[:13]
    body = json.dumps({"b64_json": picture, "url": f"data:image/png;base64,{picture}"}).encode()
    assert hidden(asked(body)).body == body


@pytest.mark.parametrize("text", ["word " * 60, "Bearer abcdefgh12345 and so on " * 9])
def test_words_are_not_taken_for_a_file(text: str) -> None:
    """Only long lines count as base64: text without punctuation is searched."""
    assert not is_base64(text)


def test_an_answer_whose_secret_is_hidden_has_the_length_it_then_has() -> None:
    """Content-Length matches the recorded body; a compressed answer has none."""
    body = b'{"access_token":"abcdefghijkl"}'
    plain = hidden_answer(answered(body, content_length=str(len(body))))
    assert plain.body == b'{"access_token":"..."}'
    assert ("content-length", str(len(plain.body))) in plain.headers
    packed = hidden_answer(answered(body, content_length="7", content_encoding="gzip"))
    assert ("content-length", "7") in packed.headers


@pytest.mark.parametrize("kind", ["text/event-stream", "text/plain"])
@pytest.mark.parametrize("cuts", [(10, 20), (20, 30), (1, 2), (25, 26)])
def test_a_secret_across_pieces_is_hidden_in_the_first(kind: str, cuts: tuple[int, int]) -> None:
    """A key cut by the network is found in the whole; the pieces keep their positions, and none becomes empty."""
    body = b'data: {"x":"sk-abcdefgh12345","y":1}\n\ndata: [DONE]\n\n'
    one, two = cuts
    found = hidden_answer(answered(body[:one], body[one:two], body[two:], kind=kind))
    assert found.body == body.replace(b"sk-abcdefgh12345", b"sk-...")
    assert found.pieces[0].data == body[:one] if one <= 15 else b"sk-..." in found.pieces[0].data
    assert all(piece.data for piece in found.pieces)


def test_a_secret_in_an_event_is_hidden_by_its_name() -> None:
    """The data of each event is read as JSON, and the rest of the stream keeps every byte."""
    body = b': c\n\nevent: x\ndata: {"a":"\\u00fc","password":"p"}\n\ndata:{"token":["t"]}\r\n\r\n'
    found = hidden_answer(answered(body, kind="text/event-stream; charset=utf-8"))
    assert found.body == body.replace(b'"p"', b'"..."').replace(b'"t"', b'"..."')


@given(exchanges)
def test_hiding_twice_hides_no_more(exchange: Exchange) -> None:
    """Content of a file is not redacted again when the file is extended: recordings are stable."""
    once = Redactor(Redaction()).exchanges([exchange])
    assert Redactor(Redaction()).exchanges(once) == once


@example("NaN")
@given(st.lists(st.sampled_from(TROUBLE) | st.text(max_size=5), max_size=12).map("".join))
def test_the_glance_overlooks_nothing(text: str) -> None:
    """Text that the quick check skips is text in which nothing would be redacted."""
    if not may_hold_secrets(text, Redaction()):
        assert hide_text(text, Redaction()) == text
        try:
            value = json.loads(text)
        except ValueError:
            return
        assert json.dumps(hide_json(value, Redaction())) == json.dumps(value)  # as text: NaN is not equal to itself
        assert not list(named_secrets(value, Redaction()))


def test_more_is_hidden_by_name_and_pattern() -> None:
    """The user's own names match without case and dashes, patterns anywhere."""
    redaction = Redaction(
        headers=["X-Tenant"], query=["tenant"], fields=["customerId"], patterns=[r"cust_\d+", re.compile("acme", re.I)]
    )
    request = asked(
        b'{"customer_id":5,"note":"cust_77 of ACME"}', URL + "?tenant=a&x=cust_1", ("x-tenant", "a"), ("x", "Acme")
    )
    found = hidden(request, redaction)
    assert found.body == b'{"customer_id":"...","note":"... of ..."}'
    assert found.url == URL + "?tenant=...&x=..."
    assert found.headers == (("x-tenant", "..."), ("x", "..."))


def test_less_is_hidden_by_name_or_altogether() -> None:
    """`keep` spares a name; without the defaults only the given names are redacted."""
    request = asked(b'{"token":"abc","secret":"d"}', URL + "?key=abc", ("Cookie", "a=b"))
    spared = hidden(request, Redaction(keep=["token", "key", "cookie"]))
    assert (spared.body, spared.url, spared.headers) == (
        b'{"token":"abc","secret":"..."}',
        request.url,
        request.headers,
    )
    assert hidden(request, Redaction(defaults=False)) == request
    assert hidden(request, Redaction(defaults=False, fields=["token"])).body == b'{"token":"...","secret":"d"}'


def test_a_single_string_for_names_is_refused() -> None:
    """`headers="x-tenant"` is refused, because it would be eight names of one letter."""
    with pytest.raises(TypeError, match=r"headers must be a list, not a string.*\['x-tenant'\]"):
        Redaction(headers="x-tenant")


def test_hooks_have_the_last_word_and_see_nothing_secret(tmp_path: Path) -> None:
    """Hooks change the recording and the request to match alike, so that the recording is found again."""
    seen: list[str] = []

    def stable(request: RecordedRequest) -> RecordedRequest:
        seen.append(str(request.headers))
        return RecordedRequest(request.method, re.sub(r"id=\d+", "id=0", request.url), request.headers, request.body)

    def dateless(answer: RecordedAnswer) -> RecordedAnswer:
        pairs = tuple([pair for pair in answer.headers if pair[0] != "date"])
        return RecordedAnswer(answer.at, answer.status, pairs, answer.pieces, answer.end)

    redaction = Redaction(before_record_request=stable, before_record_answer=dateless)
    path = tmp_path / "hooked.json"
    stub = StubDriver(lambda _: StubAnswer(headers=[("date", "today"), ("x", "y")]))
    for number in (1, 2):
        with cassette(path, redaction=redaction) as tape:
            answer = tape.driver(stub).open("GET", f"{URL}?id={number}", [("Authorization", "Bearer abc")], None)
            assert read_all(answer) == b"{}"
    (exchange,) = load(path)
    assert exchange.request.url == f"{URL}?id=0"
    assert exchange.outcome.headers == (("x", "y"),)  # type: ignore[union-attr]
    assert len(stub.asked) == 1
    assert seen and "abc" not in "".join(seen)


def test_a_request_that_a_hook_leaves_out_passes_by(tmp_path: Path) -> None:
    """A request that a hook skips goes to the server even in play mode, and leaves no trace."""
    redaction = Redaction(before_record_request=lambda request: None if "health" in request.url else request)
    path = tmp_path / "without.json"
    for mode in ("once", "none"):
        stub = StubDriver()
        with cassette(path, mode, redaction=redaction) as tape:
            driver = tape.driver(stub)
            read_all(driver.open("GET", "http://localhost/health", [], None))
            read_all(driver.open("GET", URL, [], None))
        assert stub.asked[0].url == "http://localhost/health"
    assert [exchange.request.url for exchange in load(path)] == [URL]
