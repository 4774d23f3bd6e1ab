"""Whether what was typed means anything to the command that got it; told before anything runs.

What a flag of each action takes is in netproof.cli.command_table. A flag that another action has, a value that is
empty, and a name that does not exist are refused here, so that the second of two commands is, too, before the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netproof.cli.command_table import (
    ACTIONS,
    COMMANDS,
    ENGINES,
    FAULTS_WAYS,
    FIREWALLS,
    FORMATS,
    PROTOCOLS,
    SHELLS,
    VAGRANT_ACTIONS,
    Command,
    owners,
)
from netproof.errors import UnknownName, UsageError
from netproof.paths import lab_names

Given = Mapping[str, Any]
# Invoke's names of the words behind `lab`, in their order.
_WORDS = ("action", "name", "node", "target")
# What a flag's value stands for in a usage: what it is called in an error, and which there are.
_CHOICES: Mapping[str, tuple[str, Callable[[], Sequence[str]]]] = {
    "ENGINE": ("engine", lambda: ENGINES),
    "FLAVOUR": ("firewall", lambda: FIREWALLS),
    "FORMAT": ("format", lambda: FORMATS),
    "PROTOCOL": ("protocol", lambda: PROTOCOLS),
    "SHELL": ("shell", lambda: SHELLS),
    "LAB": ("lab", lab_names),
    "LABS": ("lab", lab_names),
    "FLAVOURS": ("firewall", lambda: FIREWALLS),
}
_LISTS = {"LABS", "ENGINES", "FLAVOURS"}


def check(command: str, given: Given) -> None:
    """Raise UsageError for what means nothing to a command."""
    about = COMMANDS[command]
    if command == "lab":
        about = _action(given)
    elif command == "vagrant" and given["action"] not in VAGRANT_ACTIONS:
        raise UnknownName("action of `vagrant`", given["action"], VAGRANT_ACTIONS)
    elif command == "completion" and given["shell"] not in SHELLS:
        raise UnknownName("shell", given["shell"], SHELLS)
    elif command == "faults":
        _one_way(given)
    for flag, value in given.items():
        _value(command, about, flag, value)


def _action(given: Given) -> Command:
    action, lab = given["action"], given["name"]
    if action not in ACTIONS:
        raise UnknownName("action of `lab`", action, ACTIONS)
    about = ACTIONS[action]
    words = _WORDS[: 1 + len(about.words)]
    for flag in given:
        if flag not in about.flags and flag not in words:
            others = owners(flag) or [name for name, item in ACTIONS.items() if flag in _WORDS[: 1 + len(item.words)]]
            raise UsageError(
                f"--{flag} means nothing to `invoke lab {action}`.",
                f"It is for {', '.join(others)}. `invoke lab {action} --help` says what {action} takes.",
            )
    # A lab whose definition is gone can still be removed.
    if action != "down" and lab not in lab_names():
        raise unknown_lab(lab)
    return about


def unknown_lab(name: str) -> UsageError:
    """That there is no lab of a name; of a copy, how it is typed."""
    lab, _, tag = name.replace("@", ".").partition(".")
    if tag and lab in lab_names():
        return UsageError(f"There is no lab {name!r}.", f"If that is a copy of {lab}: {lab} --as {tag}.")
    copies = [item for item in _remembered() if item[1] == name]
    if copies:
        return UsageError(f"There is no lab {name!r}; it is a copy of one.", f"Type: {copies[0][0]} --as {name}.")
    return UnknownName("lab", name, lab_names())


def _remembered() -> list[tuple[str, str]]:
    from netproof.state.instance import remembered  # noqa: PLC0415 - only who errs pays for it

    try:
        return [(item.lab, item.tag) for item in remembered()]
    except OSError:
        return []


def _one_way(given: Given) -> None:
    """`faults` is used in one of several ways, and each has flags of its own."""
    ways = [way for way in FAULTS_WAYS if way in given]
    if len(ways) > 1:
        raise UsageError(f"--{ways[0]} and --{ways[1]} exclude each other.", "Do one after the other.")
    way = ways[0] if ways else ""
    for flag in given:
        if flag not in FAULTS_WAYS[way]:
            others = [f"--{name}" if name else "the list" for name, flags in FAULTS_WAYS.items() if flag in flags]
            here = f"`invoke faults --{way}`" if way else "`invoke faults` alone"
            raise UsageError(f"--{flag} means nothing to {here}.", f"It goes with {', '.join(others)}.")


def _value(command: str, about: Command, flag: str, value: Any) -> None:
    """A value must not be empty, and a name must exist."""
    if not isinstance(value, str) or flag not in about.flags:
        return
    kind = about.flags[flag].value
    words = [word.strip() for word in (value.split(",") if kind in _LISTS else [value])]
    if not any(words):
        raise UsageError(f"--{flag} needs a value.", f"Leave it out, or name one: --{flag} {kind}.")
    if kind not in _CHOICES:
        return
    what, known = _CHOICES[kind]
    extra = ("all",) if command == "images" else ()
    for word in filter(None, words):
        if word not in (*known(), *extra):
            raise unknown_lab(word) if what == "lab" else UnknownName(what, word, [*known(), *extra])
