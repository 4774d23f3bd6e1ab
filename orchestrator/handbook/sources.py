"""Pages as sources for Sphinx: a frame in reStructuredText, and parts in HTML, where jinja escapes what it is given."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from netproof.handbook.commands import breaking
from netproof.handbook.coverage import Scope
from netproof.handbook.media import Media
from netproof.handbook.pages import Handbook, handbook
from netproof.handbook.plain_text import line, plain
from netproof.handbook.walk_tables import ending, legs

_HERE = Path(__file__).parent
STATIC = "static"
_PARTS = "parts"


def rst(text: str) -> str:
    """Text of unknown origin on one line of reStructuredText, where nothing of it means anything."""
    return re.sub(r"([^\w\s])", r"\\\1", line(text)).replace("_", r"\_")


def heading(text: str, mark: str) -> str:
    """A heading; long enough a line under it, whatever the width of its characters."""
    shown = rst(text)
    return f"{shown}\n{mark * (2 * len(shown) + 2)}"


def python(code: str) -> str:
    """Python with colours, in the classes of the site's style sheet."""
    return highlight(code, PythonLexer(), HtmlFormatter(wrapcode=True))


def steps(walked: Mapping[str, Any]) -> str:
    """A walk's data to read."""
    return plain(json.dumps(walked, indent=1, ensure_ascii=False))


class Writer:
    """Writes a handbook's sources into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = 0
        self._env = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(["html.jinja"], default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.filters |= {"heading": heading, "python": python}
        self._env.globals |= {"steps": steps, "legs": legs, "ending": ending}

    def write(self, scope: Scope) -> Handbook:
        """Every page, and the static files; returns what was written."""
        shutil.copytree(_HERE / "static", self._folder / STATIC)
        book = handbook(scope, Media(self._folder / STATIC))
        (self._folder / _PARTS).mkdir()
        (self._folder / "labs").mkdir()
        for name in ("index", "differences", "method"):
            self._page(f"{name}.rst", name, {"book": book, "root": ""})
        for page in book.labs:
            shown = {"book": book, "page": page, "root": "../", "breaking": breaking(page.lab)}
            self._page(f"labs/{page.name}.rst", "lab", shown)
        return book

    def _page(self, path: str, template: str, shown: Mapping[str, Any]) -> None:
        def part(name: str, search: bool = True, **more: Any) -> str:  # noqa: FBT001, FBT002 - called by templates
            return self._part(path, name, {**shown, **more}, search=search)

        text = self._env.get_template(f"{template}.rst.jinja").render(**shown, part=part)
        (self._folder / path).write_text(text, "utf-8", "replace")

    def _part(self, path: str, name: str, shown: Mapping[str, Any], *, search: bool) -> str:
        """A part in HTML, in a file of its own: no line of it is read as reStructuredText."""
        self._parts += 1
        file = self._folder / _PARTS / f"{self._parts}.html"
        file.write_text(self._env.get_template(f"{name}.html.jinja").render(**shown), "utf-8", "replace")
        up = "../" * path.count("/")
        mark = "" if search else "\n   :class: no-search"
        return f".. raw:: html\n   :file: {up}{_PARTS}/{file.name}{mark}\n"
