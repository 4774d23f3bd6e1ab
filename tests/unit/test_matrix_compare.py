"""What differs between columns, what changed against an earlier file, and how both are told."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

import attrs
import pytest
from rich.console import Console

from netproof.cli import matrix_report
from netproof.cli.matrix_progress import Following, waiting
from netproof.cli.screen import Screen
from netproof.errors import UsageError
from netproof.matrix import junit_xml, results_file
from netproof.matrix.compare import Comparison, against, pairs, rows
from netproof.matrix.pool import Ended, Said
from netproof.matrix.records import Cell, Claim, Column, Times
from tests.unit.cells import BROKEN, FALSE, LEFT_OUT, LEGACY, MIDDLE, NEW, OLD, TRUE, by_key, cell, other

# Differences


def test_a_claim_differs_where_verdict_or_outcome_does() -> None:
    """Evidence and time may differ; a column in which it did not run says nothing."""
    elsewhere = attrs.evolve(TRUE, evidence=(), seconds=9.0)
    same = rows([cell(OLD, TRUE), cell(NEW, elsewhere), cell(MIDDLE, error="not built")])
    assert [row.differs for row in same] == [False]
    for strange in (FALSE, BROKEN, LEFT_OUT):
        (row,) = rows([cell(OLD, TRUE), cell(MIDDLE, TRUE), cell(NEW, strange)])
        assert row.differs
        assert row.groups() == [([OLD, MIDDLE], TRUE), ([NEW], strange)]


def test_rows_keep_the_order_of_labs_and_claims() -> None:
    """A claim that only a later column has stays with its lab."""
    second = other(TRUE, "q1.2")
    found = rows([cell(OLD, TRUE, lab="b"), cell(OLD, TRUE, lab="a"), cell(NEW, TRUE, second, lab="b")])
    assert [(row.lab, row.claim) for row in found] == [("b", "q1.1"), ("b", "q1.2"), ("a", "q1.1")]


# Against an earlier file


def test_columns_are_compared_with_their_like() -> None:
    """Where any column is in both, those are compared, and no others."""
    assert pairs([OLD, MIDDLE], [MIDDLE, NEW]) == [(MIDDLE, MIDDLE)]
    assert pairs([MIDDLE, LEGACY], [LEGACY, MIDDLE]) == [(LEGACY, LEGACY), (MIDDLE, MIDDLE)]


def test_one_engine_is_compared_with_another() -> None:
    """What would the upgrade change: firewall by firewall, or the only column with the only one."""
    new_legacy = Column("28.5", "legacy")
    assert pairs([MIDDLE, LEGACY], [NEW, new_legacy]) == [(MIDDLE, NEW), (LEGACY, new_legacy)]
    assert pairs([MIDDLE, LEGACY], [NEW]) == [(MIDDLE, NEW)]
    assert pairs([LEGACY], [NEW]) == [(LEGACY, NEW)]


@pytest.mark.parametrize(("before", "now"), [([], [NEW]), ([OLD, MIDDLE], [NEW]), ([OLD], [MIDDLE, NEW])])
def test_what_cannot_be_compared_is_refused(before: list[Column], now: list[Column]) -> None:
    """The message says what the file has and what the run is about."""
    with pytest.raises(UsageError) as caught:
        pairs(before, now)
    assert ", ".join(map(str, now)) in caught.value.problem


def compared(before: Iterable[Cell], now: Iterable[Cell], *labs: str) -> Comparison:
    """Two matrices, compared."""
    old, young = by_key(*before), by_key(*now)
    found = pairs(results_file.columns(old), results_file.columns(young))
    return against(old, young, found, labs or ("bridge-nat",))


def test_the_same_matrix_has_no_changes() -> None:
    """Not even when evidence or time differ."""
    before = [cell(NEW, TRUE, other(BROKEN, "q2"))]
    found = compared(before, [cell(NEW, attrs.evolve(TRUE, evidence=(), seconds=8.0), other(BROKEN, "q2"))])
    assert (found.changed, found.new, found.gone, found.unmatched, found.across) == ([], [], [], [], False)


@pytest.mark.parametrize(
    ("was", "now", "step"),
    [
        (TRUE, FALSE, "proven → refuted"),
        (TRUE, BROKEN, "proven → failed"),
        (BROKEN, TRUE, "failed → proven"),
        (TRUE, LEFT_OUT, "proven → skipped"),
        (BROKEN, attrs.evolve(BROKEN, verdict="partly"), "failed (proven) → failed (partly)"),
    ],
)
def test_a_changed_verdict_or_outcome_is_a_change(was: Claim, now: Claim, step: str) -> None:
    """With where, and what was before."""
    (item,) = compared([cell(NEW, was), cell(OLD, was)], [cell(NEW, now), cell(OLD, was)]).changed
    assert (item.lab, item.claim, item.where, item.step) == ("bridge-nat", "q1.1", "28.5 nft", step)
    assert (item.before, item.after) == (was, now)


def test_new_and_gone_claims_are_no_changes() -> None:
    """They are told once, with their columns."""
    before = [cell(column, TRUE, other(TRUE, "q2")) for column in (OLD, NEW)]
    now = [cell(column, TRUE, other(FALSE, "q3")) for column in (OLD, NEW)]
    found = compared(before, now)
    assert found.changed == []
    assert [(item.claim, item.columns) for item in found.new] == [("q3", [OLD, NEW])]
    assert [(item.claim, item.columns) for item in found.gone] == [("q2", [OLD, NEW])]


def test_labs_and_columns_that_are_not_compared() -> None:
    """A column the file lacks is named; a lab counts as gone only when it is asked about."""
    before = [cell(OLD, TRUE), cell(OLD, FALSE, lab="other")]
    now = [cell(OLD, TRUE), cell(NEW, FALSE)]
    assert compared(before, now).unmatched == [NEW]
    assert compared(before, now).gone == []
    assert [item.lab for item in compared(before, now, "bridge-nat", "other").gone] == ["other"]


def test_a_cell_that_could_not_be_built_has_lost_no_claims() -> None:
    """It is an error by itself."""
    found = compared([cell(NEW, TRUE)], [cell(NEW, error="no space left")])
    assert (found.changed, found.gone) == ([], [])


def test_an_upgrade_is_compared_across_engines() -> None:
    """A file of one engine, a run of another."""
    found = compared([cell(MIDDLE, TRUE)], [cell(NEW, FALSE)])
    assert found.across
    assert [(item.where, item.step) for item in found.changed] == [("26.1 nft → 28.5 nft", "proven → refuted")]
    assert (found.new, found.gone, found.unmatched) == ([], [], [])


# JUnit


def test_junit_has_a_suite_a_cell_and_a_case_a_claim() -> None:
    """Counts, failures and skips with their reasons, evidence in the output."""
    sourced = attrs.evolve(TRUE, source="https://docs.example/nat")
    unchecked = {"q7": "needs hardware"}
    text = junit_xml.text(
        [cell(NEW, sourced, BROKEN, LEFT_OUT, unchecked=unchecked), cell(OLD, error="no space\nleft")]
    )
    ran, not_built = ET.fromstring(text)  # noqa: S314 - our own
    counts = ("tests", "failures", "errors", "skipped", "name")
    assert [ran.get(name) for name in counts] == ["4", "1", "0", "2", "bridge-nat 28.5 nft"]
    assert [not_built.get(name) for name in counts] == ["1", "0", "1", "0", "bridge-nat 20.10 nft"]
    proven, failed, skipped, never = ran.findall("testcase")
    assert (proven.get("name"), proven.get("time")) == ("q1.1 The host sends nothing on.", "1.500")
    output = proven.findtext("system-out") or ""
    assert "verdict: proven" in output
    assert "source: https://docs.example/nat" in output
    assert "counter:\n3 packets\n4 packets\nrule:\n-j DROP" in output
    assert [child.tag for child in proven] == ["system-out"]
    for case, kind, message, whole in (
        (failed, "failure", "expected 1", "expected 1\nfound 2"),
        (skipped, "skipped", "no IPv6 here", "no IPv6 here"),
        (never, "skipped", "not checked: needs hardware", "not checked: needs hardware"),
        (not_built.find("testcase"), "error", "no space", "no space\nleft"),
    ):
        found = case.find(kind) if case is not None else None
        assert found is not None
        assert (found.get("message"), found.text) == (message, whole)


def test_junit_survives_any_output() -> None:
    """Evidence is the output of commands, in which anything can be."""
    strange = attrs.evolve(TRUE, evidence=(("<&>", "\x00\x1b[31m ]]> \ud800 é"),))
    found = ET.fromstring(junit_xml.text([cell(NEW, strange)]))  # noqa: S314 - our own
    output = found.findtext(".//system-out") or ""
    assert "<&>:\n\ufffd\ufffd[31m ]]> \ufffd é" in output


# What is printed


def printed(capsys: pytest.CaptureFixture[str], cells: list[Cell], found: Comparison | None = None) -> str:
    """The text of a run."""
    matrix_report.show(Screen(), cells, found, "old.json")
    return capsys.readouterr().out


def test_differences_come_first_with_what_each_engine_did(capsys: pytest.CaptureFixture[str]) -> None:
    """Then what is the same, then a summary a column and a line a lab."""
    agreed = other(TRUE, "q0.1")
    out = printed(capsys, [cell(OLD, agreed, TRUE, times=Times(1.0, 2.5, 0.5)), cell(NEW, agreed, FALSE)])
    first, second = out.split("the same everywhere")
    assert "differences: 1 of 2 claims" in first
    assert re.search(r"q1\.1 +The host sends nothing on\. +proven +refuted", first)
    assert "    20.10: proven\n      counter: 3 packets\n      counter: 4 packets\n      rule: -j DROP\n" in first
    assert "    28.5: refuted\n      seen: it was forwarded\n" in first
    assert re.search(r"q0\.1 +The host sends nothing on\. +proven +proven", second)
    assert "20.10 nft (20.10.5): 2 claims: 2 proven" in second
    assert "28.5 nft (28.5.5): 2 claims: 1 proven, 1 refuted" in second
    assert re.search(r"bridge-nat +0\.5 s +1\.2 s +0\.2 s +4\.0 s", second)


def test_failures_and_errors_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A claim that fails everywhere, a cell that was not built, a statement that is not checked."""
    cells = [cell(NEW, BROKEN, unchecked={"q7": "needs hardware"}), cell(LEGACY, error="no space left\nfree some")]
    out = printed(capsys, cells)
    assert "no differences" in out
    assert "bridge-nat q1.1 failed: expected 1\nfound 2\n    counter: 3 packets\n      4 packets" in out
    assert "bridge-nat 26.1 legacy could not be run: no space left\n    free some" in out
    assert "not checked: bridge-nat q7: needs hardware" in out
    assert re.search(r"failed +-", out)
    assert "1 of 1 labs could not be run" in out


