"""Users who run netproof on this machine's engine, each with an owner, a state directory and instance names of their
own, so that tests neither see each other nor anybody else's labs."""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import docker
import pytest

from netproof import images
from netproof.build.remove import clean, forget_files
from netproof.engine.client import connect
from netproof.errors import NetproofError
from netproof.facts import compare, flatten, structure
from netproof.hosts.dind import DockerHosts
from netproof.lab.running import RunningLab
from netproof.model import Lab
from netproof.state import labels
from netproof.state.instance import Instance, remembered
from netproof.wait import until
from tests.contract import ssh_machine
from tests.contract.shared_labs import of_tier
from tests.contract.ssh_machine import Machine

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("orchestrator", "netproof", "labs", "fixtures", "tasks.py", "conftest.py", "pyproject.toml")
LIMIT = 300.0
TEST = "netproof-contract-test"  # on what a test makes in the machine's owner's stead
Ended = subprocess.CompletedProcess[str]
_acting = threading.RLock()


def document(ended: Ended) -> dict[str, Any]:
    """What a command printed on stdout, which must be one JSON document and nothing else."""
    try:
        found: dict[str, Any] = json.loads(ended.stdout)
    except ValueError:
        pytest.fail(f"stdout is not one JSON document:\n{ended.stdout}\nstderr:\n{ended.stderr}")
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parameters that were given with `in_tiers`."""
    given = getattr(metafunc.function, "in_tiers", None)
    if given is not None:
        names, params = given
        metafunc.parametrize(names, of_tier(params, metafunc.config.getoption("tier")))


class User:
    """A person who uses netproof: `user("labs")`, `user.lab("up")`. Lab commands are about one lab."""

    def __init__(self, client: docker.DockerClient, state: Path, root: Path = ROOT, about: str = "bridge-nat") -> None:
        self.client = client
        self.state = state
        self.root = root
        self.about = about
        self.limit = LIMIT
        self.tag = f"t{uuid.uuid4().hex[:10]}"
        self.owner = f"contract-{self.tag}"
        self.mark = hashlib.sha256(self.owner.encode()).hexdigest()[:8]
        self.files = state / "owners" / self.mark
        self.mine = {
            "NETPROOF_STATE_DIR": str(state),
            "NETPROOF_OWNER": self.owner,
            "NETPROOF_DATA_DIR": str(state.with_name(f"{state.name}-data")),
            "NETPROOF_SPARES": "0",  # nobody here builds a second lab; test_spares.py does
        }

    @property
    def instance(self) -> Instance:
        return Instance(self.about, self.tag)

    @property
    def name(self) -> str:
        """The name of the container of the lab host `host`."""
        return self.container("host")

    def container(self, host: str) -> str:
        """The name of a lab host's container."""
        return f"netproof-{self.about}.{self.tag}-{host}-{self.mark}"

    def definition(self) -> Lab:
        """The lab as this user's tree describes it now."""
        path = self.root / "labs" / self.about.replace("-", "_") / "lab.py"
        lab = runpy.run_path(str(path))["LAB"]
        assert isinstance(lab, Lab)
        return lab

    def words(self, action: str, *more: str, tag: str | None = None) -> list[str]:
        """The command line of a lab command; what follows `--` stays last."""
        cut = more.index("--") if "--" in more else len(more)
        return ["lab", action, self.about, *more[:cut], "--as", tag or self.tag, *more[cut:]]

    def start(self, program: list[str], **options: Any) -> subprocess.Popen[str]:
        """Start a Python program as this user, in a process group of its own."""
        environment = {**os.environ, **self.mine, **options.pop("env", {})}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(
            [sys.executable, *program],
            cwd=self.root,
            env=environment,
            start_new_session=True,
            **{**pipes, **options},
        )

    def __call__(
        self, *words: str, stdin: str | None = None, program: tuple[str, ...] = ("-m", "invoke"), **options: Any
    ) -> Ended:
        """Run `invoke WORDS` to its end."""
        if stdin is not None:
            options["stdin"] = subprocess.PIPE
        process = self.start([*program, *words], **options)
        return finish(process, stdin, self.limit)

    def lab(self, action: str, *more: str, tag: str | None = None, **options: Any) -> Ended:
        """Run a lab command on this user's instance of the lab."""
        return self(*self.words(action, *more, tag=tag), **options)

    def must(self, action: str, *more: str, tag: str | None = None, **options: Any) -> Ended:
        """Run a lab command that has to succeed."""
        ended = self.lab(action, *more, tag=tag, **options)
        assert ended.returncode == 0, f"`lab {action}` exited {ended.returncode}:\n{ended.stdout}{ended.stderr}"
        return ended

    def typed(self, node: str, command: str) -> Ended:
        """Run a shell command in a node, as somebody would in `lab shell`."""
        return self.must("exec", node, "--", command)

    def struck(self, deed: signal.Signals | str, moments: Sequence[object], words: list[str]) -> Ended:
        """Run a command that gets a signal, or meets another deed, at moments; see kill_at.py."""
        return finish(self.strike(deed, moments, words))

    def strike(self, deed: signal.Signals | str, moments: Sequence[object], words: list[str]) -> subprocess.Popen[str]:
        """As `struck`, without waiting."""
        path = str(Path(__file__).with_name("kill_at.py"))
        name = deed.name if isinstance(deed, signal.Signals) else deed
        return self.start([path, name, *map(str, moments), "--", *words])

    def instance_file(self, name: str) -> str:
        """One of the instance's files."""
        return (self.files / "instances" / self.instance.slug / name).read_text()

    def hosts(self, tag: str | None = None) -> list[dict[str, Any]]:
        """This user's lab host containers."""
        wanted = [f"{labels.OWNER}={self.owner}", f"{labels.INSTANCE}={tag or self.tag}"]
        found: list[dict[str, Any]] = self.client.api.containers(all=True, filters={"label": wanted})
        return found

    def remains(self) -> list[str]:
        """Everything of this user's that exists."""
        ours = {"label": f"{labels.OWNER}={self.owner}"}
        api = self.client.api
        containers = api.containers(all=True, filters=ours)
        found = [f"container {item['Names']}" for item in containers if item["Labels"][labels.ROLE] != "lab-host"]
        found += [f"volume {item['Name']}" for item in api.volumes(filters=ours)["Volumes"] or []]
        found += [f"network {item['Name']}" for item in api.networks(filters=ours)]
        found += [f"image {item['Id']}" for item in api.images(all=True, filters=ours)]
        folder = self.files / "instances"
        found += [f"files {path}" for path in (folder.iterdir() if folder.is_dir() else ())]
        return found

    def processes(self) -> list[str]:
        """Processes on this machine that work on this user's files, such as the forwarder of `lab env`."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_text().replace("\0", " ")
                owned = f"NETPROOF_OWNER={self.owner}\0" in path.with_name("environ").read_text(errors="replace")
            except OSError:
                continue
            if owned or f"{self.state}/" in line:
                found.append(line)
        return found

    def is_healthy(self, tag: str | None = None) -> bool:
        """Every node runs and nothing differs from the state after `up`."""
        with self.attached(tag) as lab:
            folder = self.files / "instances" / lab.instance.slug
            before = structure(json.loads((folder / "baseline.json").read_text()))
            now = structure(lab.snapshot())
        wanted = self.definition()
        states = {item.name: item.state for host in now.values() for item in host.engine.containers}
        servers = [about["alive"] for host in now.values() for about in host.spawned.values()]
        return (
            states == {container.name: "running" for container in wanted.containers}
            and servers == [True for outsider in wanted.outsiders for _ in outsider.serves]
            and not compare(flatten(before), flatten(now))
        )

    @contextmanager
    def acting(self) -> Iterator[None]:
        """This process is this user meanwhile; others of its threads may be, too."""
        with _acting, mock.patch.dict(os.environ, self.mine):
            yield

    @contextmanager
    def attached(self, tag: str | None = None) -> Iterator[RunningLab]:
        """The running lab, from inside this process."""
        with self.acting():
            running = RunningLab.attach(self.definition(), Instance(self.about, tag or self.tag))
        with running:
            yield running

    def leave(self) -> None:
        """Clean up by netproof's own means; nothing may remain."""
        with self.acting():
            assert labels.owner() == self.owner
            clean(DockerHosts(self.client), keep_images=True)
            forget_files(remembered())
        assert not self.remains(), "clean left something behind"
        assert until(lambda: not self.processes(), 5), f"still running: {self.processes()}"


