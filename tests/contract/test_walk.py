"""A walk shows what a packet passes on real labs, and leaves nothing behind."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from netproof.errors import UnknownName
from netproof.facts import compare, flatten, structure
from netproof.fixtures.labs import Labs, built
from netproof.images import DEFAULT_ENGINE, ENGINES
from netproof.lab.running import RunningLab
from netproof.wait import until
from netproof.walk import Walk, walk
from tests.contract.conftest import User, document

CELLS = [*((engine, "nft") for engine in ENGINES), (DEFAULT_ENGINE, "legacy")]
NOBODY = "203.0.113.77:80"  # on the outsider's network: ARP gives up after three seconds


@pytest.fixture(scope="module")
def cell(request: pytest.FixtureRequest) -> Iterator[Labs]:
    """Labs on one engine with one flavour of iptables."""
    engine, firewall = request.param
    with built(engine, firewall) as labs:
        yield labs


@pytest.fixture(scope="module")
def labs() -> Iterator[Labs]:
    """Labs on the usual engine."""
    with built(DEFAULT_ENGINE, "nft") as found:
        yield found


on_every_engine = pytest.mark.parametrize("cell", CELLS, indirect=True, ids="-".join)


@on_every_engine
def test_a_published_port_is_translated_and_forwarded(cell: Labs) -> None:
    """The jump to DOCKER, the DNAT rule, FORWARD's accept, no INPUT; the answer meets no SNAT rule."""
    found = walk(cell["publish"], "client", "203.0.113.100:8080")
    there, back = found.legs
    rules = [station for station in there.stations if station.kind == "rule"]
    assert found.outcome == "answered"
    assert ("PREROUTING", "jump DOCKER") in {(rule.chain, rule.verdict) for rule in rules}
    assert [rule.after_target for rule in rules if "-j DNAT" in rule.text] == ["10.0.0.2:80"]
    assert any((rule.hook, rule.verdict) == ("forward", "accept") for rule in rules)
    assert not any(station.hook == "input" for station in found.stations if station.place == "host")
    assert not any("SNAT" in station.text for station in back.stations)
    assert [one.source for one in back.stations if (one.place, one.name) == ("client", "eth0")] == [
        "203.0.113.100:8080"
    ]
    assert (there.stations[-1].kind, "container web" in there.stations[-1].text) == ("process", True)


@on_every_engine
def test_what_leaves_is_masqueraded(cell: Labs) -> None:
    """By the rule that the engine wrote; conntrack turns the answer back."""
    found = walk(cell["bridge-nat"], "client", "203.0.113.1:80")
    there, back = found.legs
    masqueraded = [one for one in there.stations if "MASQUERADE" in one.text]
    assert [(one.place, one.table, one.hook) for one in masqueraded] == [("host", "nat", "postrouting")]
    assert masqueraded[0].after_source.startswith("203.0.113.2:")
    arrived = next(one for one in there.stations if (one.place, one.name) == ("outsider", "eth0"))
    assert arrived.source.startswith("203.0.113.2:")
    turned = [one.after_target for one in back.stations if one.place == "host" and one.after_target]
    assert [target.partition(":")[0] for target in turned] == ["10.0.0.2"]


@on_every_engine
def test_an_overlay_is_walked_through_both_nodes(cell: Labs) -> None:
    """The hidden namespaces, the packet in its outer one on UDP 4789 with the network's number, and out of it again."""
    found = walk(cell["overlay"], "left", "right")
    there = found.legs[0]
    assert found.outcome == "answered"
    places = list(dict.fromkeys(station.place for station in there.stations))
    hidden = [place for place in places if "/" in place]
    assert [place.partition("/")[0] for place in places] == ["left", "node1", "node1", "node2", "node2", "right"]
    assert {place.partition("/")[0] for place in hidden} == {"node1", "node2"}
    tunnels = [(one.place, one.verdict) for one in there.stations if one.kind == "encapsulation"]
    assert tunnels == [("node1", "encapsulated"), (hidden[1], "decapsulated")]
    outer = {one.outer for one in there.stations if one.place == "node2" and one.kind == "interface"}
    assert len(outer) == 1
    assert ":4789 udp, VNI 4097" in outer.pop()


def test_docker_proxy_calls_on(labs: Labs) -> None:
    """What calls 127.0.0.1 ends at docker-proxy, whose own connection to the container is a leg, too."""
    found = walk(labs["publish"], "host", "127.0.0.1:8080")
    there, relay, _ = found.legs
    assert "docker-proxy" in there.stations[-1].text
    assert (relay.direction, "-> 10.0.0.2:80" in relay.packet) == ("relay", True)
    assert "container web" in relay.stations[-1].text


