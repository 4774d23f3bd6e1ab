"""What a command writes to a file that somebody named is there whole, or not at all."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import IO

import pytest

from netproof.cli.output_file import refuse_unusable, written
from netproof.errors import HostDied, NetproofError, UsageError


def test_a_file_takes_its_name_when_it_is_complete(tmp_path: Path) -> None:
    """Until then the old one is there, and afterwards nothing but the new one, with the rights of any new file."""
    target = tmp_path / "picture.svg"
    target.write_text("old")
    with written(target, "--svg") as file:
        file.write(b"new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]
    other = tmp_path / "other"
    other.touch()
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    """But for a lab host that died: what was seen until then is what somebody wants to look at."""
    target = tmp_path / "packets.pcapng"
    with pytest.raises(ZeroDivisionError), written(target, "--to"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(HostDied), written(target, "--to") as file:
        _die(file)
    assert target.read_bytes() == b"seen"


def _die(file: IO[bytes]) -> None:
    file.write(b"seen")
    raise HostDied("p", "r")


def test_a_disk_that_is_full_is_told_with_the_file_and_the_flag() -> None:
    """A device is written to, not replaced by a file."""
    with pytest.raises(NetproofError) as caught, written("/dev/full", "--svg") as file:
        file.write(b"picture")
    assert caught.value.exit_code == 3
    assert "/dev/full cannot be written: No space left on device." in str(caught.value)
    assert "--svg FILE" in str(caught.value)
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_link_stays_one(tmp_path: Path) -> None:
    """What it leads to is replaced."""
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    with written(link, "--to") as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("name", [".", "none/file"])
def test_what_cannot_become_a_file_is_refused_beforehand(name: str, tmp_path: Path) -> None:
    """A folder, or a file in one that is not there."""
    with pytest.raises(UsageError, match="cannot be written"):
        refuse_unusable(tmp_path / name, "--to")
