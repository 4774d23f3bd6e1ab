"""Which tests run when."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from netproof import catalog, paths
from netproof.fixtures.tiers import part_of
from tests.contract import released, test_faults, test_walked_faults
from tests.contract.shared_labs import in_cell, of_tier

pytest_plugins = ["pytester"]

THREE = """
import pytest
def test_soon(): pass
@pytest.mark.rest
def test_late(): pass
@pytest.mark.rest
def test_later(): pass
"""


def ran(pytester: pytest.Pytester, *options: str) -> dict[str, int]:
    """What came of three tests, of which two are of the rest."""
    pytester.makepyfile(THREE)
    return pytester.runpytest_inprocess("-pnetproof.fixtures.tiers", *options).parseoutcomes()


def test_without_options_the_first_tier_runs(pytester: pytest.Pytester) -> None:
    """As `pytest` in a clone does."""
    assert ran(pytester) == {"passed": 1, "deselected": 2}


def test_the_rest_is_what_the_first_tier_leaves_out(pytester: pytest.Pytester) -> None:
    """No test is of neither."""
    assert ran(pytester, "--tier", "rest") == {"passed": 2, "deselected": 1}
    assert ran(pytester, "--tier", "all") == {"passed": 3}


def test_all_parts_together_are_the_whole(pytester: pytest.Pytester) -> None:
    """Each test is of one part."""
    passed = [ran(pytester, "--tier", "rest", "--part", f"{number}/3").get("passed", 0) for number in (1, 2, 3)]
    assert sum(passed) == 2


@pytest.mark.slow
@pytest.mark.parametrize("part", ["0/3", "4/3", "x", "1/0"])
def test_a_part_that_is_none_is_refused(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Before anything runs, with how it is written."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    pytester.makepyfile(THREE)
    ended = pytester.runpytest_subprocess("-pnetproof.fixtures.tiers", "--part", part)
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines(["*is written K/N, as in 2/3*"])


def test_what_shares_a_lab_is_in_one_part() -> None:
    """It would be built for each part else."""
    parts = {part_of(f"a/test_faults.py::test_x[26.1-nft-dns.rest0:{name}]", 3) for name in "abcdefgh"}
    assert len(parts) == 1


def test_every_layer_of_a_lab_is_in_the_first_tier() -> None:
    """Of faults as of cases for walks, on the default engine."""
    for module, tests in ((test_faults, test_faults.FAULTS), (test_walked_faults, list(test_walked_faults.cases()))):
        layers: dict[bool, set[tuple[object, str]]] = {True: set(), False: set()}
        for found in tests:
            cell, given, *_ = found.values
            if cell == ("26.1", "nft", "bridge-nat"):
                layers[bool(found.marks)].add((cell, given.layer))  # type: ignore[union-attr]  # a fault or a case
        assert layers[True] <= layers[False], module


FAULTS = """
FAULTS = (
    Fault(id="one", ticket="it fails"),  # a remark
    Fault(id="two", ticket={ticket!r}),
)
"""


def test_a_fault_whose_text_is_new_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was only laid out differently is not."""
    path = tmp_path / "labs" / "some" / "faults.py"
    path.parent.mkdir(parents=True)
    path.write_text(FAULTS.format(ticket="as before"))
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"], ["tag", "v1.0"]):
        author = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", *author, *words], cwd=tmp_path, check=True)
    path.write_text(FAULTS.format(ticket="anew").replace("  # a remark", ""))
    monkeypatch.setattr(paths, "HOME", tmp_path)
    monkeypatch.setattr(catalog, "folder", lambda name: tmp_path / "labs" / name)
    released.last_release.cache_clear()
    try:
        assert released.changed("some") == {"two"}
    finally:
        released.last_release.cache_clear()


def test_all_has_nothing_twice() -> None:
    """What the first tier looks at quickly, the rest has more thoroughly: with both, that is done once."""
    params = [
        in_cell(("26.1", "nft", "dns"), 1, number=at, what=what, rest=rest)
        for at, (what, rest) in enumerate([("a", False), ("b", False), ("a", True), ("c", True)])
    ]
    wanted = {
        tier: [str(one.id).partition(":")[2] for one in of_tier(params, tier)] for tier in ("first", "rest", "all")
    }
    assert wanted == {"first": ["a", "b"], "rest": ["a", "c"], "all": ["b", "a", "c"]}