def test_one_column_has_no_differences_to_tell(capsys: pytest.CaptureFixture[str]) -> None:
    """Only a table."""
    assert "difference" not in printed(capsys, [cell(NEW, TRUE)])


def test_six_columns_fit_on_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    """Verdicts stay whole; the statement goes on below, and nothing of it is lost."""
    long = attrs.evolve(TRUE, behaviour="a long sentence " * 20)
    columns = [Column(engine, firewall) for engine in ("20.10", "26.1", "28.5") for firewall in ("nft", "legacy")]
    out = printed(capsys, [cell(column, long, other(FALSE, "follow-up")) for column in columns])
    assert re.search(r"q1\.1 +a long sentence.*( +proven){6}", out)
    assert out.count("sentence") == 20
    assert re.search(r"follow-up .*( +refuted){6}", out)
    assert re.search(r"( +nft +legacy){3}", out)
    assert max(map(len, out.splitlines())) <= 110


def test_changes_are_told_first(capsys: pytest.CaptureFixture[str]) -> None:
    """Claim, engine, before and after, with the evidence of both."""
    before, now = [cell(NEW, TRUE, other(TRUE, "q2"))], [cell(NEW, FALSE, other(TRUE, "q3")), cell(OLD, TRUE)]
    lines = printed(capsys, now, compared(before, now)).splitlines()
    assert lines[:2] == ["1 change against old.json", "  bridge-nat q1.1, 28.5 nft: proven → refuted"]
    assert lines[3:9] == [
        "    before:",
        "      counter: 3 packets",
        "      counter: 4 packets",
        "      rule: -j DROP",
        "    now:",
        "      seen: it was forwarded",
    ]
    assert lines[9:12] == [
        "  new: bridge-nat q3 (28.5 nft): The host sends nothing on.",
        "  gone: bridge-nat q2 (28.5 nft): The host sends nothing on.",
        "  not in old.json: 20.10 nft",
    ]


