"""bootstrap without Docker, network or a real venv: a sandboxed clone, a PATH of stubs, apt-get recorded."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pty
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
TOOLS = {
    *("bash", "sh", "cat", "cksum", "cp", "find", "flock", "grep", "mkdir"),
    *("mktemp", "readlink", "rm", "sed", "sleep", "tail"),
}
DEBIAN = "ID=debian\n"
ELSEWHERE = "ID=nixos\n"

# Makes a "venv" at once; everything else is this Python.
FAKE_PYTHON = """#!/bin/sh
echo "python $*" >> {calls}
case "$*" in
    *'import ensurepip'*) exit 0 ;;
    '-m venv'*) mkdir -p .venv/bin && cp "$0" .venv/bin/python && cp {command} .venv/bin/greet ;;
    '-m pip'*) exit {pip} ;;
    *) exec {python} "$@" ;;
esac
"""
FAKE_COMMAND = '#!/bin/sh\necho "$PWD $VIRTUAL_ENV $*"\nexit 7\n'


class Sandbox:
    """A clone with nothing in it but bootstrap, and a machine with nothing on it but stubs."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "clone"
        self.bin = folder / "bin"
        self.socket = folder / "docker.sock"
        self.calls = folder / "calls"
        self.home = folder / "home"
        self.os_release = folder / "os-release"
        self.policy = folder / "policy-rc.d"
        for made in (self.root, self.bin, self.home):
            made.mkdir()
        self.calls.touch()
        (self.root / "requirements.lock").write_text("")
        self._install_bootstrap()
        for tool in TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)
        self.stub("id", 'case "$1" in -u) echo 0 ;; *) echo someone ;; esac')
        for tool in ("apt-get", "apt-cache", "dpkg", "systemctl"):
            self.stub(tool, f'echo "{tool} $*" >> {self.calls}; exit 1')
        self.python()
        self.on(DEBIAN)

    def _install_bootstrap(self) -> None:
        text = (ROOT / "bootstrap").read_text()
        for name, value in (
            ("SOCKET", self.socket),
            ("OS_RELEASE", self.os_release),
            ("DISTRO_PYTHON", self.bin / "absent"),
            ("POLICY", self.policy),
        ):
            before = next(line for line in text.splitlines() if line.startswith(f"{name}="))
            text = text.replace(before, f"{name}={value}")
        # the real machine's /usr/sbin may hold a dockerd
        text = text.replace("PATH=$PATH:/usr/sbin:/sbin", ":")
        (self.root / "bootstrap").write_text(text)
        (self.root / "bootstrap").chmod(0o755)

    def stub(self, name: str, script: str) -> None:
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def python(self, pip_exit: int = 0) -> None:
        command = self.bin.parent / "greet"
        command.write_text(FAKE_COMMAND)
        command.chmod(0o755)
        python = self.bin / "python3"
        python.write_text(FAKE_PYTHON.format(calls=self.calls, command=command, pip=pip_exit, python=sys.executable))
        python.chmod(0o755)

    def on(self, os_release: str) -> None:
        self.os_release.write_text(os_release)

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.root / "bootstrap"), *words],
            env={"PATH": str(self.bin), "HOME": str(self.home), **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    def called(self, start: str) -> list[str]:
        return [line for line in self.calls.read_text().splitlines() if line.startswith(start)]

    def nothing_was_installed(self) -> bool:
        return not (self.called("apt-get") or self.called("systemctl") or self.called("python -m venv"))


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


def serve(path: Path, reply: bytes) -> Callable[[], None]:
    """A Unix socket on which every connection gets one reply; returns what ends it."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def loop() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(1024)
                connection.sendall(reply)

    threading.Thread(target=loop, daemon=True).start()

    def close() -> None:
        server.shutdown(socket.SHUT_RDWR)
        server.close()

    return close


@pytest.fixture
def engine(sandbox: Sandbox) -> Iterator[Path]:
    """Something that answers pings at the sandbox's local socket."""
    close = serve(sandbox.socket, b"HTTP/1.0 200 OK\r\n\r\nOK")
    yield sandbox.socket
    close()


def define_context(sandbox: Sandbox, name: str, host: str) -> None:
    meta = sandbox.home / ".docker/contexts/meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))


@pytest.mark.parametrize("script", ["bootstrap", ".ci/run", "scripts/lock"])
def test_script_is_valid_bash_and_executable(script: str) -> None:
    """Every shell script of the project parses and may be executed."""
    done = subprocess.run(["bash", "-n", str(ROOT / script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert os.access(ROOT / script, os.X_OK)


def test_help_goes_to_stdout_and_does_nothing(sandbox: Sandbox) -> None:
    """--help prints the usage and touches nothing."""
    done = sandbox.run("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: ./bootstrap")
    assert sandbox.nothing_was_installed()


@pytest.mark.parametrize(
    ("flag", "nearest"),
    [
        ("--yse", "--yes"),
        ("--hlep", "--help"),
        ("--stop", "--stop-engine"),
        ("--with", "--with-browser"),
        ("--with-va", "--with-vagrant"),
        ("-x", "--yes"),
    ],
)
def test_unknown_flag_names_the_nearest(sandbox: Sandbox, flag: str, nearest: str) -> None:
    """A mistyped option ends with 2 and the option that was probably meant."""
    done = sandbox.run(flag, "greet")
    assert done.returncode == 2
    assert flag in done.stderr
    assert nearest in done.stderr
    assert sandbox.nothing_was_installed()


def test_dead_docker_host_is_reported_and_nothing_is_installed(sandbox: Sandbox, engine: Path) -> None:
    """A DOCKER_HOST that is silent is an error even where the local socket would answer."""
    done = sandbox.run("--yes", "greet", DOCKER_HOST=f"unix://{engine}.dead")
    assert done.returncode == 3
    assert f"DOCKER_HOST says unix://{engine}.dead" in done.stderr
    assert "there is no such socket" in done.stderr
    assert "unset DOCKER_HOST" in done.stderr
    assert sandbox.nothing_was_installed()


def test_refusing_tcp_host_is_reported(sandbox: Sandbox) -> None:
    """A DOCKER_HOST over TCP is pinged too."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        done = sandbox.run("greet", DOCKER_HOST=f"tcp://127.0.0.1:{unused.getsockname()[1]}")
    assert done.returncode == 3
    assert "nothing listens there" in done.stderr


@pytest.mark.parametrize("by_variable", [False, True])
def test_silent_context_is_reported_and_nothing_is_installed(sandbox: Sandbox, *, by_variable: bool) -> None:
    """The current docker context counts as chosen: silent means stop, not install."""
    define_context(sandbox, "far", f"unix://{sandbox.home}/far.sock")
    if not by_variable:
        (sandbox.home / ".docker/config.json").write_text('{"currentContext": "far"}')
    done = sandbox.run("--yes", "greet", **({"DOCKER_CONTEXT": "far"} if by_variable else {}))
    assert done.returncode == 3
    assert "the docker context 'far'" in done.stderr
    assert sandbox.nothing_was_installed()


@pytest.mark.parametrize(
    ("words", "variable"), [((), "ssh://box"), (("--host", "ssh://box"), ""), (("--host=docker:far",), "dind")]
)
def test_labs_elsewhere_need_no_engine_here(sandbox: Sandbox, words: tuple[str, ...], variable: str) -> None:
    """Nobody is asked for one, and nothing is installed."""
    done = sandbox.run("greet", *words, NETPROOF_HOST=variable)
    assert (done.returncode, sandbox.called("apt-get"), sandbox.called("systemctl")) == (7, [], []), done.stderr


def test_labs_here_need_one(sandbox: Sandbox) -> None:
    """The control: the same sandbox has none."""
    sandbox.on(ELSEWHERE)
    done = sandbox.run("greet", "--host", "dind", NETPROOF_HOST="ssh://box")
    assert (done.returncode, "no Docker engine here" in done.stderr) == (3, True), done.stderr


def test_answering_context_is_handed_on_as_docker_host(sandbox: Sandbox) -> None:
    """The command sees the engine of the current context, though docker-py knows no contexts."""
    far = sandbox.home / "far.sock"
    define_context(sandbox, "far", f"unix://{far}")
    (sandbox.home / ".docker/config.json").write_text('{"currentContext": "far"}')
    close = serve(far, b"HTTP/1.0 200 OK\r\n\r\nOK")
    done = sandbox.run("sh", "-c", "echo $DOCKER_HOST")
    close()
    assert (done.returncode, done.stdout) == (0, f"unix://{far}\n"), done.stderr


def test_something_else_at_the_address_is_not_an_engine(sandbox: Sandbox) -> None:
    """An answer that is not a ping's answer is no engine."""
    other = sandbox.home / "other.sock"
    close = serve(other, b"HTTP/1.0 404 Not Found\r\n\r\n")
    done = sandbox.run("greet", DOCKER_HOST=f"unix://{other}")
    close()
    assert done.returncode == 3
    assert "not a Docker engine" in done.stderr


def test_command_runs_in_the_clone_and_the_venv_with_a_clean_stdout(sandbox: Sandbox, engine: Path) -> None:
    """The command gets clone, venv, arguments and all of stdout, and its exit code stays."""
    assert engine.is_socket()
    done = sandbox.run("greet", "a b", "--json")
    assert (done.returncode, done.stdout) == (7, f"{sandbox.root} {sandbox.root}/.venv a b --json\n")
    assert not sandbox.called("apt-get")


def test_second_run_makes_no_venv(sandbox: Sandbox, engine: Path) -> None:
    """A whole .venv is used as it is, silently."""
    assert engine.is_socket()
    sandbox.run("greet")
    done = sandbox.run("greet")
    assert (done.returncode, done.stderr) == (7, "")
    assert len(sandbox.called("python -m venv")) == 1


def test_changed_lock_remakes_the_venv(sandbox: Sandbox, engine: Path) -> None:
    """Another requirements.lock, another .venv."""
    assert engine.is_socket()
    sandbox.run("greet")
    (sandbox.root / "requirements.lock").write_text("# other\n")
    sandbox.run("greet")
    assert len(sandbox.called("python -m venv")) == 2


def test_failed_venv_is_redone(sandbox: Sandbox, engine: Path) -> None:
    """What pip could not finish is not taken for whole by the next run."""
    assert engine.is_socket()
    sandbox.python(pip_exit=1)
    failed = sandbox.run("greet")
    sandbox.python()
    done = sandbox.run("greet")
    assert (failed.returncode, done.returncode) == (3, 7)
    assert "pip could not install requirements.lock" in failed.stderr


def test_without_consent_nothing_is_installed(sandbox: Sandbox) -> None:
    """No terminal and no --yes: the packages are named, and that is all."""
    done = sandbox.run("greet")
    assert done.returncode == 3
    assert "docker.io" in done.stderr
    assert "--yes" in done.stderr
    assert sandbox.nothing_was_installed()


@pytest.mark.parametrize(("answer", "installs"), [("\n", True), ("y\n", True), ("n\n", False), ("\x04", False)])
def test_person_at_a_terminal_is_asked(sandbox: Sandbox, answer: str, *, installs: bool) -> None:
    """At a terminal the packages are listed first; Enter means yes, end of input means no."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [str(sandbox.root / "bootstrap"), "greet"],
        env={"PATH": str(sandbox.bin), "HOME": str(sandbox.home)},
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        said = b""
        while b"[Y/n]" not in said:
            said += os.read(ours, 1024)
        os.write(ours, answer.encode())
        with contextlib.suppress(OSError):  # a terminal whose other end is closed
            while os.read(ours, 1024):
                pass
    os.close(ours)
    assert b"docker.io" in said
    assert process.returncode == 3  # the stub of apt-get installs nothing
    assert bool(sandbox.called("apt-get")) is installs


@pytest.mark.parametrize("consent", ["--yes", "CI"])
def test_consent_lets_apt_run_and_its_failure_is_shown(sandbox: Sandbox, consent: str) -> None:
    """--yes and CI=true install the distribution's packages; a failing apt-get ends with 3."""
    done = sandbox.run("greet", CI="true") if consent == "CI" else sandbox.run(consent, "greet")
    assert done.returncode == 3
    assert "apt-get could not install docker.io" in done.stderr
    assert any("install" in call and "--no-install-recommends" in call for call in sandbox.called("apt-get"))


def test_a_browser_comes_only_when_asked_for(sandbox: Sandbox, engine: Path) -> None:
    """With consent, from the distribution; one that is there is not installed again."""
    assert engine.is_socket()
    sandbox.stub("debootstrap", "exit 0")
    assert sandbox.run("--yes", "greet").returncode == 7
    assert not sandbox.called("apt-get")
    refused = sandbox.run("--with-browser", "greet")
    assert (refused.returncode, sandbox.called("apt-get")) == (3, [])
    assert "chromium-driver" in refused.stderr
    assert sandbox.run("--yes", "--with-browser", "greet").returncode == 3  # the stub of apt-get installs nothing
    assert any("install" in call and "chromium-driver" in call for call in sandbox.called("apt-get"))
    sandbox.stub("chromedriver", "exit 0")
    done = sandbox.run("--with-browser", "greet")
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.parametrize("system", ["ID=ubuntu\nID_LIKE=debian\n", ELSEWHERE])
def test_without_a_package_of_a_browser_there_is_none(sandbox: Sandbox, engine: Path, system: str) -> None:
    """Where the distribution has none that runs everywhere, the rest is set up all the same."""
    assert engine.is_socket()
    sandbox.on(system)
    sandbox.stub("debootstrap", "exit 0")
    done = sandbox.run("--yes", "--with-browser", "greet")
    assert done.returncode == 7
    assert not sandbox.called("apt-get")


@pytest.mark.parametrize("provider", ["libvirtd", "VBoxManage"])
def test_vagrant_comes_only_when_asked_for(sandbox: Sandbox, engine: Path, provider: str) -> None:
    """With consent, from the distribution, without any service being started; what is there is not installed again."""
    assert engine.is_socket()
    sandbox.stub("debootstrap", "exit 0")
    refused = sandbox.run("--with-vagrant", "greet")
    assert (refused.returncode, sandbox.called("apt-get")) == (3, [])
    assert "vagrant-libvirt" in refused.stderr
    sandbox.stub("apt-get", f'echo "apt-get $* $(cat {sandbox.policy} | tail -n 1)" >> {sandbox.calls}')
    sandbox.stub("chmod", "exit 0")
    assert sandbox.run("--yes", "--with-vagrant", "greet").returncode == 7
    (installed,) = [call for call in sandbox.called("apt-get") if "install" in call and "download" not in call]
    assert "libvirt-daemon-driver-qemu" in installed
    assert installed.endswith("exit 101")
    assert not sandbox.policy.exists()
    for name in ("vagrant", provider):
        sandbox.stub(name, "exit 0")
    done = sandbox.run("--with-vagrant", "greet")
    assert (done.returncode, done.stderr) == (7, "")


def test_other_distribution_is_told_what_to_install(sandbox: Sandbox) -> None:
    """Outside Debian and Ubuntu bootstrap installs nothing."""
    sandbox.on(ELSEWHERE)
    done = sandbox.run("--yes", "greet")
    assert done.returncode == 3
    assert "Only Debian and Ubuntu" in done.stderr
    assert sandbox.nothing_was_installed()


def test_ordinary_user_is_told_what_to_install(sandbox: Sandbox) -> None:
    """Who is not root gets the command that root would run."""
    sandbox.stub("id", 'case "$1" in -u) echo 1000 ;; *) echo someone ;; esac')
    done = sandbox.run("--yes", "greet")
    assert done.returncode == 3
    assert "sudo apt-get install docker.io" in done.stderr
    assert sandbox.nothing_was_installed()


def test_forbidden_socket_is_reported_and_nothing_is_installed() -> None:
    """A local engine one may not use is not an absent engine."""
    python = "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip("needs /usr/bin/python3: another user must be able to run it")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        sandbox = Sandbox(Path(folder))
        close = serve(sandbox.socket, b"HTTP/1.0 200 OK\r\n\r\nOK")
        sandbox.socket.chmod(0)
        sandbox.stub("python3", f'case "$*" in *ensurepip*) exit 0 ;; *) exec {python} "$@" ;; esac')
        sandbox.stub("id", 'case "$1" in -u) echo 1000 ;; *) echo someone ;; esac')
        done = subprocess.run(
            [str(sandbox.root / "bootstrap"), "--yes", "greet"],
            env={"PATH": str(sandbox.bin), "HOME": str(sandbox.home)},
            user=65534 if os.geteuid() == 0 else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        close()
    assert done.returncode == 3
    assert "permission denied" in done.stderr
    assert "usermod -aG docker someone" in done.stderr


def test_unknown_command_is_127(sandbox: Sandbox, engine: Path) -> None:
    """A command that does not exist is named."""
    assert engine.is_socket()
    done = sandbox.run("invok")
    assert done.returncode == 127
    assert "'invok'" in done.stderr


def test_unusable_chosen_python_is_reported(sandbox: Sandbox) -> None:
    """NETPROOF_PYTHON is never replaced by another Python."""
    done = sandbox.run("--yes", "greet", NETPROOF_PYTHON="/nowhere/python")
    assert done.returncode == 3
    assert "NETPROOF_PYTHON is /nowhere/python" in done.stderr
    assert sandbox.nothing_was_installed()


def test_lock_names_no_location() -> None:
    """requirements.lock pins versions and hashes and leaves the index to pip."""
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    pins = [line for line in text.splitlines() if line[:1].isalnum()]
    assert all("==" in line and line.endswith("\\") for line in pins)
