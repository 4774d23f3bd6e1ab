"""The picture: drawn here from Graphviz's positions, so that the same lab gives the same SVG on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from netproof.graph.layout import HEAD, PAD, ROW, NoPicture, nodes, positions
from netproof.graph.model import Box, Graph
from netproof.graph.wire_tracks import room, tracks
from netproof.program import in_a_clone

WIDTH = 1280
_FONT = "'Roboto Mono', ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_STYLE = """text{font-size:12px;fill:#1e293b}.name{font-size:15px;font-weight:700;fill:#0f172a}.kind{fill:#64748b}
.host{fill:#f1f5f9;stroke:#64748b;stroke-width:1.5}.box{fill:#fff;stroke:#334155;stroke-width:1.5}
.if{fill:#e0f2fe;stroke:#0369a1;stroke-width:1.2}.notes{fill:#fff;stroke:#cbd5e1}.row{stroke:#cbd5e1}
.wire{fill:none;stroke:#334155;stroke-width:1.8}.vxlan{fill:none;stroke:#7c3aed;stroke-width:2.4;stroke-dasharray:7 4}
.parent{fill:none;stroke:#0f766e;stroke-width:1.8;stroke-dasharray:3 3}.label{font-size:11px;fill:#475569}
.marked{stroke:#b91c1c;stroke-width:2.4}text.mark{fill:#b91c1c;font-weight:700}"""
_MARGIN, _TITLE = 16, 40


def svg(graph: Graph) -> str:
    """A self-contained SVG with a background of its own, at most 1280 px wide."""
    plan = positions(graph)
    _, _, wide, high = (float(one) for one in plan["bb"].split(","))
    total, tall = max(wide + room(graph) + 2 * _MARGIN, 420), high + 2 * _MARGIN + _TITLE
    about = f"{len(graph.boxes)} namespaces: " + ", ".join(f"{box.name} ({box.kind})" for box in graph.boxes)
    state = f"{len(graph.marks)} deviations from the state after up" if graph.marks else ""
    shown = min(1.0, WIDTH / total)
    frame = f'width="{total * shown:.0f}" height="{tall * shown:.0f}" viewBox="0 0 {total:.0f} {tall:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame} font-family="{_FONT}" role="img" aria-labelledby="t d">',
        f'<title id="t">{escape(graph.name)}</title><desc id="d">{escape(about)}. {state}</desc>',
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{_MARGIN}" y="28" class="name">{escape(graph.name)}</text>',
        f'<text x="{total - _MARGIN:.0f}" y="28" text-anchor="end" class="mark">{state}</text>',
        f'<g transform="translate({_MARGIN} {_MARGIN + _TITLE})">',
        *_drawn(graph, plan, high),
        "</g></svg>\n",
    ]
    return "\n".join(parts)


def _drawn(graph: Graph, plan: dict[str, Any], high: float) -> Iterator[str]:
    objects = {each["name"]: each for each in plan.get("objects", ())}
    hosts = list(dict.fromkeys(box.host for box in graph.boxes))
    for number, host in enumerate(hosts):
        if f"cluster_{number}" in objects:
            yield from _cluster(host, objects[f"cluster_{number}"], high, graph)
    for each in plan.get("edges", ()):
        if each.get("id", "").startswith("e"):
            yield from _wire(graph, each, high)
    placed = []
    for name, box, parts, width, tall in nodes(graph):
        if name in objects and "pos" in objects[name]:
            x, y = (float(one) for one in objects[name]["pos"].split(","))
            placed.append((box, parts, (x - width / 2, high - y - tall / 2, width, tall)))
    clusters = [about for name, about in objects.items() if name.startswith("cluster_")]
    right = max((float(about["bb"].split(",")[2]) for about in clusters), default=0)
    yield from tracks(graph, placed, right)
    for box, parts, frame in placed:
        yield from _node(box, parts, frame)


def _cluster(host: str, about: dict[str, Any], high: float, graph: Graph) -> Iterator[str]:
    left, low, right, top = (float(one) for one in about["bb"].split(","))
    marked = any(box.marks for box in graph.boxes if box.host == host and box.kind == "lab host")
    css = "host marked" if marked else "host"
    yield (
        f'<rect x="{left:.1f}" y="{high - top:.1f}" width="{right - left:.1f}" height="{top - low:.1f}" rx="10" '
        f'class="{css}"/>'
    )
    yield (
        f'<text x="{left + 14:.1f}" y="{high - top + 22:.1f}"><tspan class="name">{escape(host)}</tspan>'
        '<tspan class="kind"> lab host</tspan></text>'
    )


def _wire(graph: Graph, about: dict[str, Any], high: float) -> Iterator[str]:
    edge = graph.edges[int(about["id"][1:])]
    points = [tuple(float(one) for one in pair.split(",")) for pair in about["pos"].split(" ")]
    flipped = [f"{x:.1f} {high - y:.1f}" for x, y in points]
    css = edge.kind if edge.kind in {"vxlan", "parent"} else "wire"
    yield f'<path d="M{flipped[0]}C{" ".join(flipped[1:])}" class="{css}"/>'
    if edge.label and "lp" in about:
        x, y = (float(one) for one in about["lp"].split(","))
        yield f'<text x="{x:.1f}" y="{high - y + 4:.1f}" text-anchor="middle" class="label">{escape(edge.label)}</text>'


def _node(
    box: Box, parts: list[tuple[str, list[str], bool]], frame: tuple[float, float, float, float]
) -> Iterator[str]:
    x, y, width, tall = frame
    alone = box.kind == "lab host"
    css = ("if" if parts[0][0].startswith(f"{box.id}/") else "notes") if alone else "box"
    marked = any(part[2] for part in parts) if alone else bool(box.marks)
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{tall:.1f}" rx="6" '
        f'class="{css}{" marked" if marked else ""}"/>'
    )
    down = y
    if not alone:
        yield f'<text x="{x + PAD:.1f}" y="{y + 18:.1f}" class="name">{escape(box.name)}</text>'
        yield f'<text x="{x + PAD:.1f}" y="{y + 34:.1f}" class="kind">{escape(box.kind)}</text>'
        down += HEAD
    for number, (_, lines, is_marked) in enumerate(parts):
        if number or not alone:
            yield f'<path d="M{x:.1f} {down:.1f}h{width:.1f}" class="row"/>'
        for place, line in enumerate(lines):
            css = "mark" if is_marked else "kind" if place else ""
            yield f'<text x="{x + PAD:.1f}" y="{down + 16 + ROW * place:.1f}" class="{css}">{escape(line)}</text>'
        down += ROW * len(lines) + 8


def png(graph: Graph) -> bytes:
    """The same as PNG, 1280 px wide, with the font that comes along."""
    try:
        import fontpkg_roboto_mono  # noqa: PLC0415 - only PNG needs it
        import resvg_py  # noqa: PLC0415 - as above
    except (ImportError, OSError) as error:
        raise NoPicture(
            f"What paints PNG pictures cannot be loaded: {error}.",
            f"{in_a_clone('`./bootstrap true` installs it; ')}--format svg does without.",
        ) from None

    fonts = Path(str(fontpkg_roboto_mono.__file__)).parent / "files"
    image: bytes = resvg_py.svg_to_bytes(
        svg_string=svg(graph),
        width=WIDTH,
        skip_system_fonts=True,
        font_files=[str(fonts / "RobotoMono[wght].ttf")],
        monospace_family="Roboto Mono",
    )
    return bytes(image)
