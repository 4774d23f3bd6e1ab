"""Virtual machines for labs, by Vagrant: made, found and removed.

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

from netproof.errors import BuildError, EngineError, UsageError
from netproof.paths import HOME
from netproof.state import instance

FOLDER = HOME / "vagrant"
APART = FOLDER / "apart"
BOX = "netproof"
NAMES = ("node1", "node2")  # what the Vagrantfile calls them
_PROVIDERS = ("libvirt", "virtualbox")
_TOOLS = ("debootstrap", "mke2fs", "sfdisk", "qemu-img", "ssh-keygen")
_KEPT = 15
_SLOWNESS = "slowness"
_PORTS, _PAIRS = 47892, 500  # UDP on the loopback, for the cable between two machines


@frozen
class Provider:
    """What machines run on: its name, and whether it is a libvirt in namespaces of its own."""

    name: str
    apart: bool


def _files() -> Path:
    return instance.base() / "vagrant"


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
    if instance.is_usual():
        return {}
    base = _files().absolute()
    mark = hashlib.sha256(str(base).encode()).hexdigest()[:8]
    port = _PORTS + 2 * (int(mark, 16) % _PAIRS)
    return {
        "NETPROOF_APART_DIR": str(base / "libvirt"),
        "NETPROOF_VM_NAME": f"netproof-{mark}-",
        "NETPROOF_VM_PORTS": f"{port} {port + 1}",
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


def names() -> list[str]:
    """The machines there are, as ssh knows them."""
    try:
        lines = ssh_config().read_text().splitlines()
    except FileNotFoundError:
        return []
    return sorted(line.split()[1] for line in lines if line.startswith("Host "))


def way(name: str = NAMES[0]) -> tuple[str, list[str]]:
    """What ssh calls a machine, and the ssh that gets there. EngineError when there is no such machine."""
    if name not in names():
        raise EngineError("There is no virtual machine.", "`invoke vagrant up` makes one.")
    words = ["-F", str(ssh_config())]
    if not (_files() / "apart").exists():
        return name, ["ssh", *words]
    folder = _own().get("NETPROOF_APART_DIR")
    return name, [*(["env", f"NETPROOF_APART_DIR={folder}"] if folder else []), str(APART), "ssh", *words]


def states(chosen: Provider) -> dict[str, str]:
    """{machine: "running", "shutoff", "not created", …}, as the provider says it."""
    found = {}
    for line in run(chosen, "status", "--machine-readable"):
        _, _, rest = line.partition(",")
        name, _, how = rest.partition(",state,")
        if how:
            found[name] = how.replace("_", " ")
    return found


def remember(chosen: Provider) -> None:
    """Keep how ssh gets in."""
    there = [name for name, how in states(chosen).items() if how == "running"]
    config = "\n".join(line for name in there for line in run(chosen, "ssh-config", name))
    mark = _files() / "apart"
    mark.touch() if chosen.apart else mark.unlink(missing_ok=True)
    instance.write_atomically(ssh_config(), config + "\n")


def slowness() -> float:
    """How many times slower than this machine the virtual ones were found to be; 1 where nobody looked."""
    try:
        return max(1.0, float((_files() / _SLOWNESS).read_text()))
    except (OSError, ValueError):
        return 1.0


def remember_slowness(factor: float) -> None:
    """Keep what was measured."""
    instance.write_atomically(_files() / _SLOWNESS, f"{factor:.2f}\n")


def forget() -> None:
    """There are no machines any more."""
    for name in ("ssh-config", "apart", _SLOWNESS):
        (_files() / name).unlink(missing_ok=True)
