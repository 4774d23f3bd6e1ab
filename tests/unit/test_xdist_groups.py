"""Tests that share a lab are one unit of work for pytest-xdist."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from netproof.fixtures.xdist_groups import FILES, shared_by
from tests.contract import test_faults
from tests.contract.shared_labs import BATCH

pytest_plugins = ["pytester"]


@pytest.mark.parametrize(
    ("nodeid", "shared"),
    [
        ("labs/bridge_nat/test_claims.py::test_x", "labs/bridge_nat"),
        ("labs/bridge_nat/test_more.py::test_y[a-b]", "labs/bridge_nat"),
        ("a/test_faults.py::test_x[26.1-nft-bridge-nat.1:not-tracked]", "test_faults:26.1-nft-bridge-nat.1"),
        ("a/test_faults.py::test_x[20.10-nft-bridge-l2.rest0:cable[a]]", "test_faults:20.10-nft-bridge-l2.rest0"),
        ("a/test_faults.py::test_y[28.5-nft-macvlan-modes.12:after]", "test_faults:28.5-nft-macvlan-modes.12"),
        ("a/test_walked_faults.py::test_x[26.1-legacy-dns.3:b]", "test_walked_faults:26.1-legacy-dns.3"),
        ("tests/contract/test_practice.py::test_z", "tests/contract/test_practice.py"),
        ("tests/unit/test_handbook_site.py::test_a", "tests/unit/test_handbook_site.py"),
        ("tests/browser/test_handbook.py::test_b[index.html]", "tests/browser"),
    ],
)
def test_what_is_shared(nodeid: str, shared: str) -> None:
    assert shared_by(nodeid) == shared


@pytest.mark.parametrize("nodeid", ["tests/unit/test_x.py::test_a", "tests/contract/test_kill.py::test_b[1]"])
def test_others_stand_alone(nodeid: str) -> None:
    assert shared_by(nodeid) == nodeid


@pytest.mark.parametrize("name", FILES)
def test_every_file_whose_tests_share_something_is_there(name: str) -> None:
    assert (Path(__file__).parents[1] / "contract" / f"test_{name}.py").is_file()


def test_every_proof_names_its_lab_and_engine() -> None:
    for found in (*test_faults.FAULTS, *test_faults.PAIRS, *test_faults.CELLS):
        cell: Any = found.values[0]
        shared = shared_by(f"tests/contract/test_faults.py::test_x[{found.id}]")
        assert shared.rpartition(".")[0] == f"test_faults:{'-'.join(cell)}"


def test_no_process_has_more_proofs_than_a_batch() -> None:
    proofs = [shared_by(f"/test_faults.py::test_x[{found.id}]") for found in (*test_faults.FAULTS, *test_faults.PAIRS)]
    assert max(Counter(proofs).values()) == BATCH


@pytest.mark.slow
def test_the_scheduler_gives_what_is_shared_to_one_process(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real thing: pytest-xdist with two processes, and tests of two labs."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    pytester.makepyfile(
        **{
            f"labs/{lab}/test_{lab}": "import os, pytest\n"
            "@pytest.mark.parametrize('number', range(6))\n"
            f"def test_x(number): print('{lab}', os.environ['PYTEST_XDIST_WORKER'])\n"
            for lab in ("one", "two")
        }
    )
    ended = pytester.runpytest_subprocess("-pnetproof.fixtures.xdist_groups", "-n2", "--dist=loadscope", "-rP")
    ended.assert_outcomes(passed=12)
    lines = {line for line in ended.outlines if line[:4] in {"one ", "two "}}
    assert len(lines) == 2, lines


@pytest.mark.slow
def test_what_takes_longest_begins_first(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """One test of minutes before ten of seconds, which pytest-xdist would begin with."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    many = "import pytest\n@pytest.mark.parametrize('number', range(10))\ndef test_x(number): pass\n"
    pytester.makepyfile(
        **{"labs/one/test_one": many, "tests/contract/test_remote_claims": "def test_every_claim(): pass"}
    )
    ended = pytester.runpytest_subprocess("-pnetproof.fixtures.xdist_groups", "-n1", "--dist=loadscope", "-v")
    ended.assert_outcomes(passed=11)
    ended.stdout.fnmatch_lines(["*PASSED*test_remote_claims*", "*PASSED*labs/one*"])
