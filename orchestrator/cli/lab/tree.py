"""`lab tree`."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from netproof import catalog, images
from netproof.build import DEFAULT_FIREWALL
from netproof.cli.common import Options, chosen, known
from netproof.cli.lab.attempt import tagged
from netproof.cli.screen import Screen
from netproof.errors import NetproofError, UsageError
from netproof.lab.running import RunningLab
from netproof.model import Lab
from netproof.practice import attempt as attempts
from netproof.practice.diagnosis_tree import Node, grow
from netproof.state.instance import Instance


def run(screen: Screen, name: str, _: str, options: Options) -> None:
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
