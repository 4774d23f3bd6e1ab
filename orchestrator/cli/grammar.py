"""How commands are spelled, on top of stock Invoke.

Invoke has no optional positional arguments, and ends wrong use with exit code 1. Here an argument is
only asked for by the actions that need it, and what cannot be parsed is told before anything runs, with
the nearest match and exit code 2.
"""

from __future__ import annotations

import copy
import difflib
import importlib
import keyword
import re
from collections.abc import Callable
from typing import Any

from invoke import Argument, Collection, Program, Task
from invoke.exceptions import ParseError
from invoke.parser import Parser

from netproof.cli import front, meaning
from netproof.cli.command_table import ACTIONS, CLONE_ONLY, COMMANDS, Command
from netproof.errors import NetproofError, UnknownName, UsageError
from netproof.paths import lab_names

_HOW = "`invoke help COMMAND` says what a command takes."


# Actions whose line has a word behind the lab, and two.
NEEDS_NODE = {name for name, action in ACTIONS.items() if len(action.words) > 1}
NEEDS_TARGET = {name for name, action in ACTIONS.items() if len(action.words) > 2}  # noqa: PLR2004 - the lab, and two


class _Node(Argument):
    """A positional argument that is missing only for actions that need it."""

    action: Argument
    on: Argument
    needed_by = NEEDS_NODE

    @property
    def value(self) -> Any:
        """None makes Invoke's parser take the next word for it, or complain."""
        if self._value is None and (self.action.value not in self.needed_by or self.on.value):
            return ""
        return self._value

    @value.setter
    def value(self, given: str) -> None:
        self.set_value(given, cast=True)


class _Target(_Node):
    """The word after the node, for actions that go from one place to another."""

    needed_by = NEEDS_TARGET


class LabTask(Task):  # type: ignore[type-arg]  # Invoke's Task is generic over its body, which does not matter here
    """A task whose `node` and `target` are only asked for by the actions that need them."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:  # noqa: FBT001 - Invoke's signature
        """Invoke's arguments, with `node` and `target` made dependent on `action`."""
        arguments: list[Argument] = super().get_arguments(ignore_unknown_help)
        named = {argument.name: argument for argument in arguments}
        node = _Node(name="node", positional=True, help=named["node"].help)
        target = _Target(name="target", positional=True, help=named["target"].help)
        for argument in (node, target):
            argument.action, argument.on = named["action"], named["on"]
        own: dict[str | None, Argument] = {"node": node, "target": target}
        return [own.get(argument.name, argument) for argument in arguments]


def lab_action(name: str) -> Callable[..., None]:
    """The function behind `invoke lab NAME`, imported when it is used; UnknownName otherwise."""
    if name not in ACTIONS:
        raise UnknownName("lab command", name, ACTIONS)
    module = importlib.import_module(f"netproof.cli.lab.{name}{'_' * keyword.iskeyword(name)}")
    found: Callable[..., None] = module.run
    return found


def _explain(error: ParseError, namespace: Any, words: list[str]) -> UsageError:
    text = str(error)
    unknown = text.split("'")[1] if text.startswith("No idea what") else ""
    context = error.context
    swallowed = _flag_taken_for_a_word(context)
    if swallowed:
        unknown = swallowed
    if unknown.startswith("-"):
        return _unknown_flag(unknown, context)
    if unknown:
        return _unknown_word(unknown, context, namespace)
    if "needed value" in text:
        found = re.search(r"<Argument: (\w+?)_*[ >(]", text)
        flag = f"--{found[1].replace('_', '-')}" if found else "A flag"
        return UsageError(f"{flag} needs a value.", _HOW)
    if "positional" in text and context is not None:
        return _missing(context, words)
    return UsageError(text, _HOW)


def _unknown_flag(flag: str, context: Any) -> UsageError:
    """A flag that a command does not have, told with those that it has; one of a command's in front of all of them."""
    if context is not None and context.name in COMMANDS:
        about = _about(context)
        flags = [f"--{name}" for name in (*about.flags, "help")]
        return UnknownName("flag", flag, flags, of=f"`invoke {_typed(context)}`")
    name = flag.partition("=")[0].removeprefix("--")
    owner = next((command for command, about in COMMANDS.items() if name in about.flags), "")
    if owner:
        typed = "lab up bridge-nat" if name in ACTIONS["up"].flags else owner
        return UsageError(f"{flag} is a flag of commands.", f"It stands behind one: invoke {typed} {flag}.")
    flags = [item for item in (context.flags if context is not None else ()) if item.startswith("--")]
    return UnknownName("flag", flag, flags, of="`invoke`")


