"""Virtual machines as a test sees them: over ssh of its own, not through what it tests."""

from __future__ import annotations

import os
import subprocess

from netproof.engine import vagrant_machines
from netproof.wait import until
from tests.contract.conftest import User

_LIMIT = 300.0
# What a lab could leave behind. Rules without their counters; Docker's own are there again when its engine is.
_PICTURE = r"""
ip -br link | awk '{ print $1 }'
ip -br address | sed 's/@[a-z0-9]*//'
ip rule; ip -6 rule; ip route show table all; ip -6 route show table all
ip netns list; ip -n mgmt -br link
nft -s list ruleset
iptables-legacy-save | grep '^-' ; ip6tables-legacy-save | grep '^-'
ip xfrm state; ip xfrm policy
sysctl -a -r '^net\.' 2>/dev/null | grep -vE 'conntrack_count|stable_secret|fastopen_key|\.veth'
findmnt -rno TARGET,FSTYPE | grep -v '^/run/user'
find /etc /usr /opt /root /home /boot -xdev -type f -newer /run/before 2>/dev/null
ls /sys/fs/cgroup | grep netproof
pgrep -c -x dockerd
"""


class Machines:
    """A user's virtual machines."""

    def __init__(self, user: User) -> None:
        self._files = user.state / "vagrant"
        self._environment = {**os.environ, "NETPROOF_APART_DIR": str(self._files / "libvirt")}

    @property
    def apart(self) -> bool:
        """Whether their libvirt runs in namespaces of its own."""
        return (self._files / "apart").exists()

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command, env=self._environment, check=True, capture_output=True, text=True, timeout=_LIMIT
        )
        return done.stdout

    def inside(self, name: str, command: str) -> str:
        """Run a shell command as root in a machine."""
        ssh = [str(vagrant_machines.APART), "ssh"] if self.apart else ["ssh"]
        options = ["-F", str(self._files / "ssh-config"), "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]
        return self._run([*ssh, *options, name, "--", f"sudo sh -c {_quoted(command)}"])

    def virsh(self, *words: str) -> str:
        """Ask the libvirt that runs them."""
        return self._run(
            [*([str(vagrant_machines.APART), "run"] if self.apart else []), "virsh", "-q", *_WHERE, *words]
        )

    def domains(self) -> list[str]:
        """What libvirt calls the machines."""
        return self.virsh("list", "--name").split()

    def picture(self, name: str) -> list[str]:
        """Everything about a machine that a lab could change, once its own engine runs again."""
        assert until(lambda: self.inside(name, "docker version >/dev/null 2>&1 && echo yes || true"), 120, 1)
        return self.inside(name, _PICTURE).splitlines()


_WHERE = ("-c", "qemu:///system")


def _quoted(command: str) -> str:
    return "'" + command.replace("'", "'\\''") + "'"
