"""What is asked of engines and of the kernel, and when a part is made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import docker
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof.build.digests import container_digest, host_spec, network_digest, outsider_digest, wire_digest
from netproof.build.parts import containers, networks, wiring
from netproof.build.reconcile import GONE, why_container, why_network, why_part
from netproof.lab.observe import Answer
from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Switch, Udp, Wire

HOST_END, FAR_END = Link("eth0", "wire", "192.0.2.1"), Link("eth0", "wire", "192.0.2.2")
GUEST = Outsider("guest", "one", [Link("eth0", "floor", "203.0.113.9")], routes={"default": "203.0.113.1"})
LAB = Lab(
    "sound",
    "it is sound",
    hosts=[
        LabHost("one", links=[HOST_END, Link("eth1", "floor", "203.0.113.1")], routes={"10.8.0.0/16": "192.0.2.2"}),
        LabHost("two", links=[FAR_END]),
    ],
    wires=[Wire("wire", ("192.0.2.0/24", "2001:db8::/64"))],
    switches=[Switch("floor", "one", "203.0.113.0/24")],
    networks=[Network("front", "one", subnet="10.1.0.0/24", gateway="10.1.0.1"), Network("back", "one")],
    nodes=[
        Container("main", "one", networks=[Join("front", "10.1.0.7")], serves=[Http(80)]),
        Container("side", "one", network="container:main"),
        Container("plain", "one", address="172.17.0.2"),
        GUEST,
    ],
)


# Published ports and endpoints


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("8080:80", ("", "8080", "80/tcp")),
        ("9000:9001/udp", ("", "9000", "9001/udp")),
        ("203.0.113.100:8080:80", ("203.0.113.100", "8080", "80/tcp")),
        ("[2001:db8::1]:8080:80/udp", ("2001:db8::1", "8080", "80/udp")),
        ("[::]:1:2/tcp", ("::", "1", "2/tcp")),
    ],
)
def test_a_published_port_is_taken_apart(text: str, parts: tuple[str, str, str]) -> None:
    """Address of the host, its port, and the container's port with its protocol."""
    assert containers._split(text) == parts


def test_one_port_may_be_published_several_times() -> None:
    """Each address and port of the host is bound; every port is exposed with its protocol."""
    web = Container("web", "one", publish=["8080:80", "203.0.113.1:8081:80", "53:53/udp", "53:53/tcp"])
    assert containers._bindings(web) == {
        "80/tcp": ["8080", ("203.0.113.1", "8081")],
        "53/udp": ["53"],
        "53/tcp": ["53"],
    }
    assert set(containers._exposed(web) or ()) == {(80, "tcp"), (53, "udp"), (53, "tcp")}
    assert containers._bindings(Container("web", "one")) == {}
    assert containers._exposed(Container("web", "one")) is None


@pytest.mark.parametrize(
    ("join", "asked"),
    [
        (Join("front"), {}),
        (Join("front", "10.1.0.7"), {"ipv4_address": "10.1.0.7"}),
        (Join("front", "2001:db8::7"), {"ipv6_address": "2001:db8::7"}),
        (Join("front", aliases=("a", "b")), {"aliases": ["a", "b"]}),
        (Join("front", options={"a.b": "c"}), {"driver_opt": {"a.b": "c"}}),
    ],
)
def test_a_place_in_a_network_is_asked_for(join: Join, asked: dict[str, Any]) -> None:
    assert containers._endpoint(join) == asked


@pytest.mark.parametrize(
    ("container", "mode"),
    [
        (Container("aa", "one"), "bridge"),
        (Container("aa", "one", network="none"), "none"),
        (Container("aa", "one", network="container:b"), "container:b"),
        (Container("aa", "one", networks=["front", "back"]), "front"),
    ],
)
def test_a_container_starts_in_its_first_network(container: Container, mode: str) -> None:
    assert containers._mode(container) == mode


@pytest.mark.parametrize(
    ("networks", "at_once"),
    [
        ([], {}),
        (["front", "back"], {"front": None}),
        ([Join("front", "10.1.0.7"), Join("back", gw_priority=5)], {"front": None, "back": 5}),
        ([Join("front", gw_priority=-1), "back"], {"front": -1, "back": None}),
    ],
)
def test_priorities_come_with_the_container(networks: list[Any], at_once: dict[str, Any]) -> None:
    """All its networks at once, when one has a priority: it is no option of connecting one."""
    made = containers._networks_at_once(docker.APIClient(version="1.48"), Container("web", "one", networks=networks))
    found = made["EndpointsConfig"] if made else {}
    assert {name: endpoint.get("GwPriority") for name, endpoint in found.items()} == at_once


def test_every_subnet_has_the_gateway_that_is_in_it() -> None:
    """Also when two subnets are of one family; one without keeps the engine's choice."""
    made = networks._pools(
        Network(
            "front", "one", subnet=("10.2.0.0/24", "10.1.0.0/24", "2001:db8::/64"), gateway=("10.1.0.9", "10.2.0.9")
        )
    )
    found = {pool["Subnet"]: pool["Gateway"] for pool in made["Config"]}
    assert found == {"10.1.0.0/24": "10.1.0.9", "10.2.0.0/24": "10.2.0.9", "2001:db8::/64": None}
    assert networks._pools(Network("front", "one")) is None


