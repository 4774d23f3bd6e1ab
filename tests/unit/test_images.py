"""How lab host images are named, found and made; the engine is not asked for anything here."""

from __future__ import annotations

import fcntl
import importlib.metadata
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, cast

import attrs
import docker
import pytest
from docker.errors import APIError

from netproof.errors import EngineError, ImageError, UnknownName
from netproof.images import (
    ENGINES,
    HostImage,
    ensure,
    errors,
    find,
    host_config,
    image_import,
    lookup,
    node_archive,
    payload,
    recipe,
    sweep,
    tool_runner,
    workdir,
)
from netproof.images.rootfs_choice import Way, choose, no_way
from netproof.state import labels

FILES = {payload.STRIP: b"strip", "files/lab-init": b"init"}
RECIPE = ENGINES["26.1"]


def nothing_said(_: str) -> None:
    """For tests that do not look at progress."""


# Recipes


def test_every_engine_has_a_recipe_under_its_own_name() -> None:
    """An engine's key, its recipe's engine and the Debian suite belong together."""
    suites = {name: (made.engine, made.suite) for name, made in ENGINES.items()}
    assert suites == {
        "20.10": ("20.10", "bookworm"),
        "26.1": ("26.1", "trixie"),
        "28.5": ("28.5", "forky"),
    }


@pytest.mark.parametrize(
    "other",
    [
        recipe.digest(attrs.evolve(RECIPE, packages=(*RECIPE.packages, "strace")), FILES, "1"),
        recipe.digest(attrs.evolve(RECIPE, suite="sid"), FILES, "1"),
        recipe.digest(attrs.evolve(RECIPE, engine="27.0"), FILES, "1"),
        recipe.digest(RECIPE, FILES | {"files/lab-init": b"other"}, "1"),
        recipe.digest(RECIPE, FILES | {payload.STRIP: b"other"}, "1"),
        recipe.digest(RECIPE, FILES, "2"),
    ],
    ids=["package", "suite", "engine", "file", "strip", "pyroute2"],
)
def test_the_hash_changes_with_everything_that_shapes_the_image(other: str) -> None:
    """A change to any ingredient names another image."""
    assert other != recipe.digest(RECIPE, FILES, "1")


def test_the_distribution_part_is_kept_when_only_init_changes() -> None:
    """What is slow to make is not made again for a file that goes on top."""
    changed = FILES | {"files/lab-init": b"other"}
    assert recipe.rootfs_digest(RECIPE, changed) == recipe.rootfs_digest(RECIPE, FILES)


def test_every_file_here_is_in_the_hash() -> None:
    """No file under files/ can change without changing the recipe."""
    shipped = {path.name for path in (Path(payload.__file__).parent / "files").iterdir()}
    assert shipped <= {Path(name).name for name in payload.contents()}


@pytest.mark.parametrize("ask", [find, lambda client, name: ensure(client, name, nothing_said)])
def test_an_unknown_engine_is_named_with_the_nearest(ask: Any) -> None:
    """Engine 26.2 does not exist, and 26.1 is suggested, before anything is asked of Docker."""
    with pytest.raises(UnknownName) as caught:
        ask(None, "26.2")
    assert caught.value.nearest == "26.1"


def test_the_note_says_promised_and_got() -> None:
    """A suite that has moved on to another engine is said so; the promised one needs no words."""
    promised = HostImage("sha256:1", "28.5", "28.5.2+dfsg4", "r")
    assert promised.note == ""
    assert attrs.evolve(promised, version="29.1.0").note == ("Engine 28.5 was promised; Debian forky has 29.1.0.")


# Payload


def test_the_payload_holds_init_and_the_sources_of_pyroute2() -> None:
    """Everything belongs to root, scripts can be run, and no bytecode of this Python is shipped."""
    with tarfile.open(fileobj=io.BytesIO(payload.as_tar())) as tar:
        members = {member.name: member for member in tar.getmembers()}
    assert members["usr/sbin/lab-init"].mode == 0o755
    assert "opt/netproof/site/pyroute2/__init__.py" in members
    assert not [name for name in members if name.endswith(".pyc") or "__pycache__" in name]
    assert {member.uid for member in members.values()} == {0}


