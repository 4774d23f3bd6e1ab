"""The site made of its sources, by Sphinx, in the place of what was in its folder before."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.errors import BuildError, UsageError
from orchestrator.handbook.scope import Scope
from orchestrator.matrix.book import netproof_version

MARK = ".netproof-handbook"
"""A file in every handbook: a folder without it is somebody else's."""


def configuration(scope: Scope) -> dict[str, Any]:
    """Sphinx's settings: nothing from a network, and nothing that a page opened as a file may not do."""
    return {
        "project": "netproof",
        "html_title": "netproof handbook",
        "html_theme": "furo",
        "html_theme_options": {"navigation_with_keys": True, "top_of_page_buttons": []},
        "html_static_path": ["static"],
        "html_css_files": ["netproof.css"],
        "html_js_files": ["netproof.js"],
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_use_index": False,
        "html_domain_indices": False,
        # A summary of each result would be fetched, which browsers refuse to pages that are files.
        "html_show_search_summary": False,
        "html_last_updated_fmt": None,
        "copyright": "the authors of netproof, Apache License 2.0",
        "version": netproof_version(),
        "release": netproof_version(),
        "language": "en",
        "smartquotes": False,
        "exclude_patterns": ["parts"],
        "html_context": {"about": str(scope.about)},
    }


def check_target(target: Path) -> None:
    """Raise UsageError for a place that is not ours to replace."""
    if target.is_dir() and any(target.iterdir()) and not (target / MARK).exists():
        raise UsageError(f"--to {target} has files that are not a handbook's.", "Name a folder that is new or empty.")
    there = next(folder for folder in (target, *target.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise UsageError(f"--to {target}: {there} is not a folder.", "Name a folder that is new or empty.")


def build(sources: Path, target: Path, settings: Mapping[str, Any]) -> None:
    """Make the site of `sources` and put it in the place of `target`, whole. Raises BuildError, UsageError."""
    check_target(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise UsageError(f"--to {target} cannot be written: {error.strerror}.", "Choose another place.") from error
    try:
        _sphinx(sources, made, settings)
        (made / MARK).touch()
        made.chmod(0o755)
        _replace(made, target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _sphinx(sources: Path, made: Path, settings: Mapping[str, Any]) -> None:
    from sphinx.application import Sphinx  # noqa: PLC0415 - most of a second, for this alone
    from sphinx.errors import SphinxError  # noqa: PLC0415 - as above
    from sphinx.util.docutils import docutils_namespace, patch_docutils  # noqa: PLC0415 - as above

    said = io.StringIO()
    with tempfile.TemporaryDirectory() as doctrees, patch_docutils(), docutils_namespace():
        try:
            app = Sphinx(
                sources,
                None,
                made,
                doctrees,
                "html",
                confoverrides=dict(settings),
                status=None,
                warning=said,
                freshenv=True,
            )
            app.build()
        except (SphinxError, OSError) as error:
            said.write(f"{type(error).__name__}: {error}")
    (made / ".buildinfo").unlink(missing_ok=True)
    if said.getvalue().strip():
        raise BuildError(f"Sphinx could not make the handbook:\n{said.getvalue().strip()}", "Mend what it names.")


def _replace(made: Path, target: Path) -> None:
    """One folder in the place of another: the old one is gone only when the new one is there."""
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
        target.rename(old / "handbook")
        made.rename(target)
        shutil.rmtree(old)
    else:
        made.rename(target)
