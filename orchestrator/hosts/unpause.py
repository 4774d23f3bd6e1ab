"""Paused containers of a lab host that is about to be removed are thawed: the first cgroups keep them from dying.

With cgroup v1 a frozen process takes no signal, not even the one that ends its lab host; the engine then waits for it
in vain. With cgroup v2 it dies.
"""

from __future__ import annotations

from contextlib import suppress

import docker
from docker import errors as docker_errors

_THAW = """
find /sys/fs/cgroup/freezer -mindepth 2 -name freezer.state 2>/dev/null | while read -r state; do
  echo THAWED >"$state"
done
"""


def thaw(api: docker.APIClient, container: str) -> None:
    """Thaw what is frozen in a lab host; one that is not running is left alone."""
    with suppress(docker_errors.APIError):
        if str(api.info().get("CgroupVersion", "1")) == "1":
            api.exec_start(api.exec_create(container, ["/bin/sh", "-c", _THAW])["Id"])
