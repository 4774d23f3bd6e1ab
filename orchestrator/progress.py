"""What a command says while it works: steps, and in between what passes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

Say = Callable[[str], None]
_LEFT = 10  # seconds to which what is left is rounded


class Passing(str):
    """Words that the next ones replace. A terminal shows each; elsewhere they only break a long silence."""

    __slots__ = ()


class Steps:
    """Steps that follow each other, {name: seconds that it usually takes}, on a machine that may be slower."""

    def __init__(self, about: str, steps: Mapping[str, float], say: Say) -> None:
        self._about = about
        self._steps = dict(steps)
        self._say = say
        self._began = self._since = time.monotonic()
        self._at = ""

    def leave_out(self, *names: str) -> None:
        """These need not be done."""
        for name in names:
            self._steps.pop(name, None)

    def begin(self, name: str) -> None:
        """Say which step begins, and how long all that is left may take."""
        self._at, self._since = name, time.monotonic()
        self._say(f"{self._about}, {self._where()}: {name} …")

    def passing(self, text: str) -> None:
        """Say what goes on in a step."""
        self._say(Passing(f"{self._about}, {self._where()}: {text} …"))

    def _where(self) -> str:
        names = list(self._steps)
        number = names.index(self._at)
        before = sum(self._steps[name] for name in names[:number])
        later = sum(self._steps[name] for name in names[number + 1 :])
        # What was slower than usual up to now stays so; what of this step has passed need not be waited for.
        slower = max((self._since - self._began) / before, 1.0) if before else 1.0
        left = max(self._steps[self._at] * slower - (time.monotonic() - self._since), 0.0) + later * slower
        return f"step {number + 1} of {len(names)}, about {max(1, round(left / _LEFT)) * _LEFT} s left"
