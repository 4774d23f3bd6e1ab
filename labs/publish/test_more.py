"""Further documented behaviours of published ports."""

from __future__ import annotations

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.publish.names import CLIENT, DNAT_WEB, GATEWAY, HOST, SECOND, WEB
from netproof.labs.publish.steps import asked, flows_from
from netproof.wait import until

_PORTS = "https://docs.docker.com/engine/network/port-publishing/"


@pytest.mark.claim(
    "b12",
    says="a published port becomes available not only to the Docker host, but to the outside world as well",
    verdict="proven",
    source=_PORTS,
)
def test_the_host_reaches_its_published_ports(lab: RunningLab, evidence: Evidence) -> None:
    """The host reaches a published port at its own address by the DNAT in nat OUTPUT, at 127.0.0.1 by docker-proxy;
    a port published on 127.0.0.1 answers there, and not at the address that a client calls from outside.
    """
    counts = [observe.rule(lab, "host", "nat", "DOCKER", DNAT_WEB).packets]
    answers = {}
    for address in (HOST, "127.0.0.1"):
        answers[address] = observe.dial(lab, "host", address, 8080)
        counts.append(observe.rule(lab, "host", "nat", "DOCKER", DNAT_WEB).packets)
    answers["own"] = observe.dial(lab, "host", "127.0.0.1", 8082)
    outside = observe.dial(lab, "client", HOST, 8082).outcome
    control = observe.dial(lab, "client", HOST, 8080).outcome
    evidence("who answered the host, and whom it saw", [answer.said for answer in answers.values()])
    evidence(f"the DNAT rule's counter: before, after {HOST}, after 127.0.0.1", counts)
    evidence("the client on 8082 and on 8080", f"{outside}, {control}")
    assert answers[HOST].said.get("node") == "web", "the host does not reach the port at its own address"
    assert answers[HOST].said.get("caller") == HOST, "the container was not called from the host's address"
    assert answers["127.0.0.1"].said.get("caller") == GATEWAY, "at 127.0.0.1 it was not docker-proxy who called"
    assert counts == [counts[0], counts[0] + 1, counts[0] + 1], (
        "the rule should translate the first call, not the second"
    )
    assert answers["own"].said.get("node") == "local", "the port published on 127.0.0.1 is closed to the host"
    assert outside == "refused", f"the port published on 127.0.0.1 should be closed to the client, it was {outside}"
    assert control == "answered", f"the client should reach the other port, it was {control}"


@pytest.mark.claim(
    "b38",
    says="`-p 8080:80/udp` maps UDP port 8080 of the Docker host to UDP port 80 of the container",
    verdict="proven",
    source=_PORTS,
)
def test_a_udp_port_is_published_for_udp_alone(lab: RunningLab, evidence: Evidence) -> None:
    """A datagram to a published UDP port reaches the container from the client, its answer comes from the address
    that was called, and the TCP port of that number stays closed.
    """
    for address in (HOST, SECOND):
        with observe.capture(lab, "client", "eth0") as wire:
            answer = asked(lab, "client", address, 9000)
            replies = wire.wait_for(lambda packet: packet.proto == "udp" and not packet.out)
        tracked = flows_from(lab, CLIENT, answer.port)
        evidence(f"{address}:9000/udp is answered", answer.said or answer.outcome)
        evidence("its answer on the wire, and conntrack's tuples", [*replies, *tracked])
        assert answer.said.get("node") == "web", f"{address}:9000/udp should be answered, it was {answer.outcome}"
        assert answer.said.get("caller") == CLIENT, "the container did not see the client"
        assert {(packet.src, packet.sport) for packet in replies} == {(address, 9000)}, "another address answered"
        assert [(flow.original.dst, flow.reply.src) for flow in tracked if flow.original.proto == "udp"] == [
            (address, WEB)
        ], "conntrack does not hold the translation"
    inside = asked(lab, "host", "127.0.0.1", 9000)
    closed = observe.dial(lab, "client", HOST, 9000).outcome
    evidence("the host on 127.0.0.1:9000/udp", inside.said or inside.outcome)
    evidence("the client on 9000/tcp", closed)
    assert inside.said.get("caller") == GATEWAY, "on 127.0.0.1 docker-proxy should pass the datagram on"
    assert closed == "refused", f"9000/tcp should be closed, it was {closed}"


@pytest.mark.claim(
    "b29",
    says="`docker run` exits with 125 when the engine fails to start the container, which is `created` until it starts",
    verdict="proven",
    source="https://docs.docker.com/engine/containers/run/#exit-status",
)
def test_a_port_clash_leaves_the_container_created(
    lab: RunningLab, change: Change, engine: str, evidence: Evidence
) -> None:
    """When its port is taken, `docker run -d` exits with 125 and leaves the container behind, `created`; once the
    port is free, `docker start` brings it up.
    """
    holder = "socat TCP-LISTEN:8084,fork,reuseaddr SYSTEM:true >/dev/null 2>&1 </dev/null & echo $! >/run/holder.pid"
    change.run("host", holder, "kill $(cat /run/holder.pid) 2>/dev/null; rm /run/holder.pid")
    assert until(lambda: observe.bind(lab, "host", "127.0.0.1", 8084), 10) == "EADDRINUSE", "nothing holds the port"
    run = "docker run -d --name {} -p {}:80 netproof/node serve {} http:80:0.0.0.0 2>&1; echo exit code $?"
    allocated = change.run("host", run.format("clash", 8080, "clash"), "docker rm -f clash >/dev/null")
    held = change.run("host", run.format("patient", 8084, "patient"), "docker rm -f patient >/dev/null")
    api = lab.engine("host").api
    states = {name: api.inspect_container(name)["State"]["Status"] for name in ("clash", "patient")}
    evidence("another container has the port", allocated)
    evidence("a process of the host has the port", held)
    evidence("the containers then", states)
    lab.run("host", "kill $(cat /run/holder.pid)")
    until(lambda: not observe.bind(lab, "host", "127.0.0.1", 8084), 10)
    started = lab.run("host", "docker start patient", limit=30)
    answer = until(lambda: observe.dial(lab, "client", HOST, 8084).said, 10)
    evidence("docker start, once the port is free", started.stdout or started.stderr)
    evidence("who answers", answer)
    for told in (allocated, held):
        assert told.splitlines()[-1] == "exit code 125", "docker run exited otherwise"
    assert "8080 failed: port is already allocated" in allocated, "the engine says something else"
    text = "failed to bind host port" if engine == "28.5" else "Error starting userland proxy"
    assert text in held, "the engine says something else"
    assert "address already in use" in held, "the engine does not say why"
    assert states == {"clash": "created", "patient": "created"}, "the containers are in another state"
    assert started.rc == 0, f"docker start failed: {started.stderr}"
    assert answer.get("node") == "patient", "the container does not answer after its start"