def test_pyroute2_is_known_by_its_installed_version() -> None:
    """The lab host gets what is installed here."""
    assert payload.pyroute2_version() == importlib.metadata.version("pyroute2")


SCRIPTS = [name for name, content in payload.contents().items() if content.startswith(b"#!")]


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_are_well_formed(name: str) -> None:
    """The shell a script names accepts it."""
    script = Path(payload.__file__).parent / ("files/strip" if name == payload.STRIP else name)
    shell = script.read_text().splitlines()[0].removeprefix("#!")
    subprocess.run([shell, "-n", str(script)], check=True)


# Sources


@pytest.mark.parametrize(
    ("present", "pullable", "can_bootstrap", "way"),
    [
        (True, False, True, Way.PRESENT),
        (False, True, True, Way.PULL),
        (False, False, True, Way.DEBOOTSTRAP),
        (False, True, False, Way.PULL),
        (False, False, False, None),
    ],
)
def test_the_quickest_open_way_is_chosen(
    *, present: bool, pullable: bool, can_bootstrap: bool, way: Way | None
) -> None:
    """A base image that is here wins over a registry, and a registry over debootstrap."""
    assert choose(present=present, pullable=lambda: pullable, can_bootstrap=can_bootstrap) is way


def test_no_registry_is_asked_when_the_base_image_is_here() -> None:
    """Asking costs seconds where none answers."""

    def ask() -> bool:
        pytest.fail("a registry was asked")

    assert choose(present=True, pullable=ask, can_bootstrap=False) is Way.PRESENT


def test_a_closed_machine_is_told_both_ways_out() -> None:
    """The remedy names the base image and debootstrap."""
    remedy = no_way("debian:trixie-slim").remedy
    assert "docker pull" in remedy
    assert "debootstrap" in remedy


# Failures


@pytest.mark.parametrize(
    "said",
    [
        "tar: ./usr/bin/docker: Cannot write: No space left on device",
        "[Errno 28] ENOSPC",
        "write /var/lib/docker/tmp/x: disk quota exceeded",
    ],
)
def test_a_full_disk_is_recognised(said: str) -> None:
    """However the tool puts it, the person is told that the disk is full and where."""
    error = errors.step_failed("debootstrap trixie", [said], "Try again.", Path("/nowhere"))
    assert "no space left on the disk at /nowhere" in error.problem
    assert "TMPDIR" in error.remedy


def test_another_failure_keeps_its_own_remedy_and_the_tools_last_words() -> None:
    """The step, what the tool said last, and the way out."""
    error = errors.step_failed("Step", [*(f"line {n}" for n in range(50)), "", "E: no"], "Do this.")
    assert error.problem.startswith("Step failed.\n    line 43\n")
    assert error.problem.endswith("\n    E: no")
    assert error.remedy == "Do this."


def test_a_tool_that_fails_silently_on_a_full_disk_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is left, that is the reason, whatever was said."""
    usage = type("Usage", (), {"free": 0})
    monkeypatch.setattr("netproof.images.errors.shutil.disk_usage", lambda _: usage)
    assert "no space left" in errors.step_failed("Step", ["E: tar failed"], "", Path("/")).problem


def test_an_engine_that_complains_becomes_an_image_error() -> None:
    """What docker-py raises never reaches the person as a traceback."""
    with (
        pytest.raises(ImageError, match="Importing failed"),
        errors.engine_step("Importing", client_of(FakeEngine([]))),
    ):
        raise APIError("broken")


def test_an_import_that_ends_in_an_error_raises_it() -> None:
    """The engine reports a failed import in the body of a successful answer."""
    with pytest.raises(APIError, match="no space left"):
        image_import.imported_id('{"status":"x"}\n{"error":"no space left on device"}\n')
    assert image_import.imported_id('{"status":"sha256:12"}\n') == "sha256:12"


# Tools


def run(script: str, said: list[str]) -> None:
    """Run a shell script as a tool would be."""
    with tempfile.TemporaryFile() as lock:
        tool_runner.run("sh", ["sh", "-c", script], said.append, lock=lock.fileno())


def test_a_tools_lines_become_progress() -> None:
    """Each line is said once, without debootstrap's own marks."""
    said: list[str] = []
    run("echo 'I: Unpacking docker.io...'; echo done >&2", said)
    assert said == ["sh: Unpacking docker.io", "sh: done"]


