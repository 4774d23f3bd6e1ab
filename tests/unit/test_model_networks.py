"""Definitions with switches, networks, published ports, routes and swarms that contradict themselves are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof.model import (
    Container,
    Http,
    Join,
    Lab,
    LabHost,
    Link,
    Network,
    Node,
    Outsider,
    Switch,
    Udp,
    Wire,
)
from netproof.model.consistency import port_name
from tests.unit.definitions import refused

SUBNETS = ("203.0.113.0/24", "2001:db8::/64")
FLOOR = Switch("floor", "host", SUBNETS)
HOST = LabHost("host", links=[Link("eth0", "floor", ("203.0.113.2", "2001:db8::2"))])
FRONT = Network("front", "host", subnet="10.1.0.0/24")
CLIENT = Container("client", "host", networks=[Join("front", "10.1.0.7")])
WIRE = Wire("wire", "192.0.2.0/24")
MANAGER = LabHost("one", swarm="manager", links=[Link("eth0", "wire", "192.0.2.1")])
WORKER = LabHost("two", swarm="worker", links=[Link("eth0", "wire", "192.0.2.2")])
ACROSS = Network("across", "one", "overlay", "10.1.0.0/24")


def lab(
    *nodes: Node,
    hosts: Iterable[LabHost] = (HOST,),
    switches: Iterable[Switch] = (FLOOR,),
    networks: Iterable[Network] = (FRONT,),
    wires: Iterable[Wire] = (),
) -> Lab:
    """A sound lab, but for what a test replaces."""
    return Lab(
        "sound",
        "it is sound",
        question="q2",
        hosts=hosts,
        switches=switches,
        networks=networks,
        wires=wires,
        nodes=nodes,
    )


def swarm(*nodes: Node, hosts: Iterable[LabHost] = (MANAGER, WORKER), networks: Iterable[Network] = (ACROSS,)) -> Lab:
    """A sound lab of two nodes, but for what a test replaces."""
    return lab(*nodes, hosts=hosts, networks=networks, switches=[], wires=[WIRE])


def guest(name: str = "guest", beside: str = "host", link: str = "eth0", address: str = "203.0.113.9") -> Outsider:
    return Outsider(name, beside, [Link(link, "floor", address)])


def test_sound_definitions_are_accepted() -> None:
    """What the other tests start from has nothing wrong with it."""
    made = lab(CLIENT, guest(), guest("second", address="203.0.113.10"))
    assert made.places == ("host", "client", "guest", "second", "floor")
    assert made.host_of("floor").name == "host"
    assert made.manager is None
    assert swarm(Container("right", "two", networks=["across"])).manager == MANAGER


# Single parts


@pytest.mark.parametrize("name", ["", "-x", "a b", "a" * 64, "a/b", None, 7])
def test_network_names_that_engines_refuse_are_refused(name: Any) -> None:
    """Letters, digits, hyphens, dots and underscores."""
    for make in (lambda: Network(name, "host"), lambda: Join(name)):
        error = refused(make)
        assert (error.field, error.value) == (error.field, name)
        assert error.field in {"name", "network"}
        assert "front" in error.remedy


@pytest.mark.parametrize("name", ["front", "Front_2", "a.b-c", "1st", "a" * 63])
def test_network_names_that_engines_take_are_accepted(name: str) -> None:
    assert Network(name, "host").name == name


@pytest.mark.parametrize("driver", ["", "host", "null", "Bridge", None])
def test_an_unknown_driver_is_refused(driver: Any) -> None:
    """There are four drivers, which the remedy lists."""
    error = refused(lambda: Network("front", "host", driver))
    assert (error.field, error.value) == ("driver", driver)
    assert all(word in error.remedy for word in ("bridge", "macvlan", "ipvlan", "overlay"))


@pytest.mark.parametrize("role", ["leader", "Manager", None])
def test_an_unknown_role_in_a_swarm_is_refused(role: Any) -> None:
    error = refused(lambda: LabHost("host", swarm=role))
    assert (error.field, error.value) == ("swarm", role)
    assert "'manager'" in error.remedy


PUBLISHED = ["8080:80", "1:65535", "203.0.113.100:8080:80", "9000:9000/udp", "80:80/tcp", "[2001:db8::1]:8080:80"]


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_ports_as_docker_writes_them_are_accepted(text: str) -> None:
    """One, or several; with an address of the host, or a protocol."""
    assert Container("web", "host", publish=text).publish == (text,)
    assert Container("web", "host", publish=[text, "7:7"]).publish == (text, "7:7")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "80",
        "80:",
        ":80",
        "0:80",
        "80:0",
        "65536:80",
        "80:65536",
        "80:80/sctp",
        "80:80/",
        "203.0.113:8080:80",
        "203.0.113.256:8080:80",
        "2001:db8::1:8080:80",
        "[2001:db8::g]:8080:80",
        "[:::]:8080:80",
        "host:8080:80",
        "80-90:80-90",
        " 80:80",
        "80:80\n",
        8080,
        None,
    ],
)
def test_what_is_no_published_port_is_refused(text: Any) -> None:
    """The port of the host is always said, ranges and names are not known here."""
    error = refused(lambda: Container("web", "host", publish=[text]))
    assert (error.field, error.value) == ("publish", text)
    assert "8080:80" in error.remedy


@given(st.integers(-5, 70_000), st.integers(-5, 70_000))
def test_every_port_and_no_other_number_can_be_published(outside: int, inside: int) -> None:
    text = f"{outside}:{inside}"
    if 1 <= outside <= 65_535 and 1 <= inside <= 65_535:
        assert Container("web", "host", publish=text).publish == (text,)
    else:
        assert refused(lambda: Container("web", "host", publish=text)).value == text


@pytest.mark.parametrize(
    ("routes", "field", "value"),
    [
        ({"10.0.0.1/8": "203.0.113.1"}, "routes", "10.0.0.1/8"),
        ({"everything": "203.0.113.1"}, "routes", "everything"),
        ({"default": "203.0.113.1/24"}, "routes", "203.0.113.1/24"),
        ({"10.0.0.0/8": "guest"}, "routes", "guest"),
    ],
)
@pytest.mark.parametrize(
    "part",
    [lambda routes: LabHost("host", routes=routes), lambda routes: Outsider("guest", "host", routes=routes)],
    ids=["host", "outsider"],
)
def test_routes_that_lead_nowhere_are_refused(
    part: Callable[[Any], object], routes: dict[str, str], field: str, value: str
) -> None:
    """A route leads from a subnet, or `default`, to an address."""
    error = refused(lambda: part(routes))
    assert (error.field, error.value) == (field, value)


@pytest.mark.parametrize("server", [Http, Udp])
def test_a_server_has_a_port_and_an_address(server: Callable[..., Any]) -> None:
    """Both kinds are checked alike."""
    assert refused(lambda: server(0)).field == "port"
    error = refused(lambda: server(80, "everywhere"))
    assert (error.field, error.value) == ("address", "everywhere")
    assert server(80, "::").address == "::"


def test_a_command_is_words() -> None:
    """One string would be taken for letters."""
    error = refused(lambda: Container("client", "host", command="sleep infinity"))
    assert (error.field, error.value) == ("command", "sleep infinity")
    assert '("sleep", "infinity")' in error.remedy


def test_what_a_container_serves_is_its_command() -> None:
    """Every server with its kind, port and address; without any, the command it was given."""
    serving = Container("web", "host", serves=[Http(80), Udp(9000, "::")])
    assert serving.words == ("serve", "web", "http:80:0.0.0.0", "udp:9000:::")
    assert Container("web", "host", command=("true",)).words == ("true",)
    assert Container("web", "host").words == ("sleep", "infinity")


def test_one_is_as_good_as_several() -> None:
    """Where several are allowed, one need not be wrapped."""
    assert Wire("wire", "192.0.2.0/24") == Wire("wire", ["192.0.2.0/24"])
    assert Link("eth0", "wire", "192.0.2.1") == Link("eth0", "wire", ("192.0.2.1",))
    assert Link("eth0", "wire").addresses == ()
    assert Network("front", "host", subnet="10.0.0.0/8", gateway="10.0.0.1").gateways == ("10.0.0.1",)
    assert Container("aa", "host", networks="front") == Container("aa", "host", networks=[Join("front")])
    assert Container("aa", "host", networks=Join("front")).networks == (Join("front"),)
    assert Container("aa", "host", networks=["front", Join("back", aliases="b")]).networks[1].aliases == ("b",)
    assert Container("aa", "host", capabilities="NET_ADMIN").capabilities == ("NET_ADMIN",)


# Switches


def test_a_switch_beside_an_unknown_host_is_refused() -> None:
    error = refused(lambda: lab(switches=[attrs.evolve(FLOOR, beside="hots", subnet=SUBNETS)]))
    assert (error.field, error.value) == ("floor.beside", "hots")
    assert "Did you mean 'host'?" in error.remedy


def test_a_switch_without_ports_is_refused() -> None:
    error = refused(lambda: lab(hosts=[LabHost("host")]))
    assert (error.field, error.value) == ("switch floor", ())


@pytest.mark.parametrize("machine", ["gust", "client"])
def test_hairpin_is_for_machines_that_the_switch_has(machine: str) -> None:
    """A misspelt one, or a container, has no port."""
    error = refused(lambda: lab(CLIENT, guest(), switches=[Switch("floor", "host", SUBNETS, hairpin=machine)]))
    assert (error.field, error.value) == ("floor.hairpin", machine)


def test_a_switch_may_be_named_like_no_other_place() -> None:
    """One can run commands in it, so its name is its own; and a link means one wire or switch."""
    error = refused(lambda: lab(Outsider("floor", "host", [Link("eth0", "floor", "203.0.113.9")])))
    assert (error.field, error.value) == ("name of hosts and nodes", "floor")
    error = refused(lambda: lab(wires=[Wire("floor", "192.0.2.0/24")]))
    assert (error.field, error.value) == ("name of wires", "floor")


def test_ports_of_one_name_are_refused() -> None:
    """Names of ports are cut to what an interface can be called, and must differ then."""
    error = refused(lambda: lab(guest("a-very-long-one"), guest("a-very-long-two", address="203.0.113.10")))
    assert (error.field, error.value) == ("port of floor", "a-very-lon-eth0")
    assert "15" in error.remedy


def test_a_link_whose_name_fills_the_name_of_its_port_is_refused() -> None:
    """Something of the machine's name has to be left."""
    error = refused(lambda: lab(guest(link="a" * 14)))
    assert (error.field, error.value) == ("guest.links", "a" * 14)
    assert "13 characters" in error.remedy
    assert lab(guest(link="a" * 13)).outsiders


