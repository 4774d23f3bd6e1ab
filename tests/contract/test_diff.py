"""What `lab diff` says of a real lab: what happened in a line, rules as they are printed, nothing that is no change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from netproof.facts import HAPPENED, SENTENCE, flatten, fold, structure
from tests.contract.conftest import ROOT, User, document

pytestmark = pytest.mark.rest

RULES = "; ".join(
    f"ip rule add pref {number} {words}"
    for number, words in enumerate(
        (
            "fwmark 7/0xff lookup 7",
            "fwmark 0/0xff lookup 7",
            "from 10.9.0.0/16 tos 0x10 lookup 7",
            "not iif eth0 ipproto tcp sport 80 dport 80-90 lookup 7",
            "uidrange 0-0 oif eth0 lookup 7",
            "lookup main suppress_prefixlength 0",
            "to 10.9.0.0/16 goto 32767",
        ),
        100,
    )
)
ENGINE = "kill -9 $(cat /var/run/docker.pid)"


def differences(user: User) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document(user.must("diff", "--json"))["differences"]
    return found


def happened(user: User) -> tuple[list[str], list[dict[str, Any]]]:
    """(what happened, in sentences; the differences that are told besides)."""
    found = differences(user)
    sentences = [item["after"] for item in found if item["aspect"] == HAPPENED]
    return sentences, [item for item in found if item["aspect"] != HAPPENED]


@pytest.fixture
def user(shared: User) -> Iterator[User]:
    """A user with a whole bridge-nat, which is whole again afterwards."""
    yield shared
    shared.must("reset")


@pytest.mark.parametrize(
    ("typed", "sentences"),
    [
        ("docker stop -t 0 client", ["client is exited; it was running, and its network namespace is gone."]),
        ("docker restart -t 0 client", ["client was restarted."]),
        ("docker pause client", ["client is paused."]),
        ("docker rename client other", ["client is called other now."]),
        ("docker rm -f client", ["client is gone: there is no such container."]),
        ("docker network create mine", ["There is a network that was not there: mine."]),
        ("ip netns del outsider", ["The network namespace of outsider is gone."]),
        (ENGINE, ["The engine of host is gone."]),
        ("kill -STOP $(pidof containerd)", ["The engine of host does not answer."]),
        ("docker network disconnect bridge client", ["client is no longer on bridge."]),
    ],
)
def test_what_happened_is_a_line(user: User, typed: str, sentences: list[str]) -> None:
    """And not the hundreds of facts that go or come with it."""
    user.typed("host", typed)
    sentence, besides = happened(user)
    assert sentence == sentences
    assert len(besides) <= 2, besides
    printed = user.must("diff").stdout
    assert printed.splitlines()[0].startswith(sentences[0])
    assert SENTENCE in printed


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("sysctl -qw net.ipv4.conf.all.forwarding=0", "net.ipv4.ip_forward"),
        ("sysctl -qw net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.all.forwarding"),
        ("sysctl -qw net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6"),
        ("sysctl -qw net.ipv4.conf.default.rp_filter=2", "net.ipv4.conf.default.rp_filter"),
    ],
)
def test_a_setting_that_is_handed_on_is_one_difference(user: User, typed: str, key: str) -> None:
    """What follows is there, and folded; another setting of an interface is told beside it."""
    user.typed("host", typed)
    (found,) = differences(user)
    assert (found["key"], len(found["follows"]) >= 1) == (key, True)
    user.typed("host", "sysctl -qw net.ipv4.conf.eth0.rp_filter=2 net.ipv4.conf.docker0.send_redirects=0")
    assert {item["key"] for item in differences(user)} == {
        key,
        "net.ipv4.conf.eth0.rp_filter",
        "net.ipv4.conf.docker0.send_redirects",
    }


def test_the_order_of_rules_is_a_line(user: User) -> None:
    """Where it decides something; rules that came are told as such."""
    user.typed("host", "iptables -A FORWARD -p 99 -j DROP; iptables -A FORWARD -s 10.0.0.9 -j ACCEPT")
    with user.attached() as lab:
        before = flatten(structure(lab.snapshot()))
        user.typed("host", "iptables -D FORWARD -p 99 -j DROP; iptables -A FORWARD -p 99 -j DROP")
        (found,) = fold(before, flatten(structure(lab.snapshot())))
        assert (found.key, found.is_reordered) == ("iptables-nft filter FORWARD", True)
    printed = user.must("diff").stdout
    assert "+ -p 99 -j DROP" in printed


def test_an_overlay_that_is_made_anew_follows_from_a_restart(new_user: Callable[..., User]) -> None:
    """Its hidden namespaces on the node, and what the other node knows of them; what is written besides is told."""
    user = new_user(about="overlay")
    try:
        user.must("up")
        user.typed("node1", "docker restart -t 0 left")
        assert happened(user) == (["left was restarted."], [])
        user.typed("left", "ip route add 192.0.9.0/24 via 10.1.0.1; nft add table inet mine")
        user.typed("node1", "for n in /run/docker/netns/1-*; do nsenter --net=$n nft add table inet mine; done")
        told_, besides = happened(user)
        assert told_ == ["left was restarted."]
        places = [(item["place"].partition("-")[0], item["aspect"]) for item in besides]
        assert places == [("left", "routes"), ("left", "rules"), ("node1/1", "rules"), ("node1/1", "rules")]
    finally:
        user.leave()


def test_a_program_that_was_stopped_by_a_signal_is_told(user: User) -> None:
    """It is there, holds its sockets, and answers nobody."""
    user.typed("host", "kill -STOP $(docker inspect -f '{{.State.Pid}}' client) $(pgrep socat)")
    assert [(item["aspect"], item["key"], item["after"]) for item in differences(user)] == [
        ("containers", "client stopped processes", "sleep"),
        ("servers", "stopped processes", "socat"),
    ]


def test_rules_that_cannot_be_read_are_not_told_to_be_gone(user: User) -> None:
    """Without its tools nobody knows what is in a firewall; `reset` builds anew what has none."""
    user.typed("host", "rm $(command -v nft) $(command -v xtables-nft-multi)")
    said, besides = happened(user)
    assert len(said) == 1
    assert "firewall cannot be read, and was not compared: " in said[0]
    assert {item["aspect"] for item in besides} == {"programs"}
    assert "firewall," not in user.must("diff").stdout.splitlines()[-2]
    assert document(user.must("reset", "--json"))["how"] == "rebuilt"
    assert happened(user) == ([], [])


def test_who_lost_a_shared_namespace_is_named(new_user: Callable[..., User]) -> None:
    """A container whose namespace others share was restarted: they keep the old one, which leads nowhere any more."""
    user = new_user(ROOT, "container")
    try:
        user.must("up")
        user.typed("host", "docker restart -t 0 main")
        said, besides = happened(user)
        assert "main was restarted." in said
        assert "sidecar's network namespace is another than main's." in said
        assert len(said) + len(besides) <= 4, besides
        user.typed("host", "docker stop -t 0 main")
        assert "sidecar is alone in the network namespace that was main's." in happened(user)[0]
        user.must("reset")
        assert happened(user) == ([], [])
    finally:
        user.leave()


def test_rules_are_told_as_they_are_printed(user: User) -> None:
    """Those of nftables, too, each in a line; one difference is one."""
    user.typed("host", "nft 'add table inet mine; add chain inet mine in { type filter hook input priority 0; }'")
    user.typed("host", "nft add rule inet mine in tcp dport 99 counter drop")
    printed = user.must("diff").stdout
    assert "    + tcp dport 99 counter drop\n" in printed
    user.typed("host", "nft delete table inet mine")
    user.typed("host", "nft add table ip6 mine")
    assert "1 difference from the state after `up`." in user.must("diff").stdout


def test_a_queue_that_came_and_went_leaves_no_difference(user: User) -> None:
    """The kernel gives an interface a longer queue with its first queueing discipline, and leaves it that way."""
    ports = user.typed("host", "bridge -o link | grep 'master docker0' | cut -d' ' -f2 | cut -d@ -f1").stdout
    port = ports.strip(": \n")
    user.typed("host", f"tc qdisc add dev {port} root tbf rate 1mbit burst 10k latency 1s")
    assert {item["aspect"] for item in differences(user)} == {"qdiscs", "traffic control"}
    user.typed("host", f"tc qdisc del dev {port} root")
    assert user.typed("host", f"cat /sys/class/net/{port}/tx_queue_len").stdout == "1000\n"
    assert differences(user) == []


def test_an_empty_table_shows_and_is_no_collateral(user: User) -> None:
    """Whoever adds a rule and takes it away leaves a table that does nothing; `reset` removes it in place."""
    before = user.typed("host", "nft list tables").stdout
    user.typed("host", "iptables -t raw -A PREROUTING -j ACCEPT; iptables -t raw -D PREROUTING -j ACCEPT")
    assert [(item["aspect"], item["key"]) for item in differences(user)] == [("tables", "iptables-nft raw")]
    user.must("break", "--fault", "masquerade-deleted")
    user.must("repair")
    assert document(user.must("reset", "--json"))["how"] == "mended"
    assert user.typed("host", "nft list tables").stdout == before


def test_claims_leave_no_table_behind(user: User) -> None:
    """What a claim's rule needed goes with it."""
    before = user.typed("host", "nft list tables").stdout
    user.must("test")
    assert user.typed("host", "nft list tables").stdout == before
    assert differences(user) == []


