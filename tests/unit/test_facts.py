"""What differs between two snapshots shows, in lines people can read; what moves by itself does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof.facts import Difference, Flat, compare, flatten, normalise, structure
from netproof.facts.normalize import _in_order
from tests.unit import snapshots
from tests.unit.snapshots import CLIENT, Raw, link, route, rule, space

Edit = Callable[[Raw], object]


def differences(edit: Edit) -> list[Difference]:
    """What shows when a lab is edited."""
    raw = snapshots.lab()
    before = flatten(structure(raw))
    edit(raw)
    return compare(before, flatten(structure(raw)))


def shown(edit: Edit) -> dict[tuple[str, str, str], list[str]]:
    """The differences as {(place, aspect, key): lines}."""
    return {(item.place, item.aspect, item.key): item.lines for item in differences(edit)}


def test_a_snapshot_survives_a_file() -> None:
    """What was read from a file is what was sent."""
    raw = snapshots.lab()
    assert structure(json.loads(json.dumps(raw))) == structure(raw)


def test_two_snapshots_of_a_lab_at_rest_are_equal() -> None:
    """Nothing shows when nothing was changed."""
    assert shown(lambda _: None) == {}


# What does not show


def neighbour(state: str, address: str = "10.0.0.9", mac: str = "02:00:00:00:00:99") -> Raw:
    return {"interface": "docker0", "address": address, "mac": mac, "state": state}


def forwarding(state: str, mac: str = "02:00:00:00:00:99") -> Raw:
    return {"interface": "docker0", "mac": mac, "state": state, "where": "master", "remote": "", "vlan": 0}


def address(text: str, scope: str) -> Raw:
    return {"interface": "docker0", "address": text, "scope": scope, "peer": ""}


def count(raw: Raw) -> None:
    """Every counter moves."""
    for item in space(raw)["links"]:
        item.update(rx_packets=7, tx_packets=8, rx_dropped=9, tx_dropped=10)
    for table in space(raw)["netfilter"]["iptables"]["iptables-nft"].values():
        for item in [*table["rules"], *table["chains"].values()]:
            item.update(packets=11, bytes=1200)


def renumber(raw: Raw) -> None:
    """Every interface gets another index."""
    for place in (snapshots.HOST, CLIENT):
        for item in space(raw, place)["links"]:
            item["index"] += 100
            item["peer_index"] = item["peer_index"] and item["peer_index"] + 100


def flow(raw: Raw) -> None:
    """A connection is tracked."""
    end = {"proto": "tcp", "src": "10.0.0.2", "dst": "203.0.113.1", "sport": 40000, "dport": 80}
    space(raw)["flows"].append({"original": end, "reply": end, "state": "ESTABLISHED", "mark": 0})


QUIET: dict[str, Edit] = {
    "counters": count,
    "indices": renumber,
    "flows": flow,
    "a reachable neighbour": lambda raw: space(raw)["neighbours"].append(neighbour("REACHABLE")),
    "a stale neighbour": lambda raw: space(raw)["neighbours"].append(neighbour("STALE")),
    "a failed neighbour": lambda raw: space(raw)["neighbours"].append(neighbour("FAILED", mac="")),
    "a forgotten neighbour": lambda raw: space(raw)["neighbours"].clear(),
    "a learned FDB entry": lambda raw: space(raw)["fdb"].append(forwarding("REACHABLE")),
    "a multicast FDB entry": lambda raw: space(raw)["fdb"].append(forwarding("PERMANENT", "33:33:00:00:00:01")),
    "a link-local address": lambda raw: space(raw)["addresses"].append(address("fe80::1/64", "link")),
    "IPv6's own routes": lambda raw: space(raw)["routes"].append(route("ff00::/8", protocol="kernel", table="local")),
    "a broadcast route": lambda raw: space(raw)["routes"].append(
        route("10.255.255.255/32", type="broadcast", protocol="kernel", table="local")
    ),
}


@pytest.mark.parametrize("edit", QUIET.values(), ids=QUIET)
def test_what_moves_by_itself_does_not_show(edit: Edit) -> None:
    """What is learned, counted or numbered by the kernel is no difference."""
    assert shown(edit) == {}


# What shows


def filter_table(raw: Raw) -> Raw:
    found: Raw = space(raw)["netfilter"]["iptables"]["iptables-nft"]["filter"]
    return found


def set_sysctl(raw: Raw) -> None:
    space(raw)["sysctls"]["net.ipv4.ip_forward"] = "0"


def set_policy(raw: Raw) -> None:
    filter_table(raw)["chains"]["FORWARD"]["policy"] = "ACCEPT"


def change_link(**changes: Any) -> Edit:
    """docker0 is changed."""
    return lambda raw: space(raw)["links"][1].update(changes)


def change_container(**changes: Any) -> Edit:
    return lambda raw: raw["host"]["engine"]["containers"][0].update(changes)


QDISC = {"interface": "docker0", "kind": "netem", "handle": "8001:", "parent": 0xFFFFFFFF}
POLICY = {"family": "ip", "priority": 100, "table": "7", "action": 1, "match": {"from": "10.0.0.2/32"}}
SOCKET = {"proto": "udp", "address": "127.0.0.1", "port": 53, "uid": 7}

LOUD: dict[str, tuple[Edit, tuple[str, str, str], list[str]]] = {
    "a sysctl": (set_sysctl, ("host", "sysctls", "net.ipv4.ip_forward"), ["- 1", "+ 0"]),
    "a permanent neighbour": (
        lambda raw: space(raw)["neighbours"].append(neighbour("PERMANENT")),
        ("host", "neighbours", "docker0 10.0.0.9"),
        ["+ 02:00:00:00:00:99"],
    ),
    "a permanent FDB entry": (
        lambda raw: space(raw)["fdb"].append(forwarding("PERMANENT")),
        ("host", "fdb", "docker0 02:00:00:00:00:99 master"),
        ["+ present"],
    ),
    "a rule removed": (
        lambda raw: filter_table(raw)["rules"].pop(0),
        ("host", "rules", "iptables-nft filter FORWARD"),
        ["- -o docker0 -j DOCKER"],
    ),
    "a rule added": (
        lambda raw: filter_table(raw)["rules"].append(rule("FORWARD", "-j DROP")),
        ("host", "rules", "iptables-nft filter FORWARD"),
        ["+ -j DROP"],
    ),
    "a chain policy": (set_policy, ("host", "policies", "iptables-nft filter FORWARD"), ["- DROP", "+ ACCEPT"]),
    "a table of somebody's own": (
        lambda raw: space(raw)["netfilter"]["nft"].update({"table inet mine chain mid": ["tcp flags syn drop"]}),
        ("host", "rules", "nftables table inet mine chain mid"),
        ["+ tcp flags syn drop"],
    ),
    "an empty table of somebody's own": (
        lambda raw: space(raw)["netfilter"]["nft"].update({"table inet mine": []}),
        ("host", "rules", "nftables table inet mine"),
        ["+ (empty)"],
    ),
    "an empty table of iptables": (
        lambda raw: space(raw)["netfilter"]["iptables"]["iptables-nft"].update(
            security=snapshots.table([], INPUT="ACCEPT", OUTPUT="ACCEPT")
        ),
        ("host", "tables", "iptables-nft security"),
        ["+ empty"],
    ),
    "metrics of a route": (
        lambda raw: space(raw)["routes"][0].update(attributes={"mtu": "lock 1300", "advmss": "900"}),
        ("host", "routes", "main 10.0.0.0/8 docker0"),
        [
            "- unicast src=10.0.0.1 scope=link proto=kernel",
            "+ unicast src=10.0.0.1 scope=link proto=kernel mtu=lock 1300 advmss=900",
        ],
    ),
    "an address that ends": (
        lambda raw: space(raw)["addresses"][0].update(flags=["valid_lft limited"]),
        ("host", "addresses", "docker0 10.0.0.1/8"),
        ["- global", "+ global valid_lft limited"],
    ),
    "an address label": (
        lambda raw: space(raw)["labels"].append("prefix 2001:db8::/32 label 77"),
        ("host", "address labels", "2001:db8::/32"),
        ["+ 77"],
    ),
    "a policy that blocks": (
        lambda raw: space(raw)["xfrm"].append("src 10.0.0.0/8 dst 10.1.0.0/16 dir out action block"),
        ("host", "xfrm", "src 10.0.0.0/8 dst 10.1.0.0/16 dir out action block"),
        ["+ present"],
    ),
    "what an interface does itself": (
        change_link(offloads=["rx-gro"]),
        ("host", "offloads", "docker0"),
        ["+ rx-gro"],
    ),
    "how fast a queue is emptied": (
        lambda raw: space(raw)["traffic_control"].append("docker0 qdisc tbf auto: root rate 1Mbit"),
        ("host", "traffic control", "docker0"),
        ["+ qdisc tbf auto: root rate 1Mbit"],
    ),
    "a broadcast address that is not its subnet's": (
        lambda raw: space(raw)["addresses"][0].update(broadcast="10.0.0.7"),
        ("host", "addresses", "docker0 10.0.0.1/8"),
        ["- global", "+ global brd 10.0.0.7"],
    ),
    "a neighbour that is never asked for": (
        lambda raw: space(raw)["neighbours"].append(neighbour("NOARP")),
        ("host", "neighbours", "docker0 10.0.0.9"),
        ["+ 02:00:00:00:00:99"],
    ),
    "an address answered for": (
        lambda raw: space(raw)["proxies"].append("10.0.0.77 dev docker0"),
        ("host", "neighbours", "docker0 10.0.0.77 proxy"),
        ["+ answered for"],
    ),
    "a rule of routes that refuses a mark": (
        lambda raw: space(raw)["policies"].append(
            {**POLICY, "action": 8, "table": "0", "match": {"fwmark": 7, "fwmask": 255}}
        ),
        ("host", "ip rules", "ip 100 fwmark 0x7/0xff"),
        ["+ prohibit"],
    ),
    "a rule of routes that looks elsewhere": (
        lambda raw: space(raw)["policies"].append(
            {**POLICY, "action": 1, "match": {"fwmark": 7, "fwmask": 0xFFFFFFFF}}
        ),
        ("host", "ip rules", "ip 100 fwmark 0x7"),
        ["+ lookup 7"],
    ),
    "a line of a container's file": (
        lambda raw: raw["host"]["engine"]["containers"][0]["files"]["/etc/hosts"].append("192.0.2.1 stock"),
        ("client", "files", "/etc/hosts"),
        ["+ 192.0.2.1 stock"],
    ),
    "a program that was moved": (
        lambda raw: raw["host"]["programs"].pop("/usr/sbin/ip"),
        ("host", "programs", "/usr/sbin/ip"),
        ["- mode 755"],
    ),
    "a restart policy": (
        change_container(settings={"restart": "always"}),
        ("host", "containers", "client restart"),
        ["+ always"],
    ),
    "a process that was stopped": (
        change_container(halted=["socat"]),
        ("host", "containers", "client stopped processes"),
        ["+ socat"],
    ),
    "a process of the lab host that was stopped": (
        lambda raw: raw["host"]["engine"].update(halted=["docker-proxy"]),
        ("host", "servers", "stopped processes"),
        ["+ docker-proxy"],
    ),
    "a qdisc": (
        lambda raw: space(raw)["qdiscs"].append(QDISC),
        ("host", "qdiscs", "docker0 root"),
        ["+ netem"],
    ),
    "a blackhole route": (
        lambda raw: space(raw)["routes"].append(route("203.0.113.0/24", type="blackhole")),
        ("host", "routes", "main 203.0.113.0/24"),
        ["+ blackhole scope=global proto=boot"],
    ),
    "a route removed": (
        lambda raw: space(raw, CLIENT)["routes"].clear(),
        ("client", "routes", "main 0.0.0.0/0 eth0 10.0.0.1"),
        ["- unicast scope=global proto=boot"],
    ),
    "an ip rule": (
        lambda raw: space(raw)["policies"].append(POLICY),
        ("host", "ip rules", "ip 100 from 10.0.0.2/32"),
        ["+ lookup 7"],
    ),
    "a listening socket": (
        lambda raw: space(raw)["sockets"].append(SOCKET),
        ("host", "sockets", "udp 127.0.0.1:53"),
        ["+ uid 7"],
    ),
    "an address": (
        lambda raw: space(raw)["addresses"].append(address("192.0.2.1/24", "global")),
        ("host", "addresses", "docker0 192.0.2.1/24"),
        ["+ global"],
    ),
    "a container's identity": (
        change_container(id="f" * 64),
        ("host", "containers", "client identity"),
        [
            "- aaaaaaaaaaaa started 2025-01-01T00:00:05Z",
            "+ ffffffffffff started 2025-01-01T00:00:05Z",
        ],
    ),
    "a container that stopped": (
        change_container(state="exited"),
        ("host", "containers", "client"),
        ["- running netproof/node bridge", "+ exited netproof/node bridge"],
    ),
    "a server that died": (
        lambda raw: raw["host"]["spawned"]["web"].update(alive=False),
        ("host", "servers", "web"),
        ["- running", "+ dead"],
    ),
}


@pytest.mark.parametrize(("edit", "where", "lines"), LOUD.values(), ids=LOUD)
def test_what_somebody_changed_shows(edit: Edit, where: tuple[str, str, str], lines: list[str]) -> None:
    """A change shows once, where it was made, as a line for what was and a line for what is."""
    assert shown(edit) == {where: lines}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"mac": "02:00:00:00:00:77"}, "mac=02:00:00:00:00:77"),
        ({"promiscuity": 1, "flags": ["UP", "PROMISC"]}, "flags=PROMISC,UP"),
        ({"mtu": 1400}, "mtu=1400"),
        ({"operstate": "DOWN"}, "operstate=DOWN"),
        ({"txqlen": 1}, "txqlen=1"),
        ({"master": "br0"}, "master=br0"),
        ({"xdp": True}, "xdp=True"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_changed_interface_shows(changes: Raw, word: str) -> None:
    """Whatever is changed of an interface shows as the line of before and the line of after."""
    lines = shown(change_link(**changes))["host", "links", "docker0"]
    assert [line[0] for line in lines] == ["-", "+"]
    assert word not in lines[0].split()
    assert word in lines[1].split()


@pytest.mark.parametrize(
    ("changes", "key", "line"),
    [
        ({"details": {"vlan_filtering": 1}}, "docker0 vlan_filtering", "+ 1"),
        ({"port": {"isolated": 1}}, "docker0 port isolated", "+ 1"),
    ],
)
def test_each_setting_of_a_kind_of_interface_shows_for_itself(changes: Raw, key: str, line: str) -> None:
    """A bridge has some forty: the one that was changed is told."""
    assert shown(change_link(**changes)) == {("host", "links", key): [line]}


@pytest.mark.parametrize(
    ("mac", "flags"),
    [
        ("33:33:00:00:00:01", ["UP"]),
        ("ff:ff:ff:ff:ff:ff", ["UP"]),
        ("", ["UP"]),
        ("02:00:00:00:00:99", ["UP", "NOARP"]),
    ],
    ids=["a group", "everybody", "nobody", "asks nobody"],
)
def test_neighbours_that_the_kernel_made_itself_do_not_show(mac: str, flags: list[str]) -> None:
    """They come with the first packet to a group, and on interfaces that never ask."""
    raw = snapshots.lab()
    space(raw)["links"][1].update(flags=flags)
    before = flatten(structure(raw))
    space(raw)["neighbours"].append({**neighbour("NOARP"), "mac": mac})
    assert compare(before, flatten(structure(raw))) == []


def test_a_broadcast_address_that_the_kernel_has_anyway_does_not_show() -> None:
    """A subnet's last address is one, whether it was given or not."""
    assert shown(lambda raw: space(raw)["addresses"][0].update(broadcast="10.255.255.255")) == {}