@given(st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True), st.from_regex(r"[a-z][a-z0-9]{0,12}", fullmatch=True))
def test_a_port_has_a_name_the_kernel_takes(machine: str, link: str) -> None:
    """15 characters at most; the link whole, as much of the machine as there is room for, never the bridge's own."""
    name = port_name(machine, link)
    assert len(name) <= 15
    assert name.endswith(f"-{link}")
    assert machine.startswith(name.removesuffix(f"-{link}"))
    assert name[0] == machine[0]
    assert name != "br0"


def test_an_address_of_either_family_has_to_be_in_one_of_the_subnets() -> None:
    """A wire or switch may speak several subnets."""
    assert lab(guest(address="2001:db8::9")).outsiders
    error = refused(lambda: lab(guest(address="2001:db8:1::9")))
    assert (error.field, error.value) == ("guest.eth0.address", "2001:db8:1::9")
    assert all(subnet in error.remedy for subnet in SUBNETS)


def test_an_address_written_otherwise_is_the_same_one() -> None:
    error = refused(lambda: lab(guest(address="2001:db8:0::2")))
    assert "host.eth0.address" in error.reason


# Networks


def test_a_network_on_an_unknown_host_is_refused() -> None:
    error = refused(lambda: lab(networks=[Network("front", "hots")]))
    assert (error.field, error.value) == ("front.on", "hots")
    assert "Did you mean 'host'?" in error.remedy


