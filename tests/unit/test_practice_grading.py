"""An attempt is graded by what works, what else was changed, and what was guessed; hints have their order and price."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import pytest

from netproof.errors import AgentError, BuildError, HostDied
from netproof.facts import FORM_KIND, HAPPENED, Difference
from netproof.model import Change, Check, Practice, Step
from netproof.practice import attempt as attempts
from netproof.practice import check_runner, collateral, grading, hints, history
from netproof.practice.attempt import DESIGNED, Attempt
from netproof.practice.check_runner import Look
from netproof.practice.collateral import lines, told
from netproof.practice.grading import NOT_REPAIRED, UNDECIDED, WORKED_AROUND, Grade, scored
from netproof.practice.hints import PRICES, Hint, hint
from netproof.practice.injection import apply, took_effect, undo
from tests.unit import practices
from tests.unit.practices import DECOY, NotedLab, attempt, fault, looks, practice

PRACTICE = practice(
    fault("cut[a]"),
    fault("cut[b]", at="client"),
    fault("torn", layer="link", at="client", shows={"gateway": "no reply"}),
    decoys=[DECOY],
)
SPOILT, BYSTANDER = ("host", "rules", "nat", "- MASQUERADE"), ("client", "routes", "main default", "- via 10.0.0.1")


def difference(place: str, aspect: str, key: str, line: str) -> Difference:
    """A difference of one line."""
    before, after = (line[2:], "") if line[0] == "-" else ("", line[2:])
    return Difference(place, aspect, key, before, after)


# Lines


def test_one_rule_more_in_a_long_chain_is_one_line() -> None:
    """Wherever it stands; the rules around it are not told."""
    chain = tuple(f"-p tcp --dport {port} -j ACCEPT" for port in range(1, 200))
    longer = (*chain[:90], "-j DROP", *chain[90:])
    item = Difference("host", "rules", "iptables-nft filter FORWARD", chain, longer)
    assert lines([item]) == {("host", "rules", "iptables-nft filter FORWARD", "+ -j DROP")}
    back = attrs.evolve(item, before=longer, after=chain)
    assert lines([back]) == {("host", "rules", "iptables-nft filter FORWARD", "- -j DROP")}


def test_a_rule_that_only_stands_elsewhere_is_no_collateral() -> None:
    moved = {("host", "rules", "nat DOCKER", sign + " -d 192.0.2.1 -j DNAT") for sign in "+-"}
    new = ("host", "rules", "nat DOCKER", "+ -j ACCEPT")
    assert collateral.unmoved({*moved, new}) == {new}


def test_a_value_that_changed_is_two_lines() -> None:
    """What was, and what is."""
    found = lines([Difference("host", "sysctls", "net.ipv4.ip_forward", "1", "0")])
    assert told(found) == ["host: sysctls net.ipv4.ip_forward: + 0", "host: sysctls net.ipv4.ip_forward: - 1"]


def test_a_rule_that_moved_is_told_as_gone_and_come() -> None:
    """Order matters to rules."""
    found = lines([Difference("host", "rules", "filter", ("-j ONE", "-j TWO"), ("-j TWO", "-j ONE"))])
    assert {line[:6] for *_, line in found} in ({"- -j O", "+ -j O"}, {"- -j T", "+ -j T"})


def test_the_same_in_two_places_is_two_lines() -> None:
    """A line is one of a place."""
    assert len(lines([difference(place, "routes", "x", "+ y") for place in ("host", "client")])) == 2


def test_differences_are_waited_for_until_they_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A carrier comes late: what is seen twice is what there is."""
    seen = [[difference(*SPOILT)], [difference(*BYSTANDER)], [difference(*BYSTANDER)]]
    monkeypatch.setattr(collateral, "flatten", lambda _: {})
    monkeypatch.setattr(collateral, "structure", lambda given: given)
    monkeypatch.setattr("netproof.practice.collateral.facts.fold", lambda *_: seen.pop(0))
    lab: Any = type("Lab", (), {"snapshot": lambda _: {}})()
    assert collateral.differences(lab, {}) == [difference(*BYSTANDER)]
    assert seen == []


