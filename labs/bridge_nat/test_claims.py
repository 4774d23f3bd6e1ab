"""What the document says about containers that leave through the host's address (q2), and what is true."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from docker import errors as docker_errors

from netproof.facts.packets import Packet
from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.bridge_nat.steps import (
    COUNT,
    HOLD,
    RELEASE,
    SECOND_ENGINE,
    SYN_ACK_COUNTER,
    UNCOUNT,
    flows_replied_to,
    rule_in,
    syn_acks_sent,
)
from netproof.wait import until

CLIENT, HOST, OUTSIDER = "10.0.0.2", "203.0.113.2", "203.0.113.1"
MASQUERADE = "-s 10.0.0.0/8 ! -o docker0 -j MASQUERADE"
BLOCKED = 1.5  # seconds without an answer: the SYN and its first repetition


@pytest.mark.claim("q2.1", says="the daemon runs with `--bip 10.0.0.0/8`", verdict="refuted")
def test_engine_refuses_a_network_address_as_bip(lab: RunningLab, evidence: Evidence) -> None:
    """The engine refuses to start with `--bip 10.0.0.0/8`, the network's own address; with 10.0.0.1/8 it starts."""
    refused = lab.run("host", SECOND_ENGINE.format(bip="10.0.0.0/8"), limit=40)
    evidence("dockerd --bip 10.0.0.0/8", [line for line in refused.stdout.splitlines() if "failed" in line][-1:])
    evidence("did an engine answer?", refused.stdout.splitlines()[-1:])
    accepted = lab.run("host", SECOND_ENGINE.format(bip="10.0.0.1/8"), limit=40)
    evidence("dockerd --bip 10.0.0.1/8: did an engine answer?", accepted.stdout.splitlines()[-1:])
    on_bridge = [item.address for item in observe.namespace(lab, "host").addresses if item.interface == "docker0"]
    addresses = [address for address in on_bridge if "." in address]
    evidence("docker0's address in this lab", addresses)
    assert refused.stdout.endswith("REFUSED\n"), "an engine started with --bip 10.0.0.0/8"
    assert accepted.stdout.endswith("ANSWERED\n"), "no engine started with --bip 10.0.0.1/8, the same way"
    assert addresses == ["10.0.0.1/8"], "docker0 has another address than --bip 10.0.0.1/8 gives it"


@pytest.mark.claim("q2.2", says="the first container is 10.0.0.2", verdict="partly")
def test_first_container_gets_the_first_free_address(lab: RunningLab, evidence: Evidence) -> None:
    """With `--bip 10.0.0.1/8` docker0 has the first address and the first container the second, 10.0.0.2."""
    bridge = lab.engine("host").api.inspect_network("bridge")
    evidence("the engine's address pool", bridge["IPAM"]["Config"])
    found = [item.address for item in observe.namespace(lab, "client").addresses if item.interface == "eth0"]
    addresses = [address for address in found if "." in address]
    evidence("addresses of the client's eth0, by netlink", addresses)
    assert [pool["Gateway"] for pool in bridge["IPAM"]["Config"]] == ["10.0.0.1"], (
        "docker0 is not the pool's first address"
    )
    assert addresses == [f"{CLIENT}/8"], "the client's eth0 does not have the pool's second address"


