"""`invoke faults --prove LAB`: the whole proof of faults, on the lab that is up."""

from __future__ import annotations

from typing import Any

from invoke import Exit

from netproof import catalog
from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.errors import EXIT_CLAIM_FAILED, UnknownName, UsageError
from netproof.lab.running import RunningLab
from netproof.model import Fault, Practice
from netproof.practice import attempt as attempts
from netproof.practice import proofs
from netproof.state.lock import locked


def run(screen: Screen, name: str, options: Options) -> None:
    """Run the proofs, print what each fault turned red; exit 1 when something is not as declared."""
    lab, instance = chosen(name, options)
    practice = catalog.practice(name)
    wanted = _wanted(name, practice, options["fault"])
    with RunningLab.attach(lab, instance) as running, locked(instance, f"faults --prove {name}", screen.say):
        if attempts.read(instance) is not None:
            raise UsageError(f"{instance} is broken.", f"`invoke lab reset {instance.arguments}` makes it whole.")
        found = [_prove(screen, running, practice, fault) for fault in wanted]
    wrong = sum(not entry["proven"] for entry in found)
    screen.line(f"{len(found) - wrong} of {len(found)} proven ({screen.elapsed:.0f} s)")
    screen.document({"lab": name, "proofs": found})
    if wrong:
        raise Exit(code=EXIT_CLAIM_FAILED)


def _wanted(name: str, practice: Practice, fault: str) -> list[Fault]:
    found = [item for item in practice.faults if not fault or fault in {item.id, item.name}]
    if fault and not found:
        raise UnknownName("fault", fault, {item.id for item in practice.faults}, of=name)
    return found


def _prove(screen: Screen, lab: RunningLab, practice: Practice, fault: Fault) -> dict[str, Any]:
    from netproof.fixtures.fault_proof import prove_fault  # noqa: PLC0415 - pytest takes a third of a second to import

    host = next(iter(lab.hosts.values()))
    if not fault.applies(host.engine, host.firewall):
        screen.line(f"{fault.name}: not on {host.engine} with {host.firewall}")
        return {"fault": fault.name, "proven": True, "applies": False}
    screen.say(f"proving {fault.name}")
    proof = prove_fault(lab, practice, fault, host.engine)
    screen.line(f"{fault.name}: " + (screen.colour("not as declared", "red") if proof.problems else "proven"))
    for problem in proof.problems:
        screen.line(f"    {problem}")
    screen.line(f"    reddens={_written(proof.claims)},")
    screen.line(f"    shows={_written(proof.checks)},")
    if not proof.problems:
        proofs.remember(lab.lab.name, practice, fault, host.engine)
    entry = {"claims": proof.claims, "checks": proof.checks, "problems": proof.problems}
    return {"fault": fault.name, "proven": not proof.problems, "applies": True, **entry}


def _written(found: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": "{how}"' for name, how in sorted(found.items())) + "}"
