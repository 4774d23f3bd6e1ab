"""An installed netproof: a wheel in an environment of its own, used from an empty folder by who may use the engine."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from netproof import __version__
from netproof.paths import HOME

FOLDERS = {
    "orchestrator": "netproof",
    "labs": "netproof/labs",
    "fixtures": "netproof/fixtures",
    "vagrant": "netproof/vagrant",
}
NOBODY = 65534
SITES = [path for path in sys.path if path.endswith("-packages")]
Ended = subprocess.CompletedProcess[str]


def build(source: Path, into: Path) -> Path:
    """The wheel that pip builds of a source tree, with what is installed here."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", str(into), str(source)]
    subprocess.run(command, check=True, capture_output=True, cwd=into.parent)
    (made,) = into.glob("*.whl")
    return made


def contents(wheel: Path) -> dict[str, tuple[int, int]]:
    """{file: (checksum, mode)}."""
    with zipfile.ZipFile(wheel) as archive:
        return {item.filename: (item.CRC, item.external_attr >> 16) for item in archive.infolist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this tree."""
    return build(HOME, tmp_path_factory.mktemp("wheel") / "dist")


@frozen
class Person:
    """Somebody who has installed netproof, in a folder of their own."""

    folder: Path
    prefix: tuple[str, ...]

    @property
    def python(self) -> str:
        return str(self.folder / "installed" / "bin" / "python")

    def __call__(self, line: str) -> Ended:
        """Type a line in an empty folder."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "NETPROOF_OWNER": f"installed-{os.getpid()}",
            "NETPROOF_SPARES": "0",
            **{name: value for name, value in os.environ.items() if name.startswith("DOCKER_")},
        }
        return subprocess.run(
            [*self.prefix, str(Path(self.python).with_name("netproof")), *line.split()],
            cwd=self.folder / "empty",
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


def _ordinary() -> tuple[str, ...]:
    """Runs a command as somebody who is in the engine's group, and else nobody. Only root can."""
    socket = Path("/var/run/docker.sock")
    if os.geteuid() or not shutil.which("setpriv") or not socket.exists():
        return ()
    group = socket.stat().st_gid
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", f"--groups={group}", "--no-new-privs")


def _interpreter() -> tuple[str, tuple[str, ...]]:
    """A Python that an ordinary person can use with what is installed here; else ours, as who we are."""
    look = f"import sys; sys.path += {SITES!r}; import attrs, docker, invoke, pytest, testinfra"
    same = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, same) if _ordinary() else ():
        if (
            subprocess.run([*_ordinary(), python, "-c", look], cwd="/", capture_output=True, check=False).returncode
            == 0
        ):
            return python, _ordinary()
    return sys.executable, ()


@pytest.fixture(scope="module")
def person(wheel: Path) -> Iterator[Person]:
    """Has installed the wheel beside what is installed here. Not in pytest's folder, which is its owner's alone."""
    folder = Path(tempfile.mkdtemp(prefix="netproof-installed-"))
    folder.chmod(0o755)
    python, prefix = _interpreter()
    somebody = Person(folder, prefix)
    try:
        subprocess.run([python, "-m", "venv", "--without-pip", str(folder / "installed")], check=True)
        (site,) = (folder / "installed" / "lib").glob("python3*/site-packages")
        (site / "shared.pth").write_text("\n".join(SITES))
        command = [sys.executable, "-m", "pip", "--python", somebody.python, "install", "-q", "--no-deps", "--no-index"]
        subprocess.run([*command, str(wheel)], check=True, capture_output=True)
        for name in ("home", "empty"):
            (folder / name).mkdir()
            (folder / name).chmod(0o777)
        yield somebody
    finally:
        shutil.rmtree(folder)


def test_a_wheel_has_what_git_has_and_all_of_it_below_one_name(wheel: Path) -> None:
    """Nothing of ours is called labs, fixtures, orchestrator or tasks, and what may be run can be."""
    found = contents(wheel)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS],
        cwd=HOME,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    files = [name for name in listed if not (HOME / name).is_symlink()]
    assert {name.partition("/")[0] for name in found} == {"netproof", f"netproof-{__version__}.dist-info"}
    assert {name for name in found if name.startswith("netproof/")} == {
        f"{FOLDERS[folder]}/{rest}" for folder, _, rest in (name.partition("/") for name in files)
    }
    assert found["netproof/vagrant/labhost"][1] & stat.S_IXUSR


def test_a_wheel_of_the_source_archive_is_the_same(wheel: Path, tmp_path: Path) -> None:
    """Who packages netproof gets what we get."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)],
        cwd=HOME,
        check=True,
        capture_output=True,
    )
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    assert contents(build(tmp_path / archive.name.removesuffix(".tar.gz"), tmp_path / "dist")) == contents(wheel)


def test_an_installed_program_knows_itself(person: Person) -> None:
    """Its version, its commands, and none of those that need a clone; nothing is importable by another name."""
    assert person("--version").stdout.startswith(f"netproof {__version__} (Python ")
    listed = person("--list").stdout
    assert "  matrix " in listed
    assert "  bench " not in listed
    refused = person("test --unit")
    assert (refused.returncode, "needs a clone" in refused.stderr) == (2, True)
    look = "from importlib.util import find_spec as find; print([n for n in ('labs', 'fixtures', 'tasks') if find(n)])"
    command = [*person.prefix, person.python, "-I", "-c", look]
    assert subprocess.run(command, cwd="/", check=True, capture_output=True, text=True).stdout == "[]\n"


def test_its_plugin_does_not_clash_with_the_clones_own(person: Person, tmp_path: Path) -> None:
    """pytest loads it by its entry point, and somebody's conftest.py by its name."""
    (tmp_path / "conftest.py").write_text("pytest_plugins = ['netproof.fixtures.plugin']\n")
    (tmp_path / "test_it.py").write_text("def test_it(pytestconfig):\n    pytestconfig.getoption('--instance')\n")
    done = subprocess.run(
        [person.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_lab_is_built_proven_broken_and_repaired_from_an_empty_folder(person: Person) -> None:
    """The way through netproof as its README tells it; each line names the next one as it has to be typed here."""
    copy = f"bridge-nat --as installed-{os.getpid()}"
    try:
        up = person(f"lab up {copy}")
        assert up.returncode == 0, up.stderr
        assert f"Next: netproof lab test {copy}" in up.stdout
        assert "invoke" not in up.stdout
        tested = person(f"lab test {copy} --json")
        assert tested.returncode == 0, tested.stderr
        assert {claim["outcome"] for claim in json.loads(tested.stdout)["claims"]} == {"passed"}
        for line, code in (
            (f"lab test {copy} --engine 20.10", 2),
            (f"lab break {copy} --seed 1", 0),
            (f"lab check {copy}", 1),
            (f"lab reset {copy}", 0),
            (f"lab check {copy}", 0),
            (f"lab down {copy}", 0),
        ):
            done = person(line)
            assert done.returncode == code, f"{line}: {done.stdout}{done.stderr}"
            assert "Traceback" not in done.stderr
    finally:
        cleaned = person("clean --keep-images")
    assert cleaned.returncode == 0, cleaned.stderr
    assert list((person.folder / "empty").iterdir()) == []
