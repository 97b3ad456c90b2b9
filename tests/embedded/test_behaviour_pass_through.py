"""gateway-behaviour.md#messages, #responses, #images: Messages, Responses and images, which are relayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedded.behaviour_cases import (
    EVENTS,
    GIN,
    IMAGES,
    JSON,
    MESSAGES,
    RESPONSES,
    Case,
    broken,
    cases,
    events,
    form,
    late,
    play,
    whole,
)

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = [pytest.mark.wire, pytest.mark.once]

UNCHANGED = b'{ "model":"m",\n "z":1.50, "a":"\xc3\xa9<>&" }'
ANEW = b'{"z": 1.50, "model": "%s/m", "b": {"y": 1e2, "x": "<&>"}, "n": 123456789012345678901234567890}'
SORTED = b'{"b":{"x":"\\u003c\\u0026\\u003e","y":1e2},"model":"m","n":123456789012345678901234567890,"z":1.50}'
LINES = [b"event: ping\n", b"data: {}\r\n", b"\r\n", b": x\n", b"data: unended"]
HEAD = {"cache-control": "no-cache", "x-accel-buffering": "no", "content-type": EVENTS, "transfer-encoding": "chunked"}
ENDPOINTS = (("10", MESSAGES, "anthropic"), ("11", RESPONSES, "openai"))


@cases(
    *(
        row
        for section, path, provider in ENDPOINTS
        for model in (f"{provider}/m",)
        for row in (
            Case(
                section=section,
                claim="without a prefix byte for byte",
                path=f"{path}?provider={provider}",
                sent=UNCHANGED,
                answers={"m": whole(200, {})},
                seen=lambda seen: seen.body == UNCHANGED,
            ),
            Case(
                section=section,
                claim="with a prefix written anew",
                path=path,
                sent=ANEW.replace(b"%s", provider.encode()),
                answers={"m": whole(200, {})},
                seen=lambda seen: seen.body == SORTED,
            ),
            Case(
                section=section,
                claim="below the address, at the endpoint's own path",
                path=path,
                sent={"model": model},
                answers={"m": whole(200, {})},
                seen=lambda seen, path=path: (seen.method, seen.path) == ("POST", path),
            ),
            *(
                Case(
                    section=section,
                    claim=f"an answer of {status} as it is",
                    path=path,
                    sent={"model": model, "stream": status == 529},
                    answers={"m": whole(status, b'{ "novel": 1 }\n', "application/json; x=y", X_Request_Id="r")},
                    status=status,
                    body=b'{ "novel": 1 }\n',
                    kind="application/json; x=y",
                    headers={"content-length": "15", "x-request-id": None, "cache-control": None},
                )
                for status in (200, 400, 529)
            ),
            Case(
                section=section,
                claim="a stream line by line, an unended one included",
                path=path,
                sent={"model": model, "stream": True},
                answers={"m": events(b"".join(LINES))},
                body=b"".join(LINES),
                headers=HEAD,
            ),
            Case(
                section=section,
                claim="a stream that was not requested is one too",
                path=path,
                sent={"model": model},
                answers={"m": events(b"data: 1\n\n")},
                body=b"data: 1\n\n",
                headers=HEAD,
            ),
            Case(
                section=section,
                claim="a break ends it cleanly",
                quirk="clean_breaks",
                path=path,
                sent={"model": model, "stream": True},
                answers={"m": broken(b"data: 1\n\nda")},
                body=b"data: 1\n\nda",
            ),
            Case(
                section=section,
                claim="a break breaks it",
                path=path,
                sent={"model": model, "stream": True},
                answers={"m": broken(b"data: 1\n\nda")},
                body=b"data: 1\n\nda",
                whole=False,
            ),
            Case(
                section=section,
                claim="a break before the first line is empty",
                quirk="clean_breaks",
                path=path,
                sent={"model": model, "stream": True},
                answers={"m": broken(b"")},
                body=b"",
            ),
            Case(
                section=section,
                claim="a break before the first line is a 502",
                path=path,
                sent={"model": model, "stream": True},
                answers={"m": broken(b"")},
                status=502,
                kind=GIN,
            ),
            Case(
                section=section,
                claim="no alias",
                path=path,
                sent={"model": "fast"},
                settings={"pools": {"fast": ((provider, "m"), (provider, "m"))}},
                status=400,
                seen=False,
            ),
        )
    ),
    Case(
        section="10",
        claim="a value that is nested too deeply is refused",
        path=RESPONSES,
        sent=b'{"model":"openai/m","input":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        status=400,
        value={"error": "Failed to decode request"},
        seen=False,
    ),
    Case(
        section="10",
        claim="no version and no beta of the client's",
        path=MESSAGES,
        sent={"model": "anthropic/m"},
        given={"Anthropic-Version": "1", "Anthropic-Beta": "b", "X-Api-Key": "c"},
        answers={"m": whole(200, {})},
        seen=lambda seen: (
            (seen.headers["anthropic-version"], seen.headers["x-api-key"]) == ("2023-06-01", "sk-a")
            and "anthropic-beta" not in seen.headers
        ),
    ),
    Case(
        section="10",
        claim="its envelope has no id",
        path=MESSAGES,
        sent={"model": "openai/m"},
        status=400,
        value={
            "type": "error",
            "error": {
                "type": "not_supported_error",
                "message": "The Messages API is not supported by this provider yet.",
            },
        },
    ),
)
def test_sections_10_and_11_passing_on(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """The relayed parts of requests and responses are the same on both endpoints."""
    play(case, gateway, upstream)


ON = {"images": True}
PICTURE = {"created": 1, "data": [{"b64_json": "aGk="}], "background": "x"}
EDITS, VARIATIONS = "/v1/images/edits", "/v1/images/variations"
TEXT, MODEL, FILE = ("prompt", "", b"cat"), ("model", "", b"openai/m"), ("image", "a.png", b"PNG")
NO_FORM, NO_IMAGE = "Failed to parse multipart/form-data request", "The 'image' file is required."


def upload(claim: str, path: str, *parts: tuple[str, str, bytes], **rest: object) -> Case:
    """Return a case of a form of these parts."""
    headers, body = form(*parts)
    answers = {"/v1" + path.removeprefix("/v1").partition("?")[0]: whole(200, PICTURE)}
    rest = {"given": headers, "settings": ON, "answers": answers, **rest}
    return Case(section="12", claim=claim, path=path, sent=body, **rest)


def refused(claim: str, path: str, text: str, *parts: tuple[str, str, bytes], **rest: object) -> Case:
    """Return a case of a form that is refused with this text."""
    return upload(claim, path, *parts, status=400, value={"error": text}, seen=False, **rest)


@cases(
    *(Case(section="12", claim=f"off: {path}", path=path, sent=b"x", status=404, kind=GIN) for path in (IMAGES, EDITS)),
    Case(
        section="12",
        claim="a picture from a text, as it is",
        path=IMAGES,
        sent={"model": "openai/m", "prompt": "cat", "novel": 1},
        settings=ON,
        answers={"m": whole(200, PICTURE)},
        value=PICTURE,
        kind=JSON,
        seen=lambda seen: seen.json == {"model": "m", "prompt": "cat", "novel": 1},
    ),
    Case(
        section="12",
        claim="no model where a provider is named",
        path=IMAGES + "?provider=openai",
        sent={"prompt": "cat"},
        settings=ON,
        answers={"": whole(200, PICTURE)},
        value=PICTURE,
    ),
    upload("an edit", EDITS, TEXT, MODEL, FILE, value=PICTURE),
    upload("an edit of several", EDITS, TEXT, MODEL, ("image[]", "a.png", b"1"), ("image[]", "b.png", b"2")),
    upload("a variation needs no text", VARIATIONS, MODEL, FILE, value=PICTURE),
    upload("a named provider", VARIATIONS + "?provider=openai", FILE, value=PICTURE),
    upload(
        "what is unknown is sent on, under a new boundary",
        EDITS,
        TEXT,
        MODEL,
        FILE,
        ("novel", "", b"1"),
        ("mask", "m.png", b"MASK"),
        seen=lambda seen: (
            all(part in seen.body for part in (b'"novel"', b'"mask"', b"MASK", b"\r\nm\r\n", b"PNG"))
            and b"openai/m" not in seen.body
            and not seen.headers["content-type"].endswith("boundary=b")
        ),
    ),
    refused("no form", EDITS, NO_FORM, given={"Content-Type": JSON}),
    refused("no boundary", EDITS, NO_FORM, given={"Content-Type": "multipart/form-data"}),
    refused("no picture", EDITS, NO_IMAGE, TEXT, MODEL),
    refused("a picture without a file name is a text", EDITS, NO_IMAGE, TEXT, MODEL, ("image", "", b"PNG")),
    refused("the picture is looked for before the text", EDITS, NO_IMAGE, MODEL),
    refused("no text", EDITS, "The 'prompt' field is required.", MODEL, FILE),
    refused("a blank text", EDITS, "The 'prompt' field is required.", ("prompt", "", b" \n"), MODEL, FILE),
    upload("no provider named", VARIATIONS, FILE, status=400, seen=False),
    upload(
        "an error as it is",
        EDITS,
        TEXT,
        MODEL,
        FILE,
        answers={EDITS: whole(400, b"no", "text/x")},
        status=400,
        body=b"no",
        kind="text/x",
    ),
    Case(
        section="12",
        claim="a stream has the deadline of whole answers",
        quirk="whole_images",
        path=IMAGES,
        sent={"model": "openai/m", "stream": True},
        settings={**ON, "read_timeout": 0.3},
        answers={"m": late(0.8, events(b"data: 1\n\n"), b"data: 2\n\n")},
        kind=EVENTS,
        whole=False,
    ),
    Case(
        section="12",
        claim="a stream is one",
        path=IMAGES,
        sent={"model": "openai/m", "stream": True},
        settings={**ON, "read_timeout": 0.3},
        answers={"m": late(0.6, events(b"data: 1\n\n"), b"data: 2\n\n")},
        body=b"data: 1\n\ndata: 2\n\n",
        headers=HEAD,
    ),
)
def test_section_12_images(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """Images are requested in JSON and in forms as documented."""
    play(case, gateway, upstream)
