"""Definitions that contradict themselves are refused, naming the field, its value and what to do."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof import catalog
from netproof.errors import UnknownName
from netproof.model import Container, Http, Lab, LabHost, Link, Node, Outsider, Wire
from tests.unit.definitions import refused

SUBNET = ipaddress.ip_network("203.0.113.0/24")
WIRE = Wire("wire", str(SUBNET))
HOST_END = Link("eth0", "wire", "203.0.113.2")
OUTSIDER_END = Link("eth0", "wire", "203.0.113.1")
HOST = LabHost("host", {"bip": "10.0.0.1/8"}, [HOST_END])
OUTSIDER = Outsider("outsider", "host", [OUTSIDER_END])


def lab(
    hosts: Iterable[LabHost] = (HOST,), wires: Iterable[Wire] = (WIRE,), nodes: Iterable[Node] = (OUTSIDER,)
) -> Lab:
    """A sound lab, but for what a test replaces."""
    return Lab("sound", "it is sound", question="q2", hosts=hosts, wires=wires, nodes=nodes)


def test_a_sound_definition_is_accepted() -> None:
    """What the other tests start from has nothing wrong with it."""
    assert lab().places == ("host", "outsider")


# Single parts


@pytest.mark.parametrize("name", ["", "Client", "1st", "-x", "a_b", "a.b", "a b", "é", "a" * 32, "a\n", None, 7])
@pytest.mark.parametrize(
    "part",
    [
        LabHost,
        lambda name: Container(name, "host"),
        lambda name: Outsider(name, "host"),
        lambda name: Wire(name, "10.0.0.0/8"),
    ],
    ids=["host", "container", "outsider", "wire"],
)
def test_names_that_cannot_be_hostnames_are_refused(part: Callable[[Any], object], name: Any) -> None:
    """Hosts, nodes and wires have names that Linux takes as hostnames."""
    error = refused(lambda: part(name))
    assert (error.field, error.value) == ("name", name)


@pytest.mark.parametrize("name", ["a", "client", "node-2", "a" * 31])
def test_ordinary_names_are_accepted(name: str) -> None:
    """A letter, then letters, digits and hyphens, 31 at most."""
    assert LabHost(name).name == name


def test_a_container_has_a_name_of_two_letters_at_least() -> None:
    """Engines take no shorter one."""
    assert Container("ab", "host").name == "ab"
    error = refused(lambda: Container("a", "host"))
    assert (error.field, error.value) == ("name", "a")
    assert "two or more" in error.remedy


@pytest.mark.parametrize("name", ["", "Eth0", "a" * 16, "a/b", "a b", None])
def test_interface_names_that_linux_refuses_are_refused(name: Any) -> None:
    """An interface's name has 15 characters at most, none of them a slash or a blank."""
    error = refused(lambda: Link(name, "wire", "203.0.113.2"))
    assert (error.field, error.value) == ("name", name)
    assert "eth0" in error.remedy


@given(st.integers().filter(lambda port: not 1 <= port <= 65_535))
def test_numbers_outside_the_range_of_ports_are_refused(port: int) -> None:
    """A port is a number from 1 to 65535."""
    error = refused(lambda: Http(port))
    assert (error.field, error.value) == ("port", port)
    assert "65535" in error.remedy


@pytest.mark.parametrize("port", ["80", None, 80.0])
def test_ports_that_are_not_numbers_are_refused(port: Any) -> None:
    """A port is not a text."""
    assert refused(lambda: Http(port)).field == "port"


@given(st.integers(1, 65_535))
def test_every_port_is_accepted(port: int) -> None:
    """No port between 1 and 65535 is reserved."""
    assert Http(port).port == port


@pytest.mark.parametrize("address", ["", "203.0.113", "203.0.113.2/24", "203.0.113.256", "eth0", 7.5])
def test_what_is_not_an_address_is_refused(address: Any) -> None:
    """A link's address is an IP address without a prefix length."""
    error = refused(lambda: Link("eth0", "wire", address))
    assert (error.field, error.value) == ("address", address)
    assert "without a prefix length" in error.remedy


@pytest.mark.parametrize("subnet", ["", "203.0.113.2/24", "203.0.113.0/33", "wire", "203.0.113.0/24 "])
def test_what_is_not_a_subnet_is_refused(subnet: str) -> None:
    """A wire's subnet is a network address with its prefix length."""
    error = refused(lambda: Wire("wire", subnet))
    assert (error.field, error.value) == ("subnet", subnet)
    assert "/24" in error.remedy


