"""Tests that share a lab are one unit of work for pytest-xdist."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from fixtures.xdist_groups import shared_by
from tests.contract import test_faults

pytest_plugins = ["pytester"]


@pytest.mark.parametrize(
    ("nodeid", "shared"),
    [
        ("labs/bridge_nat/test_claims.py::test_x", "labs/bridge_nat"),
        ("labs/bridge_nat/test_more.py::test_y[a-b]", "labs/bridge_nat"),
        ("tests/contract/test_faults.py::test_fault_is_proven[26.1-bridge-nat.1:not-tracked]", "26.1-bridge-nat.1"),
        ("tests/contract/test_faults.py::test_fault_is_proven[20.10-bridge-l2.0:cable[con-a]]", "20.10-bridge-l2.0"),
        ("tests/contract/test_faults.py::test_claims_hold_x[28.5-macvlan-modes.12]", "28.5-macvlan-modes.12"),
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


def test_every_proof_names_its_lab_and_engine() -> None:
    for found in (*test_faults.FAULTS, *test_faults.PAIRS, *test_faults.CELLS):
        engine, name = found.values[:2]
        shared = shared_by(f"tests/contract/test_faults.py::test_x[{found.id}]")
        assert shared.rpartition(".")[0] == f"{engine}-{name}"


def test_no_process_has_more_proofs_than_a_batch() -> None:
    proofs = [shared_by(f"/test_faults.py::test_x[{found.id}]") for found in (*test_faults.FAULTS, *test_faults.PAIRS)]
    assert max(Counter(proofs).values()) == test_faults.BATCH


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
    ended = pytester.runpytest_subprocess("-pfixtures.xdist_groups", "-n2", "--dist=loadscope", "-rP")
    ended.assert_outcomes(passed=12)
    lines = {line for line in ended.outlines if line[:4] in {"one ", "two "}}
    assert len(lines) == 2, lines
