"""The image of the second machine takes the place of the one before."""

from __future__ import annotations

import io
import json
import tarfile
import uuid

import docker
import pytest

from netproof import images
from netproof.images.build_job import Job
from netproof.images.recipe import recipe_of
from netproof.state import labels
from tests.contract import ssh_machine


def imported(client: docker.DockerClient, content: str, owner: str) -> str:
    """An image that holds a file, labelled as the machine's; its id."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("content")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content.encode()))
    marks = [f"LABEL {labels.OWNER}={owner}", f"LABEL {labels.ROLE}={ssh_machine.ROLE}"]
    told = client.api.import_image_from_data(buffer.getvalue(), changes=marks)
    return str(json.loads(told.splitlines()[-1])["status"])


def test_an_earlier_image_does_not_stay(client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would ever remove what has no name; what belongs to others stays."""
    owner, other = f"contract-{uuid.uuid4().hex[:10]}", f"contract-{uuid.uuid4().hex[:10]}"
    monkeypatch.setenv("NETPROOF_OWNER", owner)
    theirs, old, new = (imported(client, uuid.uuid4().hex, name) for name in (other, owner, owner))
    try:
        ssh_machine.drop_superseded(Job(client, recipe_of(images.DEFAULT_ENGINE), lambda _: None), new)
        left = {str(item["Id"]) for item in client.api.images(filters={"label": f"{labels.ROLE}={ssh_machine.ROLE}"})}
        assert {theirs, new} <= left
        assert old not in left
    finally:
        for image in (theirs, new):
            client.api.remove_image(image)
