"""What is answered before a command is looked for: help and completion. They are quick, for nothing else is loaded."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from netproof import program
from netproof.cli import completion
from netproof.cli import help as help_texts
from netproof.cli.command_line import asks_for_help
from netproof.errors import NetproofError

_LISTS = (["--list"], ["-l"])


def is_of_invoke() -> bool:
    """Whether this process is Invoke's, and its words are for us: tasks.py is imported by tests, too."""
    called = Path(sys.argv[0])
    return called.name in {"invoke", "inv"} or called.parts[-2:] == ("invoke", "__main__.py")


def answer(words: Sequence[str]) -> None:
    """Answer a line that asks for help or for a completion, and end the process; else do nothing."""
    unfinished = completion.asked(words)
    if unfinished is not None:
        print("\n".join(completion.lines(unfinished, completion.shell())))
        sys.exit(0)
    if list(words) in _LISTS:
        print(help_texts.listing())
        sys.exit(0)
    topic = asks_for_help(words)
    if topic is None:
        return
    try:
        print(help_texts.text(topic))
    except NetproofError as error:
        refuse(error, words)
    sys.exit(0)


def refuse(error: NetproofError, words: Sequence[str]) -> NoReturn:
    """Tell what is wrong with a command line, and end the process."""
    problem, remedy = program.named(error.problem), program.named(error.remedy)
    if "--json" in words:
        print(json.dumps({"error": {"problem": problem, "remedy": remedy}}))
    print(f"{problem}\n{remedy}", file=sys.stderr)
    sys.exit(error.exit_code)
