"""Runs Invoke, and sends this process a signal, or does something else, at chosen moments.

python -m tests.contract.kill_at SIGKILL step 3 -- lab up bridge-nat
python -m tests.contract.kill_at SIGINT step 3 request "DELETE /containers/" -- lab up bridge-nat

`step N` is right after the N-th step (from 0) was journalled; `request TEXT` is right after the first engine request
whose method and path contain TEXT was sent, before its answer. SIGINT goes to the process group, as Ctrl-C does.

Instead of a signal, `remove:CONTAINER` removes a container and `kill:CONTAINER` kills it, once, and Invoke goes on.
"""

from __future__ import annotations

import http.client
import itertools
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import docker
from invoke.main import program


def _strike(number: signal.Signals) -> None:
    if number == signal.SIGINT:
        os.killpg(0, number)
    else:
        os.kill(os.getpid(), number)


def _deed(name: str) -> Callable[[], None]:
    what, _, container = name.partition(":")
    if not container:
        return partial(_strike, signal.Signals[name])
    api = docker.from_env().api
    return partial(api.kill, container) if what == "kill" else partial(api.remove_container, container, force=True)


def _at_step(wanted: int, strike: Callable[[], None]) -> None:
    from netproof.state.journal import Journal  # noqa: PLC0415 - found in the tree this runs in

    original, numbers = Journal.step, itertools.count()

    def step(self: Journal, name: str, **what: Any) -> None:
        original(self, name, **what)
        if next(numbers) == wanted:
            strike()

    Journal.step = step  # type: ignore[method-assign]  # the point of this program


def _at_request(wanted: str, strike: Callable[[], None]) -> None:
    asked, answer = http.client.HTTPConnection.putrequest, http.client.HTTPConnection.getresponse
    state = {"struck": False, "asked": ""}

    def putrequest(self: http.client.HTTPConnection, method: str, url: str, *args: Any, **named: Any) -> None:
        state["asked"] = f"{method} {url}"
        asked(self, method, url, *args, **named)

    def getresponse(self: http.client.HTTPConnection, *args: Any, **named: Any) -> Any:
        method, _, path = wanted.partition(" ")
        now = str(state["asked"])
        if not state["struck"] and now.startswith(f"{method} ") and path in now:
            state["struck"] = True
            strike()
        return answer(self, *args, **named)

    http.client.HTTPConnection.putrequest = putrequest  # type: ignore[method-assign]
    http.client.HTTPConnection.getresponse = getresponse  # type: ignore[method-assign]


def main(arguments: list[str]) -> None:
    """Arm the signal and become Invoke."""
    cut = arguments.index("--")
    name, *moments = arguments[:cut]
    strike = _deed(name)
    sys.path.insert(0, str(Path.cwd()))
    for kind, moment in zip(moments[::2], moments[1::2], strict=True):
        if kind == "step":
            _at_step(int(moment), strike)
        else:
            _at_request(moment, strike)
    sys.argv = ["invoke", *arguments[cut + 1 :]]
    program.run(sys.argv)


if __name__ == "__main__":
    main(sys.argv[1:])
