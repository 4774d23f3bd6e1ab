"""Claims are checked when they are collected, keep their evidence, and run in an order a seed fixes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from netproof.build import FIREWALLS
from netproof.fixtures import plugin
from netproof.fixtures.claim_runner import _order as order_of
from netproof.fixtures.claim_runner import _Verdicts
from netproof.images import ENGINES
from netproof.model import VERDICTS
from netproof.paths import IMPORT_ROOT

pytest_plugins = ["pytester"]

CLAIM = """
import pytest

@pytest.mark.claim({marker})
def test_it(evidence):
    {body}
"""
SOUND = '"q2.1", says="the cat is in", verdict="proven"'
BODY = '"""The cat is in."""'


def collected(pytester: pytest.Pytester, marker: str, body: str = BODY) -> pytest.RunResult:
    """What pytest says of a file with one claim."""
    pytester.makepyfile(CLAIM.format(marker=marker, body=body))
    return pytester.runpytest_inprocess("-pnetproof.fixtures.plugin", "--collect-only", "-q", "--strict-markers")


def proven(pytester: pytest.Pytester, text: str, engine: str = "26.1") -> _Verdicts:
    """What `lab test` would keep of a file of claims."""
    pytester.makepyfile("import pytest\n" + text)
    verdicts = _Verdicts(engine, lambda _: None)
    pytester.inline_run("-pnetproof.fixtures.plugin", plugins=[verdicts])
    return verdicts


def claim(body: str, number: str = "1") -> str:
    """One claim with this body."""
    marker = f'@pytest.mark.claim("q2.{number}", says="the cat is in", verdict="proven")'
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f'{marker}\ndef test_cat_{number}(evidence):\n    """The cat is in."""\n{lines}\n\n'


# Collecting


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_sound_claim_is_collected(pytester: pytest.Pytester, verdict: str) -> None:
    """An id, what the document says and one of the verdicts make a claim."""
    done = collected(pytester, f'"q2.1", says="the cat is in", verdict="{verdict}"')
    assert done.ret == pytest.ExitCode.OK
    done.stdout.fnmatch_lines(["*::test_it"])


@pytest.mark.parametrize(
    "marker",
    [
        f'{SOUND}, advice="upgrade"',  # where nothing differs, there is nothing to do
        '"q2.1", says="x", verdict={"20.10": "absent", "26.1": "proven", "28.5": "proven"}, advice=1',
        "",
        '"q2.1", says="the cat is in"',
        '"q2.1", verdict="proven"',
        'says="the cat is in", verdict="proven"',
        '"q2.1", "q2.2", says="the cat is in", verdict="proven"',
        '"q2.1", says="", verdict="proven"',
        '"q2.1", says="the cat is in", verdict="maybe"',
        '"q2.1", says="the cat is in", verdict=["proven"]',
        '"q2.1", says="the cat is in", verdict={}',
        '"q2.1", says="the cat is in", verdict={"20.10": "proven", "26.1": "refuted"}',
        '"q2.1", says="the cat is in", verdict={"20.10": "proven", "26.1": "refuted", "28.5": "maybe"}',
        '"q2.1", says="the cat is in", verdict={"20.10": "proven", "26.1": "refuted", "28.5": ["proven"]}',
        '"q2.1", says="the cat is in", verdict={"20.10": "proven", "26.1": "proven", "28.5": "proven", "29": "proven"}',
        '"q2.1", says="the cat is in", verdict={"20.10": "proven", "26.1": "proven", "28": "proven"}',
        '"q2.1", says="the cat is in", verdict="proven", sources="https://docs.example/"',
        '"q2.1", says="the cat is in", verdict="proven", reason="why not"',
        '"q2.1", says="the cat is in", verdict="proven", needs="ipvs"',
        '"q2.1", says="the cat is in", verdict="proven", needs=[1]',
        '"q2.1", says="the cat is in", verdict="proven", source=["https://docs.example/"]',
        '"q2.1", says=["the cat is in"], verdict="proven"',
        '2.1, says="the cat is in", verdict="proven"',
        '"", says="the cat is in", verdict="proven"',
    ],
)
def test_a_malformed_claim_is_refused_before_anything_runs(pytester: pytest.Pytester, marker: str) -> None:
    """The message names the test and how a claim is marked."""
    done = collected(pytester, marker)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*::test_it: a claim is marked claim(ID, says=..., verdict=...)*proven, refuted*"])


@pytest.mark.parametrize("body", ["pass", '"""   """'])
def test_a_claim_without_a_docstring_is_refused(pytester: pytest.Pytester, body: str) -> None:
    """What is true is said in the docstring, so there has to be one."""
    done = collected(pytester, SOUND, body)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*::test_it: a claim's docstring says in one sentence what is true"])


def test_a_test_that_is_no_claim_needs_no_marker(pytester: pytest.Pytester) -> None:
    """Other tests are left alone."""
    pytester.makepyfile("def test_it(): pass")
    pytester.runpytest_inprocess("-pnetproof.fixtures.plugin").assert_outcomes(passed=1)


EACH = 'verdict={"20.10": "refuted", "26.1": "proven", "28.5": "absent"}'


@pytest.mark.parametrize(("engine", "verdict"), [("20.10", "refuted"), ("26.1", "proven"), ("28.5", "absent")])
def test_a_verdict_for_each_engine_is_that_of_the_engine_that_runs(
    pytester: pytest.Pytester, engine: str, verdict: str
) -> None:
    """All engines have one, and the claim is kept with the running engine's."""
    text = claim("pass").replace('verdict="proven"', EACH)
    (entry,) = proven(pytester, text, engine).claims.values()
    assert (entry["verdict"], entry["outcome"]) == (verdict, "passed")