# Grades


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Grade]:
    """Grades an attempt at a lab of which everything is given: what is red, at once and within the window; changes."""

    def run(
        made: Attempt,
        red: dict[str, str],
        changed: list[collateral.Line],
        *,
        later: dict[str, str] | None = None,
        standing: tuple[str, ...] = (),
    ) -> Grade:
        monkeypatch.setattr(grading, "look", lambda *_: looks(**red))
        monkeypatch.setattr(grading, "stay_green", lambda *_: looks(**(red if later is None else later)))
        monkeypatch.setattr(grading, "after_up", lambda _: {})
        monkeypatch.setattr(grading, "differences", lambda *_: [difference(*line) for line in changed])
        lab: Any = NotedLab({f"took {one.name}" for one in PRACTICE.faults} - {f"took {name}" for name in standing})
        return grading.grade(lab, PRACTICE, made)

    return run


BROKEN = attempt("torn", injected=[SPOILT])
ANSWERED = [(DESIGNED, "")]


@pytest.mark.parametrize(
    ("red", "now", "expected"),
    [
        ({}, [], ("solved", set(), set())),
        ({}, [BYSTANDER], ("collateral", {BYSTANDER}, set())),
        ({}, [SPOILT], ("collateral", set(), {SPOILT})),
        ({}, [SPOILT, BYSTANDER], ("collateral", {BYSTANDER}, {SPOILT})),
        ({"web": "timeout"}, [SPOILT], (NOT_REPAIRED, set(), set())),
        ({"web": "timeout"}, [], (NOT_REPAIRED, set(), set())),
        ({"web": "timeout"}, [SPOILT, BYSTANDER], (NOT_REPAIRED, {BYSTANDER}, set())),
    ],
)
def test_a_repair_is_judged_by_behaviour_and_by_what_else_changed(
    graded: Callable[..., Grade], red: dict[str, str], now: list[collateral.Line], expected: tuple[Any, ...]
) -> None:
    """What the fault changed is not the learner's doing, but has to be gone for a clean repair."""
    found = graded(BROKEN, red, now)
    assert (found.verdict, found.changed, found.left) == expected


@pytest.mark.parametrize("now", [[], [SPOILT], [BYSTANDER], [SPOILT, BYSTANDER]])
def test_what_works_around_a_fault_does_not_repair_it(graded: Callable[..., Grade], now: list[Any]) -> None:
    """All is green, and what the fault changed is as it made it, whether or not a snapshot can see that."""
    found = graded(BROKEN, {}, now, standing=("torn",))
    assert (found.verdict, found.changed, found.left) == (WORKED_AROUND, set(now) - {SPOILT}, set())
    assert [one.name for one in found.standing] == ["torn"]


def test_an_equal_rule_in_another_form_is_a_repair(graded: Callable[..., Grade]) -> None:
    """A fault looks for its rule by iptables, which can show no table that somebody wrote into with nft."""
    form = ("host", HAPPENED, f"{FORM_KIND}ip nat", "+ iptables can no longer show it")
    assert graded(BROKEN, {}, [form], standing=("torn",)).verdict == "collateral"
    assert graded(BROKEN, {}, [form, SPOILT], standing=("torn",)).verdict == WORKED_AROUND
    assert graded(BROKEN, {"web": "timeout"}, [form], standing=("torn",)).verdict == NOT_REPAIRED


def test_of_two_faults_the_one_that_is_worked_around_is_enough(graded: Callable[..., Grade]) -> None:
    """One was repaired; another fault of the lab that nobody injected does not matter."""
    found = graded(attempt("torn", "cut[a]"), {}, [], standing=("cut[a]", "cut[b]"))
    assert (found.verdict, [one.name for one in found.standing]) == (WORKED_AROUND, ["cut[a]"])


def test_what_is_red_is_not_asked_whether_it_is_worked_around(graded: Callable[..., Grade]) -> None:
    """It is not repaired, which says more."""
    assert graded(BROKEN, {"web": "timeout"}, [], standing=("torn",)).verdict == NOT_REPAIRED


