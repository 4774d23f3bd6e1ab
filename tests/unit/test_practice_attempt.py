"""An attempt survives the process that began it; what is damaged, cut short or of another lab is not gone on with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netproof.errors import UsageError
from netproof.practice import attempt as attempts
from netproof.practice.attempt import INJECTING, RUNNING, Attempt
from netproof.state import baseline
from netproof.state.instance import Instance
from tests.unit.practices import DECOY, attempt, fault, practice

INSTANCE = Instance("sound", "second")

pytestmark = pytest.mark.usefixtures("state_dir")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def built(identity: str = "a") -> str:
    """The instance as `up` leaves it, with the mark of that."""
    baseline.keep(INSTANCE, {"host": identity})
    return baseline.mark(INSTANCE)


def begun(**changes: Any) -> Attempt:
    """An attempt that runs, written down."""
    made = attempt("cut", **{"status": RUNNING, "started": 1.0, "baseline": built(), **changes})
    made.write(INSTANCE)
    return made


def test_an_attempt_is_read_as_it_was_written() -> None:
    """Everything the learner has done so far is kept."""
    made = begun(
        red={"web": "timeout"},
        injected=[("host", "rules", "nat", "- x")],
        hints=[("cut", "layer", 10)],
        guesses=[("cut", "host"), ("torn", "")],
        detected=True,
    )
    assert attempts.read(INSTANCE) == made
    assert attempts.running(INSTANCE) == made
    assert attempts.read(Instance("sound")) is None


def test_attempts_have_names_of_their_own() -> None:
    """Two attempts at one fault are two."""
    assert attempt("cut").id != attempt("cut").id


def test_nothing_is_broken_where_there_is_no_attempt() -> None:
    """The remedy breaks something, in the copy that was meant."""
    with pytest.raises(UsageError) as caught:
        attempts.running(INSTANCE)
    assert "invoke lab break sound --as second" in caught.value.remedy


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "[1]", "7", '"text"', "{}", '{"lab": "sound"}', "\x00", '{"lab": {}, "faults": 1}'],
)
def test_a_damaged_file_is_no_attempt(text: str) -> None:
    """Files are a cache: none of them makes a command fail."""
    begun()
    (INSTANCE.folder / attempts.FILE).write_text(text)
    assert attempts.read(INSTANCE) is None


@given(json_values)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_of_something_else_is_no_attempt(value: Any) -> None:
    """Whatever JSON it holds."""
    INSTANCE.write(attempts.FILE, value)
    assert attempts.read(INSTANCE) is None


@given(st.sampled_from(["faults", "red", "injected", "hints", "started", "seed"]), json_values)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_one_wrong_value_is_read_or_is_none(name: str, value: Any) -> None:
    """It never raises."""
    begun()
    raw = INSTANCE.read(attempts.FILE)
    INSTANCE.write(attempts.FILE, {**raw, name: value})
    assert isinstance(attempts.read(INSTANCE), Attempt | None)


def test_a_break_that_was_cut_short_asks_for_a_reset() -> None:
    """No clock has started, so there is nothing to grade."""
    begun(status=INJECTING, started=0.0)
    with pytest.raises(UsageError) as caught:
        attempts.running(INSTANCE)
    assert "interrupted" in caught.value.problem
    assert "invoke lab reset sound --as second" in caught.value.remedy
    assert attempts.read(INSTANCE) is not None, "reset has to know what to undo"


@pytest.mark.parametrize("is_gone", [False, True], ids=["another", "none"])
def test_an_attempt_is_void_when_the_lab_was_built_anew(*, is_gone: bool) -> None:
    """Its faults went with the lab it was about; the next command knows of no attempt."""
    begun()
    built("b")
    if is_gone:
        baseline.drop(INSTANCE)
    with pytest.raises(UsageError, match="void"):
        attempts.running(INSTANCE)
    assert attempts.read(INSTANCE) is None


def test_the_mark_of_a_baseline_changes_with_it() -> None:
    """And is empty where there is none."""
    assert built("a") == built("a") != built("b") != ""
    baseline.drop(INSTANCE)
    assert baseline.mark(INSTANCE) == ""


def test_the_clock_stands_until_it_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """And never runs backwards."""
    monkeypatch.setattr("time.time", lambda: 100.0)
    assert attempt("cut").seconds == 0.0
    assert attempt("cut", started=90.5).seconds == 9.5
    assert attempt("cut", started=200.0).seconds == 0.0


def test_the_ticket_is_told_once_for_faults_of_which_users_say_the_same() -> None:
    """Two faults need not mean two tickets."""
    made = practice(fault("cut", ticket="No answer."), fault("torn", ticket="No answer."), fault("bent"))
    assert attempt("cut", "torn").ticket(made) == "No answer."
    assert attempt("bent", "cut").ticket(made) == "bent is reported.\nNo answer."


def test_a_decoy_breaks_nothing() -> None:
    """It has a ticket all the same."""
    made = practice(fault("cut"), decoys=[DECOY])
    assert attempt("cut").broken(made) == [made.fault("cut")]
    assert attempt("by-design", decoy=True).broken(made) == []
    assert attempt("by-design", decoy=True).ticket(made) == DECOY.ticket


def test_the_file_is_one_json_document(state_dir: Path) -> None:
    """It stands beside the instance's other files."""
    begun()
    document = json.loads((state_dir / "instances" / "sound.second" / "attempt.json").read_text())
    assert (document["faults"], document["status"]) == (["cut"], "running")
