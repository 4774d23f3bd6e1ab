"""What the engine's documentation says about its own restarts, proven or refuted."""

from __future__ import annotations

import pytest

from netproof.facts import compare
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.restart.steps import container_on_another_bridge, conversation, held_while_starting, rules, state
from netproof.wait import until

HOST, OUTSIDER, SERVER = "203.0.113.2", "203.0.113.1", "172.17.0.2"
BLOCKED = 1.5  # seconds without an answer: the SYN and its first repetition
MADE = "docker run -d --name doomed -p 8081:80 netproof/node serve doomed http:80:0.0.0.0"


def _engine(lab: RunningLab, host: str, action: str) -> None:
    """`systemctl ACTION docker` on a host; the change fixture has no undo for a new process."""
    result = lab.run(host, f"systemctl {action} docker", limit=60)
    assert result.rc == 0, f"systemctl {action} docker ended with {result.rc}: {result.stdout}{result.stderr}"


def _published(lab: RunningLab, port: int) -> list[str]:
    return [rule for rule in rules(lab, "plain") if f"--dport {port} " in rule]


@pytest.mark.claim(
    "b39",
    says="with live-restore containers remain running if the daemon becomes unavailable; by default it stops them",
    verdict="proven",
    source="https://docs.docker.com/engine/daemon/live-restore/",
)
def test_live_restore_keeps_rules_and_connections(lab: RunningLab, evidence: Evidence) -> None:
    """With live-restore containers run on, connections last, and while the engine is away its rules stay and new
    connections are made; once it is back the rules are the same.

    What becomes of rules and new connections while it starts is another claim, b196.
    """
    before, written = state(lab), rules(lab, "host")
    runs = {name: _started(lab, name) for name in ("server", "echo")}
    with conversation(lab, "outsider", HOST, 7070) as open_before:
        _engine(lab, "host", "stop")
        try:
            proxies = lab.run("host", "pgrep -c docker-proxy").stdout.strip()
            meanwhile, kept = observe.dial(lab, "outsider", HOST, 8080), rules(lab, "host")
        finally:
            _engine(lab, "host", "start")
        words = open_before.finish()
    after = until(lambda: not compare(before, state(lab)), 10)
    left = compare(before, state(lab))
    evidence("rules: before, without the engine, after", f"{len(written)}, {len(kept)}, {len(rules(lab, 'host'))}")
    evidence("echoed on one connection: before, and after the restart", words)
    evidence("a new connection while the engine was away", meanwhile.said or meanwhile.outcome)
    evidence("userland proxies while it was away", proxies)
    evidence("what differs after the restart, processes and the order of rules apart", [str(item) for item in left])
    assert kept == written, "rules were lost with the engine"
    assert rules(lab, "host") == written, "the new engine writes other rules"
    assert words == ["before", "after"], f"the connection did not outlive the restart: {words}"
    assert meanwhile.said.get("node") == "server", "no new connection could be made without the engine"
    assert {name: _started(lab, name) for name in runs} == runs, "a container was restarted"
    assert after, f"the restart changed the lab: {left}"
    _default_stops_containers(lab, evidence)


def _started(lab: RunningLab, name: str) -> tuple[str, int]:
    """When a container started, and its process."""
    found = lab.engine("host").api.inspect_container(name)["State"]
    return found["StartedAt"], found["Pid"]


def _default_stops_containers(lab: RunningLab, evidence: Evidence) -> None:
    """Without live-restore the engine takes its containers and their rules with it."""
    try:
        assert lab.run("plain", MADE, limit=60).rc == 0, "no container could be started on the other host"
        running, opened = lab.engine("plain").api.inspect_container("doomed")["State"]["Status"], _published(lab, 8081)
        _engine(lab, "plain", "restart")
        stopped, closed = lab.engine("plain").api.inspect_container("doomed")["State"]["Status"], _published(lab, 8081)
    finally:
        lab.run("plain", "docker rm -fv doomed", limit=60)
    evidence("without live-restore: the container before and after", f"{running}, {stopped}")
    evidence("rules for its port before and after", [*opened, *closed])
    assert (running, stopped) == ("running", "exited"), f"it was {running} and is {stopped}"
    assert opened, "the published port had no rule to begin with"
    assert not closed, "the rules of a stopped container stayed"


@pytest.mark.claim(
    "b196",
    says="with live-restore containers stay reachable while the engine starts again",
    verdict="refuted",
    source="https://github.com/moby/moby/issues/34660",
)
def test_a_starting_engine_deletes_its_rules_first(lab: RunningLab, engine: str, evidence: Evidence) -> None:
    """Until a starting engine has written again the rules that it deletes first, new connections to published ports are
    refused; meanwhile 20.10 and 26.1 leave bridges open to each other, and 28.5 lets nothing out of them.

    The engine is held at that moment, which lasts for some tenths of a second otherwise.
    """
    assert _echoed(lab) == "word", "echo does not answer to begin with"
    assert lab.run("host", "systemctl is-active docker").stdout.strip() == "active", "the engine's service is not well"
    with container_on_another_bridge(lab, "apart"), conversation(lab, "outsider", HOST, 7070) as open_before:
        written, first = rules(lab, "host"), _reached(lab)
        with held_while_starting(lab):
            left, meanwhile = rules(lab, "host"), _reached(lab)
        words = open_before.finish()
        afterwards, again = _reached(lab), rules(lab, "host")
    evidence("rules that were gone when the engine was held", sorted(set(written) - set(left)))
    evidence("reached: before, while it was held, afterwards", [first, meanwhile, afterwards])
    evidence("echoed on one connection: before, and after the restart", words)
    lets_out = engine != "28.5"
    assert [rule for rule in written if "DNAT" in rule], "the published ports had no rules to begin with"
    assert not [rule for rule in left if "DNAT" in rule], "the engine was held before it deleted its rules"
    assert first == afterwards == {"published": "answered", "outside": "answered", "other bridge": "timeout"}
    assert meanwhile == {
        "published": "refused",
        "outside": "answered" if lets_out else "no reply",
        "other bridge": "answered" if lets_out else "timeout",
    }
    assert words == ["before", "after"], f"the connection did not outlive the restart: {words}"
    assert again == written, "the new engine writes other rules"


def _echoed(lab: RunningLab) -> str:
    """What the outsider hears of its word from echo, at its published port."""
    return lab.run("outsider", f"echo word | socat -t 5 - TCP4:{HOST}:7070,connect-timeout=2").stdout.strip()


def _reached(lab: RunningLab) -> dict[str, str]:
    """How a published port, the outside and a container of another bridge are reached."""
    return {
        "published": observe.dial(lab, "outsider", HOST, 8080, seconds=BLOCKED).outcome,
        "outside": "answered" if observe.ping(lab, "echo", OUTSIDER).replies else "no reply",
        "other bridge": observe.dial(lab, "apart@host", SERVER, 80, seconds=BLOCKED).outcome,
    }
