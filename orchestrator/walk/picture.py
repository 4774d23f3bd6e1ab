"""A walk as a picture: its stations from top to bottom, grouped by namespace. Readable on light and dark pages."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from xml.sax.saxutils import escape

from attrs import frozen

from netproof.walk.model import Station, Walk
from netproof.walk.wording import grounds, title, verdict

_ROW, _LEFT = 18, 16  # pixels, as are all sizes
_CHARACTER = 8  # of a monospaced font of 13 pixels, and a little more
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


@frozen
class _Columns:
    """Where the columns begin, and how wide the picture is: as wide as what is in it."""

    name: int
    text: int
    width: int

    @classmethod
    def of(cls, rows: list[_Row]) -> _Columns:
        """Columns that hold these rows."""
        plain = [row for row in rows if not row.style]
        name = _LEFT + (max((len(row.place) for row in plain), default=0) + 2) * _CHARACTER
        text = name + (max((len(row.name) for row in plain), default=0) + 2) * _CHARACTER
        whole = max((len(row.place) for row in rows if row.style), default=0)
        ends = [_LEFT + whole * _CHARACTER, *(text + len(row.text) * _CHARACTER for row in rows)]
        return cls(name, text, max(ends) + _LEFT)


def svg(found: Walk) -> str:
    """The picture as a self-contained SVG document with a title and a description."""
    rows = list(_rows(found))
    columns = _Columns.of(rows)
    width, height = columns.width, (len(rows) + 1) * _ROW
    title = f"{found.source} asks {found.address or found.target}" + (f" port {found.port}" if found.port else "")
    desc = f"{title} by {found.proto}: {found.outcome}; {len(found.stations)} stations in order."
    body = "".join(_drawn(number, row, columns) for number, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(desc)}</desc><style>{_STYLE}</style>"
        f'<rect class="page" width="{width}" height="{height}"/>{body}</svg>\n'
    )


def _rows(found: Walk) -> Iterator[_Row]:
    for leg in found.legs:
        yield _Row(place=title(leg.direction, leg.packet), style="head")
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
    for line in textwrap.wrap(found.note, _COLUMNS + 30):
        yield _Row(place=line, style="note")
    if found.death is not None:
        died = found.death
        yield from _dead(verdict(died.basis, died.place, died.why))
        for ground in grounds(died.basis, died.proof, died.evidence, died.against):
            yield from _dead(ground)


def _dead(text: str) -> Iterator[_Row]:
    return (_Row(place=line, style="dead") for line in textwrap.wrap(text, _COLUMNS + 30))


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


def _drawn(number: int, row: _Row, columns: _Columns) -> str:
    y = (number + 1) * _ROW
    band = f'<rect class="band" y="{y - 13}" width="{columns.width}" height="{_ROW}"/>' if row.shaded else ""
    cells = ((_LEFT, row.place), (columns.name, row.name), (columns.text, row.text))
    style = f' class="{row.style}"' if row.style else ""
    return band + "".join(f'<text x="{x}" y="{y}"{style}>{escape(cell)}</text>' for x, cell in cells if cell)
