"""What a lab host image is made of: one frozen recipe per engine, and the hash that names the result."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping

from attrs import frozen

from netproof.errors import UnknownName
from netproof.images import payload

# Raise this when the code of this package makes a different image from the same recipe and files.
BUILD = 1

COMMON = (
    "bash",
    "bind9-dnsutils",
    "bridge-utils",
    "busybox-static",
    "conntrack",
    "containerd",
    "curl",
    "docker.io",
    "ethtool",
    "iproute2",
    "iptables",
    "iputils-arping",
    "iputils-ping",
    "iputils-tracepath",
    "jq",
    "kmod",
    "less",
    "mount",
    "mtr-tiny",
    "nano",
    "netcat-openbsd",
    "nftables",
    "procps",
    "python3",
    "runc",
    "socat",
    "tcpdump",
    "tini",
    "traceroute",
    "util-linux",
)


@frozen
class Recipe:
    """A lab host image to be made: the engine version it promises and the Debian suite that has it."""

    engine: str
    suite: str
    packages: tuple[str, ...] = COMMON

    @property
    def base(self) -> str:
        """The slim image to start from where one is present."""
        return f"debian:{self.suite}-slim"


# Until trixie the client came with the engine; since then it is a package of its own.
ENGINES: dict[str, Recipe] = {
    recipe.engine: recipe
    for recipe in (
        Recipe("20.10", "bookworm"),
        Recipe("26.1", "trixie", (*COMMON, "docker-cli")),
        Recipe("28.5", "forky", (*COMMON, "docker-cli")),
    )
}
DEFAULT_ENGINE = "26.1"


def recipe_of(engine: str) -> Recipe:
    """The recipe for an engine, or UnknownName."""
    try:
        return ENGINES[engine]
    except KeyError:
        raise UnknownName("engine", engine, ENGINES) from None


def digest(recipe: Recipe, files: Mapping[str, bytes], pyroute2: str) -> str:
    """The hash of everything that shapes the image."""
    return _hash(rootfs_digest(recipe, files), recipe.engine, pyroute2, _hashes(files))


def rootfs_digest(recipe: Recipe, files: Mapping[str, bytes]) -> str:
    """The hash of what shapes the distribution part alone, which is slow to make and seldom changes."""
    return _hash(BUILD, recipe.suite, recipe.packages, _hashes({payload.STRIP: files[payload.STRIP]}))


@functools.cache
def current_digest(recipe: Recipe) -> str:
    """`digest` for the files and the pyroute2 of this installation."""
    return digest(recipe, payload.contents(), payload.pyroute2_version())


@functools.cache
def current_rootfs_digest(recipe: Recipe) -> str:
    """`rootfs_digest` for the files of this installation."""
    return rootfs_digest(recipe, payload.contents())


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