@pytest.mark.parametrize("queue", [None, 0, 1000])
def test_a_queue_of_the_kernels_own_does_not_show(queue: int | None) -> None:
    """The kernel gives one of 1000 to an interface that gets a queueing discipline, and leaves it when that goes."""
    assert shown(change_link(txqlen=queue)) == {}


def test_a_rule_that_moved_shows() -> None:
    """Rules in another order are told as one that left its place and came back at another."""
    lines = shown(lambda raw: filter_table(raw)["rules"].reverse())
    assert len(lines) == 1
    moved = lines["host", "rules", "iptables-nft filter FORWARD"]
    assert sorted(line[0] for line in moved) == ["+", "-"]
    assert len({line[2:] for line in moved}) == 1


def test_a_namespace_that_is_gone_shows() -> None:
    """Every fact of it is told as removed."""
    gone = shown(lambda raw: raw["host"]["namespaces"].pop(CLIENT))
    assert ("client", "routes", "main 0.0.0.0/0 eth0 10.0.0.1") in gone
    assert {line[0] for (place, _, _), lines in gone.items() if place == "client" for line in lines} == {"-"}


def test_an_engine_that_died_does_not_claim_its_containers_are_gone() -> None:
    """What a dead engine cannot tell is not told as a difference; that it does not answer is."""

    def die(raw: Raw) -> None:
        raw["host"]["engine"].update(answers=False, version="", dockerd=[], containers=[], networks=[])

    found = shown(die)
    assert found["host", "engine", "answers"] == ["- yes", "+ no"]
    assert {aspect for _, aspect, _ in found} == {"engine"}


