"""The picture: drawn here from Graphviz's positions, so that the same lab gives the same SVG on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from netproof.graph.labels import Label
from netproof.graph.layout import LABEL_ROW, PAD, ROW, NoPicture
from netproof.graph.model import Graph
from netproof.graph.scene import Cluster, Node, Scene, Wire, arranged
from netproof.program import in_a_clone

WIDTH = 1280
FONT = "'Roboto Mono', ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_LIGHT = """text{font-size:12px;fill:#1e293b}.page{fill:#fff}.name{font-size:15px;font-weight:700;fill:#0f172a}
.kind{fill:#64748b}.host{fill:#f1f5f9;stroke:#64748b;stroke-width:1.5}.box{fill:#fff;stroke:#334155;stroke-width:1.5}
.if{fill:#e0f2fe;stroke:#0369a1;stroke-width:1.2}.notes{fill:#fff;stroke:#cbd5e1}.row{stroke:#cbd5e1}
.wire{fill:none;stroke:#334155;stroke-width:1.8}.vxlan{fill:none;stroke:#7c3aed;stroke-width:2.4;stroke-dasharray:7 4}
.parent{fill:none;stroke:#0f766e;stroke-width:1.8;stroke-dasharray:3 3}
.forward{fill:none;stroke:#0369a1;stroke-width:1.6;stroke-dasharray:6 4}
.blocked{fill:none;stroke:#b91c1c;stroke-width:1.6;stroke-dasharray:2 5}
.label{font-size:11px;fill:#475569}text.to{font-size:11px;fill:#0369a1}text.no{font-size:11px;fill:#b91c1c}
text.port{fill:#7e22ce;font-weight:700}
.marked{stroke:#b91c1c;stroke-width:2.4}text.mark{fill:#b91c1c;font-weight:700}"""
_DARK = """text{fill:#dbe3ec}.page{fill:#12161c}.name{fill:#f4f7fa}.kind{fill:#9aa7b6}.host{fill:#1a2028;stroke:#7b8797}
.box{fill:#222a34;stroke:#aab6c4}.if{fill:#0f3046;stroke:#5cb8f0}.notes{fill:#1f2630;stroke:#4a5666}.row{stroke:#4a5666}
.wire{stroke:#b8c4d2}.vxlan{stroke:#b794f6}.parent{stroke:#4fd1b8}.forward{stroke:#5cb8f0}.blocked{stroke:#ff8f86}
.label{fill:#b3bfcc}text.to{fill:#7cc8f7}text.no{fill:#ff8f86}text.port{fill:#d8a6ff}.marked{stroke:#ff8f86}
text.mark{fill:#ff8f86}"""
MARGIN, TITLE = 16, 40


def style(light: str = "", dark: str = "") -> str:
    """The style element of a picture that follows its reader's choice of light and dark; more of both can be given."""
    return f"<style>{_LIGHT}{light}\n@media(prefers-color-scheme:dark){{{_DARK}{dark}}}</style>"


def svg(graph: Graph) -> str:
    """A self-contained SVG, at most 1280 px wide, on a background of its own: light or dark, as its reader chose."""
    scene = arranged(graph)
    about = f"{len(graph.boxes)} namespaces: " + ", ".join(f"{box.name} ({box.kind})" for box in graph.boxes)
    state = f"{len(graph.marks)} deviations from the state after up" if graph.marks else ""
    total, tall = max(scene.width + 2 * MARGIN, 420), scene.height + 2 * MARGIN + TITLE
    parts = [
        frame(total, tall, graph.name, f"{about}. {state}"),
        style(),
        '<rect class="page" width="100%" height="100%"/>',
        f'<text x="{MARGIN}" y="28" class="name">{escape(graph.name)}</text>',
        f'<text x="{total - MARGIN:.0f}" y="28" text-anchor="end" class="mark">{state}</text>',
        f'<g transform="translate({MARGIN} {MARGIN + TITLE})">',
        *drawn(scene),
        "</g></svg>\n",
    ]
    return "\n".join(parts)


def frame(width: float, height: float, title: str, about: str) -> str:
    """The beginning of a picture of this size in its own units, at most 1280 px wide."""
    shown = min(1.0, WIDTH / width)
    size = f'width="{width * shown:.0f}" height="{height * shown:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}" role="img" aria-labelledby="t d">\n'
        f'<title id="t">{escape(title)}</title><desc id="d">{escape(about)}</desc>'
    )


def drawn(scene: Scene) -> Iterator[str]:
    """The topology: hosts, wires, boxes, and what is written at wires."""
    for cluster in scene.clusters:
        yield from _cluster(cluster)
    for wire in scene.wires:
        yield f'<path d="{wire.path}" class="{_css(wire)}"/>'
    for node in scene.nodes:
        yield from _node(node)
    for wire in scene.wires:
        if wire.label is not None:
            yield from _label(wire.label, {"forward": "to", "blocked": "no"}.get(wire.edge.kind, "label"))


def _css(wire: Wire) -> str:
    return wire.edge.kind if wire.edge.kind in {"vxlan", "parent", "forward", "blocked"} else "wire"


def _label(label: Label, css: str) -> Iterator[str]:
    for number, line in enumerate(label.text.split("\n")):
        y = label.frame[1] + LABEL_ROW * number + 11
        yield f'<text x="{label.x:.1f}" y="{y:.1f}" text-anchor="middle" class="{css}">{escape(line)}</text>'


def _cluster(cluster: Cluster) -> Iterator[str]:
    x, y, width, height = cluster.frame
    css = "host marked" if cluster.marked else "host"
    yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="10" class="{css}"/>'
    yield (
        f'<text x="{x + 14:.1f}" y="{y + 22:.1f}"><tspan class="name">{escape(cluster.host)}</tspan>'
        '<tspan class="kind"> lab host</tspan></text>'
    )


def _node(node: Node) -> Iterator[str]:
    x, y, width, tall = node.frame
    box, parts = node.box, node.rows
    css = ("if" if parts[0][0].startswith(f"{box.id}/") else "notes") if node.alone else "box"
    marked = any(part[2] for part in parts) if node.alone else bool(box.marks)
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{tall:.1f}" rx="6" '
        f'class="{css}{" marked" if marked else ""}"/>'
    )
    if not node.alone:
        yield f'<text x="{x + PAD:.1f}" y="{y + 18:.1f}" class="name">{escape(box.name)}</text>'
        yield f'<text x="{x + PAD:.1f}" y="{y + 34:.1f}" class="kind">{escape(box.kind)}</text>'
    ports = {line for each in box.interfaces for line in each.ports}
    for number, ((_, lines, is_marked), (_, (_, down, _, _))) in enumerate(zip(parts, node.places(), strict=True)):
        if number or not node.alone:
            yield f'<path d="M{x:.1f} {down:.1f}h{width:.1f}" class="row"/>'
        for place, line in enumerate(lines):
            css = "mark" if is_marked else "port" if line in ports else "kind" if place else ""
            yield f'<text x="{x + PAD:.1f}" y="{down + 16 + ROW * place:.1f}" class="{css}">{escape(line)}</text>'


def png(graph: Graph) -> bytes:
    """The same as PNG, light, 1280 px wide, with the font that comes along."""
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
