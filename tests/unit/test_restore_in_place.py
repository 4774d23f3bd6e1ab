"""What differs from the state after `up` is put back by commands in its namespace, and nothing else is touched."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, field

from netproof.practice.restore.in_place import mend
from tests.unit import snapshots
from tests.unit.snapshots import CLIENT, HOST, Raw, link, route, rule, space, table

Change = Callable[[Raw], object]
VETH = "veth12ab34c"


@define
class _Agent:
    """Notes what it is asked to run: a script, or rules for iptables-restore, by place."""

    scripts: dict[str, list[str]] = field(factory=dict)
    restored: dict[tuple[str, str], str] = field(factory=dict)

    def call(self, what: str, **about: Any) -> None:
        assert what == "run"
        if isinstance(about["command"], str):
            self.scripts[about["place"]] = about["command"].splitlines()
        else:
            tool, wait = about["command"]
            assert wait == "-w"
            self.restored[about["place"], tool] = about["stdin"]


def mended(before: Raw, now: Raw) -> _Agent:
    """What is run to get from now to before."""
    agent = _Agent()
    lab: Any = type("Lab", (), {"snapshot": lambda _: now, "agent": lambda *_: agent})()
    mend(lab, before)
    return agent


def commands(change: Change, place: str = HOST, base: Change = lambda _: None) -> list[str]:
    """The commands in a namespace that changed; a command that fails does not stop the others."""
    before = snapshots.lab()
    base(space(before, place))
    now = copy.deepcopy(before)
    change(space(now, place))
    agent = mended(before, now)
    assert agent.restored == {}
    script = agent.scripts.pop(place, [])
    assert all(_is_kept(line) for lines in agent.scripts.values() for line in lines)
    assert all(line.endswith(" || true") for line in script)
    return [line.removesuffix(" || true") for line in script]


def restored(change: Change, base: Change = lambda _: None) -> dict[tuple[str, str], str]:
    """What iptables-restore is fed, by place and tool, when the host's rules changed."""
    before = snapshots.lab()
    base(space(before)["netfilter"]["iptables"])
    now = copy.deepcopy(before)
    change(space(now)["netfilter"]["iptables"])
    agent = mended(before, now)
    assert all(_is_kept(line) for lines in agent.scripts.values() for line in lines)
    return agent.restored


def _is_kept(line: str) -> bool:
    """Routes are written again in any case: they may go with an address; tables that were emptied are removed."""
    return line.startswith(("ip route replace", "nft delete table ip "))


def new(change: Change, place: str = HOST, base: Change = lambda _: None) -> list[str]:
    """Commands but for routes that are as they were."""
    return [line for line in commands(change, place, base) if not _is_kept(line)]


def interface(where: Raw, name: str) -> Raw:
    """An interface of a namespace, to be changed."""
    found: Raw = next(item for item in where["links"] if item["name"] == name)
    return found


def test_a_lab_that_is_as_it_was_is_left_alone() -> None:
    """But for IPv4 routes, which are written as they are."""
    raw = snapshots.lab()
    agent = mended(raw, copy.deepcopy(raw))
    assert agent.restored == {}
    assert all(_is_kept(line) for lines in agent.scripts.values() for line in lines)


def test_a_namespace_that_is_gone_is_left_to_whoever_compares() -> None:
    """Nothing is run where nothing is."""
    now = snapshots.lab()
    del now["host"]["namespaces"][CLIENT]
    assert CLIENT not in mended(snapshots.lab(), now).scripts
    assert mended(snapshots.lab(), {}).scripts == {}


