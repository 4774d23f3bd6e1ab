"""For comparison: two containers on the user's one engine by Docker Compose, which isolates nothing."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from netproof.state import labels
from tests.benchmark.contenders import command
from tests.benchmark.step_times import compose_command
from tests.benchmark.times import Times, took

NOT_HERE = "Docker Compose is not installed here"


def _document(image: str) -> str:
    marks = {labels.OWNER: labels.owner(), labels.ROLE: "benchmark"}
    # The tmpfs keeps the lab host image's data, a volume otherwise, from being copied.
    service = {"image": image, "entrypoint": ["sleep", "infinity"], "labels": marks, "tmpfs": ["/var/lib/docker"]}
    return json.dumps({"services": {"one": service, "two": service}, "networks": {"default": {"labels": marks}}})


def measure(rounds: int, image: str) -> Times | str:
    """`up` of two containers and their network; a reason where that cannot be measured."""
    words = compose_command()
    if words is None:
        return NOT_HERE
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "compose.json")
        file.write_text(_document(image))
        project = [*words, "--file", str(file), "--project-name", f"netproof-bench-{os.getpid()}"]
        return Times([_once(project) for _ in range(rounds)])


def _once(project: list[str]) -> float:
    try:
        return took(lambda: command([*project, "up", "--detach"]))
    finally:
        command([*project, "down", "--volumes"])
