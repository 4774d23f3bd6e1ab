"""Virtual machines for labs, by Vagrant: made, found and removed. Lab hosts run on their Docker engine.

Vagrant's folder is the project's `vagrant`, where it stays usable by hand. Where no libvirt runs, one is started in
namespaces of its own (vagrant/apart), so that the machine's network and firewall stay as they are.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from orchestrator import state
from orchestrator.catalog import ROOT
from orchestrator.errors import BuildError, EngineError, UsageError

FOLDER = ROOT / "vagrant"
APART = FOLDER / "apart"
BOX = "netproof"
NAME = "default"  # what Vagrant calls the one machine of a Vagrantfile
_PROVIDERS = ("libvirt", "virtualbox")
_TOOLS = ("debootstrap", "mke2fs", "sfdisk", "qemu-img", "ssh-keygen")
_KEPT = 15


@frozen
class Provider:
    """What machines run on: its name, and whether it is a libvirt in namespaces of its own."""

    name: str
    apart: bool


def _files() -> Path:
    return state.root() / "vagrant"


def box_file() -> Path:
    """Where the box is that we build; its key lies beside it."""
    return _files() / f"{BOX}.box"


def ssh_config() -> Path:
    """How ssh gets into the machine, as Vagrant wrote it when it came up."""
    return _files() / "ssh-config"


def provider() -> Provider:
    """The provider to use: VAGRANT_DEFAULT_PROVIDER, or what there is. UsageError when there is none."""
    if shutil.which("vagrant") is None:
        raise UsageError("There is no Vagrant here.", "Install it: apt-get install vagrant vagrant-libvirt.")
    wanted = os.environ.get("VAGRANT_DEFAULT_PROVIDER", "")
    if wanted and wanted not in _PROVIDERS:
        raise UsageError(f"VAGRANT_DEFAULT_PROVIDER is {wanted!r}.", f"It can be {' or '.join(_PROVIDERS)}.")
    if wanted in {"", "libvirt"} and (_answers() or _can_run_apart()):
        return Provider("libvirt", apart=not _answers())
    if wanted in {"", "virtualbox"} and shutil.which("VBoxManage"):
        return Provider("virtualbox", apart=False)
    raise UsageError(
        "Vagrant has no provider here: no libvirt answers, and there is no VirtualBox.",
        "Install one: apt-get install libvirt-daemon-system qemu-system-x86, or VirtualBox.",
    )


def _answers() -> bool:
    """Whether the machine's own libvirt does."""
    if shutil.which("virsh") is None:
        return False
    asked = ["virsh", "-q", "-c", "qemu:///system", "version"]
    return subprocess.run(asked, check=False, capture_output=True, timeout=20).returncode == 0


def _can_run_apart() -> bool:
    return os.geteuid() == 0 and shutil.which("libvirtd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None


def _own() -> dict[str, str]:
    """What keeps the machine of another state directory apart from the usual one, which is that of Vagrant by hand."""
    if "NETPROOF_STATE_DIR" not in os.environ:
        return {}
    base = _files().absolute()
    return {
        "NETPROOF_APART_DIR": str(base / "libvirt"),
        "NETPROOF_VM_NAME": f"netproof-{hashlib.sha256(str(base).encode()).hexdigest()[:8]}",
        "VAGRANT_DOTFILE_PATH": str(base / "machine"),
        "VAGRANT_HOME": str(base / "home"),
    }


def _environment(chosen: Provider) -> dict[str, str]:
    own = {} if "NETPROOF_BOX" in os.environ else {"NETPROOF_BOX_KEY": str(box_file().with_suffix(".key"))}
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    virtual = any({"vmx", "svm"} & set(line.split()) for line in lines if line.startswith("flags"))
    emulated = {} if virtual or "NETPROOF_VM_EMULATED" in os.environ else {"NETPROOF_VM_EMULATED": "yes"}
    return {
        **os.environ,
        **_own(),
        **own,
        **emulated,
        "VAGRANT_DEFAULT_PROVIDER": chosen.name,
        "VAGRANT_CHECKPOINT_DISABLE": "1",
    }


def run(chosen: Provider, *words: str) -> Iterator[str]:
    """Run `vagrant WORDS` and give its lines as they come; BuildError with the last of them when it fails."""
    command = [*([str(APART), "run"] if chosen.apart else []), "vagrant", *words]
    yield from _followed(f"`vagrant {' '.join(words)}`", command, _environment(chosen))


def _followed(what: str, command: list[str], environment: dict[str, str] | None = None) -> Iterator[str]:
    last: deque[str] = deque(maxlen=_KEPT)
    with subprocess.Popen(
        command,
        cwd=FOLDER,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            last.append(line.rstrip())
            yield line.rstrip()
    if process.returncode:
        shown = "".join(f"\n    {line}" for line in last)
        raise BuildError(f"{what} failed.{shown}", "Mend what it says, and try again; vagrant/README.md has more.")


def start_provider(chosen: Provider) -> None:
    """See to it that the provider runs."""
    if chosen.apart:
        environment = {**os.environ, **_own()}
        done = subprocess.run([APART, "start"], check=False, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise BuildError(done.stderr.strip() or "libvirt did not start.", "vagrant/README.md tells what it needs.")


def stop_provider(chosen: Provider) -> None:
    """End a libvirt of our own."""
    if chosen.apart:
        subprocess.run([APART, "stop"], check=False, env={**os.environ, **_own()})


def build_box() -> Iterator[str]:
    """Build the box from Debian packages; UsageError where that is not possible."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [tool for tool in _TOOLS if shutil.which(tool, path=path) is None]
    if os.geteuid() or missing:
        why = f"there is no {', '.join(missing)}" if missing else "only root can"
        raise UsageError(
            f"A box cannot be built here: {why}.",
            "Run it as root, after: apt-get install debootstrap e2fsprogs fdisk qemu-utils openssh-client. "
            "Or use another box: NETPROOF_BOX=debian/bookworm64.",
        )
    _files().mkdir(parents=True, exist_ok=True)
    yield from _followed("Building the box", [str(FOLDER / "box" / "build"), str(box_file())])


def way() -> tuple[str, list[str]]:
    """Where the machine's ssh is, and the command that gets there. EngineError when there is no machine."""
    if not ssh_config().exists():
        raise EngineError("There is no virtual machine.", "`invoke vagrant up` makes one.")
    words = ["-F", str(ssh_config())]
    if not (_files() / "apart").exists():
        return NAME, ["ssh", *words]
    folder = _own().get("NETPROOF_APART_DIR")
    return NAME, [*(["env", f"NETPROOF_APART_DIR={folder}"] if folder else []), str(APART), "ssh", *words]


def remember(chosen: Provider) -> None:
    """Keep how ssh gets in."""
    config = "\n".join(run(chosen, "ssh-config"))
    state.write_atomically(ssh_config(), config + "\n")
    mark = _files() / "apart"
    mark.touch() if chosen.apart else mark.unlink(missing_ok=True)


def forget() -> None:
    """There is no machine any more."""
    for name in ("ssh-config", "apart"):
        (_files() / name).unlink(missing_ok=True)
