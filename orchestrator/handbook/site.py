"""The site made of its sources, by Sphinx, in the place of what was in its folder before."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netproof import __version__
from netproof.errors import BuildError, UsageError
from netproof.handbook import sphinx_extension
from netproof.handbook.output_folder import MARK, check_target, replace
from netproof.handbook.pages import Handbook


def configuration(book: Handbook) -> dict[str, Any]:
    """Sphinx's settings: nothing from a network, and nothing that a page opened as a file may not do."""
    return {
        "project": "netproof",
        "html_title": "netproof handbook",
        "extensions": [sphinx_extension.__name__],
        sphinx_extension.CLAIMS: sphinx_extension.listed(book.entries),
        "html_search_scorer": str(Path(__file__).with_name("scorer.js")),
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
        "version": __version__,
        "release": __version__,
        "language": "en",
        "smartquotes": False,
        "exclude_patterns": ["parts"],
    }


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
        replace(made, target)
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
