"""Where things stand: sizes from the text, positions from Graphviz's `dot`, whose fonts play no part."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

from netproof.errors import NetproofError
from netproof.graph.model import Box, Graph
from netproof.program import in_a_clone

CHAR, ROW, HEAD, PAD = 7.4, 17, 42, 10
LABEL_CHAR, LABEL_ROW = 6.6, 14
Rows = list[tuple[str, list[str], bool]]
OUTSIDE = {"outsider", "switch"}  # they stand beside lab hosts, not in them


class NoPicture(NetproofError):
    """What arranges or paints pictures cannot be loaded."""

    exit_code = 3


def rows(box: Box) -> Rows:
    """(id, lines, marked) of what stands below a box's head."""
    found = [(each.id, list(each.lines), each.marked) for each in box.interfaces]
    extra = [(f"{box.id}#{number}", [note], False) for number, note in enumerate(box.notes)]
    marks = [(f"{box.id}!{number}", [f"! {_short(mark)}"], True) for number, mark in enumerate(box.marks[:_MARKS])]
    if len(box.marks) > _MARKS:
        marks.append((f"{box.id}!", [f"! and {len(box.marks) - _MARKS} more"], True))
    return found + extra + marks


_MARKS = 5
_WIDE = 44


def _short(text: str) -> str:
    return text if len(text) <= _WIDE else f"{text[: _WIDE - 1]}…"


def _height(lines: list[str]) -> int:
    return ROW * len(lines) + 8


def size(box: Box, parts: Rows) -> tuple[float, int]:
    """Width and height of a box with these rows, in points."""
    longest = max([len(line) for _, lines, _ in parts for line in lines], default=0)
    width = max(longest * CHAR, len(box.name) * 9.2, len(box.kind) * CHAR) + 2 * PAD
    return round(max(width, 110)), HEAD + sum(_height(lines) for _, lines, _ in parts)


def _label(width: float, head: int, parts: Rows, ports: dict[str, str]) -> str:
    cells = [("", head)] if head else []
    cells += [(ports[one], _height(lines)) for one, lines, _ in parts]
    made = [
        f'<TR><TD {f"PORT={_quoted(port)} " if port else ""}FIXEDSIZE="TRUE" WIDTH="{width:g}" HEIGHT="{high}">'
        "</TD></TR>"
        for port, high in cells
    ]
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{"".join(made)}</TABLE>>'


def nodes(graph: Graph) -> Iterator[tuple[str, Box, Rows, float, int]]:
    """(id, box, rows, width, height): a box each, but a lab host's interfaces stand alone."""
    for box in graph.boxes:
        if box.kind != "lab host":
            yield box.id, box, rows(box), *size(box, rows(box))
            continue
        for part in rows(box):
            if part[0].startswith(f"{box.id}/"):
                width = round(max(len(line) for line in part[1]) * CHAR + 2 * PAD)
                yield part[0], box, [part], width, _height(part[1])
        rest = [part for part in rows(box) if not part[0].startswith(f"{box.id}/")]
        if rest:
            width = round(max(len(line) for _, lines, _ in rest for line in lines) * CHAR + 2 * PAD)
            yield f"{box.id}#", box, rest, width, sum(_height(lines) for _, lines, _ in rest)


def between(graph: Graph) -> list[int]:
    """The numbers of edges from inside one lab host to inside another: they are drawn beside the column of hosts."""
    boxes = {each.id: box for box in graph.boxes for each in box.interfaces}
    ends = [(boxes[edge.start], boxes[edge.end]) for edge in graph.edges]
    return [
        number
        for number, pair in enumerate(ends)
        if pair[0].host != pair[1].host and not {box.kind for box in pair} & OUTSIDE
    ]


