"""The matrix: which cells are run, in which order, how many at once, and the file they are kept in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from netproof import catalog
from netproof.errors import Busy, UnknownName, UsageError
from netproof.matrix import results_file, selection
from netproof.matrix.records import Cell, Claim, Key, Times, summary
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


@pytest.mark.parametrize(
    ("machine", "asked", "expected"),
    [
        ((4, 64 << 30), ("", 100, 1), 8),
        ((4, 64 << 30), ("", 3, 1), 3),
        ((4, 2 << 30), ("", 100, 1), 5),
        ((4, 4 << 30), ("", 100, 5), 2),
        ((4, 1 << 20), ("", 100, 5), 1),
        ((None, 64 << 30), ("", 100, 1), 2),
        ((1, 1 << 20), ("7", 3, 5), 7),
    ],
)
def test_jobs_follow_cores_memory_and_cells(
    monkeypatch: pytest.MonkeyPatch, machine: tuple[int | None, int], asked: tuple[str, int, int], expected: int
) -> None:
    """Unless a number was given; one runs in any case."""
    cores, memory = machine
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    monkeypatch.setattr(selection, "available_memory", lambda: memory)
    assert selection.jobs(*asked) == expected


def test_slow_machines_run_fewer_cells_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine gives up after seconds of its own, however slow the machine is; who asks for more gets more."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.setattr(selection, "available_memory", lambda: 64 << 30)
    for slowness, expected in (("1", 16), ("2", 8), ("12", 1)):
        monkeypatch.setenv("NETPROOF_SLOWNESS", slowness)
        assert selection.jobs("", 20, 2) == expected
    assert selection.jobs("4", 20, 2) == 4


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_jobs_must_be_a_number(given: str) -> None:
    """At least one."""
    with pytest.raises(UsageError, match="--jobs"):
        selection.jobs(given, 1, 1)


@pytest.mark.parametrize(
    ("meminfo", "limit", "used", "expected"),
    [
        ("MemTotal: 9 kB\nMemAvailable: 2048 kB\n", None, None, 2 << 20),
        ("MemAvailable: 2048 kB\n", "max", "5", 2 << 20),
        ("MemAvailable: 2048 kB\n", "1048576", "48576", 1000000),
        ("MemAvailable: 2048 kB\n", "5", "9", 0),
        ("nonsense", "1000", "1", 999),
        (None, None, None, 1 << 50),
    ],
)
def test_available_memory_is_the_least_of_what_can_be_read(
    tmp_path: Path, meminfo: str | None, limit: str | None, used: str | None, expected: int
) -> None:
    """The machine's and the control group's, as far as there are any."""
    for name, text in (("meminfo", meminfo), ("memory.max", limit), ("memory.current", used)):
        if text is not None:
            (tmp_path / name).write_text(text)
    assert selection.available_memory(tmp_path / "meminfo", tmp_path) == expected


# The file


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """All of a cell, and the next run's cells beside it."""
    path = tmp_path / "new" / "matrix.json"
    kept = results_file.Book.open(path)
    first = cell(NEW, TRUE, BROKEN, LEFT_OUT, unchecked={"q7": "needs hardware"}, times=Times(1.0, 2.0, 0.5))
    kept.add(first)
    again = results_file.Book.open(path)
    again.add(cell(OLD, error="no space left"))
    assert results_file.Book.open(path).cells == by_key(first, cell(OLD, error="no space left"))
    raw = json.loads(path.read_text())
    assert (raw["kind"], raw["format"]) == (results_file.KIND, results_file.FORMAT)
    assert re.fullmatch(r"\d+\.\d+\.\d+", raw["netproof"])
    assert {"lab": "bridge-nat", "engine": "28.5", "firewall": "nft", "version": "28.5.5"}.items() <= (
        raw["cells"][1].items()
    )
    assert [item.name for item in path.parent.iterdir()] == ["matrix.json"]


def test_forgotten_cells_leave_the_file_with_the_next(tmp_path: Path) -> None:
    """An interrupted --fresh goes on where it stopped."""
    kept = results_file.Book.open(tmp_path / "matrix.json")
    kept.add(cell(NEW, TRUE), cell(OLD, TRUE))
    kept.forget([Key("bridge-nat", NEW), Key("bridge-nat", OLD), Key("bridge-nat", MIDDLE)])
    kept.add(cell(NEW, FALSE))
    assert results_file.Book.open(kept.path).cells == by_key(cell(NEW, FALSE))


def _damaged(change: Callable[[dict[str, Any]], object]) -> str:
    raw = json.loads(json.dumps(results_file.document([cell(NEW, TRUE)])))
    change(raw)
    return json.dumps(raw)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is damaged, or not JSON"),
        ('{"kind": "netproof matrix", "cells": [', "is damaged, or not JSON"),
        ("[]", "is not a results file"),
        ('{"lab": "bridge-nat", "claims": []}', "is not a results file"),
        (_damaged(lambda raw: raw.update(format=2)), "has format 2, this netproof reads 1"),
        (_damaged(lambda raw: raw.pop("cells")), "is damaged: KeyError"),
        (_damaged(lambda raw: raw["cells"][0].pop("lab")), "is damaged: KeyError"),
        (_damaged(lambda raw: raw["cells"][0].update(claims=7)), "is damaged: TypeError"),
        (_damaged(lambda raw: raw["cells"][0].update(seconds="long")), "is damaged: TypeError: 'long' is not float"),
        (_damaged(lambda raw: raw["cells"][0]["claims"][0].update(verdict=None)), "None is not str"),
        (_damaged(lambda raw: raw["cells"][0]["claims"][0].pop("outcome")), "is damaged"),
    ],
)
def test_damaged_and_foreign_files_are_refused(tmp_path: Path, text: str, what: str) -> None:
    """The message names the flag, the file and what is wrong with it."""
    path = tmp_path / "matrix.json"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        results_file.read(path, "--against")
    assert caught.value.problem.startswith(f"--against {path} ")
    assert what in caught.value.problem


def test_files_that_cannot_be_read_or_written_are_refused(tmp_path: Path) -> None:
    """Before anything is built."""
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        results_file.read(tmp_path / "none.json", "--against")
    with pytest.raises(UsageError, match="is a directory"):
        results_file.Book.open(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        results_file.check_writable(tmp_path / "file" / "matrix.json", "--junit")
    results_file.check_writable(tmp_path / "not" / "yet" / "there.json", "--junit")


def test_a_results_file_has_one_writer(tmp_path: Path, state_dir: Path) -> None:
    """Another run is told so at once; one with another file goes on."""
    with results_file.held(tmp_path / "one.json"):
        with pytest.raises(Busy, match=r"one\.json"), results_file.held(tmp_path / "x" / ".." / "one.json"):
            pass
        with results_file.held(tmp_path / "two.json"):
            pass
    with results_file.held(tmp_path / "one.json"):
        assert state_dir.is_dir()
