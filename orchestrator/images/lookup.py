"""Finds lab host images by their labels: one call to the engine."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import docker
import requests
from attrs import frozen
from docker.errors import DockerException

from netproof.errors import EngineError
from netproof.images.build_job import BUILD, VERSION
from netproof.images.recipe import current_digest, recipe_of
from netproof.state import labels

ROLE = "lab-host"
_PACKAGES = "/opt/netproof/packages"


@frozen
class HostImage:
    """A lab host image that exists."""

    id: str
    engine: str
    version: str
    recipe: str

    @property
    def note(self) -> str:
        """What differs from the promise; nothing if nothing does."""
        if self.version == self.engine or self.version.startswith(f"{self.engine}."):
            return ""
        return f"Engine {self.engine} was promised; Debian {recipe_of(self.engine).suite} has {self.version}."


def find(client: docker.DockerClient, engine: str) -> HostImage | None:
    """The newest image made by the current recipe for this engine, if there is one."""
    recipe = current_digest(recipe_of(engine))
    wanted = {labels.RECIPE: recipe, labels.ENGINE: engine, labels.ROLE: ROLE}
    images = images_labelled(client, wanted)
    if not images:
        return None
    newest = max(images, key=lambda image: image["Created"])
    return HostImage(newest["Id"], engine, newest["Labels"].get(VERSION, "unknown"), recipe)


def images_labelled(client: docker.DockerClient, wanted: dict[str, str], **more: Any) -> list[dict[str, Any]]:
    """The images that carry all of these labels."""
    terms = [f"{name}={value}" for name, value in wanted.items()]
    try:
        images: list[dict[str, Any]] = client.api.images(filters={"label": terms}, **more)
    except (DockerException, requests.RequestException) as error:
        remedy = "Start the Docker engine, or set DOCKER_HOST to where it is."
        raise EngineError(f"The Docker engine does not list its images: {error}", remedy) from error
    return images


def manifest(client: docker.DockerClient, image: HostImage) -> dict[str, str]:
    """Package -> version, as installed in the image."""
    api = client.api
    # The tmpfs keeps the engine's data, a volume otherwise, from being copied for one small file.
    shade = api.create_host_config(tmpfs={"/var/lib/docker": ""}, network_mode="none")
    ours = {labels.ROLE: "builder", labels.OWNER: labels.owner(), BUILD: "manifest"}
    container = api.create_container(image.id, host_config=shade, labels=ours)["Id"]
    try:
        chunks, _ = api.get_archive(container, _PACKAGES)
        return parse_manifest(b"".join(chunks))
    finally:
        api.remove_container(container, v=True, force=True)


def parse_manifest(archive: bytes) -> dict[str, str]:
    """Package -> version from a tar archive that holds the list of packages."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        listing = tar.extractfile(tar.getmembers()[0])
        text = listing.read().decode() if listing else ""
    return dict(line.split(" ", 1) for line in text.splitlines())
