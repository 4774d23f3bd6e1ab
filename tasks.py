"""What `invoke` reads in a clone: netproof's commands, which are in orchestrator/cli."""

from __future__ import annotations

import os
import sys

# Invoke keeps no bytecode unless asked to; to compile netproof anew for each command takes a third of a second.
sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ

from netproof.cli import front  # noqa: E402 - see above

if front.is_of_invoke():
    front.answer(sys.argv[1:])

from netproof.cli import grammar  # noqa: E402 - help and completion need none of it
from netproof.cli.commands import ns  # noqa: E402 - as above

if front.is_of_invoke():
    grammar.check_arguments(ns, sys.argv[1:])
