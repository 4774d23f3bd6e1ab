"""`lab capture`: packets of any interfaces, into a pcapng file or live into a pipe."""

from __future__ import annotations

import os
import select
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from netproof.capture.recorder import Capture
from netproof.capture.where import CapturePoint, find
from netproof.cli import output_file
from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.errors import UsageError
from netproof.lab.running import RunningLab
from netproof.state.instance import Instance

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LIVE = "-"


def run(screen: Screen, name: str, node: str, options: Options) -> None:
    """Write packets until there are enough, the time is over, or Ctrl-C."""
    lab, instance = chosen(name, options)
    count, seconds = (_positive(flag, options[flag]) for flag in ("count", "seconds"))
    wanted = [word.strip() for word in f"{node},{options['on']}".split(",") if word.strip()]
    target = _target(screen, instance, options["to"])
    with _stopping() as stopped, RunningLab.remains(lab, instance) as running:
        wheres = find(running, wanted)
        ends = _Ends(stopped, seconds, live=target == _LIVE)
        with _opened(target) as sink:
            taken = Capture(wheres, options["filter"], sink, int(count))
            screen.say(f"capturing on {', '.join(where.name for where in wheres)}; Ctrl-C ends it")
            ends.begin()
            try:
                told: set[int] = set()
                taken.run(lambda: _shown(screen, wheres, taken, told) and ends.goes_on())
                _shown(screen, wheres, taken, told)
            finally:
                taken.finish()
    _tell(screen, target, wheres, taken)


def _positive(flag: str, text: str) -> float:
    try:
        value = float(text or 0) if flag == "seconds" else int(text or 0)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf") or (text and not value):
        raise UsageError(f"--{flag} {text!r} is not a number above 0.", f"For example: --{flag} 10.")
    return value


def _target(screen: Screen, instance: Instance, given: str) -> str:
    """The file to write, or `-`."""
    if not given and not screen.json and stat.S_ISFIFO(os.fstat(1).st_mode):
        given = _LIVE
    if given == _LIVE and screen.json:
        raise UsageError("--json and --to - both want stdout.", "Give the packets a file: --to FILE.")
    if given == _LIVE and sys.stdout.isatty():
        raise UsageError("Packets would fill the terminal.", "Pipe them: --to - | wireshark -k -i -, or name a FILE.")
    target = given or f"{instance.slug}-{time.strftime('%Y%m%d-%H%M%S')}.pcapng"
    if target != _LIVE:
        output_file.refuse_unusable(target, "--to")
    return target


def _opened(target: str) -> AbstractContextManager[Any]:
    """Stdout, or a file that takes its name when it is complete."""
    return nullcontext(sys.stdout.buffer) if target == _LIVE else output_file.written(target, "--to")


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl-C is how a capture ends, and its file is completed first; a second Ctrl-C gives up."""
    caught: list[int] = []

    def stop(number: int, _: Any) -> None:
        if caught:
            raise KeyboardInterrupt
        caught.append(number)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield lambda: bool(caught)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Ends:
    """When a capture is over: a signal, the time, or nobody reading any more."""

    def __init__(self, stopped: Callable[[], bool], seconds: float, *, live: bool) -> None:
        self._stopped, self._seconds = stopped, seconds
        self._deadline = float("inf")
        self._reader = select.poll()
        if live:
            self._reader.register(1, 0)

    def begin(self) -> None:
        if self._seconds:
            self._deadline = time.monotonic() + self._seconds

    def goes_on(self) -> bool:
        if self._reader.poll(0):
            raise BrokenPipeError
        return not self._stopped() and time.monotonic() < self._deadline


def _shown(screen: Screen, wheres: list[CapturePoint], taken: Capture, told: set[int]) -> bool:
    """Say what is new: interfaces that were removed, and on a terminal how many packets there are."""
    for number in sorted(taken.gone - told):
        screen.say(f"{wheres[number].name} is gone: nothing more comes from there")
        told.add(number)
    if sys.stderr.isatty():
        counts = zip(wheres, taken.written, strict=True)
        screen.say("  ".join(f"{where.name} {count}" for where, count in counts) + "  (Ctrl-C ends it)")
    return True


def _tell(screen: Screen, target: str, wheres: list[CapturePoint], taken: Capture) -> None:
    rows = list(zip([where.name for where in wheres], taken.written, taken.dropped, strict=True))
    lines = [f"{name} {count}" + (f" ({lost} dropped)" if lost else "") for name, count, lost in rows]
    text = f"{sum(taken.written)} packets: {', '.join(lines)}"
    if target == _LIVE:
        screen.say(text)
        return
    screen.line(f"{target}: {text}")
    screen.next(f"wireshark {target}")
    gone = [number in taken.gone for number in range(len(wheres))]
    about = zip(rows, gone, strict=True)
    interfaces = [{"name": name, "packets": count, "dropped": lost, "gone": is_} for (name, count, lost), is_ in about]
    screen.document({"file": target, "packets": sum(taken.written), "interfaces": interfaces})
