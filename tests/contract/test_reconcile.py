"""`up` on a running lab makes what differs, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from netproof.build.parts.containers import remove_container
from netproof.facts import structure
from tests.contract.conftest import User, changes, edit, own_tree

pytestmark = pytest.mark.rest


@pytest.fixture
def editor(new_user: Callable[..., User], tmp_path: Path) -> Iterator[User]:
    """Somebody with a tree of their own, in which bridge-nat's definition can be edited."""
    user = new_user(own_tree(tmp_path / "tree"))
    yield user
    user.leave()


def identities(user: User) -> dict[str, Any]:
    """What tells each part from one made anew."""
    with user.attached() as lab:
        snapshot = structure(lab.snapshot())["host"]
        servers = lab.agent("host").call("spawned")
        return {
            "host": lab.hosts["host"].id,
            "outsider": [about["pid"] for about in servers.values()],
            **{item.name: (item.id, item.started) for item in snapshot.engine.containers},
        }


def test_a_second_up_changes_nothing(shared: User) -> None:
    """The second `up` says that nothing had to be changed, and every part and the baseline are the same."""
    before, baseline = identities(shared), shared.instance_file("baseline.json")
    assert "nothing had to be changed" in shared.must("up").stdout
    assert identities(shared) == before
    assert shared.instance_file("baseline.json") == baseline


def test_a_changed_part_is_the_only_one_made_anew(editor: User) -> None:
    """A changed container, outsider, added and removed container: each `up` touches that part and says why."""
    editor.must("up")
    first = identities(editor)

    edit(editor, ('Container("client", on="host",', 'Container("client", on="host", command=("sleep", "86400"),'))
    assert changes(editor) == {"client": "its definition changed"}
    second = identities(editor)
    assert second["host"] == first["host"]
    assert second["outsider"] == first["outsider"]
    assert second["client"] != first["client"]

    edit(editor, ("Http(80)", "Http(8088)"))
    assert changes(editor) == {"outsider": "its definition changed"}
    third = identities(editor)
    assert third["client"] == second["client"]
    assert third["outsider"] != second["outsider"]

    edit(
        editor,
        ("        Outsider(\n", '        Container("other", on="host", address="10.0.0.3"),\n        Outsider(\n'),
    )
    assert changes(editor) == {"other": "new"}
    assert identities(editor)["client"] == second["client"]

    edit(editor, ('        Container("other", on="host", address="10.0.0.3"),\n', ""))
    assert changes(editor) == {"other": "is not in the definition any more"}
    assert identities(editor) == third
    assert editor.is_healthy()


def test_changed_engine_settings_make_the_host_anew(editor: User) -> None:
    """Another bip needs another engine: the lab host and all in it are rebuilt, with the reason."""
    editor.must("up")
    before = identities(editor)["host"]
    edit(editor, ('"bip": "10.0.0.1/8"', '"bip": "10.0.0.1/16"'))
    assert changes(editor) == {"host": "its definition changed", "outsider": "new", "client": "new"}
    assert identities(editor)["host"] != before
    assert "10.0.0.1/16" in editor.must("status").stdout


def test_settings_that_the_engine_refuses_are_tried_once(editor: User) -> None:
    """The old lab host went because its definition changed, not on its own: `up` does not begin again."""
    editor.must("up")
    edit(editor, ('"bip": "10.0.0.1/8"', '"bip": "10.0.0.1/8", "no-such-setting": True'))
    refused = editor.lab("up")
    assert refused.returncode == 3
    assert "no-such-setting" in refused.stderr
    assert refused.stderr.count("starting lab host host") == 1
    assert editor.hosts() == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('address="203.0.113.1"', 'address="203.0.114.1"', "outsider.eth0.address"),
        ('"bip": "10.0.0.1/8"', '"bip": "10.0.0.0/8"', "10.0.0.1/8"),
        ('beside="host"', 'beside="hots"', "Did you mean 'host'"),
        ("LAB = Lab(", "LAB = Lba(", "lab.py"),
    ],
)
def test_a_bad_definition_changes_nothing(editor: User, old: str, new: str, named: str) -> None:
    """A contradiction ends `up` with exit code 2, names file and fault, and leaves the running lab alone."""
    editor.must("up")
    before = identities(editor)
    edit(editor, (old, new))
    refused = editor.lab("up")
    assert refused.returncode == 2
    assert named in refused.stderr
    assert "labs/bridge_nat/lab.py" in refused.stderr
    assert "Traceback" not in refused.stderr
    edit(editor, (new, old))
    assert identities(editor) == before
    edit(editor, (old, new))
    assert editor.lab("down").returncode == 0, "a broken definition must not keep a lab from being removed"


def test_what_somebody_removed_is_made_again(shared: User) -> None:
    """A container and an outsider that were removed by hand come back with the next `up`, alone."""
    before = identities(shared)
    with shared.attached() as lab:
        remove_container(lab.engine("host"), "client")
        assert lab.run("host", "ip netns del outsider; ip link del eth0; true").rc == 0
    assert changes(shared) == {"client": "new", "outsider": "a part of it was gone"}
    assert identities(shared)["host"] == before["host"]
    assert shared.is_healthy()


@pytest.mark.parametrize("typed", ["mv /usr/bin/python3 /root/", "rm -rf /run/netproof; echo x >/run/netproof"])
def test_a_host_in_which_nothing_can_be_asked_is_made_anew(editor: User, typed: str) -> None:
    """Commands say at once that it cannot be asked, and `up` builds it again."""
    editor.must("up")
    editor.typed("host", typed)
    started = time.monotonic()
    checked = editor.lab("check")
    assert (checked.returncode, "Traceback" in checked.stderr) == (3, False)
    assert "`invoke lab up` builds it again" in checked.stderr
    assert time.monotonic() - started < 15, "each check tried for itself"
    assert changes(editor)["host"] == "nothing could be asked in it"
    assert editor.is_healthy()
