"""A graph says what the snapshot says, marks what deviates, and is drawn the same each time."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from netproof import graph
from netproof.facts import structure
from netproof.graph import wire_tracks
from tests.unit import snapshots


def test_a_veth_pair_joins_the_container_to_its_bridge() -> None:
    made = graph.of(structure(snapshots.lab()))
    assert [(edge.start, edge.end, edge.label) for edge in made.edges] == [
        ("host/container:client/eth0", "host/host/docker0", "veth12ab34c")
    ]


def test_namespace_numbers_decide_between_equal_indices() -> None:
    """Indices are unique within a namespace only: the one that the number names is the peer."""
    raw = snapshots.lab()
    spaces = raw["host"]["namespaces"]
    spaces["container:other"] = snapshots.namespace(links=[{**snapshots.space(raw, "container:client")["links"][0]}])
    for number, place in enumerate(("container:client", "container:other")):
        spaces[place]["nsids"] = {"host": 0}
        spaces[place]["links"][0]["peer_nsid"] = 0
        spaces["host"].setdefault("nsids", {})[place] = number
    spaces["host"]["links"][2]["peer_nsid"] = 1
    made = graph.of(structure(raw))
    assert [edge.start for edge in made.edges] == ["host/container:other/eth0"]


def test_what_deviates_is_marked_unless_hidden() -> None:
    raw = snapshots.lab()
    snapshots.space(raw, "container:client")["addresses"] = []
    now, before = structure(raw), structure(snapshots.lab())
    assert graph.of(now, before).marks == ("client: eth0 10.0.0.2/8 missing",)
    hidden = {("client", "addresses", "eth0 10.0.0.2/8", "- global")}
    assert graph.of(now, before, hidden=hidden).marks == ()
    assert graph.of(before, before).marks == ()


def test_the_picture_is_the_same_each_time_and_names_everything() -> None:
    made = graph.of(structure(snapshots.lab()), name="tiny")
    drawn = graph.svg(made)
    assert drawn == graph.svg(made)
    words = " ".join(ET.fromstring(drawn).itertext())  # noqa: S314 - our own text
    assert all(word in words for word in ("tiny", "client", "docker0 10.0.0.1/8", "eth0 10.0.0.2/8", "veth12ab34c"))
    assert graph.png(made).startswith(b"\x89PNG")


def test_text_forms_have_every_wire() -> None:
    made = graph.of(structure(snapshots.lab()))
    assert graph.text(made) == "client:eth0 ── veth12ab34c ── host:docker0"
    assert '---|"veth12ab34c"|' in graph.mermaid(made)
    assert '"host/container:client/eth0" -- "host/host/docker0"' in graph.dot(made)


def test_a_dead_lab_host_is_drawn_as_such() -> None:
    """Beside what is left."""
    made = graph.of(structure(snapshots.lab()), gone=["node2"])
    assert made.marks == ("node2: the lab host is gone",)
    assert "the lab host is gone" in graph.svg(made)


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        (["0.0.0.0", "::"], ["*:8080 -> client:80/tcp"]),  # noqa: S104 - a fact, not a server
        (["::"], ["[::]:8080 -> client:80/tcp"]),
        (["2001:db8::2"], ["[2001:db8::2]:8080 -> client:80/tcp"]),
        (["127.0.0.1", "::"], ["127.0.0.1:8080 -> client:80/tcp", "[::]:8080 -> client:80/tcp"]),
    ],
)
def test_published_ports_are_told_once(bound: list[str], told: list[str]) -> None:
    """On all addresses of both families as one; on IPv6 alone as that."""
    raw = snapshots.lab()
    ports = {"80/tcp": [{"HostIp": address, "HostPort": "8080"} for address in bound]}
    raw["host"]["engine"]["containers"][0]["ports"] = ports
    notes = next(box for box in graph.of(structure(raw)).boxes if box.name == "host").notes
    assert [note for note in notes if "->" in note] == told


def test_a_cable_joins_the_real_interfaces_of_two_machines() -> None:
    """One in each; where a machine has several, nobody knows which."""
    raw = {name: snapshots.lab()["host"] for name in ("node1", "node2")}
    for snapshot in raw.values():
        snapshot["namespaces"]["host"]["links"] = [snapshots.link("eth0", 3)]
    made = graph.of(structure(raw))
    assert ("node1/host/eth0", "node2/host/eth0") in {tuple(sorted((edge.start, edge.end))) for edge in made.edges}
    raw["node2"]["namespaces"]["host"]["links"].append(snapshots.link("eth1", 4))
    assert "node1/host/eth0" not in {edge.start for edge in graph.of(structure(raw)).edges}


def test_wires_between_hosts_go_around_what_stands_in_their_way() -> None:
    """They leave an interface where no box is to its right."""
    frames = [(200.0, 40.0, 50.0, 20.0)]
    assert wire_tracks._exit((0.0, 40.0, 100.0, 60.0), 300, frames) == (100.0, 70.0)
    assert wire_tracks._exit((0.0, 20.0, 100.0, 60.0), 300, frames)[1] > 64
