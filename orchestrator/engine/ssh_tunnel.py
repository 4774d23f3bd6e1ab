"""A unix socket on this machine that leads to the engine's socket on another one, by the system's own ssh.

Keys, configuration and known hosts are the user's; an unknown host key is refused, and nothing is ever asked. One ssh
serves all commands; it ends by itself a minute after the last. NETPROOF_SSH may be another command: `ssh -F FILE`.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import socket
import stat
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock

from netproof.errors import EngineError, UsageError
from netproof.wait import until

_SOCKET = "/var/run/docker.sock"
_LINGER = 60  # seconds that an unused connection is kept
_CONNECT = 15  # seconds
_LIMIT = 45.0
_ANSWER = 10.0
_PATIENCE = 2.0  # the socket is there when ssh has gone into the background
_OPTIONS = {
    "BatchMode": "yes",  # fail instead of asking
    "ConnectTimeout": str(_CONNECT),
    "ControlMaster": "yes",
    "ControlPersist": str(_LINGER),
    "ExitOnForwardFailure": "yes",
    "LogLevel": "INFO",  # whatever its configuration says: why it failed is to be told
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "3",
    "StreamLocalBindUnlink": "yes",
}
# What ssh says, what it means, what helps.
_REASONS = (
    ("Connection refused", "no ssh server listens there", "Start sshd on it, or name its port: ssh://user@box:2222."),
    ("Could not resolve", "there is no machine of that name", "Check its name, and ~/.ssh/config."),
    ("Connection timed out", "it does not answer", "Check its address and the way there."),
    ("No route to host", "there is no way there", "Check its address and the way there."),
    (
        "Host key verification failed",
        "its host key is not known, or has changed",
        "Log in once by hand, and compare it: ",
    ),
    ("Permission denied", "it accepts none of your keys", "ssh-copy-id puts one there, ssh-add unlocks one: "),
    ("Too many authentication failures", "it accepts none of your keys", "Name the right one in ~/.ssh/config: "),
    ("Bad owner or permissions", "ssh refuses its own configuration", "Mend what it says: "),
)


def socket_to(target: str, program: list[str] | None = None) -> Path:
    """A socket that leads to the engine of `[USER@]BOX[:PORT][/PATH]`, by ssh or this `program`; EngineError when there
    is no way.
    """
    place = folder()
    program = program or _program()
    name = hashlib.sha256(f"{program}\0{target}".encode()).hexdigest()[:16]
    path = place / f"{name}.sock"
    if _answers(path):
        return path
    with FileLock(place / f"{name}.lock", _LIMIT):
        if not _answers(path):
            _open(target, program, place / name, path)
    return path


def _program() -> list[str]:
    return shlex.split(os.environ.get("NETPROOF_SSH") or "ssh")


def folder() -> Path:
    """A folder of this user's alone, with a path short enough for sockets (107 bytes)."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    folder = base / f"netproof-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    if about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o077 or not stat.S_ISDIR(about.st_mode):
        raise UsageError(f"{folder} is not yours alone.", f"Remove it, or make it yours: chmod 700 {folder}.")
    return folder


def _answers(path: Path) -> bool:
    """Whether an engine answers there."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_ANSWER)
        probe.connect(str(path))
        probe.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
        return b" 200 " in probe.recv(100)
    return False


def _open(target: str, program: list[str], base: Path, path: Path) -> None:
    """Start ssh in the background; it returns once the connection stands, or has failed."""
    parts = urlsplit(f"ssh://{target}")
    engine = parts.path or _SOCKET
    login = parts.netloc if parts.port is None else parts.netloc.rpartition(":")[0]
    port = [] if parts.port is None else ["-p", str(parts.port)]
    control, log = base.with_suffix(".ctl"), base.with_suffix(".log")
    _end(program, control, login)
    log.unlink(missing_ok=True)
    options = [word for name, value in _OPTIONS.items() for word in ("-o", f"{name}={value}")]
    forward = ["-S", str(control), "-E", str(log), "-L", f"{path}:{engine}"]
    command = [*program, "-f", "-N", *options, *forward, *port, "--", login.strip("[]")]
    try:
        code = _run(command)
    except FileNotFoundError as error:
        raise EngineError(f"ssh://{target}: there is no {command[0]!r} here.", "Install OpenSSH's client.") from error
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"ssh://{target} cannot be reached: it does not answer.", "Check the way there.") from error
    said = log.read_text(errors="replace") if log.exists() else ""
    if code:
        raise refusal(target, login, said)
    if not until(lambda: _answers(path), _PATIENCE, 0.1):
        _end(program, control, login)
        raise EngineError(
            f"ssh://{target} is reached, but no Docker engine answers at {engine} there.",
            "Start one there; its user must be in the group docker; a socket elsewhere is named ssh://user@box/PATH.",
        )


def _run(command: list[str]) -> int:
    """Run ssh without our terminal and signals: Ctrl-C is for the command, not for what others use as well."""
    quiet = subprocess.DEVNULL
    return subprocess.run(
        command, check=False, timeout=_LIMIT, start_new_session=True, stdin=quiet, stdout=quiet, stderr=quiet
    ).returncode


def _end(program: list[str], control: Path, login: str) -> None:
    """End the ssh that still holds this control socket, if one does."""
    if control.exists():
        _run([*program, "-S", str(control), "-O", "exit", "--", login])
        control.unlink(missing_ok=True)


def refusal(target: str, login: str, said: str) -> EngineError:
    """What it means that ssh failed with these words, and what helps; `login` is how one tries it by hand."""
    lines = [line for line in said.splitlines() if line.strip()]
    for sign, meaning, remedy in _REASONS:
        if sign in said:
            by_hand = f"`ssh {login}`." if remedy.endswith(": ") else ""
            return EngineError(f"ssh://{target} cannot be reached: {meaning}.", f"{remedy}{by_hand}")
    last = lines[-1] if lines else "ssh failed without a word"
    return EngineError(f"ssh://{target} cannot be reached: {last}", f"Mend it until `ssh {login}` works.")