# Wires

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)


@given(NAMES, NAMES, NAMES)
def test_a_mac_is_local_and_always_the_same(lab: str, machine: str, link: str) -> None:
    """Locally administered, no group address, a function of the names."""
    found = wiring.mac(lab, machine, link)
    raw = bytes.fromhex(found.replace(":", ""))
    assert (len(raw), raw[0]) == (6, 2)
    assert found == wiring.mac(lab, machine, link)


def test_every_end_has_a_mac_of_its_own() -> None:
    """Machine, interface and lab make the difference."""
    ends = [(lab, machine, link) for lab in "ab" for machine in ("one", "two") for link in ("eth0", "eth1")]
    assert len({wiring.mac(*end) for end in ends}) == len(ends)
    assert wiring.mac("a", "b-c", "d") != wiring.mac("a", "b", "c-d")


@pytest.mark.parametrize(
    ("address", "found"),
    [("192.0.2.7", "192.0.2.7/24"), ("2001:db8::7", "2001:db8::7/64"), ("10.0.0.1", "10.0.0.1/31")],
)
def test_an_address_has_the_length_of_the_subnet_it_is_in(address: str, found: str) -> None:
    assert wiring._with_length(address, ("10.0.0.0/31", "192.0.2.0/24", "2001:db8::/64")) == found


def test_routes_go_over_the_link_of_their_gateway() -> None:
    """Each route is made once, with the link on whose wire its gateway is."""
    first, second = LAB.host("one").links
    assert wiring._routes_over(LAB, "one", first) == {"10.8.0.0/16": "192.0.2.2"}
    assert wiring._routes_over(LAB, "one", second) == {}


def test_a_wire_between_hosts_is_a_part_of_its_own() -> None:
    """One that ends on an outsider is made with it; a switch is no wire."""
    assert [wire.name for wire in wiring.standalone_wires(LAB)] == ["wire"]
    other = attrs.evolve(LAB, hosts=[LAB.hosts[0]], nodes=[GUEST, Outsider("far", "one", [FAR_END])])
    assert wiring.standalone_wires(other) == []
    assert wiring.part_of(LAB.wires[0]) == "wire:wire"


def test_the_hosts_at_the_ends_are_known() -> None:
    """A wire's are where it ends; an outsider's those of its other ends; a switch has those of its cables to hosts."""
    assert wiring.hosts_at(LAB, LAB.wire("wire")) == {"one", "two"}
    assert wiring.hosts_at(LAB, LAB.wire("floor")) == {"one"}
    assert wiring.hosts_at(LAB, LAB.wire("floor"), GUEST) == {"one"}
    beyond = Outsider("beyond", "one", [HOST_END])
    other = attrs.evolve(LAB, hosts=[LabHost("one"), LAB.hosts[1]], switches=[], networks=[], nodes=[beyond])
    assert wiring.hosts_at(other, other.wire("wire"), beyond) == {"two"}


def test_one_of_two_outsiders_makes_the_cable_between_them() -> None:
    """The later one, when both are there."""
    near, far = Outsider("near", "one", [HOST_END]), Outsider("far", "two", [FAR_END])
    lab = attrs.evolve(LAB, hosts=[LabHost("one"), LabHost("two")], switches=[], networks=[], nodes=[near, far])
    assert wiring._far_end(lab, near, HOST_END) is None
    end = wiring._far_end(lab, far, FAR_END)
    assert end is not None
    assert (end.home, end.body["place"], end.body["name"]) == ("one", "netns:near", "eth0")


# When a part is made anew

Change = Callable[[], Lab]


def changed(place: str, **what: Any) -> Lab:
    """The lab with one part of it changed."""
    for kind in ("hosts", "wires", "switches", "networks", "nodes"):
        parts = getattr(LAB, kind)
        if any(part.name == place for part in parts):
            new: Any = {kind: [attrs.evolve(part, **what) if part.name == place else part for part in parts]}
            return attrs.evolve(LAB, **new)
    raise LookupError(place)


def digests(lab: Lab) -> dict[str, str]:
    """The digest of every part."""
    found = {host.name: host_spec(lab, host, "26.1", "nft", "sha256:1").digest for host in lab.hosts}
    found |= {wire.name: wire_digest(lab, wire) for wire in lab.media}
    found |= {network.name: network_digest(network) for network in lab.networks}
    found |= {item.name: container_digest(lab, item, "sha256:1") for item in lab.containers}
    return found | {item.name: outsider_digest(lab, item, "sha256:1") for item in lab.outsiders}


