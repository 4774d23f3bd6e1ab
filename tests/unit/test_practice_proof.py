"""In which manner a claim failed is read from its assertion, and compared with what a fault declares."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from netproof import wait
from netproof.fixtures import fault_proof as proving
from netproof.fixtures.claim_runner import _manner
from netproof.fixtures.fault_proof import Proof
from netproof.lab.running import Result
from netproof.model import MANNERS, Step
from netproof.practice.check_runner import Look
from netproof.wait import impatient, throughout, until
from tests.unit.practices import fault, looks, practice

pytest_plugins = ["pytester"]

# (the body of a claim that fails, the manner)
BODIES = {
    "with a message": ('assert outcome("timeout") == "answered", "no path"', "timeout"),
    "an attribute": ('assert Seen("refused").outcome == "answered", f"it was {1}"', "refused"),
    "answered although closed": ('assert Seen("answered").outcome == "timeout", "open"', "answered"),
    "one of several": ('assert Seen("unreachable").outcome in {"answered"}, "no"', "unreachable"),
    "a tuple": ('assert (outcome("forbidden"), 1) == ("answered", 1), "no"', "forbidden"),
    "a list": ('assert [outcome("failed")] == ["answered"], "no"', "failed"),
    "a message of two lines": ('assert outcome("timeout") == "answered", "one\\ntwo"', "timeout"),
    "a message that speaks of a manner": ("assert 3 == 4, \"it was 'timeout'\"", "differs"),
    "no ping": ('assert Pings(0).replies == 1, "no ping"', "no reply"),
    "no ping at all": ('assert Pings(0).replies, "no ping"', "no reply"),
    "too many pings": ('assert Pings(3).replies == 0, "it is answered"', "differs"),
    "a ping in a tuple": ('assert (Pings(0).replies, 2) == (1, 2), "no ping"', "differs"),
    "nothing of something else": ('assert len([]) == 1, "nothing"', "differs"),
    "another text": ('assert "10.0.0.2" == "10.0.0.3", "another"', "differs"),
    "an assertion without a message": ('assert outcome("timeout") == "answered"', "differs"),
    "a ping without a message": ("assert Pings(0).replies == 1", "differs"),
    "a list without a message": ('assert [outcome("answered"), "x"] == ["answered", "y"]', "differs"),
    "None": ('assert None, "it never came"', "differs"),
    "another error": ('raise KeyError("timeout")', "differs"),
    "pytest.fail": ('pytest.fail("timeout")', "differs"),
    "an expected error that did not come": ("with pytest.raises(KeyError): pass", "differs"),
}
FILE = """
import pytest

class Seen:
    def __init__(self, outcome):
        self.outcome = outcome

class Pings:
    def __init__(self, replies):
        self.replies = replies

def outcome(word):
    return word

"""


class _Manners:
    """A pytest plugin that collects manners, in the order of the tests."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            assert report.failed
            self.found.append(_manner(report))


@pytest.fixture
def manners(pytester: pytest.Pytester) -> dict[str, str]:
    """{what: manner}, as a real run of pytest reports it."""
    tests = [f"def test_{number}():\n    {body}\n\n" for number, (body, _) in enumerate(BODIES.values())]
    pytester.makepyfile(FILE + "".join(tests))
    plugin = _Manners()
    pytester.inline_run("-pno:cacheprovider", plugins=[plugin])
    return dict(zip(BODIES, plugin.found, strict=True))


def test_the_manner_is_what_the_assertion_found(manners: dict[str, str]) -> None:
    """Whatever its message says; one without a message is not looked into."""
    assert manners == {what: manner for what, (_, manner) in BODIES.items()}
    assert set(manners.values()) <= set(MANNERS)


