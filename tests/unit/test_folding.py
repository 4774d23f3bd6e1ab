"""What happened is told first, and what follows from it is not told again; nothing else is hidden by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netproof.agent import snapshot as agents
from netproof.facts import HAPPENED, SENTENCE, compare, flatten, fold, sentence, structure
from netproof.facts.compared_kinds import KINDS
from netproof.state.baseline import FORMAT
from tests.unit import snapshots
from tests.unit.snapshots import CLIENT, HOST, Raw, link, route, rule, space

Edit = Callable[[Raw], object]
PUBLISHED = "-d 10.0.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"


def lab() -> Raw:
    """A lab host with a container that publishes a port, and has a sidecar."""
    raw = snapshots.lab()
    containers = raw["host"]["engine"]["containers"]
    containers[0]["ports"] = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}  # noqa: S104 - a fact, not a server
    containers.append(
        {**containers[0], "name": "sidecar", "id": "5" * 64, "mode": "container:" + "a" * 64, "ports": {}}
    )
    space(raw)["netfilter"]["iptables"]["iptables-nft"]["filter"]["rules"].append(rule("DOCKER", PUBLISHED))
    space(raw)["sockets"].append({"proto": "tcp", "address": "0.0.0.0", "port": 8080, "uid": 0})  # noqa: S104 - as above
    return raw


def after(*edits: Edit) -> tuple[list[str], list[tuple[str, str, str]]]:
    """(what happened, in sentences; what else differs)."""
    raw = lab()
    before = flatten(structure(raw))
    for edit in edits:
        edit(raw)
    found = fold(before, flatten(structure(raw)))
    happened = [str(item.after) for item in found if item.aspect == HAPPENED]
    return happened, [(item.place, item.aspect, item.key) for item in found if item.aspect != HAPPENED]


def container(raw: Raw, name: str = "client") -> Raw:
    found: Raw = next(item for item in raw["host"]["engine"]["containers"] if item["name"] == name)
    return found


def take_away(raw: Raw) -> None:
    """What goes from a lab host when its container stops."""
    host = space(raw)
    raw["host"]["namespaces"].pop(CLIENT, None)
    host["links"] = [item for item in host["links"] if item["kind"] != "veth"]
    host["links"][1].update(operstate="DOWN")
    for item in ("fdb", "qdiscs"):
        host[item].clear()
    host["sysctls"] = {"net.ipv4.ip_forward": "1"}
    host["netfilter"]["iptables"]["iptables-nft"]["filter"]["rules"].pop()
    host["sockets"].pop()


def stop(raw: Raw) -> None:
    container(raw).update(state="exited", inode=0, ports={}, networks={"bridge": {**END, "address": "", "mac": ""}})
    container(raw, "sidecar").update(state="exited", inode=0)
    take_away(raw)


END = {"address": "10.0.0.2", "mac": "", "gateway": ""}


def restart(raw: Raw) -> None:
    """The container has another namespace, and its sidecar the one of before."""
    container(raw).update(started="2025-01-02T00:00:00Z", inode=300)
    spaces = raw["host"]["namespaces"]
    spaces["container:sidecar"] = {**spaces[CLIENT], "links": [], "addresses": [], "routes": []}
    spaces[CLIENT] = {**spaces[CLIENT], "inode": 300}


def remove(raw: Raw) -> None:
    raw["host"]["engine"]["containers"].clear()
    take_away(raw)


def rename(raw: Raw) -> None:
    container(raw).update(name="other")
    raw["host"]["namespaces"]["container:other"] = raw["host"]["namespaces"].pop(CLIENT)


def drop_forwarding(raw: Raw) -> None:
    space(raw)["netfilter"]["iptables"]["iptables-nft"]["filter"]["rules"].pop(0)


def test_a_container_that_stopped_is_told_in_a_line() -> None:
    """Its namespace, its cable, its rules and the carrier of its bridge go with it."""
    happened, rest = after(stop)
    assert happened == [
        "client is exited; it was running, and its network namespace is gone.",
        "sidecar is exited; it was running, and its network namespace is gone.",
    ]
    assert rest == []


@pytest.mark.parametrize(
    ("edit", "sentences"),
    [
        (
            remove,
            ["client is gone: there is no such container.", "sidecar is gone: there is no such container."],
        ),
        (
            restart,
            ["client was restarted.", "sidecar's network namespace is another than client's."],
        ),
        (rename, ["client is called other now."]),
        (
            lambda raw: container(raw).update(state="paused"),
            ["client is paused."],
        ),
        (
            lambda raw: container(raw).update(id="f" * 64),
            ["client is another container: it was made anew."],
        ),
        (
            lambda raw: raw["host"]["engine"].update(answers=False, version="", dockerd=[], containers=[], networks=[]),
            ["The engine of host is gone."],
        ),
        (
            lambda raw: raw["host"]["engine"].update(dockerd=[99]),
            ["The engine of host was restarted."],
        ),
        (
            lambda raw: raw["host"]["engine"]["networks"].pop(),
            ["The network second is gone."],
        ),
        (
            lambda raw: raw["host"]["namespaces"].update(
                {"netns:own": snapshots.namespace(inode=7, links=[link("lo", 1)])}
            ),
            ["There is a network namespace that was not there: own."],
        ),
    ],
    ids=["removed", "restarted", "renamed", "paused", "replaced", "engine", "engine anew", "network", "namespace"],
)
def test_what_happened_is_said_and_what_follows_is_not_listed(edit: Edit, sentences: list[str]) -> None:
    """A sentence for each thing that happened; the names of the sidecar's namespace follow from its owner's."""
    happened, rest = after(edit)
    assert [sentence for sentence in happened if sentence in sentences] == sentences
    assert {aspect for _, aspect, _ in rest} <= {"rules"}  # a network's own, which nothing connects with it here


BESIDES: dict[str, tuple[Edit, tuple[str, str, str]]] = {
    "rule": (drop_forwarding, ("host", "rules", "iptables-nft filter FORWARD")),
    "route": (lambda raw: space(raw)["routes"].append(route("192.0.2.0/24")), ("host", "routes", "main 192.0.2.0/24")),
    "sysctl": (
        lambda raw: space(raw)["sysctls"].update({"net.ipv4.ip_forward": "0"}),
        ("host", "sysctls", "net.ipv4.ip_forward"),
    ),
    "mtu": (lambda raw: space(raw)["links"][1].update(mtu=1400), ("host", "links", "docker0")),
    "interface": (lambda raw: space(raw)["links"].append(link("own", 9)), ("host", "links", "own")),
}


@pytest.mark.parametrize(("edit", "where"), BESIDES.values(), ids=BESIDES)
@pytest.mark.parametrize("happening", [remove, rename], ids=["removed", "renamed"])
def test_what_somebody_changed_besides_is_told(happening: Edit, edit: Edit, where: tuple[str, str, str]) -> None:
    """A container that went does not hide what has nothing to do with it."""
    assert where in after(happening, edit)[1]


def test_a_rule_about_a_container_that_went_is_told() -> None:
    """What came is no consequence of its going."""

    def add(raw: Raw) -> None:
        rules = space(raw)["netfilter"]["iptables"]["iptables-nft"]["filter"]["rules"]
        rules.append(rule("FORWARD", "-s 10.0.0.2/32 -j DROP"))

    assert ("host", "rules", "iptables-nft filter FORWARD") in after(remove, add)[1]


def test_an_interface_that_came_is_one_difference() -> None:
    """With its settings; an address that somebody gave it is another one."""

    def add(raw: Raw) -> None:
        space(raw)["links"].append(link("own", 9, details={"link_group": 0}, offloads=["rx-gro"]))
        space(raw)["sysctls"].update({"net.ipv4.conf.own.forwarding": "1", "net.ipv6.conf.own.mtu": "1500"})
        space(raw)["addresses"].append({"interface": "own", "address": "192.0.2.1/24", "scope": "global", "peer": ""})

    assert after(add) == ([], [("host", "addresses", "own 192.0.2.1/24"), ("host", "links", "own")])


NAT = {"address": "10.20.0.2", "mac": "02:42:0a:14:00:02", "gateway": "10.20.0.1"}


def join(raw: Raw) -> None:
    """The client is on the second network, too: an interface on each side, an address, a rule."""
    network = raw["host"]["engine"]["networks"][-1]
    container(raw)["networks"][network["name"]] = dict(NAT)
    inside, outside = link("eth1", 16, kind="veth", mac=NAT["mac"], peer_index=17), link("veth1234567", 17, kind="veth")
    space(raw, CLIENT)["links"].append({**inside, "details": {"link_group": 0}})
    space(raw, CLIENT)["addresses"].append(
        {"interface": "eth1", "address": "10.20.0.2/24", "scope": "global", "peer": ""}
    )
    space(raw, CLIENT)["sysctls"].update({"net.ipv4.conf.eth1.forwarding": "1"})
    space(raw)["links"].append(
        {**outside, "peer_index": 16, "master": f"br-{network['id'][:12]}", "details": {"link_group": 0}}
    )
    space(raw)["sysctls"].update({"net.ipv4.conf.veth1234567.forwarding": "1"})


def test_a_container_that_joined_a_network_is_told_in_a_line() -> None:
    """With its interface, and with its address."""
    network = lab()["host"]["engine"]["networks"][-1]["name"]
    assert after(join) == ([f"client is on {network} now, too."], [])


def both(*edits: Edit) -> tuple[list[str], list[tuple[str, str, str]]]:
    """What is told of edits to a lab whose client is on two networks."""
    raw = lab()
    join(raw)
    before = flatten(structure(raw))
    for edit in edits:
        edit(raw)
    found = fold(before, flatten(structure(raw)))
    happened = [str(item.after) for item in found if item.aspect == HAPPENED]
    return happened, [(item.place, item.aspect, item.key) for item in found if item.aspect != HAPPENED]


def leave(raw: Raw) -> None:
    """What `docker network disconnect` takes away."""
    name = raw["host"]["engine"]["networks"][-1]["name"]
    del container(raw)["networks"][name]
    for place in (HOST, CLIENT):
        where = space(raw, place)
        where["links"] = [item for item in where["links"] if item["name"] not in {"eth1", "veth1234567"}]
        where["addresses"] = [item for item in where["addresses"] if item["interface"] != "eth1"]
        gone = {"eth1", "veth1234567"}
        where["sysctls"] = {key: text for key, text in where["sysctls"].items() if not gone & set(key.split("."))}


def test_a_container_that_left_a_network_is_told_in_a_line() -> None:
    """And with the network itself only that is told: a network goes when it has no container any more."""
    network = lab()["host"]["engine"]["networks"][-1]["name"]
    assert both(leave) == ([f"client is no longer on {network}."], [])
    happened, rest = both(leave, lambda raw: raw["host"]["engine"]["networks"].pop())
    assert happened == [f"The network {network} is gone."]
    assert {aspect for _, aspect, _ in rest} <= {"rules"}  # its bridge's own, which nothing connects with it here


@pytest.mark.parametrize(("edit", "where"), BESIDES.values(), ids=BESIDES)
def test_a_network_that_a_container_left_hides_nothing_else(edit: Edit, where: tuple[str, str, str]) -> None:
    """As little as a container that went."""
    assert where in both(leave, edit)[1]


def test_dns_servers_of_an_engine_go_with_it() -> None:
    """They listen in its containers' namespaces; another socket that is gone there is told."""
    raw = lab()
    for address, port in (("127.0.0.11", 40001), ("10.0.0.2", 80)):
        space(raw, CLIENT)["sockets"].append({"proto": "tcp", "address": address, "port": port, "uid": 0})
    before = flatten(structure(raw))
    raw["host"]["engine"].update(answers=False, version="", dockerd=[], containers=[], networks=[])
    space(raw, CLIENT)["sockets"].clear()
    found = [(item.aspect, item.key) for item in fold(before, flatten(structure(raw)))]
    assert ("sockets", "tcp 10.0.0.2:80") in found
    assert not [key for _, key in found if "127.0.0.11" in key]


