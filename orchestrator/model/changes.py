"""Deliberate changes to a lab: how to make one, how to see that it took effect, how to undo it exactly.

`changed` takes shell commands; `both` makes one change of several; common_changes has what is the same each time.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from netproof.errors import DefinitionError


@frozen
class Step:
    """A shell command in a place of the lab (a lab host or a node).

    `says` is what people are told instead where the command is a script, or speaks of a note of netproof's own.
    """

    at: str
    run: str
    says: str = ""


def steps(given: Step | Iterable[Step]) -> tuple[Step, ...]:
    """A converter: one step or several."""
    return (given,) if isinstance(given, Step) else tuple(given)


@frozen
class Change:
    """What to run to make it, what succeeds while it is in effect, and what to run to have it undone.

    `took` looks at what was changed and at nothing else: all of it succeeds while that is as `inject` made it, whatever
    works around it, and some of it fails as soon as it was put back, in whichever way. Grading relies on it.
    `tidy` removes notes that `inject` made for `undo` and that stay behind where somebody else repairs.
    """

    inject: tuple[Step, ...] = field(converter=steps)
    took: tuple[Step, ...] = field(converter=steps)
    undo: tuple[Step, ...] = field(converter=steps)
    tidy: tuple[Step, ...] = field(default=(), converter=steps)

    def __attrs_post_init__(self) -> None:
        if not (self.inject and self.took and self.undo):
            raise DefinitionError(
                "change",
                (self.inject, self.took, self.undo),
                "a change needs a way in, a way to see that it took effect, and a way back",
                "Fill in inject, took and undo.",
            )


def changed(at: str, inject: str, took: str, undo: str) -> Change:
    """A change by shell commands in one place; `took` exits 0 when it is in effect, and only then."""
    return Change(Step(at, inject), Step(at, took), Step(at, undo))


def both(*changes: Change) -> Change:
    """Several changes as one, undone the other way round."""
    return Change(
        [step for change in changes for step in change.inject],
        [step for change in changes for step in change.took],
        [step for change in reversed(changes) for step in change.undo],
        [step for change in changes for step in change.tidy],
    )
