"""Lab host images: made from Debian packages on this machine, found again by what they were made from.

recipe ── digest ──▶ find ── yes ──▶ HostImage
                      │ no
                      ▼
source (slim base image, or debootstrap) ─▶ root file system ─▶ bake (node image inside) ─▶ commit
"""

from netproof.images.ensure import ensure
from netproof.images.host_privileges import host_config
from netproof.images.lookup import HostImage, find, manifest
from netproof.images.recipe import DEFAULT_ENGINE, ENGINES, Recipe
from netproof.images.workdir import sweep

__all__ = [
    "DEFAULT_ENGINE",
    "ENGINES",
    "HostImage",
    "Recipe",
    "ensure",
    "find",
    "host_config",
    "manifest",
    "sweep",
]
