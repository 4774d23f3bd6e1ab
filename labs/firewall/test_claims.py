"""What Docker's documentation and its own tests say about the engine's firewall rules, and what is true."""

from __future__ import annotations

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.firewall.names import BLUE, HOST, NEIGHBOUR, WEB
from netproof.labs.firewall.steps import BLOCKED, ENGINE_STARTED, FORGET, ask_from, dial_all, flows_from, save_table
from netproof.wait import until

_PORTS = "https://docs.docker.com/engine/network/port-publishing/"
_UDP_TIMEOUT = "net.netfilter.nf_conntrack_udp_timeout"
_RULES = "https://docs.docker.com/engine/network/firewall-iptables/"


@pytest.mark.claim(
    "b13",
    says="with 127.0.0.1 in the publish flag, only the Docker host can access the published port",
    verdict={"20.10": "refuted", "26.1": "refuted", "28.5": "proven"},
    source=f"{_PORTS}#publishing-ports",
    advice=(
        "From 28 on neighbours no longer reach ports published on 127.0.0.1: publish on another address what they "
        "are to use. On older engines drop such packets yourself: iptables -t raw -I PREROUTING ! -i lo -d "
        "127.0.0.0/8 -j DROP."
    ),
)
def test_a_port_on_loopback_and_a_neighbour(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """With 20.10 and 26.1 a neighbour that sends to 127.0.0.1 by way of the host reaches a port published on 127.0.0.1;
    28.5 drops such packets in raw PREROUTING.
    """
    change.run("neighbour", "ip addr del 127.0.0.1/8 dev lo", "ip addr add 127.0.0.1/8 dev lo")
    change.run("neighbour", f"ip route add 127.0.0.1 via {HOST} src {NEIGHBOUR}", "ip route del 127.0.0.1")
    change.sysctl("neighbour", "net.ipv4.conf.eth0.route_localnet", "1")
    rule = "-d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport 8082 -j DROP"
    with observe.capture(lab, "host", "eth0") as wire, observe.capture(lab, "host", "br-blue") as bridge:
        answer = observe.dial(lab, "neighbour", "127.0.0.1", 8082, seconds=BLOCKED)
        arrived = wire.wait_for(lambda packet: (packet.dst, packet.dport) == ("127.0.0.1", 8082))
        passed = [packet for packet in bridge.packets() if packet.src == NEIGHBOUR]
    own = observe.dial(lab, "host", "127.0.0.1", 8082)
    evidence("the neighbour, calling 127.0.0.1:8082 by way of the host", answer.said or answer.outcome)
    evidence("on the host's eth0", arrived[:1])
    evidence("on the container's bridge", passed)
    evidence("the host itself", own.said or own.outcome)
    assert arrived, "the packet did not reach the host"
    assert own.said.get("node") == "web", f"the host should reach its own port, it was {own.outcome}"
    if engine != "28.5":
        assert answer.said.get("node") == "web", f"the port should be open to the neighbour, it was {answer.outcome}"
        assert answer.said.get("caller") == NEIGHBOUR, "the container did not see the neighbour"
        return
    dropped = observe.rule(lab, "host", "raw", "PREROUTING", rule).packets
    save_table(change, "host", "raw")
    lab.run("host", f"iptables -t raw -D PREROUTING {rule}")
    without = observe.dial(lab, "neighbour", "127.0.0.1", 8082)
    evidence("the counter of the rule in raw PREROUTING", dropped)
    evidence("the neighbour, without that rule", without.said or without.outcome)
    assert answer.outcome == "timeout", f"the port should be closed to the neighbour, it was {answer.outcome}"
    assert not passed, "the packet went on to the container"
    assert dropped > 0, "the rule did not see the packet"
    assert without.said.get("node") == "web", "it was not the rule that closed the port"


@pytest.mark.claim(
    "b14",
    says="by default, remote hosts are not allowed direct access to container addresses in bridge networks",
    verdict={"20.10": "refuted", "26.1": "refuted", "28.5": "proven"},
    source=f"{_PORTS}#direct-routing",
    advice=(
        "From 28 on hosts that route to a container's own address are dropped. Publish what they use, or set "
        "gateway mode routed or nat-unprotected on the network. On older engines keep such hosts out yourself, in "
        "DOCKER-USER."
    ),
)
def test_a_neighbour_with_a_route_to_containers(
    lab: RunningLab, change: Change, engine: str, evidence: Evidence
) -> None:
    """With 20.10 and 26.1 a neighbour that routes to a container reaches the ports it published, and all its ports if
    FORWARD's policy is ACCEPT; 28.5 drops what comes for a container from outside its bridge.
    """
    ports = {"published": (WEB, 80), "published on 127.0.0.1": (WEB, 82), "not published": (WEB, 81)}

    def reached(title: str) -> dict[str, str]:
        answers = dial_all(lab, "neighbour", list(ports.values()))
        found = {name: answer.outcome for name, answer in zip(ports, answers, strict=True)}
        evidence(f"the neighbour, calling {WEB} itself: {title}", found)
        return found

    mapped = observe.dial(lab, "neighbour", HOST, 8080).said.get("node")
    policy = observe.table(lab, "host", "filter").chains["FORWARD"].policy
    as_found = reached(f"policy {policy}")
    change.run("host", "iptables -P FORWARD ACCEPT", f"iptables -P FORWARD {policy}")
    accepting = reached("policy ACCEPT")
    assert mapped == "web", "the published port is closed at the host's address"
    assert policy == "DROP", f"FORWARD's policy is {policy}"
    open_, closed = "answered", "timeout"
    if engine != "28.5":
        assert list(as_found.values()) == [open_, open_, closed], "policy DROP lets other ports through"
        assert list(accepting.values()) == [open_, open_, open_], "policy ACCEPT stops something"
        return
    save_table(change, "host", "raw")
    lab.run("host", f"iptables -t raw -D PREROUTING -d {WEB}/32 ! -i br-blue -j DROP")
    without = reached("policy ACCEPT, the container's rule in raw PREROUTING deleted")
    assert set(as_found.values()) | set(accepting.values()) == {closed}, "a port is open"
    assert list(without.values()) == [open_, open_, closed], "it was not that rule that closed the published ports"


@pytest.mark.claim(
    "b15",
    says="DOCKER-USER comes after the DNAT: the original address and port take `-m conntrack --ctorigdstport`",
    verdict="proven",
    source=f"{_RULES}#match-the-original-ip-and-ports-for-requests",
)
def test_docker_user_needs_the_original_port(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """In DOCKER-USER `--dport 8080` matches nothing, `--dport 80` every port mapped to 80, and
    `--ctorigdst … --ctorigdstport 8080` just the one.
    """
    both = [(HOST, 8080), (HOST, 8090)]
    outcomes: dict[str, list[str]] = {"no rule": [answer.outcome for answer in dial_all(lab, "neighbour", both)]}
    counts = {}
    original = f"-m conntrack --ctorigdst {HOST} --ctorigdstport"
    for match in ("-m tcp --dport 8080", f"{original} 8080", "-m tcp --dport 80"):
        rule = f"-i eth0 -p tcp {match} -j DROP"
        change.run("host", f"iptables -I DOCKER-USER {rule}", f"iptables -D DOCKER-USER {rule} 2>/dev/null || true")
        outcomes[match] = [answer.outcome for answer in dial_all(lab, "neighbour", both)]
        counts[match] = observe.rule(lab, "host", "filter", "DOCKER-USER", rule).packets
        lab.run("host", f"iptables -D DOCKER-USER {rule}")
    evidence("the neighbour on 8080 and 8090, with a DROP in DOCKER-USER for", outcomes)
    evidence("what the rules counted", counts)
    assert outcomes["no rule"] == ["answered", "answered"], "the ports are closed to begin with"
    assert outcomes["-m tcp --dport 8080"] == ["answered", "answered"], "--dport 8080 matched something"
    assert counts["-m tcp --dport 8080"] == 0, "--dport 8080 counted something"
    assert outcomes[f"{original} 8080"] == ["timeout", "answered"], "the original port does not tell them apart"
    assert outcomes["-m tcp --dport 80"] == ["timeout", "timeout"], "--dport 80 does not match both"


@pytest.mark.claim(
    "b16",
    says="packets that get accepted by Docker's rules are not seen by rules appended to FORWARD",
    verdict="proven",
    source=f"{_RULES}#add-iptables-policies-before-dockers-rules",
)
def test_a_rule_at_the_end_of_forward_comes_too_late(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """`iptables -A FORWARD -j DROP` never sees what goes to a published port, though it does what is left over; the
    same rule in DOCKER-USER stops it.
    """
    change.run("host", "iptables -A FORWARD -i eth0 -j DROP", "iptables -D FORWARD -i eth0 -j DROP")
    appended = observe.dial(lab, "neighbour", HOST, 8080)
    unseen = observe.rule(lab, "host", "filter", "FORWARD", "-i eth0 -j DROP").packets
    # Packets between the host's own interfaces are nothing to Docker's rules: in and out again by eth0.
    change.run("host", f"ip route add 192.0.2.0/24 via {NEIGHBOUR}", "ip route del 192.0.2.0/24")
    change.run("neighbour", f"ip route add 192.0.2.0/24 via {HOST}", "ip route del 192.0.2.0/24")
    change.run(
        "host",
        "iptables -I DOCKER-USER -i eth0 -d 10.1.0.0/24 -j DROP",
        "iptables -D DOCKER-USER -i eth0 -d 10.1.0.0/24 -j DROP",
    )
    other, inserted = dial_all(lab, "neighbour", [("192.0.2.9", 80), (HOST, 8080)])
    seen = observe.rule(lab, "host", "filter", "FORWARD", "-i eth0 -j DROP").packets
    evidence("the neighbour on 8080, with a DROP at the end of FORWARD", appended.said or appended.outcome)
    evidence("what that rule counted: of this, of other forwarded packets", f"{unseen}, {seen}")
    evidence("the neighbour on 8080, with a DROP in DOCKER-USER", inserted.outcome)
    assert appended.said.get("node") == "web", f"the port should stay open, it was {appended.outcome}"
    assert unseen == 0, "the appended rule saw the packet"
    assert other.outcome == "timeout", f"what the appended rule drops should time out, it was {other.outcome}"
    assert seen > 0, "the appended rule does not see what Docker leaves over"
    assert inserted.outcome == "timeout", f"a DROP in DOCKER-USER should close the port, it was {inserted.outcome}"


@pytest.mark.claim(
    "b17",
    says="if Docker enables IP forwarding, it also sets the policy of FORWARD to DROP",
    verdict="proven",
    source=f"{_RULES}#docker-and-iptables-chains",
)
def test_the_policy_follows_who_enabled_forwarding(lab: RunningLab, engine: str, evidence: Evidence) -> None:
    """The engine sets FORWARD's policy to DROP when it turns ip_forward on itself; where it was on before, or with
    `--ip-forward=false`, the policy stays ACCEPT, as it does from 28.5's `--ip-forward-no-drop`.
    """
    wanted = {
        ("0", ""): ["-P FORWARD DROP", "1"],
        ("1", ""): ["-P FORWARD ACCEPT", "1"],
        ("0", "--ip-forward=false"): ["-P FORWARD ACCEPT", "0"],
        ("0", "--ip-forward-no-drop"): ["-P FORWARD ACCEPT", "1"],
    }
    for (before, flags), expected in wanted.items():
        found = lab.run("host", ENGINE_STARTED.format(before=before, flags=flags), limit=60).stdout.splitlines()
        evidence(f"ip_forward {before} before, dockerd {flags}".rstrip(), found)
        if flags == "--ip-forward-no-drop" and engine != "28.5":
            assert "unknown flag: --ip-forward-no-drop" in "\n".join(found), "the engine knows the flag"
        else:
            assert found == expected, f"with ip_forward {before} and flags '{flags}' the engine did otherwise"


@pytest.mark.claim(
    "b30",
    says="conntrack entries are deleted with the container, so that UDP flows find its successor",
    verdict={"20.10": "partly", "26.1": "proven", "28.5": "proven"},
    source="moby integration-cli/docker_cli_network_unix_test.go TestConntrackFlowsLeak",
    advice=(
        "With 26 and newer there is nothing to do. On 20.10, after a container that takes UDP was replaced, forget "
        "its clients: conntrack -D -p udp --orig-port-dst PORT."
    ),
)
def test_a_udp_flow_finds_the_next_container(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """The entries of a removed container go with it, and a client that keeps its port reaches the next one; what it
    sent in between leads 20.10 astray to docker-proxy, while 26.1 and 28.5 forget that, too.
    """
    options = "--network blue --ip 10.1.0.{} -p 9001:9000/udp"
    change.run("host", FORGET, FORGET)  # a flow of half a minute ago would be found first
    change.container("host", "before", options.format(50), "serve before udp:9000:0.0.0.0")
    first = until(lambda: ask_from(lab, 5555, 9001), 10)
    # An entry lasts 30 seconds, and removing a container may take as long on a busy machine.
    change.sysctl("host", _UDP_TIMEOUT, "120")
    control = until(lambda: ask_from(lab, 5556, 9000), 10)
    observe.sysctl(lab, "host", _UDP_TIMEOUT, "30")
    tracked = flows_from(lab, 5555)
    lab.run("host", "docker rm -f before", limit=30)
    gone = until(lambda: not flows_from(lab, 5555), 5)
    kept = flows_from(lab, 5556)
    ask_from(lab, 5555, 9001)
    meanwhile = flows_from(lab, 5555)
    change.container("host", "after", options.format(51), "serve after udp:9000:0.0.0.0")
    second = until(lambda: ask_from(lab, 5555, 9001), 10)
    evidence("the first container says, and what is tracked", [first, *tracked])
    evidence("tracked when it was removed", "nothing" if gone else flows_from(lab, 5555))
    evidence("tracked of a flow to another container meanwhile", kept)
    evidence("tracked of a datagram sent in between", meanwhile)
    evidence("the second container says", second)
    caller = BLUE if engine == "20.10" else NEIGHBOUR
    assert '"node": "before"' in first, "the first container did not answer"
    assert '"node": "web"' in control, "the other container did not answer"
    assert {flow.reply.src for flow in tracked} == {"10.1.0.50"}, "conntrack does not hold the flow"
    assert gone, "the entry outlived the container"
    assert {flow.reply.src for flow in kept} == {WEB}, "the entry of another container went, too"
    assert {flow.reply.src for flow in meanwhile} == {HOST}, "what was sent in between left no entry"
    assert '"node": "after"' in second, "the flow does not reach the second container"
    assert f'"caller": "{caller}"' in second, "the second container saw somebody else calling"
