"""What may stand where the cursor is: commands, actions, labs, nodes, engines, faults, flags and their values.

A shell's script (netproof.cli.completion_scripts) calls `netproof --complete -- WORD...`, with the program itself as
the first word and the one at the cursor as the last; Invoke's scripts do so, too, but leave out an empty word. A
candidate is printed in each line, for zsh and fish with a tab and what is said of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from netproof import paths
from netproof.cli import command_table as table
from netproof.cli.command_line import Position, flags, position
from netproof.cli.help import commands

# Set by our scripts: which shell asks. The word at the cursor is then given also when it is empty.
ASKING = "NETPROOF_COMPLETE"
_DESCRIBING = {"zsh", "fish"}
# What is a list with commas.
_LISTS = {"LABS", "ENGINES", "FLAVOURS", "WHERE"}

Candidates = dict[str, str]


def asked(words: Sequence[str]) -> list[str] | None:
    """The words behind `--complete --` of a command line, without the program; None when it asks for something else."""
    if "--complete" not in words:
        return None
    behind = list(words[words.index("--complete") + 1 :])
    behind = behind[1:] if behind[:1] == ["--"] else behind
    return behind[1:]


def lines(words: Sequence[str], shell: str | None) -> Iterator[str]:
    """The candidates in the form that a shell's script reads."""
    found = candidates(words) if shell else _guessed(words)
    for word, about in found.items():
        yield f"{word}\t{about}" if about and shell in _DESCRIBING else word


def _guessed(words: Sequence[str]) -> Candidates:
    """Of a script that leaves out an empty last word: whether the last one is whole is to be guessed."""
    is_whole = not words or (not words[-1].startswith("-") and words[-1] in candidates(words))
    return candidates([*words, ""] if is_whole else words)


def candidates(words: Sequence[str]) -> Candidates:
    """{candidate: what is said of it} for the last of the words, which may be empty."""
    *before, current = words or [""]
    here = position(before)
    name, given, value = current.partition("=")
    if here.pending:
        return _values(here, here.pending, current)
    if given and name.startswith("--"):
        return {f"{name}={word}": about for word, about in _values(here, name, value).items()}
    if current.startswith("-"):
        return _beginning(_flags(here), current)
    if here.command and here.about is None:
        return {}
    return _kind(here, here.next, current) if here.next else _beginning(_commands(here), current)


def _beginning(found: Mapping[str, str], start: str) -> Candidates:
    return {word: about for word, about in found.items() if word.startswith(start)}


def _flags(here: Position) -> Candidates:
    """Flags that mean something here, go with those that are there, and have not been given yet."""
    ways = [names for way, names in table.FAULTS_WAYS.items() if f"--{way}" in here.flags]
    known = {
        name: flag for name, flag in flags(here).items() if here.command != "faults" or not ways or name in ways[0]
    }
    offered = {f"--{name}": flag.about for name, flag in known.items()} | {"--help": "what can be typed here"}
    return {name: about for name, about in offered.items() if name not in here.flags}


def _values(here: Position, flag: str, start: str) -> Candidates:
    about = flags(here).get(flag.removeprefix("--"))
    return _kind(here, about.value, start) if about else {}


def _kind(here: Position, kind: str, start: str) -> Candidates:
    """What may stand for a word of a usage; a file is left to the shell."""
    if kind not in _KINDS:
        return {}
    first, comma, last = start.rpartition(",") if kind in _LISTS else ("", "", start)
    with suppress(Exception):  # a definition that is broken is told by the command, not in the middle of a word
        found = _beginning(_KINDS[kind](here), last)
        return {f"{first}{comma}{word}": about for word, about in found.items()}
    return {}


def _among(*words: str) -> Callable[[Position], Candidates]:
    return lambda _: dict.fromkeys(words, "")


def _actions(here: Position) -> Candidates:
    if here.command == "vagrant":
        return dict.fromkeys(table.VAGRANT_ACTIONS, "")
    return {name: action.about for name, action in table.ACTIONS.items()}


def _commands(_: Position) -> Candidates:
    return {name: table.COMMANDS[name].about for name in commands()}


def _labs(_: Position) -> Candidates:
    return dict.fromkeys(paths.lab_names(), "")


def _nodes(here: Position) -> Candidates:
    from netproof import catalog  # noqa: PLC0415 - what describes labs takes a while to import

    lab = catalog.load(_lab(here))
    hosts = dict.fromkeys((host.name for host in lab.hosts), "lab host")
    containers = dict.fromkeys((node.name for node in lab.containers), "container")
    return {**containers, **hosts, **dict.fromkeys((item.name for item in lab.outsiders), "outsider")}


def _interfaces(here: Position) -> Candidates:
    """NODE: with its colon; which interfaces it has is known where it runs alone."""
    return {f"{name}:": about for name, about in _nodes(here).items()}


def _faults(here: Position) -> Candidates:
    from netproof import catalog  # noqa: PLC0415 - as above

    practice = catalog.practice(_lab(here))
    found = {fault.id: f"{fault.layer}, level {fault.level}" for fault in practice.faults if fault.is_visible}
    guessed = {table.DESIGNED: "nothing is broken"} if here.value("ACTION") == "guess" else {}
    return {**dict(sorted(found.items())), **guessed}


def _lab(here: Position) -> str:
    """The lab of a line: a word of it, or the value of a flag that takes one."""
    given = [value for name, value in here.flags.items() if _takes(here, name) == "LAB"]
    return here.value("LAB") or next(iter(given), "")


def _takes(here: Position, flag: str) -> str:
    about = flags(here).get(flag.removeprefix("--"))
    return about.value if about else ""


def _copies(here: Position) -> Candidates:
    from netproof.state.instance import remembered  # noqa: PLC0415 - as above

    lab = _lab(here)
    return {item.tag: f"a copy of {item.lab}" for item in remembered() if item.tag and lab in {"", item.lab}}


def _layers(_: Position) -> Candidates:
    from netproof.model import LAYERS  # noqa: PLC0415 - as above

    return dict(LAYERS)


_KINDS: dict[str, Callable[[Position], Candidates]] = {
    "ACTION": _actions,
    "[ACTION]": lambda here: _actions(here) if here.words[:1] == ("lab",) else {},
    "[COMMAND]": _commands,
    "COPY": _copies,
    "COUNT": _among("1", "2"),
    "ENGINE": _among(*table.ENGINES),
    "ENGINES": _among(*table.ENGINES),
    "ENGINE|FILE": _among(*table.ENGINES),
    "FAULT": _faults,
    "FLAVOUR": _among(*table.FIREWALLS),
    "FLAVOURS": _among(*table.FIREWALLS),
    "FORMAT": _among(*table.FORMATS),
    "LAB": _labs,
    "LABS": _labs,
    "LAYER": _layers,
    "LEVEL": _among("1", "2", "3"),
    "NODE": _nodes,
    "PLACE": _among("dind", "vagrant", "vagrant:dind", "ssh://", "docker:"),
    "PROTOCOL": _among(*table.PROTOCOLS),
    "SHELL": _among(*table.SHELLS),
    "SOURCE": _nodes,
    "TARGET": _nodes,
    "WHERE": _interfaces,
}


def shell() -> str | None:
    """The shell whose script of ours asks, or None."""
    return os.environ.get(ASKING) or None