def test_a_silent_tool_is_spoken_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that says nothing is still known to be working."""
    monkeypatch.setattr(tool_runner, "_PATIENCE", 0.02)
    said: list[str] = []
    run("sleep 0.2", said)
    assert "sh: still at it after 0 s" in said


def test_a_failed_tool_raises_its_last_lines() -> None:
    """The exit status and what was said before it."""
    with pytest.raises(tool_runner.ToolError) as caught:
        run("echo why; exit 3", [])
    assert (caught.value.status, caught.value.lines) == (3, ["why"])


def test_an_interrupt_ends_the_tool() -> None:
    """A tool does not outlive the person's patience."""

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with tempfile.TemporaryFile() as lock, pytest.raises(KeyboardInterrupt):
        tool_runner.run("sh", ["sh", "-c", "echo go; exec sleep 60"], interrupt, lock=lock.fileno())


# Temporary directories


@pytest.fixture
def tmpdir_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_build_leaves_no_directory(tmpdir_here: Path) -> None:
    """Its directory is under TMPDIR with our prefix while it lasts, and gone after."""
    with workdir.workdir() as work:
        (work.path / "root").mkdir()
        assert work.path.parent == tmpdir_here
        assert work.path.name.startswith(workdir.PREFIX)
    assert list(tmpdir_here.iterdir()) == []


@pytest.mark.usefixtures("tmpdir_here")
def test_a_living_build_is_not_swept() -> None:
    """Its lock is held, by us or by a tool we started."""
    with workdir.workdir() as work:
        assert sweep() == []
        assert work.path.exists()


@pytest.mark.usefixtures("tmpdir_here")
def test_a_dead_build_is_swept() -> None:
    """After kill -9 nobody holds the lock."""
    script = """
import os, signal
from netproof.images import workdir
with workdir.workdir() as work:
    print(work.path, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = os.environ | {"TMPDIR": tempfile.gettempdir(), "PYTHONPATH": os.pathsep.join(sys.path)}
    dead = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    left = Path(dead.stdout.decode().strip())
    assert left.exists()
    assert sweep() == [left]
    assert not left.exists()


def test_a_directory_without_a_lock_is_swept_only_when_old(tmpdir_here: Path) -> None:
    """A build may have made it a moment ago and not locked it yet."""
    young = tmpdir_here / f"{workdir.PREFIX}young"
    young.mkdir()
    assert sweep() == []
    os.utime(young, (0, 0))
    assert sweep() == [young]


def test_only_our_prefix_is_swept(tmpdir_here: Path) -> None:
    """Other directories are somebody's."""
    (tmpdir_here / "elsewhere").mkdir()
    os.utime(tmpdir_here / "elsewhere", (0, 0))
    assert sweep() == []


def test_the_lock_is_the_builders(tmpdir_here: Path) -> None:
    """Another process cannot take it while the build lasts."""
    with workdir.workdir() as work, (work.path / "lock").open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert list(tmpdir_here.iterdir()) == []


# Looking for images


def client_of(engine: FakeEngine) -> docker.DockerClient:
    """The fake, for the type checker."""
    return cast("docker.DockerClient", engine)


class FakeEngine:
    """A client whose engine has these images."""

    def __init__(self, images: list[dict[str, Any]] | Exception) -> None:
        self.answer = images
        self.asked: list[Any] = []
        self.api = self

    def images(self, **question: Any) -> list[dict[str, Any]]:
        self.asked.append(question)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def info(self) -> dict[str, str]:
        return {"DockerRootDir": "/nowhere"}


