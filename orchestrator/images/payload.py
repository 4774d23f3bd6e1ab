"""The files put on top of the distribution: init, the engine script, the build steps, and pyroute2."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import tarfile
from pathlib import Path

from netproof.errors import ImageError

STRIP = "strip"
BAKE = "/opt/netproof/build/bake"
_HERE = Path(__file__).parent

# Source below this package -> place in the image. /opt/netproof/build is gone from the finished image.
_PLACES = {
    "files/lab-init": "usr/sbin/lab-init",
    "files/engine": "usr/local/sbin/engine",
    "files/systemctl": "usr/local/sbin/systemctl",
    "files/service": "usr/local/sbin/service",
    "files/serve": "usr/local/bin/serve",
    "files/bash.bashrc": "etc/bash.bashrc",
    "files/containerd.toml": "etc/containerd/config.toml",
    "files/bake": BAKE.lstrip("/"),
    "node_tree.py": "opt/netproof/build/node_tree.py",
    "node_archive.py": "opt/netproof/build/node_archive.py",
}
_SITE = "opt/netproof/site/pyroute2"


def contents() -> dict[str, bytes]:
    """Every file that goes into or shapes the image, by name (pyroute2 is known by its version)."""
    named = {source: (_HERE / source).read_bytes() for source in _PLACES}
    return named | {STRIP: (_HERE / "files" / STRIP).read_bytes()}


def pyroute2_version() -> str:
    """The version of pyroute2 here, which the lab host gets too."""
    return importlib.metadata.version("pyroute2")


def as_tar() -> bytes:
    """The payload as a tar archive to unpack at the root of a lab host."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for source, place in _PLACES.items():
            tar.add(_HERE / source, place, filter=_owned_by_root)
        tar.add(_pyroute2(), _SITE, filter=_source_only)
    return buffer.getvalue()


def _pyroute2() -> Path:
    spec = importlib.util.find_spec("pyroute2")
    if spec is None or not spec.submodule_search_locations:
        raise ImageError(
            "pyroute2 is not importable here, and lab hosts get their copy from here.",
            "Install netproof with its dependencies.",
        )
    return Path(spec.submodule_search_locations[0])


def _owned_by_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mode = 0o755
    return info


def _source_only(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    # The bytecode is made by the lab host's own Python, which is another version.
    return None if info.name.endswith(("__pycache__", ".pyc")) else _owned_by_root(info)
