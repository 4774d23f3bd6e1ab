"""A clock starts only when a fault is seen to be in effect; what takes no effect, or is interrupted, is taken back."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from netproof import catalog
from netproof.cli.lab.reset import give_up
from netproof.errors import BuildError, UnknownName, UsageError
from netproof.facts import Difference
from netproof.lab.running import Result
from netproof.model import Practice
from netproof.practice import attempt as attempts
from netproof.practice import breaker, history
from netproof.practice.attempt import INJECTING, RUNNING, Attempt
from netproof.practice.breaker import Breaker
from netproof.practice.check_runner import Look
from netproof.practice.fault_choice import Asked
from netproof.state import baseline
from netproof.state.instance import Instance
from tests.unit.practices import DECOY, attempt, fault, looks, practice

PRACTICE = practice(fault("cut"), fault("torn", shows={"gateway": "no reply"}), together=[("cut", "torn")])
INSTANCE = Instance("sound")

pytestmark = pytest.mark.usefixtures("state_dir")


class _Breakable:
    """A lab that is broken by `inject NAME` and mended by `undo NAME`."""

    def __init__(self) -> None:
        self.instance = INSTANCE
        self.lab = SimpleNamespace(name="sound")
        self.hosts = {"host": SimpleNamespace(host="host", engine="26.1", firewall="nft")}
        self.faults: set[str] = set()
        self.ran: list[str] = []
        self.red: dict[str, str] = {}
        self.inert: set[str] = set()
        self.unnoticed: set[str] = set()
        self.stays = False
        self.interrupts = ""
        self.while_injecting: Attempt | None = None

    def run(self, _: str, command: str, limit: float | None = None) -> Result:
        del limit
        self.ran.append(command)
        word, _, name = command.partition(" ")
        if command == self.interrupts:
            self.faults.add(name)
            raise KeyboardInterrupt
        if word == "took":
            return Result(int(name not in self.faults), "", "", timed_out=False)
        if word == "inject":
            self.while_injecting = attempts.read(INSTANCE)
            if name in self.inert:
                return Result(1, "", "no", timed_out=False)
            self.faults.add(name)
        elif not self.stays:
            self.faults.discard(name)
        return Result(0, "", "", timed_out=False)

    def look(self) -> list[Look]:
        shown = {
            check: how for name in self.faults - self.unnoticed for check, how in PRACTICE.fault(name).shows.items()
        }
        return looks(**{**self.red, **{check: str(how) for check, how in shown.items()}})

    def differences(self) -> list[Difference]:
        return [Difference("host", "rules", "nat", name, "") for name in sorted(self.faults)]


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> _Breakable:
    """A whole lab that is up."""
    made = _Breakable()
    monkeypatch.setattr(breaker, "look", lambda *_: made.look())
    monkeypatch.setattr(breaker, "differences", lambda *_: made.differences())
    monkeypatch.setattr(breaker, "after_up", lambda _: {})
    monkeypatch.setattr(breaker, "_EFFECT", 0.0)
    monkeypatch.setattr(breaker, "_GREEN", 0.0)
    monkeypatch.setattr(breaker, "_BACK", 0.0)
    baseline.keep(INSTANCE, {"host": "a"})
    return made


def broken(lab: Any, given: Practice = PRACTICE, **asked: Any) -> Attempt:
    """The attempt that `break` begins."""
    return Breaker(lab, given, lambda _: None).run(Asked(**{"seed": 7, **asked}))


def test_the_clock_starts_when_the_fault_is_in_effect(lab: _Breakable, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it changed and turned red is noted; the attempt is on disk."""
    monkeypatch.setattr("time.time", lambda: 100.0)
    made = broken(lab, fault="cut")
    assert (made.status, made.started, made.faults, made.red) == (RUNNING, 100.0, ["cut"], {"web": "timeout"})
    assert (made.lab, made.engine, made.firewall, made.seed) == ("sound", "26.1", "nft", 7)
    assert made.injected == [("host", "rules", "nat", "- cut")]
    assert attempts.running(INSTANCE) == made


def test_an_attempt_is_written_down_before_anything_is_broken(lab: _Breakable) -> None:
    """Whoever is killed in between is told to reset."""
    broken(lab, fault="cut")
    assert lab.while_injecting is not None
    assert (lab.while_injecting.status, lab.while_injecting.faults) == (INJECTING, ["cut"])


def test_an_incident_is_of_two_faults(lab: _Breakable) -> None:
    """Both in effect."""
    assert broken(lab, compound=2).faults == ["cut", "torn"]
    assert lab.faults == {"cut", "torn"}


def test_a_decoy_breaks_nothing(lab: _Breakable) -> None:
    """Its clock runs all the same."""
    made = broken(lab, practice(decoys=[DECOY]))
    assert (made.decoy, made.faults, made.status, made.red) == (True, ["by-design"], RUNNING, {})
    assert lab.ran == []