def test_where_a_further_behaviour_is_from_is_kept(pytester: pytest.Pytester) -> None:
    """A claim of the document has no source of its own."""
    text = claim("pass", "1").replace("verdict=", 'source="https://docs.example/", verdict=') + claim("pass", "2")
    kept = proven(pytester, text).claims.values()
    assert [entry["source"] for entry in kept] == ["https://docs.example/", ""]


LAB = """
class Running:
    class lab:
        hosts = [type("Host", (), {{"name": "host"}})]

    def features(self, host):
        assert host == "host"
        return {{"ipvs": {{"works": {works}, "why": "no such module"}}}}


@pytest.fixture
def lab():
    return Running()


"""


@pytest.mark.parametrize(
    ("works", "outcome", "why"), [(True, "passed", ""), (False, "skipped", "this kernel has no ipvs: no such module")]
)
def test_a_claim_whose_feature_is_missing_is_skipped_with_the_kernels_reason(
    pytester: pytest.Pytester,
    works: bool,  # noqa: FBT001 - a parameter of the test
    outcome: str,
    why: str,
) -> None:
    """And only then: where the feature works, the claim is proven."""
    text = LAB.format(works=works) + claim("pass").replace("verdict=", 'needs=["ipvs"], verdict=')
    (entry,) = proven(pytester, text).claims.values()
    assert (entry["outcome"], entry["failure"]) == (outcome, why)


def test_a_claim_that_needs_nothing_asks_no_kernel(pytester: pytest.Pytester) -> None:
    """Probing a kernel takes a lab."""
    text = LAB.format(works=False) + claim("pass")
    (entry,) = proven(pytester, text).claims.values()
    assert entry["outcome"] == "passed"


# Verdicts and evidence


def test_a_claim_is_kept_with_its_evidence(pytester: pytest.Pytester) -> None:
    """Everything the test looked at is kept in order, as text."""
    seen = ['"a command", " text\\n"', '"numbers", [1, 2]', '"nothing", []', '"m", {"a": 1}']
    body = "\n".join(f"evidence({each})" for each in seen)
    (entry,) = proven(pytester, claim(body)).claims.values()
    assert (entry["id"], entry["says"], entry["verdict"]) == ("q2.1", "the cat is in", "proven")
    assert (entry["behaviour"], entry["outcome"], entry["failure"]) == ("The cat is in.", "passed", "")
    assert [tuple(piece) for piece in entry["evidence"]] == [
        ("a command", "text"),
        ("numbers", "1\n2"),
        ("nothing", "(nothing)"),
        ("m", '{"a": 1}'),
    ]


@pytest.mark.parametrize(
    ("body", "outcome", "words"),
    [
        ('assert 1 == 2, "the cat is out"', "failed", "the cat is out"),
        ('raise LookupError("no cat")', "failed", "no cat"),
        ('pytest.skip("no kernel module cat")', "skipped", "no kernel module cat"),
    ],
    ids=["failed", "error", "skipped"],
)
def test_a_claim_that_does_not_hold_keeps_its_evidence_and_says_why(
    pytester: pytest.Pytester, body: str, outcome: str, words: str
) -> None:
    """What was seen before a failure is what explains it."""
    (entry,) = proven(pytester, claim(f'evidence("seen", "paws")\n{body}')).claims.values()
    assert entry["outcome"] == outcome
    assert words in entry["failure"]
    assert [tuple(piece) for piece in entry["evidence"]] == [("seen", "paws")]


