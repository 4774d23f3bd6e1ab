"""What the document says about published ports (q3), and what is true."""

from __future__ import annotations

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.publish.names import (
    ACCEPT_WEB,
    CLIENT,
    DNAT_WEB,
    GATEWAY,
    HOST,
    LOCAL,
    ONE,
    SECOND,
    TWO,
    WEB,
    dnat_to,
)
from netproof.labs.publish.steps import begin_trace, count_in, ends, flows_from, traced_path
from netproof.wait import until


@pytest.mark.claim(
    "q3.1",
    says="Docker adds `-t nat -A PREROUTING -p tcp -d host_ip --dport 8080 -j DNAT`",
    verdict="refuted",
)
def test_dnat_is_in_chain_docker_for_every_local_address(lab: RunningLab, evidence: Evidence) -> None:
    """PREROUTING only jumps, for every address of the host, to chain DOCKER, where the DNAT is; it names a
    destination only when the port was published on one address.
    """
    nat = observe.table(lab, "host", "nat").rules
    prerouting = [rule.rule for rule in nat if rule.chain == "PREROUTING"]
    docker = [rule.rule for rule in nat if rule.chain == "DOCKER"]
    evidence("nat PREROUTING as the engine wrote it", prerouting)
    evidence("nat DOCKER", docker)
    counts = [observe.rule(lab, "host", "nat", "DOCKER", DNAT_WEB).packets]
    said = []
    for address in (HOST, SECOND):
        said.append(observe.dial(lab, "client", address, 8080).said.get("node"))
        counts.append(observe.rule(lab, "host", "nat", "DOCKER", DNAT_WEB).packets)
    evidence(f"who answers on {HOST}:8080 and {SECOND}:8080", said)
    evidence("the counter of the rule for 8080: before, after one, after both", counts)
    assert prerouting == ["-m addrtype --dst-type LOCAL -j DOCKER"], "PREROUTING holds something else"
    assert said == ["web", "web"], "a port published without an address should be open on both of the host's"
    assert counts == [counts[0], counts[0] + 1, counts[0] + 2], "one rule should translate both connections"
    for address, container in ((HOST, ONE), (SECOND, TWO)):
        assert dnat_to(address, container, 8081) in docker, f"the rule for {address}:8081 does not name its address"


