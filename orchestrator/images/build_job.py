"""One build: for whom, of what, and the labels by which everything it makes is found again."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

import docker
from attrs import field, frozen
from docker.errors import APIError, DockerException

from netproof.images.recipe import Recipe, current_digest, current_rootfs_digest
from netproof.progress import Say, Steps
from netproof.state import labels

BUILD = "netproof.build"
ROOTFS = "netproof.rootfs"
VERSION = "netproof.engine-version"


PACKAGES, IMPORT, NODE, COMMIT = "packages", "import", "node image", "commit"
_USUAL = {PACKAGES: 45.0, IMPORT: 6.0, NODE: 14.0, COMMIT: 8.0}


@frozen
class Job:
    """A build under way."""

    client: docker.DockerClient
    recipe: Recipe
    say: Say
    token: str = field(factory=lambda: uuid.uuid4().hex)
    steps: Steps = field(init=False)

    @steps.default
    def _steps(self) -> Steps:
        return Steps(f"lab host {self.recipe.engine}", _USUAL, self.say)

    def labels(self, role: str = "builder") -> dict[str, str]:
        """The labels of what this build makes."""
        return {
            labels.ROLE: role,
            labels.OWNER: labels.owner(),
            labels.ENGINE: self.recipe.engine,
            labels.RECIPE: current_digest(self.recipe),
            ROOTFS: current_rootfs_digest(self.recipe),
            BUILD: self.token,
        }

    @contextlib.contextmanager
    def container(self, image: str, **settings: Any) -> Iterator[str]:
        """A builder container, created but not started; removed at the end with its volumes."""
        api = self.client.api
        container = api.create_container(image, labels=self.labels(), **settings)["Id"]
        try:
            yield container
        finally:
            api.remove_container(container, v=True, force=True)

    def discard(self) -> None:
        """Remove the containers and the half-made images of this build."""
        ours = {"label": [f"{BUILD}={self.token}", f"{labels.ROLE}=builder"]}
        with contextlib.suppress(DockerException):
            for container in self.client.api.containers(all=True, filters=ours):
                self.client.api.remove_container(container["Id"], v=True, force=True)
        with contextlib.suppress(DockerException):
            for image in self.client.api.images(filters=ours):
                self.drop(image["Id"])

    def drop(self, image: str) -> None:
        """Remove an image unless something stands on it."""
        with contextlib.suppress(APIError):
            self.client.api.remove_image(image)