def _dns_rules(port: int, *more: Raw) -> Raw:
    ways = [f"-d 127.0.0.11/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.11:{port}"]
    ways += [f"-s 127.0.0.11/32 -p udp -m udp --sport {port} -j SNAT --to-source :53"]
    return {
        "iptables-nft": {
            "nat": snapshots.table([*(rule("DOCKER_OUTPUT", way) for way in ways), *more], DOCKER_OUTPUT="")
        }
    }


def test_rules_for_the_ports_of_a_dns_server_follow_from_its_restart() -> None:
    """It chooses them anew; a rule that somebody wrote besides is told."""
    raw = lab()
    space(raw, CLIENT)["netfilter"]["iptables"] = _dns_rules(40001)
    before = flatten(structure(raw))
    container(raw).update(started="2025-01-02T00:00:00Z")
    space(raw, CLIENT)["netfilter"]["iptables"] = _dns_rules(40002)
    assert [item.aspect for item in fold(before, flatten(structure(raw)))] == [HAPPENED]
    mine = rule("DOCKER_OUTPUT", "-d 127.0.0.11/32 -j DROP")
    space(raw, CLIENT)["netfilter"]["iptables"] = _dns_rules(40002, mine)
    assert [item.aspect for item in fold(before, flatten(structure(raw)))] == [HAPPENED, "rules"]