def test_ipv6_is_walked(labs: Labs) -> None:
    """Translated by ip6tables, and answered."""
    found = walk(labs["ipv6"], "outsider", "[2001:db8::2]:8080")
    assert found.outcome == "answered"
    targets = [one.after_target for one in found.legs[0].stations if "-j DNAT" in one.text]
    assert targets == ["[2001:db8:1::2]:80"]


@pytest.mark.parametrize(
    ("lab", "source", "target", "ends"),
    [
        ("host", "web", "172.17.0.3:8080", "container right"),
        ("container", "main", "127.0.0.1:8081", "container sidecar"),
        ("none", "hub", "10.4.2.10:80", "container green-peer"),
        ("macvlan", "first", "second:80", "container second"),
    ],
)
def test_other_networks_are_walked(labs: Labs, lab: str, source: str, target: str, ends: str) -> None:
    """The host's namespace, one that is shared, one of several networks, and macvlan: up to who answers."""
    found = walk(labs[lab], source, target)
    assert found.outcome == "answered"
    assert ends in found.legs[0].stations[-1].text


def test_walking_leaves_nothing(labs: Labs) -> None:
    """The snapshot after a walk equals the one before."""
    publish = labs["publish"]
    before = flatten(structure(publish.snapshot()))
    walk(publish, "client", "203.0.113.100")
    assert compare(before, flatten(structure(publish.snapshot()))) == []


def dying(lab: RunningLab, rule: str, source: str, target: str) -> Walk:
    """A walk while a rule stands first in its chain."""
    assert lab.run("host", f"iptables -w -I {rule}").rc == 0
    try:
        return walk(lab, source, target)
    finally:
        lab.run("host", f"iptables -w -D {rule}")


def test_a_dropped_packet_is_told_with_its_rule(labs: Labs) -> None:
    """Where a rule drops it, the walk names the namespace and the rule."""
    rule = "DOCKER-USER -i eth0 -p tcp -m tcp --dport 80 -j DROP"
    death = dying(labs["publish"], rule, "client", "203.0.113.100:8080").death
    assert death is not None
    assert (death.place, death.layer, death.proof, death.certain) == ("host", "filter", f"-A {rule}", True)


def test_who_refuses_is_told(labs: Labs) -> None:
    """A closed port by its machine, a rejected call by the router that answered in its stead."""
    publish = labs["publish"]
    closed = walk(publish, "client", "203.0.113.100:81")
    assert closed.death is not None
    assert (closed.outcome, closed.death.place, closed.death.layer) == ("refused", "host", "process")
    rejected = dying(publish, "DOCKER-USER -i eth0 -p tcp -m tcp --dport 80 -j REJECT", "client", "203.0.113.100:8080")
    assert rejected.death is not None
    assert (rejected.outcome, rejected.death.place, rejected.death.layer) == ("refused", "host", "filter")
    assert "-A DOCKER-USER -i eth0 -p tcp -m tcp --dport 80 -j REJECT" in rejected.death.proof


@pytest.mark.parametrize(("source", "target"), [("cleint", "web:80"), ("client", "wbe:80")])
def test_names_that_nobody_has_are_told(labs: Labs, source: str, target: str) -> None:
    """With the nearest that there is."""
    with pytest.raises(UnknownName, match=r"Did you mean '(client|web)'"):
        walk(labs["publish"], source, target)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_walk_that_is_cut_short_leaves_nothing(
    new_user: Callable[..., User], number: signal.Signals, code: int
) -> None:
    """Its table is in the kernel while it walks, and gone when it is, killed or interrupted."""
    user = new_user()
    try:
        user.must("up")
        process = user.start(["-m", "invoke", *user.words("walk", "client", NOBODY)])
        with user.attached() as lab:
            assert until(lambda: "netproof_walk" in tables(lab), 30), "the walk has not begun"
            process.send_signal(number)
            process.communicate(timeout=60)
            assert process.returncode == code
            assert until(lambda: "netproof_walk" not in tables(lab), 30), "the walk has left its table"
        assert document(user.must("diff", "--json"))["differences"] == []
    finally:
        user.leave()


def tables(lab: RunningLab) -> str:
    """The tables of nftables in the lab host."""
    return lab.run("host", ["nft", "list", "tables"]).stdout
