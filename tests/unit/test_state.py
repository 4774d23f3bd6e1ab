"""State files are replaced whole, damaged ones count as missing, and instances are named safely."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof.errors import UsageError
from netproof.state.instance import Instance, remembered, write_atomically
from netproof.state.instance import root as state_root

ROOT = Path(__file__).parents[2]
LAB = Instance("bridge-nat", "second")


# Names


@pytest.mark.parametrize("tag", ["second", "2", "a.b", "a-b_c", "0x", "a" * 31])
def test_ordinary_tags_are_accepted(tag: str) -> None:
    """Small letters, digits, dots, underscores and hyphens make a tag."""
    assert Instance.named("bridge-nat", tag).tag == tag


@pytest.mark.parametrize("tag", ["Second", "a b", ".a", "-a", "_a", "a/b", "../x", "a@b", "é", "a" * 32, "a\n", " "])
def test_other_tags_are_refused(tag: str) -> None:
    """What cannot be part of a container's or a folder's name is no tag; the message says what can."""
    with pytest.raises(UsageError) as caught:
        Instance.named("bridge-nat", tag)
    assert repr(tag) in caught.value.problem
    assert "--as second" in caught.value.remedy


@pytest.mark.parametrize("tag", ["", None])
def test_without_a_tag_it_is_the_usual_instance(tag: str | None) -> None:
    """No `--as` and an empty one are the same."""
    assert Instance.named("bridge-nat", tag) == Instance("bridge-nat")


def test_an_instance_is_shown_and_typed_by_its_tag() -> None:
    """Copies are told apart in what is printed, in what is typed and in names of folders."""
    assert (str(LAB), LAB.arguments, LAB.slug) == ("bridge-nat@second", "bridge-nat --as second", "bridge-nat.second")
    usual = Instance("bridge-nat")
    assert {str(usual), usual.arguments, usual.slug} == {"bridge-nat"}


TAGS = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,30}", fullmatch=True) | st.just("")
LABS = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)


@given(LABS, TAGS, LABS, TAGS)
def test_different_instances_have_different_folders(lab: str, tag: str, other: str, second: str) -> None:
    """No two instances share files."""
    one, two = Instance.named(lab, tag), Instance.named(other, second)
    assert (one.slug == two.slug) is (one == two)


def test_files_are_where_the_environment_says(state_dir: Path) -> None:
    """NETPROOF_STATE_DIR replaces the user's state directory."""
    assert state_root() == state_dir
    assert LAB.folder.is_relative_to(state_dir)


# Documents


@pytest.mark.usefixtures("state_dir")
@pytest.mark.parametrize("document", [{"a": [1, None, "é"]}, [], "text", 0])
def test_a_document_is_read_as_it_was_written(document: object) -> None:
    """Any JSON document survives."""
    LAB.write("state.json", document)
    assert LAB.read("state.json") == document


@pytest.mark.usefixtures("state_dir")
def test_a_missing_document_is_none() -> None:
    """Neither a missing file nor a missing folder is an error."""
    assert LAB.read("state.json") is None
    LAB.drop("state.json")
    LAB.forget()


@pytest.mark.usefixtures("state_dir")
@pytest.mark.parametrize("damage", [b"", b"{", b'{"a": 1', b"\xff\xfe", b"\0" * 100, b"{}{}"])
def test_a_damaged_document_counts_as_missing(damage: bytes) -> None:
    """Files are a cache: one that cannot be read is as good as none."""
    LAB.write("state.json", {"a": 1})
    (LAB.folder / "state.json").write_bytes(damage)
    assert LAB.read("state.json") is None


@pytest.mark.usefixtures("state_dir")
def test_a_folder_in_a_documents_place_counts_as_missing() -> None:
    """Whatever stands where a document should be, reading goes on without it."""
    (LAB.folder / "state.json").mkdir(parents=True)
    assert LAB.read("state.json") is None


@pytest.mark.usefixtures("state_dir")
def test_forgetting_an_instance_leaves_its_copies() -> None:
    """Only the instance's own files go."""
    other = Instance("bridge-nat")
    for instance in (LAB, other):
        instance.write("state.json", str(instance))
    LAB.forget()
    assert LAB.read("state.json") is None
    assert other.read("state.json") == "bridge-nat"


@pytest.mark.usefixtures("state_dir")
def test_instances_with_files_are_remembered() -> None:
    """Instances are found again by their folders, tags with dots included."""
    made = [Instance("bridge-nat"), Instance("bridge-nat", "a.b-c"), Instance("overlay", "2")]
    assert list(remembered()) == []
    for instance in made:
        instance.write("state.json", {})
    assert list(remembered()) == made


# Replacing

_READER = """
import json, sys
from pathlib import Path
path, seen = Path(sys.argv[1]), set()
print("reading", flush=True)
while True:
    number, filling = json.loads(path.read_text())
    assert filling == "x" * 50_000, "half a file"
    seen.add(number)
    if number < 0:
        break
print(len(seen))
"""


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    """Another process that reads all the while finds the old document or the new one, whole."""
    path = tmp_path / "state.json"

    def put(number: int) -> None:
        write_atomically(path, json.dumps([number, "x" * 50_000]))

    put(0)
    command = [sys.executable, "-c", _READER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
        for number in range(1, 300):
            put(number)
        put(-1)
        out, errors = reader.communicate()
    assert errors == ""
    assert int(out) >= 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


_CRASHER = """
import resource, signal, sys
from pathlib import Path
from netproof.state.instance import write_atomically
signal.signal(signal.SIGXFSZ, getattr(signal, sys.argv[2]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_atomically(Path(sys.argv[1]), "new" * 10_000)
"""


def _crash(path: Path, how: str) -> subprocess.CompletedProcess[str]:
    """Replace a file in a process that cannot write more than 1000 bytes of it."""
    command = [sys.executable, "-c", _CRASHER, str(path), how]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_process_killed_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """Killed by the kernel in the middle of a write, a process has changed nothing that is read."""
    path = tmp_path / "state.json"
    path.write_text("old")
    assert _crash(path, "SIG_DFL").returncode == -signal.SIGXFSZ
    assert path.read_text() == "old"


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    """When the disk takes no more, the old file stays and the half-written one goes."""
    path = tmp_path / "state.json"
    path.write_text("old")
    failed = _crash(path, "SIG_IGN")
    assert "File too large" in failed.stderr
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_as_needed(tmp_path: Path) -> None:
    """The first file of an instance makes its folder."""
    path = tmp_path / "a" / "b" / "c.json"
    write_atomically(path, "text")
    assert path.read_text() == "text"


def test_state_is_the_users_own(tmp_path: Path) -> None:
    """Nobody else can write what netproof believes."""
    path = tmp_path / "state.json"
    write_atomically(path, "text")
    mode: Any = path.stat().st_mode
    assert mode & 0o022 == 0
