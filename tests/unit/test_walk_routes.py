"""What the kernel is asked about a packet: its ends as they are when its route is looked up."""

from __future__ import annotations

from attrs import evolve

from netproof.facts.model import Flow, Tuple
from netproof.facts.packets import Packet
from netproof.walk.observations import KernelEvent, Seen, Tracked
from netproof.walk.segments import given_back

ANSWER = Packet(
    at=0.0, out=False, proto="tcp", src="203.0.113.1", dst="203.0.113.2", sport=80, dport=4000, flags="SYN,ACK", size=60
)
FLOW = Flow(
    Tuple("tcp", "10.0.0.2", "203.0.113.1", 4000, 80), Tuple("tcp", "203.0.113.1", "203.0.113.2", 80, 4000), "", 0
)


def test_an_answer_is_looked_up_as_conntrack_gives_it_back() -> None:
    """Its destination is the one that asked, where the kernel would tell of one that nobody's entry was for."""
    event = KernelEvent(event="xmit", at=0, tid=1, skb=1)
    seen = Seen(places={"host": ("host", "host")}, tracked=[Tracked("host", "new", FLOW)], events={"host": [event]})
    assert given_back(seen, "host", ANSWER).dst == "10.0.0.2"
    other = evolve(ANSWER, dport=4001)
    assert given_back(seen, "host", other) is other
    blind = evolve(seen, events={})
    assert given_back(blind, "host", ANSWER) is ANSWER