# Names


def test_veths_are_called_by_what_they_lead_to() -> None:
    """The host's end of a container's veth has a random name, which is not shown anywhere."""
    flat = flatten(structure(snapshots.lab()))
    assert ("host", "links", "veth(client:eth0)") in flat
    assert ("host", "sysctls", "net.ipv4.conf.veth(client:eth0).forwarding") in flat
    assert "veth12ab34c" not in repr(flat)


def test_interfaces_named_by_people_keep_their_names() -> None:
    """A veth that somebody named is called so."""
    raw = snapshots.lab(veth="to-client")
    assert ("host", "links", "to-client") in flatten(structure(raw))


def test_places_are_called_as_people_call_them() -> None:
    """Containers and outsiders by name, hidden namespaces by host and file, the lab host by its own."""
    raw = snapshots.lab()
    spaces = raw["host"]["namespaces"]
    for place in ("netns:outsider", "path:/run/docker/netns/1-abc"):
        spaces[place] = snapshots.namespace(links=[link("lo", 1)])
    assert {place for place, _, _ in flatten(structure(raw))} == {"host", "client", "outsider", "host/1-abc"}


def test_hidden_namespaces_of_two_hosts_are_told_apart() -> None:
    """An overlay's file has one name on every host; what is in one is not what is in the other."""
    raw = two_nodes()
    flat = flatten(structure(raw))
    raw["node2"]["namespaces"][f"{NETNS}1-{'o' * 10}"]["links"][0]["mtu"] = 1400
    (found,) = compare(flat, flatten(structure(raw)))
    assert (found.place, found.aspect, found.key) == (f"node2/1-{'o' * 10}", "links", "br0")


