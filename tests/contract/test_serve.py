"""The servers of a lab: both protocols, both families, and what ends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.wait import until
from tests.contract.conftest import User

PLACE = "outsider"


@pytest.fixture(scope="module")
def lab(shared: User) -> Iterator[RunningLab]:
    with shared.attached() as running:
        yield running


@contextmanager
def serving(lab: RunningLab, kind: str, port: int, address: str) -> Iterator[None]:
    """A server beside those of the definition."""
    agent, place = lab.at(PLACE)
    agent.call("spawn", name="one-more", place=place, argv=["serve", "one-more", f"{kind}:{port}:{address}"])
    try:
        proto = {"http": "tcp"}.get(kind, kind)
        assert agent.call("listening", place=place, port=port, proto=proto, seconds=15)
        yield
    finally:
        agent.call("stop", name="one-more")


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1"])  # noqa: S104 - inside a lab
def test_a_port_that_is_taken_ends_it(lab: RunningLab, address: str) -> None:
    """A server whose port somebody has ends at once with exit code 1 and says why; its other servers end with it."""
    ended = lab.run(PLACE, ["serve", "late", "http:8099:127.0.0.1", f"http:80:{address}"], limit=20)
    assert (ended.rc, ended.timed_out) == (1, False)
    assert "Address already in use" in ended.stderr
    assert observe.dial(lab, PLACE, "127.0.0.1", 8099).outcome == "refused"


@pytest.mark.parametrize("words", ["gopher:70:0.0.0.0", "tcp:70:0.0.0.0"])
def test_an_unknown_kind_of_server_is_refused(lab: RunningLab, words: str) -> None:
    """What cannot be served is named."""
    ended = lab.run(PLACE, ["serve", "late", words], limit=20)
    assert (ended.rc, ended.timed_out) == (2, False)
    assert f"cannot serve {words}" in ended.stderr


@pytest.mark.parametrize(
    ("address", "caller"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "::1"), ("::", "::1")],  # noqa: S104 - as above
)
@pytest.mark.parametrize("kind", ["http", "udp"])
def test_a_server_says_who_it_is_and_whom_it_saw(lab: RunningLab, kind: str, address: str, caller: str) -> None:
    """Over TCP and UDP, IPv4 and IPv6: who answers, who called, from which port, at which address."""
    ask: Callable[..., observe.Answer] = observe.dial if kind == "http" else observe.ask

    with serving(lab, kind, 8100, address):
        answers = [ask(lab, PLACE, caller, 8100, 10) for _ in range(10)]
    assert {item.outcome for item in answers} == {"answered"}
    told = [(item.said["node"], item.said["caller"], item.said["port"]) for item in answers]
    assert told == [("one-more", caller, item.port) for item in answers]
    assert until(lambda: ask(lab, PLACE, caller, 8100).outcome == "refused", 10)


def test_a_server_at_one_address_is_not_at_another(lab: RunningLab) -> None:
    """It listens where it was told to, and only there."""
    with serving(lab, "http", 8100, "127.0.0.1"):
        assert observe.dial(lab, PLACE, "127.0.0.1", 8100).outcome == "answered"
        assert observe.dial(lab, PLACE, "203.0.113.1", 8100).outcome == "refused"
        assert observe.dial(lab, PLACE, "::1", 8100).outcome == "refused"


def test_a_caller_who_says_nothing_does_not_keep_others_waiting(lab: RunningLab) -> None:
    """A connection that asks for nothing is held beside others that are answered."""
    with serving(lab, "http", 8100, "127.0.0.1"), observe.connected(lab, PLACE, "127.0.0.1", 8100) as silent:
        assert silent.held
        assert observe.dial(lab, PLACE, "127.0.0.1", 8100).said["node"] == "one-more"
