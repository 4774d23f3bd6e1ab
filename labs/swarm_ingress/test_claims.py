"""What the engine's documentation says about published ports and encryption in a swarm, and what is true."""

from __future__ import annotations

import pytest

from netproof.facts.packets import Packet
from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.overlay.steps import GOSSIP, carried, overlay, settle
from netproof.labs.swarm_ingress.steps import (
    NODES,
    answers,
    ends,
    in_ingress,
    ingress_address,
    ingress_rules,
    meanwhile,
    reaches,
    run_in,
    seals,
    sent,
    service,
    tasks,
    unsealed,
    virtual_address,
)
from netproof.wait import until


@pytest.fixture(autouse=True)
def _settled(lab: RunningLab) -> None:
    """A swarm goes on setting itself up after it has been formed; what a test changes is compared with its end."""
    settle(lab)


@pytest.mark.claim(
    "b33",
    says="every node accepts connections on a service's published port, even if no task runs on it",
    verdict="proven",
    source="https://docs.docker.com/engine/swarm/ingress/",
    needs=["ipvs"],
)
def test_a_published_port_answers_on_every_node(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """Each node sends the port to its ingress, and IPVS there to the task, which is called by it; the name is a VIP."""
    overlay(change, "mesh", "--subnet 10.2.0.0/24")
    service(change, "web", "--network mesh --publish published=8080,target=80")
    change.container("node1", "prober", "--network mesh")
    said = {node: answers(lab, address, 8080) for node, address in NODES.items()}
    placed = tasks(lab, "web")
    rules = {node: ingress_rules(lab, node) for node in NODES}
    balancer = {node: in_ingress(lab, node, "cat /proc/net/ip_vs") for node in NODES}
    callers = {node: ingress_address(lab, node) for node in NODES}
    virtual = virtual_address(lab, "web", "mesh")
    resolved = until(lambda: run_in(lab, "node1", "prober", "getent hosts web").stdout.split()[:1], GOSSIP)
    own = run_in(lab, "node1", "prober", "getent hosts tasks.web").stdout.split()[:1]
    by_name = until(lambda: run_in(lab, "node1", "prober", "curl -s --max-time 2 http://web").stdout, GOSSIP)
    evidence("where its tasks run", placed)
    evidence("what the client gets at port 8080 of each node", {node: got.text[-200:] for node, got in said.items()})
    evidence("nat DOCKER-INGRESS", rules)
    evidence("/proc/net/ip_vs in each ingress", balancer)
    evidence("addresses of each ingress", callers)
    evidence("web's virtual address, what its name and tasks.web resolve to", [*virtual, *resolved, *own])
    assert not placed["node1"], "a task runs on the first node"
    assert len(placed["node2"]) == 1, "not one task on the second node"
    assert {node: got.said.get("node") for node, got in said.items()} == dict.fromkeys(NODES, "web"), "no answer"
    assert {node: got.said["caller"] for node, got in said.items()} == callers, "the task was called from elsewhere"
    assert all(any("--dport 8080 -j DNAT" in rule for rule in found) for found in rules.values()), "no DNAT to ingress"
    assert all("FWM" in text for text in balancer.values()), "IPVS in the ingress does not know the service"
    assert resolved == virtual != [], "the service's name does not resolve to its virtual address"
    assert own not in ([], virtual), "tasks.web does not resolve to the task itself"
    assert '"node": "web"' in by_name, "the virtual address does not answer"


@pytest.mark.claim(
    "b40",
    says="a port published in host mode bypasses the routing mesh: only nodes that run a task answer",
    verdict="proven",
    source="https://docs.docker.com/engine/swarm/ingress/",
)
def test_a_port_in_host_mode_answers_on_its_node_only(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """Without the ingress (`mode=host`) a published port answers where the task runs, and only there."""
    service(change, "direct", "--publish published=8081,target=80,mode=host")
    there = answers(lab, NODES["node2"], 8081)
    elsewhere = observe.dial(lab, "client", NODES["node1"], 8081)
    placed = tasks(lab, "direct")
    evidence("where its task runs", placed)
    evidence("port 8081 of node2, of node1", f"{there.text[-120:]}, {elsewhere.outcome}")
    assert [len(placed[node]) for node in NODES] == [0, 1], "the task does not run on the second node alone"
    assert there.said.get("node") == "direct", f"node2 does not answer: {there.outcome}"
    assert there.said["caller"] == "192.0.2.9", "the task was not called from the client's own address"
    assert elsewhere.outcome == "refused", f"node1 should refuse, it was {elsewhere.outcome}"


@pytest.mark.claim(
    "b34",
    says="`--opt encrypted` enables IPsec encryption at the level of the VXLAN",
    verdict="proven",
    source="https://docs.docker.com/engine/network/drivers/overlay/",
    needs=["esp"],
)
def test_an_encrypted_overlay_crosses_as_esp(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """Between nodes an encrypted overlay is ESP, both ways, and none of it is readable; an unencrypted one is VXLAN."""
    unsealed(change)
    overlay(change, "sealed", "--subnet 10.3.0.0/24 --opt encrypted")
    overlay(change, "open", "--subnet 10.4.0.0/24")
    places = {"sealed": ("10.3.0.10", "10.3.0.20"), "open": ("10.4.0.10", "10.4.0.20")}
    for network, addresses in places.items():
        ends(change, network, addresses)
    seen: dict[str, list[Packet]] = {}
    for network, (_, far) in places.items():
        assert reaches(lab, f"{network}-node1", far), f"the ends of {network} do not reach each other"
        # At the switch, where only what is on the wire can be seen: a node also sees what it has decrypted.
        with observe.capture(lab, "lan", "node1-eth0") as wire:
            assert reaches(lab, f"{network}-node1", far), f"the ends of {network} do not reach each other any more"
            seen[network] = wire.packets()
    ways = {(packet.src, packet.dst) for packet in seen["sealed"] if packet.proto == "esp"}
    readable = [packet for packet in carried(seen["sealed"]) if packet.inner and packet.inner.src in places["sealed"]]
    control = {packet.inner.src for packet in carried(seen["open"], "icmp") if packet.inner}
    evidence("a ping in the encrypted overlay, on the wire", [p for p in seen["sealed"] if p.proto in {"esp", "udp"}])
    evidence("readable VXLAN of it", readable or "none")
    evidence("a ping in the other overlay, on the wire", carried(seen["open"], "icmp"))
    evidence("ip xfrm policy, on node1", lab.run("node1", "ip xfrm policy").stdout)
    one, two = NODES.values()
    assert ways == {(one, two), (two, one)}, "not ESP in both directions"
    assert not readable, "packets of the encrypted overlay could be read"
    assert control == set(places["open"]), "the other overlay was not seen as VXLAN, so nothing follows"


@pytest.mark.claim(
    "b41",
    says="`docker network rm` removes a network",
    verdict={"20.10": "partly", "26.1": "proven", "28.5": "proven"},
    source="https://docs.docker.com/reference/cli/docker/network/rm/",
    needs=["esp"],
    advice=(
        "With 26 and newer there is nothing to do. On 20.10 look for what an encrypted network left (iptables -t "
        "mangle -S, iptables -S INPUT), and delete it before a plain one gets its number."
    ),
)
def test_an_encrypted_overlay_goes_with_its_rules(
    lab: RunningLab, change: Change, engine: str, evidence: Evidence
) -> None:
    """Its rules go when it is removed; with 20.10 they stay until a plain overlay gets the same number."""
    number = "--opt com.docker.network.driver.overlay.vxlanid_list=7777"
    addresses = ("10.5.0.10", "10.5.0.20")
    unsealed(change)
    with meanwhile(lab) as first:
        overlay(first, "former", f"--subnet 10.5.0.0/24 --opt encrypted {number}")
        ends(first, "former", addresses)
        assert reaches(lab, "former-node1", addresses[1]), "the ends of the encrypted overlay do not reach each other"
        rules = {node: seals(lab, node) for node in NODES}
    left = {node: seals(lab, node) for node in NODES}
    overlay(change, "latter", f"--subnet 10.5.0.0/24 {number}")
    ends(change, "latter", addresses)
    pings = sent(lab, "latter-node1", addresses[1])
    replies = run_in(lab, "node1", "latter-node1", f"ping -n -c 2 -W 1 {addresses[1]}")
    now = {node: seals(lab, node) for node in NODES}
    evidence("rules while it is there, on node1", rules["node1"])
    evidence("rules when it is gone, on node1", left["node1"] or "none")
    evidence("a ping in a plain overlay with its number, on the wire", pings)
    evidence("how such pings end", replies.stdout)
    evidence("rules meanwhile, on node1", now["node1"] or "none")
    assert all(rules.values()), "no rules for the encrypted overlay were found, so nothing follows"
    assert left == (rules if engine == "20.10" else {node: [] for node in NODES}), "what was left is not as known"
    assert pings, "the plain overlay sends nothing readable"
    assert replies.rc == 0, "the plain overlay does not work"
    assert not any(now.values()), "rules of the encrypted overlay are there while a plain one has its number"