def test_a_fault_in_a_container_that_stopped_can_be_reset(user: User) -> None:
    """`repair` says what to do instead; `reset` builds anew."""
    user.must("break", "--fault", "default-route-lost")
    user.typed("host", "docker stop -t 0 client")
    repaired = user.lab("repair")
    assert repaired.returncode == 3
    assert "container 'client' is not running" in repaired.stderr
    assert "invoke lab reset bridge-nat" in repaired.stderr
    assert document(user.must("reset", "--json"))["how"] == "rebuilt"
    assert happened(user) == ([], [])


@pytest.mark.parametrize(
    ("place", "typed"),
    [
        ("client", "echo 192.0.2.1 stock >>/etc/hosts; echo nameserver 192.0.2.2 >/etc/resolv.conf"),
        ("host", "echo '{}' >/etc/docker/daemon.json; rm /etc/nsswitch.conf"),
        ("host", "ip xfrm policy add src 0.0.0.0/0 dst 192.0.2.0/24 dir out action block; ethtool -K eth0 tso off"),
        ("client", "ip addrlabel add prefix 2001:db8::/32 label 77; ip route add 192.0.2.0/24 via 10.0.0.1 mtu 600"),
        ("host", "ip link set docker0 type bridge ageing_time 0 mcast_snooping 0; nft add table inet mine"),
        ("host", "ip neigh add proxy 10.0.0.77 dev eth0; ip link set eth0 alias x; ip link set eth0 multicast off"),
        (
            "outsider",
            "ip neigh replace 203.0.113.2 lladdr 02:00:00:00:00:99 nud noarp dev eth0; ip link set eth0 mtu 999",
        ),
        ("outsider", "ip addr add 2001:db8::1/64 dev eth0 preferred_lft 0; tc qdisc add dev eth0 root pfifo"),
        *((place, f"{RULES}; ip rule del pref 32766; ip -6 rule del pref 32766") for place in ("host", "client")),
    ],
)
def test_what_was_changed_is_mended_in_place(user: User, place: str, typed: str) -> None:
    """Without building anything, and the snapshot is as it was."""
    user.typed(place, typed)
    assert len(differences(user)) >= 2
    assert document(user.must("reset", "--json"))["how"] == "mended"
    assert differences(user) == []


def test_a_lab_is_built_anew_as_it_was_built(new_user: Callable[..., User]) -> None:
    """`reset` keeps the engine and the flavour of iptables that were chosen."""
    user = new_user()
    try:
        user.must("up", "--firewall", "legacy")
        user.typed("host", "docker rm -f client")
        assert document(user.must("reset", "--json"))["how"] == "rebuilt"
        assert "iptables legacy" in user.must("status").stdout
    finally:
        user.leave()