@pytest.mark.claim("q3.2", says="after PREROUTING comes local delivery, then docker0", verdict="refuted")
def test_what_is_translated_is_forwarded(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """After the DNAT the packet is forwarded: FORWARD sends it to chain DOCKER, which accepts it, and INPUT never
    sees it.
    """
    delivered = count_in(change, lab, "filter", "INPUT", f"-s {CLIENT}/32 -p tcp")
    forwarded = count_in(change, lab, "filter", "FORWARD", f"-s {CLIENT}/32 -d {WEB}/32 -p tcp -m tcp --dport 80")
    before = observe.rule(lab, "host", "filter", "DOCKER", ACCEPT_WEB).packets
    answer = observe.dial(lab, "client", HOST, 8080)
    accepted = observe.rule(lab, "host", "filter", "DOCKER", ACCEPT_WEB).packets - before
    seen = {"INPUT": delivered(), "FORWARD": forwarded(), "DOCKER, accepted": accepted}
    closed = observe.dial(lab, "client", HOST, 8099).outcome
    control = delivered()
    evidence("packets of one connection to the published port", seen)
    evidence("INPUT after a connection to a port that nobody has", f"{control}, {closed}")
    assert answer.said.get("node") == "web", f"the connection should be answered by web, it was {answer.outcome}"
    assert seen["INPUT"] == 0, "the packet was delivered locally"
    assert seen["FORWARD"] > 1, "the packets were not forwarded"
    assert seen["DOCKER, accepted"] == 1, "chain DOCKER did not accept the connection's first packet, and only that"
    assert closed == "refused", f"a port nobody has should be refused, it was {closed}"
    assert control > 0, "the counter in INPUT does not count what is delivered"
    _follow_through_nftables(lab, change, evidence)


def _follow_through_nftables(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The same seen by nf_tables, where the rules are there: every chain the SYN passes, in order."""
    if lab.hosts["host"].firewall != "nft" or not lab.features("host")["nftrace"]["works"]:
        return
    begin_trace(change)

    def attempt() -> list[str]:
        path = traced_path(lab, observe.dial(lab, "client", HOST, 8080).port)
        return path if path[-1:] == ["nat POSTROUTING"] else []

    path = until(attempt, 10)
    evidence("the SYN's way, as `nft monitor trace` tells it", path)
    stations = ["nat PREROUTING", "nat DOCKER", "filter FORWARD", "filter DOCKER", "nat POSTROUTING"]
    assert [chain for chain in path if chain in stations] == stations, "the packet took another way"
    assert "filter INPUT" not in path, "the packet passed INPUT"


@pytest.mark.claim("q3.3", says="the container sees the client's address", verdict="partly")
def test_the_container_sees_the_client_unless_the_proxy_calls(lab: RunningLab, evidence: Evidence) -> None:
    """What comes over the wire by IPv4 reaches the container with the client's address; what calls 127.0.0.1 on the
    host comes from docker-proxy, with docker0's.
    """
    with observe.capture(lab, "host", "docker0") as bridge:
        outside = observe.dial(lab, "client", HOST, 8080)
        inside = observe.dial(lab, "host", "127.0.0.1", 8080)
        syns = [packet for packet in bridge.packets() if packet.flags == "SYN"]
    listener = lab.run("host", "ss -Htlnp sport = :8080").stdout
    evidence("SYNs on docker0", syns)
    evidence("whom the container saw: called by the client, by the host on 127.0.0.1", [outside.said, inside.said])
    evidence("who listens on the host's port 8080", listener)
    assert outside.said.get("caller") == CLIENT, "the container did not see the client"
    assert inside.said.get("caller") == GATEWAY, "the container was not called from docker0's address"
    assert [packet.src for packet in syns] == [CLIENT, GATEWAY], "the SYNs on docker0 are from others"
    assert "docker-proxy" in listener, "nobody called docker-proxy listens"


@pytest.mark.claim(
    "q3.4",
    says="the reply meets `-t nat -A POSTROUTING -s 10.0.0.2 -p tcp --sport 8080 -d client_ip -j SNAT`",
    verdict="refuted",
)
def test_conntrack_turns_the_reply_back(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """There is no SNAT rule, and none would ever see a reply: the nat chains get a connection's first packet only,
    and conntrack turns back its replies.
    """
    written = [rule.rule for rule in observe.table(lab, "host", "nat").rules]
    match = f"-s {WEB}/32 -d {CLIENT}/32 -p tcp -m tcp --sport 80"
    in_nat = count_in(change, lab, "nat", "POSTROUTING", match)
    in_mangle = count_in(change, lab, "mangle", "POSTROUTING", match)
    before = observe.rule(lab, "host", "nat", "DOCKER", DNAT_WEB).packets
    with observe.capture(lab, "host", "docker0") as inside, observe.capture(lab, "host", "eth0") as outside:
        answer = observe.dial(lab, "client", HOST, 8080)
        outside.wait_for(lambda packet: packet.out and "FIN" in packet.flags)
        inner, outer = inside.packets(), outside.packets()
    translated = observe.rule(lab, "host", "nat", "DOCKER", DNAT_WEB).packets - before
    replies = {"nat POSTROUTING": in_nat(), "mangle POSTROUTING": in_mangle()}
    tracked = flows_from(lab, CLIENT, answer.port)
    requests = sum(packet.dst == HOST for packet in outer)
    evidence("SNAT rules", [rule for rule in written if "SNAT" in rule])
    evidence("the SYN-ACK on docker0 and on eth0", [p for p in (*inner, *outer) if p.flags == "SYN,ACK"])
    evidence("replies, as the described rule would match them", replies)
    evidence(f"the DNAT rule's counter, for {requests} packets from the client", translated)
    evidence("conntrack's tuples", tracked)
    assert answer.outcome == "answered", f"the connection should be answered, it was {answer.outcome}"
    assert not [rule for rule in written if "-j SNAT" in rule], "there is a SNAT rule"
    assert ends(inner, "SYN,ACK") == {(WEB, 80, CLIENT)}, "the container did not answer as itself"
    assert ends(outer, "SYN,ACK") == {(HOST, 8080, CLIENT)}, "the reply did not leave with the host's address and port"
    assert replies["nat POSTROUTING"] == 0, "a nat chain saw a reply"
    assert replies["mangle POSTROUTING"] > 1, "no reply passed POSTROUTING, so the zero in nat says nothing"
    assert translated == 1, "the DNAT rule should see the connection's first packet, and only that"
    assert requests > 1, "the connection had a single packet, so the rule's count says nothing"
    assert [(flow.original.dst, flow.reply.src, flow.reply.sport, flow.reply.dst) for flow in tracked] == [
        (HOST, WEB, 80, CLIENT)
    ], "conntrack does not know how to turn the reply back"


@pytest.mark.claim("q3.5", says="the client sees the host's address, not the container's", verdict="proven")
def test_the_client_meets_the_host_only(lab: RunningLab, evidence: Evidence) -> None:
    """All the client receives is from the address and port it called; no packet with the container's address is on
    its wire.
    """
    with observe.capture(lab, "client", "eth0") as wire:
        answer = observe.dial(lab, "client", HOST, 8080)
        wire.wait_for(lambda packet: not packet.out and "FIN" in packet.flags)
        packets = [packet for packet in wire.packets() if packet.proto == "tcp"]
    received = {(packet.src, packet.sport) for packet in packets if not packet.out}
    evidence("on the client's eth0", packets)
    assert answer.said.get("at") == WEB, "the container did not answer at its own address"
    assert received == {(HOST, 8080)}, "the client was answered by somebody else"
    assert not [packet for packet in packets if WEB in (packet.src, packet.dst)], (
        "the container's address is on the wire"
    )


@pytest.mark.claim("q3.6", says="`iptables -t nat -L PREROUTING` shows DNAT rules", verdict="refuted")
def test_listing_prerouting_shows_a_jump(lab: RunningLab, evidence: Evidence) -> None:
    """`iptables -t nat -L PREROUTING` shows the jump to DOCKER; the DNAT rules are in `iptables -t nat -L DOCKER`."""
    listings = {
        chain: lab.run("host", f"iptables -t nat -L {chain} -n").stdout.splitlines()[2:]
        for chain in ("PREROUTING", "DOCKER")
    }
    for chain, lines in listings.items():
        evidence(f"iptables -t nat -L {chain} -n", lines)
    assert [line.split()[0] for line in listings["PREROUTING"]] == ["DOCKER"], "PREROUTING has another rule"
    assert "DNAT" not in "".join(listings["PREROUTING"]), "PREROUTING has a DNAT rule"
    for port, to in ((8080, WEB), (8081, ONE), (8081, TWO), (8082, LOCAL)):
        assert any(
            line.startswith("DNAT") and line.endswith(f"tcp dpt:{port} to:{to}:80") for line in listings["DOCKER"]
        ), f"chain DOCKER has no DNAT from {port} to {to}"


@pytest.mark.claim("q3.7", says="`iptables -t nat -L POSTROUTING` shows SNAT (MASQUERADE) rules", verdict="partly")
def test_postrouting_masquerades_something_else(lab: RunningLab, engine: str, evidence: Evidence) -> None:
    """POSTROUTING has no SNAT but MASQUERADE for what containers open themselves, with 20.10 and 26.1 also one for each
    port called by its own container; a published connection matches none of them.
    """
    before = [rule for rule in observe.table(lab, "host", "nat").rules if rule.chain == "POSTROUTING"]
    answer = observe.dial(lab, "client", HOST, 8080)
    after = [rule for rule in observe.table(lab, "host", "nat").rules if rule.chain == "POSTROUTING"]
    listed = lab.run("host", "iptables -t nat -L POSTROUTING -n").stdout
    evidence("nat POSTROUTING as the engine wrote it", [rule.rule for rule in before])
    evidence("iptables -t nat -L POSTROUTING -n", listed)
    evidence("its counters before and after a published connection", [[r.packets for r in x] for x in (before, after)])
    expected = {"-s 10.0.0.0/24 ! -o docker0 -j MASQUERADE"}
    if engine != "28.5":
        tcp = {f"-s {own}/32 -d {own}/32 -p tcp -m tcp --dport 80 -j MASQUERADE" for own in (WEB, ONE, TWO, LOCAL)}
        expected |= tcp | {f"-s {WEB}/32 -d {WEB}/32 -p udp -m udp --dport 9000 -j MASQUERADE"}
    assert {rule.rule for rule in before} == expected, "the engine wrote other rules"
    assert "SNAT" not in listed, "the listing shows SNAT"
    assert listed.count("MASQUERADE") == len(expected), "the listing shows other MASQUERADE rules"
    assert answer.outcome == "answered", f"the connection should be answered, it was {answer.outcome}"
    assert after == before, "the published connection met one of them"


@pytest.mark.claim(
    "q3.8", says="`docker run -p 8080:8080 … nc -l -p 8080` and `curl http://host:8080` test it", verdict="refuted"
)
def test_netcat_answers_nobody_and_leaves(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """busybox's nc takes one connection, answers nothing (curl: empty reply) and ends, and the container with it;
    a second call is refused.
    """
    change.container("host", "nc", "-p 8083:8083", "busybox nc -l -p 8083")
    until(lambda: _listens(lab), 10)
    first = lab.run("client", f"curl -sS --max-time 5 http://{HOST}:8083", limit=20)
    api = lab.engine("host").api
    ended = until(lambda: not api.inspect_container("nc")["State"]["Running"], 10)
    state = api.inspect_container("nc")["State"]
    second = lab.run("client", f"curl -sS --max-time 5 http://{HOST}:8083", limit=20)
    evidence("the first curl", first.stderr or first.stdout)
    evidence("what nc got", lab.run("host", "docker logs nc").stdout)
    evidence("the container then", f"{state['Status']}, exit code {state['ExitCode']}")
    evidence("the second curl", second.stderr or second.stdout)
    assert (first.rc, first.stdout) == (52, ""), "curl got an answer, or failed otherwise than by an empty reply"
    assert ended, "nc still runs after its first connection"
    assert state["ExitCode"] == 0, "nc failed"
    assert second.rc == 7, "the second call should be refused"


def _listens(lab: RunningLab) -> bool:
    return "LISTEN" in lab.run("host", "nsenter -t $(docker inspect -f '{{.State.Pid}}' nc) -n ss -Htln").stdout


@pytest.mark.claim(
    "f3", says="several containers publish one port on different addresses: what tells them apart?", verdict="proven"
)
def test_the_destination_decides(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """Each DNAT rule names its address with `-d`, so each address leads to its container; a second container on the
    same address and port is refused.
    """
    rules = {"one": dnat_to(HOST, ONE, 8081), "two": dnat_to(SECOND, TWO, 8081)}
    for address, name in ((HOST, "one"), (SECOND, "two")):
        before = {key: observe.rule(lab, "host", "nat", "DOCKER", rule).packets for key, rule in rules.items()}
        said = observe.dial(lab, "client", address, 8081).said.get("node")
        after = {key: observe.rule(lab, "host", "nat", "DOCKER", rule).packets for key, rule in rules.items()}
        counted = {key: after[key] - before[key] for key in rules}
        evidence(f"{address}:8081 is answered by {said}; the rules counted", counted)
        assert said == name, f"{address}:8081 was answered by {said}"
        assert counted == {key: int(key == name) for key in rules}, "another rule decided"
    clash = change.run(
        "host",
        f"docker run -d --name third -p {HOST}:8081:80 netproof/node sleep infinity 2>&1; true",
        "docker rm -f third >/dev/null",
    )
    evidence("a third one on the same address and port", clash)
    assert f"{HOST}:8081 failed: port is already allocated" in clash, "the engine gave the same port twice"