def _about(context: Any) -> Command:
    """What the table has of a command, or of an action of `lab`."""
    action = context.args["action"].value if context.name == "lab" else ""
    return ACTIONS.get(action, COMMANDS[context.name])


def _unknown_word(word: str, context: Any, namespace: Any) -> UsageError:
    """A word where a command should stand: behind a command of a lab it was meant for that."""
    if word in CLONE_ONLY:
        return UsageError(
            f"`invoke {word}` is for those who work on netproof: it is not in an installed one.",
            "It needs a clone of netproof's source, with its tests.",
        )
    if context is None or context.name != "lab" or difflib.get_close_matches(word, namespace.task_names, n=1):
        return UnknownName("command", word, namespace.task_names)
    return _word_too_many(word, context)


def _word_too_many(word: str, context: Any) -> UsageError:
    """Behind what an action of `lab` takes."""
    action, lab, node = (context.args[name].value for name in ("action", "name", "node"))
    if action in ACTIONS and action != "down" and lab not in lab_names():
        return meaning.unknown_lab(lab)
    if action == "exec":
        return UsageError(
            f"{word!r} stands where another command of netproof may follow.",
            f"What is to run in the node comes behind --: invoke lab exec {lab} {node} -- {word}",
        )
    if word in lab_names():
        return UsageError(
            f"`invoke lab {action}` is about one lab.",
            f"Commands can follow each other: invoke lab {action} {lab} lab {action} {word}",
        )
    return UsageError(
        f"`invoke lab {action} {lab}` takes no {word!r}, and it is no command either.",
        f"`invoke lab {action} --help` says what it takes.",
    )


def _flag_taken_for_a_word(context: Any) -> str:
    """An unknown flag in front of the words a command needs is taken for one of them by Invoke."""
    values = [argument.value for argument in context.positional_args] if context is not None else []
    return next((value for value in values if isinstance(value, str) and value.startswith("-")), "")


def _missing(context: Any, words: list[str]) -> UsageError:
    absent = " and ".join(argument.name for argument in context.missing_positional_args)
    line = " ".join(words)
    about = _about(context)
    remedy = f"For example: {about.examples[0]}. `invoke {_typed(context)} --help` says what it takes."
    if absent == "node" and "guess" in words:
        remedy = (
            "Name a fault: invoke lab guess bridge-nat mtu-lowered --at host. `invoke faults --ids LAB` lists them."
        )
    elif absent == "node" and "capture" in words:
        remedy = "Name an interface, or several: invoke lab capture bridge-nat client:eth0,host:docker0."
    elif "walk" in words:
        remedy = "Say who asks whom: invoke lab walk bridge-nat client 203.0.113.1:80."
    elif absent == "node":
        remedy = "`invoke lab status NAME` lists the nodes: invoke lab shell bridge-nat client."
    elif context.name == "lab":
        remedy = "For example: invoke lab up bridge-nat. `invoke lab --help` lists the actions, `invoke labs` the labs."
    return UsageError(f"`invoke {line}` lacks: {absent}.", remedy)


def _typed(context: Any) -> str:
    """A command as it is typed: `lab up`, `labs`."""
    action = context.args["action"].value if context.name == "lab" else ""
    return f"lab {action}" if action in ACTIONS else str(context.name)


def parse(namespace: Collection, words: list[str], initial: Any = None) -> None:
    """Raise UsageError for words that Invoke could not parse, or that mean nothing where they stand."""
    initial = initial or Program().initial_context
    core = Parser(initial=initial, ignore_unknown=True).parse_argv(words)
    if core[0].args["complete"].value:
        return
    try:
        # A copy, because Invoke's tasks use up their help texts when asked for their arguments.
        found = Parser(initial=initial, contexts=copy.deepcopy(namespace).to_contexts()).parse_argv(core.unparsed)
    except ParseError as error:
        raise _explain(error, namespace, words) from None
    for context in found:
        if context.name in COMMANDS:
            meaning.check(context.name, _given(context))


def _given(context: Any) -> dict[str, Any]:
    """What was typed of a command's arguments, by name."""
    return {name: argument.value for name, argument in context.args.items() if argument.got_value}


def check_arguments(namespace: Collection, words: list[str], initial: Any = None) -> None:
    """Check a command line; tell what is wrong with it, and end the process."""
    try:
        parse(namespace, words, initial)
    except NetproofError as error:
        front.refuse(error, words)
