"""Steps say which they are, of how many, and how long the rest may take."""

from __future__ import annotations

import pytest

from netproof.progress import Passing, Steps


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says; to be set."""
    clock = [1_000.0]
    monkeypatch.setattr("netproof.progress.time.monotonic", lambda: clock[0])
    return clock


def test_each_step_is_told_with_what_is_left(now: list[float]) -> None:
    """A machine that was slower than usual is expected to stay so."""
    said: list[str] = []
    steps = Steps("lab host 26.1", {"packages": 40.0, "import": 10.0, "commit": 10.0}, said.append)
    steps.begin("packages")
    now[0] += 20
    steps.passing("Unpacking libc6")
    now[0] += 60
    steps.begin("import")
    now[0] += 500
    steps.begin("commit")
    assert said == [
        "lab host 26.1, step 1 of 3, about 60 s left: packages …",
        "lab host 26.1, step 1 of 3, about 40 s left: Unpacking libc6 …",
        "lab host 26.1, step 2 of 3, about 40 s left: import …",
        "lab host 26.1, step 3 of 3, about 120 s left: commit …",
    ]
    assert [isinstance(words, Passing) for words in said] == [False, True, False, False]


def test_what_need_not_be_done_is_not_counted() -> None:
    """An image whose packages are there is built in fewer steps."""
    said: list[str] = []
    steps = Steps("it", {"packages": 40.0, "import": 10.0, "commit": 10.0}, said.append)
    steps.leave_out("packages", "import")
    steps.begin("commit")
    assert said == ["it, step 1 of 1, about 10 s left: commit …"]
