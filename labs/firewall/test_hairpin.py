"""Published ports called from containers of the same host."""

from __future__ import annotations

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.firewall.names import BLUE, HOST, INNER, LOOP, MASQUERADE, NOPROXY, WEB
from netproof.labs.firewall.steps import BLOCKED, published

WITH_PROXY = published(8080, "br-blue", f"{WEB}:80")
WITHOUT_PROXY = f"-p tcp -m tcp --dport 8080 -j DNAT --to-destination {LOOP}:80"


def _listener(lab: RunningLab, host: str) -> str:
    return lab.run(host, "ss -Htlnp sport = :8080").stdout


@pytest.mark.claim(
    "b10",
    says="a container reaches its own published port at the host's address, with the userland proxy and without",
    verdict="proven",
    source="moby integration/networking/port_mapping_linux_test.go TestAccessPublishedPortFromCtr",
)
def test_a_container_calls_its_own_published_port(lab: RunningLab, evidence: Evidence) -> None:
    """A container that calls its own published port is answered by itself: through docker-proxy, or without one by
    DNAT and MASQUERADE; either way the call seems to come from the bridge.
    """
    before = observe.rule(lab, "host", "nat", "DOCKER", WITH_PROXY).packets
    proxied = observe.dial(lab, "web", HOST, 8080)
    untouched = observe.rule(lab, "host", "nat", "DOCKER", WITH_PROXY).packets
    rules = (("DOCKER", WITHOUT_PROXY), ("POSTROUTING", MASQUERADE))
    counts = [observe.rule(lab, "noproxy", "nat", *rule).packets for rule in rules]
    translated = observe.dial(lab, "loop", NOPROXY, 8080)
    moved = [observe.rule(lab, "noproxy", "nat", *rule).packets for rule in rules]
    flow = [flow for flow in observe.flows(lab, "noproxy") if flow.original.sport == translated.port]
    evidence("with docker-proxy: who answers, whom it saw", proxied.said or proxied.outcome)
    evidence("its DNAT rule's counter before and after", f"{before}, {untouched}")
    evidence("without: who answers, whom it saw", translated.said or translated.outcome)
    evidence("the counters of DNAT and MASQUERADE before and after", [counts, moved])
    evidence("conntrack's tuples without docker-proxy", flow)
    evidence("who listens on 8080: with, without", [_listener(lab, "host"), _listener(lab, "noproxy")])
    assert proxied.said.get("node") == "web", f"with the proxy it should be answered, it was {proxied.outcome}"
    assert proxied.said.get("caller") == BLUE, "with the proxy the call should come from the bridge's address"
    assert untouched == before, "with the proxy the DNAT rule should leave the container's own call alone"
    assert "docker-proxy" in _listener(lab, "host"), "no docker-proxy listens"
    assert "docker-proxy" not in _listener(lab, "noproxy"), "a docker-proxy listens although it is switched off"
    assert translated.said.get("node") == "loop", f"without it should be answered, it was {translated.outcome}"
    assert translated.said.get("caller") == INNER, "without the proxy the call should be masqueraded"
    assert moved == [count + 1 for count in counts], "DNAT and MASQUERADE should each see the call once"
    assert {(item.original.src, item.reply.src, item.reply.dst) for item in flow} == {(LOOP, LOOP, INNER)}, (
        "conntrack does not hold both translations"
    )


@pytest.mark.claim(
    "b11",
    says="publishing makes a port available to containers in other bridge networks",
    verdict="depends",
    source="https://docs.docker.com/engine/network/port-publishing/#publishing-ports",
)
def test_a_published_port_called_from_another_network(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """A container of another network reaches a published port at the host's address through docker-proxy; with
    `userland-proxy: false` the call is translated, forwarded, and dropped by the networks' isolation.
    """
    before = observe.rule(lab, "host", "nat", "DOCKER", WITH_PROXY).packets
    proxied = observe.dial(lab, "guest", HOST, 8080)
    untouched = observe.rule(lab, "host", "nat", "DOCKER", WITH_PROXY).packets
    isolation = ("noproxy", "filter", "DOCKER-ISOLATION-STAGE-2", "-o br-inner -j DROP")
    count = observe.rule(lab, *isolation).packets
    with observe.capture(lab, "noproxy", "br-outer") as near, observe.capture(lab, "noproxy", "br-inner") as far:
        dropped = observe.dial(lab, "visitor", NOPROXY, 8080, seconds=BLOCKED)
        asked = [packet for packet in near.packets() if packet.flags == "SYN"]
        passed = [packet for packet in far.packets() if packet.proto == "tcp"]
    stopped = observe.rule(lab, *isolation).packets - count
    for one, other in (("inner", "outer"), ("outer", "inner")):
        rule = f"DOCKER-USER -i br-{one} -o br-{other} -j ACCEPT"
        change.run("noproxy", f"iptables -I {rule}", f"iptables -D {rule}")
    allowed = observe.dial(lab, "visitor", NOPROXY, 8080)
    evidence("with docker-proxy: who answers, whom it saw", proxied.said or proxied.outcome)
    evidence("its DNAT rule's counter before and after", f"{before}, {untouched}")
    evidence("without: the SYNs on the caller's bridge, and on the other", [*asked, f"{len(passed)} packets"])
    evidence("what the isolation rule dropped", stopped)
    evidence("without, where DOCKER-USER accepts before the isolation", allowed.said or allowed.outcome)
    assert proxied.said.get("node") == "web", f"with the proxy it should be answered, it was {proxied.outcome}"
    assert proxied.said.get("caller") == BLUE, "with the proxy the call should come from the bridge's address"
    assert untouched == before, "with the proxy the DNAT rule should leave calls from other bridges alone"
    assert dropped.outcome == "timeout", f"without the proxy it should time out, it was {dropped.outcome}"
    assert asked, "the call did not leave its container"
    assert not passed, "the call reached the other network"
    assert stopped > 0, "it was not the isolation that dropped it"
    assert allowed.said.get("node") == "loop", "nothing but the isolation should stand in the way"
    assert allowed.said.get("caller") == INNER, "what leaves a network should be masqueraded"
