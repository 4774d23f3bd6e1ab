"""Where netproof's own files are: in a clone, or in the package that an installed netproof is.

a clone      HOME/labs, HOME/vagrant, and HOME/netproof, which is a link to HOME/orchestrator
installed    HOME is the package: netproof/labs, netproof/vagrant
"""

from __future__ import annotations

from pathlib import Path

# Where `netproof` is imported from: what a process of ours needs as its working folder or on its path. Not resolved,
# since in a clone the package's name is a link.
IMPORT_ROOT = Path(__file__).parents[1]
LABS = (Path(__file__).parent / "labs").resolve()
HOME = LABS.parent
# Tests, scripts and what they need are in a clone alone.
IS_CLONE = (HOME / "tasks.py").exists()


def lab_names(labs: Path = LABS) -> list[str]:
    """The labs there are, in alphabetical order, by their folders alone."""
    return sorted(path.parent.name.replace("_", "-") for path in labs.glob("*/lab.py"))
