"""The environment's variables for MCP turned into settings, and into a gateway in a separate process."""

from __future__ import annotations

import pytest

from inference_gateway_sdk.embedded import McpSettings, Settings, SettingsError

ALL = {
    "MCP_ENABLED": "true",
    "MCP_EXPOSE": "true",
    "MCP_SERVERS": "http://127.0.0.1:9000/mcp, https://example.test/mcp,time-1=http://127.0.0.1:9001/mcp?a=b",
    "MCP_TOOL_MODE": "direct",
    "MCP_INCLUDE_TOOLS": "one,mcp_Two",
    "MCP_EXCLUDE_TOOLS": "three",
    "MCP_DIAL_TIMEOUT": "1s",
    "MCP_RESPONSE_HEADER_TIMEOUT": "2s",
    "MCP_REQUEST_TIMEOUT": "1m",
    "MCP_CLIENT_TIMEOUT": "4s",
    "MCP_RECONNECT_INTERVAL": "250ms",
    "MCP_POLLING_INTERVAL": "500ms",
}


def test_every_variable_is_read() -> None:
    """Each variable sets its setting, and none is reported as unsupported."""
    settings = Settings.from_env(ALL)
    assert (settings.expose_mcp, settings.ignored) == (True, ())
    assert settings.mcp == McpSettings(
        enabled=True,
        servers=("http://127.0.0.1:9000/mcp", "https://example.test/mcp", "time-1=http://127.0.0.1:9001/mcp?a=b"),
        mode="direct",
        include=("one", "mcp_Two"),
        exclude=("three",),
        dial_timeout=1,
        header_timeout=2,
        request_timeout=60,
        call_timeout=4,
        reconnect_interval=0.25,
        polling_interval=0.5,
    )


def test_nothing_is_the_real_gateways_default() -> None:
    """The defaults are the real gateway's: off, in selector mode, with the times of the contract."""
    settings = Settings.from_env({}).mcp
    assert settings == McpSettings()
    assert (settings.enabled, settings.mode, settings.servers) == (False, "selector", ())
    assert (settings.dial_timeout, settings.header_timeout) == (3, 3)
    assert (settings.request_timeout, settings.call_timeout) == (5, 5)
    assert (settings.reconnect_interval, settings.polling_interval) == (30, 30)


def test_asking_again_can_be_turned_off() -> None:
    """Each kind of retry has its own switch."""
    off = McpSettings.from_env({"MCP_ENABLE_RECONNECT": "false", "MCP_POLLING_ENABLED": "0"})
    assert (off.reconnect_interval, off.polling_interval) == (None, None)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MCP_ENABLED", "yes"),
        ("MCP_TOOL_MODE", "Direct"),
        ("MCP_SERVERS", "http://127.0.0.1:9000/mcp,127.0.0.1:9001"),
        ("MCP_SERVERS", "clock=127.0.0.1:9001"),
        ("MCP_SERVERS", "Clock=http://127.0.0.1:9001"),
        ("MCP_SERVERS", "tools=http://127.0.0.1:9001"),
        ("MCP_SERVERS", "=http://127.0.0.1:9001"),
        ("MCP_SERVERS", "a=http://127.0.0.1:9001,a=http://127.0.0.1:9002"),
        ("MCP_REQUEST_TIMEOUT", "5"),
        ("MCP_POLLING_INTERVAL", "0s"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(variable: str, value: str) -> None:
    """A bad value ends the start with a sentence that names the variable."""
    with pytest.raises(SettingsError, match=variable):
        Settings.from_env({variable: value})
