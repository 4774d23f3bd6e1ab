"""Where lab hosts are made: how it is written, who says so, and what is remembered."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer

import pytest

from netproof.cli.host_option import at_host, at_instance
from netproof.engine import client, location, placement, ssh_tunnel
from netproof.engine.docker_contexts import endpoint
from netproof.engine.location import Where
from netproof.errors import EngineError, NetproofError, UsageError
from netproof.state.instance import Instance

LAB = Instance("bridge-nat", "x")
BOX = Where("ssh", "me@box")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state_dir: Path) -> Path:
    """Nobody has said anything; the path of a configuration file that is not there yet."""
    for name in (location.VARIABLE, "NETPROOF_SSH", "DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETPROOF_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    assert not state_dir.exists()
    return tmp_path / "config.toml"


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("dind", "dind", ""),
        ("ssh://box", "ssh", "box"),
        ("ssh://me@box:2222", "ssh", "me@box:2222"),
        ("ssh://me@box/run/user/1000/docker.sock", "ssh", "me@box/run/user/1000/docker.sock"),
        ("ssh://[2001:db8::1]:22", "ssh", "[2001:db8::1]:22"),
        ("docker:far", "docker", "far"),
    ],
)
def test_a_place_reads_as_it_is_written(text: str, kind: str, target: str) -> None:
    assert (Where.parse(text), str(Where.parse(text))) == (Where(kind, target), text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dond", "Did you mean 'dind'"),
        ("ssh", "ssh://user@box"),
        ("ssh:box", "Write ssh://user@box"),
        ("ssh://", "Write ssh://user@box"),
        ("ssh://-oProxyCommand=x", "Write ssh://user@box"),
        ("ssh://a b", "Write ssh://user@box"),
        ("docker:", "docker context ls"),
        ("docker:../x", "docker context ls"),
        ("tcp://box:2375", "docker context create"),
        ("unix:///run/docker.sock", "DOCKER_HOST"),
    ],
)
def test_what_is_no_place_is_refused(text: str, told: str) -> None:
    """With what to write instead; nothing that ssh could take for an option gets through."""
    with pytest.raises(NetproofError) as caught:
        Where.parse(text)
    assert told in str(caught.value)
    assert caught.value.exit_code == 2


def test_who_says_where(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag before the variable before the file; nobody: here."""
    assert location.current() == Where()
    nowhere.write_text('host = "docker:far"\n')
    assert location.current() == Where("docker", "far")
    monkeypatch.setenv(location.VARIABLE, "ssh://box")
    assert location.current() == Where("ssh", "box")
    with at_host("ssh://me@box"):
        assert os.environ[location.VARIABLE] == "ssh://me@box", "other processes would not know"
    assert location.current() == Where("ssh", "box")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("host =", "cannot be read"),
        ("hots = 'dind'", "Did you mean 'host'"),
        ("host = 7", "is not text"),
        ("host = 'dond'", "Did you mean 'dind'"),
    ],
)
def test_a_configuration_file_that_is_wrong_is_named(nowhere: Path, text: str, told: str) -> None:
    nowhere.write_text(text)
    with pytest.raises(NetproofError) as caught:
        location.current()
    assert (told in str(caught.value), "config.toml" in str(caught.value)) == (True, True)


def test_an_instance_is_where_it_was_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is said since; a flag that says otherwise is refused."""
    with location.at(BOX):
        placement.note(LAB)
    monkeypatch.setenv(location.VARIABLE, "dind")
    with at_instance("bridge-nat", "x", ""):
        assert location.current() == BOX
    with at_instance("bridge-nat", "x", "ssh://me@box"):
        assert location.current() == BOX
    with pytest.raises(UsageError, match="was built on ssh://me@box"), at_instance("bridge-nat", "x", "dind"):
        pass
    with at_instance("bridge-nat", "other", ""):
        assert location.current() == Where()


def test_places_are_remembered_until_they_are_cleaned(state_dir: Path) -> None:
    """Here needs no remembering; a damaged file is none."""
    for place in (Where(), BOX, Where("docker", "far"), BOX):
        placement.remember(place)
    assert placement.elsewhere() == [BOX, Where("docker", "far")]
    placement.forget(BOX)
    assert placement.elsewhere() == [Where("docker", "far")]
    (state_dir / "places.json").write_text('["docker:far", "dond"')
    assert placement.elsewhere() == []


def test_a_context_is_found_without_a_configuration_file(tmp_path: Path) -> None:
    """As `docker context create` leaves it on a machine where nobody has used `docker context use` or logged in."""
    mark = "512eea46ceb3921dff4363c7069d89d4964d1d9fccaa0f411851a7aa60a5c868"
    meta = tmp_path / "docker" / "contexts" / "meta" / mark / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": "far", "Endpoints": {"docker": {"Host": "ssh://box"}}}))
    assert endpoint("far") == ("ssh://box", None)
    with pytest.raises(EngineError, match="There is no docker context 'near'"):
        endpoint("near")
    meta.write_text("{")
    with pytest.raises(EngineError, match="damaged"):
        endpoint("far")


def test_without_an_ssh_that_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("NETPROOF_SSH", "no-such-ssh")
    with pytest.raises(EngineError, match="there is no 'no-such-ssh' here"):
        ssh_tunnel.socket_to("box")


def test_a_folder_that_others_can_enter_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever can enter it could stand between us and the engine."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / f"netproof-{os.getuid()}").mkdir(mode=0o755)
    with pytest.raises(UsageError, match="is not yours alone"):
        ssh_tunnel.socket_to("box")


class Old(BaseHTTPRequestHandler):
    """An engine of 2019: none that old is among Debian's packages any more."""

    def do_GET(self) -> None:
        body = b'{"Version": "18.09.0", "ApiVersion": "1.39", "MinAPIVersion": "1.12"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_an_engine_that_is_too_old_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "old.sock"
    Old.address_string = lambda _: ""  # type: ignore[assignment, method-assign]  # a unix socket has no address
    with UnixStreamServer(str(path), Old) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        try:
            with pytest.raises(EngineError, match=r"too old: it speaks version 1\.39"):
                client.connect()
            assert client.connect(any_version=True).api.api_version == "1.39"
        finally:
            server.shutdown()
