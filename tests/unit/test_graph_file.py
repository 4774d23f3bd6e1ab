"""Which form a picture has, and which file it goes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from netproof.cli.lab import graph
from netproof.errors import UsageError


@pytest.mark.parametrize(
    ("form", "target", "kind"),
    [
        ("", "", "svg"),
        ("png", "", "png"),
        ("dot", "-", "dot"),
        ("", "lab.PNG", "png"),
        ("", "lab.gv", "dot"),
        ("", "lab.mmd", "mermaid"),
        ("svg", "lab.svg", "svg"),
        ("mermaid", "lab.txt", "mermaid"),
        ("", "/dev/null", "svg"),
    ],
)
def test_the_form_is_what_was_said_or_what_the_name_says(form: str, target: str, kind: str) -> None:
    """By --format, or by how the file's name ends."""
    assert graph._kind(form, target) == kind


@pytest.mark.parametrize(("form", "target"), [("", "lab.pdf"), ("", "lab"), ("svg", "lab.png"), ("", "none/lab.svg")])
def test_what_would_become_another_thing_than_its_name_says_is_refused(form: str, target: str) -> None:
    """Before anything is written."""
    with pytest.raises(UsageError):
        graph._kind(form, target)


def test_no_file_is_written_over_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next name that is free, also beside a link that leads nowhere."""
    monkeypatch.chdir(tmp_path)
    assert graph._free("dns", "svg") == Path("dns.svg")
    (tmp_path / "dns.svg").touch()
    (tmp_path / "dns-2.svg").symlink_to("nowhere")
    assert graph._free("dns", "svg") == Path("dns-3.svg")
