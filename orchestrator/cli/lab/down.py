"""`lab down`. Apart from `lab up`, whose imports take longer than removing does."""

from __future__ import annotations

from netproof.build.remove import down as remove
from netproof.cli.common import Options, chosen, tell_of_env
from netproof.cli.screen import Screen
from netproof.hosts.backend_choice import hosts
from netproof.state.instance import Instance
from netproof.state.lock import locked


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """Remove a lab; twice is fine. Works for a lab whose definition is broken, too."""
    instance = Instance.named(name, options["tag"])
    tell_of_env(screen)
    places = hosts()
    with locked(instance, f"lab down {instance.arguments}", screen.say):
        end_attempt(instance)
        gone = remove(places, instance)
    if not gone:
        chosen(name, options)  # a lab that does not exist is a typing error, one that is not up is not
    screen.line(f"{instance} is gone: {', '.join(gone)} removed." if gone else f"{instance} was not up.")
    screen.document({"instance": str(instance), "up": False, "removed": gone})


def end_attempt(instance: Instance) -> None:
    """Record an attempt whose lab is about to go as given up."""
    if (instance.folder / "attempt.json").exists():
        from netproof.cli.lab.reset import give_up  # noqa: PLC0415 - `down` does without, when nothing is broken

        give_up(instance)
