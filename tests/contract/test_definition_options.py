"""What a definition says of a container's gateway, interfaces and resolver is there, or its engine is too old."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from netproof.build import Builder, Wanted
from netproof.build.remove import down
from netproof.errors import DefinitionError
from netproof.hosts.backend_choice import hosts
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.model import Container, Join, Lab, LabHost, Network
from netproof.state.instance import Instance

pytestmark = pytest.mark.rest

IFNAME = "com.docker.network.endpoint.ifname"
LAB = Lab(
    name="places",
    shows="A container with two networks, of which the one that sorts last provides the gateway.",
    question="",
    hosts=[LabHost("host")],
    networks=[Network("alpha", "host", subnet="10.3.1.0/24"), Network("beta", "host", subnet="10.3.2.0/24")],
    nodes=[
        Container(
            "pilot",
            "host",
            networks=[
                Join("alpha", "10.3.1.9", options={IFNAME: "near"}),
                Join("beta", "10.3.2.9", options={IFNAME: "far"}, gw_priority=10),
            ],
            dns="10.3.1.77",
            dns_search="example",
            dns_options=["ndots:2", "timeout:1"],
        )
    ],
)


@pytest.fixture
def instance() -> Iterator[Instance]:
    """An instance of the lab that is in no catalogue; gone afterwards."""
    made = Instance(LAB.name, f"pytest-{os.getpid()}")
    try:
        yield made
    finally:
        down(hosts(), made)


def test_gateway_names_and_resolver_are_those_of_the_definition(instance: Instance) -> None:
    """The gateway is that of the highest priority, each interface is called as its place says, the resolver is set."""
    Builder(LAB, instance, lambda _: None).up(Wanted("28.5", None))
    with RunningLab.attach(LAB, instance) as lab:
        inside = observe.namespace(lab, "pilot")
        resolver = lab.run("pilot", "grep -E '^(nameserver|search|options)' /etc/resolv.conf").stdout.split()
        asked = lab.engine("host").api.inspect_container("pilot")["HostConfig"]["Dns"]
    assert [route.gateway for route in inside.routes if route.dst == "0.0.0.0/0"] == ["10.3.2.1"]
    assert asked == ["10.3.1.77"]
    assert resolver[:4] == ["nameserver", "127.0.0.11", "search", "example"]
    assert {"options", "ndots:2", "timeout:1"} <= set(resolver)
    found = {item.interface: item.address for item in inside.addresses if "." in item.address}
    assert {name: found.get(name) for name in ("near", "far")} == {"near": "10.3.1.9/24", "far": "10.3.2.9/24"}


@pytest.mark.parametrize("engine", ["20.10", "26.1"])
def test_an_older_engine_is_refused_before_anything_is_made(instance: Instance, engine: str) -> None:
    """It would not know a priority, and take the name without a word."""
    with pytest.raises(DefinitionError, match=r"pilot\.networks: alpha\.options .* from 28\.0 on"):
        Builder(LAB, instance, lambda _: None).up(Wanted(engine, None))
    assert hosts().find(instance) == []
    assert instance.read("state.json") is None
