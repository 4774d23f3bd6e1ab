"""`lab graph`."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import attrs

from netproof import graph as graphs
from netproof.cli import output_file, streams
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
_KINDS = {"svg": "svg", "png": "png", "dot": "dot", "gv": "dot", "mmd": "mermaid", "mermaid": "mermaid"}


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """A picture of the lab as it is now. During an incident, what the fault changed is only marked with --show."""
    lab, instance = chosen(name, options)
    kind = _kind(options["format"], options["to"])
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
    path = Path(options["to"]) if options["to"] else _free(instance.slug, _ENDINGS.get(kind, kind))
    with output_file.written(path, "--to") as file:
        file.write(content)
    deviations = f", {len(made.marks)} deviations marked" if made.marks else ""
    screen.line(f"{path} shows {instance} as it is now{deviations}.")
    if hidden:
        screen.line("  What the fault changed is not marked: --show marks it, too.")
    screen.next(f"invoke lab diff {instance.arguments}" if made.marks else f"invoke lab status {instance.arguments}")


def _kind(given: str, target: str) -> str:
    """The form that was asked for, by --format or by how the file's name ends."""
    asked = known("format", given, FORMATS)
    if target in {"", "-"}:
        return asked or "svg"
    output_file.refuse_unusable(target, "--to")
    ending = Path(target).suffix.removeprefix(".").lower()
    meant = _KINDS.get(ending)
    if asked and meant and asked != meant:
        raise UsageError(f"--format {asked} and --to {target} are two forms.", "Leave one of them out.")
    found = asked or meant
    if found is None and Path(target).exists() and not Path(target).is_file():
        found = "svg"  # a device or a pipe, which has no form of its own
    if found is None:
        endings = ", ".join(f".{one}" for one in _KINDS)
        raise UsageError(f"--to {target}: what form that is, its name does not say.", f"Let it end in {endings}.")
    return found


def _free(stem: str, ending: str) -> Path:
    """A name that no file in this folder has: what somebody keeps is not written over unasked."""
    names = itertools.chain([f"{stem}.{ending}"], (f"{stem}-{number}.{ending}" for number in itertools.count(2)))
    return next(path for path in map(Path, names) if not os.path.lexists(path))


def _content(made: Graph, kind: str) -> bytes:
    if kind == "png":
        return graphs.png(made)
    forms = {"svg": graphs.svg, "dot": graphs.dot, "mermaid": graphs.mermaid}
    return forms[kind](made).encode()
