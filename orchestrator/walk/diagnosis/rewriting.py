"""Rules that write another address into a packet without conntrack's knowledge: `ip daddr set`, `ip saddr set`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import arrived
from netproof.walk.model import SEEN, Death

_SETS = re.compile(r"\bip6? (daddr|saddr) set ([0-9a-fA-F.:]+)")
_WORDS = {"daddr": "destination", "saddr": "source"}


@frozen
class _Rewriting:
    """A rule that the packet met, and what it wrote in place of what."""

    place: str
    direction: str
    rule: str
    field: str
    was: str
    becomes: str


def written_by_a_rule(scene: Scene, found: Death) -> Death:
    """A verdict, or that a rule before it wrote an address nobody has: whatever came then follows from that."""
    if found.layer == "filter" and "policy" not in found.proof:
        return found  # a rule of its own
    for one in _rewritings(scene):
        if any(scene.has(place, one.becomes) for place in scene.seen.places):
            continue
        what = _WORDS[one.field] + (" of the answer" if one.direction == "back" else "")
        why = f"A rule of {one.place} writes {one.becomes} for the {what}, {one.was}: nobody has that."
        then = (f"then: {found.why}", *(part for part in (found.proof,) if part))
        evidence = (*then, *found.evidence)
        return Death(place=one.place, layer="nat", why=why, proof=one.rule, basis=SEEN, evidence=evidence)
    return found


def _rewritings(scene: Scene) -> Iterator[_Rewriting]:
    """On the way there only while it did not arrive as it was sent; on the way back, and of sources, in any case."""
    for direction in ("there", "relay", "back"):
        way = scene.way(direction)
        for segment in way.segments if way is not None else ():
            for chain in segment.chains:
                for step in chain.steps:
                    match = _SETS.search(step.text) if step.kind == "rule" else None
                    if way is None or match is None or (match[1] == "daddr" and arrived(way)):
                        continue
                    first = way.segments[0].first
                    was = first.dst if match[1] == "daddr" else first.src
                    rule = f"{chain.hook} {step.table} {step.chain} {step.text}"
                    yield _Rewriting(segment.place, direction, rule, match[1], was, match[2])
