"""Virtual machines that are lab hosts themselves: `vagrant/labhost`, in each of them, makes it one and undoes that."""

from __future__ import annotations

import functools
import hashlib
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from attrs import frozen

from netproof.engine import ssh, vagrant_machines
from netproof.engine.ssh import SshStream, Way
from netproof.errors import BuildError, EngineError, UsageError
from netproof.hosts import Found, HostSpec, Ready, Swept
from netproof.images import ENGINES, payload
from netproof.state import labels
from netproof.state.instance import Instance
from netproof.wait import scaled, until

_SCRIPT = vagrant_machines.FOLDER / "labhost"
_LIMIT = 60.0
_BUSY = 5  # labhost's exit code where another lab host is
_NOT_THERE = 127  # bash's where its script is missing
_LOOK = 2.0
_DIGEST = 16
_LAYOUT = "1"  # raise it when labhost lays out its folders in another way
_UP = "`invoke vagrant status` tells how it is; `invoke vagrant up` makes or wakes it."


@frozen
class Shown:
    """What a machine says of itself: its engine's version, the digest of its tools, and the lab host it is, if any.

    `ready` says that its way in is out of the way of labs; `lab` are its labels, `state` is running or exited.
    """

    machine: str
    engine: str
    kernel: str
    cgroups: int
    ready: bool
    seed: str
    state: str | None
    lab: dict[str, Any] | None


def way_to(machine: str) -> Way:
    """How to get to a machine."""
    name, program = vagrant_machines.way(machine)
    return Way(name, tuple(program))


@functools.cache
def _script() -> tuple[bytes, str]:
    """What runs there, and where it lies: in memory, under a name that is another one for each version."""
    content = _SCRIPT.read_bytes()
    return content, f"/run/netproof-labhost-{hashlib.sha256(content).hexdigest()[:_DIGEST]}"


def _words(verb: str, *words: str) -> list[str]:
    return ["sudo", "bash", _script()[1], verb, *words]


def _install(machine: str) -> None:
    content, path = _script()
    ssh.run(way_to(machine), ["sudo", "sh", "-c", f"cat >{path}.part && mv {path}.part {path}"], _LIMIT, content)


def _do(machine: str, verb: str, *words: str, limit: float = _LIMIT) -> str:
    """Have a machine do something; BuildError with what it says when it does not."""
    try:
        ended = ssh.run(way_to(machine), _words(verb, *words), scaled(limit))
        if ended.code == _NOT_THERE:
            _install(machine)
            ended = ssh.run(way_to(machine), _words(verb, *words), scaled(limit))
    except EngineError as error:
        raise EngineError(f"The virtual machine {error.problem.removeprefix('ssh://')}", _UP) from error
    if ended.code == _BUSY:
        raise _busy(machine, ended.errors)
    if ended.code:
        raise BuildError(
            f"The virtual machine {machine} cannot {verb} a lab host: {ended.errors.strip()}",
            "`invoke vagrant down` and `invoke vagrant up` make the machine anew.",
        )
    return ended.output


def _busy(machine: str, said: str) -> BuildError:
    held = json.loads(said.partition("busy ")[2] or "{}")
    if not held:
        return BuildError(f"The virtual machine {machine} is being made ready.", "Try again in a minute.")
    instance = Instance(held["lab"], held["instance"])
    return BuildError(
        f"The virtual machine {machine} is a lab host of {instance} already.",
        f"Remove that first: invoke lab down {instance.arguments}.",
    )


def show(machine: str) -> Shown:
    """What a machine says of itself; EngineError when it does not answer."""
    return Shown(**json.loads(_do(machine, "show")))


_COUNT = "from time import perf_counter as now; began = now(); sum(i * i for i in range(300_000)); print(now() - began)"


def pace(machine: str) -> float:
    """Seconds that a machine takes for what `pace_here` does here."""
    return float(ssh.run(way_to(machine), ["python3", "-c", _COUNT], _LIMIT).output)


def pace_here() -> float:
    """Seconds that this machine takes for a small sum, while it does whatever else it does."""
    return float(subprocess.run([sys.executable, "-c", _COUNT], check=True, capture_output=True, text=True).stdout)


def probing(machine: str, command: Sequence[str]) -> SshStream:
    """A process in an empty network namespace of a machine, beside its lab, for its input and output."""
    return SshStream(way_to(machine), _words("probe", *command))


def tools_digest() -> str:
    """The hash of what is put into a machine so that it can be a lab host."""
    parts = [_LAYOUT, payload.pyroute2_version()]
    parts += [f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in sorted(payload.contents().items())]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGEST]


def _known(version: str) -> str:
    """The engine that a version is one of; UsageError when labs are not written for it."""
    engine = ".".join(version.split(".")[:2])
    if engine not in ENGINES:
        raise UsageError(
            f"The virtual machine has Docker Engine {version}; labs are written for {', '.join(ENGINES)}.",
            "Take a box of Debian 12 (20.10) or 13 (26.1).",
        )
    return engine


