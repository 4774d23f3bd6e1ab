"""Commands on a machine, by the system's own ssh: one connection serves them all, and ends a minute after the last."""

from __future__ import annotations

import contextlib
import hashlib
import shlex
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import IO

from attrs import frozen

from netproof.engine.ssh_tunnel import folder, refusal
from netproof.errors import EngineError

_OPTIONS = {
    "BatchMode": "yes",  # fail instead of asking
    "ConnectTimeout": "15",
    "ControlMaster": "auto",
    "ControlPersist": "60",
    "LogLevel": "INFO",
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "6",
}
_FAILED = 255  # ssh's own exit code when it is ssh that failed
_KEEP = 20_000
_LIMIT = 20.0


@frozen
class Way:
    """How to get to a machine: what ssh calls it, and ssh as it is to be called (`["ssh", "-F", "FILE"]`)."""

    name: str
    program: tuple[str, ...]

    def argv(self, command: Sequence[str], *options: str) -> list[str]:
        """ssh's command line for a command there, whose words arrive as they are."""
        words = [word for name, value in _OPTIONS.items() for word in ("-o", f"{name}={value}")]
        return [*self.program, *words, *self._control(), *options, "--", self.name, shlex.join(command)]

    def _control(self) -> tuple[str, str]:
        key = hashlib.sha256(f"{self.program}\0{self.name}".encode()).hexdigest()[:16]
        return "-o", f"ControlPath={folder() / key}.ssh"

    def hang_up(self) -> None:
        """End the connection that is kept, if one is."""
        command = [*self.program, *self._control(), "-q", "-O", "exit", "--", self.name]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=False, stdin=quiet, stdout=quiet, stderr=quiet, timeout=_LIMIT)


@frozen
class Ended:
    """How a command ended there: its exit code, and what it wrote."""

    code: int
    output: str
    errors: str


def run(way: Way, command: Sequence[str], limit: float, content: bytes = b"") -> Ended:
    """Run a command there with `content` on its input, for at most `limit` seconds; EngineError when ssh fails."""
    try:
        # A session of its own: Ctrl-C is for this process, which decides what becomes of the command.
        done = subprocess.run(
            way.argv(command, "-T"),
            check=False,
            input=content,
            capture_output=True,
            timeout=limit,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{way.name} did not answer within {limit:.0f} s.", "Check the machine.") from error
    errors = done.stderr.decode(errors="replace")
    if done.returncode == _FAILED:
        raise refusal(way.name, way.name, errors)
    return Ended(done.returncode, done.stdout.decode(errors="replace"), errors)


def follow(way: Way, command: Sequence[str], content: bytes) -> Iterator[str]:
    """Run a command there with `content` on its input, and give the lines it writes; EngineError when it fails."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as errors:
        source.write(content)
        source.seek(0)
        with subprocess.Popen(
            way.argv(command, "-T"),
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process:
            yield from (line.rstrip() for line in process.stdout or ())
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()
    if process.returncode == _FAILED:
        raise refusal(way.name, way.name, said)
    if process.returncode:
        raise EngineError(f"{way.name}: {said or 'it failed without a word'}", "Check the machine.")


class SshStream:
    """Standard input and output of a process there, a line at a time."""

    def __init__(self, way: Way, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            way.argv(command, "-T"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._errors = b""
        self._reader = threading.Thread(target=self._keep, args=(self._process.stderr,), daemon=True)
        self._reader.start()

    def _keep(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._errors = (self._errors + line)[-_KEEP:]

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            raise BrokenPipeError
        pipe.write(data)
        pipe.flush()

    def readline(self) -> bytes:
        """The next line of standard output, or b"" at its end."""
        return self._process.stdout.readline() if self._process.stdout else b""

    def close(self) -> str:
        """Hang up; the process sees the end of its input."""
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join(1)
        return self._errors.decode(errors="replace")