def test_rules_written_anew_in_another_order_follow_from_a_restart() -> None:
    """Those of the container; others that moved are told."""
    raw = lab()
    rules = space(raw)["netfilter"]["iptables"]["iptables-nft"]["filter"]["rules"]
    rules += [rule("DOCKER", "-d 10.0.0.9/32 -j ACCEPT"), rule("DOCKER", "-d 10.0.0.0/8 -j DROP")]
    before = flatten(structure(raw))
    container(raw).update(started="2025-01-02T00:00:00Z")
    rules.append(rules.pop(2))
    assert [item.aspect for item in fold(before, flatten(structure(raw)))] == [HAPPENED]
    rules[-2], rules[-3] = rules[-3], rules[-2]
    assert [item.aspect for item in fold(before, flatten(structure(raw)))] == [HAPPENED, "rules"]


def _nat(*more: str) -> dict[str, list[str]]:
    start = "table ip nat chain POSTROUTING"
    return {start: ["type nat hook postrouting priority srcnat; policy accept;", *more]}


@pytest.mark.parametrize(
    ("now", "rest"),
    [
        (["ip saddr 10.0.0.0/8 masquerade"], []),
        (["masquerade"], [("host", "rules", "nftables table ip nat chain POSTROUTING")]),
    ],
    ids=["an equal rule", "another rule"],
)
def test_a_table_that_iptables_cannot_show_any_more_is_compared_in_the_other_form(
    now: list[str], rest: list[Any]
) -> None:
    """A rule written with nft hides all of a table from iptables; the others are not gone by that."""
    raw = lab()
    space(raw)["netfilter"]["printed"] = {"table ip nat": [], **_nat("ip saddr 10.0.0.0/8 masquerade")}
    before = flatten(structure(raw))
    space(raw)["netfilter"]["iptables"]["iptables-nft"]["nat"] = {"chains": {}, "rules": [], "foreign": True}
    space(raw)["netfilter"]["nft"] = {"table ip nat": [], **_nat(*now)}
    space(raw)["netfilter"]["printed"] = {"table ip nat": [], **_nat(*now)}
    found = fold(before, flatten(structure(raw)))
    said = "iptables can no longer show or change table nat of host: something was written into it with nft."
    assert [item.after for item in found if item.aspect == HAPPENED] == [said]
    assert [(item.place, item.aspect, item.key) for item in found if item.aspect != HAPPENED] == rest
    assert compare(before, flatten(structure(raw))), "whoever puts the state back has it to put back, too"