@pytest.mark.parametrize("bip", ["", "garbage", "10.0.0.1/33", "10.0.0/8", "10.0.0.1/8/8", None, ["10.0.0.1/8"]])
def test_a_bip_that_is_not_an_address_is_refused(bip: Any) -> None:
    """The engine's `bip` is an address with a prefix length."""
    error = refused(lambda: LabHost("host", {"bip": bip}))
    assert (error.field, error.value) == ("engine['bip']", str(bip))
    assert "10.0.0.1/8" in error.remedy


@given(st.ip_addresses(v=4), st.integers(1, 30))
def test_a_bip_that_is_a_network_address_is_refused(address: ipaddress.IPv4Address, length: int) -> None:
    """The engine does not start with a network's own address as `bip`, so the definition is refused with another."""
    network = ipaddress.ip_network((address, length), strict=False)
    error = refused(lambda: LabHost("host", {"bip": str(network)}))
    assert (error.field, error.value) == ("engine['bip']", str(network))
    proposed = error.remedy.split()[-1].removesuffix(".")
    assert LabHost("host", {"bip": proposed}).bridge.network == network


@given(st.ip_addresses(v=4), st.integers(1, 30))
def test_a_bip_inside_its_network_is_accepted(address: ipaddress.IPv4Address, length: int) -> None:
    """Any other address of the network is docker0's to have."""
    inside = ipaddress.ip_interface((int(address) | 1, length))
    assert LabHost("host", {"bip": str(inside)}).bridge == inside


# Several parts


def test_a_lab_without_a_host_is_refused() -> None:
    """There is nothing to show without a lab host."""
    error = refused(lambda: lab(hosts=[], wires=[], nodes=[]))
    assert (error.field, error.value) == ("hosts", ())
    assert "LabHost(" in error.remedy


@pytest.mark.parametrize(
    "make",
    [
        lambda: lab(hosts=[HOST, LabHost("outsider")]),
        lambda: lab(nodes=[OUTSIDER, Container("outsider", "host")]),
        lambda: lab(nodes=[Container("outsider", "host"), OUTSIDER]),
    ],
    ids=["host and node", "two nodes", "two nodes, the other way round"],
)
def test_two_places_of_one_name_are_refused(make: Callable[[], Lab]) -> None:
    """Hosts and nodes share one set of names, for they are what `lab shell` takes."""
    error = refused(make)
    assert (error.field, error.value) == ("name of hosts and nodes", "outsider")
    assert "2 times" in error.reason
    assert "its own" in error.remedy


def test_two_wires_of_one_name_are_refused() -> None:
    """A link means one wire."""
    error = refused(lambda: lab(wires=[WIRE, Wire("wire", "198.51.100.0/24")]))
    assert (error.field, error.value) == ("name of wires", "wire")
    assert "its own" in error.remedy


def test_two_links_of_one_name_on_one_machine_are_refused() -> None:
    """A machine has one interface of a name."""
    twice = Outsider("outsider", "host", [OUTSIDER_END, Link("eth0", "other", "198.51.100.1")])
    error = refused(lambda: lab(wires=[WIRE, Wire("other", "198.51.100.0/24")], nodes=[twice]))
    assert (error.field, error.value) == ("outsider.links", "eth0")
    assert "eth1" in error.remedy


@pytest.mark.parametrize(
    ("node", "field"),
    [(Container("client", "hots"), "client.on"), (Outsider("second", "hots"), "second.beside")],
    ids=["container", "outsider"],
)
def test_a_node_of_an_unknown_host_is_refused(node: Node, field: str) -> None:
    """A node lives in a lab host of the definition; a misspelt one is told the nearest."""
    error = refused(lambda: lab(nodes=[OUTSIDER, node]))
    assert (error.field, error.value) == (field, "hots")
    assert "Did you mean 'host'?" in error.remedy


def test_a_link_to_an_unknown_wire_is_refused() -> None:
    """A link ends a wire of the definition; a misspelt one is told the nearest."""
    error = refused(lambda: lab(nodes=[Outsider("outsider", "host", [Link("eth0", "wrie", "203.0.113.1")])]))
    assert (error.field, error.value) == ("outsider.eth0.wire", "wrie")
    assert "Did you mean 'wire'?" in error.remedy


def test_a_wire_without_ends_is_refused() -> None:
    """A wire that nothing is linked to is a leftover."""
    error = refused(lambda: lab(hosts=[LabHost("host")], nodes=[]))
    assert (error.field, error.value) == ("wire wire", [])


