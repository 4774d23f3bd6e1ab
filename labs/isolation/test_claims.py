"""What the engine's documentation and its own tests say about isolation, proven or refuted."""

from __future__ import annotations

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.wait import until

HOST, OUTSIDER = "203.0.113.2", "203.0.113.1"
BLOCKED = 1.5  # seconds without an answer: the SYN and its first repetition


def arrives(lab: RunningLab, sender: str, address: str, receiver: str) -> tuple[str, list[str]]:
    """(outcome of a connection, what of it reached the receiver's interface)."""
    with observe.capture(lab, receiver, "eth0") as near:
        answer = observe.dial(lab, sender, address, 80, seconds=BLOCKED)
        seen = [str(packet) for packet in near.packets() if packet.sport == answer.port]
    return answer.outcome, seen


@pytest.mark.claim(
    "b4",
    says="containers on different bridge networks cannot communicate with each other",
    verdict="proven",
    source="https://docs.docker.com/engine/network/drivers/bridge/",
)
def test_bridges_are_closed_to_each_other(lab: RunningLab, evidence: Evidence) -> None:
    """A connection to a container's address on another bridge is dropped, both ways; within one bridge it is made.

    So it is while the engine runs; b196 says what a starting one leaves open.
    """
    within, heard = arrives(lab, "shop", "10.1.1.3", "basket")
    across, seen = arrives(lab, "shop", "10.1.2.2", "ledger")
    back, _ = arrives(lab, "ledger", "10.1.1.2", "shop")
    out = observe.dial(lab, "ledger", OUTSIDER, 80)
    evidence("shop → basket, same bridge", [within, *heard])
    evidence("shop → ledger, another bridge", [across, *seen])
    evidence("ledger → shop", back)
    evidence("ledger → outside, so that its own path is open", out.outcome)
    assert within == "answered", f"one bridge's containers should reach each other: {within}"
    assert heard, "the capture sees nothing"
    assert out.outcome == "answered", "the other bridge's container reaches nobody"
    assert (across, back) == ("timeout", "timeout"), f"both directions should be dropped silently: {across}, {back}"
    assert not seen, "packets of the other bridge arrived"


