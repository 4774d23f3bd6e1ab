"""What the engine's documentation and its own tests say about names, proven or refuted."""

from __future__ import annotations

import re

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.dns.steps import KNOWN, KNOWN_ADDRESS, Resolved, dig, dns_server, resolver_of

EMBEDDED, OUTSIDER, HOST = "127.0.0.11", "203.0.113.1", "203.0.113.2"
FOUND = Resolved("NOERROR", [KNOWN_ADDRESS])
SILENT = 3.0  # seconds without an answer
FAILURE, SILENCE = Resolved("SERVFAIL", []), Resolved("", [])
LOOPBACK_RESOLVER = (
    "cp /etc/resolv.conf /run/resolv.before && echo 'nameserver 127.0.0.1' >/etc/resolv.conf",
    "cat /run/resolv.before >/etc/resolv.conf && rm /run/resolv.before",
)


def address_of(lab: RunningLab, name: str, wanted: str) -> str:
    """What the C library of a container makes of a name; empty when it finds none."""
    found = lab.run(name, ["getent", "ahostsv4", wanted], limit=20).stdout.split()
    return found[0] if found else ""


@pytest.mark.claim(
    "b1",
    says="a container on a custom network uses the embedded DNS server 127.0.0.11, which forwards external lookups",
    verdict="proven",
    source="https://docs.docker.com/engine/network/",
)
def test_embedded_dns_is_reached_by_nat_in_the_container(lab: RunningLab, evidence: Evidence) -> None:
    """127.0.0.11:53 is the engine's socket on another port of it, in the container's namespace; nat leads there."""
    sockets = {item.proto: item.port for item in observe.namespace(lab, "till").sockets if item.address == EMBEDDED}
    rules = {rule.rule: rule.packets for rule in observe.table(lab, "till", "nat").rules}
    dnat = f"-d {EMBEDDED}/32 -p udp -m udp --dport 53 -j DNAT --to-destination {EMBEDDED}:{sockets.get('udp')}"
    with dns_server(lab, "outsider", OUTSIDER), observe.capture(lab, "host", "eth0") as wire:
        inner, outer = dig(lab, "till", "basket"), dig(lab, "till", KNOWN)
        direct = dig(lab, "till", f"@{EMBEDDED} -p {sockets.get('udp')} basket")
        sent = [packet for packet in wire.packets() if packet.dport == 53]
    after = {rule.rule: rule.packets for rule in observe.table(lab, "till", "nat").rules}
    evidence("till's resolv.conf", resolver_of(lab, "till"))
    evidence("the engine's sockets in till's namespace", sockets)
    evidence("nat in till's namespace, packets before and after", {rule: [rules[rule], after[rule]] for rule in rules})
    evidence("basket, and basket at the socket itself", [inner, direct])
    evidence(f"{KNOWN}, and what left the host for it", [str(outer), *map(str, sent)])
    assert resolver_of(lab, "till") == [EMBEDDED], "till does not ask the embedded DNS server"
    assert set(sockets) == {"tcp", "udp"}, f"the engine listens with {sorted(sockets)}"
    assert 53 not in sockets.values(), "it listens on port 53 itself, and needs no nat"
    assert dnat in rules, "no rule leads from 127.0.0.11:53 to its socket"
    assert after[dnat] > rules[dnat], "the queries did not pass the rule"
    assert inner == direct == Resolved("NOERROR", ["10.20.1.4"]), "a neighbour's name is not answered at both ports"
    assert outer == FOUND, f"a name of the world outside is not answered: {outer}"
    assert {(packet.src, packet.dst) for packet in sent} == {(HOST, OUTSIDER)}, "no query left for the outsider"
    assert all(b"outside" in packet.payload for packet in sent), "a container's name was asked of the world outside"


