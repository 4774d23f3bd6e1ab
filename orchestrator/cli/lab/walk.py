"""`lab walk`: what a packet passes, there and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from invoke import Exit

from netproof.cli import output_file
from netproof.cli.common import Options, chosen, number
from netproof.cli.screen import Screen
from netproof.errors import EXIT_CLAIM_FAILED, UsageError
from netproof.lab.running import RunningLab
from netproof.walk.wording import grounds, title, verdict

if TYPE_CHECKING:
    from rich.table import Table

    from netproof.walk import Leg, Station, Walk

_LARGEST, _LAST_PORT = 1_000_000, 65_535
_HEARD = {"drop": "red", "accept": "green"}


def run(screen: Screen, name: str, source: str, options: Options) -> None:
    """Send one exchange, print every station; of one that died where and why, with exit code 1."""
    lab, instance = chosen(name, options)
    lab.host_of(source.partition("@")[2] or source)  # NAME@HOST is a container that the definition does not have
    file = Path(options["svg"]) if options["svg"] else None
    if file is not None:
        output_file.refuse_unusable(file, "--svg")
    size, port = _between("size", options, _LARGEST), _between("from-port", options, _LAST_PORT)
    with RunningLab.attach(lab, instance) as running:
        running.begin()
        screen.say(f"{source} asks {options['target']}")
        # What it decodes with takes a while to import, and so do the agents to start.
        from netproof.walk import walk as take  # noqa: PLC0415

        found = take(running, source, options["target"], proto=options["proto"], size=size, from_port=port)
        _tell(screen, found)
        screen.document(attrs.asdict(found))
        # After what it shows: that stays told when the picture cannot be drawn or written.
        drawn = _picture(running, found) if file is not None else ""
    if file is not None:
        with output_file.written(file, "--svg") as sink:
            sink.write(drawn.encode())
        screen.line(f"The picture is in {file}.")
    if found.death is not None:
        raise Exit(code=EXIT_CLAIM_FAILED)


def _picture(running: RunningLab, found: Walk) -> str:
    """The walk on the topology as it is now."""
    from netproof import graph  # noqa: PLC0415 - what lays it out takes a while to import
    from netproof.facts import structure  # noqa: PLC0415 - as above
    from netproof.walk.picture import svg  # noqa: PLC0415 - as above

    return svg(found, graph.of(structure(running.snapshot())))


def _between(flag: str, options: Options, most: int) -> int:
    """A number from 1 on that was given with a flag; 0 when none was."""
    text = options[flag.replace("-", "_")]
    found = number(flag, text)
    if text and not 0 < found <= most:
        raise UsageError(f"--{flag} {text} is not possible.", f"It is a number from 1 to {most}.")
    return found


def _tell(screen: Screen, found: Walk) -> None:
    where = found.address or found.target
    where += f" port {found.port}" if found.address and found.proto != "icmp" else ""
    screen.line(screen.colour(f"{found.source} asks {where} by {found.proto}: {ending(found)}", "bold"))
    for leg in found.legs:
        screen.line()
        screen.line(screen.colour(title(leg.direction, leg.packet), "bold"))
        screen.rich(_table(leg))
    screen.line()
    if found.death is not None:
        died = found.death
        screen.line(screen.colour(verdict(died.basis, died.place, died.why), "red"))
        for ground in grounds(died.basis, died.proof, died.evidence, died.against):
            screen.line(f"  {ground}")
    if found.note:
        screen.line(f"{found.note}")
    screen.line(f"Told by {', '.join(found.told_by)}; kernel {found.kernel}, engine {found.engine}.")
    for missing in found.missing:
        screen.line(f"Not offered here: {missing}.")


def ending(found: Walk) -> str:
    """How it ended, in words."""
    words = {
        "silent": "connected, then silence",
        "timeout": "no answer",
        "delivered": "delivered, and nothing came back",
        "broken off": "an answer that broke off",
    }
    return words.get(found.outcome, found.outcome) + (f" ({found.errno})" if found.errno else "")


def _table(leg: Leg) -> Table:
    from rich.table import Table  # noqa: PLC0415 - commands without tables need not pay for it

    table = Table.grid(padding=(0, 2))
    for style in ("bold", "", ""):
        table.add_column(style=style, overflow="fold")
    table.columns[0].no_wrap = True
    table.columns[1].no_wrap = True
    place = ""
    for station in leg.stations:
        table.add_row(f"  {station.place}" if station.place != place else "", what(station), _told(station))
        place = station.place
    return table


def what(station: Station) -> str:
    """Where in its namespace a station is: an interface, a hook, or what else decides."""
    if station.kind in {"rule", "policy"}:
        return station.hook
    return station.name


def _told(station: Station) -> str:
    from rich.markup import escape  # noqa: PLC0415 - as above

    lines = [escape(line(station))]
    if station.verdict.split()[0:1] and (colour := _HEARD.get(station.verdict)):
        lines[0] = f"[{colour}]{lines[0]}[/]"
    lines += [f"[yellow]{escape(change)}[/]" for change in changes(station)]
    return "\n".join(lines)


def line(station: Station) -> str:
    """What a station did, in one line."""
    if station.kind == "rule":
        rule = station.text.removeprefix(f"-A {station.chain} ")
        verdict = "" if f"-j {station.verdict.split()[-1]}".upper() in rule.upper() else f": {station.verdict}"
        return f"{station.table} {station.chain} {rule}{verdict}"
    if station.kind == "policy":
        return f"{station.table} {station.chain} {station.text}"
    if station.kind in {"interface", "bridge"}:
        parts = [station.verdict, station.text, f"in {station.outer}" if station.outer else ""]
        return ", ".join(part for part in parts if part)
    if station.kind in {"route", "conntrack"} and station.verdict:
        return f"{station.text}: {station.verdict}"
    return station.text or station.verdict


def changes(station: Station) -> list[str]:
    """What a station changed of the packet's addresses."""
    found = []
    if station.after_source:
        found.append(f"source {station.source} becomes {station.after_source}")
    if station.after_target:
        found.append(f"destination {station.target} becomes {station.after_target}")
    return found