def test_a_comparison_across_engines_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise one would take it for a regression."""
    now = [cell(NEW, TRUE)]
    out = printed(capsys, now, compared([cell(MIDDLE, TRUE)], now))
    assert out.startswith("compared across: 26.1 nft → 28.5 nft\n0 changes against")


def test_a_long_story_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """A failure of a hundred lines, or of one long line, is in the results, not on the screen."""
    failed = attrs.evolve(BROKEN, failure="\n".join(["x" * 500, *(f"line {number}" for number in range(1, 100))]))
    out = printed(capsys, [cell(OLD, TRUE), cell(NEW, failed)])
    assert f"\n      {'x' * 160}…\n      line 1\n" in out
    assert "line 5\n      … 94 more lines in the results" in out


def test_progress_is_a_line_for_each_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no terminal; what each claim does would be too much there."""
    done = cell(NEW, TRUE)
    with Following(Screen(), {done.key: 4.0, cell(OLD, TRUE).key: 70.0}, 8) as following:
        for event in (Said(done.key, ""), Said(done.key, "proving something"), Ended(done)):
            following(event)
        following.stopping(1)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.strip() for line in captured.err.splitlines()] == [
        "running 2 cells, 2 at once; about 70 s left",
        "bridge-nat 28.5 nft: started",
        "1/2 bridge-nat 28.5 nft: 1 claims: 1 proven (4.0 s); about 70 s left",
        "stopping 1 cell; each removes its lab",
    ]


