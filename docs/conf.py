"""Sphinx's settings for the documentation: `scripts/docs` builds it, with the generator of the handbook."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from netproof import __version__

project = "netproof"
copyright = "the authors of netproof, Apache License 2.0"  # noqa: A001 - Sphinx's name for it
version = release = __version__
html_title = "netproof"
html_theme = "furo"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 3
smartquotes = False
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
exclude_patterns = ["_build"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
# Files of the clone that are no pages; they open on the forge that holds it.
myst_url_schemes = ("http", "https", "mailto")
nitpicky = False
