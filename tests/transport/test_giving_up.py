"""Behaviour 19: responses that are abandoned, interrupted, closed by the driver, or read by two readers at once."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import signal
import socket
import stat
import sys
import threading
import time
import weakref
from pathlib import Path
from types import FrameType

import pytest

from inference_gateway_sdk._http1.failures import DeadlineExceeded, NotSentInTime, TransportFailure, TruncatedResponse
from inference_gateway_sdk._http1.response import ResponseParser
from inference_gateway_sdk._transport._async import AsyncioDriver
from inference_gateway_sdk._transport._blocking import BlockingDriver

from .conftest import Serve, Wire
from .scripted import Peer, keep_answering
from .worlds import PATIENCE, World

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Watched:
    """A script that begins a stream and notes when the client disconnects."""

    def __init__(self) -> None:
        self.left = threading.Semaphore(0)

    def __call__(self, peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED + b"5\r\nhello\r\n")
        if peer.gone():
            self.left.release()


def test_a_forgotten_answer_closes_its_connection(wire: Wire) -> None:
    """The server sees the end of a response that is no longer referenced."""
    watched = Watched()
    server = wire.serve(watched)
    driver = wire.driver(limit=1)
    for _ in range(3):
        driver.open(server.url(), b"{}").read()
        assert watched.left.acquire(timeout=5)


def test_an_answer_forgotten_in_a_reference_cycle_closes_its_connection(world: World, serve: Serve) -> None:
    """The garbage collector may finalize a response in any thread, at any moment."""
    watched = Watched()
    server = serve(watched)
    driver = world.driver(limit=1)
    for _ in range(3):
        ring: list[object] = [driver.open(server.url(), b"{}", seconds=PATIENCE)]
        ring.append(ring)
        del ring
        collector = threading.Thread(target=gc.collect)
        collector.start()
        collector.join()
        assert watched.left.acquire(timeout=5)


def test_a_forgotten_driver_leaves_nothing_behind(serve: Serve) -> None:
    """An unreferenced blocking driver is freed with its connections."""
    server = serve(keep_answering())
    driver = BlockingDriver(proxy=None)
    answer = driver.open("GET", server.url(), (), None)
    answer.release()
    gone = weakref.ref(driver)
    del driver, answer
    gc.collect()
    assert gone() is None
    assert server.connections == 1


@pytest.mark.parametrize("twice", [False, True])
def test_an_abandoned_answer_closes_its_connection_at_once(wire: Wire, twice: bool) -> None:
    """A response may be abandoned twice; a further read raises an error that names the abandonment."""
    watched = Watched()
    server = wire.serve(watched)
    driver = wire.driver(limit=1)
    answer = driver.open(server.url(), b"{}")
    assert answer.read() == b"hello"
    answer.abandon()
    if twice:
        answer.abandon()
    assert watched.left.acquire(timeout=5)
    for _ in range(2):
        with pytest.raises(TruncatedResponse, match="given up"):
            answer.read()
    answer.release()


def test_an_answer_abandoned_from_another_thread_wakes_its_reader(wire: Wire) -> None:
    """Abandoning wakes the waiting reader at once and frees the slot."""
    server = wire.serve(Watched())
    driver = wire.driver(limit=1)
    for _ in range(3):
        answer = driver.open(server.url(), b"{}", seconds=30)
        assert answer.read() == b"hello"
        timer = threading.Timer(0.1, answer.inner.abandon)
        timer.start()
        began = time.monotonic()
        with pytest.raises(TruncatedResponse, match="given up"):
            answer.read()
        assert time.monotonic() - began < 15
        timer.join()


def test_closing_the_driver_ends_open_answers_with_an_error(wire: Wire) -> None:
    """Closing the driver ends a read with an error, never with an end of body; a second close does nothing."""
    server = wire.serve(Watched())
    driver = wire.driver()
    answers = [driver.open(server.url(), b"{}") for _ in range(3)]
    assert [answer.read() for answer in answers] == [b"hello"] * 3
    driver.close()
    driver.close()
    for answer in answers:
        with pytest.raises(TruncatedResponse, match="given up"):
            answer.read()
        answer.release()
    with pytest.raises(RuntimeError, match="closed"):
        driver.open(server.url())


def test_closing_the_driver_wakes_a_reader(wire: Wire) -> None:
    """A thread or task that waits for bytes ends with an error when the driver closes."""
    server = wire.serve(Watched())
    driver = wire.driver()
    answer = driver.open(server.url(), b"{}")
    assert answer.read() == b"hello"
    timer = threading.Timer(0.1, driver.close)
    timer.start()
    with pytest.raises(TruncatedResponse, match="given up"):
        answer.read()
    timer.join()


def test_two_readers_of_one_answer_are_noticed_by_threads(serve: Serve) -> None:
    """A second thread that reads, or releases, gets a RuntimeError; the first continues."""
    server = serve(Watched())
    driver = BlockingDriver(proxy=None)
    answer = driver.open("GET", server.url(), (), None)
    assert answer.read() == b"hello"
    outcome: list[BaseException] = []

    def read_on() -> None:
        try:
            answer.read(time.monotonic() + 1)
        except TransportFailure as error:
            outcome.append(error)

    reader = threading.Thread(target=read_on)
    reader.start()
    time.sleep(0.1)  # until the thread waits in the kernel
    for use in (answer.read, answer.release):
        with pytest.raises(RuntimeError, match="one reader at a time"):
            use()
    reader.join()
    assert isinstance(outcome[0], DeadlineExceeded)
    driver.close()


def test_two_readers_of_one_answer_are_noticed_by_tasks(serve: Serve) -> None:
    """A second task that reads, or releases, gets a RuntimeError; the first continues."""
    server = serve(Watched())

    async def main() -> None:
        driver = AsyncioDriver(proxy=None)
        answer = await driver.open("GET", server.url(), (), None)
        assert await answer.read() == b"hello"
        reader = asyncio.create_task(answer.read(time.monotonic() + 0.2))
        await asyncio.sleep(0)  # the reader runs until it waits
        for use in (answer.read, answer.release):
            with pytest.raises(RuntimeError, match="one reader at a time"):
                await use()
        with pytest.raises(DeadlineExceeded):
            await reader
        await driver.aclose()

    asyncio.run(main(), debug=True)


needs_signals = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this platform has no interval timers")


@needs_signals
def test_a_keyboard_interrupt_leaves_an_answer_that_is_never_misread(serve: Serve) -> None:
    """A response interrupted at any moment of a read delivers its data and then reports the interruption."""
    body = bytes(range(256)) * 40
    chunks = b"".join(b"100\r\n%b\r\n" % bytes(range(256)) for _ in range(40)) + b"0\r\n\r\n"

    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.send(CHUNKED, *(chunks[at : at + 900] for at in range(0, len(chunks), 900)), pause=0.0005)

    server = serve(script)
    driver = BlockingDriver(proxy=None)
    interrupted = 0
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for turn in range(60):
            received = bytearray()
            answer = driver.open("GET", server.url(), (), None, deadline=time.monotonic() + PATIENCE)
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0002 + turn * 0.0001)
                _read_into(received, answer)
                signal.setitimer(signal.ITIMER_REAL, 0)
                assert received == body
            except KeyboardInterrupt:
                interrupted += 1
                assert body.startswith(received)
                _read_on_after_an_interrupt(answer, body)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                answer.abandon()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert interrupted > 5
    assert _whole(driver, server.url()) == body
    driver.close()


def _read_into(received: bytearray, answer) -> None:
    # A new loop: CPython 3.13 does not guard a loop's jump back by the `try` around it.
    while data := answer.read():
        received += data


def _read_on_after_an_interrupt(answer, body: bytes) -> None:
    """Assert that nothing is lost after an interrupt between reads, and that one inside a read is reported."""
    try:
        rest = b""
        while data := answer.read():
            rest += data
    except TruncatedResponse:
        return
    assert body.endswith(rest)


def _whole(driver: BlockingDriver, url: str) -> bytes:
    answer = driver.open("GET", url, (), None, deadline=time.monotonic() + PATIENCE)
    received = b""
    while data := answer.read():
        received += data
    return received


def test_bytes_that_an_interrupt_lost_are_missed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A response interrupted while it holds bytes reports the interruption instead of continuing with a gap."""
    server = serve(keep_answering())
    driver = BlockingDriver(proxy=None, limit=1)
    answer = driver.open("GET", server.url(), (), None)
    take = ResponseParser.take

    def take_and_break(exchange: ResponseParser) -> bytes:
        take(exchange)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ResponseParser, "take", take_and_break)
        with pytest.raises(KeyboardInterrupt):
            answer.read()
    for _ in range(2):
        with pytest.raises(TruncatedResponse, match="interrupted"):
            answer.read()
    assert _whole(driver, server.url()) == b"hello"
    driver.close()