# Two builds of one definition

REBUILT: dict[str, Any] = {"veth": "veth99ff00d", "mac": 9, "identity": "b", "network": "d"}


def normal(raw: Raw) -> Flat:
    return normalise(structure(raw))


def test_two_builds_of_one_definition_are_equal_when_normalised() -> None:
    """MACs, ids, random names, start times and processes are chosen anew; nothing else differs."""
    first, second = snapshots.lab(), snapshots.lab(**REBUILT)
    assert compare(flatten(structure(first)), flatten(structure(second)))
    assert compare(normal(first), normal(second)) == []


@pytest.mark.parametrize(
    "edit",
    [
        set_sysctl,
        set_policy,
        lambda raw: filter_table(raw)["rules"].pop(),
        lambda raw: filter_table(raw)["rules"].reverse(),
        lambda raw: space(raw)["routes"].append(route("203.0.113.0/24", type="blackhole")),
        lambda raw: space(raw)["neighbours"].append(neighbour("PERMANENT")),
        change_link(mtu=1400),
        change_container(image="other"),
        lambda raw: raw["host"]["engine"].update(version="28.5.2"),
    ],
    ids=["sysctl", "policy", "rule", "order of rules", "route", "neighbour", "mtu", "image", "engine"],
)
def test_normalising_hides_no_change(edit: Edit) -> None:
    """What makes one build differ from another shows in spite of all that is chosen anew."""
    changed = snapshots.lab(**REBUILT)
    edit(changed)
    assert len(compare(normal(snapshots.lab()), normal(changed))) == 1


