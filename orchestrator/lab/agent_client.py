"""The orchestrator's end of the agent: ships it, calls it, and notices when it dies."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
import threading
import zipfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from netproof.errors import AgentError, HostDied
from netproof.hosts.agent_stream import Stream
from netproof.wait import scaled

SOURCE = Path(__file__).parents[1] / "agent"
CALL_LIMIT = 120.0

# Runs as `python3 -c` in the lab host. It speaks second: what a server says before the client has spoken
# can be lost in the client's HTTP library.
_LOADER = """
import os, sys, time
# PID 1 mounts a file system of its own on /run first, and makes this folder last.
deadline = time.monotonic() + 20
while not os.path.isdir("/run/netproof"):
    # Asked again: it may have been made since.
    if os.path.lexists("/run/netproof") and not os.path.isdir("/run/netproof"):
        sys.exit("/run/netproof is no folder")
    if time.monotonic() > deadline:
        sys.exit("PID 1 of the lab host did not prepare /run")
    time.sleep(0.002)
name = sys.stdin.readline().strip()
home = "/run/netproof/agent-" + name
if not os.path.isdir(home):
    import base64, io, shutil, zipfile
    print("need", flush=True)
    part = home + "." + str(os.getpid())
    try:
        zipfile.ZipFile(io.BytesIO(base64.b64decode(sys.stdin.readline()))).extractall(part)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    try:
        os.rename(part, home)
    except OSError:
        pass
else:
    print("have", flush=True)
sys.path.insert(0, home)
import importlib
importlib.import_module(sys.argv[1] if sys.argv[1:] else "agent.__main__").main()
"""
COMMAND = ["python3", "-c", _LOADER]
SESSION_COMMAND = [*COMMAND, "agent.session"]


def _package() -> tuple[str, bytes]:
    """The agent as (content hash, zip archive)."""
    buffer = io.BytesIO()
    digest = hashlib.sha256()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(SOURCE.glob("*.py")):
            content = path.read_bytes()
            digest.update(path.name.encode() + b"\0" + content)
            archive.writestr(f"agent/{path.name}", content)
    return digest.hexdigest()[:16], buffer.getvalue()


class Answer(Future[Any]):
    """What an agent will answer."""

    def __init__(self, host: str, op: str) -> None:
        super().__init__()
        self._what = f"The agent in lab host {host} did not finish {op!r}"

    def result(self, timeout: float | None = None) -> Any:
        """The answer, within `timeout` seconds (CALL_LIMIT unless given, and longer on a slow machine).

        Raises AgentError where the agent could not do it, HostDied where it is gone or says nothing.
        """
        limit = scaled(CALL_LIMIT if timeout is None else timeout)
        try:
            return super().result(limit)
        except TimeoutError as error:
            raise HostDied(
                f"{self._what} within {limit:.0f} s.",
                "`invoke lab status` shows whether the lab host still answers; `invoke lab reset` brings back the "
                "state after `up` from anything.",
            ) from error


def greet(stream: Stream, host: str) -> None:
    """Speak first, and send the agent if it is not there yet; HostDied when nothing starts."""
    name, archive = _package()
    try:
        stream.write(name.encode() + b"\n")
        answer = stream.readline().strip()
        if answer == b"need":
            stream.write(base64.b64encode(archive) + b"\n")
    except OSError as error:  # it has ended; it may have said something before
        raise death(stream, host, read(stream).strip().decode(errors="replace") or str(error)) from error
    if answer not in {b"need", b"have"}:
        raise death(stream, host, answer.decode(errors="replace"))


def death(stream: Stream, host: str, why: str) -> HostDied:
    """What became of an agent, by its last words; hangs up."""
    said = stream.close().strip()
    reason = said.splitlines()[-1] if said else why or "its process ended"
    return HostDied(f"The agent in lab host {host} is gone: {reason}.", "`invoke lab up` builds it again.")


def read(stream: Stream) -> bytes:
    """The next line, or b"" where the stream is broken or at its end."""
    try:
        return stream.readline()
    except (OSError, ValueError):
        return b""


class Agent:
    """Calls to the agent of one lab host. Safe to use from several threads at once."""

    def __init__(self, stream: Stream, host: str) -> None:
        self._stream = stream
        self._host = host
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Answer] = {}
        self._lock = threading.Lock()
        self._dead: HostDied | None = None
        greet(stream, host)
        threading.Thread(target=self._listen, name=f"agent of {host}", daemon=True).start()

    def _listen(self) -> None:
        """Hand answers to those who wait; nobody else sees what becomes of this thread, so they hear of its end."""
        try:
            while (line := read(self._stream)) and self._deliver(line):
                pass
        finally:
            self._bury()

    def _deliver(self, line: bytes) -> bool:
        """Whether a line was an answer: what is not ours, something in the lab host wrote to the agent's output."""
        try:
            answer = json.loads(line)
            with self._lock:
                future = self._waiting.pop(answer["id"], None)
            if future is None or not future.set_running_or_notify_cancel():
                return True
            if answer["ok"]:
                future.set_result(answer["result"])
            else:
                future.set_exception(self._refused(answer["error"]))
        except (ValueError, TypeError, KeyError):
            return False
        return True

    def _refused(self, why: str) -> AgentError:
        return AgentError(f"In lab host {self._host}: {why}.", "`invoke lab status` shows what is there.")

    def _bury(self) -> None:
        died = death(self._stream, self._host, "")
        with self._lock:
            self._dead = died
            waiting, self._waiting = list(self._waiting.values()), {}
        for future in waiting:
            future.set_exception(died)

    def submit(self, op: str, **args: Any) -> Answer:
        """Start an operation."""
        future = Answer(self._host, op)
        number = next(self._numbers)
        line = json.dumps({"id": number, "op": op, "args": args}).encode() + b"\n"
        with self._lock:
            if self._dead is not None:
                raise self._dead
            self._waiting[number] = future
            try:
                self._stream.write(line)
            except OSError as error:
                self._waiting.pop(number)
                raise death(self._stream, self._host, str(error)) from error
        return future

    def call(self, op: str, limit: float = CALL_LIMIT, **args: Any) -> Any:
        """Do an operation and return its result; at most `limit` seconds."""
        return self.submit(op, **args).result(limit)

    def close(self) -> None:
        """End the agent. What it started for the lab stays."""
        self._stream.close()
