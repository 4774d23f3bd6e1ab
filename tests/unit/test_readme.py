"""The tables in the README are those of a run of the claims as they are declared now."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from netproof import catalog
from netproof.catalog import claims
from netproof.paths import HOME
from netproof.practice.fault_choice import Asked, Setting, choices

REFRESH = (
    "run `invoke matrix --results matrix.json`, the same with `--host vagrant:dind` for what is skipped,"
    " and `scripts/readme_claims.py` with both files"
)


def cells(name: str) -> Iterator[list[str]]:
    """The rows of the table between two markers, without its head."""
    text = (HOME / "README.md").read_text()
    between = text.split(f"<!-- {name} -->")[1].split(f"<!-- end of {name} -->")[0]
    lines = [line for line in between.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def by_engine(verdict: object) -> str:
    """A declared verdict as the README shows it."""
    if isinstance(verdict, str):
        return verdict
    assert isinstance(verdict, dict)
    words = sorted(verdict.items())
    same = len({word for _, word in words}) == 1
    return words[0][1] if same else "<br>".join(f"{engine}: {word}" for engine, word in words)


def test_the_number_of_faults_is_that_of_the_catalogue() -> None:
    """Counted by lab and id; those that a check notices can be practised on."""
    faults = {(lab, fault.id): fault.is_visible for lab in catalog.names() for fault in catalog.practice(lab).faults}
    text = (HOME / "README.md").read_text()
    assert f"There are {len(faults)} faults in the {len(catalog.names())} labs" in text
    assert f"{sum(faults.values())} can be practised on" in text


@pytest.mark.parametrize("lab", catalog.names())
def test_the_table_has_every_claim_with_its_verdict(lab: str) -> None:
    """Each claim of a lab is there, with the verdict it declares or skipped, and nothing that is not declared."""
    shown = {row[0]: row[3] for row in cells("claims") if row[1] == lab}
    wanted = {claim.id: by_engine(claim.verdict) for claim in claims.claims(lab)}
    skippable = {claim.id for claim in claims.claims(lab) if claim.needs}
    got = {
        name: wanted.get(name, "") if name in skippable and word == "skipped" else word for name, word in shown.items()
    }
    assert got == wanted, REFRESH


def test_what_cannot_be_checked_is_there_with_its_reason() -> None:
    """A statement without a verdict says why it has none."""
    unchecked = {name: why for lab in catalog.all_labs() for name, why in lab.unchecked.items()}
    shown = {row[0]: row[-1] for row in cells("claims") if row[3] == "not checked"}
    assert shown == unchecked, REFRESH


def test_the_labs_are_all_there() -> None:
    """The catalogue in the README is the catalogue."""
    assert {row[0].split("]")[0].strip("[") for row in cells("labs")} == set(catalog.names()), REFRESH


def test_the_differences_are_the_declared_ones() -> None:
    """Claims whose verdict depends on the engine, and no others."""
    wanted = {
        claim.id
        for lab in catalog.names()
        for claim in claims.claims(lab)
        if not isinstance(claim.verdict, str) and len(set(claim.verdict.values())) > 1
    }
    assert {row[0] for row in cells("differences")} == wanted, REFRESH


def test_the_example_breaks_what_it_shows_to_whoever_types_it() -> None:
    """The seed in it chooses the fault whose repair follows, where every fault can be practised on."""
    text = (HOME / "README.md").read_text()
    seed, wanted = re.search(r"lab break bridge-nat --seed (\d+)", text), re.search(r"lab guess bridge-nat (\S+)", text)
    assert seed is not None
    assert wanted is not None
    setting = Setting("26.1", "nft", lambda _: True)
    first = next(iter(choices(catalog.practice("bridge-nat"), Asked(seed=int(seed[1])), setting)))
    assert isinstance(first, list)
    assert [fault.name for fault in first] == [wanted[1]]
