"""From a root file system to a lab host image whose engine holds the node image already.

The builder is a lab host itself, but its engine's data is a volume under /seed: what lies in a volume is
never committed, so the data is copied from there to /var/lib/docker in the container's own layer.
"""

from __future__ import annotations

import json
from collections import deque

from netproof.errors import ImageError
from netproof.images import errors, payload
from netproof.images.build_job import COMMIT, NODE, VERSION, Job
from netproof.images.host_privileges import host_config
from netproof.images.image_import import lines
from netproof.images.lookup import ROLE, HostImage
from netproof.images.recipe import current_digest

REPOSITORY = "netproof/lab-host"
_SEED = "/seed"
# In the command, not the environment of the container, which would be committed with it.
_START = [
    "/usr/bin/env",
    f'NETPROOF_DAEMON_JSON={{"data-root": "{_SEED}"}}',
    f"NETPROOF_CONTAINERD_ROOT={_SEED}/containerd/daemon",
    "/sbin/lab-init",
]
_KEPT_LINES = 40
_REMEDY = "The engine of the new image did not run here; `invoke doctor` says what this kernel lacks."


def bake(job: Job, rootfs: str) -> HostImage:
    """Make the lab host image from the image `rootfs`."""
    api = job.client.api
    settings = host_config(api, volume_labels=job.labels(), target=_SEED)
    with (
        errors.engine_step(f"Making the lab host image for engine {job.recipe.engine}", job.client),
        job.container(rootfs, entrypoint=_START, host_config=settings) as container,
    ):
        job.steps.begin(NODE)
        api.put_archive(container, "/", payload.as_tar())
        api.start(container)
        version = _run_bake(job, container)
        api.kill(container)
        job.steps.begin(COMMIT)
        return _commit(job, container, version)


def _run_bake(job: Job, container: str) -> str:
    """Run the bake script; the version of the engine, which is the last word it says."""
    api = job.client.api
    execution = api.exec_create(container, [payload.BAKE])["Id"]
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    for line in lines(api.exec_start(execution, stream=True)):
        last.append(line)
        job.steps.passing(line)
    if api.exec_inspect(execution)["ExitCode"] != 0:
        raise errors.step_failed("Making the node image", [*_engine_log(job, container), *last], _REMEDY)
    return last[-1].split()[-1]


def _engine_log(job: Job, container: str) -> list[str]:
    script = "tail -n 3 /var/log/containerd.log /var/log/dockerd.log"
    execution = job.client.api.exec_create(container, ["/bin/sh", "-c", script])["Id"]
    output: bytes = job.client.api.exec_start(execution)
    return output.decode(errors="replace").splitlines()


def _commit(job: Job, container: str, version: str) -> HostImage:
    marks = job.labels(ROLE) | {VERSION: version}
    changes = [
        'ENTRYPOINT ["/sbin/lab-init"]',
        'VOLUME ["/var/lib/docker"]',
        "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "ENV PYTHONPATH=/opt/netproof/site",
        *(f"LABEL {name}={json.dumps(value)}" for name, value in marks.items()),
    ]
    engine = job.recipe.engine
    answer = job.client.api.commit(container, repository=REPOSITORY, tag=engine, changes=changes)
    if "Id" not in answer:
        raise ImageError(f"The engine committed no image: {answer}", "Try again.")
    return HostImage(answer["Id"], engine, version, current_digest(job.recipe))
