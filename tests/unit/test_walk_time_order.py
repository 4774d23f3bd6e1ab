"""Two machines, two clocks: what one sent and the other got puts their sightings into one order."""

from __future__ import annotations

import pytest

from netproof.facts.packets import Packet
from netproof.walk.observations import CapturedFrame, Seen
from netproof.walk.time_order import in_one_time

MS = 1_000_000


def packet(ident: int) -> Packet:
    return Packet(
        0.0, out=True, proto="udp", src="192.0.2.1", dst="192.0.2.2", sport=1, dport=2, flags="", size=9, ident=ident
    )


def seen(behind: int, *, back: bool = True) -> Seen:
    """A packet there, and one back; the second machine's clock is `behind` by so many ns. On the way: 2 ms each."""
    found = Seen(places={"one": ("node1", "host"), "two": ("node2", "host")})
    moments = [("one", "out", 0, 1), ("two", "host", 2 * MS - behind, 1)]
    if back:
        moments += [("two", "out", 3 * MS - behind, 2), ("one", "host", 5 * MS, 2)]
    for order, (place, how, at, ident) in enumerate(moments):
        found.sightings.append(CapturedFrame(at, order, place, "eth0", how, packet(ident)))
    found.sightings.sort(key=lambda one: one.at)
    return found


@pytest.mark.parametrize("behind", [0, 40 * MS, -40 * MS, 3600 * 1000 * MS])
def test_packets_both_ways_tell_how_far_the_clocks_are_apart(behind: int) -> None:
    """However wrong the first guess was."""
    found = seen(behind)
    in_one_time(found, {"node1": 0, "node2": -behind + 7 * MS})
    assert [(one.place, one.at) for one in found.sightings] == [
        ("one", 0),
        ("two", 2 * MS),
        ("two", 3 * MS),
        ("one", 5 * MS),
    ]


@pytest.mark.parametrize("behind", [40 * MS, -40 * MS])
def test_a_packet_one_way_arrives_after_it_left(behind: int) -> None:
    """A guess that says otherwise is wrong by as much; one that does not is kept."""
    found = seen(behind, back=False)
    in_one_time(found, {"node1": 0, "node2": -behind + 7 * MS})
    assert [one.place for one in found.sightings] == ["one", "two"]
    found = seen(behind, back=False)
    in_one_time(found, {"node1": 0, "node2": -behind})
    assert [one.at for one in found.sightings] == [0, 2 * MS]


@pytest.mark.parametrize("behind", [0, 40 * MS, -40 * MS])
def test_what_a_machine_hands_on_to_itself_did_not_leave_for_the_other(behind: int) -> None:
    """Each machine forwards what it asks and what it is asked from port to port, one of them more slowly."""
    found = Seen(places={name: (f"node{name[0]}", name) for name in ("1c", "1h", "2h", "2c")})

    def passes(ident: int, *stations: tuple[str, str, int]) -> None:
        for place, how, at in stations:
            here = at - behind if place.startswith("2") else at
            found.sightings.append(
                CapturedFrame(here, len(found.sightings), place, f"{how}{ident}", how, packet(ident))
            )

    def ms(*stations: tuple[str, str, float]) -> list[tuple[str, str, int]]:
        return [(place, how, int(at * MS)) for place, how, at in stations]

    passes(1, *ms(("1c", "out", 0), ("1h", "host", 1), ("1h", "out", 60), ("2h", "host", 62), ("2h", "out", 120)))
    passes(1, *ms(("2c", "host", 121)))
    passes(2, *ms(("2c", "out", 130), ("2h", "host", 131), ("2h", "out", 132), ("1h", "host", 134), ("1h", "out", 135)))
    passes(2, *ms(("1c", "host", 136)))
    found.sightings.sort(key=lambda one: one.at)
    in_one_time(found, {"node1": 0, "node2": -behind + 7 * MS})
    assert [one.at for one in found.sightings] == [
        at * MS for at in (0, 1, 60, 62, 120, 121, 130, 131, 132, 134, 135, 136)
    ]


def test_a_packet_that_was_sent_again_tells_nothing() -> None:
    """Nobody knows which of the two arrived."""
    found = seen(40 * MS)
    found.sightings.append(CapturedFrame(1003 * MS, 9, "one", "eth0", "out", packet(1)))
    in_one_time(found, {"node1": 0, "node2": -40 * MS})
    assert [one.at for one in found.sightings] == [0, 2 * MS, 3 * MS, 5 * MS, 1003 * MS]


def test_lab_hosts_that_share_a_clock_are_left_alone() -> None:
    found = seen(40 * MS)
    before = list(found.sightings)
    in_one_time(found, {})
    assert found.sightings == before