def test_a_mac_on_two_hosts_is_each_hosts_own() -> None:
    """Hosts make the MACs of a network that each of them has of its addresses: which container has which, is chance."""

    def gateways(one: tuple[str, str], two: tuple[str, str]) -> Raw:
        """Two hosts, each with two containers, whose MACs these are."""
        return {
            host: {
                **snapshots.lab()["host"],
                "namespaces": {"host": snapshots.namespace()}
                | {
                    f"container:{name}-{host}": snapshots.namespace(links=[link("eth1", 7, kind="veth", mac=mac)])
                    for name, mac in zip(("a", "b"), macs, strict=True)
                },
            }
            for host, macs in (("node1", one), ("node2", two))
        }

    second, third = "02:42:ac:12:00:02", "02:42:ac:12:00:03"
    first = normal(gateways((second, third), (third, second)))
    assert compare(first, normal(gateways((third, second), (third, second)))) == []
    assert "mac(b-node2:eth1)" in first["b-node2", "links", "eth1"]


A80 = "-d 10.1.0.2/32 ! -i br0 -o br0 -p tcp -m tcp --dport 80 -j ACCEPT"
A82 = "-d 10.1.0.2/32 ! -i br0 -o br0 -p tcp -m tcp --dport 82 -j ACCEPT"
B80 = "-d 10.1.0.3/32 ! -i br0 -o br0 -p tcp -m tcp --dport 80 -j ACCEPT"
DROP = "! -i br0 -o br0 -j DROP"
TO80 = "! -i br0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.1.0.2:80"
TO82 = "-d 127.0.0.1/32 ! -i br0 -p tcp -m tcp --dport 8082 -j DNAT --to-destination 10.1.0.2:82"
TO90 = "! -i br0 -p udp -m udp --dport 9000 -j DNAT --to-destination 10.1.0.2:9000"
ELSEWHERE = "-d 127.0.0.1/32 ! -i br0 -p tcp -m tcp --dport 8083 -j DNAT --to-destination 10.1.0.3:82"


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ((A80, A82, DROP), (A82, A80, DROP), True),
        ((TO80, TO82, TO90), (TO90, TO80, TO82), True),
        ((TO82, ELSEWHERE), (ELSEWHERE, TO82), False),
        ((A80, B80), (B80, A80), False),
        ((A80, DROP), (DROP, A80), False),
        ((A80, A82), (A80,), False),
        (("-j RETURN", DROP), (DROP, "-j RETURN"), False),
    ],
)
def test_only_the_ports_of_one_container_have_no_order(
    one: tuple[str, ...], other: tuple[str, ...], *, equal: bool
) -> None:
    """Rules of one container's ports may come in any order; everything else has the order the kernel asks them in."""
    assert (_in_order(one) == _in_order(other)) is equal


