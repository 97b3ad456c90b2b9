"""The traffic page in a headless Chromium: what a user sees and clicks, and what another page cannot see."""

from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING

import httpx2
import pytest

from inference_gateway_sdk.embedded import ScriptedProvider, Settings, running
from inference_gateway_sdk.inspector import Inspector
from inspector.test_page import CHAT
from support.chromium import Browser, find_chromium
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = find_chromium()
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed to open the page in"),
    pytest.mark.once,
]
MARKUP = "<img src=x onerror=\"document.title='broken'\">"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for all tests, as its start takes the longest."""
    assert PROGRAM is not None
    with Browser(PROGRAM) as browser:
        yield browser


def rows(browser: Browser) -> list[str]:
    """Return the text of each visible row."""
    script = "[...document.querySelectorAll('#rows tr')].filter(row => !row.hidden).map(row => row.innerText)"
    return browser.evaluate(script)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_a_user_finds_a_request_and_its_chunks(
    browser: Browser, inspected: str, page: httpx2.Client, width: int, height: int
) -> None:
    """The list, the filter, the timeline, the bodies and the copied code, at the width of a desktop and of a phone."""
    browser.events.clear()
    browser.resize(width, height)
    browser.open(f"{inspected}/inspect/")
    browser.wait_for("!document.getElementById('empty').hidden")
    stream = {**CHAT, "messages": [{"role": "user", "content": MARKUP}], "stream": True}
    page.post("/v1/chat/completions", json=stream, headers={"Authorization": "Bearer sesame-street-5"})
    page.get("/v1/models")
    browser.wait_for("document.querySelectorAll('#rows tr').length === 2")  # without loading the page again
    browser.evaluate("document.getElementById('filter').value = 'chat gpt-4o'")
    browser.evaluate("document.getElementById('filter').dispatchEvent(new Event('input'))")
    (row,) = rows(browser)
    assert "POST /v1/chat/completions" in row
    browser.evaluate("[...document.querySelectorAll('#rows tr')].find(row => !row.hidden).click()")
    browser.wait_for("document.querySelectorAll('.pieces tr').length >= 3")
    assert browser.evaluate("document.querySelectorAll('svg .piece').length >= 3")
    texts = {}
    for tab in ("request", "answer", "copy"):
        browser.evaluate(f"document.querySelector('[data-tab={tab}]').click()")
        texts[tab] = browser.evaluate("document.getElementById('panel').innerText")
    browser.evaluate("document.querySelector('[data-tab=timeline]').click()")
    assert "<img src=x" in texts["request"]
    assert "authorization: Bearer ..." in texts["request"]
    assert "data: [DONE]" in texts["answer"]
    for code in ("client.generate_content_stream(", "curl -N", "def test_the_copied_request"):
        assert code in texts["copy"]
    assert "sesame" not in "".join(texts.values())
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("document.title") == "Traffic · Inference Gateway"
    assert browser.evaluate("document.images.length") == 0
    assert browser.complaints() == []
    assert [url for url in browser.requested() if not url.startswith(f"{inspected}/inspect/")] == []


def test_a_copied_text_is_in_the_clipboard(browser: Browser, inspected: str, page: httpx2.Client) -> None:
    """The button copies exactly the code that is shown."""
    browser.call("Browser.grantPermissions", origin=inspected, permissions=["clipboardReadWrite"])
    page.get("/health")
    browser.open(f"{inspected}/inspect/")
    browser.wait_for("document.querySelector('#rows tr')")
    browser.evaluate("document.querySelector('#rows tr').click()")
    browser.wait_for("document.querySelector('#facts dt')")
    browser.evaluate("document.querySelector('[data-tab=copy]').click()")
    browser.call("Page.bringToFront")
    browser.evaluate("document.querySelector('#panel button').click()")
    browser.wait_for("document.querySelector('#panel button').textContent === 'Copied'")
    assert browser.evaluate("navigator.clipboard.readText()") == browser.evaluate(
        "document.querySelector('#panel pre').textContent"
    )


def test_a_gateway_with_a_token_asks_for_it(browser: Browser) -> None:
    """The page shows a field for the token, and the traffic once the token is right."""
    settings = Settings(port=0, token="sesame")
    with running(settings, local=nowhere(), scripted=ScriptedProvider(), observe=Inspector) as url:
        httpx2.get(f"{url}/health")
        browser.open(f"{url}/inspect/")
        browser.wait_for("!document.getElementById('login').hidden")
        browser.evaluate("document.getElementById('token').value = 'sesame'")
        browser.evaluate("document.getElementById('login').requestSubmit()")
        browser.wait_for("document.querySelectorAll('#rows tr').length === 1")
        assert browser.evaluate("document.getElementById('login').hidden")
        browser.evaluate("sessionStorage.clear()")


def test_a_page_of_another_origin_cannot_read_it(browser: Browser, inspected: str, page: httpx2.Client) -> None:
    """Neither by a request, nor in a frame, nor as a script: the other page is on this machine too."""
    page.post("/v1/chat/completions", json={**CHAT, "messages": [{"role": "user", "content": "Private"}]})

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>other</title>")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        browser.open(f"http://127.0.0.1:{server.server_port}/")
        address = f"{inspected}/inspect/requests"
        read = f"fetch('{address}').then(answer => answer.text(), () => 'refused')"
        assert browser.evaluate(read) == "refused"
        blind = f"fetch('{address}', {{mode: 'no-cors'}}).then(answer => answer.text(), () => 'refused')"
        assert browser.evaluate(blind) in ("", "refused")
        framed = f"""new Promise(done => {{
            const frame = Object.assign(document.createElement('iframe'), {{src: '{inspected}/inspect/'}});
            frame.onload = () => {{
                try {{ done(frame.contentDocument ? frame.contentDocument.body.innerText : 'refused') }}
                catch {{ done('refused') }}
            }};
            document.body.append(frame);
        }})"""
        assert browser.evaluate(framed) == "refused"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
