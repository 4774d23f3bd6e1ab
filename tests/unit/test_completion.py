"""Completion: what may stand at the cursor, and that real shells offer it."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from netproof import catalog
from netproof.cli import completion
from netproof.cli.command_table import ACTIONS, COMMANDS, ENGINES, SHELLS
from netproof.cli.completion_scripts import script
from netproof.errors import UnknownName
from netproof.model import LAYERS

ROOT = Path(__file__).parents[2]


def offered(line: str) -> list[str]:
    """The candidates at the end of a line, without the program."""
    words = line.split(" ")
    return list(completion.candidates(words))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("", list(COMMANDS)),
        ("la", ["labs", "lab"]),
        ("lab ", list(ACTIONS)),
        ("lab re", ["reveal", "repair", "reset"]),
        ("lab up ", catalog.names()),
        ("lab up bri", ["bridge-l2", "bridge-nat"]),
        ("lab --engine 28.5 up bri", ["bridge-l2", "bridge-nat"]),
        ("lab up bridge-nat ", list(COMMANDS)),
        ("lab up bridge-nat lab d", ["diff", "down"]),
        ("lab shell bridge-nat ", ["client", "host", "outsider"]),
        ("lab walk bridge-nat client h", ["host"]),
        ("lab up bridge-nat --engine ", list(ENGINES)),
        ("lab up bridge-nat --engine=26", ["--engine=26.1"]),
        ("lab up bridge-nat --firewall ", ["nft", "legacy"]),
        ("lab break publish --layer ", list(LAYERS)),
        ("lab break publish --fault wire", ["wire-too-narrow"]),
        ("lab guess publish works", ["works-as-designed"]),
        ("lab guess bridge-nat mtu-lowered --at h", ["host"]),
        ("lab capture bridge-nat client:eth0,ho", ["client:eth0,host:"]),
        ("lab up bridge-nat --jso", ["--json"]),
        ("lab up bridge-nat --json --j", []),
        ("lab graph bridge-nat --format ", ["svg", "png", "dot", "mermaid"]),
        ("lab graph bridge-nat --to ", []),
        ("lab status bridge-nat --host vagr", ["vagrant", "vagrant:dind"]),
        ("matrix --labs bridge-nat,publ", ["bridge-nat,publish"]),
        ("faults --prove publish --fault wire", ["wire-too-narrow"]),
        ("faults --ids publish --s", ["--seed"]),
        ("vagrant ", ["box", "up", "status", "down"]),
        ("completion ", list(SHELLS)),
        ("help lab s", ["status", "shell"]),
        ("labz ", []),
        ("lab shell once-upon-a-time ", []),
    ],
)
def test_what_may_stand_at_the_cursor(line: str, wanted: Sequence[str]) -> None:
    """Commands, actions, labs, nodes, engines, faults, layers, flags; nothing where only the user knows."""
    assert offered(line) == list(wanted)


def test_copies_of_a_lab_are_offered(state_dir: Path) -> None:
    """Those of this lab, and of no other."""
    for name in ("publish.second", "bridge-nat.third", "bridge-nat"):
        (state_dir / "instances" / name).mkdir(parents=True)
    assert offered("lab down publish --as ") == ["second"]


def test_flags_are_those_of_the_action() -> None:
    """The table that help and refusals come from."""
    for action, about in ACTIONS.items():
        assert set(offered(f"lab {action} bridge-nat --")) >= {f"--{flag}" for flag in about.flags}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["lab", "re"], ["reveal", "repair", "reset"]),
        (["lab", "up"], catalog.names()),
        (["lab", "up", "bri"], ["bridge-l2", "bridge-nat"]),
        ([], list(COMMANDS)),
    ],
)
def test_scripts_of_invoke_leave_out_an_empty_word(words: list[str], wanted: list[str]) -> None:
    """A last word that is whole is taken for one that has ended."""
    assert list(completion.lines(words, None)) == wanted


def test_zsh_and_fish_are_told_what_a_candidate_is() -> None:
    """Behind a tab; bash shows words alone."""
    assert "up\tbuild it; a second time changes nothing" in list(completion.lines(["lab", "u"], "fish"))
    assert "up" in list(completion.lines(["lab", "u"], "bash"))


def test_a_shell_without_a_script_is_told_which_have_one() -> None:
    """There are three."""
    with pytest.raises(UnknownName):
        script("csh", "netproof")


# In real shells


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both programs."""
    folder = tmp_path_factory.mktemp("programs")
    for name, module in (("invoke", "invoke"), ("inv", "invoke"), ("netproof", "netproof.cli.entry")):
        file = folder / name
        file.write_text(
            f'#!/bin/sh\ncd {shlex.quote(str(ROOT))} && exec {shlex.quote(sys.executable)} -m {module} "$@"\n'
        )
        file.chmod(0o755)
    return folder