def test_normalised_text_calls_macs_and_bridges_by_what_they_belong_to() -> None:
    """A MAC is called by its interface, and a network's bridge by the network."""
    flat = normal(snapshots.lab())
    assert flat["host", "containers", "client on bridge"] == "10.0.0.2 mac(client:eth0)"
    assert "-i br-(second) -j ACCEPT" in flat["host", "rules", "iptables-nft filter FORWARD"]


def test_a_mac_that_belongs_to_nothing_is_kept() -> None:
    """A forged neighbour entry does not become anonymous."""
    raw = snapshots.lab()
    space(raw)["neighbours"].append(neighbour("PERMANENT"))
    assert normal(raw)["host", "neighbours", "docker0 10.0.0.9"] == "02:00:00:00:00:99"


# Two builds of a swarm

NETNS = "path:/run/docker/netns/"


def node(number: int, overlay: str, balancer: int, seed: int) -> Raw:
    """A node of a swarm with an overlay, its load balancer, and a container with the engine's DNS in it."""
    raw: Raw = snapshots.lab()["host"]
    tunnel, port, eth0 = (f"02:42:{seed:02x}:00:{number:02x}:{last:02x}" for last in (5 + seed % 2, 6 - seed % 2, 9))
    inside = snapshots.namespace(
        links=[
            link("br0", 2, kind="bridge", mac=min(tunnel, port)),
            link("vxlan0", 3, kind="vxlan", mac=tunnel, master="br0"),
            link("veth0", 4, kind="veth", mac=port, master="br0"),
        ],
        fdb=[{**forwarding("PERMANENT", port), "interface": "veth0"}],
    )
    lb = snapshots.namespace(
        links=[link("eth0", 5, mac=eth0)],
        addresses=[{"interface": "eth0", "address": f"10.1.0.{balancer}/24", "scope": "global", "peer": ""}],
    )
    dns, asked = 40_000 + seed, 50_000 + seed
    nat = [
        rule("DOCKER_OUTPUT", f"-d 127.0.0.11/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.11:{dns}"),
        rule("DOCKER_POSTROUTING", f"-s 127.0.0.11/32 -p tcp -m tcp --sport {asked} -j SNAT --to-source :53"),
    ]
    client = raw["namespaces"][CLIENT]
    client["sockets"] = [
        {"proto": proto, "address": "127.0.0.11", "port": number, "uid": 0}
        for proto, number in (("udp", dns), ("tcp", asked))
    ]
    client["netfilter"]["iptables"]["iptables-nft"] = {
        "nat": snapshots.table(nat, DOCKER_OUTPUT="", DOCKER_POSTROUTING="")
    }
    raw["namespaces"] |= {f"{NETNS}1-{overlay[:10]}": inside, f"{NETNS}lb_{overlay[:9]}": lb}
    known = {"name": "across", "id": overlay * 2, "driver": "overlay", "internal": False, "subnets": [], "options": {}}
    raw["engine"]["networks"].append(known)
    raw["engine"]["containers"][0]["mode"] = f"container:{raw['engine']['containers'][0]['id']}"
    return raw


