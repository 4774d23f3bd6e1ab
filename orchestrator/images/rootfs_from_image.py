"""A root file system from a slim Debian image, for machines that have one or can pull one."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterator

import docker
import requests
from docker.errors import DockerException

from netproof.images import errors, payload
from netproof.images.build_job import Job
from netproof.images.image_import import import_tree, lines

# A registry that has not answered by then is taken for none.
_REGISTRY_SECONDS = 5
_KEPT_LINES = 40
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")
_SCRIPT = """
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y --no-install-recommends install "$@"
"""


class BaseImage:
    """The suite's packages, installed by apt in a container and flattened into one layer."""

    def rootfs(self, job: Job) -> str:
        """Install the packages, strip the tree, import it; the id of the image."""
        step = f"Installing packages in {job.recipe.base}"
        with errors.engine_step(step, job.client), self._container(job) as container:
            self._install(job, container, step)
            return import_tree(job, job.client.api.export(container))

    @contextlib.contextmanager
    def _container(self, job: Job) -> Iterator[str]:
        api = job.client.api
        script = _SCRIPT + payload.contents()[payload.STRIP].decode()
        with job.container(
            job.recipe.base,
            entrypoint=["/bin/sh", "-c", script, "install"],
            command=list(job.recipe.packages),
            environment={name: os.environ[name] for name in _PROXIES if name in os.environ},
            use_config_proxy=True,
            # The machine's own network: a bridge may have no way out where a proxy listens on the machine.
            host_config=api.create_host_config(network_mode="host"),
        ) as container:
            yield container

    def _install(self, job: Job, container: str, step: str) -> None:
        api = job.client.api
        api.start(container)
        last: deque[str] = deque(maxlen=_KEPT_LINES)
        for line in lines(api.logs(container, stream=True, follow=True)):
            last.append(line)
            job.steps.passing(f"apt {job.recipe.suite}: {line.removesuffix('...')}")
        if api.wait(container)["StatusCode"] != 0:
            remedy = "The container needs a way to a Debian mirror (http_proxy is handed on to it)."
            raise errors.step_failed(step, last, remedy)


def is_present(client: docker.DockerClient, base: str) -> bool:
    """Whether the engine has the base image."""
    return bool(client.api.images(name=base))


def is_pullable(client: docker.DockerClient, base: str) -> bool:
    """Whether a registry answers for the base image, asked with little patience."""
    api, patience = client.api, client.api.timeout
    api.timeout = _REGISTRY_SECONDS
    try:
        client.images.get_registry_data(base)
    except (DockerException, requests.RequestException):
        return False
    finally:
        api.timeout = patience
    return True


def pull(job: Job) -> None:
    """Pull the base image, saying how it goes."""
    with errors.engine_step(f"Pulling {job.recipe.base}", job.client):
        for event in job.client.api.pull(job.recipe.base, stream=True, decode=True):
            if "error" in event:
                raise DockerException(event["error"])
            progress = event.get("progress", "")
            job.steps.passing(f"pulling {job.recipe.base}: {event.get('status', '')} {progress}")
