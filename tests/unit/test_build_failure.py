"""What is told of a build that failed, and that an engine which ended at once is not waited for."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from netproof.build import failure
from netproof.errors import BuildError, HostDied
from netproof.paths import IMPORT_ROOT


@pytest.fixture
def engine_api() -> ModuleType:
    """The agent's module, which nobody else imports."""
    path = IMPORT_ROOT / "netproof" / "agent" / "engine_api.py"
    spec = importlib.util.spec_from_file_location("netproof.agent.engine_api", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_engine_that_ended_before_anybody_looked_has_ended(
    engine_api: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pid is noted when it is started; without one, it may still be to come."""
    monkeypatch.setattr(engine_api, "PID", str(tmp_path / "dockerd.pid"))
    assert not engine_api._is_over()
    (tmp_path / "dockerd.pid").write_text(f"{os.getpid()}\n")
    assert not engine_api._is_over()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "dockerd.pid").write_text(f"{ended.pid}\n")
    assert engine_api._is_over()


class Running:
    """Of a running lab what is asked for here."""

    def run(self, _: str, command: list[str], **__: Any) -> Any:
        text = "  --bip string   Specify network bridge IP\n" if "--help" in command else "it has ended\n"
        return subprocess.CompletedProcess(command, 0, stdout=text, stderr="")


def test_a_setting_that_an_engine_does_not_know_is_the_definitions() -> None:
    """What is near is among the engine's own flags."""
    log = "unable to configure: the following directives don't match any configuration option: bipp\n"
    error = failure.of_engine(Running(), "host", log, ended=True)  # type: ignore[arg-type]  # all it asks for
    assert isinstance(error, BuildError)
    assert error.problem == "engine of host = 'bipp': is not a setting that this engine knows."
    assert error.remedy == "Did you mean 'bip'?"


def test_an_engine_that_ends_otherwise_has_its_last_words_told() -> None:
    """Whatever they are."""
    error = failure.of_engine(Running(), "host", "no space left\n", ended=True)  # type: ignore[arg-type]  # as above
    assert isinstance(error, HostDied)
    assert error.problem.endswith("no space left")


@pytest.mark.parametrize(
    ("said", "told"), [("a\n", "Its last words:\na"), (" \n", "It said nothing.")], ids=["words", "none"]
)
def test_last_words(said: str, told: str) -> None:
    """A log may be empty."""
    assert failure.last_words(said) == told