def shell(programs: Path, *command: str) -> list[str]:
    """What a shell prints that finds the programs, line by line."""
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


LINES = [
    ("lab up bri", ["bridge-l2", "bridge-nat"]),
    ("lab shell bridge-nat ", ["client", "host", "outsider"]),
    ("lab up bridge-nat --engine 2", ["20.10", "26.1", "28.5"]),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["invoke", "inv", "netproof"])
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        *LINES,
        # Behind ':' and '=' bash wants what follows them alone.
        ("lab status bridge-nat --host vagrant:", ["dind"]),
        ("lab up bridge-nat --engine=26", ["26.1"]),
        ("lab capture bridge-nat client:eth0,h", ["eth0,host:"]),
    ],
)
def test_bash_completes(programs: Path, name: str, line: str, wanted: list[str]) -> None:
    """The script is loaded by bash, and what `complete` names for the program is called as bash calls it."""
    text = f"""
        eval "$({"invoke" if name == "inv" else name} completion bash)"
        COMP_LINE={shlex.quote(f"{name} {line}")} COMP_POINT=${{#COMP_LINE}}
        set -- $(complete -p {name}); while [ "$1" != -F ]; do shift; done; $2
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert shell(programs, "bash", "--norc", "-c", text) == wanted


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_fish_completes(programs: Path, line: str, wanted: list[str]) -> None:
    """fish is asked itself."""
    text = f"netproof completion fish | source; complete --do-complete {shlex.quote(f'netproof {line}')}"
    assert [row.split("\t")[0] for row in shell(programs, "fish", "--no-config", "-c", text)] == wanted


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_zsh_completes(programs: Path, line: str, wanted: list[str]) -> None:
    """On a terminal, since zsh completes nowhere else: a list, or the part that all candidates share."""
    shared = os.path.commonprefix(wanted)  # noqa: RUF071 - of words, not of paths
    with _on_a_terminal(programs, "zsh", "-f", "-i") as terminal:
        os.write(terminal, b'PS1=; eval "$(netproof completion zsh)"; print rea""dy\n')
        _read_until(terminal, ["ready"])
        os.write(terminal, f"netproof {line}\t".encode())
        _read_until(terminal, [f"{line.rpartition(' ')[0]} {shared}"] if len(shared) > 1 else wanted)


@contextmanager
def _on_a_terminal(programs: Path, *command: str) -> Iterator[int]:
    """A program on a terminal of its own; what is typed to it and read from it."""
    process, terminal = pty.fork()
    if not process:
        os.environ.update(PATH=f"{programs}:{os.environ['PATH']}", TERM="xterm")
        os.execvp(command[0], command)  # noqa: S606 - there is no shell to go through
    try:
        yield terminal
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)


def _read_until(terminal: int, wanted: Sequence[str], limit: float = 30.0) -> None:
    """Read until all of it has been shown, whatever stands in between."""
    shown = b""
    until = time.monotonic() + limit
    while not all(word.encode() in shown for word in wanted):
        assert select.select([terminal], [], [], max(0.0, until - time.monotonic()))[0], shown
        shown += os.read(terminal, 65536)
