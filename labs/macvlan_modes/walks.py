"""What else goes wrong in macvlan-modes, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.model import WalkCase, link_down, rule_added

_NOTHING = rule_added("host", "INPUT -s 192.0.2.0/24 -j REJECT")


def _asks(identity: str, source: str, target: str, **about: Any) -> WalkCase:
    return WalkCase(id=identity, source=source, target=target, **{"change": _NOTHING, **about})


WALKS = (
    _asks(
        "private-neighbours",
        "private-a",
        "192.0.2.75",
        what="Private macvlans of one parent are kept apart, the one that asks as well as the other.",
        at="private-a",
        layer="macvlan",
        says=("private",),
    ),
    _asks(
        "vepa-without-a-mirror",
        "vepa-a",
        "192.0.2.139",
        what="vepa sends everything to the switch, which sends nothing back by the port it came from.",
        at="lan",
        layer="link",
        says=("hairpin",),
    ),
    _asks(
        "bridge-neighbours",
        "bridge-a",
        "192.0.2.11",
        what="Macvlans in bridge mode reach each other: it is answered.",
    ),
    _asks(
        "mirrored-neighbours",
        "mirror-a",
        "198.51.100.11",
        what="vepa with a switch that mirrors: it is answered.",
    ),
    _asks(
        "parent-of-private-down",
        "private-a",
        "192.0.2.65",
        what="The parent of the private ones is down.",
        at="host",
        layer="link",
        says=("eth1", "down"),
        change=link_down("host", "eth1"),
    ),
    _asks(
        "neighbour-drops",
        "passing",
        "192.0.2.193",
        what="The neighbour drops pings.",
        at="neighbour",
        layer="filter",
        says=("INPUT", "icmp"),
        change=rule_added("neighbour", "INPUT -p icmp -j DROP"),
    ),
)
