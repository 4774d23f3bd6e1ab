"""What the kernel under the engine can do: tried out in a lab host that lives for a second."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import docker

from netproof import catalog, images
from netproof.catalog import claims
from netproof.doctor.features import FEATURES, Feature
from netproof.doctor.finding import EVERY_LAB, Finding
from netproof.engine.client import quietly, translated
from netproof.errors import NetproofError
from netproof.hosts.exec_stream import ExecStream
from netproof.images import HostImage
from netproof.lab.agent_client import COMMAND, Agent
from netproof.state import labels

AREA = "kernel"
_LIMIT = 60.0


@contextlib.contextmanager
def probe_host(client: docker.DockerClient, image: HostImage) -> Iterator[str]:
    """A lab host without an engine, removed when the block ends, however it ends."""
    name = f"netproof-probe-{uuid.uuid4().hex[:12]}"
    with ThreadPoolExecutor(1) as pool:
        # An interrupt reaches the main thread alone. Cut off from its answer, the engine would go on making a
        # container that cannot be removed yet, because it is not there yet.
        starting = pool.submit(_start, client, image, name)
        try:
            starting.result()
            yield name
        finally:
            wait([starting])
            _remove(client, name)


def _start(client: docker.DockerClient, image: HostImage, name: str) -> None:
    marks = {labels.OWNER: labels.owner(), labels.ROLE: "probe", labels.ENGINE: image.engine}
    with translated("starting a lab host to try the kernel in"):
        client.api.create_container(
            image.id,
            name=name,
            labels=marks,
            environment={"NETPROOF_ENGINE": "off"},
            host_config=images.host_config(client.api, volume_labels=marks),
        )
        client.api.start(name)


def _remove(client: docker.DockerClient, name: str) -> None:
    with translated(f"removing {name}"):
        quietly(lambda: client.api.remove_container(name, v=True, force=True))


def _probe(client: docker.DockerClient, image: HostImage) -> dict[str, Any]:
    with probe_host(client, image) as name:
        agent = Agent(ExecStream(name, COMMAND), name)
        try:
            answer: dict[str, Any] = agent.call("probe", limit=_LIMIT)
            return answer
        finally:
            agent.close()


def examine(client: docker.DockerClient, image: HostImage | None) -> Iterator[Finding]:
    """Every feature, or why they cannot be tried."""
    if image is None:
        what, remedy = "tried out in a lab host, and no image of one is built", "`invoke images` builds one."
        yield Finding(AREA, "features", "unknown", what, remedy=remedy)
        return
    try:
        answer = _probe(client, image)
    except NetproofError as error:  # what keeps this lab host from running keeps every other
        yield Finding(AREA, "lab host", "missing", error.problem, EVERY_LAB, error.remedy)
        return
    yield Finding(AREA, "lab host", "ok", f"runs on kernel {answer['kernel']}", EVERY_LAB)
    results = answer["features"]
    for name in sorted(results, key=[*FEATURES, *results].index):
        yield feature(name, results[name])


def feature(name: str, result: dict[str, Any]) -> Finding:
    """The finding for one feature that was tried."""
    about = FEATURES.get(name) or Feature("", "what needs it is left out", name, f"the feature {name}")
    if result["works"]:
        return Finding(AREA, name, "ok", "works", about.needed_for)
    lost = left_out(name)
    remedy = f"{about.remedy} Claims skipped here: {', '.join(lost)}." if lost else about.remedy
    return Finding(AREA, name, "missing", result["why"], about.needed_for, remedy)


def left_out(feature_name: str) -> list[str]:
    """The claims that are skipped where a feature is missing: `b33 of swarm-ingress`."""
    return [
        f"{claim.id} of {lab}" for lab in catalog.names() for claim in claims.claims(lab) if feature_name in claim.needs
    ]