def test_a_claim_whose_change_cannot_be_undone_fails(pytester: pytest.Pytester) -> None:
    """A claim that passed but left the lab otherwise than it was has failed."""
    fixture = "@pytest.fixture\ndef change():\n    yield\n    assert False, 'the lab is not as it was'\n\n"
    text = claim("pass").replace("(evidence)", "(evidence, change)")
    (entry,) = proven(pytester, fixture + text).claims.values()
    assert entry["outcome"] == "failed"
    assert "not as it was" in entry["failure"]


def test_evidence_of_one_claim_is_not_anothers(pytester: pytest.Pytester) -> None:
    """Each claim keeps what it saw itself."""
    kept = proven(pytester, claim('evidence("seen", "paws")', "1") + claim('evidence("seen", "tail")', "2")).claims
    assert {entry["id"]: entry["evidence"][0][1] for entry in kept.values()} == {"q2.1": "paws", "q2.2": "tail"}


def test_a_file_that_cannot_be_imported_is_an_error(pytester: pytest.Pytester) -> None:
    """Claims that were never collected are not taken for proven."""
    verdicts = proven(pytester, "import nowhere_to_be_found\n")
    assert verdicts.claims == {}
    assert "nowhere_to_be_found" in verdicts.errors[0]


# Order


def test_claims_are_told_in_the_order_of_the_document() -> None:
    """Questions by number, follow-ups, further behaviours; 10 after 9."""
    names = ["q1.1", "q1.2", "q1.10", "q2.1", "q10.1", "f1", "f2", "f10", "b1", "b9", "b39"]
    assert [item["id"] for item in sorted(({"id": name} for name in reversed(names)), key=order_of)] == names


def _order(pytester: pytest.Pytester, *options: str) -> list[str]:
    done: Any = pytester.runpytest_inprocess("-pnetproof.fixtures.plugin", "--collect-only", "-q", *options)
    return [line.rpartition("::")[2] for line in done.outlines if "::" in line]


def test_a_seed_fixes_a_random_order(pytester: pytest.Pytester) -> None:
    """The same seed gives the same order, another seed another, and none the order of the file; all claims run."""
    pytester.makepyfile("import pytest\n" + "".join(claim("pass", str(number)) for number in range(12)))
    plain = _order(pytester)
    assert plain == [f"test_cat_{number}" for number in range(12)]
    assert _order(pytester, "--seed=7") == _order(pytester, "--seed=7") != plain
    assert _order(pytester, "--seed=7") != _order(pytester, "--seed=8")
    assert sorted(_order(pytester, "--seed=7")) == sorted(plain)


def test_a_seed_that_is_no_number_is_refused(pytester: pytest.Pytester) -> None:
    """A seed is a number."""
    pytester.makepyfile("")
    assert pytester.runpytest_inprocess("-pnetproof.fixtures.plugin", "--seed=x").ret == pytest.ExitCode.USAGE_ERROR


def test_a_test_that_claims_nothing_is_not_overlooked(pytester: pytest.Pytester) -> None:
    """It has no row among the verdicts, so its failure is an error of its own."""
    verdicts = proven(pytester, claim("assert True") + "def test_stray():\n    assert False\n")
    assert [entry["outcome"] for entry in verdicts.claims.values()] == ["passed"]
    assert len(verdicts.errors) == 1
    assert verdicts.errors[0].startswith("test_stray has no claim, and failed: ")


def test_the_plugins_choices_are_those_that_there_are() -> None:
    """They are written out in it, so that every run of pytest need not import what defines them."""
    assert tuple(ENGINES) == plugin.ENGINES
    assert FIREWALLS == plugin.FIREWALLS


def test_the_plugin_imports_no_lab_and_no_engine() -> None:
    """Where netproof is installed, every run of pytest loads it."""
    look = (
        "import netproof.fixtures.plugin, sys; print(*(name for name in sys.modules if name.startswith('netproof.')))"
    )
    done = subprocess.run([sys.executable, "-c", look], cwd=IMPORT_ROOT, check=True, capture_output=True, text=True)
    heavy = {
        "netproof.model",
        "netproof.images",
        "netproof.build",
        "netproof.lab",
        "netproof.hosts",
        "netproof.catalog",
    }
    assert heavy.isdisjoint(done.stdout.split())


def test_a_place_that_is_none_ends_no_run_that_needs_no_lab(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told where a lab is to be built."""
    monkeypatch.setenv("NETPROOF_HOST", "nowhere")
    pytester.makepyfile("def test_it(): pass")
    pytester.runpytest_inprocess("-pnetproof.fixtures.plugin").assert_outcomes(passed=1)
