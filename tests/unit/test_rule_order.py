"""Rules in another order are told of where a packet could fare otherwise by it, in one line, and nowhere else."""

from __future__ import annotations

import pytest

from netproof.facts import fold
from netproof.facts.compare import Difference
from netproof.facts.rule_order import matters

KEY = ("host", "rules", "iptables-nft filter FORWARD")
WEB, ALL = "-d 10.0.0.2/32 -p tcp --dport 80 -j ACCEPT", "-d 10.0.0.0/8 -j DROP"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (WEB, ALL, True),
        (WEB, "-d 10.0.0.3/32 -j DROP", False),
        (WEB, "-d 10.0.0.0/8 -j ACCEPT", False),
        (WEB, "-p udp -j DROP", False),
        (WEB, "-p tcp --dport 81 -j DROP", False),
        (WEB, "-p tcp --dport 79:81 -j DROP", True),
        (WEB, "! -d 10.0.0.3/32 -j DROP", True),
        (WEB, "-j LOG --log-prefix 'a b'", True),
        ("-i docker0 -j ONE", "-i eth0 -j TWO", False),
        ("-i docker0 -j ONE", "-i docker+ -j TWO", True),
        ("-p tcp -j DNAT --to 10.0.0.2:80", "-p tcp -j DNAT --to 10.0.0.3:80", True),
        ("-p tcp --dport 1 -j DNAT --to 10.0.0.2:80", "-p tcp --dport 2 -j DNAT --to 10.0.0.3:80", False),
        ("-d fd00::2/128 -j ACCEPT", "-d fd00::3/128 -j DROP", False),
        ("-d fd00::2/128 -j ACCEPT", "-d fd00::/64 -j DROP", True),
        ("tcp dport 80 accept", "drop", True),
        ("tcp dport 80 accept", "udp dport 80 accept", False),
        ("meta mark set 7", "accept", True),
        ("-d it's odd -j ACCEPT", "-j DROP", True),
    ],
)
def test_order_matters_where_verdicts_differ_of_one_packet(one: str, other: str, *, expected: bool) -> None:
    """Where they may meet, it matters; so it does where that cannot be told."""
    assert matters((one, other), (other, one)) is expected
    assert not matters((one, other), (one, other))


def test_rules_that_came_or_went_are_no_order() -> None:
    """Only what both have can stand in another one."""
    assert not matters((WEB, ALL), (ALL, "-j DROP"))
    assert matters((WEB, ALL, "-p 9 -j X"), (ALL, WEB))
    assert not matters((WEB, WEB, ALL), (WEB, ALL))


def test_an_order_that_decides_nothing_is_no_difference() -> None:
    """And one that does is told, with both orders."""
    harmless = "-d 10.0.0.9/32 -j DROP"
    assert fold({KEY: (WEB, harmless)}, {KEY: (harmless, WEB)}) == []
    (found,) = fold({KEY: (WEB, ALL)}, {KEY: (ALL, WEB)})
    assert (found.is_reordered, found.moved) == (True, set(found.lines))


def test_what_came_besides_is_told() -> None:
    """Beside rules that only stand elsewhere, whether or not that matters."""
    (found,) = fold({KEY: (WEB, ALL)}, {KEY: (ALL, "-j NEW", WEB)})
    assert (set(found.lines) - found.moved, found.is_reordered) == ({"+ -j NEW"}, True)
    (found,) = fold({KEY: (WEB, "-p udp -j DROP")}, {KEY: ("-p udp -j DROP", "-j NEW", WEB)})
    assert (set(found.lines) - found.moved, found.is_reordered) == ({"+ -j NEW"}, False)


def test_lines_of_files_have_an_order_of_their_own() -> None:
    """The first nameserver is asked first."""
    item = Difference("client", "files", "/etc/resolv.conf", ("a", "b"), ("b", "a"))
    assert (item.moved, item.is_reordered, item.decides_nothing) == (set(), False, False)
    assert len(fold({("c", "files", "f"): ("a", "b")}, {("c", "files", "f"): ("b", "a")})) == 1
