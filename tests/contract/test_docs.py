"""The documentation, word for word: its files are written, its commands run, and they print what stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netproof.paths import HOME
from tests.contract.conftest import User, own_tree
from tests.contract.doc_pages import COMMANDS, blocks, commands, files, pages, same

FIRST = {"README.md", "docs/tutorial.md"}
LIMIT = 600
_PROGRAM = """#!/bin/sh
exec {python} -c 'from netproof.cli.entry import main; main()' "$@"
"""


def name_of(page: Path) -> str:
    """A page as people call it."""
    return str(page.relative_to(HOME))


def with_commands() -> Iterator[object]:
    """Pages that show commands; those that a newcomer reads are of the first tier."""
    for page in pages():
        if any(block.language == COMMANDS for block in blocks(page)):
            marks = [] if name_of(page) in FIRST else [pytest.mark.rest]
            yield pytest.param(page, id=name_of(page), marks=marks)


class Reader:
    """Somebody who types what a page shows, in an empty folder, with netproof installed."""

    def __init__(self, user: User, folder: Path) -> None:
        self.user = user
        self.folder = folder / "empty"
        self.folder.mkdir()
        program = folder / "bin" / "netproof"
        program.parent.mkdir()
        program.write_text(_PROGRAM.format(python=sys.executable))
        program.chmod(0o755)
        path = f"{program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = {**os.environ, **user.mine, "PATH": path, "PYTHONPATH": str(user.root), "COLUMNS": "100"}

    def types(self, command: str) -> subprocess.CompletedProcess[str]:
        """What a command printed, to its end."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT,
            check=False,
        )


@pytest.fixture
def reader(page: Path, new_user: Callable[..., User], tmp_path: Path) -> Iterator[Reader]:
    """A reader of the page, with a tree of their own where pages of its folder have files to write."""
    written = [item for one in _before(page) for item in files(one)]
    user = new_user(own_tree(tmp_path / "tree") if written else HOME)
    for path, text in written:
        target = user.root / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
    yield Reader(user, tmp_path)
    user.leave()


def _before(page: Path) -> list[Path]:
    """A page, and those whose lab it goes on with: own-lab, own-claim and own-fault are one story."""
    story = [page.with_name(f"own-{part}.md") for part in ("lab", "claim", "fault")]
    return story if page in story else [page]


@pytest.mark.parametrize("page", list(with_commands()))
def test_what_a_page_shows_is_what_happens(page: Path, reader: Reader) -> None:
    """Each command runs, and prints what stands below it but for what is different each time."""
    if page.name in {"own-claim.md", "own-fault.md"}:
        assert reader.types("netproof lab up my-lab").returncode == 0
    for block in blocks(page):
        if block.language != COMMANDS:
            continue
        for command, shown in commands(block):
            ended = reader.types(command)
            told = f"{name_of(page)}:{block.line}: $ {command}\n{ended.stdout}\n{ended.stderr}"
            assert ended.returncode in {0, 1}, told
            assert "Traceback" not in ended.stderr, told
            if shown:
                assert same(shown, ended.stdout), f"{told}\ninstead of\n{shown}"


JSON_PAGE = HOME / "docs" / "reference" / "json.md"


def documents() -> Iterator[tuple[str, set[str]]]:
    """(command, keys) of each section of the page about JSON, in an order in which they can be typed."""
    for section in JSON_PAGE.read_text().split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        firsts = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
        yield title.strip("`"), {name for first in firsts for name in re.findall(r"`(\w+)`", first)}


@pytest.mark.parametrize("page", [JSON_PAGE], ids=name_of)
def test_documents_have_the_keys_that_the_page_lists(page: Path, reader: Reader) -> None:
    """At their top; each command prints one document and nothing else."""
    assert page == JSON_PAGE
    for command, keys in documents():
        ended = reader.types(f"{command} --json")
        assert ended.returncode in {0, 1}, f"{command}: {ended.stderr}"
        found = json.loads(ended.stdout)
        missing_here = {"changed", "left", "why"} if "check" in command else set()
        assert found.keys() - missing_here <= keys, command
        assert keys - missing_here <= found.keys(), command
