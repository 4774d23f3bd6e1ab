"""What several claims of container do, kept out of the way of what they claim."""

from __future__ import annotations

from netproof.fixtures.changes import Change
from netproof.lab import observe
from netproof.lab.running import RunningLab

# An image of busybox and its links alone, which is what small distributions' images consist of.
MAKE_BUSYBOX_IMAGE = """
root=$(mktemp -d) && mkdir $root/bin && cp "$(command -v busybox)" $root/bin/busybox &&
for applet in $(busybox --list); do [ $applet = busybox ] || ln -s busybox $root/bin/$applet; done &&
tar -C $root -c . | docker import - busybox-alone >/dev/null && rm -r $root
"""


def created(change: Change, name: str, options: str) -> str:
    """`docker create --name NAME OPTIONS netproof/node true`: "" or what the client says against it."""
    return change.run(
        "host",
        f"docker create --name {name} {options} netproof/node true 2>&1 >/dev/null || true",
        f"docker rm -f {name} >/dev/null 2>&1 || true",
    ).strip()


def busybox_sidecar(change: Change) -> None:
    """A container `tiny` of busybox alone in main's network namespace, until the test ends."""
    change.run("host", MAKE_BUSYBOX_IMAGE, "docker rmi -f busybox-alone >/dev/null")
    change.run(
        "host",
        "docker run -d --name tiny --network container:main busybox-alone /bin/sleep 3600",
        "docker rm -fv tiny >/dev/null",
    )


def network_identity(lab: RunningLab, name: str) -> str:
    """The network namespace that a host or container is in."""
    return lab.run(name, ["readlink", "/proc/self/ns/net"]).stdout.strip()


def interfaces(lab: RunningLab, name: str) -> dict[str, list[str]]:
    """{interface: its IPv4 addresses} of a host or container."""
    inside = observe.namespace(lab, name)
    return {
        link.name: [
            item.address for item in inside.addresses if item.interface == link.name and ":" not in item.address
        ]
        for link in inside.links
    }
