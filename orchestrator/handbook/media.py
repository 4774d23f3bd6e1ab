"""Pictures of the results as files of the site. The same picture twice is one file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from netproof.handbook.plain_text import line
from netproof.matrix.records import Cell, Walk

FOLDER = "pictures"
_SVG = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<svg\b", re.DOTALL)
_DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)\s*\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
_DRAWN = re.compile(r"<(rect|path|line|polyline|polygon|circle|ellipse|text|image|use)\b")


@frozen
class Picture:
    """A file of the site, under its folder for static files, and the columns it was drawn in.

    A page has its own switch of light and dark, which a picture in it does not see: `light` and `dark` are the two of
    one that has both, and otherwise the same.
    """

    file: str
    columns: str
    light: str
    dark: str


@frozen
class Way:
    """A walk in the columns that agree on it: what it is, its picture, its steps as they were recorded."""

    title: str
    picture: Picture | None
    json: dict[str, Any]
    columns: str


class Media:
    """A folder of pictures."""

    def __init__(self, static: Path) -> None:
        self._folder = static / FOLDER
        self._folder.mkdir(parents=True)

    def picture(self, svg: str, columns: str) -> Picture | None:
        """Keep a picture; None for what is none, or has nothing drawn on it."""
        if not _SVG.match(svg) or not _DRAWN.search(svg):
            return None
        name = hashlib.sha256(svg.encode("utf-8", "replace")).hexdigest()[:16]
        whole = self._keep(name, svg)
        if not _DARK.search(svg):
            return Picture(whole, columns, whole, whole)
        light = self._keep(f"{name}-light", _DARK.sub("", svg))
        return Picture(whole, columns, light, self._keep(f"{name}-dark", _DARK.sub(r"\1", svg)))

    def _keep(self, name: str, svg: str) -> str:
        (self._folder / f"{name}.svg").write_text(svg, "utf-8", "replace")
        return f"{FOLDER}/{name}.svg"

    def pictures(self, cells: Sequence[Cell]) -> list[Picture]:
        """The pictures of a lab, each once, in the order of its cells."""
        groups: dict[str, list[str]] = {}
        for cell in cells:
            if cell.picture:
                groups.setdefault(cell.picture, []).append(str(cell.key.column))
        found = [self.picture(svg, ", ".join(columns)) for svg, columns in groups.items()]
        return [picture for picture in found if picture]

    def walks(self, cells: Sequence[Cell]) -> dict[str, list[Way]]:
        """{title: the walk as it went, once for each way it went} of a lab."""
        found: dict[str, list[Way]] = {}
        for title in dict.fromkeys(line(walk.title) for cell in cells for walk in cell.walks):
            groups: dict[str, tuple[Walk, list[str]]] = {}
            for cell in cells:
                for walk in (walk for walk in cell.walks if line(walk.title) == title):
                    went = walk.svg + json.dumps(walk.json, sort_keys=True)
                    groups.setdefault(went, (walk, []))[1].append(str(cell.key.column))
            found[title] = [self._way(title, *group) for group in groups.values()]
        return found

    def _way(self, title: str, walk: Walk, columns: list[str]) -> Way:
        where = ", ".join(columns)
        return Way(title, self.picture(walk.svg, where), walk.json, where)
