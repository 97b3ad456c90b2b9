"""Deviations of the drivers over httpx2 from the transport's own: the source of the table in the docs.

Each entry names tests of the transport by name and by words of their parameters. With `fails` they are run and must
fail: one that passes must be removed from the list. The others are not run: their outcome is a matter of timing, they
would only wait, or they inspect the transport's own connections.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deviation:
    """One row of the table.

    Attributes:
        what: The row's text in the docs, word for word.
        tests: Names of tests.
        words: All of them must be in a test's parameters; none for every parameter.
        fails: It is run, and must fail.
    """

    what: str
    tests: tuple[str, ...]
    words: tuple[str, ...] = ()
    fails: bool = True

    def matches(self, name: str, parameters: str) -> bool:
        """Return whether it applies to this run of a test."""
        return name in self.tests and all(word in parameters for word in self.words)


_OWN_HEADERS = "The client's own headers, cookies and parameters are sent too"
_UNPROVED = "Under TLS a body without length always ends in an error"
_PARTS = "An end inside the head is reported as an end before the head"
_FORGED = "Bytes after a response reach the next request"
_HEADS = "Some invalid heads and chunk sizes are accepted, and a line without end is waited for"
_ENDLESS = "A head or framing without end is ended by the deadline, or by another bound"
_UPLOAD = "The whole body is sent before the response is read"
_EARLY = "On asyncio, a response followed by a reset in mid-upload is lost"
_CERTIFICATE = "On asyncio, a client certificate that is refused under TLS 1.3 is reported as a missing response"
_RESOLVER = "httpx2 chooses how to try addresses: its blocking client tries one after the other"
_PROXY_407 = "A proxy's 407 in absolute form is a response"
_PROXY_KINDS = "SOCKS and https proxies are the client's, and are supported"
_IDLE = "Idle connections are closed by the next request, on asyncio too"
_LEFT = "A connection reset before TLS begins leaves its socket to the garbage collector"
_AHEAD = "A response is read ahead of its reader, up to a quarter of a megabyte"

DEVIATIONS = [
    Deviation(
        _OWN_HEADERS,
        ("test_the_request_goes_out_as_given", "test_http_goes_to_a_proxy_in_absolute_form"),
    ),
    Deviation(_OWN_HEADERS, ("test_https_goes_through_a_tunnel",)),
    Deviation(_UNPROVED, ("test_a_whole_body_is_read_to_its_end",), ("tls", "close-delimited")),
    Deviation(_UNPROVED, ("test_a_close_delimited_body_under_tls_without_close_notify_is_truncated",)),
    *(
        Deviation(_PARTS, ("test_an_end_before_the_head_says_whether_anything_had_come",), (part,))
        for part in ("part-of-the-version", "part-of-a-header", "interim-and-a-part")
    ),
    Deviation(_FORGED, ("test_bytes_that_nobody_asked_for_end_a_kept_connection",), fails=False),
    Deviation(_FORGED, ("test_bytes_behind_an_answer_are_never_given_to_the_next_request",), fails=False),
    Deviation(_HEADS, ("test_a_bad_head_is_refused_at_once", "test_a_proxy_that_speaks_no_http"), fails=False),
    Deviation(_HEADS, ("test_a_bad_chunk_size_is_refused",), ("-5 ",)),
    Deviation(_HEADS, ("test_a_bad_chunk_size_is_refused",), ("fffff",), fails=False),
    Deviation(
        _ENDLESS,
        ("test_a_head_without_end_is_refused_after_a_bound", "test_framing_without_end_is_refused_after_a_bound"),
        fails=False,
    ),
    Deviation(
        _UPLOAD,
        ("test_a_refusal_stops_the_upload", "test_a_200_that_ends_before_the_upload_does_gives_up_the_connection"),
        fails=False,
    ),
    Deviation(_EARLY, ("test_a_413_sent_before_the_body_is_out_is_read_whole_each_time",), ("asyncio",), fails=False),
    Deviation(_EARLY, ("test_the_reader_sees_what_became_of_the_stream",), ("async-413",), fails=False),
    Deviation(
        _CERTIFICATE,
        (
            "test_a_missing_client_certificate_means_never_sent",
            "test_a_client_certificate_of_a_stranger_means_never_sent",
        ),
        ("asyncio", "TLS 1.3"),
    ),
    Deviation(_RESOLVER, ("test_a_dead_first_address_costs_a_quarter_of_a_second_not_a_timeout",), fails=False),
    Deviation(  # their replacement of the resolver does not fit anyio's call
        _RESOLVER,
        (
            "test_a_name_that_does_not_resolve_was_never_sent",
            "test_a_slow_resolver_is_under_the_deadline",
            "test_a_localhost_that_is_ipv6_first_falls_back_to_ipv4",
        ),
        ("asyncio",),
        fails=False,
    ),
    Deviation(_PROXY_407, ("test_a_407_in_absolute_form_says_that_the_proxy_wants_a_login",)),
    Deviation(
        _PROXY_KINDS,
        (
            "test_proxies_that_are_not_spoken_are_refused_clearly",
            "test_a_proxy_that_is_not_spoken_does_not_matter_where_it_does_not_apply",
        ),
    ),
    Deviation(_IDLE, ("test_idle_connections_end_after_a_set_time",), ("asyncio",), fails=False),
    Deviation(
        _LEFT,
        ("test_a_connection_that_ends_in_the_tls_handshake_was_never_sent",),
        ("reset", "at-once"),
        fails=False,
    ),
    Deviation(_AHEAD, ("test_waiting_for_a_connection_is_under_the_deadline",)),
    Deviation(_AHEAD, ("test_closing_the_driver_turns_away_those_who_wait",), fails=False),
    Deviation(_AHEAD, ("test_the_socket_is_not_read_far_ahead_of_the_consumer",), fails=False),
]
