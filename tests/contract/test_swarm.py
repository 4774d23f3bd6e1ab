"""A lab of two hosts in a swarm: what dies is healed, whatever is killed or interrupted leaves nothing behind."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netproof.build.parts.networks import forgotten
from netproof.lab import observe
from netproof.wait import until
from tests.contract.conftest import User, at_every, changes, edit, journalled, own_tree

pytestmark = pytest.mark.rest

CHANGED = "its definition changed"
ANEW = "across, which it joins, was made anew"
GONE = "is not in the definition any more"
MEET = 90.0  # seconds within which a swarm's nodes tell each other what is new


@pytest.fixture(scope="module")
def swarm(new_user: Callable[..., User], tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody with a tree of their own whose overlay lab is up."""
    user = new_user(own_tree(tmp_path_factory.mktemp("tree") / "tree"), "overlay")
    try:
        user.must("up")
        yield user
    finally:
        user.leave()


@pytest.fixture
def editor(swarm: User) -> Iterator[User]:
    """The same user; the definition is put back, and so is the lab."""
    path: Path = swarm.root / "labs" / "overlay" / "lab.py"
    text = path.read_text()
    yield swarm
    path.write_text(text)
    swarm.must("up")


def meet(user: User, address: str = "10.1.0.20", tag: str | None = None) -> bool:
    """Whether left reaches right over the overlay."""
    with user.attached(tag) as lab:
        return bool(until(lambda: observe.ping(lab, "left", address, seconds=0.5).replies, MEET))


@pytest.mark.parametrize(("lost", "other"), [("node1", "node2"), ("node2", "node1")])
def test_a_swarm_that_lost_a_node_is_made_anew(swarm: User, lost: str, other: str) -> None:
    """Manager or worker: both hosts are made anew, with all that is on them; the containers meet again."""
    swarm.client.api.kill(swarm.container(lost))
    new = dict.fromkeys(("wire:underlay", "across", "left", "right"), "new")
    assert changes(swarm) == {lost: "it was exited", other: f"its swarm lost {lost}", **new}
    assert meet(swarm)
    assert swarm.is_healthy()


def test_a_worker_that_left_joins_again(swarm: User) -> None:
    """A worker whose engine left the swarm joins it again, and its container is made anew."""
    with swarm.attached() as lab:
        lab.engine("node2").api.leave_swarm(force=True)
    assert changes(swarm) == {"right": ANEW}
    assert meet(swarm)


def test_a_changed_overlay_is_made_anew_on_every_node(editor: User) -> None:
    """The network and its containers on both nodes are made anew, in the new subnet; then nothing more."""
    edit(editor, ("10.1.0.", "10.1.7."))
    assert changes(editor) == {"across": CHANGED, "left": ANEW, "right": ANEW}
    assert meet(editor, "10.1.7.20")
    assert changes(editor) == {}


def test_an_overlay_of_an_earlier_definition_goes_with_its_containers(editor: User) -> None:
    """Removed from the definition, the overlay and its containers go from both nodes, and nothing else."""
    path = editor.root / "labs" / "overlay" / "lab.py"
    kept = path.read_text().partition("    networks=[")[0]
    path.write_text(f"{kept})\n")
    assert changes(editor) == dict.fromkeys(("across", "left", "right"), GONE)
    with editor.attached() as lab:
        for host in ("node1", "node2"):
            engine = lab.engine(host).api
            assert engine.containers(all=True) == []
            assert forgotten([lab.engine(host)], "across")


def _steps_of_its_own(user: User) -> list[tuple[int, str]]:
    """The steps of a complete `up` that a lab of one host does not have: numbers and names."""
    names = journalled(user)
    first = {name: names.index(name) for name in ("swarm", "network")}
    last = {name: len(names) - 1 - names[::-1].index(name) for name in ("host", "outsider", "container")}
    return sorted((number, name) for name, number in {**first, **last}.items())


@pytest.fixture
def newcomer(swarm: User, new_user: Callable[..., User]) -> Iterator[User]:
    """Somebody else, with nothing yet."""
    user = new_user(swarm.root, "overlay")
    yield user
    user.leave()


@pytest.fixture(scope="module")
def own_steps(swarm: User) -> list[tuple[int, str]]:
    swarm.must("down")
    swarm.must("up")
    return _steps_of_its_own(swarm)


def _kill_up(user: User, number: int, tag: str) -> None:
    killed = user.struck(signal.SIGKILL, ["step", number], user.words("up", tag=tag))
    assert killed.returncode == -signal.SIGKILL, f"the step was never reached: {killed.stderr}"


def test_what_a_killed_up_began_is_completed_and_removed(newcomer: User, own_steps: list[tuple[int, str]]) -> None:
    """Killed at any step that only a swarm has, `up` is completed by the next one, and `down` leaves nothing."""

    def case(position: int, name: str) -> str:
        number = own_steps[position][0]
        tag = f"{newcomer.tag}-{number}"
        _kill_up(newcomer, number, tag)
        newcomer.must("up", tag=tag)
        if len(newcomer.hosts(tag)) != 2:
            return f"there are {len(newcomer.hosts(tag))} lab hosts"
        if not newcomer.is_healthy(tag):
            return newcomer.lab("diff", tag=tag).stdout
        met = meet(newcomer, tag=tag)
        newcomer.must("down", tag=tag)
        return "" if met else f"left does not reach right after a kill at {name}"

    assert at_every([name for _, name in own_steps], case) == []
    assert newcomer.remains() == []


def test_down_removes_what_a_killed_up_left(newcomer: User, own_steps: list[tuple[int, str]]) -> None:
    """`down` right after a kill leaves no container and no volume, half a swarm or not."""
    for number, _ in own_steps[2::2]:
        _kill_up(newcomer, number, newcomer.tag)
        assert any(item.startswith("container") for item in newcomer.remains())
        newcomer.must("down")
        assert newcomer.remains() == []


@pytest.mark.parametrize("name", ["swarm", "container"])
def test_an_interrupted_up_leaves_nothing(newcomer: User, own_steps: list[tuple[int, str]], name: str) -> None:
    """Ctrl-C while the swarm is formed, or containers start: exit code 130, no host, no volume."""
    number = next(number for number, what in own_steps if what == name)
    ended = newcomer.struck(signal.SIGINT, ["step", number], newcomer.words("up"))
    assert ended.returncode == 130, ended.stderr
    assert "Traceback" not in ended.stderr
    assert [item for item in newcomer.remains() if not item.startswith("files")] == []