def test_an_answer_abandoned_while_its_reader_has_bytes_in_hand_frees_its_place(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader returns its data, and closes the connection that another thread gave up meanwhile."""
    watched = Watched()
    server = serve(watched)
    driver = BlockingDriver(proxy=None, limit=1)
    answer = driver.open("GET", server.url(), (), None)
    take = ResponseParser.take

    def take_while_another_thread_leaves(exchange: ResponseParser) -> bytes:
        thread = threading.Thread(target=answer.abandon)
        thread.start()
        thread.join()
        return take(exchange)

    with monkeypatch.context() as patched:
        patched.setattr(ResponseParser, "take", take_while_another_thread_leaves)
        assert answer.read() == b"hello"
    second = driver.open("GET", server.url(), (), None, deadline=time.monotonic() + 5)
    second.abandon()
    assert watched.left.acquire(timeout=5)
    driver.close()


@needs_signals
def test_a_keyboard_interrupt_while_opening_frees_the_place(serve: Serve) -> None:
    """A request interrupted while it waits for the head closes its connection and frees its slot."""

    def script(peer: Peer) -> None:
        if peer.request().line.startswith("GET /silent"):
            peer.idle()
        peer.answer()

    server = serve(script)
    driver = BlockingDriver(proxy=None, limit=1)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                driver.open("GET", server.url("/silent"), (), None, deadline=time.monotonic() + PATIENCE)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert _whole(driver, server.url()) == b"hello"
    driver.close()


class _InterruptAt:
    """A profile function that raises KeyboardInterrupt where CPython may: at a function's entry, or after a C call.

    Calls by a destructor are left out, because no exception that it raises arrives.
    """

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_return") and not _in_destructor(frame):
            self.left -= 1
            if not self.left:
                sys.setprofile(None)
                raise KeyboardInterrupt


def _in_destructor(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted through /proc")
@pytest.mark.filterwarnings(
    r"ignore:unclosed <socket.*laddr=\('0.0.0.0', 0\):ResourceWarning"
)  # inside socket.__init__
@pytest.mark.parametrize("reused", [False, True])
@pytest.mark.parametrize("how", ["read", "release", "abandon"])
def test_an_interrupt_at_any_call_of_an_exchange_keeps_the_number_of_slots_and_sockets(
    serve: Serve, how: str, reused: bool
) -> None:
    """A request interrupted at any call leaves at most one socket, kept idle, and exactly one slot."""
    server = serve(keep_answering())

    def exchange(driver: BlockingDriver) -> None:
        answer = driver.open("GET", server.url(), (), None, deadline=time.monotonic() + PATIENCE)
        while how == "read" and answer.read():
            pass
        answer.abandon() if how == "abandon" else answer.release()

    for number in itertools.count(1):
        driver = BlockingDriver(proxy=None, limit=1)
        if reused:
            exchange(driver)
        interrupt = _InterruptAt(number)
        before = sys.getprofile()
        gc.disable()  # it would run weakref callbacks, from which no exception arrives either
        try:
            sys.setprofile(interrupt)
            exchange(driver)
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(before)
            gc.enable()
        assert _ours(server.port) <= 1, number
        assert _whole(driver, server.url()) == b"hello"
        holder = driver.open("GET", server.url(), (), None)
        with pytest.raises(NotSentInTime, match="pool"):
            driver.open("GET", server.url(), (), None, deadline=time.monotonic())
        holder.release()
        driver.close()
        assert _ours(server.port) == 0, number
        if interrupt.left:
            break
    assert number > 50


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted through /proc")
def test_no_file_stays_open(wire: Wire) -> None:
    """However a response ends, and after the driver is closed, as many files are open as before."""

    def script(peer: Peer) -> None:
        while True:
            if peer.request().line.startswith("GET /stream"):
                peer.send(CHUNKED + b"5\r\nhello\r\n")
                peer.idle()
            peer.answer()

    server = wire.serve(script)
    driver = wire.driver()
    driver.get(server.url())
    before = _ours(server.port)
    assert before == 1
    for end in ("release", "abandon", "forget"):
        answer = driver.open(server.url("/stream"))
        answer.read()
        if end != "forget":
            getattr(answer, end)()
        del answer
        driver.get(server.url())
    driver.close()
    wire.world.settle()
    assert _ours(server.port) == 0


def _ours(port: int) -> int:
    """Return how many sockets of this process are connected to that port."""
    count = 0
    for name in [path.name for path in Path("/proc/self/fd").iterdir()]:
        try:
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(name))) as sock:
                count += sock.getpeername()[1:2] == (port,)
        except OSError:
            continue  # closed meanwhile, or not connected
    return count


@pytest.mark.parametrize("how", ["answer", "idle"])
def test_a_forgotten_driver_in_a_reference_cycle_warns_of_nothing(serve: Serve, how: str) -> None:
    """Driver, response and socket become garbage together, and are closed in the right order."""
    watched = Watched()
    server = serve(watched if how == "answer" else keep_answering())
    driver = BlockingDriver(proxy=None)
    ring: list[object] = [driver]
    answer = driver.open("GET", server.url(), (), None)
    answer.read()
    if how == "answer":
        ring.append(answer)
    ring.append(ring)
    del driver, answer, ring
    gc.collect()
    assert how == "idle" or watched.left.acquire(timeout=5)
