"""What a cell records beside its verdicts, and that these are not lost when something goes wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from netproof.fixtures import cell_extras
from netproof.lab.running import RunningLab

LAB = cast("RunningLab", object())


def _draws(lab: RunningLab) -> Mapping[str, Any]:
    assert lab is LAB
    return {"picture": "<svg/>"}


def _fails(lab: RunningLab) -> Mapping[str, Any]:
    raise KeyError(f"no place in {lab}")


def test_what_recorders_return_is_the_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Together, and each is told of while it works."""
    said: list[str] = []
    monkeypatch.setattr(cell_extras, "RECORDERS", {"the picture": _draws, "walks": lambda _: {"walks": [1]}})
    assert cell_extras.recorded(LAB, said.append) == {"picture": "<svg/>", "walks": [1], "unrecorded": {}}
    assert said == ["recording the picture", "recording walks"]


def test_a_recorder_that_fails_costs_only_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason."""
    monkeypatch.setattr(cell_extras, "RECORDERS", {"walks": _fails, "the picture": _draws})
    found = cell_extras.recorded(LAB, lambda _: None)
    assert found["picture"] == "<svg/>"
    assert "walks" not in found
    assert "KeyError" in found["unrecorded"]["walks"]
