"""What is documented about settings of the engine, proven or refuted."""

from __future__ import annotations

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.settings.steps import CLIENT, NOPROXY, ask_from, flows_from, mtu_of, rules
from netproof.wait import until

NORULES, CALLER = "203.0.113.2", "203.0.113.1"
DOCKER0, PLAIN, SIBLING = "172.17.0.1", "172.17.0.2", "10.60.1.2"
BLOCKED = 1.5  # seconds without an answer: the SYN and its first repetition
GATEWAYS = {"plain": DOCKER0, "sibling": "10.60.1.1"}
LATE, LATE_ADDRESS = "-p 9001:9000/udp", "172.17.0.3"
FORGET = f"conntrack -D -p udp -s {CLIENT} >/dev/null 2>&1 || true"
_FIREWALLS = "https://docs.docker.com/engine/network/packet-filtering-firewalls/"


@pytest.mark.claim(
    "b119",
    says="with `iptables: false` the engine makes no firewall rules, and ports are reached all the same",
    verdict="partly",
    source=_FIREWALLS,
)
def test_without_rules_the_proxy_publishes_and_all_is_open(lab: RunningLab, evidence: Evidence) -> None:
    """The host has no rule, docker-proxy serves a published port and is seen as the caller, and the container's other
    ports are open, too, to another bridge and to who has a route; only its own namespace may have rules, for DNS.
    """
    own = {name: rules(lab, name) for name in ("norules", "sibling")}
    seen = {
        "caller → the host's port 8080": observe.dial(lab, "caller", NORULES, 8080),
        "caller → its port 80": observe.dial(lab, "caller", PLAIN, 80),
        "caller → its port 81, not published": observe.dial(lab, "caller", PLAIN, 81),
        "container of another bridge → its port 81": observe.dial(lab, "sibling", PLAIN, 81),
    }
    listener = lab.run("norules", "ss -Htlnp sport = :8080").stdout
    for title, answer in seen.items():
        evidence(title, answer.said or answer.outcome)
    evidence("rules of the host, and of a container on a custom network", [own["norules"], own["sibling"]])
    evidence("who listens on port 8080 of the host", listener)
    assert not own["norules"], "the engine wrote rules on the host"
    assert any("127.0.0.11" in rule for rule in own["sibling"]), "the container has no rules of its own either"
    assert "docker-proxy" in listener, "no docker-proxy listens"
    assert [answer.said.get("node") for answer in seen.values()] == ["plain"] * 4, "a port is closed"
    assert [answer.said["caller"] for answer in seen.values()] == [DOCKER0, CALLER, CALLER, SIBLING]


@pytest.mark.claim(
    "b120",
    says="with `iptables: false` containers have no way out",
    verdict="partly",
    source="https://github.com/moby/moby/issues/39439",
)
def test_without_rules_nothing_is_masqueraded(lab: RunningLab, evidence: Evidence) -> None:
    """What containers send leaves the host with their own address, so that only those get an answer to whom whoever is
    asked has a route.
    """
    with observe.capture(lab, "norules", "eth0") as wire:
        known = observe.dial(lab, "plain", CALLER, 80)
        lost = observe.dial(lab, "sibling", CALLER, 80, seconds=BLOCKED)
        sent = {packet.src for packet in wire.packets() if packet.dst == CALLER and packet.flags == "SYN"}
    evidence("plain, to which the caller has a route", known.said or known.outcome)
    evidence("sibling, to which it has none", lost.said or lost.outcome)
    evidence("sources of the SYNs on the wire", sorted(sent))
    assert known.said.get("caller") == PLAIN, "the caller did not see the container's own address"
    assert lost.outcome == "timeout", f"without a route back there should be no answer, it was {lost.outcome}"
    assert sent == {PLAIN, SIBLING}, "a source was translated, or did not leave"


@pytest.mark.claim(
    "b197",
    says="the daemon's `mtu` sets the MTU of the containers' networks",
    verdict="partly",
    source="https://github.com/moby/moby/issues/22297",
)
def test_the_daemons_mtu_is_the_default_bridges_alone(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """With `mtu: 1400` containers of the default bridge get 1400, and those of another network 1500, unless it has the
    option itself.
    """
    change.network("norules", "told", "--subnet 10.60.3.0/24 -o com.docker.network.driver.mtu=1400")
    change.container("norules", "fitting", "--network told")
    found = {name: mtu_of(lab, name) for name in ("plain", "sibling", "fitting@norules")}
    over = {name: observe.ping(lab, name, gateway, size=1373, df=True) for name, gateway in GATEWAYS.items()}
    evidence("MTU on the default bridge, on another, on one with the option", found)
    evidence("ping -M do -s 1373 to the gateway: replies", {name: pings.replies for name, pings in over.items()})
    assert found == {"plain": 1400, "sibling": 1500, "fitting@norules": 1400}
    assert "message too long" in over["plain"].text.lower(), "1401 bytes leave a container of the default bridge"
    assert over["sibling"].replies == 1, "1401 bytes do not leave a container of another network"


@pytest.mark.claim(
    "b198",
    says="a UDP flow that is older than the container which publishes its port finds it",
    verdict={"20.10": "refuted", "26.1": "proven", "28.5": "proven"},
    source="https://github.com/moby/moby/issues/8795",
    advice=(
        "With 26 and newer there is nothing to do. On 20.10 keep the userland proxy, or forget older flows after a "
        "start: conntrack -D -p udp --orig-port-dst PORT."
    ),
)
def test_an_older_udp_flow_without_a_proxy(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """Without userland proxy 20.10 loses what a client sends from a port it used before, as long as conntrack remembers
    that; 26.1 and 28.5 have it forget the flow when the port is published.
    """
    change.run("noproxy", FORGET, FORGET)
    change.sysctl("noproxy", "net.netfilter.nf_conntrack_udp_timeout", "120")
    ask_from(lab, 5555)
    before = flows_from(lab, 5555)
    change.container("noproxy", "late", LATE, "serve late udp:9000:0.0.0.0")
    fresh = until(lambda: ask_from(lab, 5556), 10)
    older = until(lambda: ask_from(lab, 5555), 3 if engine == "20.10" else 10)
    tracked = flows_from(lab, 5555)
    lab.run("noproxy", FORGET)
    forgotten = until(lambda: ask_from(lab, 5555), 10)
    evidence("tracked of the flow before there was a container", before)
    evidence("who answers a new flow, then the older one", [fresh, older or "nobody"])
    evidence("tracked of the older flow then", tracked)
    evidence("who answers it once conntrack has forgotten it", forgotten)
    assert [flow.reply.src for flow in before] == [NOPROXY], "what was sent early left no entry"
    assert '"node": "late"' in fresh, "the published port is answered by nobody"
    assert '"node": "late"' in forgotten, "the flow is not answered even without its entry"
    if engine == "20.10":
        assert not older, "the older flow was answered"
        assert [flow.reply.src for flow in tracked] == [NOPROXY], "conntrack has forgotten the older flow"
    else:
        assert f'"caller": "{CLIENT}"' in older, "the older flow was not answered, or not as the client's"
        assert [flow.reply.src for flow in tracked] == [LATE_ADDRESS], "the older flow is not translated"
