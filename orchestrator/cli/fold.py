"""Lines that are wider than a terminal, broken between words."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\033\[[0-9;]*[A-Za-z]")
_PIECE = re.compile(r"\s+|\S+")
NARROWEST = 24
"""What is narrower than this is left to the terminal, and no column is made of it."""


def visible(text: str) -> int:
    """How wide a text is: escape sequences take no room."""
    return len(_ESCAPE.sub("", text))


def fold(text: str, width: int, hang: int | None = None) -> str:
    """A text in lines of at most `width`, where its words allow; what follows a break begins at column `hang`.

    Without `hang` that is two behind where the line begins.
    """
    if width < NARROWEST:
        return text
    return "\n".join(_folded(line, width, hang) for line in text.split("\n"))


def _folded(line: str, width: int, hang: int | None) -> str:
    if visible(line) <= width:
        return line
    indent = len(line) - len(line.lstrip(" "))
    margin = " " * min(indent + 2 if hang is None else hang, width - NARROWEST // 2)
    lines, current, is_empty = [], line[:indent], True
    for piece in _PIECE.findall(line[indent:]):
        if not is_empty and not piece.isspace() and visible(current) + visible(piece) > width:
            lines.append(current.rstrip(" "))
            current = margin
        elif piece.isspace() and current == margin and lines:
            continue
        current += piece
        is_empty = False
    return "\n".join([*lines, current.rstrip(" ")])
