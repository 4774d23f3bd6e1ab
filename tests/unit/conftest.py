"""What several unit tests share: a state directory of their own, and quick, repeatable Hypothesis runs."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("unit", deadline=None, database=None, derandomize=True, max_examples=25)
hypothesis.settings.load_profile("unit")


@pytest.fixture
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """netproof's state directory, empty, for this process and those it starts."""
    folder = tmp_path / "state"
    monkeypatch.setenv("NETPROOF_STATE_DIR", str(folder))
    monkeypatch.delenv("NETPROOF_OWNER", raising=False)
    return folder


@pytest.fixture
def signals() -> Iterator[tuple[signal.Signals, ...]]:
    """The signals that a command takes for itself; pytest gets them back."""
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)
