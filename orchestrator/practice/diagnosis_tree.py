"""The diagnosis tree: which check to run next, and what each result leaves, from what every fault turns red.

At each point the check is taken that is expected to leave the least to find out; claims only where no check tells
the rest apart, because they take longer and change the lab.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from attrs import field, frozen

from netproof.model import GREEN, Practice, alternatives

Signatures = Mapping[str, Mapping[str, str]]


@frozen
class Node:
    """Faults that are left, what to run next, and what each result leaves; without `run` nothing tells them apart."""

    faults: list[str]
    run: str = ""
    kind: str = ""
    results: dict[str, Node] = field(factory=dict)

    @property
    def depth(self) -> int:
        """How many checks it takes at most."""
        return 1 + max(node.depth for node in self.results.values()) if self.results else 0

    @property
    def undecided(self) -> list[list[str]]:
        """Sets of faults that nothing tells apart."""
        if self.results:
            return [list(each) for each in dict.fromkeys(tuple(s) for n in self.results.values() for s in n.undecided)]
        return [self.faults] if len(self.faults) > 1 else []


def signatures(practice: Practice, engine: str, firewall: str) -> dict[str, dict[str, str]]:
    """{fault: {check or claim: manner}} on an engine, of the faults that a check notices."""
    return {
        fault.name: {**fault.checks_on(engine), **fault.claims_on(engine)}
        for fault in practice.faults
        if fault.applies(engine, firewall) and fault.checks_on(engine)
    }


def grow(practice: Practice, engine: str, firewall: str) -> Node:
    """The tree of a lab's visible faults on an engine."""
    known = signatures(practice, engine, firewall)
    checks = [check.id for check in practice.checks]
    claims = sorted({name for signature in known.values() for name in signature} - set(checks))
    return _grow(known, sorted(known), [("check", checks), ("claim", claims)])


def _grow(known: Signatures, faults: list[str], offered: Sequence[tuple[str, list[str]]]) -> Node:
    for kind, names in offered:
        best = max(names, key=lambda name: _worth(known, faults, name), default="")
        if best and _worth(known, faults, best) > 0:
            results = {
                result: _grow(known, left, offered) for result, left in sorted(_split(known, faults, best).items())
            }
            return Node(faults, best, kind, results)
    return Node(faults)


def _split(known: Signatures, faults: list[str], name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fault in faults:
        for result in alternatives(known[fault].get(name, GREEN)):
            found.setdefault(result, []).append(fault)
    return found


def _worth(known: Signatures, faults: list[str], name: str) -> float:
    """Bits by which a check narrows down the faults."""
    counted = Counter(known[fault].get(name, GREEN) for fault in faults)
    if any(len(left) == len(faults) for left in _split(known, faults, name).values()):
        return 0.0  # some result would leave everything
    return -sum(count / len(faults) * math.log2(count / len(faults)) for count in counted.values())


def classes(known: Signatures) -> list[list[str]]:
    """Sets of faults with one signature, each in order."""
    found: dict[frozenset[tuple[str, str]], list[str]] = {}
    for fault, signature in known.items():
        found.setdefault(frozenset(signature.items()), []).append(fault)
    return [sorted(faults) for faults in found.values()]
