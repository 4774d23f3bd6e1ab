"""What a benchmark found: as data, and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from tests.benchmark.times import Times


@frozen
class Aim:
    """A number we want to stay under; nothing fails when we do not."""

    name: str
    measured: float
    limit: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether we do."""
        return self.measured <= self.limit


@frozen
class Compared:
    """A lab and the script that does the same."""

    lab: str
    up: Times
    script: Times
    down: Times
    script_down: Times

    @property
    def ratio(self) -> float:
        """`lab up` against the script: what is comparable between machines."""
        return self.up.median / self.script.median


@frozen
class Report:
    """The times of both sides, and of what the difference consists of. `compose` may be a reason instead."""

    rounds: int
    about: Mapping[str, str]
    single: Compared
    across: Compared
    warm_test: float
    python: Times
    steps: Mapping[str, Times]
    commands: Mapping[str, Times]
    compose: Times | str

    @property
    def aims(self) -> tuple[Aim, ...]:
        """The numbers beside what we want them to be."""
        agent = max(times.median for name, times in self.commands.items() if name.startswith("agent")) * 1000
        return (
            *(
                aim
                for compared in (self.single, self.across)
                for aim in (
                    Aim(f"{compared.lab}: up / script", compared.ratio, 1.2, "x"),
                    Aim(f"{compared.lab}: down", compared.down.median, 0.5, "s"),
                )
            ),
            Aim("a command through the agent", agent, 10, "ms"),
            Aim("lab test of a lab that is up", self.warm_test, 10, "s"),
        )


def _times(times: Times) -> dict[str, Any]:
    return {
        "median": round(times.median, 4),
        "min": round(times.least, 4),
        "max": round(times.most, 4),
        "all": [round(seconds, 4) for seconds in times.seconds],
    }


def _compared(compared: Compared) -> dict[str, Any]:
    return {
        "ratio": round(compared.ratio, 3),
        "up": _times(compared.up),
        "script": _times(compared.script),
        "down": _times(compared.down),
        "script_down": _times(compared.script_down),
    }


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain data; times in seconds."""
    return {
        "rounds": report.rounds,
        "about": dict(report.about),
        "aims": [
            {"name": aim.name, "measured": round(aim.measured, 3), "limit": aim.limit, "unit": aim.unit, "met": aim.met}
            for aim in report.aims
        ],
        "labs": {compared.lab: _compared(compared) for compared in (report.single, report.across)},
        "warm_test": round(report.warm_test, 3),
        "python": _times(report.python),
        "steps": {name: _times(times) for name, times in report.steps.items()},
        "commands": {name: _times(times) for name, times in report.commands.items()},
        "compose": report.compose if isinstance(report.compose, str) else _times(report.compose),
    }


def _row(name: str, times: Times, *, unit: str = "s") -> str:
    scale = {"s": 1, "ms": 1000}[unit]
    median, least, most = (value * scale for value in (times.median, times.least, times.most))
    return f"  {name:<34} {median:8.2f} {unit:<2}   {least:.2f} to {most:.2f}"


def _lines(report: Report) -> Iterator[str]:
    yield ", ".join(f"{name} {value}" for name, value in report.about.items())
    yield f"Medians of {report.rounds} rounds, both sides in turn; then fastest to slowest."
    for compared in (report.single, report.across):
        yield _row(f"{compared.lab}: up", compared.up)
        yield _row(f"{compared.lab}: script up", compared.script)
        yield _row(f"{compared.lab}: down", compared.down)
        yield _row(f"{compared.lab}: script down", compared.script_down)
    if isinstance(report.compose, str):
        yield f"  {'compose up, two containers':<34} skipped: {report.compose}"
    else:
        yield _row("compose up, two containers", report.compose)
    yield f"Where lab up {report.single.lab} spends it:"
    yield _row("Python and its imports", report.python)
    yield from (_row(name, times) for name, times in report.steps.items())
    yield "A command in a node:"
    yield from (_row(name, times, unit="ms") for name, times in report.commands.items())
    yield "Aims:"
    for aim in report.aims:
        mark = "met" if aim.met else "not met"
        yield f"  {aim.name:<34} {aim.measured:8.2f} {aim.unit:<2}   at most {aim.limit:g}: {mark}"


def as_text(report: Report) -> str:
    """The report for people."""
    return "\n".join(_lines(report))