TWO_ENDS = [Link("eth0", "wire", ("192.0.2.2", "2001:db8::2"))]
CHANGES: dict[str, tuple[Lab, set[str]]] = {
    "a host's engine": (changed("two", engine={"debug": True}), {"two"}),
    "a host's address": (changed("two", links=TWO_ENDS), {"wire"}),
    "a host's route": (changed("two", routes={"10.9.0.0/16": "192.0.2.1"}), {"wire"}),
    "a route of a host that has a wire and a port": (changed("one", routes={}), {"wire", "floor", "guest"}),
    "a subnet of a wire": (changed("wire", subnet="192.0.2.0/24"), {"wire"}),
    "a switch": (changed("floor", subnet="203.0.113.0/24", hairpin="guest"), {"floor", "guest"}),
    "a network": (changed("front", subnet="10.1.0.0/24", gateway="10.1.0.2"), {"front", "main", "side"}),
    "a network's options": (changed("back", options={"a": "b"}), {"back"}),
    "what a container serves": (changed("main", serves=[Http(81)]), {"main", "side"}),
    "how a container serves": (changed("main", serves=[Udp(80)]), {"main", "side"}),
    "a sidecar": (changed("side", capabilities="NET_ADMIN"), {"side"}),
    "what is published": (changed("plain", publish="8080:80"), {"plain"}),
    "what an outsider serves": (changed("guest", serves=[Http(80)]), {"guest"}),
    "where an outsider is": (changed("guest", beside="two"), {"guest"}),
    "an outsider's route": (changed("guest", routes={}), {"guest", "floor"}),
    "what the lab shows": (attrs.evolve(LAB, shows="something else", question="q9"), set()),
    "what cannot be checked": (attrs.evolve(LAB, unchecked={"q4.4": "it breaks off"}), set()),
    "nothing": (changed("plain", address="172.17.0.2"), set()),
}


@pytest.mark.parametrize(("lab", "parts"), CHANGES.values(), ids=CHANGES)
def test_a_change_concerns_these_parts_alone(lab: Lab, parts: set[str]) -> None:
    """What is made with a part, or would stop with it, has another digest as well; nothing else has."""
    before, after = digests(LAB), digests(lab)
    assert {name for name in before if before[name] != after[name]} == parts


def test_a_second_host_changes_the_first() -> None:
    """Hosts of one lab share a volume, which a lab of one host does not have."""
    alone = attrs.evolve(LAB, hosts=[LabHost("one")], wires=[], switches=[], networks=[], nodes=[])
    both = attrs.evolve(alone, hosts=[LabHost("one"), LabHost("two")])
    assert digests(alone)["one"] != digests(both)["one"]


def test_another_image_changes_everything_that_runs_in_it() -> None:
    main, one = LAB.containers[0], LAB.hosts[0]
    assert container_digest(LAB, main, "1") != container_digest(LAB, main, "2")
    assert outsider_digest(LAB, GUEST, "1") != outsider_digest(LAB, GUEST, "2")
    specs = {host_spec(LAB, one, *about).digest for about in [("a", "b", "c"), ("a", "b", "d"), ("a", "x", "c")]}
    assert len(specs) == 3


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (why_network(None, "d"), "new"),
        (why_network("d", "d"), None),
        (why_network("c", "d"), "its definition changed"),
        (why_part(None, "d"), "new"),
        (why_part({"spec": "d", "whole": True}, "d"), None),
        (why_part({"spec": "c", "whole": True}, "d"), "its definition changed"),
        (why_part({"spec": "d", "whole": False}, "d"), "a part of it was gone"),
        (why_container(None, "d"), "new"),
        (why_container({"spec": "d", "state": "running"}, "d"), None),
        (why_container({"spec": "d", "state": "exited"}, "d"), "it was exited"),
        (why_container({"spec": "c", "state": "running"}, "d"), "its definition changed"),
    ],
)
def test_why_a_part_is_made_is_said(why: str | None, reason: str | None) -> None:
    assert why == reason
    assert GONE


# What a server said


@pytest.mark.parametrize(
    ("text", "caller"),
    [
        ('{"node": "web", "caller": "192.0.2.1", "port": 7, "at": ""}\n', "192.0.2.1"),
        ('HTTP/1.0 200 OK\r\n\r\n{"node": "web", "caller": "::ffff:192.0.2.1", "port": 7}', "192.0.2.1"),
        ('{"node": "web", "caller": "2001:0db8:0000:0000:0000:0000:0000:0001"}', "2001:db8::1"),
    ],
)
def test_a_caller_is_written_as_people_write_addresses(text: str, caller: str) -> None:
    """The last line is what a lab's server says; an IPv4 caller of an IPv6 socket is one of IPv4."""
    said = Answer("answered", "", 7, text, 0).said
    assert (said["node"], said["caller"]) == ("web", caller)


@pytest.mark.parametrize("text", ["", "\n", "SSH-2.0-OpenSSH", "<html></html>", "7", "[]", "{}", '{"caller": "me"}'])
def test_what_is_no_answer_of_a_labs_server_says_nothing(text: str) -> None:
    """Somebody else may be listening there."""
    assert Answer("answered", "", 7, text, 0).said == {}
