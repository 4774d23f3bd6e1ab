"""Makes a change in a lab, sees whether it took effect, and takes it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from netproof.errors import BuildError, HostDied, NetproofError
from netproof.lab.observe import drop_empty_tables
from netproof.lab.running import Result, RunningLab
from netproof.model import Change, Fault, Step
from netproof.wait import until

_LIMIT = 90.0
_MOMENT = 1.0


def apply(lab: RunningLab, steps: Iterable[Step]) -> None:
    """Run steps one after the other. BuildError, with what the command said, for one that fails."""
    for step in steps:
        result = _to_its_end(lab, step)
        if result.rc:
            raise BuildError(
                f"In {step.at}: `{step.run}` exited {result.rc}: {(result.stderr or result.stdout).strip()}",
                f"`invoke lab reset {lab.instance.arguments}` brings back the state after `up`.",
            )


def _to_its_end(lab: RunningLab, step: Step) -> Result:
    """Run a step; an interrupt is heard when it has ended: what is taken back before it is done comes back."""
    with ThreadPoolExecutor(1) as pool:  # whose end waits for what was begun
        return pool.submit(lab.run, step.at, step.run, limit=_LIMIT).result()


def took_effect(lab: RunningLab, change: Change) -> bool:
    """Whether a change is in effect, all of it. What a place that is gone had, is gone, too."""
    try:
        return all(lab.run(step.at, step.run, limit=_LIMIT).rc == 0 for step in change.took)
    except HostDied:
        raise
    except NetproofError:
        return False


def takes_effect(lab: RunningLab, change: Change) -> bool:
    """Whether a change that was just made is in effect, or is in a moment: a signal stops a program when that runs."""
    return until(lambda: took_effect(lab, change), _MOMENT)


def standing(lab: RunningLab, faults: Sequence[Fault]) -> list[Fault]:
    """Those of the faults whose changes are as they were made, whatever works around them."""
    return [fault for fault in faults if took_effect(lab, fault.change)]


def tidy(lab: RunningLab, faults: Iterable[Fault]) -> None:
    """Remove what netproof noted for an undo that nobody needs any more; a place that is gone took its notes along."""
    for step in (step for fault in faults for step in fault.change.tidy):
        with suppress(NetproofError):
            lab.run(step.at, step.run, limit=_LIMIT)


def undo(lab: RunningLab, change: Change, limit: float = _LIMIT) -> list[str]:
    """Take back what of a change is there, as far as possible, each step in `limit` seconds.

    Returns what could not be.
    """
    failures = []
    for step in change.undo:
        try:
            result = lab.run(step.at, step.run, limit=limit)
        except HostDied:
            raise
        except NetproofError as error:
            failures.append(f"in {step.at}: {step.run}: {error.problem}")
            continue
        if result.rc:
            failures.append(f"in {step.at}: {step.run}: {result.stderr.strip()}")
    for place in {step.at for step in change.undo if "tables" in step.run}:
        with suppress(NetproofError):  # one that is not there has none
            drop_empty_tables(lab, place)
    return failures
