"""Back to the state after `up`, whatever was done: in place where that is possible, else by building what differs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from attrs import frozen

from orchestrator.backends.choice import hosts
from orchestrator.build import Builder, Wanted
from orchestrator.errors import HostDied, NetproofError, UnknownName, UsageError
from orchestrator.facts import compare, flatten, kept, structure
from orchestrator.model import Lab, Practice
from orchestrator.practice import attempt as attempts
from orchestrator.practice.attempt import Attempt
from orchestrator.practice.injecting import undo
from orchestrator.practice.looking import look, red
from orchestrator.practice.mending import mend
from orchestrator.running import RunningLab
from orchestrator.state import Instance
from orchestrator.wait import until

_SETTLE = 3.0
UNCHANGED, MENDED, REBUILT = "unchanged", "mended", "rebuilt"


@frozen
class Reset:
    """How a lab came back: unchanged, mended in place, or with lab hosts rebuilt."""

    how: str
    hosts: list[str]


class Resetter:
    """One `reset` of one instance. The caller holds the instance's lock."""

    def __init__(self, lab: Lab, instance: Instance, say: Callable[[str], None]) -> None:
        self._hosts = hosts()
        self._lab = lab
        self._instance = instance
        self._say = say

    def run(self, practice: Practice) -> Reset:
        """Undo what was injected, mend what differs, build anew what still does. UsageError when it is not up."""
        before = kept(self._instance)
        if not self._hosts.find(self._instance):
            raise UsageError(f"{self._instance} is not up.", f"`invoke lab up {self._instance.arguments}` builds it.")
        if before is not None:
            how = self._in_place(practice, before)
            if how:
                self._instance.drop(attempts.FILE)
                return Reset(how, [])
        lost = self._differing(before)
        self._say(f"building {', '.join(lost)} anew")
        found = self._hosts.find(self._instance)
        self._hosts.remove([host for host in found if host.host in lost])
        Builder(self._lab, self._instance, self._say).up(Wanted())
        self._instance.drop(attempts.FILE)
        return Reset(REBUILT, lost)

    def _in_place(self, practice: Practice, before: dict[str, Any]) -> str:
        """How it came back without building anything, or nothing when it did not."""
        try:
            with RunningLab.attach(self._lab, self._instance) as lab:
                self._undo(lab, practice)
                if self._is_back(lab, practice, before, 0):
                    return UNCHANGED
                self._say("mending what differs")
                for _ in range(2):  # a link that comes up takes routes with it that a second pass brings back
                    mend(lab, before)
                return MENDED if self._is_back(lab, practice, before, _SETTLE) else ""
        except HostDied:
            return ""

    def _undo(self, lab: RunningLab, practice: Practice) -> None:
        attempt: Attempt | None = attempts.read(self._instance)
        with suppress(UnknownName):  # a fault that was renamed since; what it did is mended like everything else
            for fault in attempt.broken(practice) if attempt else []:
                undo(lab, fault.change)

    def _is_back(self, lab: RunningLab, practice: Practice, before: dict[str, Any], limit: float) -> bool:
        flat = flatten(structure(before))

        def is_back() -> bool:
            return not compare(flat, flatten(structure(lab.snapshot())))

        return until(is_back, limit) and until(lambda: not red(look(lab, practice.checks)), _SETTLE)

    def _differing(self, before: dict[str, Any] | None) -> list[str]:
        """The lab hosts that have to be built anew: those with a difference, of a swarm all, and all when in doubt."""
        everything = [host.name for host in self._lab.hosts]
        if before is None or any(host.swarm for host in self._lab.hosts):
            return everything
        try:
            with RunningLab.attach(self._lab, self._instance) as lab:
                now = lab.snapshot()
        except NetproofError:
            return everything
        return [
            name
            for name in everything
            if name not in now
            or compare(flatten(structure({name: before[name]})), flatten(structure({name: now[name]})))
        ] or everything
