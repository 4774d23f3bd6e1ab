"""What a lab host container may do: enough to run an engine, and no more.

It is not privileged: no devices, no module loading, no CAP_SYS_RESOURCE, no CAP_SYS_TIME.
"""

from __future__ import annotations

from typing import Any

import docker

CAPABILITIES = [
    "SYS_ADMIN",  # mounts, namespaces and cgroups of the nodes
    "NET_ADMIN",
    "NET_RAW",
    "NET_BROADCAST",
    "SYS_PTRACE",  # /proc/PID/ns of the nodes
    "DAC_READ_SEARCH",
    "IPC_LOCK",
    "SYS_NICE",
]

# TEST-NET-1: resolves nothing. Without it a container without a network gets the machine's resolv.conf, and a
# lab's answers would depend on the machine.
_NO_RESOLVER = ["192.0.2.53"]


def host_config(
    api: docker.APIClient,
    *,
    volume_labels: dict[str, str],
    target: str = "/var/lib/docker",
    data: str = "",
    shared: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """The HostConfig of a lab host, its engine's data on a volume at `target`: the one named `data`, else a new one.

    `shared` is a volume it has in common with the lab's other hosts: (name, where).
    """
    config: dict[str, Any] = api.create_host_config(
        network_mode="none",
        cap_add=CAPABILITIES,
        security_opt=["seccomp=unconfined", "apparmor=unconfined"],
        # An engine sets the FORWARD policy to DROP only where it turns forwarding on itself.
        sysctls={"net.ipv4.ip_forward": "0"},
        dns=_NO_RESOLVER,
    )
    # The API's form of the CLI's `systempaths=unconfined`: the nodes mount a /proc of their own.
    config |= {"MaskedPaths": [], "ReadonlyPaths": [], "CgroupnsMode": "private"}
    own = {"Type": "volume", "Target": target, "VolumeOptions": {"Labels": volume_labels}}
    config["Mounts"] = [own | ({"Source": data} if data else {})]
    if shared is not None:
        options = {"Labels": volume_labels, "NoCopy": True}
        config["Mounts"] += [{"Type": "volume", "Source": shared[0], "Target": shared[1], "VolumeOptions": options}]
    return config
