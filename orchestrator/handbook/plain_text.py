"""Text of unknown origin made fit for a page: what cannot be seen becomes visible, and nothing is lost."""

from __future__ import annotations

import re
import unicodedata

_NEWLINES = re.compile(r"\r\n|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_PICTURES = 0x2400  # the code block that has a picture for each control character
_DELETE, _DELETE_PICTURE = 0x7F, "\u2421"


def plain(text: str) -> str:
    """The text with a sign for each control character but newline and tab, and other unprintable ones as <U+….>."""
    return "".join(map(_shown, _NEWLINES.sub("\n", text)))


def line(text: str) -> str:
    """The text on one line."""
    return " ".join(plain(text).split())


def _shown(character: str) -> str:
    code = ord(character)
    if character in "\n\t" or character.isprintable() or character == "\u00a0":
        return character
    if code < ord(" "):
        return chr(_PICTURES + code)
    if code == _DELETE:
        return _DELETE_PICTURE
    # Among them: what turns the direction of writing around, and halves of surrogate pairs.
    return f"<U+{code:04X}>" if unicodedata.category(character).startswith("C") else character


def anchor(name: str) -> str:
    """A name as the id of an element: q2.1 becomes q2-1, as Sphinx makes it of a heading."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
