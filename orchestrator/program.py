"""What the program is called where it runs: messages say what to type next, and it has to be typed.

a clone      invoke lab up bridge-nat
installed    netproof lab up bridge-nat

Messages are written as they are typed in a clone; `named` gives them the name that was used, at the one place where
each of them leaves the process.
"""

from __future__ import annotations

import re

from netproof.paths import IS_CLONE

CLONES, OWN = "invoke", "netproof"
_TYPED = re.compile(rf"(?<![\w./-]){CLONES}(?=`| (?:-|[a-z]|[A-Z]{{2}}))")
_used = [CLONES if IS_CLONE else OWN]


def in_a_clone(text: str, installed: str = "") -> str:
    """Words about what only a clone has, such as its bootstrap; elsewhere others, or none."""
    return text if IS_CLONE else installed


def called(name: str) -> None:
    """Somebody typed this name."""
    _used[0] = name


def name() -> str:
    """What to type in front of a command."""
    return _used[0]


def named(text: str) -> str:
    """A message that speaks of `invoke lab up …`, as this program's user has to type it."""
    return text if _used[0] == CLONES else _TYPED.sub(_used[0], text)