@pytest.mark.claim("q2.3", says="with ip_forward 0 the packet is dropped", verdict="proven")
def test_without_forwarding_nothing_leaves(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """With net.ipv4.ip_forward=0 the host receives the container's packet and sends nothing on."""
    open_before = observe.dial(lab, "client", OUTSIDER, 80)
    evidence("with ip_forward=1", open_before.outcome)
    assert open_before.outcome == "answered", "the path does not work even with forwarding on"
    change.sysctl("host", "net.ipv4.ip_forward", "0")
    with observe.capture(lab, "host", "docker0") as inside, observe.capture(lab, "host", "eth0") as outside:
        closed = observe.dial(lab, "client", OUTSIDER, 80, seconds=BLOCKED)
        arrived = [packet for packet in inside.packets() if packet.dst == OUTSIDER]
        left = [packet for packet in outside.packets() if packet.dst == OUTSIDER]
    evidence("with ip_forward=0", closed.outcome)
    evidence("arrived on docker0", arrived)
    evidence("left through eth0", left)
    assert arrived, "the packet did not reach the host, so forwarding was not what stopped it"
    assert not left, "the host forwarded although ip_forward is 0"
    assert closed.outcome == "timeout", f"the connection should time out, it was {closed.outcome}"


@pytest.mark.claim("q2.4", says="after forwarding, POSTROUTING decides", verdict="partly")
def test_forward_chain_comes_before_postrouting(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """filter FORWARD comes first: what it drops never meets nat POSTROUTING, and only what passes is masqueraded."""
    before = rule_in(lab, "nat", "POSTROUTING", MASQUERADE).packets
    assert observe.dial(lab, "client", OUTSIDER, 80).outcome == "answered", "the path does not work to begin with"
    passed = rule_in(lab, "nat", "POSTROUTING", MASQUERADE).packets
    drop = f"-s {CLIENT}/32 -d {OUTSIDER}/32 -j DROP"
    change.run("host", f"iptables -I FORWARD 1 {drop}", f"iptables -D FORWARD {drop}")
    blocked = observe.dial(lab, "client", OUTSIDER, 80, seconds=BLOCKED)
    dropped = rule_in(lab, "filter", "FORWARD", drop).packets
    after = rule_in(lab, "nat", "POSTROUTING", MASQUERADE).packets
    evidence(
        "MASQUERADE's counter: before, after a connection, after a dropped one",
        f"{before}, {passed}, {after}",
    )
    evidence("the counter of the DROP in FORWARD", dropped)
    assert passed > before, "MASQUERADE did not count the connection that passed FORWARD"
    assert dropped > 0, "FORWARD did not see the packet"
    assert after == passed, "POSTROUTING saw a packet that FORWARD had dropped"
    assert blocked.outcome == "timeout", f"a dropped connection should time out, it was {blocked.outcome}"


@pytest.mark.claim("q2.5", says="Docker adds `-s 10.0.0.0/8 ! -o docker0 -j MASQUERADE`", verdict="proven")
def test_engine_wrote_the_masquerade_rule(lab: RunningLab, evidence: Evidence) -> None:
    """The engine wrote `-A POSTROUTING -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE` in nat, and traffic uses it."""
    nat = observe.table(lab, "host", "nat")
    written = [f"-A {rule.chain} {rule.rule}" for rule in nat.rules if rule.chain == "POSTROUTING"]
    evidence("nat POSTROUTING as the engine wrote it", written)
    assert f"-A POSTROUTING {MASQUERADE}" in written, "the rule is not there"
    before = rule_in(lab, "nat", "POSTROUTING", MASQUERADE).packets
    answer = observe.dial(lab, "client", OUTSIDER, 80)
    after = rule_in(lab, "nat", "POSTROUTING", MASQUERADE).packets
    evidence("its packet counter before and after one connection", f"{before}, {after}")
    assert answer.outcome == "answered", f"the connection should be answered, it was {answer.outcome}"
    assert after == before + 1, "the rule should count the connection's first packet, and only that"


@pytest.mark.claim("q2.6", says="the source becomes the host's address, conntrack reverses the reply", verdict="proven")
def test_source_is_rewritten_on_the_way_out_and_back(lab: RunningLab, evidence: Evidence) -> None:
    """On docker0 the packet is from 10.0.0.2, on eth0 from 203.0.113.2; the reply's destination is changed back."""
    with observe.capture(lab, "host", "docker0") as inside, observe.capture(lab, "host", "eth0") as outside:
        answer = observe.dial(lab, "client", OUTSIDER, 80)
        inner = inside.wait_for(lambda packet: packet.flags == "SYN,ACK")
        outer = outside.wait_for(lambda packet: packet.flags == "SYN,ACK")
        opening = [packet for packet in inside.packets() if packet.flags == "SYN"]
        leaving = [packet for packet in outside.packets() if packet.flags == "SYN"]
        foreign = [packet for packet in outside.packets() if CLIENT in (packet.src, packet.dst)]
    evidence("docker0, out and back", [*opening, *inner])
    evidence("eth0, out and back", [*leaving, *outer])
    evidence("what the outsider saw", answer.text.splitlines()[-1:] or answer.outcome)

    def ends(packets: list[Packet]) -> set[tuple[str, str]]:
        return {(packet.src, packet.dst) for packet in packets}

    assert ends(opening) == {(CLIENT, OUTSIDER)}, "the SYN on docker0 is not from the container"
    assert ends(leaving) == {(HOST, OUTSIDER)}, "the SYN on eth0 is not from the host's address"
    assert ends(outer) == {(OUTSIDER, HOST)}, "the reply on eth0 is not to the host's address"
    assert ends(inner) == {(OUTSIDER, CLIENT)}, "the reply on docker0 is not to the container"
    assert not foreign, "a packet with the container's own address was on the wire"
    assert answer.outcome == "answered", f"the connection should be answered, it was {answer.outcome}"
    assert json.loads(answer.text.splitlines()[-1])["caller"] == HOST, (
        "the outsider was not called from the host's address"
    )


@pytest.mark.claim("q2.7", says="`docker run -d … && docker exec sleep-container curl` tests it", verdict="refuted")
def test_an_unnamed_container_cannot_be_addressed_by_a_guessed_name(
    lab: RunningLab, change: Change, evidence: Evidence
) -> None:
    """`docker run -d` without `--name` makes no container called sleep-container; with a real name the test works."""
    made = change.run(
        "host",
        "docker run -d --cidfile /run/unnamed.cid netproof/node sleep 1000",
        "docker rm -f $(cat /run/unnamed.cid) && rm /run/unnamed.cid",
    )
    name = lab.engine("host").api.inspect_container(made.strip())["Name"]
    evidence("the name the engine gave the container", name)
    prescribed = lab.run("host", "docker exec sleep-container curl -sv http://203.0.113.1:80", limit=20)
    evidence("docker exec sleep-container curl …", prescribed.stderr or prescribed.stdout)
    named = lab.run("host", "docker exec client curl -s --max-time 3 http://203.0.113.1:80", limit=20)
    evidence("docker exec client curl …", named.stdout)
    with pytest.raises(docker_errors.NotFound):
        lab.engine("host").api.inspect_container("sleep-container")
    assert prescribed.rc != 0, "the prescribed command worked"
    assert named.rc == 0, "the same command on a container that was named does not work either"
    assert json.loads(named.stdout)["caller"] == HOST, "the outsider was not called from the host's address"


@pytest.mark.claim("q2.8", says="`iptables -t nat -L POSTROUTING` shows the MASQUERADE rule", verdict="depends")
def test_listing_shows_the_rule_but_not_its_interface(lab: RunningLab, evidence: Evidence) -> None:
    """Where the engine uses iptables, `-L` lists the rule without `! -o docker0`; `-v` or `-S` show that, too."""
    plain = lab.run("host", "iptables -t nat -L POSTROUTING -n").stdout
    verbose = lab.run("host", "iptables -t nat -L POSTROUTING -n -v").stdout
    script = lab.run("host", "iptables -t nat -S POSTROUTING").stdout
    evidence("iptables -t nat -L POSTROUTING -n", plain)
    evidence("iptables -t nat -L POSTROUTING -n -v", verbose)
    evidence("iptables -t nat -S POSTROUTING", script)
    listed = [line for line in plain.splitlines() if line.startswith("MASQUERADE") and "10.0.0.0/8" in line]
    assert listed, "-L does not list the rule"
    assert "docker0" not in listed[0], "-L shows the interface after all"
    assert any("MASQUERADE" in line and "!docker0" in line for line in verbose.splitlines()), "-v lacks the interface"
    assert f"-A POSTROUTING {MASQUERADE}" in script.splitlines(), "-S does not show the rule as written"


@pytest.mark.claim("q2.9", says="`conntrack -L | grep 10.0.0.2` shows the entry", verdict="proven")
def test_conntrack_holds_both_directions(lab: RunningLab, evidence: Evidence) -> None:
    """conntrack holds one entry: opened 10.0.0.2 → 203.0.113.1, replies expected 203.0.113.1 → 203.0.113.2."""
    with observe.connected(lab, "client", OUTSIDER, 80) as connection:
        tracked = [flow for flow in observe.flows(lab, "host") if flow.original.sport == connection.port]
        listed = lab.run("host", "conntrack -L 2>/dev/null | grep 10.0.0.2").stdout
    evidence("both tuples, by netlink", tracked)
    evidence("conntrack -L | grep 10.0.0.2", listed)
    assert len(tracked) == 1, f"there should be one entry for the connection, there are {len(tracked)}"
    original, reply = tracked[0].original, tracked[0].reply
    assert (original.src, original.dst, original.dport) == (CLIENT, OUTSIDER, 80), "not what the container opened"
    assert (reply.src, reply.dst, reply.sport) == (OUTSIDER, HOST, 80), "replies are not expected at the host's address"
    assert f"sport={connection.port}" in listed, "the documented command does not show it"


@pytest.mark.claim("f2", says="a SYN-ACK returns while the host's eth0 is down: where is it lost?", verdict="proven")
def test_reply_to_a_host_whose_interface_is_down_dies_at_the_sender(
    lab: RunningLab, change: Change, evidence: Evidence
) -> None:
    """The SYN-ACK is lost at its sender, which has no carrier; the host's iptables see none, and conntrack forgets."""
    assert observe.dial(lab, "client", OUTSIDER, 80).outcome == "answered", "the path does not work to begin with"
    change.run("outsider", COUNT, UNCOUNT)
    change.run("outsider", HOLD, f"{RELEASE} 2>/dev/null || true")
    change.run(
        "host",
        f"iptables -t raw -A PREROUTING {SYN_ACK_COUNTER}",
        f"iptables -t raw -D PREROUTING {SYN_ACK_COUNTER}",
    )

    with ThreadPoolExecutor(1) as pool, observe.capture(lab, "outsider", "eth0") as wire:
        call = pool.submit(observe.dial, lab, "client", OUTSIDER, 80, 6)
        syn = wire.wait_for(lambda packet: packet.flags == "SYN")
        assert syn, "the SYN did not reach the outsider"
        entry = flows_replied_to(lab, syn[0].sport)
        change.link("host", "eth0", "down")
        lab.run("outsider", RELEASE)
        attempts = until(lambda: syn_acks_sent(lab), 8)
        left = [packet for packet in wire.packets() if packet.flags == "SYN,ACK"]
        gone = until(lambda: not flows_replied_to(lab, syn[0].sport), 3)
        outcome = call.result().outcome
    carrier = next(link.operstate for link in observe.namespace(lab, "outsider").links if link.name == "eth0")
    still = rule_in(lab, "raw", "PREROUTING", SYN_ACK_COUNTER).packets
    observe.link(lab, "host", "eth0", state="up")
    control = until(lambda: observe.dial(lab, "client", OUTSIDER, 80).outcome == "answered", 8)
    moved = rule_in(lab, "raw", "PREROUTING", SYN_ACK_COUNTER).packets
    evidence("tracked when the SYN had left", entry)
    evidence("tracked while eth0 was down", "nothing" if gone else flows_replied_to(lab, syn[0].sport))
    evidence("the outsider's eth0 while the host's was down", carrier)
    evidence("SYN-ACKs the outsider's TCP tried to send", attempts)
    evidence("SYN-ACKs on the outsider's eth0", left)
    evidence("what the container was told", outcome)
    evidence("host's raw PREROUTING counter of SYN-ACKs: eth0 down, then up again", f"{still}, {moved}")
    assert entry, "the connection was not tracked before the interface went down"
    assert attempts, "the outsider did not try to answer, so nothing was lost"
    assert not left, "the SYN-ACK left the outsider"
    assert still == 0, "the host's first hook saw the SYN-ACK"
    assert carrier in {"DOWN", "LOWERLAYERDOWN"}, "the outsider still had a carrier"
    assert gone, "MASQUERADE's conntrack entry outlived the interface"
    assert control, "the path did not come back with the interface"
    assert moved > 0, "the counter does not count SYN-ACKs at all"
