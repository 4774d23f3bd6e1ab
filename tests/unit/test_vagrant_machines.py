"""Virtual machines for labs: what is missing is told, and the Vagrantfile is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from netproof.cli import vagrant
from netproof.cli.screen import Screen
from netproof.engine import client, location, vagrant_machines
from netproof.engine.location import Where
from netproof.errors import EngineError, UnknownName, UsageError


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it yet, and nobody's settings."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("VAGRANT_DEFAULT_PROVIDER", "NETPROOF_BOX", "NETPROOF_VM_EMULATED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(vagrant_machines, "_can_run_apart", lambda: False)
    return folder


def stub(folder: Path, name: str, script: str = "exit 0") -> None:
    """A program."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_without_vagrant_that_is_told(tools: Path) -> None:
    assert not list(tools.iterdir())
    with pytest.raises(UsageError, match="There is no Vagrant here"):
        vagrant_machines.provider()


def test_without_a_provider_that_is_told(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A libvirt that does not answer is none; a provider that nobody knows is refused."""
    stub(tools, "vagrant")
    stub(tools, "virsh", "exit 1")
    with pytest.raises(UsageError, match="no provider here"):
        vagrant_machines.provider()
    monkeypatch.setenv("VAGRANT_DEFAULT_PROVIDER", "vmware")
    with pytest.raises(UsageError, match="libvirt or virtualbox"):
        vagrant_machines.provider()


def test_the_provider_is_what_there_is(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own libvirt first, then one apart, then VirtualBox."""
    stub(tools, "vagrant")
    stub(tools, "VBoxManage")
    assert vagrant_machines.provider() == vagrant_machines.Provider("virtualbox", apart=False)
    monkeypatch.setattr(vagrant_machines, "_can_run_apart", lambda: True)
    assert vagrant_machines.provider() == vagrant_machines.Provider("libvirt", apart=True)
    stub(tools, "virsh")
    assert vagrant_machines.provider() == vagrant_machines.Provider("libvirt", apart=False)


def test_without_a_box_that_is_told(tools: Path, state_dir: Path) -> None:
    """Before anything is started."""
    stub(tools, "vagrant", f"touch {state_dir}.called")
    stub(tools, "virsh")
    with pytest.raises(UsageError, match="There is no box"):
        vagrant.run(Screen(json=False), "up")
    assert not Path(f"{state_dir}.called").exists()


def test_what_a_box_is_built_with_is_told(tools: Path) -> None:
    assert tools.exists()
    with pytest.raises(UsageError, match="cannot be built here"):
        list(vagrant_machines.build_box())


def test_a_machine_that_is_not_there_is_told(state_dir: Path) -> None:
    """`--host vagrant` before `invoke vagrant up`."""
    assert not state_dir.exists()
    with location.at(Where("vagrant")), pytest.raises(EngineError, match="no virtual machine"):
        client.connect()


def test_a_misspelt_action_is_told() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'up'"):
        vagrant.run(Screen(json=False), "pu")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("vagrant") is None, reason="needs Vagrant")
@pytest.mark.parametrize("words", [[], ["--ignore-provider"]])
def test_the_vagrantfile_is_valid(words: list[str], tmp_path: Path) -> None:
    """With a provider, whose block is looked into, and without."""
    if not words and "vagrant-libvirt" not in _plugins():
        pytest.skip("needs vagrant-libvirt")
    environment = {**os.environ, "VAGRANT_DOTFILE_PATH": str(tmp_path), "VAGRANT_CHECKPOINT_DISABLE": "1"}
    command = ["vagrant", "validate", *words]
    done = subprocess.run(
        command, cwd=vagrant_machines.FOLDER, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, "validated successfully" in done.stdout) == (0, True), done.stdout + done.stderr


def _plugins() -> str:
    return subprocess.run(
        ["vagrant", "plugin", "list"], capture_output=True, text=True, check=False, timeout=120
    ).stdout


@pytest.mark.parametrize("script", ["apart", "box/build", "provision.sh", "labhost", "guest/mgmt", "guest/lease"])
def test_scripts_parse(script: str) -> None:
    assert subprocess.run(["bash", "-n", str(vagrant_machines.FOLDER / script)], check=False).returncode == 0
