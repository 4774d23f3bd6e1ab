"""`lab up` of bridge-nat and overlay against plain shell scripts that do the same, on the same machine, in turn.

Speed is a ratio here: no test asserts a time, which would depend on the machine and on what else it does.

    sides    the two commands that are compared        detail   where the time goes
    times    samples of seconds                        report   data and text
"""

from __future__ import annotations

import os
from collections.abc import Callable

from netproof import images
from netproof.engine.client import connect
from tests.benchmark import compose, contenders, step_times
from tests.benchmark.contenders import Side
from tests.benchmark.report import Compared, Report, as_json, as_text
from tests.benchmark.times import Times, took

__all__ = ["Report", "as_json", "as_text", "run"]

Say = Callable[[str], None]


def run(rounds: int, say: Say) -> Report:
    """Measure; takes about ten seconds a round. What was built is removed, also after an interrupt."""
    load = os.getloadavg()[0]
    image = images.ensure(connect(), images.DEFAULT_ENGINE, say)
    across = _compared(contenders.ACROSS, image.id, rounds, say)
    single = _compared(contenders.LAB, image.id, rounds, say)
    ours = contenders.netproof(contenders.LAB)
    with ours.removed_at_the_end(say):
        say("measuring a warm test and single commands")
        ours.up()
        warm = _warm_test()
        commands = step_times.commands()
        ours.down()
    say("measuring the steps of up")
    steps = step_times.steps(rounds)
    return Report(
        rounds,
        _about(image.version, load),
        single,
        across,
        warm,
        step_times.python(),
        steps,
        commands,
        compose.measure(rounds, image.id),
    )


def _about(engine: str, load: float) -> dict[str, str]:
    """What else times depend on. A load of about nothing at the beginning is what makes them worth reading."""
    return {
        "engine": engine,
        "kernel": os.uname().release,
        "processors": str(os.cpu_count()),
        "load before": f"{load:.1f}",
        "Python's bytecode": "kept" if step_times.bytecode_is_kept() else "made anew at each start",
    }


def _warm_test() -> float:
    return took(lambda: contenders.command(contenders.invoke("lab", "test", contenders.LAB)))


def _compared(lab: str, image: str, rounds: int, say: Say) -> Compared:
    """A lab against the script that does the same."""
    ours, script = contenders.netproof(lab), contenders.plain(lab, image)
    say(f"{lab} against a script")
    with ours.removed_at_the_end(say), script.removed_at_the_end(say):
        ups, downs = _in_turn(rounds, (ours, script), say)
    return Compared(lab, ups[ours.name], ups[script.name], downs[ours.name], downs[script.name])


def _in_turn(rounds: int, compared: tuple[Side, ...], say: Say) -> tuple[dict[str, Times], dict[str, Times]]:
    """Each side up and down, one after the other, so that a machine that slows down slows both; once for nothing."""
    ups: dict[str, list[float]] = {side.name: [] for side in compared}
    downs: dict[str, list[float]] = {side.name: [] for side in compared}
    for number in range(rounds + 1):
        say(f"round {number} of {rounds}" if number else "a round to warm up")
        for side in compared if number % 2 else compared[::-1]:
            up, down = side.up(), side.down()
            if number:
                ups[side.name].append(up)
                downs[side.name].append(down)
    return _as_times(ups), _as_times(downs)


def _as_times(found: dict[str, list[float]]) -> dict[str, Times]:
    return {name: Times(seconds) for name, seconds in found.items()}
