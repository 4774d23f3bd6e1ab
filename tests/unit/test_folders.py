"""Users without a name or a home are told so, and can name folders instead."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from netproof.engine import location
from netproof.errors import NetproofError
from netproof.practice import history
from netproof.state import instance, labels


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # noqa: ARG001 - pytest's folder is made first
    """Nobody that the system knows: a container's or a shared machine's user who is a number alone."""
    for name in ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME", "NETPROOF_OWNER", "NETPROOF_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("NETPROOF_DATA_DIR", "NETPROOF_CONFIG", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654)


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("ask", [instance.root, history.path, location.config_path])
def test_a_user_without_a_home_is_told(ask: object) -> None:
    """With what to do about it, and as what could not be done."""
    assert callable(ask)
    with pytest.raises(NetproofError, match="987654 has no home directory") as caught:
        ask()
    assert caught.value.exit_code == 3
    assert "NETPROOF_STATE_DIR" in caught.value.remedy


@pytest.mark.usefixtures("homeless")
def test_what_can_do_without_a_home_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """There is no configuration; an owner is named by number; folders can be named."""
    monkeypatch.delenv(location.VARIABLE, raising=False)
    monkeypatch.setattr(getpass, "getuser", _nobody)
    assert location.current() == location.Where()
    assert labels.owner().startswith("uid987654@")
    monkeypatch.setenv("NETPROOF_STATE_DIR", str(tmp_path))
    assert instance.root() == tmp_path


def _nobody() -> str:
    raise KeyError("getpwuid(): uid not found: 987654")
