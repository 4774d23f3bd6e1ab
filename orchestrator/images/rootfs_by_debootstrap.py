"""A root file system by debootstrap, for machines where no image registry answers."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from netproof.errors import ImageError
from netproof.images import errors, payload, tool_runner
from netproof.images.build_job import Job
from netproof.images.image_import import import_tree
from netproof.images.workdir import WorkDir, workdir

# Mounts and processes of a chroot end with the tool, however it ends.
_APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
_CHUNK = 1 << 20
_REMEDY = (
    "It needs a Debian mirror (http_proxy is respected) and a temporary directory that allows devices and "
    "programs (TMPDIR chooses another)."
)


class Debootstrap:
    """The suite's packages, unpacked here as root and streamed into the engine."""

    def rootfs(self, job: Job) -> str:
        """Make the tree, strip it, import it; the id of the image."""
        with workdir() as work:
            tree = work.path / "root"
            tree.mkdir(mode=0o755)
            self._unpack(job, work, tree)
            self._strip(job, work, tree)
            with errors.engine_step(f"Importing the {job.recipe.suite} tree", job.client):
                return import_tree(job, _tar(tree))

    def _unpack(self, job: Job, work: WorkDir, tree: Path) -> None:
        recipe = job.recipe
        include = f"--include={','.join(recipe.packages)}"
        # Packages are synced to disk one by one otherwise; nobody needs this tree after a crash.
        fast = ["eatmydata"] if shutil.which("eatmydata") else []
        # Its own mirror, and the script that all current suites share: an older debootstrap does not know the
        # name of a newer suite, only how to unpack it.
        what = [recipe.suite, str(tree), "", "sid"]
        command = [*_APART, *fast, "debootstrap", "--variant=minbase", include, *what]
        self._run(job, work, f"debootstrap {recipe.suite}", command)

    def _strip(self, job: Job, work: WorkDir, tree: Path) -> None:
        (tree / payload.STRIP).write_bytes(payload.contents()[payload.STRIP])
        command = [*_APART, "chroot", str(tree), "/bin/sh", f"/{payload.STRIP}"]
        self._run(job, work, f"stripping {job.recipe.suite}", command)
        (tree / payload.STRIP).unlink()

    def _run(self, job: Job, work: WorkDir, label: str, command: list[str]) -> None:
        try:
            tool_runner.run(label, command, job.steps.passing, lock=work.lock)
        except tool_runner.ToolError as error:
            evidence = [*_log(work.path / "root"), *error.lines]
            raise errors.step_failed(label, evidence, _REMEDY, work.path) from error
        except OSError as error:
            raise errors.step_failed(label, [str(error)], _REMEDY, work.path) from error


def _log(tree: Path) -> list[str]:
    """The end of debootstrap's log, where the tools that it ran say why they failed."""
    with contextlib.suppress(OSError):
        return (tree / "debootstrap" / "debootstrap.log").read_text(errors="replace").splitlines()[-6:]
    return []


def _tar(tree: Path) -> Iterator[bytes]:
    """The tree as a tar stream. A tar that fails raises, which makes the engine drop what it got."""
    hidden = [f"--exclude=./{name}/*" for name in ("proc", "sys", "dev", "run", "tmp")]
    command = ["tar", "--create", "--numeric-owner", *hidden, "--directory", str(tree), "."]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            while process.stdout and (chunk := process.stdout.read(_CHUNK)):
                yield chunk
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise ImageError(f"tar failed with {process.returncode} on {tree}.", "Try again.")