def two_nodes(overlay: str = "o" * 12, *, swapped: bool = False, seed: int = 1) -> Raw:
    nodes = {
        "node1": node(1, overlay, 3 if swapped else 2, seed),
        "node2": node(2, overlay, 2 if swapped else 3, seed + 2),
    }
    del nodes["node2"]["namespaces"][CLIENT]  # one container in the lab has the name
    return nodes


def edited(edit: Edit) -> int:
    """How many differences a change of the second build makes."""
    second = two_nodes("n" * 12, swapped=True, seed=8)
    edit(second)
    return len(compare(normal(two_nodes()), normal(second)))


def inner(raw: Raw) -> Raw:
    found: Raw = raw["node2"]["namespaces"][f"{NETNS}1-{'n' * 10}"]
    return found


def client_rules(raw: Raw) -> list[Raw]:
    found: list[Raw] = raw["node1"]["namespaces"][CLIENT]["netfilter"]["iptables"]["iptables-nft"]["nat"]["rules"]
    return found


def test_two_builds_of_a_swarm_are_equal_when_normalised() -> None:
    """Ids of overlays, ports of the engine's DNS, MACs that bridges borrow, addresses of load balancers."""
    assert compare(flatten(structure(two_nodes())), flatten(structure(two_nodes("n" * 12, swapped=True, seed=8))))
    assert edited(lambda _: None) == 0


@pytest.mark.parametrize(
    "edit",
    [
        lambda raw: inner(raw)["links"][1].update(mtu=1400),
        lambda raw: inner(raw)["fdb"].clear(),
        lambda raw: client_rules(raw).pop(),
        lambda raw: client_rules(raw)[0].update(rule=client_rules(raw)[0]["rule"].replace(":40008", ":40009")),
        lambda raw: raw["node1"]["namespaces"][CLIENT]["sockets"].pop(),
        lambda raw: raw["node1"]["namespaces"][CLIENT]["addresses"].append(address("10.1.0.9/24", "global")),
        lambda raw: inner(raw)["links"][0].update(mac="02:00:00:00:00:77"),
    ],
    ids=["mtu", "fdb", "rule", "a port nobody listens on", "socket", "address", "a MAC that is no port's"],
)
def test_normalising_a_swarm_hides_no_change(edit: Edit) -> None:
    """What is named anew is still compared."""
    assert edited(edit) >= 1


# Any two

VALUES = st.text(min_size=1, max_size=3) | st.lists(st.sampled_from("abc"), max_size=4).map(tuple)
FLATS = st.dictionaries(st.tuples(*[st.sampled_from("xy")] * 3), VALUES, max_size=6)


@given(FLATS)
def test_nothing_differs_from_itself(flat: Flat) -> None:
    """A snapshot compared with itself shows nothing."""
    assert compare(flat, dict(flat)) == []


@given(FLATS, FLATS)
def test_the_other_way_round_before_and_after_change_places(one: Flat, other: Flat) -> None:
    """What came in one direction went in the other."""
    forth = [(item.place, item.aspect, item.key, item.before, item.after) for item in compare(one, other)]
    back = [(item.place, item.aspect, item.key, item.after, item.before) for item in compare(other, one)]
    assert forth == back


@given(FLATS, FLATS)
def test_every_difference_is_in_order_and_about_one_key(one: Flat, other: Flat) -> None:
    """Differences come sorted, each for a key whose value is not the same on both sides."""
    keys = [(item.place, item.aspect, item.key) for item in compare(one, other)]
    assert keys == sorted(set(keys))
    assert set(keys) == {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


@given(FLATS, FLATS)
def test_lines_hold_what_was_and_what_is(one: Flat, other: Flat) -> None:
    """Lines that went were in the value before, lines that came are in the one after."""
    for item in compare(one, other):
        for line in item.lines:
            value = item.before if line.startswith("- ") else item.after
            assert line[2:] in ((value or ("(empty)",)) if isinstance(value, tuple) else [value])