# Links


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda found: found.update(master=""), f"ip link set {VETH} master docker0"),
        (lambda found: found.update(mtu=1400), f"ip link set {VETH} mtu 1500"),
        (lambda found: found.update(txqlen=7), f"ip link set {VETH} txqueuelen 1000"),
        (lambda found: found.update(mac="02:00:00:00:00:99"), f"ip link set {VETH} address de:ad:be:ef:00:05"),
        (lambda found: found.update(flags=[]), f"ip link set {VETH} up"),
        (lambda found: found.update(flags=["UP", "PROMISC"]), f"ip link set {VETH} promisc off"),
        (lambda found: found.update(flags=["UP", "NOARP"]), f"ip link set {VETH} arp on"),
        (lambda found: found.update(flags=["UP", "NOMULTICAST"]), f"ip link set {VETH} multicast on"),
        (lambda found: found.update(flags=["UP", "ALLMULTI"]), f"ip link set {VETH} allmulticast off"),
        (lambda found: found["port"].update(hairpin=True), f"bridge link set dev {VETH} hairpin off"),
        (lambda found: found["port"].update(learning=False), f"bridge link set dev {VETH} learning on"),
    ],
    ids=["master", "mtu", "txqlen", "mac", "up", "promisc", "arp", "multicast", "allmulticast", "hairpin", "learning"],
)
def test_an_interface_gets_back_what_was_changed(change: Change, expected: str) -> None:
    """Each property by the command that sets it."""
    found = new(
        lambda where: change(interface(where, VETH)),
        base=lambda where: interface(where, VETH)["port"].update(hairpin=False, learning=True),
    )
    assert found == [expected]


@pytest.mark.parametrize(
    ("base", "change", "expected"),
    [
        ({"flags": []}, {"flags": ["UP"]}, "ip link set docker0 down"),
        ({"flags": ["UP", "PROMISC"]}, {"flags": ["UP"]}, "ip link set docker0 promisc on"),
        ({"flags": ["UP", "NOARP"]}, {"flags": ["UP"]}, "ip link set docker0 arp off"),
        ({"master": ""}, {"master": "br9"}, "ip link set docker0 nomaster"),
        ({"txqlen": 0}, {"txqlen": 1000}, "ip link set docker0 txqueuelen 0"),
    ],
    ids=["down", "promisc", "arp", "master", "no queue"],
)
def test_what_was_off_is_switched_off_again(base: Raw, change: Raw, expected: str) -> None:
    """Also where it was nothing."""
    found = new(
        lambda where: interface(where, "docker0").update(change),
        base=lambda where: interface(where, "docker0").update(base),
    )
    assert found == [expected]


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"alias": "it's mine"}, ["ip link set docker0 alias ''"]),
        ({"altnames": "two wan"}, [f"ip link property del dev docker0 altname {name}" for name in ("two", "wan")]),
        ({"link_group": 7}, ["ip link set docker0 group 0"]),
    ],
    ids=["alias", "other names", "group"],
)
def test_what_else_an_interface_is_called_goes(details: Raw, expected: list[str]) -> None:
    """Names that commands take, and those for people."""
    assert (
        new(
            lambda where: interface(where, "docker0")["details"].update(details),
            base=lambda where: interface(where, "docker0")["details"].update(link_group=0),
        )
        == expected
    )


def test_an_address_that_is_answered_for_no_more_comes_back() -> None:
    """And one that nobody answered for goes."""
    assert new(
        lambda where: where.update(proxies=["10.0.0.78 dev docker0"]),
        base=lambda where: where.update(proxies=["10.0.0.77 dev docker0"]),
    ) == ["ip neigh del proxy 10.0.0.78 dev docker0", "ip neigh add proxy 10.0.0.77 dev docker0"]


def test_an_interface_that_is_new_goes() -> None:
    """One that is gone cannot be brought back."""
    assert new(lambda where: where["links"].append(link("shim", 9))) == ["ip link del shim"]
    assert new(lambda where: where["links"].pop()) == []


# Addresses and routes

FIRST, SECOND = (
    {"interface": "eth0", "address": each, "scope": "global", "peer": ""} for each in ("10.0.0.2/8", "10.0.0.3/8")
)


def test_an_address_that_is_new_goes_before_the_others_come_back() -> None:
    """The kernel takes later addresses of a subnet away with the first, so all are written."""
    found = commands(lambda where: where["addresses"].append(dict(SECOND)), CLIENT)
    assert found == [
        "ip addr del 10.0.0.3/8 dev eth0",
        "ip addr replace 10.0.0.2/8 dev eth0",
        "ip route replace 0.0.0.0/0 via 10.0.0.1 dev eth0 proto boot scope global",
    ]


