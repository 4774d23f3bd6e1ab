"""What cannot be published, what nobody can have twice, and what an engine is too old for is refused."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from netproof import catalog
from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Node, Switch, Udp, engine_versions
from tests.unit.definitions import refused

BRIDGE = Network("front", "host", subnet="10.1.0.0/24")
SEALED = Network("sealed", "host", subnet="10.2.0.0/24", internal=True)
LAN = Network("lan", "host", "macvlan", subnet="10.3.0.0/24", options={"parent": "eth0"})
ROUTED = Network("routed", "host", options={"com.docker.network.bridge.gateway_mode_ipv4": "routed"})
MAIN = Container("main", "host", serves=[Http(80)])


def lab(*nodes: Node, networks: Iterable[Network] = (BRIDGE, SEALED, LAN, ROUTED)) -> Lab:
    """A sound lab with two hosts, but for these nodes."""
    return Lab(
        "sound",
        "it is sound",
        hosts=[LabHost("host", links=[Link("eth0", "floor")]), LabHost("other")],
        switches=[Switch("floor", "host", "10.3.0.0/24")],
        networks=networks,
        nodes=nodes,
    )


def web(name: str = "web", publish: str | list[str] = "8080:80", on: str = "host", **words: object) -> Container:
    return Container(name, on, publish=publish, **words)  # type: ignore[arg-type]  # whatever a test has it be


# Who can publish


@pytest.mark.parametrize(
    ("network", "said", "todo"),
    [
        ("container:main", "that of main", "Publish it of main."),
        ("none", "no network", "Leave publish out, or the network."),
        ("host", "the host's own", "Leave publish out."),
    ],
)
def test_a_container_without_ports_of_its_own_publishes_none(network: str, said: str, todo: str) -> None:
    """The engine refuses the first, and takes the others without a word; nothing is published of either."""
    error = refused(lambda: lab(MAIN, web(network=network)))
    assert (error.field, error.value, error.remedy) == ("web.publish", "8080:80", todo)
    assert said in error.reason


@pytest.mark.parametrize("networks", [["sealed"], ["lan"], ["sealed", "lan"]])
def test_networks_that_publish_nothing_are_named(networks: list[str]) -> None:
    error = refused(lambda: lab(web(networks=networks)))
    assert error.field == "web.publish"
    assert all(f"{name} (" in error.reason for name in networks)
    assert "join a bridge" in error.remedy


@pytest.mark.parametrize("networks", [[], ["front"], ["sealed", "front"], ["routed"]])
def test_one_bridge_is_enough(networks: list[str]) -> None:
    assert lab(web(networks=networks)).containers[0].publish == ("8080:80",)


# Ports that are taken

BOTH = [
    ("8080:80", "8080:81"),
    ("8080:80/tcp", "203.0.113.1:8080:80"),
    ("127.0.0.1:8080:80", "0.0.0.0:8080:80"),
    ("[::]:8080:80", "[2001:db8::1]:8080:80"),
    ("8080:80", "[2001:db8::1]:8080:80"),
]
APART = [
    ("8080:80", "8081:80"),
    ("8080:80", "8080:80/udp"),
    ("203.0.113.1:8080:80", "203.0.113.2:8080:80"),
    ("0.0.0.0:8080:80", "[::]:8080:80"),
    ("203.0.113.1:8080:80", "[2001:db8::1]:8080:80"),
]


@pytest.mark.parametrize(("one", "other"), [*BOTH, *((other, one) for one, other in BOTH)])
def test_a_port_of_the_host_is_published_once(one: str, other: str) -> None:
    """By two containers as by one; the error names both."""
    error = refused(lambda: lab(web(publish=one), web("next", other)))
    assert (error.field, error.value) == ("next.publish", other)
    assert f"web.publish = {one!r}" in error.reason
    assert "port 8080 of host" in error.reason
    assert refused(lambda: lab(web(publish=[one, other]))).value == other


@pytest.mark.parametrize(("one", "other"), APART)
def test_other_ports_protocols_and_addresses_are_free(one: str, other: str) -> None:
    assert len(lab(web(publish=[one, other])).containers) == 1
    assert len(lab(web(publish=one), web("next", other)).containers) == 2


def test_each_host_has_its_own_ports_and_a_routed_network_takes_none() -> None:
    assert lab(web(), web("next", on="other")).places
    assert lab(web(networks=["routed"]), web("next", networks=["routed"]), web("third")).places


def test_a_server_in_the_hosts_namespace_takes_its_port() -> None:
    error = refused(lambda: lab(web(), Container("near", "host", network="host", serves=[Http(8080)])))
    assert (error.field, error.value) == ("near.serves", "http:8080")
    assert lab(web(), Container("near", "host", network="host", serves=[Udp(8080)])).places


def test_servers_in_one_namespace_have_a_port_each() -> None:
    """A container and who shares its network, also by way of another."""
    side = Container("side", "host", network="container:main", serves=[Http(81)])
    last = Container("last", "host", network="container:side", serves=[Http(80, address="::")])
    assert lab(MAIN, side, web()).places
    error = refused(lambda: lab(MAIN, side, last))
    assert (error.field, error.value) == ("last.serves", "http:80")
    assert "of main is taken by main.serves" in error.reason


# Resolvers


@pytest.mark.parametrize("field", ["dns", "dns_search", "dns_options"])
def test_who_shares_a_network_has_no_resolver_of_its_own(field: str) -> None:
    """The engine refuses it; alone it is a container's own affair."""
    given = {field: "203.0.113.1"}
    error = refused(lambda: lab(MAIN, Container("side", "host", network="container:main", **given)))
    assert (error.field, error.value, error.remedy) == (f"side.{field}", ("203.0.113.1",), "Say it of main.")
    assert lab(Container("side", "host", **given)).places


