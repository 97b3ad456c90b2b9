"""URLs and proxies as routes, and the environment's proxy variables."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_gateway_sdk._http1.request import Proxy, request_target
from inference_gateway_sdk._transport.routing import environment_proxies, environment_proxy

PROXY = Proxy.parse("http://me:secret@proxy.test:3128")

PLANS = [
    ("http://gw.test/v1/models", ("gw.test", 80), False, "/v1/models", "gw.test"),
    ("http://gw.test:8080/v1?x=1", ("gw.test", 8080), False, "/v1?x=1", "gw.test:8080"),
    ("HTTPS://GW.test", ("gw.test", 443), True, "/", "gw.test"),
    ("https://gw.test:443/a", ("gw.test", 443), True, "/a", "gw.test"),
    ("https://gw.test:80/a", ("gw.test", 80), True, "/a", "gw.test:80"),
    ("http://[::1]:8080/a", ("::1", 8080), False, "/a", "[::1]:8080"),
    ("http://[::1]?q", ("::1", 80), False, "/?q", "[::1]"),
]


@pytest.mark.parametrize(("url", "address", "tls", "target", "host"), PLANS)
def test_a_url_is_asked_directly(url: str, address: tuple[str, int], tls: bool, target: str, host: str) -> None:
    """A route gives the socket's address, the request target and the Host header (RFC 9110 section 7.2)."""
    made = request_target(url, None)
    assert (made.route.address, made.route.tls, made.target) == (address, tls, target)
    assert tuple(made.headers) == (("Host", host),)
    assert not made.proxied


def test_http_through_a_proxy_is_in_absolute_form() -> None:
    """All http origins share the proxy's connections; its login is sent with each request."""
    one, two = request_target("http://a.test:1/x", PROXY), request_target("http://b.test/y?z", PROXY)
    assert one.route == two.route
    assert one.route.address == ("proxy.test", 3128)
    assert (one.target, two.target) == ("http://a.test:1/x", "http://b.test/y?z")
    assert tuple(one.headers)[1][0] == "Proxy-Authorization"
    assert one.proxied


def test_https_through_a_proxy_has_a_tunnel_of_its_own() -> None:
    """The certificate is checked for the target, and no request carries the proxy's login."""
    one, two = request_target("https://a.test/x", PROXY), request_target("https://b.test/x", PROXY)
    assert one.route != two.route
    assert (one.route.tunnel, one.route.host, one.target) == ("a.test:443", "a.test", "/x")
    assert tuple(one.headers) == (("Host", "a.test"),)
    assert not one.proxied


def test_an_ipv6_target_is_bracketed_for_the_tunnel() -> None:
    """CONNECT uses the authority form."""
    assert request_target("https://[::1]/", PROXY).route.tunnel == "[::1]:443"


def test_no_password_shows() -> None:
    """The repr of a proxy, a route and a plan hides the login."""
    for shown in (PROXY, request_target("https://a.test/", PROXY).route):
        assert "secret" not in f"{shown!r} {shown}"
        assert "Basic" not in f"{shown!r} {shown}"
    assert "secret" not in request_target("https://a.test/", PROXY).route.name


@given(url=st.one_of(st.text(max_size=30), st.text(max_size=30).map("http://".__add__)))
@settings(max_examples=5 * settings.default.max_examples)
def test_any_text_is_planned_or_refused_with_a_value_error(url: str) -> None:
    """Any URL is planned or refused with ValueError, and a planned target is valid in a request line."""
    try:
        made = request_target(url, None)
    except ValueError:
        return
    assert made.target.isascii()
    assert not any(char.isspace() for char in made.target)
    assert 0 < made.route.address[1] < 65536


BYPASSED = [
    ("*", "gw.test", 80, True),
    ("gw.test", "gw.test", 80, True),
    ("gw.test", "GW.Test.", 80, True),
    ("gw.test", "api.gw.test", 80, True),
    (".gw.test", "api.gw.test", 80, True),
    ("*.gw.test", "api.gw.test", 80, True),
    ("gw.test", "notgw.test", 80, False),
    ("gw.test:8080", "gw.test", 8080, True),
    ("gw.test:8080", "gw.test", 80, False),
    ("other, gw.test ,", "gw.test", 80, True),
    ("10.0.0.0/8", "10.1.2.3", 80, True),
    ("10.0.0.0/8", "11.1.2.3", 80, False),
    ("10.0.0.0/8", "gw.test", 80, False),
    ("10.0.0.0/nonsense", "10.1.2.3", 80, False),
    ("::1", "::1", 80, True),
    ("[::1]", "::1", 80, True),
    ("[::1]:8080", "::1", 80, False),
    ("fd00::/8", "fd00::1", 80, True),
    ("", "gw.test", 80, False),
    (".", "gw.test", 80, False),
]


@pytest.mark.parametrize(("no_proxy", "host", "port", "direct"), BYPASSED)
def test_no_proxy_names_hosts_domains_ports_and_networks(no_proxy: str, host: str, port: int, direct: bool) -> None:
    """NO_PROXY is read as curl and Go read it."""
    proxies = environment_proxies({"HTTP_PROXY": "http://p", "NO_PROXY": no_proxy})
    assert (environment_proxy(proxies, "http", host, port) is None) is direct


def test_the_lower_case_variable_counts_first() -> None:
    """The proxy variables are read as curl reads them; an empty one counts as unset."""
    environ = {
        "HTTP_PROXY": "http://upper",
        "http_proxy": "http://lower",
        "HTTPS_PROXY": " ",
        "ALL_PROXY": "http://all",
    }
    proxies = environment_proxies(environ)
    assert environment_proxy(proxies, "http", "x", 80) == "http://lower"
    assert environment_proxy(proxies, "https", "x", 443) == "http://all"
    assert environment_proxy({}, "https", "x", 443) is None