def test_an_address_that_is_gone_comes_back() -> None:
    """With the broadcast address that it had, if it had one."""
    six = {**FIRST, "address": "fd00::2/64"}
    four = {**SECOND, "broadcast": "10.255.255.255"}
    assert new(
        lambda where: where["addresses"].clear(), CLIENT, lambda where: where["addresses"].extend([four, six])
    ) == [
        "ip addr replace 10.0.0.2/8 dev eth0",
        "ip addr replace 10.0.0.3/8 dev eth0 broadcast 10.255.255.255",
        "ip addr replace fd00::2/64 dev eth0",
    ]


def test_addresses_that_nothing_happened_to_are_left_alone() -> None:
    """Those of other interfaces, and of IPv6: to write them again would take from them what only the kernel gives."""
    six, other = {**FIRST, "address": "fe80::2/64"}, {**FIRST, "interface": "eth1", "address": "192.0.2.1/24"}
    assert new(
        lambda where: where["addresses"].append(dict(SECOND)),
        CLIENT,
        lambda where: where["addresses"].extend([six, other]),
    ) == ["ip addr del 10.0.0.3/8 dev eth0", "ip addr replace 10.0.0.2/8 dev eth0"]


def test_a_route_that_is_new_goes_and_one_that_is_gone_comes_back() -> None:
    """As it was written, with its gateway, source, metric, protocol and scope."""
    changed = route("0.0.0.0/0", gateway="10.0.0.9", interface="eth0", metric=5)
    assert commands(lambda where: where.update(routes=[changed]), CLIENT) == [
        "ip route del 0.0.0.0/0 via 10.0.0.9 dev eth0 metric 5 proto boot scope global",
        "ip route replace 0.0.0.0/0 via 10.0.0.1 dev eth0 proto boot scope global",
    ]
    assert commands(lambda where: where["routes"].clear()) == [
        "ip route replace 10.0.0.0/8 dev docker0 src 10.0.0.1 proto kernel scope link"
    ]


def test_routes_to_gateways_come_before_those_by_them() -> None:
    """The kernel refuses a gateway that it does not reach."""
    near = route("10.0.0.0/8", interface="eth0", scope="link", protocol="kernel")
    found = commands(lambda where: where["routes"].clear(), CLIENT, lambda where: where["routes"].append(near))
    assert [line.split()[3] for line in found] == ["10.0.0.0/8", "0.0.0.0/0"]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (route("10.9.0.0/16", type="unreachable"), "ip route del unreachable 10.9.0.0/16 proto boot scope global"),
        (
            route("10.9.0.0/16", interface="lo", table="100"),
            "ip route del 10.9.0.0/16 dev lo table 100 proto boot scope global",
        ),
        (route("fd00::/64", interface="lo", protocol="unspec"), "ip route del fd00::/64 dev lo scope global"),
    ],
    ids=["unreachable", "table", "IPv6"],
)
def test_every_kind_of_route_can_go(item: Raw, expected: str) -> None:
    """Its type comes first, its table is named when it is not main."""
    assert new(lambda where: where["routes"].append(item)) == [expected]


def test_the_kernels_own_table_is_left_to_the_kernel() -> None:
    """Local routes come and go with addresses."""
    assert new(lambda where: where["routes"].append(route("10.0.0.9/32", table="local", interface="docker0"))) == []


def test_a_routing_policy_that_is_new_goes() -> None:
    """By its family and its priority."""
    policy = {"family": "ip6", "priority": 100, "table": "main", "action": 1, "match": {}}
    assert new(lambda where: where["policies"].append(policy)) == ["ip -6 rule del priority 100"]
    assert new(lambda where: where["policies"].append({**policy, "family": "ip"})) == ["ip -4 rule del priority 100"]