def test_what_is_in_effect_in_a_place_that_is_gone_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that was removed; a lab host that died is another matter, and is told."""
    lab: Any = NotedLab()
    monkeypatch.setattr(NotedLab, "run", _raising(AgentError("container 'client' is not running", "")))
    assert not took_effect(lab, fault().change)
    monkeypatch.setattr(NotedLab, "run", _raising(HostDied("gone", "")))
    with pytest.raises(HostDied):
        took_effect(lab, fault().change)


def _raising(error: Exception) -> Callable[..., Any]:
    def run(*_: Any, **__: Any) -> Any:
        raise error

    return run


def test_a_repair_that_does_not_last_is_none(graded: Callable[..., Grade]) -> None:
    """All was green at first, and red within the window."""
    found = graded(BROKEN, {}, [], later={"gateway": "no reply"})
    assert found.verdict == NOT_REPAIRED
    assert [item.check.id for item in found.looks if not item.is_green] == ["gateway"]


def test_one_late_answer_is_no_fault(graded: Callable[..., Grade]) -> None:
    """Red in another way than the fault makes it, and green for the window after it."""
    assert graded(BROKEN, {"gateway": "no reply"}, [], later={}).verdict == "solved"


def test_what_is_red_as_the_fault_makes_it_is_not_looked_at_again(graded: Callable[..., Grade]) -> None:
    """It is what was to be repaired."""
    broken = attrs.evolve(BROKEN, red={"web": "timeout"})
    assert graded(broken, {"web": "timeout"}, [], later={}).verdict == NOT_REPAIRED


@pytest.mark.parametrize(
    ("rounds", "odd", "left"),
    [
        ([{}], 0, {}),
        ([{"web": "timeout"}], 0, {"web": "timeout"}),
        ([{"web": "timeout"}, {}], 1, {}),
        ([{"web": "timeout"}, {"gateway": "no reply"}], 1, {"gateway": "no reply"}),
    ],
)
def test_the_window_begins_anew_after_an_odd_look(
    monkeypatch: pytest.MonkeyPatch, rounds: list[dict[str, str]], odd: int, left: dict[str, str]
) -> None:
    """So often, and no more."""
    given = [looks(**outcomes) for outcomes in rounds]
    monkeypatch.setattr(check_runner, "look", lambda *_: given.pop(0))
    lab: Any = NotedLab()
    assert check_runner.red(check_runner.stay_green(lab, [], odd, window=0)) == left
    assert given == []


@pytest.mark.parametrize(
    ("guesses", "red", "now", "verdict"),
    [
        ([], {}, [], UNDECIDED),
        ([("torn", "client")], {}, [], UNDECIDED),
        (ANSWERED, {}, [], "solved"),
        ([("torn", "client"), *ANSWERED], {}, [], "solved"),
        (ANSWERED, {}, [BYSTANDER], "collateral"),
        (ANSWERED, {"web": "timeout"}, [BYSTANDER], NOT_REPAIRED),
    ],
)
def test_a_decoy_is_over_when_it_is_called_one(
    graded: Callable[..., Grade], guesses: list[tuple[str, str]], red: dict[str, str], now: list[Any], verdict: str
) -> None:
    """Nothing was broken: it must be so still."""
    assert graded(attempt("by-design", decoy=True, guesses=guesses), red, now).verdict == verdict


@pytest.mark.parametrize(
    ("verdict", "is_over"),
    [("solved", True), ("collateral", True), (NOT_REPAIRED, False), (WORKED_AROUND, False), (UNDECIDED, False)],
)
def test_only_a_repaired_lab_is_over(verdict: str, *, is_over: bool) -> None:
    """The rest goes on."""
    assert Grade(verdict, []).is_over is is_over


# Scores


@pytest.mark.parametrize(
    ("guesses", "named", "localised"),
    [
        ([], 0, 0),
        ([["torn", "client"]], 100, 100),
        ([["torn", ""]], 100, 0),
        ([["torn", "host"]], 100, 0),
        ([["cut", "client"]], 0, 100),
        ([["cut", "host"]], 0, 0),
        ([["cut", "host"], ["torn", "client"]], 66, 66),
        ([["cut", ""], ["bent", ""], ["torn", "client"]], 32, 100),
        ([["a", ""], ["b", ""], ["c", ""], ["torn", ""]], 0, 0),
        ([["torn", "client"], ["torn", "client"]], 100, 100),
        ([[DESIGNED, ""]], 0, 0),
    ],
)
def test_guesses_count_when_right_and_cost_when_wrong(guesses: list[list[str]], named: int, localised: int) -> None:
    """Cause and place are scored apart; a score is never below nothing."""
    found = scored(PRACTICE, attempt("torn", guesses=guesses), "solved", 0)
    assert (found.named, found.localised) == (named, localised)


@pytest.mark.parametrize(
    ("guesses", "named", "localised"),
    [
        ([["torn", "client"]], 50, 50),
        ([["cut", "host"]], 50, 50),
        ([["cut", "host"], ["torn", "client"]], 100, 100),
        ([["cut", "client"], ["torn", "host"]], 100, 100),
        ([["bent", "outsider"], ["torn", "client"]], 16, 16),
    ],
)
def test_of_two_faults_one_named_is_half(guesses: list[list[str]], named: int, localised: int) -> None:
    """Each counts for itself."""
    found = scored(PRACTICE, attempt("torn", "cut[a]", guesses=guesses), "solved", 0)
    assert (found.named, found.localised) == (named, localised)


def test_a_variant_is_named_by_its_fault_and_found_at_its_own_place() -> None:
    """Nobody has to guess the variant."""
    guessed = [["cut", "client"]]
    assert scored(PRACTICE, attempt("cut[b]", guesses=guessed), "solved", 0).localised == 100
    assert scored(PRACTICE, attempt("cut[a]", guesses=guessed), "solved", 0).localised == 0
    assert scored(PRACTICE, attempt("cut[a]", guesses=guessed), "solved", 0).named == 100


@pytest.mark.parametrize(
    ("guesses", "named", "localised"),
    [([[DESIGNED, "client"]], 100, 100), ([[DESIGNED, ""]], 100, 0), ([["cut", "host"], [DESIGNED, ""]], 66, 0)],
)
def test_a_decoy_is_named_by_calling_it_designed(guesses: list[list[str]], named: int, localised: int) -> None:
    """Its place is where the ticket is about."""
    found = scored(PRACTICE, attempt("by-design", decoy=True, guesses=guesses), "solved", 0)
    assert (found.named, found.localised, found.decoy) == (named, localised, True)


@pytest.mark.parametrize(
    ("outcome", "repaired"),
    [
        (history.SOLVED, 100),
        (history.COLLATERAL, 60),
        (history.REVEALED, 0),
        (history.REPAIRED, 0),
        (history.ABANDONED, 0),
    ],
)
def test_the_outcome_decides_what_the_repair_is_worth(outcome: str, repaired: int) -> None:
    """Only one's own repair counts, a clean one more."""
    found = scored(PRACTICE, attempt("torn"), outcome, 3)
    assert (found.outcome, found.repaired, found.collateral) == (outcome, repaired, 3)