@pytest.mark.parametrize("way", ["inert", "unnoticed"])
def test_when_a_fault_has_no_effect_another_is_tried(lab: _Breakable, way: str) -> None:
    """Whether it cannot be made, or nothing notices it; it is undone first."""
    first = broken(lab).faults[0]
    attempts.running(INSTANCE)
    INSTANCE.drop(attempts.FILE)
    lab.faults.clear()
    lab.ran.clear()
    getattr(lab, way).add(first)
    second = broken(lab)
    assert second.faults == [({"cut", "torn"} - {first}).pop()]
    assert lab.faults == set(second.faults)
    assert lab.ran.index(f"undo {first}") < lab.ran.index(f"inject {second.faults[0]}")


def test_when_nothing_has_an_effect_nothing_is_broken(lab: _Breakable) -> None:
    """And no attempt is left."""
    lab.inert = {"cut", "torn"}
    with pytest.raises(BuildError, match="no clock has started"):
        broken(lab)
    assert attempts.read(INSTANCE) is None
    assert lab.faults == set()


def test_an_interrupted_break_is_taken_back(lab: _Breakable) -> None:
    """The lab is as it was, and can be broken again."""
    lab.interrupts = "inject torn"
    with pytest.raises(KeyboardInterrupt):
        broken(lab, compound=2)
    assert lab.faults == set()
    assert lab.ran[-2:] == ["undo torn", "undo cut"]
    assert attempts.read(INSTANCE) is None


def test_what_cannot_be_taken_back_is_left_to_reset(lab: _Breakable) -> None:
    """The attempt stays, so that reset knows what to undo."""
    lab.unnoticed, lab.stays = {"cut"}, True
    with pytest.raises(BuildError) as caught:
        broken(lab, fault="cut")
    assert "invoke lab reset sound" in caught.value.remedy
    assert attempts.read(INSTANCE) is not None


# A lab that is not whole


def test_a_lab_that_is_red_is_not_broken_further(lab: _Breakable) -> None:
    """What is red is named."""
    lab.red = {"gateway": "no reply"}
    with pytest.raises(UsageError) as caught:
        broken(lab)
    assert "gateway is red (no reply)" in caught.value.problem
    assert lab.ran == []


def test_a_lab_that_was_changed_is_not_broken(lab: _Breakable) -> None:
    """Nobody could tell the fault's changes from those before."""
    lab.faults, lab.unnoticed = {"cut"}, {"cut"}
    with pytest.raises(UsageError, match="1 difference from"):
        broken(lab)
    assert lab.ran == []


def test_a_broken_lab_is_not_broken_again(lab: _Breakable) -> None:
    """One attempt at a time."""
    broken(lab, fault="cut")
    with pytest.raises(UsageError, match="broken already"):
        broken(lab)
    assert lab.faults == {"cut"}


def test_after_a_break_that_was_cut_short_comes_a_reset(lab: _Breakable) -> None:
    """Nothing is known of the lab."""
    attempt("cut").write(INSTANCE)
    with pytest.raises(UsageError, match="interrupted"):
        broken(lab)


def test_a_lab_without_checks_says_that_there_is_nothing_to_practise_on(lab: _Breakable) -> None:
    """Other labs have something."""
    with pytest.raises(UsageError) as caught:
        broken(lab, Practice())
    assert "nothing to practise on" in caught.value.problem


# Giving up


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A history of this test's own, and a catalogue with one lab."""

    def look_up(name: str) -> Practice:
        if name != "sound":
            raise UnknownName("lab", name, ["sound"])
        return PRACTICE

    monkeypatch.setenv("NETPROOF_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(catalog, "practice", look_up)


@pytest.mark.usefixtures("kept")
def test_an_attempt_whose_lab_goes_is_given_up_once() -> None:
    """It is in the history as such."""
    attempt("cut", status=RUNNING, started=1.0).write(INSTANCE)
    give_up(INSTANCE)
    give_up(INSTANCE)
    assert [(item.faults, item.outcome) for item in history.records()] == [(["cut"], history.ABANDONED)]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "changes",
    [
        {"status": INJECTING},
        {"recorded": True},
        {"lab": "gone"},
        {"faults": ["gone"]},
        {"faults": ["gone"], "decoy": True},
    ],
    ids=["no clock", "revealed", "lab gone", "fault gone", "decoy gone"],
)
def test_what_was_no_attempt_or_is_unknown_by_now_leaves_nothing(changes: dict[str, Any]) -> None:
    """And stops nobody from removing the lab."""
    attempt(**{"status": RUNNING, "started": 1.0, "faults": ["cut"], **changes}).write(INSTANCE)
    give_up(INSTANCE)
    assert history.records() == []


@pytest.mark.usefixtures("kept")
def test_without_an_attempt_there_is_nothing_to_give_up() -> None:
    """No file is made."""
    give_up(INSTANCE)
    assert attempts.read(INSTANCE) is None
