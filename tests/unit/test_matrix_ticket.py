"""A ticket says what an upgrade changes, what to do about it, and what nobody looked at."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from netproof.catalog import claims
from netproof.matrix.compare import against, pairs
from netproof.matrix.records import Cell, Claim, Column
from netproof.matrix.results_file import columns
from netproof.matrix.ticket import Ticket
from tests.unit.cells import BROKEN, FALSE, LEFT_OUT, LEGACY, MIDDLE, NEW, TRUE, by_key, cell, other

NEW_LEGACY = Column("28.5", "legacy")


def ticket(before: Iterable[Cell], now: Iterable[Cell]) -> str:
    """The text of a comparison."""
    old, new = by_key(*before), by_key(*now)
    compared = pairs(columns(old), columns(new))
    return Ticket.of(against(old, new, compared, sorted({key.lab for key in new})), old, new.values()).text()


def having(claim: Claim, *evidence: tuple[str, str]) -> Claim:
    """The claim with this evidence."""
    return attrs.evolve(claim, evidence=evidence)


def test_a_change_is_told_once_with_its_evidence() -> None:
    """For both flavours, with the piece of evidence that both have and that is not the same."""
    was = having(TRUE, ("rules", "-A A\n-A B"), ("port", "51234"))
    now = having(FALSE, ("rules", "-A A\n-A C"), ("port", "44321"), ("more", "x"))
    text = ticket(
        [cell(MIDDLE, was), cell(LEGACY, was)],
        [cell(NEW, now), cell(NEW_LEGACY, now)],
    )
    assert text.count("proven → refuted") == 1
    assert "- **q1.1: proven → refuted** (iptables-nft and legacy)." in text
    assert "  - Before: `rules: -A B`\n  - After: `rules: -A C`\n" in text
    assert "**1 of 1 claims comes out differently.**" in text


def test_what_to_do_is_in_the_claims_own_words() -> None:
    """Of the lab that has it; a failure is no verdict."""
    advice = claims.advice("dns")["b7"]
    named = other(TRUE, "b7")
    text = ticket([cell(MIDDLE, named, lab="dns")], [cell(NEW, other(FALSE, "b7"), lab="dns")])
    assert f"  - **What to do:** {advice}" in text
    text = ticket([cell(MIDDLE, named, lab="dns")], [cell(NEW, other(BROKEN, "b7"), lab="dns")])
    assert advice not in text
    assert "A failure is no verdict." in text
    assert "  - After: `expected 1`" in text


def test_what_was_not_looked_at_is_told() -> None:
    """Skipped, not built, without a counterpart, not run; a claim that was skipped twice has not changed."""
    skipped = attrs.evolve(LEFT_OUT, id="q1.2")
    text = ticket(
        [cell(MIDDLE, TRUE, attrs.evolve(skipped, verdict="partly"), other(TRUE, "q1.3"))],
        [
            cell(NEW, TRUE, skipped, unchecked={"q7": "needs <hardware>"}),
            cell(NEW, lab="publish", error="no space left\nfree some"),
            cell(NEW, TRUE, lab="no-such-lab"),
        ],
    )
    for line in (
        "**0 of 3 claims come out differently.**",
        "- bridge-nat q1.3: known only before (26.1 nft)",
        "- publish 28.5 nft could not be run: no space left free some",
        "- skipped: bridge-nat q1.2: no IPv6 here",
        "- not checked: bridge-nat q7: needs \\<hardware>",
        "All claims of bridge-nat, no-such-lab.",
    ):
        assert line in text
    (missing,) = [line for line in text.splitlines() if line.startswith("- labs that were not run: ")]
    assert "overlay" in missing
    assert "bridge-nat" not in missing


def test_evidence_is_only_text() -> None:
    """Backquotes, tags and bytes that are no text stay what they are; long lines show where they differ."""
    strange = having(TRUE, ("a", "x" * 300 + "one `quoted` \udcff"))
    text = ticket([cell(MIDDLE, strange)], [cell(NEW, having(FALSE, ("a", "x" * 300 + "two <b>")))])
    assert "one `quoted` ?``" in text
    assert "two <b>`" in text
    assert "\udcff" not in text