def test_a_firewall_that_cannot_be_read_is_no_firewall_without_rules() -> None:
    """It is said once, with what the tool said, and nothing is said of its rules."""

    def lose_nft(raw: Raw) -> None:
        for place in (HOST, CLIENT):
            space(raw, place)["netfilter"] = {"iptables": {}, "nft": {}, "unread": ["/bin/sh: nft: not found"]}

    happened, rest = after(lose_nft)
    assert happened == ["The firewall cannot be read, and was not compared: /bin/sh: nft: not found."]
    assert rest == []


def test_what_could_not_be_read_is_not_named_as_compared() -> None:
    """Nobody vouches for it."""
    assert "firewall" in sentence()
    assert "firewall" not in sentence({"firewall"})
    assert sentence({"firewall"}).endswith("files and programs.")


def test_everything_compared_is_of_a_kind_that_is_named() -> None:
    """Whoever says what was compared leaves nothing out, and names nothing that is not there."""
    raw = lab()
    host: Raw = space(raw, HOST)
    host.update(labels=["prefix ::/0 label 1"], nexthops=["id 1 dev eth0"], xfrm=["src ::/0 dst ::/0 dir out"])
    host.update(traffic_control=["eth0 qdisc tbf"])
    host["links"][0].update(offloads=["rx-gro"])
    host["neighbours"][0].update(state="PERMANENT")
    host["netfilter"]["iptables"]["iptables-nft"]["raw"] = snapshots.table([], OUTPUT="ACCEPT")
    aspects = {aspect for _, aspect, _ in flatten(structure(raw))}
    assert aspects == {aspect for several in KINDS.values() for aspect in several}
    assert all(kind in SENTENCE for kind in KINDS)


def test_agents_write_the_format_that_is_read() -> None:
    """A snapshot that was kept is told from those of other versions by it."""
    assert agents.FORMAT == FORMAT