@pytest.mark.parametrize(
    ("message", "manner"),
    [
        ("AssertionError: no path\nassert 'timeout' == 'answered'\n  \n  - answered\n  + timeout", "timeout"),
        ("AssertionError: no path\nassert 'timeout' == 'refused'\n +  where 'timeout' = Answer().outcome", "timeout"),
        ("AssertionError: no ping\nassert 0 == 1\n +  where 0 = Pings(sent=1, replies=0).replies", "no reply"),
        ("AssertionError: no ping\nassert 0 == 1\n +  where 0 = len([])", "differs"),
        ("AssertionError: x\nassert ('refused', 'eth0') == ('answered', 'eth0')", "refused"),
        ("AssertionError: x\nassert 'outsider' == 'client'", "differs"),
        ("AssertionError: x\nassert 10 == 1\n +  where 10 = Pings().replies", "differs"),
        ("AssertionError: was 'timeout'\nassert 'a' == 'b'", "differs"),
        ("TimeoutError: timeout", "differs"),
        ("", "differs"),
    ],
)
def test_typical_failures_have_their_manner(message: str, manner: str) -> None:
    """Their texts, as pytest 7 and later write them."""
    report: Any = SimpleNamespace(longrepr=SimpleNamespace(reprcrash=SimpleNamespace(message=message)))
    assert _manner(report) == manner


def test_a_failure_without_a_place_differs() -> None:
    """A fixture that is not there, for example."""
    report: Any = SimpleNamespace(longrepr="fixture 'cat' not found")
    assert _manner(report) == "differs"


# Declared and seen


@pytest.mark.parametrize(
    ("declared", "seen", "unlike"),
    [
        ({}, {}, []),
        ({"a": "timeout"}, {"a": "timeout"}, []),
        ({"a": "timeout or reset"}, {"a": "reset"}, []),
        ({"a": "timeout"}, {"a": "reset"}, ["a"]),
        ({"a": "timeout"}, {}, ["a"]),
        ({}, {"a": "timeout"}, ["a"]),
        ({"b": "reset", "a": "reset"}, {"c": "open"}, ["a", "b", "c"]),
        ({"a": "no reply"}, {"a": "no"}, ["a"]),
    ],
)
def test_what_is_red_must_be_red_as_declared_and_nothing_else(
    declared: dict[str, str], seen: dict[str, str], unlike: list[str]
) -> None:
    """Both ways, and in the manner, too."""
    assert proving._unlike(declared, seen) == unlike


def test_a_problem_says_what_should_have_been_and_why_not() -> None:
    """With the claim's own words."""
    proof = Proof(failures={"q2.1": "no path"})
    proving._compare("claims", {"q2.2": "timeout"}, {"q2.1": "reset"}, proof)
    assert proof.problems == [
        "claims: q2.1 should be green, is reset no path",
        "claims: q2.2 should be timeout, is green",
    ]


# The proof, on a lab of which everything is given


class _Given:
    """A lab that a fault breaks and its undo mends; what is red meanwhile is given."""

    hosts: ClassVar[dict[str, Any]] = {}  # none that tracks connections

    def __init__(self) -> None:
        self.broken = self.stays = False
        self.checks = {"web": "timeout"}
        self.claims = {"q2.1": "timeout"}
        self.skipped: list[str] = []
        self.ran: list[str] = []
        self.asked: list[str] = []
        self.lab = self.instance = None

    def run(self, _: str, command: str, limit: float | None = None) -> Result:
        del limit
        self.ran.append(command)
        word = command.partition(" ")[0]
        if word == "took":
            return Result(int(not self.broken), "", "", timed_out=False)
        self.broken = word == "inject" or self.stays
        return Result(0, "", "", timed_out=False)

    def snapshot(self) -> bool:
        return self.broken

    def look(self) -> list[Look]:
        return looks(**(self.checks if self.broken else {}))

    def prove(self, only: str) -> dict[str, Any]:
        self.asked.append(only)
        assert wait._patience[-1] < 10, "most of what is waited for is broken"
        return {
            "claims": [
                {"id": name, "outcome": "failed", "manner": how, "failure": "no path"}
                for name, how in self.claims.items()
            ]
            + [{"id": name, "outcome": "skipped", "failure": "no feature"} for name in self.skipped]
        }


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> _Given:
    """A lab for a proof."""
    made = _Given()
    monkeypatch.setattr(proving, "look", lambda *_: made.look())
    monkeypatch.setattr(proving, "prove", lambda *_, only="": made.prove(only))
    monkeypatch.setattr(proving, "_facts", lambda _: {("host", "links", "eth0"): "down" if made.broken else "up"})
    monkeypatch.setattr(proving, "_SETTLE", 0.0)
    return made


