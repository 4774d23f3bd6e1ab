"""What keeps a frame from one port of a bridge to another."""

from __future__ import annotations

from typing import Any

import pytest

from netproof.facts.model import Link
from netproof.walk.diagnosis.bridge_ports import kept


def port(name: str, **settings: Any) -> Link:
    """A port of a bridge that forwards, with these settings."""
    return Link(
        name=name,
        index=1,
        kind="veth",
        mac="",
        mtu=1500,
        txqlen=None,
        flags=["UP"],
        promiscuity=0,
        operstate="UP",
        master="br0",
        peer_index=None,
        xdp=False,
        details={},
        port={"state": 3, "mode": 0, "isolated": 0, "bcast_flood": 1, **settings},
        rx_packets=0,
        tx_packets=0,
        rx_dropped=0,
        tx_dropped=0,
    )


@pytest.mark.parametrize(
    ("came", "goes", "flooded", "says"),
    [
        (port("a"), port("b"), True, ""),
        (port("a", isolated=1), port("b"), True, ""),
        (port("a", isolated=1), port("b", isolated=1), False, "ports a and b are isolated from each other"),
        (port("a", state=1), port("b"), False, "port a is listening"),
        (port("a"), port("b", state=0), False, "port b is disabled"),
        (port("a"), port("a"), False, "hairpin of a is off"),
        (port("a", mode=1), port("a", mode=1), False, ""),
        (port("a"), port("b", bcast_flood=0), True, "port b has bcast_flood off"),
        (port("a"), port("b", bcast_flood=0), False, ""),
        (port("a", state=2), None, True, "port a is learning"),
        (None, None, True, ""),
    ],
)
def test_what_keeps_a_frame(came: Link | None, goes: Link | None, flooded: Any, says: str) -> None:
    """The state of either port, isolation of both, hairpin of one, and what is not flooded."""
    assert kept(came, goes, flooded=flooded) == says
