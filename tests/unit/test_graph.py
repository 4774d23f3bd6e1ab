"""A graph says what the snapshot says, marks what deviates, and is drawn the same each time."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from netproof import graph
from netproof.facts import structure
from netproof.graph import labels, wire_tracks
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
    box = next(box for box in graph.of(structure(raw)).boxes if box.name == "host")
    at_lo = [port for each in box.interfaces for port in each.ports]
    found = at_lo + [note.removesuffix(" (no interface has it)") for note in box.notes if "->" in note]
    assert found == told


def with_a_way_out() -> dict[str, Any]:
    """The small lab, with an interface to the world, and a second bridge."""
    raw = snapshots.lab()
    host = snapshots.space(raw)
    bridge = snapshots.link(f"br-{'c' * 12}", 3, kind="bridge")
    host["links"] += [snapshots.link("eth0", 9, kind="veth"), bridge]
    for name, address in (("eth0", "203.0.113.2/24"), ("eth0", "2001:db8::2/64"), (bridge["name"], "172.20.0.1/16")):
        host["addresses"].append({"interface": name, "address": address, "scope": "global", "peer": ""})
    return raw


def ways(raw: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """{bridge: how its containers leave}."""
    found = graph.of(structure(raw)).edges
    return {edge.start.rpartition("/")[2]: (edge.kind, edge.label) for edge in found if edge.end.endswith("/eth0")}


def test_a_bridge_is_joined_to_the_way_out_by_what_the_rules_say() -> None:
    """Translated where a rule does that; as it is where none does."""
    raw = with_a_way_out()
    rules = snapshots.space(raw)["netfilter"]["iptables"]["iptables-nft"]
    rules["filter"]["rules"] += [snapshots.rule("FORWARD", "-i docker0 ! -o docker0 -j ACCEPT")]
    assert ways(raw) == {
        "docker0": ("forward", "MASQUERADE 10.0.0.0/8"),
        f"br-{'c' * 12}": ("forward", "172.20.0.0/16 goes as it is"),
    }


@pytest.mark.parametrize(
    ("rule", "kind", "label"),
    [
        ("-j DOCKER-USER", "blocked", "DROP 10.0.0.0/8\nin FORWARD, by its policy"),
        ("-i docker0 ! -o docker0 -j DROP", "blocked", "DROP 10.0.0.0/8\nin FORWARD"),
        ("! -d 10.0.0.0/8 -i docker0 -j REJECT --reject-with icmp-port-unreachable", "blocked", "REJECT 10.0.0.0/8"),
        ("-i docker0 -p tcp -m tcp --dport 80 -j ACCEPT", "forward", "MASQUERADE 10.0.0.0/8"),
        ("-i docker0 -m comment --comment mine -j ACCEPT", "forward", "MASQUERADE 10.0.0.0/8"),
        ("-i docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "blocked", "DROP 10.0.0.0/8"),
        ("-i br+ -j ACCEPT", "blocked", "DROP 10.0.0.0/8"),
        ("-s 10.9.0.0/16 -j ACCEPT", "forward", "MASQUERADE 10.0.0.0/8"),
    ],
)
def test_what_drops_all_is_told_and_what_drops_some_is_not(rule: str, kind: str, label: str) -> None:
    """FORWARD's policy is DROP; a rule about some packets says nothing of a bridge's way."""
    raw = with_a_way_out()
    table = snapshots.space(raw)["netfilter"]["iptables"]["iptables-nft"]["filter"]
    table["rules"] = [snapshots.rule("FORWARD", rule)]
    found = ways(raw)["docker0"]
    assert (found[0], found[1].startswith(label)) == (kind, True), found


def test_a_lab_host_that_does_not_forward_is_told() -> None:
    raw = with_a_way_out()
    snapshots.space(raw)["sysctls"]["net.ipv4.conf.all.forwarding"] = "0"
    assert ways(raw)["docker0"] == ("blocked", "10.0.0.0/8 is not forwarded:\nnet.ipv4.conf.all.forwarding = 0")


def test_a_translation_to_an_address_is_told_with_it() -> None:
    raw = with_a_way_out()
    tables = snapshots.space(raw)["netfilter"]["iptables"]["iptables-nft"]
    tables["filter"]["chains"]["FORWARD"]["policy"] = "ACCEPT"
    tables["nat"]["rules"] = [snapshots.rule("POSTROUTING", "-s 10.0.0.0/8 -o eth0 -j SNAT --to-source 203.0.113.9")]
    assert ways(raw)["docker0"] == ("forward", "SNAT 10.0.0.0/8 to 203.0.113.9")


def test_a_published_port_stands_at_the_interface_that_takes_it() -> None:
    """Any address at the way out, loopback at lo, others where they are; a port that only a rule translates, too."""
    raw = with_a_way_out()
    bound = [("0.0.0.0", "80"), ("127.0.0.1", "81"), ("10.0.0.1", "82"), ("192.0.2.7", "83")]  # noqa: S104 - a fact
    ports = {"80/tcp": [{"HostIp": address, "HostPort": port} for address, port in bound]}
    raw["host"]["engine"]["containers"][0]["ports"] = ports
    translation = snapshots.rule("DOCKER-INGRESS", "-p udp -m udp --dport 9000 -j DNAT --to-destination 10.0.0.2:53")
    snapshots.space(raw)["netfilter"]["iptables"]["iptables-nft"]["nat"]["rules"].append(translation)
    box = next(box for box in graph.of(structure(raw)).boxes if box.name == "host")
    assert {each.name: each.ports for each in box.interfaces if each.ports} == {
        "eth0": ("*:80 -> client:80/tcp", "*:9000 -> client:53/udp"),
        "lo": ("127.0.0.1:81 -> client:80/tcp",),
        "docker0": ("10.0.0.1:82 -> client:80/tcp",),
    }
    assert "192.0.2.7:83 -> client:80/tcp (no interface has it)" in box.notes


def test_a_hidden_namespace_goes_by_its_network() -> None:
    """As `capture` calls it, not by the id that begins anew with each lab."""
    raw = snapshots.lab()
    raw["host"]["engine"]["networks"].append(
        {"name": "across", "id": "abcdef0123456789", "driver": "overlay", "internal": False, "subnets": []}
        | {"options": {}}
    )
    for file in ("1-abcdef0123", "lb_abcdef012"):
        raw["host"]["namespaces"][f"path:/run/docker/netns/{file}"] = snapshots.namespace(
            links=[snapshots.link("br0", 2, kind="bridge")]
        )
    boxes = {box.name: box for box in graph.of(structure(raw)).boxes}
    assert {"host/across", "host/lb-across"} <= boxes.keys()
    assert boxes["host/across"].kind == "namespace 1-abcdef0123"
    assert boxes["host/across"].interfaces[0].lines == ("br0", "bridge, network across")


def test_no_label_is_crossed_by_a_wire() -> None:
    """Where the first place is taken, the next is."""
    line = [(0.0, 50.0), (200.0, 50.0)]
    paper = labels.Paper([line, [(100.0, 0.0), (100.0, 45.0)], [(0.0, 80.0), (200.0, 80.0)]])
    placed = [paper.place(f"label {number}", line, (100, 50), (60, 14)) for number in range(4)]
    for number, one in enumerate(placed):
        assert not any(labels.crosses(wire, one.frame) for wire in paper.lines)
        assert not any(labels.overlap(one.frame, other.frame) for other in placed[:number])


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
