"""A tree into the engine as an image of one layer, without a copy of it in memory or on disk."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator

from docker.errors import APIError

from netproof.images.build_job import IMPORT, Job

_EVERY = 1.0


def import_tree(job: Job, chunks: Iterable[bytes]) -> str:
    """Import a tar stream; the id of the image."""
    job.steps.begin(IMPORT)
    changes = [f"LABEL {name}={json.dumps(value)}" for name, value in job.labels().items()]
    answer = job.client.api.import_image_from_stream(_counted(job, chunks), changes=changes)
    return imported_id(answer)


def imported_id(answer: str) -> str:
    """The image's id from the engine's progress report, or the error in it."""
    last = [json.loads(line) for line in answer.splitlines() if line.strip()][-1]
    if "error" in last:
        raise APIError(last["error"])
    return str(last["status"])


def _counted(job: Job, chunks: Iterable[bytes]) -> Iterator[bytes]:
    sent, due = 0, 0.0
    for chunk in chunks:
        yield chunk
        sent += len(chunk)
        if time.monotonic() >= due:
            job.steps.passing(f"{sent >> 20} MB")
            due = time.monotonic() + _EVERY


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines in a stream of text that arrives in pieces."""
    rest = ""
    for chunk in chunks:
        *whole, rest = (rest + chunk.decode(errors="replace")).split("\n")
        yield from (line for line in whole if line.strip())
    if rest.strip():
        yield rest