def test_a_routing_policy_that_is_gone_comes_back() -> None:
    """With all it matches; the one that every namespace has, too."""
    match = {"fwmark": 7, "fwmask": "255", "not": "yes"}

    def base(where: Raw) -> None:
        where["policies"].append({"family": "ip", "priority": 9, "table": "7", "action": 1, "match": match})

    assert new(lambda where: where["policies"].clear(), base=base) == [
        "ip -4 rule add priority 9 not fwmark 0x7/0xff lookup 7",
        "ip -4 rule add priority 32766 lookup main",
    ]


@pytest.mark.parametrize(
    "match", [{"tos": "0x10"}, {"not": "yes"}, {"fwmark": 7, "fwmask": "1"}, {"suppress_prefixlen": "0"}]
)
def test_a_routing_policy_that_was_changed_is_written_anew(match: dict[str, Any]) -> None:
    """Also where priority and table are what they were; others of its priority with it, in their order."""
    first: Raw = {"family": "ip", "priority": 9, "table": "7", "action": 1, "match": {"from": "10.0.0.0/8"}}
    second = {**first, "table": "8"}

    def base(where: Raw) -> None:
        where["policies"] += [first, second]

    anew = ["ip -4 rule del priority 9"] * 2
    anew += [f"ip -4 rule add priority 9 from 10.0.0.0/8 lookup {table}" for table in "78"]
    changed = {**first, "match": {**first["match"], **match}}
    assert new(lambda where: where["policies"].__setitem__(-2, changed), base=base) == anew
    assert new(lambda where: where["policies"].reverse(), base=base) == anew


# Neighbours, FDB, queues, sysctls

PINNED = {"interface": "docker0", "address": "10.0.0.7", "mac": "02:00:00:00:00:07", "state": "PERMANENT"}
ENTRY = {
    "interface": "vxlan0",
    "mac": "02:00:00:00:00:08",
    "state": "PERMANENT",
    "where": "self",
    "remote": "192.0.2.2",
    "vlan": 0,
}


@pytest.mark.parametrize(
    ("had", "has", "expected"),
    [
        ([], [PINNED], ["ip neigh del 10.0.0.7 dev docker0"]),
        ([PINNED], [], ["ip neigh replace 10.0.0.7 lladdr 02:00:00:00:00:07 dev docker0 nud permanent"]),
        (
            [PINNED],
            [{**PINNED, "mac": "02:00:00:00:00:99"}],
            ["ip neigh replace 10.0.0.7 lladdr 02:00:00:00:00:07 dev docker0 nud permanent"],
        ),
        ([], [{**PINNED, "state": "NOARP"}], ["ip neigh del 10.0.0.7 dev docker0"]),
        ([], [{**PINNED, "state": "REACHABLE"}], []),
        ([PINNED], [PINNED], []),
    ],
    ids=["new", "gone", "another MAC", "never asked for", "learned", "same"],
)
def test_neighbours_that_somebody_wrote_are_put_back(had: list[Raw], has: list[Raw], expected: list[str]) -> None:
    """Learned ones come and go."""
    assert new(lambda where: where.update(neighbours=has), base=lambda where: where.update(neighbours=had)) == expected


@pytest.mark.parametrize(
    ("had", "has", "expected"),
    [
        ([], [ENTRY], ["bridge fdb del 02:00:00:00:00:08 dev vxlan0 self dst 192.0.2.2"]),
        ([ENTRY], [], ["bridge fdb append 02:00:00:00:00:08 dev vxlan0 self dst 192.0.2.2 permanent"]),
        ([], [{**ENTRY, "remote": ""}], []),
    ],
    ids=["new", "gone", "of a bridge"],
)
def test_entries_that_lead_to_another_host_are_put_back(had: list[Raw], has: list[Raw], expected: list[str]) -> None:
    """What a bridge learned ages by itself."""
    assert new(lambda where: where.update(fdb=has), base=lambda where: where.update(fdb=had)) == expected


def test_a_queue_that_is_new_goes() -> None:
    """The default one comes back by itself."""
    netem = {"interface": "docker0", "kind": "netem", "handle": "1:", "parent": 0xFFFFFFFF}
    assert new(lambda where: where["qdiscs"].append(netem)) == ["tc qdisc del dev docker0 root"]