def source(graph: Graph, apart: float = 0.4) -> str:
    """DOT with fixed sizes; node and edge ids are those of the graph. Edges between hosts are left out.

    `apart` are the inches between columns.
    """
    hosts = list(dict.fromkeys(box.host for box in graph.boxes))
    lines = ["digraph lab {", f"rankdir=LR; nodesep=0.22; ranksep={apart}; compound=true; edge [dir=none];"]
    lines += ["node [shape=plain];"]
    where: dict[str, str] = {}
    inside: dict[str, list[str]] = {host: [] for host in hosts}
    outside: list[str] = []
    for name, box, parts, width, _ in nodes(graph):
        ports = {part[0]: f"p{number}" for number, part in enumerate(parts)}
        where |= {part[0]: f"{_quoted(name)}:{ports[part[0]]}" for part in parts}
        head = 0 if box.kind == "lab host" else HEAD
        line = f"{_quoted(name)} [label={_label(width, head, parts, ports)}];"
        (outside if box.kind in OUTSIDE else inside[box.host]).append(line)
    for number, host in reversed(list(enumerate(hosts))):  # what comes last stands on top
        label = html.escape(host)
        wide = max(len(label), 18) * 9
        space = f'<TABLE BORDER="0"><TR><TD FIXEDSIZE="TRUE" WIDTH="{wide}" HEIGHT="26"></TD></TR></TABLE>'
        lines.append(f"subgraph cluster_{number} {{ margin=18; label=<{space}>; labeljust=l;")
        lines += [*inside[host], "}"]
    lines += [*outside, *_edges(graph, where), "}"]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


_ORDER = ("container", "namespace", "lab host", "switch", "outsider")  # from left to right


def _rank(box: Box) -> int:
    return next((number for number, kind in enumerate(_ORDER) if box.kind.startswith(kind)), 0)


def label_size(label: str) -> tuple[float, int]:
    """Width and height of what is written at a wire, in points."""
    lines = label.split("\n")
    return max(len(line) for line in lines) * LABEL_CHAR + 8, LABEL_ROW * len(lines)


def _edges(graph: Graph, where: dict[str, str]) -> Iterator[str]:
    box_of = {each.id: box for box in graph.boxes for each in box.interfaces}
    apart = set(between(graph))
    for number, edge in enumerate(graph.edges):
        if number in apart:
            continue
        ends = (edge.start, edge.end)
        if edge.kind not in {"forward", "blocked"}:
            ends = tuple(sorted(ends, key=lambda one: _rank(box_of[one])))  # type: ignore[assignment]  # still two
        yield f'{where[ends[0]]} -> {where[ends[1]]} [id="e{number}"{_room(edge.label)}];'
    joined = {edge.start for edge in graph.edges if edge.kind in {"forward", "blocked"}}
    for box in graph.boxes:
        if box.kind == "lab host":
            bridges = [each.id for each in box.interfaces if each.kind == "bridge" and each.id not in joined]
            others = [each.id for each in box.interfaces if each.kind != "bridge"]
            for one in bridges:
                for two in others:
                    yield f"{where[one]} -> {where[two]} [style=invis, weight=0];"


def _room(label: str) -> str:
    """Room for a label, which is written by us."""
    if not label:
        return ""
    wide, high = label_size(label)
    return f', label=<<TABLE BORDER="0"><TR><TD FIXEDSIZE="TRUE" WIDTH="{wide:.0f}" HEIGHT="{high}"></TD></TR></TABLE>>'


def positions(graph: Graph, apart: float = 0.4) -> dict[str, Any]:
    """What Graphviz answers (json0). NoPicture when it is not there."""
    try:
        from pygraphviz import AGraph  # noqa: PLC0415 - only pictures need it
    except (ImportError, OSError) as error:
        raise NoPicture(
            f"Graphviz, which arranges the picture, cannot be loaded: {error}.",
            f"{in_a_clone('`./bootstrap true` installs it; ')}--format mermaid and --format dot do without.",
        ) from None
    answer: dict[str, Any] = json.loads(AGraph(string=source(graph, apart)).draw(format="json0", prog="dot"))
    return answer
