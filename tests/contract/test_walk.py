"""A walk shows what a packet passes on a real lab, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.labs import built
from orchestrator.facts import compare, flatten, structure
from orchestrator.images import DEFAULT_ENGINE
from orchestrator.running import RunningLab
from orchestrator.walk import walk


@pytest.fixture(scope="module")
def publish() -> Iterator[RunningLab]:
    """The lab with published ports."""
    with built(DEFAULT_ENGINE, "nft") as labs:
        yield labs.get("publish")


def test_a_published_port_is_translated_and_forwarded(publish: RunningLab) -> None:
    """The jump to DOCKER, the DNAT rule, FORWARD's accept, no INPUT; the answer meets no SNAT rule."""
    found = walk(publish, "client", "203.0.113.100:8080")
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


def test_walking_leaves_nothing(publish: RunningLab) -> None:
    """The snapshot after a walk equals the one before."""
    before = flatten(structure(publish.snapshot()))
    walk(publish, "client", "203.0.113.100")
    assert compare(before, flatten(structure(publish.snapshot()))) == []


def test_a_dropped_packet_is_told_with_its_rule(publish: RunningLab) -> None:
    """Where a rule drops it, the walk names the namespace and the rule."""
    rule = "DOCKER-USER -i eth0 -p tcp -m tcp --dport 80 -j DROP"
    assert publish.run("host", f"iptables -w -I {rule}").rc == 0
    try:
        death = walk(publish, "client", "203.0.113.100:8080").death
    finally:
        publish.run("host", f"iptables -w -D {rule}")
    assert death is not None
    assert (death.place, death.layer, death.proof) == ("host", "filter", f"-A {rule}")
