"""Where in a command line somebody is: for help and completion, which have to do with lines that are not finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from netproof.cli.command_table import ACTIONS, COMMANDS, Command, Flag

HELP = frozenset({"-h", "--help"})
# Invoke's own flags that take a value.
_CORE = frozenset(
    {"-c", "--collection", "-r", "--search-root", "-f", "--config", "-T", "--command-timeout", "--hide"}
    | {"-D", "--list-depth", "-F", "--list-format", "--print-completion-script"}
)


class Position(NamedTuple):
    """The command whose words are being typed, those that are there, and a flag that waits for its value."""

    command: str = ""
    words: tuple[str, ...] = ()
    flags: Mapping[str, str] = {}
    pending: str = ""

    @property
    def about(self) -> Command | None:
        """The command, or the action of `lab` where one has been typed."""
        if self.command == "lab" and self.words and self.words[0] in ACTIONS:
            return ACTIONS[self.words[0]]
        return COMMANDS.get(self.command)

    @property
    def wanted(self) -> Sequence[str]:
        """What the words of the command stand for, an action of `lab` among them."""
        about = self.about
        if about is None:
            return ()
        is_action = self.command == "lab" and about is not COMMANDS["lab"]
        return ("ACTION", *about.words) if is_action else about.words

    @property
    def next(self) -> str:
        """What the next word stands for; nothing when it begins another command."""
        return self.wanted[len(self.words)] if len(self.words) < len(self.wanted) else ""

    def value(self, stands_for: str) -> str:
        """The word that was typed for LAB, say, or nothing."""
        return dict(zip(self.wanted, self.words, strict=False)).get(stands_for, "")


def position(words: Sequence[str]) -> Position:
    """Where the word after these would stand."""
    here = Position()
    for word in words:
        here = _after(here, word)
    return here


def _after(here: Position, word: str) -> Position:
    if here.pending:
        return here._replace(pending="", flags={**here.flags, here.pending: word})
    if word.startswith("-"):
        name, given, value = word.partition("=")
        is_waiting = not given and takes_value(here, name)
        return here._replace(flags={**here.flags, name: value}, pending=name if is_waiting else "")
    if here.next:
        return here._replace(words=(*here.words, word))
    return Position(word)


def takes_value(here: Position, name: str) -> bool:
    """Whether a flag waits for a word."""
    return bool(flag.value) if (flag := flags(here).get(name.removeprefix("--"))) else name in _CORE


def flags(here: Position) -> Mapping[str, Flag]:
    """The flags that mean something here."""
    return here.about.flags if here.about is not None else {}


def asks_for_help(words: Sequence[str]) -> list[str] | None:
    """What somebody asks help about: [] for everything, ["lab", "up"] for an action; None when it is not asked for."""
    if not words:
        return []
    here = Position()
    for number, word in enumerate(words):
        if word == "--":
            return None
        if not here.pending and _is_question(here, word):
            topic = [here.command, *here.words[: here.command == "lab"]] if here.command else []
            following = [item for item in words[number + 1 :] if not item.startswith("-")]
            return [*topic, *following][:2]
        here = _after(here, word)
    return None


def _is_question(here: Position, word: str) -> bool:
    """-h and --help anywhere; the word where a command or an action may stand."""
    return word in HELP or (word == "help" and (not here.command or here.next in {"", "ACTION"}))
