"""README and the reference pages say what is declared now."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator

import pytest

from netproof import catalog
from netproof.catalog import claims
from netproof.paths import HOME
from netproof.practice.fault_choice import Asked, Setting, choices

PAGES = HOME / "docs" / "reference"
REFRESH = "run `invoke matrix --results matrix.json` and `scripts/reference_pages.py matrix.json`"
LONGEST = 150


def cells(page: str) -> Iterator[list[str]]:
    """The rows of a page's table, without its head."""
    lines = [line for line in (PAGES / page).read_text().splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def by_engine(verdict: object) -> str:
    """A declared verdict as the page shows it."""
    if isinstance(verdict, str):
        return verdict
    assert isinstance(verdict, dict)
    words = sorted(verdict.items())
    same = len({word for _, word in words}) == 1
    return words[0][1] if same else "<br>".join(f"{engine}: {word}" for engine, word in words)


def test_the_readme_can_be_read_in_one_go() -> None:
    """What is longer belongs into the documentation."""
    assert len((HOME / "README.md").read_text().splitlines()) <= LONGEST


def test_pages_of_declarations_are_what_would_be_written_now() -> None:
    """Labs, faults and commands."""
    wanted = runpy.run_path(str(HOME / "scripts" / "reference_pages.py"))["declared"]()
    for name, text in wanted.items():
        assert (PAGES / name).read_text() == text, f"docs/reference/{name} is old: run scripts/reference_pages.py"


def test_the_number_of_faults_is_that_of_the_catalogue() -> None:
    """Counted by lab and id; those that a check notices can be practised on."""
    faults = {(lab, fault.id): fault.is_visible for lab in catalog.names() for fault in catalog.practice(lab).faults}
    text = " ".join((HOME / "README.md").read_text().split())
    assert f"There are {len(faults)} faults in the {len(catalog.names())} labs" in text
    assert f"{sum(faults.values())} can be practised on" in text


@pytest.mark.parametrize("lab", catalog.names())
def test_the_table_has_every_claim_with_its_verdict(lab: str) -> None:
    """Each claim of a lab is there, with the verdict it declares or skipped, and nothing that is not declared."""
    shown = {row[0]: row[3] for row in cells("claims.md") if row[1] == lab}
    wanted = {claim.id: by_engine(claim.verdict) for claim in claims.claims(lab)}
    skippable = {claim.id for claim in claims.claims(lab) if claim.needs}
    got = {
        name: wanted.get(name, "") if name in skippable and word == "skipped" else word for name, word in shown.items()
    }
    assert got == wanted, REFRESH


def test_what_cannot_be_checked_is_there_with_its_reason() -> None:
    """A statement without a verdict says why it has none."""
    unchecked = {name: why for lab in catalog.all_labs() for name, why in lab.unchecked.items()}
    shown = {row[0]: row[-1] for row in cells("claims.md") if row[3] == "not checked"}
    assert shown == unchecked, REFRESH


def test_the_differences_are_the_declared_ones() -> None:
    """Claims whose verdict depends on the engine, and no others."""
    wanted = {
        claim.id
        for lab in catalog.names()
        for claim in claims.claims(lab)
        if not isinstance(claim.verdict, str) and len(set(claim.verdict.values())) > 1
    }
    assert {row[0] for row in cells("differences.md")} == wanted, REFRESH


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_the_example_breaks_what_it_shows_to_whoever_types_it(page: str) -> None:
    """The seed in it chooses the fault whose repair follows, where every fault can be practised on."""
    text = (HOME / page).read_text()
    seed, wanted = re.search(r"lab break bridge-nat --seed (\d+)", text), re.search(r"lab guess bridge-nat (\S+)", text)
    assert seed is not None
    assert wanted is not None
    setting = Setting("26.1", "nft", lambda _: True)
    first = next(iter(choices(catalog.practice("bridge-nat"), Asked(seed=int(seed[1])), setting)))
    assert isinstance(first, list)
    assert [fault.name for fault in first] == [wanted[1]]