@pytest.mark.claim(
    "b2",
    says="containers on the default bridge can only access each other by IP addresses",
    verdict="proven",
    source="https://docs.docker.com/engine/network/drivers/bridge/",
)
def test_default_bridge_resolves_no_names(lab: RunningLab, evidence: Evidence) -> None:
    """On the default bridge a neighbour's name is asked of the world outside, which has none; its address works."""
    with dns_server(lab, "outsider", OUTSIDER), observe.capture(lab, "host", "eth0") as wire:
        neighbour, outer = dig(lab, "lone", "mate"), dig(lab, "lone", KNOWN)
        found = address_of(lab, "lone", "mate")
        asked = [packet for packet in wire.packets() if packet.dport == 53 and b"\x04mate" in packet.payload]
    by_address = observe.dial(lab, "lone", "172.17.0.3", 80).said.get("node")
    inside = observe.namespace(lab, "lone")
    control = address_of(lab, "till", "basket")
    evidence("lone's resolv.conf", resolver_of(lab, "lone"))
    evidence("mate, and who was asked", [str(neighbour), *map(str, asked)])
    evidence("who answers on mate's address", by_address)
    evidence("a neighbour's name on a user-defined bridge", control)
    assert resolver_of(lab, "lone") == [OUTSIDER], "lone does not ask the daemon's DNS server itself"
    assert not [item for item in inside.sockets if item.address == EMBEDDED], "lone has an embedded DNS server"
    assert neighbour == Resolved("NXDOMAIN", []), f"the name was answered: {neighbour}"
    assert not found, f"the container's C library finds {found}"
    assert asked, "nobody was asked"
    assert outer == FOUND, "not even names of the world outside are answered"
    assert by_address == "mate", "the address does not work either"
    assert control == "10.20.1.4", "names are not resolved on a user-defined bridge either"