def test_a_resolver_is_an_address() -> None:
    assert refused(lambda: Container("web", "host", dns="resolver.example")).field == "dns"


# Gateways' addresses


@pytest.mark.parametrize(
    ("network", "address"),
    [
        (BRIDGE, "10.1.0.1"),
        (Network("front", "host", subnet="10.1.0.0/24", gateway="10.1.0.9"), "10.1.0.9"),
        (Network("front", "host", subnet=("10.1.0.0/24", "2001:db8::/64"), ipv6=True), "2001:db8::1"),
    ],
)
def test_a_gateways_address_is_not_a_containers(network: Network, address: str) -> None:
    """It is the first of the subnet, unless the definition names another."""
    error = refused(lambda: lab(Container("web", "host", networks=[Join("front", address)]), networks=[network]))
    assert (error.field, error.value) == ("web.networks", address)
    assert "gateway of network front" in error.reason


def test_the_first_address_is_free_where_the_gateway_is_another_or_none() -> None:
    for network in (
        Network("front", "host", subnet="10.1.0.0/24", gateway="10.1.0.9"),
        Network("front", "host", subnet="10.1.0.0/24", options={"gateway": "isolated"}),
    ):
        assert lab(Container("web", "host", networks=[Join("front", "10.1.0.1")]), networks=[network]).places


# What engines are too old for


@pytest.mark.parametrize(
    ("join", "field"),
    [
        (Join("front", gw_priority=-1), "web.networks: front.gw_priority"),
        (Join("front", options={engine_versions.INTERFACE_NAME: "wan0"}), "web.networks: front.options"),
    ],
)
def test_what_an_engine_is_too_old_for_is_refused(join: Join, field: str) -> None:
    made = lab(Container("web", "host", networks=[join]))
    for engine in ("20.10", "26.1", "27"):
        error = refused(lambda engine=engine: engine_versions.check(made, engine))  # type: ignore[misc]  # mypy guesses no default
        assert error.field == field
        assert "28.0" in error.reason
        assert engine in error.reason
    for engine in ("28.0", "28.5", "29.1"):
        engine_versions.check(made, engine)


@pytest.mark.parametrize("engine", ["20.10", "26.1", "28.5"])
@pytest.mark.parametrize("name", catalog.names())
def test_every_lab_suits_every_engine(name: str, engine: str) -> None:
    engine_versions.check(catalog.load(name), engine)


@pytest.mark.parametrize("given", ["10", None, 1.5, True])
def test_a_priority_is_a_whole_number(given: object) -> None:
    error = refused(lambda: Join("front", gw_priority=given))  # type: ignore[arg-type]  # that is the point
    assert (error.field, error.value) == ("gw_priority", given)
