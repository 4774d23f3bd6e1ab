"""Every error netproof raises on purpose.

    NetproofError                 what happened, and what to do about it
    ├── UsageError          (2)   the command was not understood
    │   └── UnknownName     (2)   no such lab, node, engine, flag; names the nearest match
    ├── DefinitionError     (2)   a lab definition contradicts itself
    ├── Busy                (2)   another process is changing this instance
    └── BuildError          (3)   the lab could not be built
        ├── EngineError     (3)   no Docker engine, or it stopped answering
        ├── ImageError      (3)   a lab host or node image could not be made
        ├── HostDied        (3)   a lab host, or the engine in it, is gone
        └── AgentError      (3)   an operation inside a lab host failed

The number is the exit code. Every message ends in a remedy.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar

from netproof.program import named

EXIT_OK = 0
EXIT_CLAIM_FAILED = 1
EXIT_USAGE = 2
EXIT_BUILD = 3
EXIT_INTERRUPTED = 130


class NetproofError(Exception):
    """What happened (`problem`) and what to do about it (`remedy`), for a person to read."""

    exit_code: ClassVar[int] = EXIT_BUILD

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return named(f"{self.problem}\n{self.remedy}")


class UsageError(NetproofError):
    """The command was not understood."""

    exit_code = EXIT_USAGE


class UnknownName(UsageError):
    """A name that is not in a known set; the remedy names the nearest match."""

    def __init__(self, kind: str, name: str, known: Iterable[str], of: str = "") -> None:
        choices = sorted(known)
        alike = {_plain(choice): choice for choice in choices}
        near = [alike[word] for word in difflib.get_close_matches(_plain(name), alike, n=1, cutoff=0.5)]
        listing = ", ".join(choices) or "none"
        remedy = f"Did you mean {near[0]!r}? Known: {listing}." if near else f"Known: {listing}."
        super().__init__(f"There is no {kind} {name!r}{f' of {of}' if of else ''}.", remedy)
        self.name = name
        self.nearest = near[0] if near else None


def _plain(name: str) -> str:
    """A name without what is easily mistyped: Bridge_NAT is near bridge-nat."""
    return name.lower().replace("_", "-")


class DefinitionError(NetproofError):
    """A lab definition contradicts itself: `field` holds `value`, which is wrong because of `problem`.

    `where` (file and line) is added by the catalogue, which knows what it was importing.
    """

    exit_code = EXIT_USAGE

    def __init__(self, field: str, value: object, problem: str, remedy: str, where: str = "") -> None:
        self.field = field
        self.value = value
        self.where = where
        self.reason = problem
        place = f"{where}: " if where else ""
        super().__init__(f"{place}{field} = {value!r}: {problem}.", remedy)

    def located(self, where: str) -> DefinitionError:
        """The same error, naming the file and line it came from."""
        return type(self)(self.field, self.value, self.reason, self.remedy, where)


class Busy(NetproofError):
    """Another process is changing this instance."""

    exit_code = EXIT_USAGE


class BuildError(NetproofError):
    """The lab could not be built."""


class EngineError(BuildError):
    """No Docker engine, or it stopped answering."""


class ImageError(BuildError):
    """A lab host or node image could not be made."""


class HostDied(BuildError):
    """A lab host, or the engine inside it, is gone."""


class AgentError(BuildError):
    """An operation inside a lab host failed."""
