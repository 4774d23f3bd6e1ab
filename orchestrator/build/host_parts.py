"""Switches, wires and outsiders of a lab that is being built. They need no engine: they are made while it starts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from netproof.build.digests import outsider_digest, wire_digest
from netproof.build.parts import wiring
from netproof.build.reconcile import GONE, why_part
from netproof.build.run_state import Progress


class WiringParts:
    """Makes what is missing or different, in the order in which parts stand on each other."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._records: dict[str, dict[str, Any]] = {}

    def make(self) -> None:
        """Switches, then wires between lab hosts, then outsiders with their wires."""
        running, lab = self._progress.running, self._progress.running.lab
        for switch in lab.switches:
            build = partial(wiring.make_switch, running, switch)
            self._make(switch.beside, switch.name, wire_digest(lab, switch), build, wiring.hosts_at(lab, switch))
        for wire in wiring.standalone_wires(lab):
            home = next(machine for machine, _ in lab.ends(wire.name))
            build = partial(wiring.make_wire, running, wire)
            self._make(home, wiring.part_of(wire), wire_digest(lab, wire), build, wiring.hosts_at(lab, wire))
        for outsider in lab.outsiders:
            digest = outsider_digest(lab, outsider, self._progress.image)
            ends = {host for link in outsider.links for host in wiring.hosts_at(lab, lab.wire(link.wire), outsider)}
            self._make(outsider.beside, outsider.name, digest, partial(wiring.make_outsider, running, outsider), ends)

    def _make(self, host: str, name: str, digest: str, build: Callable[[str], None], ends: set[str]) -> None:
        progress = self._progress
        agent = progress.running.agent(host)
        fresh = host in progress.fresh
        # Asked anew for each part: what was made before it may have taken its wires away.
        record = None if fresh else agent.call("parts").get(name)
        if record is not None and ends & progress.fresh:
            record["whole"] = False  # the kernel may still be taking apart what the old host had
        why = why_part(record, digest)
        if why is None:
            return
        progress.begin("outsider", name)
        progress.undo_in(host, partial(agent.call, "part.remove", name=name))
        if not fresh:
            agent.call("part.remove", name=name)
        build(digest)
        progress.changed(name, "built", why)

    def remove_strangers(self, host: str) -> None:
        """Parts an earlier definition had."""
        lab = self._progress.running.lab
        wanted = {part.name for part in lab.namespaces}
        wanted |= {wiring.part_of(wire) for wire in wiring.standalone_wires(lab)}
        agent = self._progress.running.agent(host)
        for name in agent.call("parts").keys() - wanted:
            self._progress.begin("remove-outsider", name)
            agent.call("part.remove", name=name)
            self._progress.changed(name, "removed", GONE)