def test_a_wire_with_one_end_is_refused() -> None:
    """A wire has two ends; the machine that has the only one is named."""
    error = refused(lambda: lab(nodes=[]))
    assert (error.field, error.value) == ("wire wire", ["host"])
    assert "two machines" in error.remedy


def test_a_wire_with_three_ends_is_refused() -> None:
    """A wire is not a switch; the three machines are named."""
    error = refused(lambda: lab(nodes=[OUTSIDER, Outsider("third", "host", [Link("eth0", "wire", "203.0.113.3")])]))
    assert (error.field, error.value) == ("wire wire", ["host", "outsider", "third"])
    assert "two machines" in error.remedy


def test_a_wire_may_join_two_hosts() -> None:
    """A wire leads from one lab host to another, or to an outsider beside another."""
    elsewhere = Outsider("outsider", "second", [OUTSIDER_END])
    assert lab(hosts=[HOST, LabHost("second")], nodes=[elsewhere]).ends("wire")
    assert lab(hosts=[HOST, LabHost("second", links=[OUTSIDER_END])], nodes=[]).ends("wire")


def test_a_wire_with_both_ends_on_one_machine_is_refused() -> None:
    """A cable from a machine to itself joins nothing."""
    both = LabHost("host", links=[HOST_END, Link("eth1", "wire", "203.0.113.1")])
    error = refused(lambda: lab(hosts=[both], nodes=[]))
    assert (error.field, error.value) == ("wire wire", ["host", "host"])


# Addresses


def at(address: object) -> Lab:
    """The sound lab with the outsider at another address."""
    return lab(nodes=[Outsider("outsider", "host", [Link("eth0", "wire", str(address))])])


@given(st.ip_addresses().filter(lambda address: address not in SUBNET))
def test_any_address_outside_its_wires_subnet_is_refused(address: object) -> None:
    """A link's address is in its wire's subnet, whichever address it is."""
    error = refused(lambda: at(address))
    assert (error.field, error.value) == ("outsider.eth0.address", str(address))
    assert str(SUBNET) in error.remedy


@given(st.ip_addresses(network=SUBNET).filter(lambda address: int(address) % 256 not in {0, 2, 255}))
def test_any_free_address_of_the_subnet_is_accepted(address: object) -> None:
    """Every address between the first and the last that no other machine has can be a link's."""
    assert dict(at(address).ends())["outsider"].addresses == (str(address),)


@pytest.mark.parametrize("address", ["203.0.113.0", "203.0.113.255"])
def test_the_first_and_last_address_of_a_subnet_are_refused(address: str) -> None:
    """The network's and the broadcast address belong to no machine."""
    error = refused(lambda: at(address))
    assert (error.field, error.value) == ("outsider.eth0.address", address)
    assert "between" in error.remedy


def test_a_wire_of_two_addresses_has_neither_network_nor_broadcast_address() -> None:
    """On a /31 both addresses are for machines."""
    ends = ("203.0.113.0", "203.0.113.1")
    hosts = [LabHost("host", links=[Link("eth0", "wire", ends[0])])]
    nodes = [Outsider("outsider", "host", [Link("eth0", "wire", ends[1])])]
    made = lab(hosts, [Wire("wire", "203.0.113.0/31")], nodes)
    assert tuple(link.addresses[0] for _, link in made.ends()) == ends


def test_two_machines_at_one_address_of_a_wire_are_refused() -> None:
    """The second machine at an address is refused, naming the first."""
    error = refused(lambda: at("203.0.113.2"))
    assert (error.field, error.value) == ("outsider.eth0.address", "203.0.113.2")
    assert "host.eth0.address" in error.reason
    assert "its own address" in error.remedy


def with_client(address: str, *others: Node, bip: str = "10.0.0.1/8") -> Lab:
    """A lab of containers only."""
    return lab([LabHost("host", {"bip": bip})], [], [Container("client", "host", address), *others])


def test_two_containers_at_one_address_of_a_host_are_refused() -> None:
    """The second container at an address is refused, naming the first."""
    error = refused(lambda: with_client("10.0.0.2", Container("other", "host", "10.0.0.2")))
    assert (error.field, error.value) == ("other.address", "10.0.0.2")
    assert "client.address" in error.reason


def test_containers_of_different_hosts_may_have_one_address() -> None:
    """Each host's docker0 is a network of its own."""
    hosts = [LabHost("one"), LabHost("two")]
    nodes = [Container("first", "one", "172.17.0.2"), Container("second", "two", "172.17.0.2")]
    assert len(lab(hosts, [], nodes).containers) == 2


