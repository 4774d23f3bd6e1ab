"""`lab up`."""

from __future__ import annotations

import attrs

from netproof import images
from netproof.build import FIREWALLS, Builder, Built, Wanted
from netproof.cli.common import Options, chosen, counted, known, seed, tell_of_env
from netproof.cli.screen import Screen
from netproof.engine import location
from netproof.hosts.backend_choice import hosts
from netproof.state.instance import Instance
from netproof.state.lock import locked


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """Build a lab, or what is missing or different of it."""
    lab, instance = chosen(name, options)
    wanted = Wanted(
        known("engine", options["engine"], list(images.ENGINES)),
        known("firewall", options["firewall"], list(FIREWALLS)),
        seed(options),
    )
    tell_of_env(screen)
    with locked(instance, f"lab up {instance.arguments}", screen.say):
        built = Builder(lab, instance, screen.say).up(wanted)
    if built.differences:
        look = f"invoke lab diff {instance.arguments}"
        note = f"{counted(built.differences, 'difference')} from the state after it was built: {look}"
        built.note = f"{note}. {built.note}".strip()
    _tell(screen, instance, built, lab.nodes[0].name if lab.nodes else lab.hosts[0].name)
    hosts().get_ready(built.image)
    screen.document({"instance": str(instance), "up": True, **attrs.asdict(built)})


def _tell(screen: Screen, instance: Instance, built: Built, node: str) -> None:
    what = f"{instance} is up{location.current().on}: engine {built.version}, iptables {built.firewall}"
    if built.changes:
        screen.line(f"{screen.colour(what, 'bold')} ({screen.elapsed:.1f} s)")
        screen.columns([(change.part, change.action, change.why) for change in built.changes])
    else:
        screen.line(f"{screen.colour(what, 'bold')}; nothing had to be changed.")
    if built.note:
        screen.line(f"  {built.note}")
    tag = f" --as {instance.tag}" if instance.tag else ""
    screen.next(
        f"invoke lab test {instance.lab}{tag}",
        f"invoke lab shell {instance.lab} {node}{tag}",
        f"invoke lab down {instance.lab}{tag}",
    )
