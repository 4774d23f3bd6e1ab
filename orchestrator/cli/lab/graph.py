"""`lab graph`."""

from __future__ import annotations

import sys
from pathlib import Path

import attrs

from netproof import graph as graphs
from netproof.cli import streams
from netproof.cli.common import Options, chosen, known
from netproof.cli.screen import Screen
from netproof.errors import UsageError
from netproof.facts import structure
from netproof.graph import Graph
from netproof.lab.running import RunningLab
from netproof.practice import attempt as attempts
from netproof.state import baseline

FORMATS = ["svg", "png", "dot", "mermaid"]
_ENDINGS = {"mermaid": "mmd"}


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """A picture of the lab as it is now. During an incident, what the fault changed is only marked with --show."""
    lab, instance = chosen(name, options)
    kind = known("format", options["format"], FORMATS) or "svg"
    if options["show"]:
        attempts.refuse_in_exam(instance, "lab graph --show")
    with RunningLab.remains(lab, instance) as running:
        snapshots = structure(running.snapshot())
    gone = {host.name for host in lab.hosts} - set(snapshots)
    raw, attempt = baseline.kept(instance), attempts.read(instance)
    hidden = set() if options["show"] or attempt is None else set(attempt.injected)
    before = None if raw is None else structure(raw)
    made = graphs.of(snapshots, before, name=name, hidden=hidden, gone=gone)
    if screen.json:
        screen.document({"instance": str(instance), **attrs.asdict(made), "marks": list(made.marks)})
        return
    content = _content(made, kind)
    if options["to"] == "-" or (not options["to"] and not sys.stdout.isatty()):
        screen.settle()
        with streams.named():
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        return
    path = Path(options["to"] or f"{name}.{_ENDINGS.get(kind, kind)}")
    _write(path, content)
    deviations = f", {len(made.marks)} deviations marked" if made.marks else ""
    screen.line(f"{path} shows {instance} as it is now{deviations}.")
    if hidden:
        screen.line("  What the fault changed is not marked: --show marks it, too.")
    screen.next(f"invoke lab diff {instance.arguments}" if made.marks else f"invoke lab status {instance.arguments}")


def _content(made: Graph, kind: str) -> bytes:
    if kind == "png":
        return graphs.png(made)
    forms = {"svg": graphs.svg, "dot": graphs.dot, "mermaid": graphs.mermaid}
    return forms[kind](made).encode()


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "Name another file with --to.") from None