@pytest.mark.parametrize("address", ["11.0.0.2", "203.0.113.9", "::1"])
def test_a_container_outside_docker0s_network_is_refused(address: str) -> None:
    """A container's address is one that docker0's network has."""
    error = refused(lambda: with_client(address))
    assert (error.field, error.value) == ("client.address", address)
    assert "10.0.0.0/8" in error.remedy


def test_a_container_outside_the_default_network_of_docker0_is_refused() -> None:
    """Without `bip` docker0 has 172.17.0.1/16."""
    error = refused(lambda: lab([LabHost("host")], [], [Container("client", "host", "10.0.0.2")]))
    assert (error.field, error.value) == ("client.address", "10.0.0.2")
    assert "172.17.0.0/16" in error.remedy


@pytest.mark.parametrize("bip", ["10.0.0.1/8", "10.9.8.7/8"])
def test_a_container_at_docker0s_own_address_is_refused(bip: str) -> None:
    """docker0 keeps its address for itself."""
    address = bip.partition("/")[0]
    error = refused(lambda: with_client(address, bip=bip))
    assert (error.field, error.value) == ("client.address", address)
    assert "docker0" in error.reason
    assert error.remedy


# Subnets


def two_wires(first: object, second: object, bip: str = "172.31.255.1/24") -> Lab:
    """A host with two wires to one outsider each."""
    wires = [Wire("one", str(first)), Wire("two", str(second))]
    ends = [(wire, ipaddress.ip_network(wire.subnets[0])) for wire in wires]
    return lab(
        [
            LabHost(
                "host",
                {"bip": bip},
                [Link(f"to-{wire.name}", wire.name, str(subnet[1])) for wire, subnet in ends],
            )
        ],
        wires,
        [Outsider(f"at-{wire.name}", "host", [Link("eth0", wire.name, str(subnet[2]))]) for wire, subnet in ends],
    )


@given(st.ip_addresses(v=4, network="10.0.0.0/8"), st.integers(8, 29), st.integers(8, 29))
def test_wires_of_one_host_whose_subnets_overlap_are_refused(
    address: ipaddress.IPv4Address, length: int, other: int
) -> None:
    """A host cannot tell two networks of the same addresses apart; both wires are named."""
    first = ipaddress.ip_network((address, length), strict=False)
    second = ipaddress.ip_network((address, other), strict=False)
    error = refused(lambda: two_wires(first, second))
    assert (error.field, error.value) == ("host: wire one", str(first))
    assert "wire two" in error.reason
    assert str(second) in error.reason
    assert "renumber" in error.remedy


@given(st.integers(0, 127), st.integers(128, 255))
def test_wires_of_one_host_in_different_subnets_are_accepted(one: int, two: int) -> None:
    """Two wires are fine when no address is on both."""
    assert len(two_wires(f"10.1.{one}.0/24", f"10.1.{two}.0/24").wires) == 2


def test_a_wire_in_docker0s_network_is_refused() -> None:
    """A wire's subnet does not overlap the network of the containers."""
    error = refused(lambda: two_wires("10.1.1.0/24", "10.2.2.0/24", bip="10.2.0.1/16"))
    assert (error.field, error.value) == ("host: wire two", "10.2.2.0/24")
    assert "docker0 of host" in error.reason
    assert "renumber" in error.remedy


# Looking things up


@pytest.mark.parametrize(
    ("look", "wrong", "nearest"),
    [
        (lambda made, name: made.host(name), "hots", "host"),
        (lambda made, name: made.wire(name), "wrie", "wire"),
        (lambda made, name: made.host_of(name), "outsidr", "outsider"),
    ],
    ids=["host", "wire", "place"],
)
def test_looking_up_a_misspelt_part_names_the_nearest(
    look: Callable[[Lab, str], object], wrong: str, nearest: str
) -> None:
    """Parts are found by name, and a name that is nearly right is recognised."""
    with pytest.raises(UnknownName) as caught:
        look(lab(), wrong)
    assert caught.value.nearest == nearest


@pytest.mark.parametrize("name", catalog.names())
def test_every_place_of_every_lab_is_in_one_of_its_hosts(name: str) -> None:
    """Each place leads to a lab host of the lab."""
    made = catalog.load(name)
    assert {made.host_of(place).name for place in made.places} == {host.name for host in made.hosts}
