"""Rules of `ip rule`: which of them a packet's route is looked up by, and in which words they are told."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from netproof.facts.model import Policy
from netproof.walk.diagnosis.policy_routing import _matches, _said
from netproof.walk.routes import Query

ASKED = Query("10.0.0.2", "203.0.113.1", "eth0", 0, "tcp", 40000, 80)
MADE = Query("203.0.113.1", proto="tcp", sport=40000, dport=80)


@pytest.mark.parametrize(
    ("match", "query", "fits"),
    [
        ({"ip_proto": "6", "dport_range": "80:80"}, ASKED, True),
        ({"ip_proto": "17"}, ASKED, False),
        ({"dport_range": "81:90"}, ASKED, False),
        ({"dport_range": "79:90"}, ASKED, True),
        ({"sport_range": "80:80"}, ASKED, False),
        ({"from": "203.0.113.0/24", "not": "yes"}, ASKED, False),
        ({"from": "10.0.0.0/8", "not": "yes"}, ASKED, True),
        ({"fwmark": 7, "fwmask": "15"}, evolve(ASKED, mark=0x17), True),
        ({"fwmark": 7}, evolve(ASKED, mark=0x17), False),
        ({"uid_range": "0:0"}, ASKED, False),  # nobody's on this machine
        ({"uid_range": "0:0"}, MADE, True),
    ],
)
def test_rules_that_a_packet_meets(match: dict[str, Any], query: Query, fits: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """Protocol, ports, users, and what a rule excepts."""
    assert _matches(Policy("ip", 77, "77", 1, match), query) is fits


@pytest.mark.parametrize(
    ("match", "action", "words"),
    [
        (
            {"ip_proto": "6", "sport_range": "80:80", "iif": "docker0"},
            6,
            "77: iif docker0 ipproto tcp sport 80 blackhole",
        ),
        ({"dport_range": "80:90", "uid_range": "0:0"}, 8, "77: uidrange 0-0 dport 80-90 prohibit"),
        ({"fwmark": 7, "fwmask": "15"}, 6, "77: fwmark 0x7/0xf blackhole"),
        ({"from": "10.0.0.0/8", "not": "yes"}, 1, "77: not from 10.0.0.0/8 lookup 9"),
    ],
)
def test_rules_in_the_words_of_ip(match: dict[str, Any], action: int, words: str) -> None:
    """As `ip rule` lists them."""
    assert _said(Policy("ip", 77, "9", action, match)) == words
