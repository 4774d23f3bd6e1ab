"""Sockets in words: what they are bound to, and who of several takes a packet."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from netproof.facts.packets import Packet
from netproof.walk.diagnosis.delivery import Delivery
from netproof.walk.diagnosis.listeners import Socket, Taken, full, nobody, taking
from netproof.walk.socket_owners import Owner

PACKET = Packet(0.0, False, "tcp", "203.0.113.1", "10.0.0.2", 40000, 80, "SYN", 60)  # noqa: FBT003 - as it was seen
TO_WEB = Delivery("web", PACKET, "eth0", "10.0.0.2", 80)
SOCAT = Owner(8, "socat", "S", "web", False)  # noqa: FBT003 - not paused
OPEN = Socket("0.0.0.0", 80, "", "", 0, False, 0, 64, (SOCAT,))  # noqa: FBT003, S104 - what a socket is bound to


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "0.0.0.0:80"),
        ({"address": "127.0.0.1"}, "127.0.0.1:80"),
        ({"address": "::"}, "[::]:80"),
        ({"address": "::", "v6only": True}, "[::]:80 (IPv6)"),
        ({"interface": "eth1"}, "0.0.0.0:80 on eth1"),
        ({"peer": "10.0.0.3", "peer_port": 9}, "0.0.0.0:80 from 10.0.0.3:9"),
    ],
)
def test_what_a_socket_accepts(changes: dict[str, Any], words: str) -> None:
    """Address, family, interface, peer."""
    assert evolve(OPEN, **changes).bound == words


def test_nobody_listens() -> None:
    """At all, or only elsewhere: then on which address nobody does matters."""
    death = nobody(Taken(TO_WEB, None, ()))
    assert death is not None
    assert (death.why, death.place) == ("Nobody in web listens on tcp port 80.", "web")
    death = nobody(Taken(TO_WEB, None, (evolve(OPEN, address="127.0.0.1"), evolve(OPEN, address="::1"))))
    assert death is not None
    assert death.why == (
        "Nobody in web listens on 10.0.0.2 tcp port 80; "
        "socat (pid 8, container web) listens on 127.0.0.1:80 and [::1]:80 only."
    )
    assert nobody(Taken(TO_WEB, OPEN, ())) is None
    assert nobody(None) is None


def test_a_queue_that_is_full() -> None:
    """Full is more than the backlog, of no length, too; a datagram's socket has no queue of connections."""
    death = full(Taken(TO_WEB, evolve(OPEN, waiting=65), ()))
    assert death is not None
    assert "65 connections wait, more than its backlog of 64." in death.why
    assert full(Taken(TO_WEB, evolve(OPEN, waiting=64), ())) is None
    death = full(Taken(TO_WEB, evolve(OPEN, backlog=0, waiting=1), ()))
    assert death is not None
    assert "more than its backlog of 0." in death.why
    datagram = evolve(TO_WEB, packet=evolve(PACKET, proto="udp"))
    assert full(Taken(datagram, evolve(OPEN, backlog=0, waiting=9), ())) is None


def test_who_takes_it() -> None:
    """In the words of a station."""
    assert taking(Taken(TO_WEB, OPEN, ())) == "socat (pid 8, container web) listens on tcp port 80"
    assert taking(Taken(TO_WEB, None, (OPEN,))) == "nobody listens on tcp port 80"