@pytest.mark.claim(
    "b3",
    says="on a user-defined bridge network, containers can resolve each other by name",
    verdict="proven",
    source="https://docs.docker.com/engine/network/drivers/bridge/",
)
def test_names_are_known_within_a_network(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """A name is known, both ways, to those who share a network with its container, as soon as they do."""
    with dns_server(lab, "outsider", OUTSIDER):
        near = {name: dig(lab, name, "basket").records for name in ("till", "ledger")}
        back = dig(lab, "till", "-x 10.20.1.4").records
        far = dig(lab, "till", "ledger")
        reached = observe.dial(lab, "till", address_of(lab, "till", "basket") or EMBEDDED, 80).said.get("node")
        change.keep("till", "/etc/hosts")  # it keeps its name with an address that it has no more
        change.run("host", "docker network connect back till", "docker network disconnect back till")
        joined = dig(lab, "till", "ledger").records
    evidence("basket, to till on front and to ledger on back", near)
    evidence("10.20.1.4, to till", back)
    evidence("ledger, to till which is not on back", far)
    evidence("ledger, to till once it is on back", joined)
    assert near == {"till": ["10.20.1.4"], "ledger": ["10.20.2.4"]}, "not each is told the address in its own network"
    assert back == ["basket.front."], f"the address is called {back}"
    assert reached == "basket", "the name leads to somebody else"
    assert far == Resolved("NXDOMAIN", []), f"a container of another network is known: {far}"
    assert joined == ["10.20.2.2"], "the name is not known after joining the network"


@pytest.mark.claim(
    "b20",
    says="--alias: the container can be resolved by another name in the network being connected to",
    verdict="proven",
    source="https://docs.docker.com/reference/cli/docker/network/connect/",
)
def test_aliases_hold_in_their_network_alone(lab: RunningLab, evidence: Evidence) -> None:
    """An alias is known in the one network it was given for; an alias of two containers has both addresses."""
    with dns_server(lab, "outsider", OUTSIDER):
        seen = {
            name: {alias: dig(lab, name, alias) for alias in ("cart", "stock", "shared")} for name in ("till", "ledger")
        }
    evidence("to till, on front", [f"{alias} {answer}" for alias, answer in seen["till"].items()])
    evidence("to ledger, on back", [f"{alias} {answer}" for alias, answer in seen["ledger"].items()])
    unknown = Resolved("NXDOMAIN", [])
    assert seen["till"] == {
        "cart": Resolved("NOERROR", ["10.20.1.4"]),
        "stock": unknown,
        "shared": Resolved("NOERROR", ["10.20.1.3", "10.20.1.4"]),
    }, "front does not know its own aliases and no others"
    assert seen["ledger"] == {
        "cart": unknown,
        "stock": Resolved("NOERROR", ["10.20.2.4"]),
        "shared": unknown,
    }, "back does not know its own alias and no others"


@pytest.mark.claim(
    "b7",
    says="a container that is only on an internal network gets no answer of the host's own DNS server",
    verdict={"20.10": "refuted", "26.1": "proven", "28.5": "proven"},
    source="moby integration/networking/resolvconf_test.go TestInternalNetworkDNS",
    advice=(
        "From 26 on a container on internal networks alone has no answer from a DNS server on the host's loopback. "
        "Give it a second network, or a resolver of its own, if it needs names from outside."
    ),
)
def test_internal_network_and_external_names(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """Queries of internal networks reach no server outside; one on the host's loopback they do reach with 20.10."""
    with dns_server(lab, "outsider", OUTSIDER), observe.capture(lab, "host", "eth0") as wire:
        outer, inner = dig(lab, "till", KNOWN), dig(lab, "vault", KNOWN, seconds=SILENT)
        itself = dig(lab, "vault", "vault").records
        sent = [packet for packet in wire.packets() if packet.dport == 53]
    change.run("loop", *LOOPBACK_RESOLVER)
    change.network("loop", "open")
    change.network("loop", "closed", "--internal")
    for name in ("open", "closed"):
        change.container("loop", name, f"--network {name}")
    with dns_server(lab, "loop", "127.0.0.1"):
        looped = {name: dig(lab, f"loop:{name}", KNOWN) for name in ("open", "closed")}
    evidence("a server outside: from an ordinary network", outer)
    evidence("from an internal network", inner)
    evidence("queries that left the host", sent)
    evidence("a server on the host's loopback: from an ordinary, and from an internal network", looped.values())
    assert outer == FOUND, f"the server outside does not answer an ordinary network: {outer}"
    assert inner == (SILENCE if engine == "20.10" else FAILURE), f"an internal network is answered: {inner}"
    assert itself == ["10.20.3.2"], "an internal network has no names at all"
    assert len(sent) == 1, f"{len(sent)} queries left the host, the ordinary network's should be alone"
    assert looped["open"] == FOUND, "the server on the host's loopback does not answer an ordinary network"
    assert looped["closed"] == (FOUND if engine == "20.10" else FAILURE), f"an internal network gets {looped['closed']}"


@pytest.mark.claim(
    "b56",
    says="a container on an internal network asks a `--dns` server that is in that network",
    verdict="proven",
    source="moby integration/networking/resolvconf_test.go TestInternalNetworkLocalDNS",
)
def test_an_internal_networks_own_server_is_asked(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """`--dns` with an address in the internal network is asked for names of the world outside, from the container's own
    address; its embedded DNS server stays the one that it is told of.
    """
    change.container("host", "diver", "--network sealed --dns 10.20.3.2")
    with dns_server(lab, "vault", "10.20.3.2"), observe.capture(lab, "vault", "eth0") as wire:
        outer, inner = dig(lab, "host:diver", KNOWN), dig(lab, "host:diver", "vault")
        asked = [packet for packet in wire.packets() if packet.dport == 53]
    told = lab.run("host", "docker exec diver grep ^nameserver /etc/resolv.conf").stdout.split()
    own = lab.engine("host").api.inspect_container("diver")["NetworkSettings"]["Networks"]["sealed"]["IPAddress"]
    evidence("the container's resolv.conf", told)
    evidence(f"{KNOWN}, and the neighbour's name", [str(outer), str(inner)])
    evidence("what the server in the network was asked", asked)
    assert told == ["nameserver", EMBEDDED], "the container is told of another server"
    assert outer == FOUND, f"the server in the network does not answer for the world outside: {outer}"
    assert inner == Resolved("NOERROR", ["10.20.3.2"]), "a neighbour's name is not answered"
    assert {packet.src for packet in asked} == {own}, "the server was not asked, or not from the container"


@pytest.mark.claim(
    "b37",
    says="`--add-host NAME:host-gateway` resolves to an internal IP address of the host, which host-gateway-ip changes",
    verdict="proven",
    source="https://docs.docker.com/reference/cli/docker/container/run/",
)
def test_host_gateway_is_docker0s_address(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """host-gateway is docker0's address, also for a container of another network; it leads to the host's own server."""
    seen = {}
    for name, network in (("guest", "bridge"), ("visitor", "front")):
        change.container("host", name, f"--network {network} --add-host hostbox:host-gateway")
        seen[name] = lab.run("host", f"docker exec {name} getent ahostsv4 hostbox", limit=20).stdout.split()[:1]
    asked = lab.run("host", "docker exec visitor curl -s --max-time 5 http://hostbox:8000/", limit=20)
    change.container("loop", "set", "--add-host hostbox:host-gateway")
    chosen = lab.run("loop", "docker exec set getent ahostsv4 hostbox", limit=20).stdout.split()[:1]
    docker0 = [item.address for item in observe.namespace(lab, "host").addresses if item.interface == "docker0"]
    evidence("docker0's addresses", docker0)
    evidence("hostbox, to a container on the default bridge and to one on front", seen)
    evidence("who answers on hostbox:8000", asked.stdout)
    evidence('hostbox with "host-gateway-ip": "192.0.2.1"', chosen)
    assert "172.17.0.1/16" in docker0, "docker0 has another address"
    assert seen == {"guest": ["172.17.0.1"], "visitor": ["172.17.0.1"]}, "host-gateway is not docker0's address"
    assert re.search(r'"node": "front-desk"', asked.stdout), "the host's own server does not answer there"
    assert chosen == ["192.0.2.1"], "the daemon's setting does not decide what host-gateway is"
