"""The two sides that are compared: netproof's commands, and a plain shell script that does the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from netproof.errors import BuildError, UsageError
from netproof.paths import HOME
from netproof.state import labels
from tests.benchmark.times import took

LAB, ACROSS = "bridge-nat", "overlay"
# The script that does by hand what each lab's `up` and `down` do.
SCRIPTS = {LAB: "plain.sh", ACROSS: "overlay.sh"}
_LIMIT = 300


def command(words: Sequence[str]) -> str:
    """Run a command to its end and return its output; BuildError with its last words when it fails."""
    line = " ".join(Path(word).name for word in words[:6])
    try:
        run = subprocess.run(words, cwd=HOME, capture_output=True, text=True, timeout=_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        raise BuildError(f"`{line}` did not end within {_LIMIT} s.", "`invoke doctor` looks closer.") from None
    if run.returncode:
        said = "\n".join((run.stdout + run.stderr).strip().splitlines()[-8:])
        raise BuildError(
            f"`{line}` exited {run.returncode} while it was measured:\n{said}", "`invoke doctor` looks closer."
        )
    return run.stdout


@frozen
class Side:
    """One way to have a lab running: its name, and the commands that build and remove it."""

    name: str
    build: tuple[str, ...]
    remove: tuple[str, ...]

    def up(self) -> float:
        """Build; seconds."""
        return took(lambda: command(self.build))

    def down(self) -> float:
        """Remove; seconds."""
        return took(lambda: command(self.remove))

    @contextmanager
    def removed_at_the_end(self, say: Callable[[str], None]) -> Iterator[None]:
        """Remove what is left, however the block ends."""
        try:
            yield
        except BaseException:
            say(f"removing what {self.name} made")
            subprocess.run(self.remove, cwd=HOME, capture_output=True, timeout=_LIMIT, check=False)
            raise


def tag() -> str:
    """The instance that is measured: a copy of its own."""
    return f"bench-{os.getpid()}"


def invoke(*words: str) -> tuple[str, ...]:
    """A command line as people type it, in this environment."""
    return (str(Path(sys.executable).with_name("invoke")), *words, "--as", tag())


def netproof(lab: str) -> Side:
    """`invoke lab up` and `invoke lab down` of a lab."""
    return Side("lab up", invoke("lab", "up", lab), invoke("lab", "down", lab))


def plain(lab: str, image: str) -> Side:
    """The script that does the same from the same lab host image. UsageError without a docker client."""
    if shutil.which("docker") is None:
        raise UsageError(
            "The script that is compared with needs the docker client.", "Install it (docker-cli), and try again."
        )
    name = f"netproof-plain-{os.getpid()}"
    script = str(Path(__file__).with_name(SCRIPTS[lab]))
    return Side("script", (script, "up", name, image, labels.owner()), (script, "down", name))
