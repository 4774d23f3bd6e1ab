"""A walk as a picture: its stations from top to bottom, grouped by namespace. Readable on light and dark pages."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from xml.sax.saxutils import escape

from attrs import frozen

from orchestrator.walk.model import Station, Walk

_WIDTH, _ROW, _LEFT, _NAME, _TEXT = 900, 18, 16, 150, 270
_COLUMNS = 86
_STYLE = """
text{font:13px ui-monospace,monospace;fill:#1b1f24}.head{font-weight:bold}.nat{fill:#9a5b00}.dead{fill:#b3261e}
.page{fill:#fff}.band{fill:#f1f3f6}
@media(prefers-color-scheme:dark){text{fill:#e6e8eb}.nat{fill:#f0b45a}.dead{fill:#ff8a80}.page{fill:#15181c}.band{fill:#20252b}}
"""


@frozen
class _Row:
    """A line of the picture: three columns, its class, and whether its namespace is shaded."""

    place: str = ""
    name: str = ""
    text: str = ""
    style: str = ""
    shaded: bool = False


def svg(found: Walk) -> str:
    """The picture as a self-contained SVG document with a title and a description."""
    rows = list(_rows(found))
    height = (len(rows) + 1) * _ROW
    title = f"{found.source} asks {found.address}" + (f" port {found.port}" if found.port else "")
    desc = f"{title} by {found.proto}: {found.outcome}; {len(found.stations)} stations in order."
    body = "".join(_drawn(number, row) for number, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(desc)}</desc><style>{_STYLE}</style>"
        f'<rect class="page" width="{_WIDTH}" height="{height}"/>{body}</svg>\n'
    )


def _rows(found: Walk) -> Iterator[_Row]:
    for leg in found.legs:
        yield _Row(place=f"{leg.direction}: {leg.packet}", style="head")
        place, shaded = "", True
        for station in leg.stations:
            shown = station.place if station.place != place else ""
            shaded = not shaded if shown else shaded
            place = station.place
            lines = textwrap.wrap(_text(station), _COLUMNS) or [""]
            yield _Row(shown, station.hook or station.name, lines[0], shaded=shaded)
            yield from (_Row(text=line, shaded=shaded) for line in lines[1:])
            yield from (_Row(text=line, style="nat", shaded=shaded) for line in _changes(station))
        yield _Row()
    if found.death is not None:
        for line in textwrap.wrap(f"{found.death.place}: {found.death.why} {found.death.proof}", _COLUMNS + 30):
            yield _Row(place=line, style="dead")


def _text(station: Station) -> str:
    if station.kind in {"rule", "policy"}:
        text = station.text.removeprefix(f"-A {station.chain} ")
        return f"{station.table} {station.chain}: {text}"
    return ": ".join(part for part in (station.text, station.verdict) if part)


def _changes(station: Station) -> list[str]:
    found = []
    if station.after_source:
        found.append(f"source {station.source} becomes {station.after_source}")
    if station.after_target:
        found.append(f"destination {station.target} becomes {station.after_target}")
    return found


def _drawn(number: int, row: _Row) -> str:
    y = (number + 1) * _ROW
    band = f'<rect class="band" y="{y - 13}" width="{_WIDTH}" height="{_ROW}"/>' if row.shaded else ""
    cells = ((_LEFT, row.place), (_NAME, row.name), (_TEXT, row.text))
    style = f' class="{row.style}"' if row.style else ""
    return band + "".join(f'<text x="{x}" y="{y}"{style}>{escape(cell)}</text>' for x, cell in cells if cell)
