"""The handbook as Sphinx makes it: pages, links, and what is made of hostile text. No browser has a part in it."""

from __future__ import annotations

import html
import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import pytest

from netproof import catalog
from netproof.catalog import claims
from netproof.errors import BuildError
from netproof.handbook import lessons
from netproof.handbook.coverage import scope
from netproof.handbook.make import make
from netproof.handbook.output_folder import MARK
from netproof.handbook.pages import Handbook
from netproof.handbook.plain_text import plain
from netproof.handbook.site import build, configuration
from tests.unit.cells import FALSE, MIDDLE, NEW, by_key, cell
from tests.unit.handbooks import HOSTILE, built, cells, claim, inputs, results

pytestmark = pytest.mark.slow  # Sphinx takes seconds


class Page(HTMLParser):
    """What a page has of ids, links and what it loads; and its elements by name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._is_pre = False
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.elements.append((tag, named))
        if "id" in named:
            self.ids.append(named["id"])
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        elif "href" in named and tag == "link":
            self.loads.append(named["href"])
        elif "src" in named:
            self.loads.append(named["src"])
        if tag == "pre":
            self.texts.append("")
        self._is_pre = tag == "pre"

    def handle_data(self, data: str) -> None:
        if self._is_pre:
            self.texts[-1] += data

    def handle_endtag(self, _: str) -> None:
        self._is_pre = False

    @property
    def scripts(self) -> list[str]:
        """Files of scripts, and nothing for each that is written out."""
        return [named.get("src", "") for tag, named in self.elements if tag == "script"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("handbook"))[0]


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_the_pages_are_there(site: Path, pages: dict[Path, Page]) -> None:
    wanted = {"index.html", "differences.html", "method.html", "search.html"}
    wanted |= {f"labs/{name}.html" for name in catalog.names()}
    assert {str(path.relative_to(site)) for path in pages} == wanted
    assert (site / MARK).exists()


def test_every_link_within_holds(pages: dict[Path, Page]) -> None:
    """Files and fragments; `#` alone is the top."""
    broken = []
    for path, page in pages.items():
        for link in [*page.links, *page.loads]:
            target, fragment = urldefrag(link)
            parts = urlparse(target)
            if parts.scheme:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not file.is_file() or (fragment and file.suffix == ".html" and fragment not in pages[file].ids):
                broken.append(f"{path.name}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert [link for page in pages.values() for link in page.loads if urlparse(link).scheme or link[:2] == "//"] == []
    for path in (site / "_static").rglob("*.css"):
        assert "@import" not in path.read_text()
        assert "url(http" not in path.read_text().replace('"', "").replace("'", "")


def test_ids_are_there_once(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), path


def test_hostile_evidence_is_only_text(site: Path, pages: dict[Path, Page]) -> None:
    """A reader sees it to the letter, and a browser finds no element of it."""
    page, other = pages[site / "labs/bridge-nat.html"], pages[site / "labs/publish.html"]
    assert page.texts.count(plain(HOSTILE)) == 1
    assert "directive" not in page.ids
    assert not [named for _, named in page.elements if "onerror" in named]
    assert page.scripts == other.scripts


def test_evidence_is_not_in_the_search_index_but_claims_are(site: Path) -> None:
    raw = (site / "searchindex.js").read_text()
    index = json.loads(raw.removeprefix("Search.setIndex(").removesuffix(")"))
    shown = [".".join(filter(None, (prefix, item[4]))) for prefix, found in index["objects"].items() for item in found]
    assert any(text.startswith("q2.1 · the document on q2.1 → What is true of q2.1") for text in shown)
    assert len(shown) == sum(len(claims.claims(name)) for name in catalog.names())
    assert "masquerad" in index["terms"]
    assert "directive" not in index["terms"]


def test_a_picture_is_shown_or_missed(site: Path, pages: dict[Path, Page]) -> None:
    images = [named["src"] for tag, named in pages[site / "labs/bridge-nat.html"].elements if tag == "img"]
    assert len(images) == 4  # two pictures of the lab, and one of a walk for light pages and for dark ones
    light, dark = ((site / "labs" / image).read_text() for image in images if "-light" in image or "-dark" in image)
    assert ("#111" in light, "#eee" in light, "@media" in light) == (True, False, False)
    assert ("#eee" in dark, "@media" in dark) == (True, False)
    assert all((site / "labs" / image).is_file() for image in images)
    assert "No picture of it was recorded" in (site / "labs/publish.html").read_text()
    assert "No walk was recorded" in (site / "labs/publish.html").read_text()


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("index.html", ["20.10", "publish 28.5 nft", "no-such-lab", "26.1.5", "6.1.0-test", "2030-01-02"]),
        (
            "labs/publish.html",
            ["have changed since", "28.5 nft", "the engine &lt;did not&gt; start", "no &lt;IPVS&gt;"],
        ),
        ("labs/bridge-nat.html", ["out &lt;and back&gt;", "There: a SYN", "-j MASQUERADE &lt;all&gt;", "answered"]),
        ("labs/overlay.html", ["This lab was not run", "(declared; not run)", "No picture"]),
        ("labs/none.html", ["q4.4", "the document breaks off here"]),
        ("method.html", ["no &lt;IPVS&gt;", "not in these results"]),
        ("differences.html", ["q2.3", "q2.5", "Only what was run is compared"]),
    ],
)
def test_what_is_missing_is_told(site: Path, page: str, words: list[str]) -> None:
    text = (site / page).read_text()
    assert [word for word in words if word not in text] == []


def test_labs_come_as_lessons_and_those_that_were_not_run_last(site: Path) -> None:
    """bridge-nat first; on the first page and in the navigation."""
    text = (site / "index.html").read_text()
    names = sorted(catalog.names(), key=lambda name: text.index(f'href="labs/{name}.html"'))
    assert names[:2] == ["bridge-nat", "publish"]
    order = [lessons.place(name) for name in names[2:]]
    assert order == sorted(order)
    assert text.index("<h3>Not run</h3>") < text.rindex('href="labs/bridge-l2.html"')
    assert "Labs that were not run" in text


def test_every_lab_has_its_place_among_the_lessons() -> None:
    """And each place is that of a lab."""
    assert set(lessons.LESSONS) == set(catalog.names())


def test_a_difference_says_what_to_do(tmp_path: Path) -> None:
    """In the words of the claim, where engines differ; nowhere else."""
    advice = claims.advice("dns")["b7"]
    dns = [
        cell(MIDDLE, claim("b7"), claim("q5.1"), lab="dns", inputs=inputs("dns")),
        cell(NEW, claim("b7", FALSE), claim("q5.1"), lab="dns", inputs=inputs("dns")),
    ]
    site = tmp_path / "site"
    make(results(tmp_path, *dns), site, lambda _: None)
    for page in ("differences.html", "labs/dns.html"):
        assert html.unescape((site / page).read_text()).count(advice) == 1


def test_practice_gives_nothing_away(site: Path) -> None:
    """No page names a fault, or says what it is; tests and checks are no secret."""
    for name in catalog.names():
        text = html.unescape((site / "labs" / f"{name}.html").read_text())
        practice = catalog.practice(name)
        assert [fault.id for fault in practice.faults if fault.what in text or fault.ticket in text] == []
        assert "faults.py" not in text
        assert "lab break" in text


def test_a_second_handbook_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """Whole: nothing of the old one is left, and nothing beside it."""
    sources, target = tmp_path / "sources", tmp_path / "handbooks" / "site"
    (sources / "static").mkdir(parents=True)
    (sources / "index.rst").write_text("First\n=====\n")
    settings = configuration(Handbook(scope(by_key(*cells())), [])) | {"html_css_files": [], "html_js_files": []}
    build(sources, target, settings)
    (target / "left-over.html").touch()
    (sources / "index.rst").write_text("Second\n======\n")
    build(sources, target, settings)
    assert "Second" in (target / "index.html").read_text()
    assert not (target / "left-over.html").exists()
    assert [path.name for path in target.parent.iterdir()] == ["site"]


def test_what_sphinx_complains_of_is_an_error(tmp_path: Path) -> None:
    """And what was there before stays."""
    sources, target = tmp_path / "sources", tmp_path / "site"
    (sources / "static").mkdir(parents=True)
    (sources / "index.rst").write_text("Page\n====\n\n:ref:`nowhere`\n")
    with pytest.raises(BuildError, match="nowhere"):
        build(sources, target, configuration(Handbook(scope(by_key(*cells())), [])))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sources"]
