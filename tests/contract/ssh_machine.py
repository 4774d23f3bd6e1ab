"""A second machine: a container with an ssh server and an engine of its own, on a network that leads nowhere else.

Its image is Debian's openssh-server beside what a lab host has, built once for the machine's owner.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import docker
import pytest
from attrs import frozen

from netproof import images
from netproof.images import payload
from netproof.images.build_job import Job
from netproof.images.host_privileges import host_config
from netproof.images.lookup import images_labelled
from netproof.images.recipe import current_digest, recipe_of
from netproof.images.rootfs_choice import source_for
from netproof.state import labels
from netproof.wait import until

ROLE = "test-machine"
BOX = "ssh://box"  # how labs are sent to it
CONTEXT = "docker:far"  # another way to say so
LIMIT = 60.0
SEARCH, OPTIONS = "corp.example", "ndots:7"  # in its resolv.conf


def image(client: docker.DockerClient) -> str:
    """The image's id."""
    recipe = recipe_of(images.DEFAULT_ENGINE)
    job = Job(client, attrs.evolve(recipe, packages=(*recipe.packages, "openssh-server")), lambda _: None)
    wanted = {labels.RECIPE: current_digest(job.recipe), labels.ROLE: ROLE}
    found = images_labelled(client, wanted)
    if found:
        return str(found[0]["Id"])
    try:
        rootfs = source_for(job).rootfs(job)
        container = client.api.create_container(rootfs, ["true"], labels=job.labels(ROLE))["Id"]
        try:
            client.api.put_archive(container, "/", payload.as_tar())
            made = str(client.api.commit(container, repository="netproof/test-machine", tag="latest")["Id"])
        finally:
            client.api.remove_container(container, force=True)
    finally:
        job.discard()
    drop_superseded(job, made)
    return made


def drop_superseded(job: Job, made: str) -> None:
    """Remove this owner's earlier images: they have lost their name to the new one, and would stay for good."""
    for old in images_labelled(job.client, {labels.OWNER: labels.owner(), labels.ROLE: ROLE}):
        if old["Id"] != made:
            job.drop(old["Id"])


@frozen
class Machine:
    """A machine that runs: its container and the files by which ssh gets there as `box`."""

    client: docker.DockerClient
    container: str
    address: str
    folder: Path

    @property
    def config(self) -> Path:
        """ssh's configuration."""
        return self.folder / "config"

    @property
    def ssh(self) -> str:
        """What NETPROOF_SSH is to be."""
        return f"ssh -F {self.config}"

    def run(self, command: str) -> str:
        """Run a shell command on the machine, not by ssh; AssertionError unless it succeeds."""
        api = self.client.api
        made = api.exec_create(self.container, ["/bin/sh", "-c", command])["Id"]
        output = str(api.exec_start(made).decode(errors="replace"))
        assert api.exec_inspect(made)["ExitCode"] == 0, f"{command}: {output}"
        return output

    def start_ssh(self) -> None:
        """Start its ssh server."""
        self.run("mkdir -p /run/sshd && /usr/sbin/sshd")

    def cut(self) -> None:
        """End every ssh session at once, and let nobody in any more."""
        self.run("pkill -KILL sshd; true")

    def holds(self, owner: str) -> list[str]:
        """What its engine has of a user's: containers, volumes and networks."""
        mark = f"--filter label={labels.OWNER}={owner}"
        return self.run(f"docker ps -aq {mark}; docker volume ls -q {mark}; docker network ls -q {mark}").split()


@contextmanager
def running(client: docker.DockerClient, folder: Path, room: str = "") -> Iterator[Machine]:
    """A machine, its network and its keys; gone afterwards. It has an owner of its own: no user's `clean` finds it.

    `room` is how much its engine can keep (`200m`), else as much as there is.
    """
    name = f"netproof-machine-{uuid.uuid4().hex[:10]}"
    marks = {labels.OWNER: name, labels.ROLE: ROLE}
    api = client.api
    network = api.create_network(name, driver="bridge", internal=True, labels=marks)["Id"]
    container = ""
    try:
        settings = host_config(api, volume_labels=marks) | {"NetworkMode": name}
        if room:
            settings |= {"Mounts": [], "Tmpfs": {"/var/lib/docker": f"size={room}"}}
        container = api.create_container(
            image(client), name=name, hostname="box", labels=marks, entrypoint=["/sbin/lab-init"], host_config=settings
        )["Id"]
        api.start(container)
        address = api.inspect_container(container)["NetworkSettings"]["Networks"][name]["IPAddress"]
        machine = Machine(client, container, address, folder)
        _prepare(machine)
        yield machine
    finally:
        if container:
            api.remove_container(container, v=True, force=True)
        api.remove_network(network)


def _prepare(machine: Machine) -> None:
    if shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        pytest.skip("needs OpenSSH's client")
    key = machine.folder / "key"
    for path in (key, machine.folder / "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    assert until(lambda: machine.run("test -d /run/netproof && echo yes || true").strip(), LIMIT, 0.1)
    machine.run("ssh-keygen -A && mkdir -p -m 700 /root/.ssh")
    _put(machine, "/root/.ssh", "authorized_keys", key.with_suffix(".pub").read_bytes())
    # As machines have them: nothing of it may reach a lab.
    machine.run(f"printf 'search %s\\noptions %s\\n' {SEARCH} {OPTIONS} >>/etc/resolv.conf")
    machine.start_ssh()
    public = machine.run("cat /etc/ssh/ssh_host_ed25519_key.pub").split()
    (machine.folder / "known_hosts").write_text(f"{machine.address} {public[0]} {public[1]}\n")
    configure(machine)
    _have_context(machine)
    assert until(lambda: machine.run("docker version >/dev/null 2>&1 && echo yes || true").strip(), LIMIT, 0.2)


def configure(machine: Machine, **changes: Any) -> None:
    """Write ssh's configuration for `box`, with other values than the right ones where a test wants them."""
    settings = {
        "HostName": machine.address,
        "User": "root",
        "IdentityFile": machine.folder / "key",
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": machine.folder / "known_hosts",
        "GlobalKnownHostsFile": "/dev/null",
        **changes,
    }
    machine.config.write_text("Host box\n" + "".join(f"  {name} {value}\n" for name, value in settings.items()))


def _have_context(machine: Machine) -> None:
    """A docker context that leads there, as the CLI keeps it."""
    mark = hashlib.sha256(b"far").hexdigest()
    meta = machine.folder / "docker" / "contexts" / "meta" / mark / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": "far", "Metadata": {}, "Endpoints": {"docker": {"Host": BOX}}}))


def _put(machine: Machine, folder: str, name: str, content: bytes) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        about = tarfile.TarInfo(name)
        about.size, about.mode = len(content), 0o600
        tar.addfile(about, io.BytesIO(content))
    machine.client.api.put_archive(machine.container, folder, buffer.getvalue())
