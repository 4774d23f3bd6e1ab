"""What the documentation shows: commands with what they print, and files to copy."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen
from markdown_it import MarkdownIt

from netproof.paths import HOME

COMMANDS, FILES, NOT_RUN = "console", "python", "sh"
_TITLE = re.compile(r"# (labs/\S+\.py)\n")
_REASON = re.compile(r"<!-- not run: .+ -->")
# What is different in every run, on every machine; in the order in which it is looked for.
_VARIES = (
    (r"\x1b\[[0-9;]*m", ""),
    (r"veth[0-9a-f]{7}", "veth"),
    (r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "MAC"),
    (r"\b\d+\.\d+ s\b|\b\d+ s\b", "N s"),
    (r"kernel \S+", "kernel K"),
    (r"\bpid \d+", "pid N"),
    (r"((?:\d+\.){3}\d+):(?:3[2-9]|[456]\d)\d{3}\b", r"\1:PORT"),
    (r"from port (?:3[2-9]|[456]\d)\d{3}\b", "from port PORT"),
    (r"(?<=/)netproof(/owners/[0-9a-f]{8})?/instances/", "netproof/instances/"),
)


@frozen
class Block:
    """A fenced block of a page: its language, text, first line, and whether a reason why it is not run stands above."""

    language: str
    text: str
    line: int
    excused: bool = False


def pages() -> list[Path]:
    """README and everything under docs that is written by hand."""
    return [HOME / "README.md", *sorted(path for path in (HOME / "docs").rglob("*.md") if "_build" not in path.parts)]


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    before = ""
    for token in MarkdownIt().parse(page.read_text()):
        if token.type == "fence":
            yield Block(
                token.info.strip(), token.content, (token.map or [0])[0] + 1, _REASON.search(before) is not None
            )
        before = token.content if token.type == "html_block" else ""


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """(command, what is shown of its output) for each line that begins with `$ `; `\\` at its end joins the next."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        head, output = re.match(r"((?:.*\\\n)*.*)\n?((?:.|\n)*)", part).groups()  # type: ignore[union-attr]  # it matches anything
        yield head.replace("\\\n", ""), output.strip("\n")


def files(page: Path) -> Iterator[tuple[str, str]]:
    """(path, content) of each file that a page shows whole: its first line is its path."""
    for block in blocks(page):
        titled = _TITLE.match(block.text)
        if block.language == FILES and titled:
            yield titled[1], block.text[titled.end() :]


def same(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed, but for what varies; `…` stands for anything."""
    wanted, got = (_plain(text) for text in (shown, printed))
    return doctest.OutputChecker().check_output(
        wanted.replace("…", "...") + "\n", got + "\n", doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )


def _plain(text: str) -> str:
    for pattern, word in _VARIES:
        text = re.sub(pattern, word, text)
    return text.strip()