def test_a_terminal_shows_what_each_cell_does() -> None:
    """The running cells with their last words, and how many are done."""
    first, second, third = cell(OLD, TRUE), cell(MIDDLE, TRUE), cell(NEW, TRUE)
    page = io.StringIO()
    console = Console(file=page, width=80)
    with Following(Screen(), dict.fromkeys((first.key, second.key, third.key), 200.0), 3) as following:
        for event in (Said(first.key, ""), Said(second.key, ""), Said(second.key, "proving something"), Ended(first)):
            following(event)
        following(Said(third.key, ""))
        console.print(following._picture())
        following.stopping(2)
        console.print(following._picture())
    found = [re.sub(r" +(\d+ s)? *", " ", line).strip() for line in page.getvalue().splitlines()]
    assert found == [
        "bridge-nat 26.1 nft proving something",
        "bridge-nat 28.5 nft starting",
        "1 of 3 cells done; about left",
        "bridge-nat 26.1 nft stopping",
        "bridge-nat 28.5 nft stopping",
        "1 of 3 cells done; about left",
    ]


def test_what_is_left_follows_how_wrong_it_was() -> None:
    """Half as fast as thought makes the rest twice as long; the longest cell is not shared by two."""
    slow, rest = cell(OLD, TRUE, seconds=20.0), [cell(column, TRUE).key for column in (MIDDLE, NEW, LEGACY)]
    with Following(Screen(), {slow.key: 10.0, **dict.fromkeys(rest, 30.0)}, 2) as following:
        following(Ended(slow))
        assert following._left() == pytest.approx(90.0)
    with Following(Screen(), {rest[0]: 100.0, rest[1]: 10.0}, 2) as following:
        assert following._left() == pytest.approx(100.0)
    assert [waiting(seconds) for seconds in (0, 41, 91, 181)] == [
        *("about 10 s left", "about 50 s left", "about 2 min left", "about 4 min left")
    ]


def test_output_that_is_no_text_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Evidence may be the output of any command."""
    strange = attrs.evolve(BROKEN, failure="got \udcff", evidence=(("bytes", "\udcfe"),))
    out = printed(capsys, [cell(OLD, TRUE), cell(NEW, strange)]) + printed(capsys, [cell(NEW, strange)])
    assert out.count("got ?") == 2
    assert "bytes: ?" in out
