"""One run of `up` on one instance."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any

from netproof.build import failure
from netproof.build.digests import host_spec
from netproof.build.engine_parts import EngineParts
from netproof.build.host_parts import WiringParts
from netproof.build.outcome import DEFAULT_FIREWALL, Built, Say, Wanted
from netproof.build.reconcile import GONE, why_host
from netproof.build.run_state import Progress
from netproof.build.settled_snapshot import settled_snapshot
from netproof.engine import placement
from netproof.errors import BuildError, HostDied
from netproof.hosts import Found, HostSpec
from netproof.hosts.backend_choice import hosts as hosts_here
from netproof.lab.running import RunningLab
from netproof.model import Lab, engine_versions
from netproof.state import baseline
from netproof.state.instance import Instance
from netproof.state.journal import Journal, unfinished
from netproof.wait import scaled, until

ENGINE_LIMIT = 60.0
_LATE = 1.0


class Builder:
    """One run of `up` on one instance. The caller holds the instance's lock."""

    def __init__(self, lab: Lab, instance: Instance, say: Say) -> None:
        self._hosts = hosts_here()
        self._lab = lab
        self._instance = instance
        self._say = say
        self._removed: set[str] = set()  # ids of lab hosts that were to go

    def up(self, wanted: Wanted) -> Built:
        """Build what is missing or different. Raises BuildError or one of its kinds.

        A lab host that goes meanwhile is built again: a killed `down` leaves an engine that is still removing it.
        """
        interrupted = unfinished(self._instance)
        while True:  # one that was made in this run and goes is an error, so each round has fewer to lose
            found = self._hosts.find(self._instance)
            try:
                return self._once(wanted, found, interrupted)
            except BuildError:
                lost = until(partial(self._lost, found), _LATE)
                if not lost:
                    raise
                self._say(f"lab host {', '.join(lost)} went away meanwhile")

    def _lost(self, found: Sequence[Found]) -> list[str]:
        """Lab hosts that ran and do no more, but for those that this run removed."""
        known = self._removed | {host.id for host in self._hosts.find(self._instance) if host.running}
        return [host.host for host in found if host.running and host.id not in known]

    def _once(self, wanted: Wanted, found: Sequence[Found], interrupted: str | None) -> Built:
        engine = wanted.engine or (found[0].engine if found else self._hosts.engines()[0])
        engine_versions.check(self._lab, engine)
        placement.note(self._instance)  # not before `find`: nothing can be left where nobody answers
        built = self._chosen(engine, wanted, found)
        specs = [host_spec(self._lab, host, built.engine, built.firewall, built.image) for host in self._lab.hosts]
        journal = Journal.begin(self._instance, "up")
        with RunningLab(self._lab, self._instance, []) as running, ExitStack() as undo:
            progress = Progress(self._instance, journal, self._say, running, undo, built, built.image)
            if not found:
                undo.callback(self._hosts.remove_volumes, self._instance)  # after the hosts that share it
            self._make_hosts(progress, specs, found)
            try:
                self._make_parts(progress)
            except BuildError as error:  # before what was built goes
                raise failure.explained(running, error) from error
            self._compare(progress)
            undo.pop_all()
        self._remember(built, wanted, interrupted)
        journal.done()
        return built

    def _compare(self, progress: Progress) -> None:
        """Keep the state of what was built; of what was there before, count what differs from it."""
        before = baseline.kept(self._instance)
        if before is None:
            progress.journal.step("snapshot")
            baseline.keep(self._instance, settled_snapshot(progress.running))
        elif not progress.built.changes:
            progress.built.differences = _differences(before, progress.running)

    def _chosen(self, engine: str, wanted: Wanted, found: Sequence[Found]) -> Built:
        """The outcome with what lab hosts are made from filled in."""
        firewall = wanted.firewall or (found[0].firewall if found else DEFAULT_FIREWALL)
        ready = self._hosts.prepare(engine, len(self._lab.hosts), self._say)
        return Built(engine=engine, firewall=firewall, version=ready.version, note=ready.note, image=ready.image)

    def _make_hosts(self, progress: Progress, specs: Sequence[HostSpec], found: Sequence[Found]) -> None:
        existing = {host.host: host for host in found}
        for name in existing.keys() - {spec.name for spec in specs}:
            progress.begin("remove-host", name)
            self._remove(existing[name])
            progress.changed(name, "removed", GONE)
        reasons = {spec.name: self._why(progress, spec, existing.get(spec.name)) for spec in specs}
        self._keep_swarms_whole(reasons)
        for spec in specs:
            there = existing.get(spec.name)
            if reasons[spec.name] is None and there is not None:
                progress.running.hosts[spec.name] = there
            else:
                self._clear_way(progress, spec, there, reasons[spec.name])
        self._start_all(progress, [spec for spec in specs if reasons[spec.name] is not None])
        for spec in specs:
            why = reasons[spec.name]
            if why is not None:
                progress.fresh.add(spec.name)
                progress.changed(spec.name, "built", why)

    def _keep_swarms_whole(self, reasons: dict[str, str | None]) -> None:
        """A swarm that lost a node is made anew: its others wait for the lost one, and take up to half a minute."""
        members = [host.name for host in self._lab.hosts if host.swarm]
        lost = [name for name in members if reasons[name]]
        for name in members:
            if lost:
                reasons[name] = reasons[name] or f"its swarm lost {lost[0]}"

    def _why(self, progress: Progress, spec: HostSpec, there: Found | None) -> str | None:
        why = why_host(there, spec)
        if why is not None or there is None:
            return why
        try:
            return None if progress.running.engine_runs(there) else "its engine had died"
        except HostDied:
            return "nothing could be asked in it"

    def _clear_way(self, progress: Progress, spec: HostSpec, there: Found | None, why: str | None) -> None:
        if there is not None:
            progress.begin("remove-host", spec.name, f"removing lab host {spec.name}: {why}")
            progress.running.forget(spec.name)
            self._remove(there)
        progress.begin("host", spec.name, f"starting lab host {spec.name}")
        progress.undo.callback(self._remove_host, spec.name)

    def _remove(self, there: Found) -> None:
        self._removed.add(there.id)
        self._hosts.remove([there])

    def _start_all(self, progress: Progress, specs: Sequence[HostSpec]) -> None:
        """The first in this thread, the others beside it, each over a connection of its own."""
        if not specs:
            return
        first, *others = specs
        with ThreadPoolExecutor(max(len(others), 1)) as pool:
            pending = [(spec, pool.submit(_start_elsewhere, self._instance, spec)) for spec in others]
            progress.running.hosts[first.name] = self._hosts.start(self._instance, first)
            for spec, made in pending:
                progress.running.hosts[spec.name] = made.result()

    def _remove_host(self, name: str) -> None:
        """By label: an interrupted request may have made it without telling us its id, and it may show up late."""

        def look() -> list[Found]:
            return [host for host in self._hosts.find(self._instance) if host.host == name]

        self._hosts.remove(until(look, _LATE))

    def _make_parts(self, progress: Progress) -> None:
        """What needs no engine is made while the engines start."""
        wires, parts = WiringParts(progress), EngineParts(progress)
        with ThreadPoolExecutor(1) as pool:
            wiring = pool.submit(wires.make)
            self._wait_for_engines(progress)
            wiring.result()  # swarms, macvlan networks and ports published on one address stand on it
        parts.make()
        old = [host for host in progress.running.hosts if host not in progress.fresh]
        parts.remove_strangers(old)
        for host in old:
            wires.remove_strangers(host)

    def _wait_for_engines(self, progress: Progress) -> None:
        for name in progress.running.hosts:
            progress.journal.step("engine", part=name)
            if name in progress.fresh:
                self._say(f"waiting for the engine in {name}")
            answer = progress.running.agent(name).call(
                "engine.wait", limit=ENGINE_LIMIT + 10, seconds=scaled(ENGINE_LIMIT)
            )
            if not answer["answers"]:
                raise failure.of_engine(progress.running, name, answer["log"], ended=answer["died"])

    def _remember(self, built: Built, wanted: Wanted, interrupted: str | None) -> None:
        if interrupted and built.changes:
            note = f"An earlier run stopped at step {interrupted!r}; this one completed it."
            built.note = f"{note} {built.note}".strip()
        self._instance.write(
            "state.json",
            {
                "lab": self._lab.name,
                "engine": built.engine,
                "version": built.version,
                "firewall": built.firewall,
                "seed": wanted.seed,
            },
        )


def _differences(before: dict[str, Any], running: RunningLab) -> int:
    """How much is not as it was."""
    from netproof.facts import flatten, fold, structure  # noqa: PLC0415 - a new lab does without: 50 ms

    return len(fold(flatten(structure(before)), flatten(structure(running.snapshot()))))


def _start_elsewhere(instance: Instance, spec: HostSpec) -> Found:
    return hosts_here().start(instance, spec)
