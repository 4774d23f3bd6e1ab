"""Invoke's program with the flags that mean something to netproof, and none of those that run shell commands."""

from __future__ import annotations

import os
import sys

from invoke import Config, Exit, Program
from invoke.parser import ParserContext

_OURS = ("complete", "help", "list", "version")


class _OwnConfig(Config):
    """Invoke's settings as they are by default: those in somebody's ~/.invoke.yaml are for their own tasks."""

    prefix = "netproof-tasks"


class OwnProgram(Program):
    """`netproof COMMAND`, with netproof's tasks as its commands."""

    def __init__(self, **options: object) -> None:
        super().__init__(config_class=_OwnConfig, **options)  # type: ignore[arg-type]  # handed on as they came

    @property
    def initial_context(self) -> ParserContext:
        """The flags that may stand before a command."""
        return ParserContext(args=[item for item in self.core_args() if item.name in _OURS])

    def parse_core(self, argv: list[str] | None) -> None:
        """Invoke's own, which then would keep no bytecode: to compile netproof takes a third of a second each time."""
        self.normalize_argv(argv)
        self.parse_core_args()
        sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ

    def parse_cleanup(self) -> None:
        """List the commands, where that is asked for."""
        if self.args.list.value:
            self.list_root, self.list_depth = None, None
            self.list_tasks()
            raise Exit

    def update_config(self, merge: bool = True) -> None:  # noqa: FBT001, FBT002 - Invoke's signature
        """There is nothing on the command line that changes how shell commands are run."""
