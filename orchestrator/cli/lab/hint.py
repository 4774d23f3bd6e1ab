"""`lab hint`, `lab guess`, `lab reveal` and `lab tree`."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from orchestrator import catalog, images
from orchestrator.build import DEFAULT_FIREWALL
from orchestrator.cli.common import Options, chosen, known
from orchestrator.cli.lab.break_ import practising, tagged
from orchestrator.cli.lab.check import scores
from orchestrator.cli.screen import Screen
from orchestrator.errors import NetproofError, UnknownName, UsageError
from orchestrator.lab.running import RunningLab
from orchestrator.model import Fault, Lab, Practice
from orchestrator.model.typed_steps import typed
from orchestrator.practice import attempt as attempts
from orchestrator.practice import grading, hints, history
from orchestrator.practice.attempt import DESIGNED, Attempt
from orchestrator.practice.check_runner import look, red
from orchestrator.practice.diagnosis_tree import Node, grow
from orchestrator.state.instance import Instance

_LATE = " Everything is green already, so this does not count."


def hint(screen: Screen, name: str, _: str, options: Options) -> None:
    """The next hint, at its price."""
    with practising(screen, "hint", options, name) as (running, practice):
        attempts.refuse_in_exam(running.instance, "lab hint")
        attempt = attempts.running(running.instance, practice)
        found = hints.hint(running, practice, attempt)
        attempt.write(running.instance)
    spent = sum(price for *_, price in attempt.hints)
    screen.line(f"{found.kind.capitalize()} (price {found.price}): {found.text}" if found.kind else found.text)
    if found.kind:
        after = f" Next would be {found.after}, at {hints.PRICES[found.after]}." if found.after else ""
        whole = sum(hints.PRICES.values()) * len(attempt.faults)
        screen.line(f"  Spent so far: {spent} of {whole}.{after}")
    screen.document({**asdict(found), "spent": spent})


def guess(screen: Screen, name: str, what: str, options: Options) -> None:
    """Name the cause, and with --at the place, before repairing it."""
    lab, _ = chosen(name, options)
    names = sorted({fault.id for fault in catalog.practice(name).faults if fault.is_visible} | {DESIGNED})
    if what not in names:
        raise UnknownName("fault", what, names, of=name)
    if options["at"] and options["at"] not in lab.places:
        raise UnknownName("place", options["at"], lab.places, of=name)
    with practising(screen, "guess", options, name) as (running, practice):
        attempt = attempts.running(running.instance, practice)
        late = not attempt.decoy and not red(look(running, practice.checks))
        if not late:
            attempt.guesses.append((what, options["at"]))
            attempt.detected = attempt.detected or attempt.decoy or what != DESIGNED
            attempt.write(running.instance)
    if attempt.exam:
        screen.line(f"Noted.{_LATE if late else ' Whether it is right is told when the exam is over.'}")
        screen.document({"instance": str(running.instance), "named": None, "localised": None, "counts": not late})
        return
    _answer(screen, running.instance, grading.places_of(practice, attempt), what, options["at"], late=late)


def _answer(  # noqa: PLR0913 - what was guessed, and what is right
    screen: Screen, instance: Instance, wanted: dict[str, str], what: str, at: str, *, late: bool
) -> None:
    is_named = what in wanted
    is_there = (wanted.get(what) == at or (not is_named and at in wanted.values())) if at else None
    words = [f"{what}: {'yes' if is_named else 'no'}"]
    words += [f"at {at}: {'yes' if is_there else 'no'}"] if at else []
    screen.line("; ".join(words) + "." + (_LATE if late else ""))
    if is_named and what == DESIGNED:
        screen.next(f"invoke lab check {instance.arguments}")
    document: dict[str, Any] = {"instance": str(instance), "named": is_named, "localised": is_there, "counts": not late}
    screen.document(document)


def reveal(screen: Screen, name: str, _: str, options: Options) -> None:
    """What it is. An attempt that runs is over with that; the lab stays broken until it is repaired or reset."""
    lab, instance = chosen(name, options)
    with practising(screen, "reveal", options, name) as (running, practice):
        attempts.refuse_in_exam(instance, "lab reveal")
        last = attempts.last(instance, practice) if attempts.read(instance) is None else None
        if last is not None:
            _tell(screen, lab, practice, last)
            screen.document(_document(practice, last))
            return
        attempt = attempts.running(running.instance, practice)
        if not attempt.recorded:
            record = grading.scored(practice, attempt, history.REVEALED, 0)
            history.append(record)
            attempt.recorded = True
            attempt.write(running.instance)
            scores(screen, record)
    _tell(screen, lab, practice, attempt)
    screen.next(f"invoke lab repair {instance.arguments}", f"invoke lab reset {instance.arguments}")
    screen.document(_document(practice, attempt))


def _tell(screen: Screen, lab: Lab, practice: Practice, attempt: Attempt) -> None:
    for decoy in practice.decoys:
        if attempt.decoy and decoy.id in attempt.faults:
            screen.line(screen.colour(f"{decoy.id}: it works as designed.", "bold"))
            screen.line(f"  {decoy.why}")
            screen.line(f"  proven by {decoy.proof}; look: {decoy.look}")
    for fault in attempt.broken(practice):
        describe(screen, fault)
    if attempt.decoy:
        return
    screen.line(f"  (places of {lab.name}: {', '.join(lab.places)})")


def describe(screen: Screen, fault: Fault) -> None:
    """A fault with everything: for those who asked for it."""
    screen.line(screen.colour(f"{fault.name}: {fault.what}", "bold"))
    screen.line(f"  layer {fault.layer}, level {fault.level}, at {fault.at}")
    for step in fault.change.inject:
        screen.line(f"  injected {typed(step)}")
    for step in fault.mending:
        screen.line(f"  repair   {typed(step)}")
    screen.line(f"  look     {fault.look}")
    for other, difference in fault.tells.items():
        screen.line(f"  not {other}: {difference}")


def _document(practice: Practice, attempt: Attempt) -> dict[str, Any]:
    if attempt.decoy:
        return {"decoy": attempt.faults[0], "faults": []}
    return {"decoy": "", "faults": [asdict(fault) for fault in attempt.broken(practice)]}


def tree(screen: Screen, name: str, _: str, options: Options) -> None:
    """Which check to run next, and what each result leaves: of the running engine, or of the one given."""
    lab, instance = chosen(name, options)
    attempts.refuse_in_exam(instance, "lab tree")
    practice = catalog.practice(name)
    asked = known("engine", options["engine"], list(images.ENGINES))
    engine, firewall = (asked, DEFAULT_FIREWALL) if asked else _running(lab, instance)
    root = grow(practice, engine, firewall)
    if not root.faults:
        raise UsageError(f"{name} has no faults that a check notices.", "`invoke faults` lists what others have.")
    says = {check.id: check.says for check in practice.checks}
    screen.line(
        screen.colour(
            f"{name} on {engine}: {len(root.faults)} faults, told apart in {root.depth} steps at most", "bold"
        )
    )
    screen.rich(_drawn(root, says))
    if root.undecided:
        screen.line("Nothing tells these apart: " + "; ".join(", ".join(found) for found in root.undecided))
    screen.next(f"invoke lab check {instance.lab}{tagged(instance)}")
    screen.document({"lab": name, "engine": engine, "firewall": firewall, "tree": asdict(root)})


def _running(lab: Lab, instance: Instance) -> tuple[str, str]:
    """Engine and firewall of the running lab, or the defaults."""
    try:
        with RunningLab.attach(lab, instance) as running:
            host = next(iter(running.hosts.values()))
            return host.engine, host.firewall
    except NetproofError:
        return images.DEFAULT_ENGINE, DEFAULT_FIREWALL


def _drawn(node: Node, says: dict[str, str]) -> Any:
    from rich.tree import Tree  # noqa: PLC0415 - only this command draws one

    top = Tree(_label(node, says), guide_style="dim")
    _branch(top, node, says)
    return top


def _label(node: Node, says: dict[str, str]) -> str:
    if not node.run:
        return ", ".join(name.replace("[", "\\[") for name in node.faults)
    what = f"check [bold]{node.run}[/]: {says[node.run]}" if node.kind == "check" else f"claim [bold]{node.run}[/]"
    return f"{what} [dim]({len(node.faults)} left)[/]"


def _branch(top: Any, node: Node, says: dict[str, str]) -> None:
    for result, rest in node.results.items():
        colour = "green" if result == "green" else "red"
        branch = top.add(f"[{colour}]{result}[/]: {_label(rest, says)}")
        _branch(branch, rest, says)
