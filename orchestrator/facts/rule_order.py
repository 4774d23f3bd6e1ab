"""Whether it matters that rules stand in another order: where two changed places that decide differently of one packet.

When in doubt it matters: only what iptables prints is read closely enough to know that two rules never meet.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

_JUMPS = {"-j", "-g"}
_PROTOCOL = "-p"
_EXACT = {_PROTOCOL, "-i", "-o", "--dport", "--sport"}
_ADDRESSES = {"-s", "-d"}
_NFT = re.compile(
    r"\b(accept|drop|return|continue|queue|(?:jump|goto) \S+|(?:reject|masquerade|[sd]nat|redirect)\b.*)$"
)
_MANY = 400


def moved(before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[str]]:
    """What both have, in the order of each."""
    left = Counter(before) & Counter(after)
    return _those(before, left.copy()), _those(after, left.copy())


def _those(lines: Sequence[str], left: Counter[str]) -> list[str]:
    found = []
    for line in lines:
        if left[line] > 0:
            left[line] -= 1
            found.append(line)
    return found


def matters(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether what both have stands in an order in which a packet could fare otherwise."""
    had, has = moved(before, after)
    if had == has:
        return False
    if len(had) > _MANY:
        return True
    place = {line: number for number, line in enumerate(has)}  # equal lines decide equally, wherever they stand
    return any(place[one] > place[other] and _differ(one, other) for one, other in combinations(had, 2))


def _differ(one: str, other: str) -> bool:
    return _verdict(one) != _verdict(other) and not _never_meet(_options(one), _options(other))


def _verdict(rule: str) -> str:
    """What a rule does with its packets; the whole rule where that cannot be told."""
    words = rule.split(" ")
    jump = next((number for number, word in enumerate(words) if word in _JUMPS), None)
    if jump is not None:
        return " ".join(words[jump:])
    found = _NFT.search(rule)
    return found[1] if found else rule


def _options(rule: str) -> dict[str, str]:
    """{option: value} of what a rule of iptables matches by; what is inverted is left out."""
    try:
        words = shlex.split(rule)
    except ValueError:
        return {}
    pairs = zip(["", *words], words, words[1:], strict=False)
    return {word: value for ahead, word, value in pairs if word in _EXACT | _ADDRESSES and ahead != "!"}


def _never_meet(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether no packet matches both."""
    return any(_apart(option, one[option], other[option]) for option in one.keys() & other.keys())


def _apart(option: str, one: str, other: str) -> bool:
    if option in _ADDRESSES:
        first, second = (ipaddress.ip_network(each, strict=False) for each in (one, other))
        return not first.overlaps(second)
    return one != other and not any(":" in each or each.endswith("+") or each == "all" for each in (one, other))
