"""`lab test`."""

from __future__ import annotations

from typing import Any

from invoke import Exit

from netproof.cli.common import Options, chosen, seed
from netproof.cli.screen import Screen
from netproof.errors import EXIT_CLAIM_FAILED, UsageError
from netproof.lab.running import RunningLab
from netproof.practice import attempt as attempts
from netproof.state.lock import locked

_BROKEN = "{} is broken on purpose: claims that fail may fail because of that"
# A refuted claim is no failure: the document is wrong, and what is true instead is proven. Red is what failed.
_COLOURS = {"proven": "green", "refuted": "magenta", "partly": "yellow", "depends": "cyan", "absent": "dim"}


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """Run a lab's claims on a running instance and print a verdict for each."""
    lab, instance = chosen(name, options)
    order = seed(options)
    is_broken = attempts.read(instance) is not None
    if is_broken:
        screen.say(_BROKEN.format(instance))
    with RunningLab.attach(lab, instance) as running:  # says what to do when it is not up, before pytest is loaded
        _refuse_another(running, options)
        from netproof.fixtures.claim_runner import prove  # noqa: PLC0415 - pytest takes a third of a second to import

        with locked(instance, f"lab test {instance.arguments}", screen.say):
            results = prove(running, order, screen.say)
            results["broken"] = is_broken
            instance.write("results.json", results)
    screen.rich(_table(results))
    for statement, why in results["unchecked"].items():
        screen.line(f"{statement} is not checked: {why}")
    for claim in results["claims"]:
        if claim["outcome"] == "skipped":
            screen.line(f"{claim['id']} skipped: {claim['failure']}")
        if claim["outcome"] == "failed":
            screen.line(screen.colour(f"{claim['id']} failed: {claim['failure']}", "red"))
            for title, text in claim["evidence"]:
                screen.line(f"    {title}: " + "\n      ".join(text.splitlines()))
    screen.line(
        f"{results['summary']} on engine {results['engine']}, kernel {results['kernel']} ({screen.elapsed:.1f} s)"
    )
    screen.line(f"  evidence: {instance.folder / 'results.json'}")
    if is_broken:
        screen.line(screen.colour(f"{_BROKEN.format(instance)}.", "yellow"))
        screen.next(f"invoke lab check {instance.arguments}", f"invoke lab reset {instance.arguments}")
    screen.document(results)
    if any(claim["outcome"] == "failed" for claim in results["claims"]):
        raise Exit(code=EXIT_CLAIM_FAILED)


def _refuse_another(lab: RunningLab, options: Options) -> None:
    """Claims are proven on what is up; who names an engine, or a flavour of iptables, means that one."""
    host = next(iter(lab.hosts.values()))
    for flag, what, is_up in (("engine", "engine", host.engine), ("firewall", "iptables", host.firewall)):
        asked = options[flag]
        if asked and asked != is_up:
            raise UsageError(
                f"{lab.instance} is up with {what} {is_up}, not {asked}.",
                f"`invoke lab up {lab.instance.arguments} --{flag} {asked}` builds it with that; a copy of its own"
                f" stands beside it: invoke lab up {lab.instance.lab} --as second --{flag} {asked}.",
            )


def _table(results: dict[str, Any]) -> Any:
    from rich import box  # noqa: PLC0415 - only this command draws a table
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("the document says")
    table.add_column("what is true", ratio=1)
    for claim in results["claims"]:
        shown = claim["verdict"] if claim["outcome"] == "passed" else claim["outcome"]
        verdict = Text(shown, style=_COLOURS.get(shown, "bold red" if shown == "failed" else "dim"))
        table.add_row(claim["id"], verdict, Text(claim["says"]), _true(claim))
    return table


def _true(claim: dict[str, Any]) -> Any:
    """What was proven; of a claim that was not, that it was not: what it says may be just what proved untrue."""
    from rich.text import Text  # noqa: PLC0415 - as above

    told = {"failed": "not proven now: see below", "skipped": "not looked at: see below"}.get(claim["outcome"])
    return Text(told, style="dim") if told else Text(claim["behaviour"])
