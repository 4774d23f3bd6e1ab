"""A shell whose DOCKER_HOST leads into a lab: netproof stays with the engine that it had before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netproof.engine import client, lab_sockets, location

BEFORE = {"DOCKER_HOST": "tcp://10.0.0.9:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}


@pytest.fixture(autouse=True)
def plain(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leads anywhere."""
    for name in (*lab_sockets.NAMES, location.VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETPROOF_CONFIG", str(state_dir / "none.toml"))
    monkeypatch.setenv("DOCKER_CONFIG", str(state_dir))


def enter(monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `eval "$(invoke lab env NAME)"` does to a shell."""
    socket = lab_sockets.folder() / "bridge-nat-host.sock"
    lab_sockets.keep_surroundings(socket)
    for name in lab_sockets.NAMES[1:]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    return socket


def of_docker() -> dict[str, str]:
    """What leads docker somewhere."""
    return {name: value for name, value in lab_sockets.surroundings().items() if name in lab_sockets.NAMES}


def test_without_it_the_surroundings_are_the_process_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's own engine, by socket or network."""
    assert (lab_sockets.leads_into(), lab_sockets.told()) == ("", "")
    for address in ("unix:///run/docker.sock", "tcp://10.0.0.9:2375", "ssh://box"):
        monkeypatch.setenv("DOCKER_HOST", address)
        assert lab_sockets.surroundings() is os.environ
        assert client.address() == address


@pytest.mark.parametrize("before", [{}, BEFORE, {"DOCKER_CONTEXT": "default"}])
def test_in_it_the_engine_is_the_one_before(before: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when `lab env` was asked twice in one shell, and when the lab is gone."""
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    was = client.address()
    for _ in range(2):
        socket = enter(monkeypatch)
        assert client.address() == was
        assert of_docker() == before
        assert "unset DOCKER_HOST" in lab_sockets.told()
    assert not socket.exists(), "nobody serves it here"


def test_a_note_that_is_lost_or_damaged_leads_to_the_usual_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket among ours is never an engine of the machine's."""
    usual = client.address()
    socket = enter(monkeypatch)
    note = socket.with_name(f"{socket.name}.before")
    for damage in ("{", "[]"):
        note.write_text(damage)
        assert client.address() == usual
    note.unlink()
    assert client.address() == usual


def test_a_socket_of_another_state_directory_is_known_by_its_note(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As when `env` was asked with another NETPROOF_STATE_DIR."""
    usual = client.address()
    enter(monkeypatch)
    monkeypatch.setenv("NETPROOF_STATE_DIR", str(tmp_path / "other"))
    assert client.address() == usual
