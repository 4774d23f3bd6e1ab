"""The handbook's content: what is shown of results, and of what they do not have. Sphinx has no part in it yet."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from netproof import catalog
from netproof.cli.handbook import left_out
from netproof.errors import UsageError
from netproof.handbook import commands, output_folder, walk_tables
from netproof.handbook.claims import NOT_RUN, Entry, entries
from netproof.handbook.coverage import Scope, scope
from netproof.handbook.make import make
from netproof.handbook.media import Media
from netproof.handbook.pages import Handbook, LabPage, handbook
from netproof.handbook.plain_text import anchor, line, plain
from netproof.handbook.sources import heading, rst
from netproof.matrix.records import Walk
from netproof.matrix.results_file import Book, read
from netproof.model import Lab
from tests.unit.cells import LEGACY, MIDDLE, NEW, TRUE, by_key, cell
from tests.unit.handbooks import HOSTILE, PICTURE, cells, claim, inputs, results

# Text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\nof two lines", "plain\ttext\nof two lines"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\x00b\x7f\x07", "a␀b␡␇"),
        ("one\r\ntwo\u2028three\x0bfour", "one\ntwo\nthree\nfour"),
        ("left\u202eright", "left<U+202E>right"),
        ("half \ud800", "half <U+D800>"),
        ("été → 10.0.0.2", "été → 10.0.0.2"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, shown: str) -> None:
    assert plain(text) == shown
    shown.encode()


def test_headings_hold_nothing_that_restructuredtext_would_read() -> None:
    assert rst("*a* `b`_ |c| q2.1") == r"\*a\* \`b\`\_ \|c\| q2\.1"
    assert rst("two\nlines") == "two lines"
    first, under = heading("q2.1", "~").split("\n")
    assert len(under) >= len(first)


def test_anchors_are_those_that_sphinx_makes() -> None:
    from docutils.nodes import make_id  # noqa: PLC0415 - the library that makes the others

    assert [anchor(name) for name in ("q2.1", "b39", "q2.1 (2)")] == [
        make_id(name) for name in ("q2.1", "b39", "q2.1 (2)")
    ]


# What was run, and what was not


@pytest.fixture(scope="module")
def found() -> Scope:
    return scope(by_key(*cells()))


def test_a_partial_file_says_what_it_does_not_cover(found: Scope) -> None:
    assert not found.is_whole
    assert found.engines == ["20.10"]
    assert found.firewalls == []
    assert set(found.labs) == set(catalog.names()) - {"bridge-nat", "publish"}
    assert [str(key) for key in found.missing] == ["publish 28.5 nft"]
    assert [str(item.key) for item in found.broken] == ["publish 28.5 legacy"]
    assert found.changed == ["publish"]
    assert found.strangers == ["no-such-lab"]
    told = "\n".join(left_out(found))
    for words in ("20.10", "overlay", "publish 28.5 nft", "publish 28.5 legacy", "no-such-lab", "changed"):
        assert words in told


def test_a_file_with_everything_covers_everything() -> None:
    everything = [
        cell(column, TRUE, lab=lab, inputs=inputs(lab))
        for lab in catalog.names()
        for column in {
            type(NEW)(engine, firewall) for engine in ("20.10", "26.1", "28.5") for firewall in ("nft", "legacy")
        }
    ]
    whole = scope(by_key(*everything))
    assert (whole.is_whole, left_out(whole)) == (True, [])


def test_it_says_what_the_results_are_about(found: Scope) -> None:
    assert str(found.about) == "Engines 26.1.5, 28.5.5; iptables-nft and iptables-legacy; kernel 6.1.0-test."
    assert found.about.days == ["2030-01-02"]


def test_results_without_a_whole_cell_are_refused() -> None:
    with pytest.raises(UsageError, match="ran to its end"):
        scope(by_key(cell(LEGACY, error="no")))


# Claims


@pytest.fixture(scope="module")
def book(found: Scope, tmp_path_factory: pytest.TempPathFactory) -> Handbook:
    return handbook(found, Media(tmp_path_factory.mktemp("static")))


def page_of(book: Handbook, lab: str) -> LabPage:
    return next(page for page in book.labs if page.name == lab)


def entry_of(book: Handbook, lab: str, claim: str) -> Entry:
    return next(entry for entry in page_of(book, lab).entries if entry.id == claim)


def words(entry: Entry) -> dict[str, list[str]]:
    return {engine: [f"{chip.on} {chip.word}".strip() for chip in chips] for engine, chips in entry.chips.items()}


def test_each_engine_has_its_verdict(book: Handbook) -> None:
    assert words(entry_of(book, "bridge-nat", "q2.2")) == {"26.1": ["proven"], "28.5": ["proven"]}
    assert words(entry_of(book, "bridge-nat", "q2.5")) == {"26.1": ["refuted"], "28.5": ["proven"]}


def test_flavours_of_iptables_are_told_apart_only_where_they_differ(book: Handbook) -> None:
    assert words(entry_of(book, "bridge-nat", "q2.3"))["28.5"] == ["nft proven", "legacy refuted"]


def test_what_was_not_run_or_not_passed_says_so(book: Handbook) -> None:
    assert words(entry_of(book, "publish", "q3.1")) == {"26.1": ["skipped"], "28.5": [NOT_RUN]}
    assert words(entry_of(book, "publish", "q3.2"))["26.1"] == ["failed"]
    assert words(entry_of(book, "publish", "q3.3")) == {"26.1": [NOT_RUN], "28.5": [NOT_RUN]}
    assert words(entry_of(book, "overlay", "q6.1")) == {"26.1": [NOT_RUN], "28.5": [NOT_RUN]}
    assert page_of(book, "publish").skipped == {"q3.1": "no <IPVS>"}
    assert book.skipped == {"no <IPVS>": ["q3.1"]}


def test_every_lab_of_the_catalogue_has_a_page_and_every_claim_an_entry(book: Handbook) -> None:
    assert {page.name for page in book.labs} == set(catalog.names())
    assert all(page.entries and page.drawing and page.sources for page in book.labs)


def test_only_what_differs_is_among_the_differences(book: Handbook) -> None:
    assert [entry.id for entry in book.differing] == ["q2.3", "q2.5"]


def test_equal_evidence_is_there_once(book: Handbook) -> None:
    assert [item.columns for item in entry_of(book, "bridge-nat", "q2.2").seen] == ["28.5 nft, 28.5 legacy, 26.1 nft"]
    differing = entry_of(book, "bridge-nat", "q2.5")
    assert [item.columns for item in differing.seen] == ["28.5 nft, 28.5 legacy", "26.1 nft"]
    assert {chip.to for chips in differing.chips.values() for chip in chips} == {item.anchor for item in differing.seen}


def test_claims_are_counted_by_engine(book: Handbook) -> None:
    counts = book.counts
    assert counts["refuted"] == {"26.1": 1, "28.5": 1}
    assert counts["failed"] == {"26.1": 1, "28.5": 0}
    assert list(counts) == ["proven", "refuted", "skipped", "failed", NOT_RUN]


def test_each_claim_shows_the_test_that_proves_it(book: Handbook) -> None:
    for page in book.labs:
        for entry in page.entries:
            assert entry.proof is not None
            assert entry.proof.code.startswith("@pytest.mark.claim(")
            assert "def test_" in entry.proof.code


def test_an_id_is_an_id_whatever_the_file_says() -> None:
    (row,) = scope(by_key(cell(MIDDLE, claim("<b>*q1*</b>")))).rows()
    (entry,) = [entry for entry in entries("bridge-nat", [row], ["26.1"]) if entry.seen]
    assert entry.id == "_b__q1___b_"


# Pictures and walks


def test_a_picture_is_there_once_with_the_columns_it_is_of(book: Handbook) -> None:
    nat = page_of(book, "bridge-nat")
    assert [picture.columns for picture in nat.pictures] == ["28.5 nft, 28.5 legacy", "26.1 nft"]
    assert [way.columns for way in nat.walks["out <and back>"]] == ["28.5 nft"]
    assert page_of(book, "publish").pictures == []


def test_what_is_no_picture_is_not_shown_as_one(tmp_path: Path) -> None:
    media = Media(tmp_path)
    assert media.picture("<html><script>1</script></html>", "") is None
    assert media.picture("", "") is None
    assert media.picture("<svg xmlns='http://www.w3.org/2000/svg'><title>nothing</title></svg>", "") is None
    kept = media.picture(PICTURE.format(10), "")
    assert kept is not None
    assert (tmp_path / kept.file).read_text() == PICTURE.format(10)


def test_files_of_before_pictures_still_load(tmp_path: Path) -> None:
    """And what is recorded is read again as it was."""
    path = results(tmp_path)
    known = read(path, "--results")
    assert known == by_key(*cells())
    text = path.read_text().replace('"picture"', '"unknown"').replace('"walks"', '"strange"')
    path.write_text(text)
    assert {(item.picture, item.walks) for item in read(path, "--results").values()} == {("", ())}


def test_a_walk_survives_the_file(tmp_path: Path) -> None:
    walk = Walk("there", "<svg/>", {"hops": [{"at": "eth0", "seen": None, "n": 1.5}]})
    path = tmp_path / "results.json"
    Book(path, {}).add(cell(MIDDLE, TRUE, walks=(walk,)))
    (known,) = read(path, "--results").values()
    assert known.walks == (walk,)


def test_a_walk_of_another_shape_has_no_table() -> None:
    """And does no harm."""
    assert walk_tables.legs({"legs": "none"}) == walk_tables.legs({}) == []
    (leg,) = walk_tables.legs(
        {"legs": [3, {"direction": "back", "packet": "x", "stations": [None, {"place": "host"}]}]}
    )
    assert (leg.title, [stop.place for stop in leg.stops]) == ("Back: x", ["host"])
    assert (
        walk_tables.ending({"outcome": "timeout", "death": {"place": "host", "why": "It\ndied."}})
        == "timeout; host: It died."
    )


# Commands


@pytest.mark.parametrize("lab", list(catalog.all_labs()), ids=lambda lab: lab.name)
def test_commands_name_what_there_is(lab: Lab) -> None:
    """Words a shell understands, on places of the lab; and none is a spoiler's."""
    checks = catalog.practice(lab.name).checks
    found = [*commands.beginning(lab), *commands.looking(lab, checks), *commands.breaking(lab), *commands.ending(lab)]
    for item in found:
        typed = shlex.split(item.command)
        assert typed[:2] == ["invoke", "lab"]
        assert typed[3] == lab.name
        assert typed[2] != "exec" or typed[4] in lab.places
        assert typed[2] not in {"reveal", "repair"}
    assert any(item.command.startswith(f"invoke lab exec {lab.name}") for item in found)


def test_shell_commands_arrive_as_they_are_meant() -> None:
    """One word after --, whichever quotes are around it."""
    for lab in catalog.all_labs():
        for check in catalog.practice(lab.name).checks:
            run = getattr(check, "run", None)
            if run is not None:
                words = shlex.split(commands._typed(lab.name, check.at, run))
                after = words[words.index("--") + 1 :]
                assert (after[0] if len(after) == 1 else shlex.join(after)) in {run, shlex.join(shlex.split(run))}


# What can be wrong


def test_without_results_it_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        make(tmp_path / "none.json", tmp_path / "site", lambda _: None)
    assert "none.json" in caught.value.problem
    assert "invoke matrix" in caught.value.remedy
    assert not (tmp_path / "site").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="not a handbook's"):
        make(results(tmp_path), mine, lambda _: None)
    assert [path.name for path in mine.iterdir()] == ["letter.txt"]
    with pytest.raises(UsageError, match="is not a folder"):
        output_folder.check_target(mine / "letter.txt" / "below")


def test_the_hostile_text_is_hostile() -> None:
    """The other tests rest on it."""
    assert "<script>" in HOSTILE
    assert line(HOSTILE) != HOSTILE
