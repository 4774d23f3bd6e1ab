"""`invoke vagrant`: the virtual machine for `--host vagrant`."""

from __future__ import annotations

import os

from orchestrator import machines, placed, where
from orchestrator.cli.screen import Screen
from orchestrator.errors import UnknownName, UsageError
from orchestrator.machines import Provider
from orchestrator.remove import forget_files
from orchestrator.state import remembered
from orchestrator.where import Where

ACTIONS = ("box", "up", "status", "down")


def act(screen: Screen, action: str) -> None:
    """Build the box, make the machine, say how it is, or remove it."""
    if action not in ACTIONS:
        raise UnknownName("action of vagrant", action, ACTIONS)
    {"box": _box, "up": _up, "status": _status, "down": _down}[action](screen)


def _box(screen: Screen) -> None:
    for line in machines.build_box():
        screen.say(line)
    screen.line(f"The box is {machines.box_file()}.")
    screen.next("invoke vagrant up")
    screen.document({"box": str(machines.box_file())})


def _up(screen: Screen) -> None:
    chosen = machines.provider()
    own = "NETPROOF_BOX" not in os.environ
    if own and not machines.box_file().exists():
        raise UsageError(
            "There is no box for a virtual machine.",
            "`invoke vagrant box` builds one (root; minutes). NETPROOF_BOX=debian/bookworm64 takes a public one.",
        )
    machines.start_provider(chosen)
    if own:
        _add_box(screen, chosen)
    for line in machines.run(chosen, "up", f"--provider={chosen.name}"):
        screen.say(line)
    machines.remember(chosen)
    screen.line(f"The virtual machine is up ({screen.elapsed:.0f} s).")
    screen.next("invoke doctor --host vagrant", "invoke lab up bridge-nat --host vagrant")
    screen.document({"up": True, "provider": chosen.name, "apart": chosen.apart})


def _add_box(screen: Screen, chosen: Provider) -> None:
    if any(line.startswith(f"{machines.BOX} ") for line in machines.run(chosen, "box", "list")):
        return
    for line in machines.run(chosen, "box", "add", "--name", machines.BOX, str(machines.box_file())):
        screen.say(line)


def _status(screen: Screen) -> None:
    chosen = machines.provider()
    machines.start_provider(chosen)
    lines = [line for line in machines.run(chosen, "status", "--machine-readable") if ",state," in line]
    found = lines[0].rpartition(",")[2] if lines else "unknown"
    screen.line(f"The virtual machine is {found.replace('_', ' ')} ({chosen.name}).")
    screen.document({"state": found, "provider": chosen.name, "apart": chosen.apart})


def _down(screen: Screen) -> None:
    chosen = machines.provider()
    machines.start_provider(chosen)
    for line in machines.run(chosen, "destroy", "--force"):
        screen.say(line)
    machines.stop_provider(chosen)
    machines.forget()
    here = Where(where.VAGRANT)
    forget_files(instance for instance in remembered() if placed.place_of(instance) == here)
    placed.forget(here)
    screen.line("The virtual machine is gone, and every lab in it.")
    screen.document({"up": False})