def test_hints_and_detection_are_scored_apart() -> None:
    """The price of hints is summed up over all faults; it lowers no other score."""
    made = attempt("torn", detected=True, hints=[("torn", "symptom", 5), ("cut[a]", "command", 25)])
    found = scored(PRACTICE, made, "solved", 0)
    assert (found.hints, found.detected, found.repaired) == (30, 100, 100)
    assert scored(PRACTICE, attempt("torn"), "solved", 0).detected == 0


def test_a_record_says_what_it_is_about() -> None:
    """The attempt's own words."""
    made = attempt("torn", engine="28.5", firewall="legacy", guesses=[["cut", ""]])
    found = scored(PRACTICE, made, "solved", 0)
    assert (found.id, found.lab, found.engine, found.firewall) == (made.id, "sound", "28.5", "legacy")
    assert (found.seed, found.faults, found.guesses) == (7, ["torn"], [["cut", ""]])


@pytest.mark.usefixtures("state_dir")
@pytest.mark.parametrize("recorded", [False, True])
def test_an_attempt_is_settled_once(*, recorded: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """What was recorded when it was revealed is not recorded again; the instance has no attempt any more."""
    monkeypatch.setenv("NETPROOF_DATA_DIR", str(tmp_path))
    lab: Any = NotedLab()
    made = attempt("torn", recorded=recorded)
    made.write(lab.instance)
    grading.settle(lab, PRACTICE, made, "solved")
    assert len(history.records()) == (not recorded)
    assert attempts.read(lab.instance) is None
    last = attempts.last(lab.instance, PRACTICE)
    assert last is not None
    assert (last.faults, last.decoy) == (["torn"], False)
    assert attempts.last(lab.instance, practice(fault("cut"))) is None, "the lab has no such fault any more"


@pytest.mark.usefixtures("state_dir")
def test_a_settled_attempt_leaves_no_note_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """What was noted for an undo is removed when somebody else has repaired, also where that fails."""
    monkeypatch.setenv("NETPROOF_DATA_DIR", str(tmp_path))
    noted = attrs.evolve(fault().change, tidy=[Step("host", "rm one"), Step("client", "rm two")])
    lab: Any = NotedLab({"rm one"})
    grading.settle(lab, practice(fault(change=noted)), attempt("cut"), "solved")
    assert lab.ran == [("host", "rm one"), ("client", "rm two")]


# Injecting


def test_steps_are_run_in_order_until_one_fails() -> None:
    """What the command said is told, and how to get back."""
    lab: Any = NotedLab({"two"})
    with pytest.raises(BuildError) as caught:
        apply(lab, [Step("host", "one"), Step("client", "two"), Step("host", "three")])
    assert lab.ran == [("host", "one"), ("client", "two")]
    assert "In client: `two` exited 1: it failed" in caught.value.problem
    assert "invoke lab reset sound" in caught.value.remedy


def test_a_change_is_in_effect_when_all_of_it_is() -> None:
    """One step that fails is enough."""
    change = Change(Step("host", "x"), [Step("host", "one"), Step("client", "two")], Step("host", "y"))
    sound: Any = NotedLab()
    broken: Any = NotedLab({"two"})
    assert took_effect(sound, change)
    assert not took_effect(broken, change)


def test_an_undo_goes_on_after_a_failure() -> None:
    """As far as possible; what could not be taken back is told."""
    lab: Any = NotedLab({"one"})
    change = Change(Step("host", "x"), Step("host", "?"), [Step("host", "one"), Step("client", "two")])
    assert undo(lab, change) == ["in host: one: it failed"]
    assert lab.ran == [("host", "one"), ("client", "two")]


# Hints

asked: list[set[str]] = []


@pytest.fixture
def hinted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Hint]:
    """The next hint on a lab of which it is given what is red, and which faults are no longer in effect."""

    def run(made: Attempt, red: dict[str, str], gone: tuple[str, ...] = (), given: Practice = PRACTICE) -> Hint:
        def look(_: object, checks: Iterable[Check]) -> list[Look]:
            names = {check.id for check in checks}
            asked.append(names)
            return [found for found in looks(**red) if found.check.id in names]

        monkeypatch.setattr(hints, "look", look)
        lab: Any = NotedLab({f"took {name}" for name in gone})
        return hint(lab, given, made)

    return run


