"""Help: every command in a line; a command, or an action of `lab`, with its words, its flags and lines to type."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from netproof import __version__, program
from netproof.cli.command_table import (
    ACTION_GROUPS,
    ACTIONS,
    CLONE_ONLY,
    COMMANDS,
    GROUPS,
    Command,
    Flag,
)
from netproof.errors import UnknownName
from netproof.paths import IS_CLONE

_SAYS = "builds container-networking labs, proves what is documented about them, and lets you break and repair them."
_WIDEST = 100
_OWN = {
    "help": Flag("this text; behind a command or an action, what that takes"),
    "version": Flag("the version of netproof and of what it runs on"),
    "list": Flag("the commands alone"),
}


def text(topic: Sequence[str]) -> str:
    """Help about everything, about a command, or about an action. Raises UnknownName."""
    return program.named("\n".join(_lines(topic)))


def listing() -> str:
    """The commands alone, a line each."""
    rows = [(name, COMMANDS[name].about) for name in commands()]
    return program.named("\n".join(["Commands:", "", *_table(rows)]))


def _lines(topic: Sequence[str]) -> Iterator[str]:
    if not topic:
        return _everything()
    first, *rest = topic
    if first == "lab" and rest and rest[0] != "help":
        return _action(rest[0])
    if first in commands():
        return _lab() if first == "lab" else _command(first, COMMANDS[first])
    if first in ACTIONS:
        return _action(first)
    raise UnknownName("command", first, {*commands(), *ACTIONS})


def commands() -> list[str]:
    """The commands that there are here."""
    return [name for name in COMMANDS if IS_CLONE or name not in CLONE_ONLY]


def _everything() -> Iterator[str]:
    yield from _wrapped(f"netproof {__version__} {_SAYS}")
    yield ""
    yield "Usage: invoke COMMAND [ARGUMENT]... [COMMAND [ARGUMENT]...]..."
    for title, group in GROUPS.items():
        rows = [row for name, about in group.items() if name in commands() for row in _rows(name, about)]
        if rows:
            yield ""
            yield title
            yield from _table(rows)
    yield ""
    if program.name() == program.OWN:
        yield "Flags"
        yield from _table([(f"--{name}", flag.about) for name, flag in _OWN.items()])
        yield ""
    yield from _wrapped(
        "`invoke lab --help` lists what can be done with a lab; `invoke lab up --help` says what that takes, and"
        " so does --help behind every other command and action."
    )
    yield "Begin with: invoke lab up bridge-nat lab test bridge-nat"


def _rows(name: str, about: Command) -> list[tuple[str, str]]:
    return [(" ".join([name, *about.words]), about.about)]


def _lab() -> Iterator[str]:
    yield "Usage: invoke lab ACTION LAB [WORD]... [FLAG]..."
    yield ""
    yield from _wrapped(f"{_sentence(COMMANDS['lab'].about)} {COMMANDS['lab'].more}")
    for title, group in ACTION_GROUPS.items():
        yield ""
        yield title
        yield from _table([(_usage(name, action), action.about) for name, action in group.items()])
    yield ""
    yield "`invoke labs` lists the labs. `invoke lab ACTION --help` says what an action takes."


def _usage(name: str, about: Command) -> str:
    behind = ["-- COMMAND"] if name == "exec" else []
    return " ".join([name, *about.words, *behind])


def _action(name: str) -> Iterator[str]:
    if name not in ACTIONS:
        raise UnknownName("action of `lab`", name, ACTIONS)
    return _command(f"lab {name}", ACTIONS[name])


def _command(name: str, about: Command) -> Iterator[str]:
    flags = " [FLAG]..." if about.flags else ""
    words = " ".join([name, *about.words])
    yield f"Usage: invoke {words}{flags}{' -- COMMAND [ARGUMENT]...' if name == 'lab exec' else ''}"
    yield ""
    yield from _wrapped(_sentence(about.about))
    if about.more:
        for line in about.more.splitlines():
            yield from _wrapped(line)
    if about.flags:
        yield ""
        yield "Flags"
        yield from _table(_flags(about.flags))
    if about.examples:
        yield ""
        yield "For example"
        yield from (f"  {example}" for example in about.examples)


def _flags(flags: Mapping[str, Flag]) -> list[tuple[str, str]]:
    return [(f"--{name} {flag.value}".rstrip(), flag.about) for name, flag in flags.items()]


def _sentence(about: str) -> str:
    return f"{about[:1].upper()}{about[1:]}."


def _width() -> int:
    return min(_WIDEST, max(40, shutil.get_terminal_size((_WIDEST, 24)).columns)) - 1


def _wrapped(words: str, width: int = 0) -> list[str]:
    return textwrap.wrap(words, width or _width(), break_long_words=False, break_on_hyphens=False)


def _table(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Two columns; the second is wrapped between words, and never cut."""
    left = max(len(name) for name, _ in rows) + 4
    for name, about in rows:
        first, *others = _wrapped(about, max(20, _width() - left))
        yield f"  {name}".ljust(left) + first
        yield from (" " * left + line for line in others)
