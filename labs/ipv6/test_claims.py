"""What the engine's documentation says about IPv6, engine by engine."""

from __future__ import annotations

import ipaddress

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab

HOST, OUTSIDER, DUAL = "2001:db8::2", "2001:db8::1", "2001:db8:1::2"
STOCK, NEAR_STOCK, GUEST = "2001:db8:2::2", "2001:db8:2::1", "2001:db8:3::2"
BRIDGE = "2001:db8:3::1"  # guest's gateway
BLOCKED = 1.5  # seconds without an answer: the SYN and its first repetition


def addresses(lab: RunningLab, name: str, version: int) -> list[str]:
    """The addresses of a container's eth0, without link-local ones."""
    found = [
        ipaddress.ip_interface(item.address)
        for item in observe.namespace(lab, name).addresses
        if item.interface == "eth0"
    ]
    return [str(item) for item in found if item.version == version and not item.ip.is_link_local]


@pytest.mark.claim(
    "b25",
    says="a network may have IPv6 alone: --ipv6 --ipv4=false",
    verdict={"20.10": "absent", "26.1": "absent", "28.5": "proven"},
    source="https://docs.docker.com/engine/daemon/ipv6/",
    advice=("Upgrade without a change. Networks with --ipv4=false need 28 or newer, also when you go back."),
)
def test_a_network_may_have_ipv6_alone(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """With 28.5 a network may be without IPv4, and still reach the outside; 20.10 and 26.1 do not know --ipv4."""
    create = "docker network create --ipv6 --ipv4=false --subnet 2001:db8:6::/64 six"
    if engine != "28.5":
        refused = lab.run("host", create)
        evidence(create, refused.stderr)
        assert refused.rc != 0, "this engine knows --ipv4"
        assert "--ipv4" in refused.stderr, "something else than --ipv4 was refused"
        return
    change.network("host", "six", "--ipv6 --ipv4=false --subnet 2001:db8:6::/64")
    change.container("host", "only", "--network six")
    four, six = (addresses(lab, "only@host", version) for version in (4, 6))
    routes = {route.dst for route in observe.namespace(lab, "only@host").routes if route.table == "main"}
    outside = observe.dial(lab, "only@host", OUTSIDER, 80)
    evidence("its IPv4 and IPv6 addresses", [*four, *six])
    evidence("its routes", sorted(routes))
    evidence("to the outsider", outside.said or outside.outcome)
    assert (four, six) == ([], ["2001:db8:6::2/64"]), "its addresses are not IPv6 alone"
    assert "0.0.0.0/0" not in routes, "there is an IPv4 default route"
    assert outside.said.get("caller") == HOST, "it does not reach the outside through the host's address"


@pytest.mark.claim(
    "b26",
    says="an IPv6 network without a subnet gets one of unique local addresses (ULA)",
    verdict={"20.10": "absent", "26.1": "absent", "28.5": "proven"},
    source="https://docs.docker.com/engine/daemon/ipv6/",
    advice=(
        "Upgrade without a change. Where addresses have to stay the same, give --subnet all the same; on older "
        "engines you have to."
    ),
)
def test_an_ipv6_network_gets_unique_local_addresses(
    lab: RunningLab, change: Change, engine: str, evidence: Evidence
) -> None:
    """28.5 chooses a /64 of fd00::/8 itself; 20.10 and 26.1 refuse: there is no IPv6 address pool."""
    if engine != "28.5":
        refused = lab.run("host", "docker network create --ipv6 unique")
        evidence("docker network create --ipv6 unique", refused.stderr)
        assert refused.rc != 0, "the engine chose a subnet"
        assert "could not find an available" in refused.stderr, "it was refused for another reason"
        return
    change.network("host", "unique", "--ipv6")
    change.container("host", "local", "--network unique")
    pools = lab.engine("host").api.inspect_network("unique")["IPAM"]["Config"]
    subnets = [net for pool in pools if (net := ipaddress.ip_network(pool["Subnet"])).version == 6]
    own = [ipaddress.ip_interface(address) for address in addresses(lab, "local@host", 6)]
    evidence("the network's address pools", pools)
    evidence("the container's addresses", own)
    assert [subnet.prefixlen for subnet in subnets] == [64], "there is no single IPv6 subnet"
    assert subnets[0].subnet_of(ipaddress.IPv6Network("fd00::/8")), "the subnet is not of unique local addresses"
    assert [address.ip in subnets[0] for address in own] == [True], "the container has no address of it"


@pytest.mark.claim(
    "b27",
    says="a port published on the host's IPv6 address reaches a container that has IPv4 alone",
    verdict="proven",
    source="https://docs.docker.com/engine/network/port-publishing/",
)
def test_the_userland_proxy_joins_ipv6_to_ipv4(lab: RunningLab, evidence: Evidence) -> None:
    """docker-proxy takes the call on the IPv6 address, and the container sees its bridge's IPv4 address calling.

    A container that has IPv6 itself is reached by DNAT, and sees the caller.
    """
    with observe.capture(lab, "plain", "eth0") as inside:
        proxied = observe.dial(lab, "outsider", HOST, 8081)
        arrived = inside.wait_for(lambda packet: packet.flags == "SYN")
    direct = observe.dial(lab, "outsider", HOST, 8080)
    four = observe.dial(lab, "outsider", "203.0.113.2", 8081)
    evidence("to the container with IPv4 alone, over IPv6", proxied.said or proxied.outcome)
    evidence("what arrived there", arrived)
    evidence("to the container with both, over IPv6", direct.said or direct.outcome)
    evidence("to the container with IPv4 alone, over IPv4", four.said or four.outcome)
    assert proxied.said.get("caller") == "10.3.2.1", "the call did not come from the bridge's address"
    assert {packet.src for packet in arrived} == {"10.3.2.1"}, "something else arrived than docker-proxy's connection"
    assert direct.said.get("caller") == OUTSIDER, "DNAT should leave the IPv6 caller's address alone"
    assert four.said.get("caller") == "203.0.113.1", "DNAT should leave the IPv4 caller's address alone"


@pytest.mark.claim(
    "b121",
    says="`ip6tables` is on by default: IPv6 ports are published by DNAT, and what leaves is masqueraded",
    verdict={"20.10": "refuted", "26.1": "refuted", "28.5": "proven"},
    source="https://docs.docker.com/engine/release-notes/27/",
    advice=(
        "From 28 on IPv6 is translated as IPv4 is. Change allow-lists that name containers' IPv6 addresses, or "
        "keep those with gateway mode routed for IPv6 (com.docker.network.bridge.gateway_mode_ipv6). On older "
        "engines set ip6tables, and experimental with it."
    ),
)
def test_an_engine_without_settings_and_ipv6(lab: RunningLab, engine: str, evidence: Evidence) -> None:
    """Without settings, 20.10 and 26.1 have docker-proxy take calls by IPv6, so that they seem to come from the bridge,
    and let containers out with their own IPv6 address; 28.5 translates both, and the container sees its callers.
    """
    rules = lab.run("stock", "ip6tables-save -t nat").stdout
    with observe.capture(lab, "stock", "eth0") as wire:
        called = observe.dial(lab, "outsider", STOCK, 8080)
        out = observe.dial(lab, "guest", NEAR_STOCK, 80, seconds=BLOCKED)
        sent = wire.wait_for(lambda packet: (packet.flags, packet.dst) == ("SYN", NEAR_STOCK))
    evidence("ip6tables' rules in nat", [line for line in rules.splitlines() if line.startswith("-A")])
    evidence("the outsider, on the published port: who answers, whom it saw", called.said or called.outcome)
    evidence("what the guest sends to the outsider", [out.outcome, *map(str, sent[:1])])
    assert called.said.get("node") == "guest", f"the published port should be answered, it was {called.outcome}"
    if engine == "28.5":
        assert "--dport 8080" in rules, "there is no DNAT rule"
        assert called.said["caller"] == NEAR_STOCK, "the container did not see the caller"
        assert {packet.src for packet in sent} == {STOCK}, "what leaves was not masqueraded"
        assert out.said.get("caller") == STOCK, f"the outsider should answer, it was {out.outcome}"
    else:
        assert "-A" not in rules, "the engine wrote rules for IPv6"
        assert called.said["caller"] == BRIDGE, f"the container saw {called.said['caller']}"
        assert {packet.src for packet in sent} == {GUEST}, "what leaves has another address than the container's"
        assert out.outcome == "timeout", f"nobody has a route back to the container, it was {out.outcome}"