def _found(shown: Shown) -> Found | None:
    if not shown.lab:
        return None
    return Found(
        id=shown.machine,
        instance=Instance(shown.lab["lab"], shown.lab["instance"]),
        host=shown.lab["host"],
        engine=shown.lab["engine"],
        firewall=shown.lab["firewall"],
        digest=shown.lab["digest"],
        image=shown.lab["image"],
        state=shown.state or "exited",
        owner=shown.lab["owner"],
        apart=True,
    )


class MachineHosts:
    """Lab hosts that are virtual machines, one lab at a time."""

    at_once = 1

    def _shown(self) -> list[Shown]:
        names = vagrant_machines.names()
        if not names:
            raise EngineError("There is no virtual machine.", "`invoke vagrant up` makes one.")
        with ThreadPoolExecutor(len(names)) as pool:
            return list(pool.map(show, names))

    def find(self, instance: Instance | None = None) -> list[Found]:
        """Lab hosts of an instance, or all of this owner's."""
        found = [host for shown in self._shown() if (host := _found(shown)) is not None]
        mine = [host for host in found if host.owner == labels.owner() and instance in {None, host.instance}]
        return sorted(mine, key=lambda host: host.host)

    def engines(self) -> list[str]:
        """The one engine that the machines have; UsageError when it is none that labs are written for."""
        return [_known(self._shown()[0].engine)]

    def kernel(self) -> str:
        """The release of the first machine's kernel."""
        return self._shown()[0].kernel

    def prepare(self, engine: str, count: int, say: Callable[[str], None]) -> Ready:
        """See to it that `count` machines have the engine and the tools of lab hosts."""
        shown = self._shown()
        if len(shown) < count:
            raise UsageError(
                f"The lab has {count} hosts, and there is one virtual machine.",
                f"`invoke vagrant up --machines {count}` makes another one.",
            )
        if engine != _known(shown[0].engine):
            raise UsageError(
                f"The virtual machine has Docker Engine {shown[0].engine}, not {engine}.",
                "Leave --engine out, or use another place: --host dind has every engine.",
            )
        wanted = tools_digest()
        for machine in shown:
            if not machine.ready:
                name = machine.machine
                raise BuildError(
                    f"The virtual machine {name} is not set up.", f"`cd vagrant; vagrant provision {name}`."
                )
        lacking = [machine.machine for machine in shown[:count] if machine.seed != wanted]
        if lacking:
            say(f"sending the tools of lab hosts to {', '.join(lacking)}")
            with ThreadPoolExecutor(len(lacking)) as pool:
                list(pool.map(lambda machine: _seed(machine, wanted, say), lacking))
        return Ready(f"sha256:{wanted}", shown[0].engine, "")

    def start(self, instance: Instance, spec: HostSpec) -> Found:
        """Make a lab host of the machine whose turn it is."""
        machine = vagrant_machines.names()[spec.place]
        marks = {
            "lab": instance.lab,
            "instance": instance.tag,
            "owner": labels.owner(),
            "host": spec.name,
            "engine": spec.engine,
            "firewall": spec.firewall,
            "digest": spec.digest,
            "image": spec.image,
        }
        digest = spec.image.removeprefix("sha256:")
        _do(machine, "start", spec.name, digest, spec.firewall, json.dumps(dict(spec.settings)), json.dumps(marks))
        found = _found(Shown(machine, "", "", 2, ready=True, seed="", state="running", lab=marks))
        assert found is not None
        return found

    def remove(self, hosts: Sequence[Found]) -> None:
        """Make plain machines of them again, as they were."""
        if hosts:
            with ThreadPoolExecutor(len(hosts)) as pool:
                list(pool.map(lambda host: _do(host.id, "stop"), hosts))

    def remove_volumes(self, instance: Instance) -> None:
        """They have nothing in common but a cable."""

    def sweep(self, *, keep_images: bool) -> Swept:
        """Remove what stays in the machines for the next lab host."""
        names = [] if keep_images else [shown.machine for shown in self._shown() if shown.seed and not shown.lab]
        for name in names:
            _do(name, "forget")
        return Swept(other=[f"the tools in {name}" for name in names])

    def get_ready(self, image: str) -> None:
        """A machine is its own lab host; there is nothing to make for the next."""

    def stream(self, host: Found, command: Sequence[str]) -> SshStream:
        """Start a process in a lab host."""
        return SshStream(way_to(host.id), _words("enter", *command))

    def connect(self, host: Found, client: socket.socket) -> None:
        """Lead a connection to a lab host's engine, until either end closes it."""
        command = way_to(host.id).argv(_words("enter", "docker", "system", "dial-stdio"), "-T", "-q")
        end = client.fileno()
        subprocess.run(command, check=False, stdin=end, stdout=end, stderr=subprocess.DEVNULL)

    def wait(self, host: Found) -> None:
        """Return when a lab host is no more."""

        def is_gone() -> bool:
            try:
                found = self.find(host.instance)
            except EngineError:
                return True
            return (host.id, host.digest) not in {(one.id, one.digest) for one in found}

        until(is_gone, float("inf"), _LOOK)


def _seed(machine: str, digest: str, say: Callable[[str], None]) -> None:
    for line in ssh.follow(way_to(machine), _words("seed", digest), payload.as_tar()):
        say(f"{machine}: {line}")