@pytest.mark.parametrize(
    ("value", "quoted"), [("1", "1"), ("32768 60999", "'32768 60999'"), ("", "''"), ("a'b", "'a'\"'\"'b'")]
)
def test_a_sysctl_gets_its_value_back(value: str, quoted: str) -> None:
    """Whatever is in it."""
    found = new(
        lambda where: where["sysctls"].update({"net.ipv4.x": "other"}),
        base=lambda where: where["sysctls"].update({"net.ipv4.x": value}),
    )
    assert found == [f"echo {quoted} >/proc/sys/net/ipv4/x"]


def test_a_sysctl_that_is_gone_or_new_is_left_alone() -> None:
    """It came with an interface."""
    assert new(lambda where: where["sysctls"].clear()) == []
    assert new(lambda where: where["sysctls"].update({"net.ipv4.conf.shim.forwarding": "0"})) == []


# Rules

NAT = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE\nCOMMIT\n"
BRIDGE = f"br-{'c' * 12}"
FILTER = f"""\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i {BRIDGE} -j ACCEPT
COMMIT
"""
TOOL = (HOST, "iptables-nft-restore")


def tables(found: Raw, name: str) -> Raw:
    """A table of the usual flavour."""
    each: Raw = found["iptables-nft"][name]
    return each


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda found: tables(found, "nat")["rules"].clear(), NAT),
        (lambda found: tables(found, "nat")["rules"].insert(0, rule("POSTROUTING", "-j SNAT")), NAT),
        (lambda found: tables(found, "filter")["rules"].reverse(), FILTER),
        (lambda found: tables(found, "filter")["chains"]["FORWARD"].update(policy="ACCEPT"), FILTER),
        (lambda found: tables(found, "filter")["chains"].update(MINE={"policy": "", "packets": 0, "bytes": 0}), FILTER),
        (lambda found: tables(found, "filter")["chains"].pop("DOCKER"), FILTER),
        (lambda found: found["iptables-nft"].pop("nat"), NAT),
    ],
    ids=["deleted", "added", "moved", "policy", "chain added", "chain deleted", "table gone"],
)
def test_a_table_that_differs_is_restored_as_a_whole(change: Change, expected: str) -> None:
    """Policies, chains, rules and their order; the other tables are not in the text."""
    assert restored(change) == {TOOL: expected}


def test_two_tables_that_differ_are_restored_at_once() -> None:
    """One text for one flavour."""

    def change(found: Raw) -> None:
        tables(found, "nat")["rules"].clear()
        tables(found, "filter")["rules"].clear()

    assert restored(change) == {TOOL: FILTER + NAT}


def test_counters_are_no_difference() -> None:
    """They move by themselves."""
    assert restored(lambda found: tables(found, "nat")["rules"][0].update(packets=9, bytes=900)) == {}


def test_a_table_that_is_new_is_emptied() -> None:
    """Its built-in chains accept; chains that somebody made in it are not named, so they go."""
    raw = table([rule("PREROUTING", "-j MINE")], PREROUTING="ACCEPT", OUTPUT="DROP", MINE="")
    assert restored(lambda found: found["iptables-nft"].update(raw=raw)) == {
        TOOL: "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
    }


def test_a_namespace_that_had_no_rules_has_none_again() -> None:
    """A container's, usually: no flavour of iptables had a table in it."""
    raw = table([rule("OUTPUT", "-j DROP")], INPUT="ACCEPT", OUTPUT="ACCEPT")
    emptied = "*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
    assert restored(
        lambda found: found.update({"iptables-nft": {"filter": raw}}), base=lambda found: found.clear()
    ) == {TOOL: emptied}


def test_each_flavour_is_restored_by_its_own_tool() -> None:
    """IPv6 and legacy, too."""

    def both(found: Raw) -> None:
        found["ip6tables-legacy"] = {"filter": table([rule("INPUT", "-j ACCEPT")], INPUT="ACCEPT")}

    found = restored(lambda found: found["ip6tables-legacy"]["filter"]["rules"].clear(), base=both)
    assert found == {(HOST, "ip6tables-legacy-restore"): "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n"}
