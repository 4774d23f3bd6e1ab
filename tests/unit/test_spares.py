"""Spare volumes: each is claimed once, and what cannot be had is done without."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from netproof.hosts import spares

IMAGE = "sha256:905b7e9035c96ec22b4665bbcd10e68d"
OTHER = "sha256:4387f0ad0b17aaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
def folder(state_dir: Path) -> Path:
    """Where the records of an image's spares are."""
    made = state_dir / "spares" / "905b7e9035c9"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Command lines of processes that were to be started."""
    lines: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda line, **_: lines.append(line))
    return lines


def recorded(folder: Path, *names: str) -> None:
    for name in names:
        (folder / f"netproof-spare-{name}").touch()


@pytest.mark.usefixtures("state_dir")
def test_without_any_there_is_none() -> None:
    assert spares.claim(IMAGE) == ""


def test_a_spare_is_claimed_once(folder: Path) -> None:
    recorded(folder, *map(str, range(20)))
    with ThreadPoolExecutor(8) as pool:
        had = list(pool.map(lambda _: spares.claim(IMAGE), range(30)))
    assert sorted(name for name in had if name) == sorted(f"netproof-spare-{number}" for number in range(20))


def test_a_spare_of_another_image_is_none(folder: Path) -> None:
    recorded(folder, "a")
    assert spares.claim(OTHER) == ""


def test_what_is_no_record_is_left_alone(folder: Path) -> None:
    (folder / "notes").touch()
    assert spares.claim(IMAGE) == ""
    assert (folder / "notes").exists()


def test_only_what_was_taken_is_made_again(folder: Path, started: list[list[str]]) -> None:
    recorded(folder, "a", "b")
    spares.replenish(IMAGE)
    assert not started
    assert spares.claim(IMAGE)
    spares.replenish(IMAGE)
    assert [line[-1] for line in started] == [IMAGE]


@pytest.mark.parametrize(("given", "kept"), [("0", 0), ("5", 5), ("", 0), ("-1", 0), ("many", 0), (None, 2)])
def test_how_many_are_kept_can_be_said(monkeypatch: pytest.MonkeyPatch, given: str | None, kept: int) -> None:
    if given is None:
        monkeypatch.delenv("NETPROOF_SPARES", raising=False)
    else:
        monkeypatch.setenv("NETPROOF_SPARES", given)
    assert spares.wanted() == kept


@pytest.mark.parametrize(
    ("mounts", "name"),
    [
        ([{"Name": "netproof-spare-1", "Destination": "/var/lib/docker"}], "netproof-spare-1"),
        ([{"Name": "5f" * 32, "Destination": "/var/lib/docker"}], ""),
        ([{"Name": "netproof-spare-1", "Destination": "/elsewhere"}], ""),
        ([{"Source": "/bound", "Destination": "/var/lib/docker"}], ""),
        ([], ""),
        (None, ""),
    ],
)
def test_only_a_spare_that_has_the_engines_data_is_removed_with_a_lab_host(mounts: Any, name: str) -> None:
    assert spares.in_use({"Mounts": mounts}) == name


def test_records_are_gone_when_volumes_are_removed(folder: Path) -> None:
    recorded(folder, "a", "b")
    with spares.none_being_made():
        assert spares.claim(IMAGE) == ""
    assert spares.claim(IMAGE) == ""


def test_a_clean_without_spares_makes_no_folder(state_dir: Path) -> None:
    with spares.none_being_made():
        pass
    assert not (state_dir / "spares").exists()
