"""What was practised is on disk when it is said to be, however many write, and survives what is damaged."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netproof.practice import history
from tests.unit.practices import record

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of attempts, in a directory that does not exist yet."""
    monkeypatch.setenv("NETPROOF_DATA_DIR", str(tmp_path / "data" / "netproof"))
    return tmp_path / "data" / "netproof" / "attempts.jsonl"


def ids() -> list[str]:
    """The records there are, by id."""
    return [item.id for item in history.records()]


def test_records_are_read_as_they_were_written(file: Path) -> None:
    """In their order, each on a line of its own."""
    written = [
        record("cut", "torn[a]", id="1", seconds=1.5, guesses=[["cut", "host"], ["torn", ""]]),
        record("by-design", id="2", decoy=True, outcome=history.REVEALED, named=100, hints=40),
        record("é\n\u2028", id="3"),
    ]
    for item in written:
        history.append(item)
    assert history.records() == written
    assert len(file.read_bytes().splitlines()) == 3


def test_nothing_was_practised_where_there_is_no_file(file: Path) -> None:
    """And looking makes none."""
    assert history.records() == []
    assert not file.parent.exists()


def test_the_directory_is_given_or_the_users(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """NETPROOF_DATA_DIR comes before where users' data is kept."""
    assert history.path() == file
    monkeypatch.delenv("NETPROOF_DATA_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert history.path() == tmp_path / "xdg" / "netproof" / "attempts.jsonl"


def test_the_file_is_its_owners_alone(file: Path) -> None:
    """Nobody else reads how one did."""
    history.append(record("cut"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@given(st.integers(0, 400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_line_that_a_crash_cut_short_spoils_itself_only(file: Path, length: int) -> None:
    """However much of it was written: what is written next stands on a line of its own."""
    file.unlink(missing_ok=True)
    history.append(record("cut", id="1"))
    whole = file.read_bytes()
    with file.open("ab") as torn:
        torn.write(whole[: min(length, len(whole) - 2)])
    history.append(record("cut", id="2"))
    assert ids() == ["1", "2"]


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"null", b"[]", b"7", b'"x"', b"{}", b"\xff\xfe\x00", b'{"id": "x", "seconds": "many"}', b"NaN"],
)
def test_lines_that_cannot_be_read_are_left_out(file: Path, line: bytes) -> None:
    """Those around them count."""
    history.append(record("cut", id="1"))
    with file.open("ab") as damaged:
        damaged.write(line + b"\n")
    history.append(record("cut", id="2"))
    assert ids() == ["1", "2"]


@given(
    st.sampled_from(["id", "faults", "seconds", "hints", "guesses", "decoy"]),
    st.none() | st.floats() | st.text(max_size=3) | st.lists(st.none() | st.integers(), max_size=2),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_line_with_one_wrong_value_raises_nothing(file: Path, name: str, value: Any) -> None:
    """It is read or left out."""
    file.unlink(missing_ok=True)
    history.append(record("cut", id="1"))
    raw = {**json.loads(file.read_text()), name: value}
    file.write_text(f"{json.dumps(raw)}\n")
    assert len(history.records()) <= 1


def test_a_field_that_a_newer_netproof_adds_is_no_harm(file: Path) -> None:
    """Records are read by what is known of them."""
    history.append(record("cut", id="1"))
    file.write_text(file.read_text().replace("{", '{"mood":"fine",', 1))
    assert ids() == ["1"]


_WRITER = """
import sys
from attrs import evolve
from netproof.practice import history
from tests.unit.practices import record

for number in range(int(sys.argv[2])):
    history.append(record("cut", id=f"{sys.argv[1]}.{number}", guesses=[["x" * 50, "host"]] * number))
"""


def test_processes_that_write_at_once_keep_every_line(file: Path) -> None:
    """Nothing is lost or mixed, and each writer's records are in its order."""
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(number), "20"], cwd=ROOT, stderr=subprocess.PIPE)
        for number in range(4)
    ]
    errors = [writer.communicate(timeout=300)[1] for writer in writers]
    assert errors == [b""] * 4
    assert file.read_text().count("\n") >= 80
    for number in range(4):
        mine = [name for name in ids() if name.startswith(f"{number}.")]
        assert mine == [f"{number}.{count}" for count in range(20)]


def test_the_time_of_day_has_its_zone() -> None:
    """A record can be compared with one made elsewhere."""
    assert history.now()[-5] in "+-"
