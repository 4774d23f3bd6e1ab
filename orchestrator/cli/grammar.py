"""How commands are spelled, on top of stock Invoke.

Invoke has no optional positional arguments, and ends wrong use with exit code 1. Here an argument is
only asked for by the actions that need it, and what cannot be parsed is told before anything runs, with
the nearest match and exit code 2.
"""

from __future__ import annotations

import copy
import importlib
import json
import keyword
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from invoke import Argument, Collection, Program, Task
from invoke.exceptions import ParseError
from invoke.parser import Parser

from netproof.errors import NetproofError, UnknownName, UsageError

# Each is a module of netproof.cli.lab.
ACTIONS = (
    "up",
    "down",
    "test",
    "status",
    "shell",
    "exec",
    "facts",
    "diff",
    "graph",
    "env",
    "capture",
    "break",
    "check",
    "watch",
    "hint",
    "guess",
    "reveal",
    "tree",
    "repair",
    "reset",
    "walk",
)
NEEDS_NODE = {"shell", "exec", "guess", "capture", "walk"}
NEEDS_TARGET = {"walk"}


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
        command = f"invoke {context.name}" if context is not None and context.name else "invoke"
        flags = [name for name in (context.flags if context is not None else ()) if name.startswith("--")]
        return UnknownName("flag", unknown, flags, of=f"`{command}`")
    if unknown:
        return UnknownName("command", unknown, namespace.task_names)
    if "needed value" in text:
        found = re.search(r"<Argument: (\w+?)_*[ >(]", text)
        flag = f"--{found[1].replace('_', '-')}" if found else "A flag"
        return UsageError(f"{flag} needs a value.", "`invoke --help TASK` shows what a command takes.")
    if "positional" in text and context is not None:
        return _missing(context, words)
    return UsageError(text, "`invoke --help TASK` shows what a command takes.")


def _flag_taken_for_a_word(context: Any) -> str:
    """An unknown flag in front of the words a command needs is taken for one of them by Invoke."""
    values = [argument.value for argument in context.positional_args] if context is not None else []
    return next((value for value in values if isinstance(value, str) and value.startswith("-")), "")


def _missing(context: Any, words: list[str]) -> UsageError:
    absent = " and ".join(argument.name for argument in context.missing_positional_args)
    line = " ".join(words)
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
    else:
        remedy = "For example: invoke lab up bridge-nat. `invoke --help lab` lists the actions, `invoke labs` the labs."
    return UsageError(f"`invoke {line}` lacks: {absent}.", remedy)


def parse(namespace: Collection, words: list[str]) -> None:
    """Raise UsageError for words that Invoke could not parse."""
    initial = Program().initial_context
    core = Parser(initial=initial, ignore_unknown=True).parse_argv(words)
    if core[0].args["complete"].value:
        return
    try:
        # A copy, because Invoke's tasks use up their help texts when asked for their arguments.
        Parser(initial=initial, contexts=copy.deepcopy(namespace).to_contexts()).parse_argv(core.unparsed)
    except ParseError as error:
        raise _explain(error, namespace, words) from None


def check_arguments(namespace: Collection) -> None:
    """Check this process's arguments when it is Invoke's; tell what is wrong, and exit."""
    program = Path(sys.argv[0])
    if program.name not in {"invoke", "inv"} and program.parts[-2:] != ("invoke", "__main__.py"):
        return
    try:
        parse(namespace, sys.argv[1:])
    except NetproofError as error:
        if "--json" in sys.argv:
            print(json.dumps({"error": {"problem": error.problem, "remedy": error.remedy}}))
        print(f"{error}", file=sys.stderr)
        sys.exit(error.exit_code)
