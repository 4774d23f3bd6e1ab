"""A walk's picture: the way through the topology, stations numbered, a death marked, nothing written over."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from attrs import evolve

from netproof import graph
from netproof.facts import structure
from netproof.graph import Graph
from netproof.walk import way
from netproof.walk.model import Death, Leg, Station, Walk
from netproof.walk.picture import svg
from tests.unit import snapshots

VETH = "veth12ab34c"


def topology() -> Graph:
    """A container on a bridge, and a way out."""
    raw = snapshots.lab()
    host = snapshots.space(raw)
    host["links"].append(snapshots.link("eth0", 9, kind="veth"))
    host["addresses"].append({"interface": "eth0", "address": "203.0.113.2/24", "scope": "global", "peer": ""})
    return graph.of(structure(raw), name="tiny")


def at(place: str, name: str, text: str = "") -> Station:
    """A station at an interface."""
    return Station(kind="interface", place=place, name=name, text=text)


ROUTE = Station(kind="route", place="host", name="route", text="203.0.113.1 dev eth0", verdict="unicast")
NAT = Station(
    kind="rule",
    place="host",
    table="nat",
    chain="POSTROUTING",
    text="-A POSTROUTING -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE",
    verdict="accept",
    after_source="203.0.113.2:4000",
)
OUT = (at("client", "eth0"), at("host", VETH, text="port of docker0"), at("host", "docker0"), ROUTE, NAT)
DROP = evolve(NAT, table="filter", chain="DOCKER-USER", text="-A DOCKER-USER -j DROP", verdict="drop", after_source="")
WALK = Walk(
    lab="tiny",
    engine="26.1",
    firewall="nft",
    kernel="6.1",
    source="client",
    target="203.0.113.1",
    address="203.0.113.1",
    proto="tcp",
    port=80,
    outcome="answered",
    legs=(
        Leg(direction="there", packet="tcp SYN", stations=(*OUT, at("host", "eth0"))),
        Leg(
            direction="back",
            packet="tcp SYN,ACK",
            stations=(at("host", "eth0"), at("host", "docker0"), at("client", "eth0")),
        ),
    ),
)
DEAD = evolve(
    WALK,
    outcome="timeout",
    legs=(Leg(direction="there", packet="tcp SYN", stations=(*OUT[:3], DROP), complete=False),),
    death=Death(place="host", layer="filter", why="It was dropped.", proof="-A DOCKER-USER -j DROP", basis="seen"),
)


def test_stations_become_places_of_the_picture() -> None:
    """A bridge's port is the bridge; what was decided on the way stands between two places."""
    found = way.stops(WALK.legs[0], way.Map.of(topology()))
    assert [stop.where for stop in found] == ["host/container:client/eth0", "host/host/docker0", "host/host/eth0"]
    assert list(way.said(found[2].decided)) == ["route: 203.0.113.1 dev eth0", "source becomes 203.0.113.2:4000"]


def test_a_packet_that_reached_no_interface_is_where_its_route_led() -> None:
    route = evolve(ROUTE, place="client", text="10.0.0.9 dev eth0")
    found = way.stops(Leg(direction="there", packet="", stations=(route,)), way.Map.of(topology()))
    assert [stop.where for stop in found] == ["host/container:client/eth0"]


def test_the_way_is_drawn_on_the_topology() -> None:
    """There in one line, back in another; numbers on the picture and below it; light and dark."""
    drawn = svg(WALK, topology())
    assert drawn == svg(WALK, topology())
    ET.fromstring(drawn)  # noqa: S314 - our own text
    assert drawn.count('class="there"') == 2
    assert drawn.count('class="back"') == 2
    assert drawn.count('class="number"') == 2 * 4  # three places, and what happened before the last one
    assert "source becomes 203.0.113.2:4000" in drawn
    assert 'class="death"' not in drawn
    assert "prefers-color-scheme:dark" in drawn


def test_a_death_is_marked_where_it_was() -> None:
    """And named below, with what it rests on."""
    drawn = svg(DEAD, topology())
    assert drawn.count('class="death"') == 1
    for words in ("It died at host: It was dropped.", "drop by filter DOCKER-USER: -j DROP", "Seen: -A DOCKER-USER"):
        assert words in drawn


@pytest.mark.parametrize("place", ["nowhere", "client", ""])
def test_a_death_in_a_place_that_is_not_drawn_is_no_error(place: str) -> None:
    """A namespace that is gone by now; a walk without a station, too."""
    assert DEAD.death is not None
    elsewhere = evolve(DEAD, death=evolve(DEAD.death, place=place))
    assert "It died at" in svg(elsewhere, topology())
    assert "It died at" in svg(evolve(elsewhere, legs=()), topology())
    stranger = Leg(direction="there", packet="", stations=(at("nowhere", "eth0"),))
    assert "It died at" in svg(evolve(elsewhere, legs=(stranger,)), topology())
