"""An exchange that nobody answers, and how waiting for it is given up."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from netproof.agent import exchange, namespaces
from netproof.wait import until

LONG = 600.0


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask in the namespace that the test runs in."""
    monkeypatch.setattr(namespaces, "enter_netns", lambda _: None)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """A thread for who asks."""
    with ThreadPoolExecutor(1) as made:
        yield made


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port whose queue of connections is full: the kernel drops what else asks for one."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = int(server.getsockname()[1])
        for _ in range(3):
            one = stack.enter_context(socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
            one.connect_ex(("127.0.0.1", port))
        yield port


def asking(pool: ThreadPoolExecutor, proto: str, port: int) -> tuple[int, Future[dict[str, Any]]]:
    """An exchange that is under way."""
    number = exchange.prepare("host", proto, "127.0.0.1")["number"]
    sent = pool.submit(exchange.send, number, proto, "127.0.0.1", port, LONG, LONG, 0, df=False)
    assert until(lambda: exchange.thread(number) != 0, 60)
    return number, sent


def is_over(number: int, sent: Future[dict[str, Any]]) -> bool:
    """Give up, and say whether that ended it: one that has not begun to connect goes on."""
    exchange.give_up(number)
    return sent.done()


def test_waiting_for_a_connection_can_be_given_up(pool: ThreadPoolExecutor, deaf: int) -> None:
    """It ends as if its time had run out."""
    number, sent = asking(pool, "tcp", deaf)
    assert until(lambda: is_over(number, sent), 60)
    found = sent.result()
    assert (found["outcome"], found["errno"], found["text"]) == ("timeout", "ETIMEDOUT", "")
    assert exchange.thread(number) == 0


def test_waiting_for_a_datagram_can_be_given_up(pool: ThreadPoolExecutor) -> None:
    """So with UDP, whose sockets nothing wakes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        number, sent = asking(pool, "udp", silent.getsockname()[1])
        exchange.give_up(number)
        assert sent.result(60)["outcome"] == "timeout"


def test_a_connection_that_is_there_has_its_own_time(pool: ThreadPoolExecutor) -> None:
    """Who is connected waits for the answer, and gets it."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        number, sent = asking(pool, "tcp", server.getsockname()[1])
        connection, _ = server.accept()
        assert connection.recv(100)
        exchange.give_up(number)
        connection.sendall(b"an answer")
        connection.close()
        found = sent.result(60)
    assert (found["outcome"], found["text"]) == ("answered", "an answer")


def test_what_is_over_is_not_given_up() -> None:
    """Unknown numbers are fine: it may just have ended."""
    exchange.give_up(987_654)
    assert exchange.thread(987_654) == 0