def test_two_networks_of_one_name_are_refused() -> None:
    error = refused(lambda: lab(networks=[FRONT, Network("front", "host")]))
    assert (error.field, error.value) == ("name of networks", "front")


def test_joining_an_unknown_network_is_refused() -> None:
    error = refused(lambda: lab(Container("client", "host", networks="frnt")))
    assert (error.field, error.value) == ("client.networks", "frnt")
    assert "Did you mean 'front'?" in error.remedy


def test_joining_a_network_twice_is_refused() -> None:
    error = refused(lambda: lab(Container("client", "host", networks=["front", "front"])))
    assert (error.field, error.value) == ("client.networks", "front")


@pytest.mark.parametrize("address", ["10.2.0.7", "10.1.0.0", "10.1.0.255", "2001:db8::7"])
def test_an_address_that_the_network_does_not_have_is_refused(address: str) -> None:
    error = refused(lambda: lab(Container("client", "host", networks=Join("front", address))))
    assert (error.field, error.value) == ("client.networks", address)
    assert "10.1.0.0/24" in error.reason


def test_an_address_in_a_subnet_the_engine_chooses_is_refused() -> None:
    """Engines give a wanted address only where the subnet was wanted, too."""
    client = Container("client", "host", networks=Join("front", "10.1.0.7"))
    error = refused(lambda: lab(client, networks=[Network("front", "host")]))
    assert (error.field, error.value) == ("client.networks", "10.1.0.7")
    assert "subnet" in error.remedy