RED = {"gateway": "no reply"}


def test_hints_come_in_their_order_at_their_prices(hinted: Callable[..., Hint]) -> None:
    """From the symptom to the solution; after that there is nothing left."""
    made = attempt("torn")
    found = [hinted(made, RED) for _ in range(5)]
    assert [item.kind for item in found] == ["symptom", "layer", "command", "solution", ""]
    assert [item.price for item in found] == [5, 10, 25, 60, 0]
    assert sum(PRICES.values()) == 100
    assert made.hints == [("torn", kind, price) for kind, price in PRICES.items()]
    assert "reveal" in found[-1].text


def test_a_hint_runs_the_checks_that_it_depends_on(hinted: Callable[..., Hint]) -> None:
    """Those that the fault turns red, for its symptom; none for the others. What times out takes seconds."""
    made = attempt("torn")
    asked.clear()
    hinted(made, RED)
    assert asked == [{"gateway"}]
    for _ in range(3):
        hinted(made, RED)
    assert asked == [{"gateway"}]


def test_each_hint_tells_more(hinted: Callable[..., Hint]) -> None:
    """What is seen and from where; the layer; where to look; the truth with its repair."""
    made = attempt("torn")
    symptom, layer, command, solution = [hinted(made, RED).text for _ in range(4)]
    assert "The gateway answers." in symptom
    assert "no reply" in symptom
    assert "client" in symptom
    assert "layer link" in layer
    assert "host: look at torn" in command
    assert "torn is the truth." in solution
    assert "in host: undo torn" in solution
    assert not any("torn" in text for text in (symptom, layer))


