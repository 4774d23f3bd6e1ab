"""What the document says about two containers on one bridge that do not reach each other (q1), and what is true."""

from __future__ import annotations

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.bridge_l2.checks import A, B
from netproof.labs.bridge_l2.steps import (
    CALL,
    RESTORE,
    SAVE,
    UNRESOLVED,
    counted,
    echoes,
    master_of,
    neighbour,
    on_both_veths,
    on_every_veth,
    ping,
    ping_in_vain,
    ping_without_answer,
    reverse_path_drops,
    veth_of,
)
from netproof.wait import until

NO_GATEWAY = "0.0.0.0"  # noqa: S104 - how `route -n` writes it, nothing is bound to it


@pytest.mark.claim(
    "q1.1",
    says="FORWARD is empty, so suspect the veths or ARP: usually iptables isn't the issue",
    verdict="partly",
    needs=["br_netfilter"],
)
def test_an_empty_chain_drops_by_its_policy(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """A FORWARD chain without rules still drops what is bridged when its policy is DROP and
    bridge-nf-call-iptables is 1.
    """
    assert ping(lab).replies == 1, "con-a does not reach con-b to begin with"
    change.run("host", f"{SAVE} && iptables -F FORWARD && iptables -P FORWARD DROP", RESTORE)
    listed = lab.run("host", "iptables -S FORWARD").stdout.splitlines()
    evidence("iptables -S FORWARD", listed)
    change.sysctl("host", CALL, "1")
    with on_both_veths(lab) as (near, far):
        dropped = ping_in_vain(lab)
        entered, left = echoes(near), echoes(far)
    observe.sysctl(lab, "host", CALL, "0")
    unasked = ping(lab)
    observe.sysctl(lab, "host", CALL, "1")
    lab.run("host", "iptables -P FORWARD ACCEPT")
    accepted = ping(lab)
    evidence("policy DROP, bridge-nf-call-iptables 1", dropped.text)
    evidence("echo requests on con-a's veth", entered)
    evidence("echo requests on con-b's veth", left)
    evidence("policy DROP, bridge-nf-call-iptables 0: replies", unasked.replies)
    evidence("policy ACCEPT, bridge-nf-call-iptables 1: replies", accepted.replies)
    assert listed == ["-P FORWARD DROP"], "the chain is not empty"
    assert dropped.replies == 0, "the ping passed an empty chain with policy DROP"
    assert entered, "the request did not come from con-a, so nothing was dropped in the bridge"
    assert not left, "the request reached con-b"
    assert unasked.replies == 1, "with bridge-nf-call-iptables 0 the policy should not be asked"
    assert accepted.replies == 1, "with policy ACCEPT the empty chain should let the ping pass"


@pytest.mark.claim("q1.2", says="`bridge link` lists both containers' veths under docker0", verdict="proven")
def test_both_veths_are_ports_of_the_bridge(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """`bridge link` and `brctl show` list both veths under docker0; a veth that is missing there carries no ping."""
    veths = {name: veth_of(lab, name) for name in ("con-a", "con-b")}
    evidence("the containers' veths, by the index of their peers", veths)
    assert {master_of(lab, veth) for veth in veths.values()} == {"docker0"}, "a veth is no port of docker0"

    def listings() -> tuple[list[str], str]:
        links = lab.run("host", "bridge link").stdout.splitlines()
        return [line for line in links if " master docker0 " in line], lab.run("host", "brctl show docker0").stdout

    links, shown = listings()
    before = ping(lab).replies
    evidence("bridge link", links)
    evidence("brctl show docker0", shown)
    change.run("host", f"ip link set {veths['con-a']} nomaster", f"ip link set {veths['con-a']} master docker0")
    links_without, shown_without = listings()
    without = ping_in_vain(lab).replies
    evidence("bridge link, without con-a's veth", links_without)
    evidence("replies: with the veth in the bridge, without", f"{before}, {without}")
    assert before == 1, "con-a does not reach con-b although both veths are in the bridge"
    for container, veth in veths.items():
        assert any(f" {veth}@" in line for line in links), f"bridge link does not list the veth of {container}"
        assert veth in shown.split(), f"brctl does not list the veth of {container}"
    assert len(links_without) == 1, "bridge link does not show that the veth is missing"
    assert f" {veths['con-b']}@" in links_without[0], "bridge link lacks the other veth"
    assert veths["con-a"] not in shown_without.split(), "brctl lists a veth that is no longer there"
    assert without == 0, "the ping passed without the veth in the bridge"


@pytest.mark.claim("q1.3", says="bridge-nf-call-iptables should be 1", verdict="refuted", needs=["br_netfilter"])
def test_only_isolation_needs_bridged_frames_in_iptables(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """Containers of a bridge reach each other with bridge-nf-call-iptables at 0 as at 1; a network with icc=false needs
    1, to keep its containers apart.
    """
    change.network("host", "apart", "--subnet 192.168.77.0/24 -o com.docker.network.bridge.enable_icc=false")
    change.container("host", "apart-c", "--network apart --ip 192.168.77.3")
    change.container("host", "apart-d", "--network apart --ip 192.168.77.4")
    replies: dict[str, tuple[int, bool]] = {}
    for value in ("1", "0"):
        change.sysctl("host", CALL, value)
        seconds = 1 if value == "1" else 4
        isolated = lab.run("host", f"docker exec apart-c ping -c 1 -W {seconds} 192.168.77.4", limit=20)
        replies[value] = ping(lab).replies, isolated.rc == 0
        evidence(f"bridge-nf-call-iptables {value}: from con-a to con-b, replies", replies[value][0])
        evidence(f"bridge-nf-call-iptables {value}: inside a network with icc=false", isolated.stdout)
    assert replies["0"][0] == 1, "with 0 con-a does not reach con-b"
    assert replies["1"][0] == 1, "with 1 con-a does not reach con-b"
    assert not replies["1"][1], "icc=false does not keep containers apart although iptables is asked"
    assert replies["0"][1], "with 0 icc=false should keep nobody apart"


@pytest.mark.claim(
    "q1.4",
    says="if it is 0, the bridge forwards anyway; if a firewall rule exists, it might block",
    verdict="partly",
    needs=["br_netfilter"],
)
def test_at_zero_no_rule_is_asked(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """With bridge-nf-call-iptables at 0 the bridge forwards, and a DROP rule for the ping never sees it; at 1 it
    blocks it.
    """
    drop = f"-s {A}/32 -d {B}/32 -j DROP"
    change.run("host", f"iptables -I FORWARD 1 {drop}", f"iptables -D FORWARD {drop}")
    change.sysctl("host", CALL, "0")
    passed = ping(lab)
    unseen = counted(lab, drop)
    observe.sysctl(lab, "host", CALL, "1")
    blocked = ping_in_vain(lab)
    seen = counted(lab, drop)
    evidence("with 0: replies, and what the DROP rule counted", f"{passed.replies}, {unseen}")
    evidence("with 1: replies, and what the DROP rule counted", f"{blocked.replies}, {seen}")
    assert passed.replies == 1, "with 0 the bridge does not forward"
    assert unseen == 0, "with 0 the rule saw the packet"
    assert blocked.replies == 0, "with 1 the rule does not block"
    assert seen > 0, "with 1 the rule did not see the packet"


@pytest.mark.claim("q1.5", says="`ip route show` has `172.17.0.0/16 via 0.0.0.0 on eth0`", verdict="refuted")
def test_the_subnet_is_on_the_link(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The route is `172.17.0.0/16 dev eth0 proto kernel scope link src 172.17.0.2`: no gateway at all; `route -n`
    writes that as 0.0.0.0.
    """
    shown = lab.run("con-a", "ip route show").stdout
    old = lab.run("con-a", "route -n").stdout
    routes = [
        route
        for route in observe.namespace(lab, "con-a").routes
        if (route.table, route.dst) == ("main", "172.17.0.0/16")
    ]
    evidence("ip route show", shown)
    evidence("route -n", old)
    evidence("the same by netlink", routes)
    # The gateway may redirect con-a to con-b, which con-a would remember for minutes.
    for which in ("all", "eth0"):
        change.sysctl("con-a", f"net.ipv4.conf.{which}.accept_redirects", "0")
    change.run(
        "con-a",
        "ip route del 172.17.0.0/16 dev eth0",
        f"ip route replace 172.17.0.0/16 dev eth0 proto kernel scope link src {A}",
    )
    with observe.capture(lab, "con-b", "eth0") as arriving:
        detour = ping(lab)
        hops = [packet.ttl for packet in echoes(arriving)]
    evidence("without it, through the gateway: replies, TTL of the request at con-b", f"{detour.replies}, {hops}")
    lines = [line.strip() for line in shown.splitlines()]
    assert f"172.17.0.0/16 dev eth0 proto kernel scope link src {A}" in lines, "the route is another"
    assert "via 0" not in shown, "ip route speaks of a gateway 0.0.0.0"
    assert any(line.split()[:2] == ["172.17.0.0", NO_GATEWAY] for line in old.splitlines()), (
        "route -n writes the missing gateway otherwise"
    )
    assert [(route.gateway, route.interface, route.scope) for route in routes] == [("", "eth0", "link")], (
        "the kernel's route has a gateway"
    )
    assert detour.replies == 1, "without the route con-a should reach con-b by its default route"
    assert hops == [63], "the request should come through the gateway, one hop"


@pytest.mark.claim("q1.6", says='when ARP fails, `arp -a` shows "no entry"', verdict="refuted")
def test_a_failed_resolution_leaves_an_incomplete_entry(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """When nobody answers, `arp -a` shows the address `at <incomplete>` and `ip neigh` FAILED or INCOMPLETE; when
    con-b answers, both show its MAC.
    """
    assert ping(lab).replies == 1, "con-a does not reach con-b to begin with"
    mac = next(link.mac for link in observe.namespace(lab, "con-b").links if link.name == "eth0")
    resolved = neighbour(lab, "con-a", B)
    shown = lab.run("con-a", "arp -an").stdout
    change.run("con-b", "ip link set eth0 arp off", "ip link set eth0 arp on")
    change.run("con-a", "ip neigh flush dev eth0", "ip neigh flush dev eth0")
    failed = ping_without_answer(lab)
    evidence("con-b answers ARP: neighbour, arp -an", [resolved[0], shown])
    evidence("con-b does not: ARP on its eth0", failed.arp)
    evidence("arp -an", failed.table)
    evidence("ip neigh show", failed.listed)
    assert resolved[1] == mac, "the entry does not have con-b's MAC"
    assert f"({B}) at {mac}" in shown, "arp -a does not map con-b's address to its MAC"
    assert failed.replies == 0, "the ping passed without ARP"
    assert {frame.kind for frame in failed.arp} == {"request"}, "there should be requests, and no reply"
    assert failed.state in UNRESOLVED, f"the neighbour should be unresolved, it is {failed.state}"
    assert f"({B}) at <incomplete>" in failed.table, "arp -a shows the failure otherwise"
    assert "no entry" not in failed.table, "arp -a says: no entry"
    assert failed.listed.split()[-1] in UNRESOLVED, "ip neigh shows the failure otherwise"


@pytest.mark.claim(
    "q1.7",
    says="`docker run -d --name b … && docker run -d --name a … && docker exec a ping -c 1 172.17.0.3` tests it",
    verdict="refuted",
)
def test_the_prescribed_ping_goes_to_itself(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The engine refuses names of one letter; with longer ones the second container itself is 172.17.0.3 on a
    clean bridge, pings itself, and does so when the first is gone.
    """
    run = "docker run -d --name {} netproof/node sleep 1000"
    prescribed = f"{run.format('b')} && {run.format('a')} && docker exec a ping -c 1 {B}"
    written = change.run(
        "clean", f"{{ {prescribed}; }} 2>&1; echo exit code $?", "docker rm -f a b >/dev/null 2>&1; true"
    )
    evidence("as written", written)
    change.container("clean", "first-b")
    change.container("clean", "then-a")
    ends = lab.engine("clean").api.inspect_network("bridge")["Containers"].values()
    addresses = {end["Name"]: end["IPv4Address"] for end in ends}
    evidence("addresses, with names the engine takes", addresses)
    with on_every_veth(lab, "clean") as captures:
        itself = lab.run("clean", f"docker exec then-a ping -c 1 {B}", limit=20)
        seen = [packet for capture in captures for packet in echoes(capture)]
        other = lab.run("clean", f"docker exec then-a ping -c 1 {A}", limit=20)
        bridged = [packet for capture in captures for packet in echoes(capture)]
    lab.run("clean", "docker stop -t 0 first-b", limit=20)
    alone = lab.run("clean", f"docker exec then-a ping -c 1 {B}", limit=20)
    evidence(f"docker exec then-a ping -c 1 {B}", itself.stdout)
    evidence("echo requests on the veths meanwhile", seen)
    evidence("echo requests on the veths for a ping to the first container", bridged)
    evidence("the same ping with the first container stopped", alone.stdout)
    assert "Invalid container name (b)" in written, "the engine took the name b, or refused it otherwise"
    assert addresses == {"first-b": f"{A}/16", "then-a": f"{B}/16"}, "addresses were given in another order"
    assert itself.rc == 0, "the container does not reach its own address"
    assert not seen, "a ping to itself crossed a veth"
    assert other.rc == 0, "the containers do not reach each other"
    assert {packet.dst for packet in bridged} == {A}, "a ping to the other container should cross the veths"
    assert alone.rc == 0, "the prescribed ping noticed that the other container is gone"


@pytest.mark.claim("q1.8", says="`echo 8 > /proc/sys/net/bridge/log_martians` shows dropped packets", verdict="refuted")
def test_martians_are_a_matter_of_interfaces(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """There is no such file: log_martians is a setting of each interface under net.ipv4.conf; the IP layer refuses and
    counts strange sources where rp_filter tells it to.
    """
    prescribed = lab.run("host", "echo 8 > /proc/sys/net/bridge/log_martians")
    sysctls = observe.namespace(lab, "host").sysctls
    real = sorted(name for name in sysctls if name.endswith(".log_martians"))
    evidence("echo 8 > /proc/sys/net/bridge/log_martians", prescribed.stderr)
    evidence("what there is", [f"{name} = {sysctls[name]}" for name in real])
    change.run("con-a", "ip addr add 198.51.100.7/32 dev lo", "ip addr del 198.51.100.7/32 dev lo")
    counts = [reverse_path_drops(lab)]
    for strict in ("0", "1"):
        change.sysctl("host", "net.ipv4.conf.docker0.rp_filter", strict)
        with observe.capture(lab, "host", "docker0") as arriving:
            lab.run("con-a", "ping -c 1 -W 0.2 -I 198.51.100.7 172.17.0.1")
            martians = arriving.wait_for(lambda packet: packet.src == "198.51.100.7")
        assert martians, "the packet with the strange source did not reach docker0"
        counts.append(until(lambda: reverse_path_drops(lab), 1) if strict == "1" else reverse_path_drops(lab))
    evidence("IPReversePathFilter: before, with rp_filter 0, with rp_filter 1", counts)
    interfaces = {link.name for link in observe.namespace(lab, "host").links}
    expected = {f"net.ipv4.conf.{name}.log_martians" for name in interfaces | {"all", "default"}}
    assert prescribed.rc != 0, "the file can be written"
    assert set(real) == expected, "log_martians is elsewhere"
    assert counts[1] == counts[0], "with rp_filter 0 the host refused the packet"
    assert counts[2] > counts[1], "with rp_filter 1 the host did not count the packet as refused"


@pytest.mark.claim("f1", says="con-a's veth is not bridged: how do you add it to docker0 by hand?", verdict="proven")
def test_an_unbridged_veth_goes_back(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """`ip link set VETH master docker0` and `ip link set VETH up` on the host put it back, as `brctl addif` does;
    it takes both.
    """
    veth = veth_of(lab, "con-a")
    whole = f"ip link set {veth} master docker0 && ip link set {veth} up"
    change.run("host", f"ip link set {veth} nomaster && ip link set {veth} down", whole)
    replies = {"outside the bridge, down": ping_in_vain(lab).replies}
    lab.run("host", f"ip link set {veth} master docker0")
    replies["in the bridge, down"] = ping_in_vain(lab).replies
    lab.run("host", f"ip link set {veth} up")
    replies["in the bridge, up"] = until(lambda: ping_in_vain(lab).replies, 8)
    lab.run("host", f"ip link set {veth} nomaster")
    outside = master_of(lab, veth)
    added = lab.run("host", f"brctl addif docker0 {veth}")
    replies["after brctl addif"] = until(lambda: ping_in_vain(lab).replies, 8)
    evidence("replies to a ping from con-a to con-b", replies)
    assert added.rc == 0, f"brctl addif failed: {added.stderr}"
    assert not outside, "the veth was still in the bridge when brctl added it"
    assert list(replies.values()) == [0, 0, 1, 1], "the veth should carry the ping when in the bridge and up"
