"""Lab host images: made from Debian packages on this machine, found again by what they were made from.

recipe ── digest ──▶ find ── yes ──▶ HostImage
                      │ no
                      ▼
source (slim base image, or debootstrap) ─▶ root file system ─▶ bake (node image inside) ─▶ commit
"""

from orchestrator.images.ensure import ensure
from orchestrator.images.host_privileges import host_config
from orchestrator.images.lookup import HostImage, find, manifest
from orchestrator.images.recipe import DEFAULT_ENGINE, ENGINES, Recipe
from orchestrator.images.workdir import sweep

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
