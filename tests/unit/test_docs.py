"""The documentation is whole: links lead somewhere, settings are all there, what is not run says why."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from netproof.cli.command_table import ACTIONS, COMMANDS
from netproof.paths import HOME
from tests.contract.doc_pages import COMMANDS as CONSOLE
from tests.contract.doc_pages import NOT_RUN, blocks, commands, pages, same

# What netproof hands on to its own processes and machines, and what only its tests look at.
OWN = {"APART_DIR", "CHAOS_CLAIMS", "CONTAINERD_ROOT", "DAEMON_JSON", "ENGINE", "FIREWALL", "HANDBOOK"}
OWN |= {"COMPLETE", "PROMPT", "SCREENSHOTS", "TEST_BOX", "VM_EMULATED", "VM_NAME", "VM_PORTS"}


def lines(page: Path) -> Iterator[str]:
    """Lines of commands that a page shows: those that run, and those that need another machine."""
    for block in blocks(page):
        if block.language == CONSOLE:
            yield from (command for command, _ in commands(block))
        if block.language == NOT_RUN:
            yield from block.text.splitlines()


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(HOME)))
def test_links_lead_to_files(page: Path) -> None:
    """Those within the repository."""
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not link.startswith(("http", "#")):
            assert (page.parent / link.split("#")[0]).exists(), link


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(HOME)))
def test_commands_that_are_not_run_say_why(page: Path) -> None:
    """A comment above them does."""
    assert [block.line for block in blocks(page) if block.language == NOT_RUN and not block.excused] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(HOME)))
def test_commands_and_flags_are_there(page: Path) -> None:
    """Also of those that are not run, as far as they are netproof's."""
    for line in lines(page):
        words = shlex.split(line.replace("\\", ""), comments=True)
        if words[:1] == ["netproof"]:
            about = ACTIONS[words[2]] if words[1] == "lab" else COMMANDS[words[1]]
            ours = words[: words.index("--")] if "--" in words else words
            assert {word.split("=")[0][2:] for word in ours if word.startswith("--")} <= set(about.flags), line


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """By the generator of the handbook; a page that no other names is a warning, and so is a link to nowhere."""
    done = subprocess.run([HOME / "scripts" / "docs", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tutorial.html").is_file()


def test_every_setting_is_there() -> None:
    """The variables that the sources read."""
    text = "\n".join(
        path.read_text()
        for folder, pattern in (("orchestrator", "*.py"), ("fixtures", "*.py"), ("vagrant", "Vagrantfile"))
        for path in (HOME / folder).rglob(pattern)
    )
    read = set(re.findall(r"\bNETPROOF_([A-Z_]+)\b", text + (HOME / "bootstrap").read_text()))
    told = set(re.findall(r"`NETPROOF_([A-Z_]+)`", (HOME / "docs/reference/settings.md").read_text()))
    assert read - OWN == told


@pytest.mark.parametrize(
    ("shown", "printed", "is_same"),
    [
        ("up (1.5 s)", "up (12.1 s)", True),
        ("up (1.5 s)", "down (1.5 s)", False),
        ("one\n…\nfour", "one\ntwo\nthree\nfour", True),
        ("vethe867111  in", "veth1234567  in", True),
        ("10.0.0.2:38323 -> 203.0.113.1:80", "10.0.0.2:49999 -> 203.0.113.1:80", True),
        ("10.0.0.2:38323 -> 203.0.113.1:80", "10.0.0.2:49999 -> 203.0.113.1:81", False),
    ],
)
def test_what_varies_is_the_same(shown: str, printed: str, *, is_same: bool) -> None:
    """Times, names that the engine makes up, ports that the kernel chooses; nothing else."""
    assert same(shown, printed) is is_same


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(HOME)))
def test_links_have_a_text(page: Path) -> None:
    """Sphinx puts a title into an empty one; a forge that shows the file does not."""
    assert "[](" not in page.read_text()