def test_the_symptom_is_the_faults_own(hinted: Callable[..., Hint]) -> None:
    """What the learner broke meanwhile is not told as the fault's doing, unless nothing else is red."""
    other = {"web": "reset", "inward": "open"}
    assert hinted(attempt("torn"), RED | other).text.count("Not now:") == 1
    assert hinted(attempt("torn"), other).text.count("Not now:") == 2


def test_an_asker_that_is_gone_does_not_feel_a_fault(hinted: Callable[..., Hint]) -> None:
    """What could not be tried is told only where nothing else is red, and as what it is."""
    untried = {"gateway": "cannot ask"}
    assert "Not now: timeout" in hinted(attempt("torn", "cut[a]"), untried | {"web": "timeout"}).text
    alone = hinted(attempt("torn"), untried).text
    assert "Nobody can tell" in alone
    assert "Not now" not in alone


def test_hints_are_about_the_fault_that_is_still_in_effect(hinted: Callable[..., Hint]) -> None:
    """Of two, the one that was not repaired yet; each has its own four."""
    made = attempt("cut[a]", "torn")
    hinted(made, {"web": "timeout", **RED})
    hinted(made, RED, gone=("cut[a]",))
    assert [name for name, *_ in made.hints] == ["cut[a]", "torn"]
    assert [kind for _, kind, _ in made.hints] == ["symptom", "symptom"]


def test_hints_on_one_fault_are_followed_by_those_on_the_other(hinted: Callable[..., Hint]) -> None:
    """Both are felt; when the first has no more, the second has its own, and each says what comes after it."""
    made = attempt("cut[a]", "torn")
    found = [hinted(made, {"web": "timeout", **RED}) for _ in range(9)]
    assert [name for name, *_ in made.hints] == ["cut[a]"] * 4 + ["torn"] * 4
    assert [item.after for item in found] == [*list(PRICES)[1:], *PRICES, "", ""][:9]
    assert found[8].kind == ""


def test_hints_are_about_what_is_still_felt(hinted: Callable[..., Hint]) -> None:
    """Of two faults in effect, the one that turns something red; the other is worked around."""
    made = attempt("cut[a]", "torn")
    hinted(made, RED)
    assert [name for name, *_ in made.hints] == ["torn"]


def test_what_is_worked_around_is_called_so(hinted: Callable[..., Hint]) -> None:
    """No check is red; it is not as if nothing were broken."""
    assert "works around it" in hinted(attempt("torn"), {}).text


def test_there_is_no_hint_when_all_is_well(hinted: Callable[..., Hint]) -> None:
    """It costs nothing."""
    made = attempt("torn")
    found = hinted(made, {}, gone=("torn",))
    assert (found.kind, found.price, made.hints) == ("", 0, [])
    assert "check" in found.text


def test_there_is_no_hint_when_the_fault_is_gone_and_something_else_is_red(hinted: Callable[..., Hint]) -> None:
    """That is the learner's own doing; what is red is named."""
    made = attempt("torn")
    found = hinted(made, {"web": "reset"}, gone=("torn",))
    assert (found.kind, found.price, made.hints) == ("", 0, [])
    assert "web" in found.text
    assert "lab diff" in found.text


def test_a_fault_that_no_check_shows_now_still_has_hints(hinted: Callable[..., Hint]) -> None:
    """It is in effect, green or not."""
    assert hinted(attempt("torn"), {}).kind == "symptom"


def test_a_decoys_hints_end_with_why_it_is_so(hinted: Callable[..., Hint]) -> None:
    """No check is red, and the solution is that nothing is broken."""
    made = attempt("by-design", decoy=True)
    texts = [hinted(made, {}).text for _ in range(5)]
    assert "No check is red" in texts[0]
    assert "layer dns" in texts[1]
    assert "client: getent hosts" in texts[2]
    assert texts[3] == f"Nothing is broken. {DECOY.why}"
    assert "reveal" in texts[4]


def test_a_look_is_green_or_not() -> None:
    """Whatever else it says."""
    assert Look(practices.WEB, "green", "").is_green
    assert not Look(practices.WEB, "timeout", "").is_green