def test_two_containers_at_one_address_of_a_network_are_refused() -> None:
    error = refused(lambda: lab(CLIENT, Container("other", "host", networks=Join("front", "10.1.0.7"))))
    assert (error.field, error.value) == ("other.networks", "10.1.0.7")
    assert "client.networks" in error.reason


@pytest.mark.parametrize("gateway", ["10.2.0.1", "10.1.0.255", "2001:db8::1"])
def test_a_gateway_outside_its_network_is_refused(gateway: str) -> None:
    error = refused(lambda: lab(networks=[Network("front", "host", subnet="10.1.0.0/24", gateway=gateway)]))
    assert (error.field, error.value) == ("front.gateway", gateway)


def test_a_gateway_needs_a_subnet() -> None:
    error = refused(lambda: lab(networks=[Network("front", "host", gateway="10.1.0.1")]))
    assert (error.field, error.value) == ("front.gateway", "10.1.0.1")
    assert "subnet" in error.remedy


@pytest.mark.parametrize(
    ("subnet", "other"),
    [("203.0.113.128/25", "switch"), ("172.17.9.0/24", "docker0 of host"), ("2001:db8::/80", "switch")],
)
def test_a_bridge_in_a_subnet_that_its_host_has_already_is_refused(subnet: str, other: str) -> None:
    """A bridge's subnet is neither that of a wire or switch of its host, nor docker0's, nor another bridge's."""
    error = refused(lambda: lab(networks=[Network("front", "host", subnet=subnet, ipv6=True)]))
    assert error.field == {"switch": "host: wire floor"}.get(other, "host: network front")
    assert subnet in {error.value, *error.reason.rstrip(",").replace(",", "").split()}


def test_two_bridges_of_one_subnet_are_refused_on_one_host_only() -> None:
    """Another host's networks are another matter."""
    error = refused(lambda: lab(networks=[FRONT, Network("back", "host", subnet="10.1.0.0/25")]))
    assert (error.field, error.value) == ("host: network front", "10.1.0.0/24")
    assert "network back" in error.reason
    assert lab(hosts=[HOST, LabHost("far")], networks=[FRONT, Network("back", "far", subnet="10.1.0.0/24")]).networks


@pytest.mark.parametrize("driver", ["macvlan", "ipvlan"])
def test_a_macvlan_may_have_the_subnet_of_its_parents_wire(driver: str) -> None:
    """That is what it is for."""
    assert lab(networks=[Network("lan", "host", driver, "203.0.113.0/24", options={"parent": "eth0"})]).networks


def test_without_docker0_its_addresses_are_free() -> None:
    host = attrs.evolve(HOST, engine={"bridge": "none"})
    assert lab(hosts=[host], networks=[Network("front", "host", subnet="172.17.0.0/16")]).networks


# Modes


def test_a_container_is_on_the_default_bridge_or_elsewhere() -> None:
    """The mode is none, host, that of another container, or its networks."""
    assert Container("aa", "host").on_default_bridge
    assert not Container("aa", "host", networks="front").on_default_bridge
    assert not Container("aa", "host", network="none").on_default_bridge
    assert Container("aa", "host", network="container:b").shares == "b"
    assert Container("aa", "host", network="host").shares == ""


def test_a_mode_and_networks_together_are_refused() -> None:
    error = refused(lambda: lab(Container("client", "host", network="host", networks="front")))
    assert (error.field, error.value) == ("client.network", "host")


@pytest.mark.parametrize("mode", ["bridge", "front", "container:", "container", "None"])
def test_an_unknown_mode_is_refused(mode: str) -> None:
    error = refused(lambda: lab(Container("client", "host", network=mode)))
    assert (error.field, error.value) == ("client.network", mode)
    assert '"container:NAME"' in error.remedy


