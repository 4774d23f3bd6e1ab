"""Routing policy rules are told, compared and put back in the words of `ip rule`, whatever they match."""

from __future__ import annotations

from typing import Any

import pytest

from netproof.agent.rule_attributes import learn
from netproof.facts import flatten, structure
from netproof.facts.rule_words import match, outcome
from tests.unit import snapshots
from tests.unit.snapshots import space

# As agents send them.
MATCHES: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"from": "10.9.0.0/16", "to": "fd00::/8", "tos": "0x10"}, "from 10.9.0.0/16 to fd00::/8 tos 0x10"),
    ({"fwmark": 7}, "fwmark 0x7"),
    ({"fwmark": 7, "fwmask": "255"}, "fwmark 0x7/0xff"),
    ({"fwmask": "255"}, "fwmark 0x0/0xff"),
    ({"iif": "eth0", "not": "yes"}, "not iif eth0"),
    ({"oif": "eth0", "uid_range": "0:0"}, "oif eth0 uidrange 0-0"),
    ({"ip_proto": "6", "sport_range": "80:80", "dport_range": "80:90"}, "ipproto tcp sport 80 dport 80-90"),
    ({"ip_proto": "99", "dport_range": "20480:20480", "dport_mask": "65280"}, "ipproto 99 dport 20480/0xff00"),
    ({"dscp": "46", "dscp_mask": "62"}, "dscp 46/0x3e"),
    ({"flowlabel": "7", "flowlabel_mask": "255"}, "flowlabel 0x7/0xff"),
    ({"tun_id": "7", "31": "0a0b"}, "tun_id 7 31 0a0b"),
]
OUTCOMES: list[tuple[int, str, dict[str, Any], str]] = [
    (1, "main", {}, "lookup main"),
    (1, "main", {"suppress_prefixlen": "0"}, "lookup main suppress_prefixlength 0"),
    (1, "7", {"suppress_ifgroup": "0", "flow": "196612"}, "lookup 7 suppress_ifgroup 0 realms 3/4"),
    (1, "7", {"flow": "4"}, "lookup 7 realms 4"),
    (1, "0", {"l3mdev": "1"}, "l3mdev"),
    (2, "0", {"goto": "100"}, "goto 100"),
    *((number, "0", {}, word) for number, word in ((3, "nop"), (6, "blackhole"), (7, "unreachable"), (8, "prohibit"))),
]


@pytest.mark.parametrize(("found", "words"), MATCHES)
def test_what_a_rule_matches(found: dict[str, Any], words: str) -> None:
    """Masks that leave nothing out are not told; what nobody knows yet is not lost."""
    assert match(found) == words


@pytest.mark.parametrize(("action", "table", "found", "words"), OUTCOMES)
def test_what_a_rule_does(action: int, table: str, found: dict[str, Any], words: str) -> None:
    """It belongs to no match."""
    assert outcome(action, table, found) == words
    assert match(found) == ""


def test_two_rules_that_match_the_same_are_both_compared() -> None:
    """The second is asked where the first has no route."""
    raw = snapshots.lab()
    rules = [
        {"family": "ip", "priority": 9, "table": table, "action": 1, "match": {"fwmask": "15"}} for table in ("7", "8")
    ]
    space(raw)["policies"] += rules
    flat = flatten(structure(raw))
    assert flat["host", "ip rules", "ip 9 fwmark 0x0/0xf"] == "lookup 7, then lookup 8"


def test_what_the_netlink_library_does_not_know_is_learned_once() -> None:
    """Each attribute has one name."""
    from pyroute2.netlink.rtnl import fibmsg  # noqa: PLC0415 - as agents do

    for _ in range(2):
        learn()
    numbers = [item[0] for item in fibmsg.fibmsg.nla_map]
    assert {25, 26, 27, 28, 29, 30, 31} <= set(numbers)
    assert len(numbers) == len(set(numbers))
