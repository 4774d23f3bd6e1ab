"""Forms of text: DOT and Mermaid for other programs, and a compact one for terminals."""

from __future__ import annotations

import json
from collections.abc import Iterator

from netproof.graph.model import Box, Graph


def _title(box: Box) -> str:
    return f"{box.name} ({box.kind})"


def dot(graph: Graph) -> str:
    """A Graphviz document that needs nothing of ours."""
    lines = ["graph lab {", "  rankdir=LR; node [shape=box, fontname=monospace]; edge [fontname=monospace];"]
    for number, box in enumerate(graph.boxes):
        lines.append(f"  subgraph cluster_{number} {{ label={_quoted(_title(box))};{' color=red;' * bool(box.marks)}")
        for each in box.interfaces:
            red = ", color=red" if each.marked else ""
            lines.append(f"    {_quoted(each.id)} [label={_quoted(chr(10).join(each.lines))}{red}];")
        extra = [*box.notes, *(f"! {mark}" for mark in box.marks)]
        if extra or not box.interfaces:
            lines.append(f"    {_quoted(box.id)} [shape=plaintext, label={_quoted(chr(10).join(extra))}];")
        lines.append("  }")
    for edge in graph.edges:
        dashed = ", style=dashed" if edge.kind in {"vxlan", "parent", "forward", "blocked"} else ""
        lines.append(f"  {_quoted(edge.start)} -- {_quoted(edge.end)} [label={_quoted(edge.label)}{dashed}];")
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def mermaid(graph: Graph) -> str:
    """A Mermaid flowchart."""
    names = {each.id: f"i{n}" for n, each in enumerate(one for box in graph.boxes for one in box.interfaces)}
    lines = ["flowchart LR"]
    for number, box in enumerate(graph.boxes):
        lines.append(f'  subgraph b{number}["{_safe(_title(box))}"]')
        lines += [f'    {names[each.id]}["{"<br/>".join(map(_safe, each.lines))}"]' for each in box.interfaces]
        extra = [*box.notes, *(f"! {mark}" for mark in box.marks)]
        if extra or not box.interfaces:
            lines.append(f'    n{number}["{"<br/>".join(map(_safe, extra)) or " "}"]')
        lines.append("  end")
        if box.marks:
            lines.append(f"  style b{number} stroke:#b91c1c,stroke-width:3px")
    for edge in graph.edges:
        label = f'|"{_safe(edge.label).replace(chr(10), "<br/>")}"|' if edge.label else ""
        line = "-.-" if edge.kind in {"vxlan", "parent", "forward", "blocked"} else "---"
        lines.append(f"  {names[edge.start]} {line}{label} {names[edge.end]}")
    return "\n".join([*lines, ""])


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def text(graph: Graph) -> str:
    """One line per wire: who is connected to whom."""
    return "\n".join(_wires(graph))


def _wires(graph: Graph) -> Iterator[str]:
    names = {each.id: f"{box.name}:{each.name}" for box in graph.boxes for each in box.interfaces}
    for edge in graph.edges:
        middle = f" {edge.label.replace(chr(10), ' ')} " if edge.label else ""
        yield f"{names[edge.start]} ──{middle}── {names[edge.end]}"