@pytest.mark.parametrize("elsewhere", [{"network": "none"}, {"network": "host"}, {"networks": "front"}])
def test_an_address_on_a_bridge_that_it_is_not_on_is_refused(elsewhere: dict[str, Any]) -> None:
    error = refused(lambda: lab(Container("client", "host", address="172.17.0.2", **elsewhere)))
    assert (error.field, error.value) == ("client.address", "172.17.0.2")
    assert "Join" in error.remedy


def _pair(first: str, second: str, on: str = "host") -> Lab:
    """A main container and its sidecar, in this order."""
    made = {"main": Container("main", "host"), "side": Container("side", on, network="container:main")}
    return lab(made[first], made[second], hosts=[HOST, LabHost("far")])


def test_a_container_shares_the_network_of_an_earlier_one_of_its_host() -> None:
    """What it shares has to run when it starts, on the same engine; a misspelt one is told the nearest."""
    assert _pair("main", "side").containers
    for make in (lambda: _pair("side", "main"), lambda: _pair("main", "side", "far")):
        error = refused(make)
        assert (error.field, error.value) == ("side.network", "main")
    error = refused(lambda: lab(Container("main", "host"), Container("side", "host", network="container:mian")))
    assert "Did you mean 'main'?" in error.remedy
    error = refused(lambda: lab(Container("side", "host", network="container:side")))
    assert (error.field, error.value) == ("side.network", "side")


# Routes


@pytest.mark.parametrize("gateway", ["192.0.2.1", "2001:db8:1::1"])
def test_a_gateway_that_is_no_neighbour_is_refused(gateway: str) -> None:
    """A gateway is on one of the machine's own wires."""
    for make in (
        lambda: lab(attrs.evolve(guest(), routes={"default": gateway})),
        lambda: lab(hosts=[attrs.evolve(HOST, routes={"default": gateway})]),
    ):
        error = refused(make)
        assert error.field in {"guest.routes", "host.routes"}
        assert error.value == f"default via {gateway}"
    assert lab(attrs.evolve(guest(), routes={"default": "203.0.113.2", "2001:db8:1::/64": "2001:db8::2"})).outsiders


# Swarms


@pytest.mark.parametrize(("roles", "managers"), [(("worker", "worker"), []), (("manager", "manager"), ["one", "two"])])
def test_a_swarm_has_one_manager(roles: tuple[str, str], managers: list[str]) -> None:
    hosts = [attrs.evolve(host, swarm=role) for host, role in zip((MANAGER, WORKER), roles, strict=True)]
    error = refused(lambda: swarm(hosts=hosts, networks=[]))
    assert (error.field, error.value) == ("swarm", managers)


def test_a_node_of_a_swarm_needs_an_address() -> None:
    """Not only a link: the others have to reach it."""
    hosts = [MANAGER, attrs.evolve(WORKER, links=[Link("eth0", "wire")])]
    error = refused(lambda: swarm(hosts=hosts))
    assert (error.field, error.value) == ("two.swarm", "worker")


def test_a_routing_mesh_needs_a_worker() -> None:
    assert attrs.evolve(swarm(), mesh=True).mesh
    error = refused(lambda: attrs.evolve(lab(), mesh=True))
    assert error.field == "mesh"


def test_an_overlay_is_the_managers() -> None:
    error = refused(lambda: swarm(networks=[attrs.evolve(ACROSS, on="two")]))
    assert (error.field, error.value) == ("across.on", "two")
    error = refused(lambda: lab(networks=[Network("across", "host", "overlay")]))
    assert (error.field, error.value) == ("across.on", "host")


def test_only_an_overlay_reaches_another_host() -> None:
    """And only one that is in the swarm."""
    far = Container("far", "two", networks="near")
    error = refused(lambda: swarm(far, networks=[Network("near", "one")]))
    assert (error.field, error.value) == ("far.networks", "near")
    assert "overlay" in error.remedy
    hosts = [MANAGER, attrs.evolve(WORKER, swarm="")]
    error = refused(lambda: swarm(Container("far", "two", networks="across"), hosts=hosts))
    assert (error.field, error.value) == ("far.networks", "across")
    assert '"worker"' in error.remedy
