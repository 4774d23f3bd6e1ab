"""`invoke vagrant`: the virtual machines for `--host vagrant`."""

from __future__ import annotations

import os

from netproof.build.remove import forget_files
from netproof.cli.command_table import VAGRANT_ACTIONS as ACTIONS
from netproof.cli.screen import Screen
from netproof.engine import location, placement, vagrant_machines
from netproof.engine.location import Where
from netproof.engine.vagrant_machines import Provider
from netproof.errors import EngineError, UnknownName, UsageError
from netproof.hosts import vagrant
from netproof.state.instance import remembered
from netproof.wait import until

_COUNTS = ("1", "2")
_WAY_IN = 240.0


def run(screen: Screen, action: str, count: str = "") -> None:
    """Build the box, make the machines, say how they are, or remove them."""
    if action not in ACTIONS:
        raise UnknownName("action of vagrant", action, ACTIONS)
    if count and (action != "up" or count not in _COUNTS):
        raise UsageError(f"--machines {count!r} is not for this.", "It is for `invoke vagrant up`, and 1 or 2.")
    if action == "up":
        _up(screen, int(count or 1))
    else:
        {"box": _box, "status": _status, "down": _down}[action](screen)


def _box(screen: Screen) -> None:
    for line in vagrant_machines.build_box():
        screen.say(line)
    screen.line(f"The box is {vagrant_machines.box_file()}.")
    screen.next("invoke vagrant up")
    screen.document({"box": str(vagrant_machines.box_file())})


def _up(screen: Screen, count: int) -> None:
    chosen = vagrant_machines.provider()
    own = "NETPROOF_BOX" not in os.environ
    if own and not vagrant_machines.box_file().exists():
        raise UsageError(
            "There is no box for a virtual machine.",
            "`invoke vagrant box` builds one (root; minutes). NETPROOF_BOX=debian/bookworm64 takes a public one.",
        )
    vagrant_machines.start_provider(chosen)
    if own:
        _add_box(screen, chosen)
    for line in vagrant_machines.run(chosen, "up", f"--provider={chosen.name}", *vagrant_machines.NAMES[:count]):
        screen.say(line)
    vagrant_machines.remember(chosen)
    there = vagrant_machines.names()
    for name in there:
        _wait_for(screen, name)
    vagrant_machines.remember_slowness(max(vagrant.pace(name) for name in there) / vagrant.pace_here())
    names = " and ".join(there)
    screen.line(f"{names} {'is' if len(there) == 1 else 'are'} up ({screen.elapsed:.0f} s).")
    screen.next("invoke doctor --host vagrant", "invoke lab up bridge-nat --host vagrant")
    document = {"up": True, "machines": there, "provider": chosen.name, "apart": chosen.apart}
    screen.document({**document, "slowness": round(vagrant_machines.slowness(), 1)})


def _wait_for(screen: Screen, name: str) -> None:
    """Its way in moves once it has been set up, and is closed for a moment."""
    screen.say(f"waiting for {name}")

    def answers() -> bool:
        try:
            return vagrant.show(name).ready
        except EngineError:  # it came by the old way, which has closed
            vagrant.way_to(name).hang_up()
            return False

    if not until(answers, _WAY_IN, 1.0):
        vagrant.show(name)


def _add_box(screen: Screen, chosen: Provider) -> None:
    if any(line.startswith(f"{vagrant_machines.BOX} ") for line in vagrant_machines.run(chosen, "box", "list")):
        return
    for line in vagrant_machines.run(
        chosen, "box", "add", "--name", vagrant_machines.BOX, str(vagrant_machines.box_file())
    ):
        screen.say(line)


def _status(screen: Screen) -> None:
    chosen = vagrant_machines.provider()
    vagrant_machines.start_provider(chosen)
    found = vagrant_machines.states(chosen)
    for name, how in found.items():
        screen.line(f"{name} is {how} ({chosen.name}).")
    screen.document({"machines": found, "provider": chosen.name, "apart": chosen.apart})


def _down(screen: Screen) -> None:
    chosen = vagrant_machines.provider()
    vagrant_machines.start_provider(chosen)
    for name in vagrant_machines.names():
        vagrant.way_to(name).hang_up()
    for line in vagrant_machines.run(chosen, "destroy", "--force"):
        screen.say(line)
    vagrant_machines.stop_provider(chosen)
    vagrant_machines.forget()
    for place in (location.MACHINES, Where(location.VAGRANT, location.DIND)):
        forget_files(instance for instance in remembered() if placement.place_of(instance) == place)
        placement.forget(place)
    screen.line("The virtual machines are gone, and every lab in them.")
    screen.document({"up": False})
