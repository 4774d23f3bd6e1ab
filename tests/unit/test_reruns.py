"""Only tests on real labs get a second attempt, and nobody can miss that one did."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

FAILS_ONCE = """
from pathlib import Path

def test_x():
    mark = Path({mark!r})
    first = not mark.exists()
    mark.touch()
    assert not first, "late"
"""
FAILS = "def test_y(): assert 0, 'broken'\n"


@pytest.mark.slow
def test_a_second_attempt_is_given_and_told(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """With pytest-xdist and its processes, as `invoke test` runs them."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    for folder in ("tests/contract", "tests/unit", "labs"):
        once = FAILS_ONCE.format(mark=str(pytester.path / f"{folder.replace('/', '-')}-mark"))
        name = f"{folder}/test_{folder.replace('/', '_')}"
        pytester.makepyfile(**{f"{name}_once": once, f"{name}_ever": FAILS})
    found = pytester.runpytest_subprocess("-p", "netproof.fixtures.reruns", "-n", "2", "--rerun-show-tracebacks")
    found.assert_outcomes(passed=2, failed=4)
    assert found.parseoutcomes()["rerun"] == 4
    text = found.stdout.str()
    assert "RERUN tests/contract/test_tests_contract_once.py::test_x" in text
    assert "RERUN labs/test_labs_once.py::test_x" in text
    assert "AssertionError: late" in text
    assert "RERUN tests/unit" not in text
