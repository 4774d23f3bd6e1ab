"""Breaks a lab on purpose. The clock starts when the fault has been seen to take effect, not before."""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import define

from netproof.errors import BuildError, UsageError
from netproof.lab.running import RunningLab
from netproof.model import Decoy, Fault, Practice
from netproof.practice import attempt as attempts
from netproof.practice.attempt import RUNNING, Attempt
from netproof.practice.check_runner import look, red
from netproof.practice.collateral import after_up, differences, lines
from netproof.practice.fault_choice import Asked, Choice, Setting, choices
from netproof.practice.injection import apply, took_effect, undo
from netproof.state.baseline import mark
from netproof.wait import until

_EFFECT = 12.0
_GREEN = 5.0
_BACK = 15.0


def setting_of(lab: RunningLab) -> Setting:
    """What decides which faults there are on a running lab."""
    host = next(iter(lab.hosts.values()))
    return Setting(host.engine, host.firewall, lambda feature: bool(lab.features(host.host)[feature]["works"]))


@define
class Breaker:
    """One `break` on one instance. The caller holds the instance's lock."""

    lab: RunningLab
    practice: Practice
    say: Callable[[str], None]

    def run(self, asked: Asked) -> Attempt:
        """Break what was asked for, or what can be broken. UsageError when the lab is not whole, or nothing fits."""
        if not self.practice.checks:
            name = self.lab.lab.name
            raise UsageError(f"{name} has nothing to practise on.", "`invoke faults` lists what others have.")
        offered = list(choices(self.practice, asked, setting_of(self.lab)))
        self._must_be_whole()
        for choice in offered:
            found = self._try(choice, asked)
            if found is not None:
                return found
        raise BuildError(
            "Nothing of what was asked for takes effect here, so nothing is broken and no clock has started.",
            "Choose another fault, or see what this machine lacks: invoke doctor.",
        )

    def _must_be_whole(self) -> None:
        instance = self.lab.instance
        if attempts.read(instance) is not None:
            attempts.running(instance)  # a break that was cut short, or void, says so itself
            raise UsageError(
                f"{instance} is broken already.",
                f"`invoke lab check {instance.arguments}` says how; `invoke lab reset {instance.arguments}` gives up.",
            )
        self.say("looking at the whole lab")
        changed = differences(self.lab, after_up(instance))
        wrong = until(lambda: not red(look(self.lab, self.practice.checks)), _GREEN)
        if changed or not wrong:
            how = red(look(self.lab, self.practice.checks))
            what = ", ".join(f"{check} is red ({manner})" for check, manner in how.items())
            count = f"{len(changed)} {'difference' if len(changed) == 1 else 'differences'}"
            raise UsageError(
                f"{instance} is not whole: {what or f'{count} from the state after `up`'}.",
                f"`invoke lab reset {instance.arguments}` brings back the state after `up`.",
            )

    def _try(self, choice: Choice, asked: Asked) -> Attempt | None:
        """An attempt whose clock runs, or None when the fault took no effect and is undone."""
        attempt = self._new(choice, asked)
        faults = choice if isinstance(choice, list) else []
        self.say("breaking it")
        try:
            attempt.write(self.lab.instance)
            if self._inject(faults, attempt):
                self._start(attempt)
                return attempt
        except KeyboardInterrupt:
            self.say("taking it back")
            self._take_back(faults)
            raise
        self.say("that took no effect here; another is tried")
        self._take_back(faults)
        return None

    def _start(self, attempt: Attempt) -> None:
        """Note what the faults changed, and start the clock."""
        attempt.injected = sorted(lines(differences(self.lab, after_up(self.lab.instance))))
        attempt.status, attempt.started = RUNNING, time.time()
        attempt.write(self.lab.instance)

    def _inject(self, faults: list[Fault], attempt: Attempt) -> bool:
        """Whether everything could be done and had its effect."""
        try:
            for fault in faults:
                apply(self.lab, fault.change.inject)
            return self._takes_effect(faults, attempt)
        except BuildError:
            return False

    def _new(self, choice: Choice, asked: Asked) -> Attempt:
        host = next(iter(self.lab.hosts.values()))
        return Attempt(
            lab=self.lab.lab.name,
            engine=host.engine,
            firewall=host.firewall,
            seed=asked.seed,
            faults=[choice.id] if isinstance(choice, Decoy) else [fault.name for fault in choice],
            decoy=isinstance(choice, Decoy),
            exam=asked.exam,
            baseline=mark(self.lab.instance),
        )

    def _takes_effect(self, faults: list[Fault], attempt: Attempt) -> bool:
        """Whether every fault is in effect and everything it must turn red is red."""
        if not all(took_effect(self.lab, fault.change) for fault in faults):
            return False
        wanted = {check for fault in faults for check in fault.checks_on(attempt.engine)}

        def is_red() -> bool:
            attempt.red = red(look(self.lab, self.practice.checks))
            return wanted <= set(attempt.red)

        return until(is_red, _EFFECT)

    def _take_back(self, faults: list[Fault]) -> None:
        for fault in reversed(faults):
            undo(self.lab, fault.change)
        if until(lambda: not differences(self.lab, after_up(self.lab.instance)), _BACK):
            self.lab.instance.drop(attempts.FILE)
            return
        raise BuildError(
            "A fault took no effect, and taking it back left something behind.",
            f"`invoke lab reset {self.lab.instance.arguments}` brings back the state after `up`.",
        )