@pytest.mark.claim(
    "b6",
    says="--internal restricts external access: containers reach each other, and the host's address in the network",
    verdict="proven",
    source="https://docs.docker.com/reference/cli/docker/network/create/",
)
def test_internal_network_ends_at_its_gateway(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """Packets from an internal network to the outside end at the host; with 26.1 and 28.5 there is no default route."""
    routes = [route.dst for route in observe.namespace(lab, "vault").routes if route.table == "main"]
    inside = observe.dial(lab, "vault", "10.1.3.3", 80)
    gateway = observe.ping(lab, "vault", "10.1.3.1")
    outside = observe.dial(lab, "vault", OUTSIDER, 80, seconds=BLOCKED)
    if engine != "20.10":
        change.run("vault", "ip route add default via 10.1.3.1", "ip route del default")
    with observe.capture(lab, "vault", "eth0") as left, observe.capture(lab, "host", "eth0") as wire:
        routed = observe.dial(lab, "vault", OUTSIDER, 80, seconds=BLOCKED)
        sent = [packet for packet in left.packets() if packet.dst == OUTSIDER]
        escaped = [packet for packet in wire.packets() if OUTSIDER in (packet.src, packet.dst)]
    control = observe.dial(lab, "shop", OUTSIDER, 80)
    evidence("vault's routes", routes)
    evidence("to its neighbour, to the gateway", f"{inside.outcome}, {gateway.replies}")
    evidence("to the outside", f"{outside.outcome} {outside.errno}")
    evidence("to the outside, over a default route", routed.outcome)
    evidence("sent by vault", sent)
    evidence("seen on the host's eth0", escaped)
    assert inside.outcome == "answered", "internal containers should reach each other"
    assert gateway.replies == 1, "the gateway should answer"
    if engine == "20.10":
        assert sorted(routes) == ["0.0.0.0/0", "10.1.3.0/24"], "this engine gives internal containers a default route"
    else:
        assert routes == ["10.1.3.0/24"], "an internal network has another route than its own subnet's"
        assert outside.errno == "ENETUNREACH", "there should be no route to the outside"
    assert sent, "nothing was sent even with a route"
    assert (routed.outcome, escaped) == ("timeout", []), "the host forwarded for an internal network"
    assert control.outcome == "answered", "an ordinary network does not reach the outside either"


@pytest.mark.claim(
    "b9",
    says="com.docker.network.bridge.enable_icc=false disables communication between the network's containers",
    verdict="proven",
    source="https://docs.docker.com/engine/network/drivers/bridge/",
    needs=("br_netfilter",),
)
def test_icc_false_closes_a_bridge_to_its_own_containers(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """With icc=false neighbours on one bridge are dropped by iptables, which sees them through br_netfilter alone."""
    closed, seen = arrives(lab, "mute", "10.1.4.3", "deaf")
    gateway = observe.ping(lab, "mute", "10.1.4.1")
    outside = observe.dial(lab, "mute", OUTSIDER, 80)
    rules = [rule.rule for rule in observe.table(lab, "host", "filter").rules if rule.rule.endswith("-j DROP")]
    change.sysctl("host", "net.bridge.bridge-nf-call-iptables", "0")
    opened, heard = arrives(lab, "mute", "10.1.4.3", "deaf")
    evidence("mute → deaf", [closed, *seen])
    evidence("mute → gateway, outside", f"{gateway.replies}, {outside.outcome}")
    evidence("the engine's rules that drop", rules)
    evidence("mute → deaf with bridge-nf-call-iptables=0", [opened, *heard])
    assert (closed, seen) == ("timeout", []), "neighbours reach each other in spite of icc=false"
    assert gateway.replies == 1, "icc=false should not concern the gateway"
    assert outside.outcome == "answered", "icc=false should not concern the outside"
    assert opened == "answered", f"without br_netfilter nothing should be in the way: {opened}"


@pytest.mark.claim(
    "b201",
    says="`--publish` publishes a port of a container that is on an internal network",
    verdict="refuted",
    source="https://github.com/moby/moby/issues/36174",
)
def test_an_internal_network_publishes_nothing(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """`docker run -p` on an internal network succeeds without a word and publishes nothing, neither by a rule nor by
    docker-proxy, until the container is on an ordinary network as well.
    """
    said = change.run(
        "host",
        "docker run -d --name stall --network sealed --ip 10.1.3.9 -p 8080:80 netproof/node serve stall http:80:0.0.0.0"
        " 2>&1 >/dev/null",
        "docker rm -fv stall >/dev/null 2>&1 || true",
    )
    inside = until(lambda: observe.dial(lab, "vault", "10.1.3.9", 80).said.get("node"), 10)
    sealed = _publishes(lab)
    change.run("host", "docker network connect front stall", "docker network disconnect front stall")
    opened = _publishes(lab)
    evidence("what docker run -p said", said or "nothing")
    evidence("who answers a neighbour on the internal network", inside)
    evidence("on the internal network alone", sealed)
    evidence("and on an ordinary one", opened)
    assert not said, "docker run said something"
    assert inside == "stall", "the container does not serve its port"
    assert sealed == {"rules": 0, "listeners": 0, "docker port": "", "the host": "refused", "the outsider": "refused"}
    assert opened["rules"] == 1, "the port has no rule on an ordinary network either"
    assert (opened["the host"], opened["the outsider"]) == ("answered", "answered"), "it is not published there either"


def _publishes(lab: RunningLab) -> dict[str, object]:
    """What there is of port 8080 of the host."""
    return {
        "rules": len([rule for rule in observe.table(lab, "host", "nat").rules if "--dport 8080 " in rule.rule]),
        "listeners": len([item for item in observe.namespace(lab, "host").sockets if item.port == 8080]),
        "docker port": lab.run("host", "docker port stall").stdout.strip(),
        "the host": observe.dial(lab, "host", "127.0.0.1", 8080).outcome,
        "the outsider": observe.dial(lab, "outsider", HOST, 8080).outcome,
    }
