"""Help behind every command and every action, the same for `invoke` and for `netproof`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from netproof import program
from netproof.cli import help as help_texts
from netproof.cli.command_line import asks_for_help
from netproof.cli.command_table import ACTIONS, COMMANDS, GROUPS
from netproof.errors import UnknownName

ROOT = Path(__file__).parents[2]
PROGRAMS = {"invoke": ["-m", "invoke"], "netproof": ["-m", "netproof.cli.entry"]}


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ("", []),
        ("--help", []),
        ("-h", []),
        ("help", []),
        ("--help lab", ["lab"]),
        ("help lab", ["lab"]),
        ("help lab up", ["lab", "up"]),
        ("lab --help", ["lab"]),
        ("lab -h", ["lab"]),
        ("lab help", ["lab"]),
        ("lab help up", ["lab", "up"]),
        ("lab up --help", ["lab", "up"]),
        ("lab up -h", ["lab", "up"]),
        ("lab test --help", ["lab", "test"]),
        ("test --help", ["test"]),
        ("lab up bridge-nat --help", ["lab", "up"]),
        ("lab up --as help bridge-nat --help", ["lab", "up"]),
        ("lab up bridge-nat lab break -h", ["lab", "break"]),
        ("matrix --labs bridge-nat --help", ["matrix"]),
        ("-e lab up --help", ["lab", "up"]),
        ("-c tasks lab up --help", ["lab", "up"]),
        ("labz --help", ["labz"]),
        ("labs", None),
        ("--list", None),
        ("lab up help", None),
        ("lab exec bridge-nat client -- ls --help", None),
        ("lab exec bridge-nat client -- help", None),
        ("lab capture bridge-nat host:eth0 --filter --help", None),
    ],
)
def test_what_is_asked_about(line: str, topic: list[str] | None) -> None:
    """The flag stands behind what it is about, or in front; what follows two hyphens is left alone."""
    assert asks_for_help(line.split()) == topic


def test_everything_is_in_groups_with_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command once, below the name of its group."""
    monkeypatch.setenv("COLUMNS", "120")
    lines = help_texts.text([]).splitlines()
    for title, group in GROUPS.items():
        first = lines.index(title) + 1
        assert [line.split()[0] for line in lines[first : first + len(group)]] == list(group)


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_has_its_usage_its_flags_and_an_example(action: str) -> None:
    """And no flags of others."""
    text = help_texts.text(["lab", action])
    usage, *lines = text.splitlines()
    about = ACTIONS[action]
    assert usage.startswith(f"Usage: invoke lab {' '.join([action, *about.words])}")
    shown = {line.split()[0].removeprefix("--") for line in lines if line.startswith("  --")}
    assert shown == set(about.flags)
    assert any(line.startswith((f"  invoke lab {action} ", '  eval "$(invoke lab env')) for line in lines)


@pytest.mark.parametrize("topic", [[], ["lab"], *([name] for name in COMMANDS), *(["lab", name] for name in ACTIONS)])
@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(topic: list[str], width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for what has to be typed as it is; no word is cut."""
    monkeypatch.setenv("COLUMNS", str(width))
    for line in help_texts.text(topic).splitlines():
        assert len(line) <= width or "invoke" in line


@pytest.mark.parametrize(("topic", "nearest"), [(["labz"], "lab"), (["lab", "upp"], "up"), (["lab", "brake"], "break")])
def test_help_about_what_does_not_exist_names_what_is_near(topic: list[str], nearest: str) -> None:
    """As with the command itself."""
    with pytest.raises(UnknownName) as caught:
        help_texts.text(topic)
    assert caught.value.nearest == nearest


def test_what_only_a_clone_has_is_not_offered_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests are not in an installed netproof."""
    monkeypatch.setattr(help_texts, "IS_CLONE", False)
    text = help_texts.text([])
    assert "Work on netproof" not in text
    assert "bench" not in text


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("line", ["lab up --help", "lab -h", "help", "labz -h", "lab up bridgenat", "lab walk"])
def test_the_program_that_was_typed_is_named(name: str, line: str) -> None:
    """What is printed can be typed as it stands."""
    done = subprocess.run(
        [sys.executable, *PROGRAMS[name], *line.split()],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (0 if line in {"lab up --help", "lab -h", "help"} else 2), done.stderr
    typed = set(re.findall(r"(?:^|[ `(])(invoke|netproof) (?=lab|labs|help|COMMAND)", done.stdout + done.stderr))
    assert typed <= {name}
    assert "Traceback" not in done.stderr


def test_versions_are_told() -> None:
    """netproof's own, and of what it runs on."""
    done = subprocess.run(
        [sys.executable, *PROGRAMS["netproof"], "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("netproof 0.")
    assert "docker-py" in done.stdout


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Next: invoke lab up bridge-nat", "Next: netproof lab up bridge-nat"),
        (
            "`invoke labs` lists them; `invoke lab down x --as y`",
            "`netproof labs` lists them; `netproof lab down x --as y`",
        ),
        ('eval "$(invoke lab env x)"', 'eval "$(netproof lab env x)"'),
        ("`invoke`", "`netproof`"),
        ("Usage: invoke COMMAND [ARGUMENT]...", "Usage: netproof COMMAND [ARGUMENT]..."),
        ("/usr/bin/invoke lab; invoked; my-invoke lab", "/usr/bin/invoke lab; invoked; my-invoke lab"),
    ],
)
def test_a_message_names_the_program_once_it_is_known(text: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are written as they are typed in a clone."""
    assert program.named(text) == text
    monkeypatch.setattr(program, "_used", ["netproof"])
    assert program.named(text) == shown