def problems(given: Any, *, claims: str = proving.ALL, **declared: Any) -> list[str]:
    """What a proof finds wrong with a fault that declares this."""
    item = fault(**{"reddens": {"q2.1": "timeout"}, **declared})
    return proving.prove_fault(given, practice(item), item, "26.1", claims=claims).problems


def test_its_own_claims_alone_are_run_when_that_is_asked_for(given: _Given) -> None:
    """And none at all where it turns none red."""
    assert problems(given, claims=proving.OWN) == []
    assert given.asked == ["q2.1"]
    assert problems(given, claims=proving.OWN, reddens={}) == []
    assert given.asked == ["q2.1"]


def test_a_fault_that_does_what_it_declares_is_proven(given: _Given) -> None:
    """Injected and undone, injected and repaired."""
    assert problems(given, repair=Step("host", "repair it")) == []
    assert [command for command in given.ran if not command.startswith("took")] == [
        "inject cut",
        "undo cut",
        "inject cut",
        "repair it",
    ]


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ({"shows": {}}, "checks: web should be green, is timeout"),
        ({"shows": {"web": "reset"}}, "checks: web should be reset, is timeout"),
        ({"shows": {"web": "timeout", "inward": "open"}}, "checks: inward should be open, is green"),
        ({"shows": {"web": {"28.5": "timeout"}}}, "checks: web should be green, is timeout"),
    ],
)
def test_checks_must_be_red_as_declared(given: _Given, declared: dict[str, Any], problem: str) -> None:
    """No more and no fewer, in their manner, on this engine."""
    assert problems(given, claims=proving.NONE, **declared) == [problem]


def test_nothing_is_expected_of_a_claim_that_this_kernel_skips(given: _Given) -> None:
    """What it would be there cannot be seen."""
    given.skipped = ["q2.2"]
    assert problems(given, reddens={"q2.1": "timeout", "q2.2": "timeout"}) == []


def test_a_fault_that_was_there_before_is_no_fault(given: _Given) -> None:
    """What tells that it took effect must not do so on a whole lab."""
    given.broken = given.stays = True
    found = problems(given, claims=proving.NONE)
    assert "`took` succeeds before the change is made" in found
    assert any(text.startswith("to begin with these checks are red") for text in found)


def test_an_undo_that_leaves_something_is_a_problem(given: _Given) -> None:
    """In the snapshot and in the checks; then nothing is injected again."""
    given.stays = True
    found = problems(given, claims=proving.NONE)
    assert any(text.startswith("after undo host links eth0") for text in found)
    assert "`took` succeeds after undo: no repair would be seen" in found
    assert given.ran.count("inject cut") == 1


# Patience


def test_waiting_gives_up_early_while_most_is_broken() -> None:
    """The limit of the wait itself still holds when it is the shorter one."""
    began = time.monotonic()
    with impatient(0.0):
        assert until(lambda: False, 3600) is False
    with impatient(3600):
        assert until(lambda: False, 0) is False
    assert time.monotonic() - began < 3600
    assert wait._patience == [float("inf")]


def test_patience_comes_back_after_an_error() -> None:
    """And so it does when several are within each other."""
    with pytest.raises(KeyError), impatient(5), impatient(1):
        raise KeyError
    assert wait._patience == [float("inf")]


def test_a_window_is_held_whatever_the_patience() -> None:
    """What must hold for a while is not given up early."""
    held = [0]

    def look() -> bool:
        held[0] += 1
        return held[0] < 3

    with impatient(0.0):
        assert throughout(look, 3600) is False
    assert held == [3]
