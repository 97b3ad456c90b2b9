"""The text of an error: model, attempts and the wait that was asked for, so that a line of a log has them."""

from __future__ import annotations

import pytest

import inference_gateway_sdk as sdk
from inference_gateway_sdk import Meta
from inference_gateway_sdk._version import install_command

THREE = Meta(status=503, headers={}, attempts=3)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (sdk.ServiceUnavailableError("no", status=503), "503: no"),
        (sdk.ServiceUnavailableError("no", status=503, provider="openai", model="gpt"), "503: no [openai/gpt]"),
        (sdk.ServiceUnavailableError("no", status=503, provider="openai", model="openai/gpt"), "503: no [openai/gpt]"),
        (sdk.ServiceUnavailableError("no", status=503, provider="openai", meta=THREE), "503: no [openai, 3 attempts]"),
        (
            sdk.RateLimitError("slow", status=429, model="m", meta=THREE, retry_after=99.0, hint="wait"),
            "429: slow [m, 3 attempts, retry after 99 s] (hint: wait)",
        ),
        (sdk.RateLimitError("slow", status=429, retry_after=0.5), "429: slow [retry after 0.5 s]"),
        (sdk.ConnectError("no", attempts=1), "no"),
        (sdk.ConnectError("no", attempts=3, hint="try"), "no [3 attempts] (hint: try)"),
    ],
)
def test_a_text_has_the_facts(error: sdk.GatewayError, text: str) -> None:
    """In brackets, and only those that are known; the message alone is in `.message`."""
    assert str(error) == text
    assert error.message in ("no", "slow")


class _Installed:
    """A distribution with this record of its source."""

    def __init__(self, record: str | None) -> None:
        self._record = record

    def read_text(self, name: str) -> str | None:
        """Return the record."""
        assert name == "direct_url.json"
        return self._record


@pytest.mark.parametrize(
    ("record", "command"),
    [
        (None, "pip install 'inference-gateway-sdk[cli,local]'"),
        ('{"url": "file:///home/me/the%20sdk", "dir_info": {}}', "pip install '/home/me/the sdk[cli,local]'"),
        ('{"url": "file:///sdk", "dir_info": {"editable": true}}', "pip install -e '/sdk[cli,local]'"),
        (
            '{"url": "https://git.example/sdk.git", "vcs_info": {"vcs": "git"}}',
            "pip install 'inference-gateway-sdk[cli,local] @ git+https://git.example/sdk.git'",
        ),
    ],
)
def test_the_install_hint_names_the_source(record: str | None, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra is added from where the package came: an index, a folder or a repository."""
    monkeypatch.setattr("importlib.metadata.distribution", lambda _: _Installed(record))
    assert install_command("cli", "local") == command


def test_the_install_hint_of_a_checkout_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run from its folder, the package has no record."""
    monkeypatch.setattr("inference_gateway_sdk._version._NAME", "a-name-that-nobody-installed")
    assert install_command("cli").startswith("pip install '.[cli]'")
