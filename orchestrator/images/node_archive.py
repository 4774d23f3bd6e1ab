"""Writes a tree as an image archive for `docker load`: `python3 node_archive.py TREE NAME DIRECTORY`.

`docker import` would do, but older engines do not let it set the signal that stops a container. The same tree makes
the same image, down to its id: on machines that each made their own, a swarm's nodes find it by that. Standard library
only: this module is shipped into the builder.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import tarfile
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
CREATED = "1970-01-01T00:00:00Z"  # no time of day, or no two builds would be equal
CONFIG = {
    "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    "Cmd": ["/bin/bash"],
    # Nodes run `sleep infinity` as PID 1, which ignores TERM: with KILL a stop takes no ten seconds.
    "StopSignal": "SIGKILL",
}


def main(tree: Path, name: str, directory: Path) -> None:
    """Write layer, configuration and manifest of the image `name` to `directory`."""
    directory.mkdir(parents=True)
    layer = directory / "layer.tar"
    with tarfile.open(layer, "w") as tar:
        tar.add(tree, ".", filter=_timeless)
    with layer.open("rb") as content:
        diff_id = f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": [layer.name]}]
    (directory / "config.json").write_text(json.dumps(configuration(diff_id)))
    (directory / "manifest.json").write_text(json.dumps(manifest))


def _timeless(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 0
    return member


def configuration(diff_id: str) -> dict[str, object]:
    """The image's configuration, for one layer."""
    return {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": CREATED,
        "config": CONFIG,
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": CREATED, "created_by": "netproof"}],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
