"""A results file becomes a handbook."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from netproof.errors import BuildError, UsageError
from netproof.handbook.coverage import scope
from netproof.handbook.output_folder import check_target
from netproof.handbook.pages import Handbook
from netproof.matrix import results_file
from netproof.program import in_a_clone

Say = Callable[[str], None]
_NEEDED = ("sphinx", "furo", "jinja2", "pygments")


def make(results: Path, target: Path, say: Say) -> Handbook:
    """Write the handbook of a results file into `target`. Raises UsageError, BuildError."""
    absent = [name for name in _NEEDED if find_spec(name) is None]
    if absent:
        remedy = f"{in_a_clone('Run ./bootstrap, or: pip', 'Run: pip')} install 'netproof[handbook]'."
        raise BuildError(f"The handbook's generator is not installed: {', '.join(absent)}.", remedy)
    if not results.exists():
        remedy = "Make one: invoke matrix (or some of it: invoke matrix --labs bridge-nat --engines 26.1)."
        raise UsageError(f"There are no results in {results}.", f"{remedy} --results says where else they are.")
    check_target(target)
    found = scope(results_file.read(results, "--results"))
    from netproof.handbook import site  # noqa: PLC0415 - not before Sphinx is known to be installed
    from netproof.handbook.sources import Writer  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as sources:
        say("writing the pages")
        made = Writer(Path(sources)).write(found)
        say(f"making the site of {len(made.labs) + 3} pages")
        site.build(Path(sources), target, site.configuration(made))
    return made
