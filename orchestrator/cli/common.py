"""What several commands need."""

from __future__ import annotations

from collections.abc import Mapping

from netproof import catalog
from netproof.cli.screen import Screen
from netproof.engine import lab_sockets
from netproof.errors import UnknownName, UsageError
from netproof.model import Lab
from netproof.state.instance import Instance

Options = Mapping[str, str]


def chosen(name: str, options: Options) -> tuple[Lab, Instance]:
    """The lab and the instance that a command line names."""
    return catalog.load(name), Instance.named(name, options["tag"])


def tell_of_env(screen: Screen) -> None:
    """Say, where something is made or removed, that this is not where DOCKER_HOST leads."""
    if words := lab_sockets.told():
        screen.say(words)


def seed(options: Options) -> int | None:
    """The number given with --seed."""
    text = options["seed"]
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"--seed {text!r} is not a number.", "For example: --seed 7.") from None


def number(flag: str, text: str) -> int:
    """A whole number from 1 on given with a flag; 0 when none was."""
    if not text:
        return 0
    try:
        found = int(text)
    except ValueError:
        raise UsageError(f"--{flag} {text!r} is not a number.", f"For example: --{flag} 2.") from None
    if found < 1:
        raise UsageError(f"--{flag} {text} is not possible.", f"It is a number from 1 on, such as --{flag} 2.")
    return found


def known(kind: str, value: str, choices: list[str]) -> str | None:
    """A value that must be one of `choices`, or None when none was given."""
    if value and value not in choices:
        raise UnknownName(kind, value, choices)
    return value or None


def counted(count: int, word: str) -> str:
    """`1 line`, `2 lines`."""
    return f"{count} {word}{'' if count == 1 else 's'}"
