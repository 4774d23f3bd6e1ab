"""Processes that a signal has stopped, as the agent finds them."""

from __future__ import annotations

import os
import signal
import subprocess

from netproof.agent.stopped_processes import halted, namespace
from netproof.wait import until


def test_a_process_is_found_while_it_is_stopped() -> None:
    """By its name, in its own process namespace."""
    own = namespace(os.getpid())
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            os.kill(process.pid, signal.SIGSTOP)
            assert until(lambda: "sleep" in halted().get(own, []), 5)
            os.kill(process.pid, signal.SIGCONT)
            assert until(lambda: "sleep" not in halted().get(own, []), 5)
        finally:
            process.kill()


def test_a_process_that_is_gone_has_no_namespace() -> None:
    """Ids of processes are read one after the other, and some end in between."""
    assert namespace(4_194_303) == 0