def test_the_newest_image_of_the_current_recipe_is_found_in_one_call() -> None:
    """Engine, recipe and role are asked for by label; the version is read from the answer."""
    images = [
        {"Id": "old", "Created": 1, "Labels": {}},
        {"Id": "new", "Created": 2, "Labels": {"netproof.engine-version": "26.1.5"}},
    ]
    engine = FakeEngine(images)
    found = find(client_of(engine), "26.1")
    assert found is not None
    assert (found.id, found.version) == ("new", "26.1.5")
    (question,) = engine.asked
    assert set(question["filters"]["label"]) == {
        f"{labels.RECIPE}={found.recipe}",
        f"{labels.ENGINE}=26.1",
        f"{labels.ROLE}=lab-host",
    }


def test_no_image_is_no_error() -> None:
    """A machine where nothing was built yet."""
    assert find(client_of(FakeEngine([])), "26.1") is None


def test_an_engine_that_does_not_answer_is_said_so() -> None:
    """The error is ours, with a remedy."""
    with pytest.raises(EngineError, match="Start the Docker engine"):
        find(client_of(FakeEngine(APIError("down"))), "26.1")


def test_an_image_that_is_there_is_returned_without_a_word() -> None:
    """`ensure` costs one call and says nothing when there is nothing to do."""
    said: list[str] = []
    engine = FakeEngine([{"Id": "it", "Created": 1, "Labels": {}}])
    assert ensure(client_of(engine), "26.1", said.append).id == "it"
    assert (said, len(engine.asked)) == ([], 1)


def test_the_manifest_is_read_from_the_list_in_the_image() -> None:
    """Package and version, one a line."""
    content = b"docker.io 26.1.5+dfsg1-9\ntini 0.19.0-3\n"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        info = tarfile.TarInfo("packages")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    assert lookup.parse_manifest(archive.getvalue()) == {"docker.io": "26.1.5+dfsg1-9", "tini": "0.19.0-3"}


# What a lab host may do


def test_a_lab_host_is_neither_privileged_nor_able_to_load_modules() -> None:
    """The settings the labs rely on, and those they must not have."""
    api = docker.APIClient(base_url="tcp://192.0.2.1:1", version="1.41")
    config = host_config(api, volume_labels={"a": "b"})
    assert "Privileged" not in config
    assert not {"SYS_MODULE", "SYS_RESOURCE", "SYS_TIME", "ALL"} & set(config["CapAdd"])
    assert config["NetworkMode"] == "none"
    assert config["MaskedPaths"] == config["ReadonlyPaths"] == []
    assert config["Mounts"] == [
        {"Type": "volume", "Target": "/var/lib/docker", "VolumeOptions": {"Labels": {"a": "b"}}}
    ]


# The node image


def test_a_node_stops_at_once() -> None:
    """`sleep infinity` ignores TERM; the image says KILL."""
    config = node_archive.configuration("sha256:1")["config"]
    assert isinstance(config, dict)
    assert config["StopSignal"] == "SIGKILL"


def test_the_same_tree_makes_the_same_node_image(tmp_path: Path) -> None:
    """Whenever its files were written: nodes that each made their own image have it by one id."""
    made = []
    for number, age in enumerate((1, 1_000_000)):
        tree = tmp_path / f"tree{number}"
        (tree / "bin").mkdir(parents=True)
        for name in ("b", "a"):
            (tree / "bin" / name).write_text(name)
            os.utime(tree / "bin" / name, (age, age))
        os.utime(tree / "bin", (age, age))
        node_archive.main(tree, "name:tag", tmp_path / f"image{number}")
        made.append((tmp_path / f"image{number}" / "config.json").read_bytes())
    assert made[0] == made[1]


def test_the_node_archive_is_what_docker_load_reads(tmp_path: Path) -> None:
    """Manifest, configuration and a layer whose digest is the one in the configuration."""
    tree = tmp_path / "tree"
    tree.mkdir()
    node_archive.main(tree, "name:tag", tmp_path / "image")
    assert sorted(path.name for path in (tmp_path / "image").iterdir()) == [
        "config.json",
        "layer.tar",
        "manifest.json",
    ]