def foreign_container(client: docker.DockerClient, image: str, user: User) -> str:
    """A container of the machine's owner, by the name that the user's lab host would have.

    It was made from a lab host image that the user built, so it has inherited that image's labels.
    """
    api = client.api
    # The tmpfs keeps the image's volume from being made.
    settings = api.create_host_config(tmpfs={"/var/lib/docker": ""}, network_mode="none")
    labelled = {TEST: user.owner, labels.OWNER: user.owner, labels.ROLE: "lab-host"}
    made = api.create_container(
        image, name=user.name, entrypoint=["sleep", "60"], host_config=settings, labels=labelled
    )
    return str(made["Id"])


def finish(process: subprocess.Popen[str], stdin: str | None = None, limit: float = LIMIT) -> Ended:
    """Wait for a process; one that hangs is killed with its group."""
    try:
        out, err = process.communicate(stdin, limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        pytest.fail(f"{process.args!r} hung:\n{out}\n{err}")
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture(scope="session")
def client() -> docker.DockerClient:
    try:
        return connect()
    except NetproofError as error:
        pytest.skip(f"needs a Docker engine: {error.problem}")


@pytest.fixture(scope="session")
def image(client: docker.DockerClient) -> str:
    """The default lab host image, built for the real user if need be: what a test's user builds goes with the test."""

    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    return images.ensure(client, images.DEFAULT_ENGINE, say).id


@pytest.fixture(scope="session")
def new_user(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., User]:
    client = request.getfixturevalue("client")
    request.getfixturevalue("image")

    def make(root: Path = ROOT, about: str = "bridge-nat") -> User:
        return User(client, tmp_path_factory.mktemp("state"), root, about)

    return make


@pytest.fixture
def netproof(new_user: Callable[..., User]) -> Iterator[User]:
    """A user for one test."""
    user = new_user()
    yield user
    user.leave()


@pytest.fixture(scope="module")
def box(client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The other machine."""
    with ssh_machine.running(client, tmp_path_factory.mktemp("box")) as found:
        yield found


@pytest.fixture
def traveller(box: Machine, new_user: Callable[..., User]) -> Iterator[User]:
    """A user who knows the way to the box, also as the docker context `far`, and leaves nothing there."""
    user = new_user()
    user.mine["NETPROOF_SSH"] = box.ssh
    user.mine["DOCKER_CONFIG"] = str(box.folder / "docker")
    ssh_machine.configure(box)
    yield user
    cleaned = user("clean", "--keep-images")
    user.leave()
    assert cleaned.returncode == 0, cleaned.stderr
    assert box.holds(user.owner) == [], "clean left something on the other machine"


@pytest.fixture(scope="module")
def shared(new_user: Callable[..., User]) -> Iterator[User]:
    """A user with a running lab, for tests of a module that leave it as it was."""
    user = new_user()
    try:
        user.must("up")
        yield user
    finally:
        user.leave()


@pytest.fixture(scope="module")
def steps(new_user: Callable[..., User]) -> Iterator[list[str]]:
    """Every step of a complete `up`, from its journal."""
    user = new_user()
    try:
        user.must("up")
        yield journalled(user)
    finally:
        user.leave()


def journalled(user: User) -> list[str]:
    """The steps of the user's last `up`."""
    return [json.loads(line)["step"] for line in user.instance_file("journal.jsonl").splitlines()]


def own_tree(folder: Path) -> Path:
    """A copy of the project, to be changed."""
    for part in PARTS:
        source, target = ROOT / part, folder / part
        target.parent.mkdir(exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def edit(user: User, *replacements: tuple[str, str]) -> None:
    """Change the definition of a user's lab, in a tree of their own."""
    assert user.root != ROOT
    path = user.root / "labs" / user.about.replace("-", "_") / "lab.py"
    text = path.read_text()
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)


def changes(user: User) -> dict[str, str]:
    """What `up` changed: part -> why."""
    return {change["part"]: change["why"] for change in document(user.must("up", "--json"))["changes"]}


def at_every(steps: list[str], case: Callable[[int, str], str]) -> list[str]:
    """Run a case for each step, two at a time; returns what went wrong."""

    def attempt(number: int, name: str) -> str:
        try:
            found = case(number, name)
        except AssertionError as error:
            found = str(error)
        return found and f"at step {number} ({name}): {found}"

    assert len(steps) > 3, f"the journal of a complete run is too short: {steps}"
    with ThreadPoolExecutor(2) as pool:
        return [found for found in pool.map(attempt, range(len(steps)), steps) if found]
