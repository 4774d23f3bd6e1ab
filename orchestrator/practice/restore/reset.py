"""Back to the state after `up`, whatever was done: in place where that is possible, else by building what differs.

What it says is what it has seen: every check green, and a snapshot that equals the one taken after `up`. Where it
cannot see, because something does not answer or is not there to be asked, it builds anew.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from attrs import frozen

from netproof.build import Builder, Wanted
from netproof.errors import BuildError, NetproofError, UnknownName, UsageError
from netproof.facts import compare, flatten, structure
from netproof.hosts.backend_choice import hosts
from netproof.lab.running import RunningLab
from netproof.model import Lab, Practice
from netproof.practice import attempt as attempts
from netproof.practice.attempt import Attempt
from netproof.practice.check_runner import look, red
from netproof.practice.injection import undo
from netproof.practice.restore.in_place import mend
from netproof.state.baseline import kept
from netproof.state.instance import Instance
from netproof.wait import until

_SETTLE = 3.0
_GREEN = 15.0  # a lab that has just been built may still be learning whom it has beside it
_UNDO = 20.0
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
        how = self._in_place(practice, before) if before is not None else ""
        found = Reset(how, []) if how else self._anew(practice, self._differing(before))
        self._instance.drop(attempts.FILE)
        return found

    def _in_place(self, practice: Practice, before: dict[str, Any]) -> str:
        """How it came back without building anything, or nothing when it did not, or cannot be asked."""
        with suppress(NetproofError), RunningLab.attach(self._lab, self._instance) as lab:
            if not all(lab.agent(host).call("engine.state")["answers"] for host in lab.hosts):
                return ""  # a new engine is another one, and commands would wait for one that is stopped
            self._undo(lab, practice)
            if self._is_back(lab, practice, before, 0):
                return UNCHANGED
            self._say("mending what differs")
            for _ in range(2):  # a link that comes up takes routes with it that a second pass brings back
                mend(lab, before)
            return MENDED if self._is_back(lab, practice, before, _SETTLE) else ""
        return ""

    def _undo(self, lab: RunningLab, practice: Practice) -> None:
        attempt: Attempt | None = attempts.read(self._instance)
        with suppress(UnknownName):  # a fault that was renamed since; what it did is mended like everything else
            for fault in attempt.broken(practice) if attempt else []:
                with suppress(NetproofError):  # it cannot be undone there any more: whoever compares will see
                    undo(lab, fault.change, _UNDO)

    def _is_back(self, lab: RunningLab, practice: Practice, before: dict[str, Any], limit: float) -> bool:
        flat = flatten(structure(before))

        def is_back() -> bool:
            return not compare(flat, flatten(structure(lab.snapshot())))

        return until(is_back, limit) and _is_green(lab, practice, _SETTLE)

    def _anew(self, practice: Practice, lost: list[str]) -> Reset:
        """Build lab hosts anew, and all of them when the lab is not whole by that. BuildError when it still is not."""
        everything = [host.name for host in self._lab.hosts]
        self._rebuild(lost)
        if self._is_whole(practice):
            return Reset(REBUILT, lost)
        if lost != everything:
            self._rebuild(everything)
            if self._is_whole(practice):
                return Reset(REBUILT, everything)
        raise BuildError(
            f"{self._instance} was built anew, and some of its checks are red still.",
            f"`invoke lab test {self._instance.arguments}` says what does not work here; see `invoke doctor`, too.",
        )

    def _rebuild(self, lost: list[str]) -> None:
        self._say(f"building {', '.join(lost)} anew")
        found = self._hosts.find(self._instance)
        wanted = Wanted(engine=found[0].engine, firewall=found[0].firewall) if found else Wanted()
        self._hosts.remove([host for host in found if host.host in lost])
        Builder(self._lab, self._instance, self._say).up(wanted)

    def _is_whole(self, practice: Practice) -> bool:
        with RunningLab.attach(self._lab, self._instance) as lab:
            return _is_green(lab, practice, _GREEN)

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


def _is_green(lab: RunningLab, practice: Practice, limit: float) -> bool:
    return until(lambda: not red(look(lab, practice.checks)), limit)
