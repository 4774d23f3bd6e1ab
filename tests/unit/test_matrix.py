"""The matrix: which cells are run, in which order, how many at once, and the file they are kept in."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from netproof import catalog
from netproof.errors import UnknownName, UsageError
from netproof.matrix import selection
from netproof.matrix.records import Cell, Claim, Key, summary
from tests.unit.cells import BROKEN, FALSE, INPUTS, LEFT_OUT, LEGACY, MIDDLE, NEW, OLD, TRUE, by_key, cell, other

# Records


@pytest.mark.parametrize(
    ("claim", "word", "told"),
    [
        (TRUE, "proven", ["counter: 3 packets", "counter: 4 packets", "rule: -j DROP"]),
        (FALSE, "refuted", ["seen: it was forwarded"]),
        (BROKEN, "failed", ["expected 1", "found 2"]),
        (LEFT_OUT, "skipped", ["no IPv6 here"]),
    ],
)
def test_a_claim_is_told_in_a_word_and_in_what_the_engine_did(claim: Claim, word: str, told: list[str]) -> None:
    """The verdict when it holds, the outcome when not; the evidence, or the reason."""
    assert (claim.word, claim.told()) == (word, told)
    assert attrs.evolve(TRUE).told(1) == ["rule: -j DROP"]


def test_claims_are_counted_by_verdict_with_failures_last() -> None:
    """The order does not depend on which claim came first."""
    assert summary([BROKEN, LEFT_OUT, FALSE, TRUE, TRUE]) == "5 claims: 2 proven, 1 refuted, 1 skipped, 1 failed"


def test_two_claims_of_one_id_are_both_there() -> None:
    """A claim that pytest runs with several parameters has its id several times."""
    assert list(cell(NEW, TRUE, FALSE, other(TRUE, "q9")).named()) == ["q1.1", "q1.1 (2)", "q9"]


# Choosing


def test_everything_is_chosen_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """All labs, engines and firewalls; a lab's cells are beside each other."""
    monkeypatch.setattr(catalog, "names", lambda: ["a", "b"])
    found = selection.keys("", "", "")
    assert len(found) == 2 * 3 * 2
    assert [key.lab for key in found] == ["a"] * 6 + ["b"] * 6
    assert {key.column for key in found} >= {OLD, MIDDLE, NEW, LEGACY}


def test_lists_are_forgiving() -> None:
    """Blanks, empty words and repetitions are no errors; the order is the user's."""
    assert selection.words("engine", " 28.5, ,26.1,28.5", ["20.10", "26.1", "28.5"]) == ["28.5", "26.1"]


@pytest.mark.parametrize(
    ("labs", "engines", "firewalls", "nearest"),
    [("bridge-nta", "", "", "bridge-nat"), ("", "26", "", "26.1"), ("", "", "nft,legcy", "legacy")],
)
def test_an_unknown_name_is_told_the_nearest(labs: str, engines: str, firewalls: str, nearest: str) -> None:
    """Each of the three lists is checked."""
    with pytest.raises(UnknownName) as caught:
        selection.keys(labs, engines, firewalls)
    assert caught.value.nearest == nearest


def test_a_lab_digest_changes_with_its_files_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A changed, a new, a renamed file makes another digest, and so does what labs share; bytecode does not."""
    mine, shared = tmp_path / "mine", tmp_path / "steps.py"
    mine.mkdir()
    (mine / "lab.py").write_text("1")
    monkeypatch.setattr(catalog, "folder", lambda _: mine)
    seen = [selection.lab_digest("mine")]

    def changes(path: Path, text: str) -> bool:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        seen.append(selection.lab_digest("mine"))
        return seen[-1] not in seen[:-1]

    assert changes(mine / "lab.py", "2")
    assert changes(mine / "faults.py", "")
    assert changes(shared, "x = 1")
    assert not changes(mine / "__pycache__" / "lab.pyc", "bytecode")
    assert not changes(tmp_path / "other" / "lab.py", "another lab")
    (mine / "faults.py").rename(mine / "fault.py")
    assert selection.lab_digest("mine") not in seen


@pytest.mark.parametrize(
    ("known", "again"),
    [
        ([], True),
        ([cell(NEW, TRUE)], False),
        ([cell(NEW, BROKEN)], False),
        ([cell(OLD, TRUE)], True),
        ([cell(NEW, error="no space left")], True),
        ([cell(NEW, TRUE, error="could not be removed")], True),
        ([cell(NEW)], True),
        ([cell(NEW, TRUE, inputs=attrs.evolve(INPUTS, image="sha256:2"))], True),
        ([cell(NEW, TRUE, inputs=attrs.evolve(INPUTS, kernel="6.2"))], True),
        ([cell(NEW, TRUE, inputs=attrs.evolve(INPUTS, lab="abd"))], True),
    ],
)
def test_a_cell_is_run_again_unless_it_is_complete_for_the_same_inputs(known: list[Cell], again: bool) -> None:  # noqa: FBT001 - a parameter
    """Claims that failed were run to the end; cells that could not be built were not."""
    key = Key("bridge-nat", NEW)
    assert selection.pending({key: INPUTS}, by_key(*known)) == ([key] if again else [])


def test_the_longest_cell_goes_first() -> None:
    """What was measured counts, then the lab in another column, then the number of lab hosts."""
    keys = [Key("small", NEW), Key("large", NEW), Key("slow", NEW), Key("slow", OLD), Key("known", NEW)]
    hosts = {"small": 1, "large": 3, "slow": 1, "known": 9}
    known = [
        cell(OLD, TRUE, lab="slow", seconds=90.0),
        cell(MIDDLE, TRUE, lab="slow", seconds=100.0),
        cell(NEW, TRUE, lab="known", seconds=1.0),
        cell(NEW, lab="small", seconds=900.0, error="did not even start"),
    ]
    found = selection.expected(keys, hosts, known)
    order = ["slow 28.5 nft", "slow 20.10 nft", "large 28.5 nft", "small 28.5 nft", "known 28.5 nft"]
    assert list(map(str, found)) == order
    assert list(found.values()) == [95.0, 90.0, 60.0, 20.0, 1.0]


def test_the_engines_that_came_after_one() -> None:
    """By their numbers, not by their letters."""
    assert selection.newer("20.10", ["9.0", "20.10", "26.1", "28.5"]) == ["26.1", "28.5"]
    with pytest.raises(UsageError, match="no engine here is newer"):
        selection.newer("28.5", ["20.10", "28.5"])
