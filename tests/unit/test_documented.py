"""Every documented statement is there exactly once: as a claim, or among what its lab says cannot be checked."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from netproof import catalog
from netproof.catalog import claims

LABS = Path(__file__).parents[2] / "labs"


def numbered(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(1, count + 1)]


# Of a longer list of behaviours, whose numbers they keep, those that have become claims.
LATER = ("b56", "b119", "b120", "b121", *(f"b{number}" for number in range(196, 203)))
DOCUMENTED = (
    *(
        f"q{question}.{number}"
        for question, count in enumerate((8, 9, 8, 4, 7, 12, 11, 6), 1)
        for number in range(1, count + 1)
    ),
    *numbered("f", 8),
    *numbered("b", 41),
    *LATER,
)


@frozen
class Statement:
    """An id, where it stands, and what is said about it."""

    id: str
    where: str
    claim: bool
    behaviour: str = ""
    source: str = ""


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((item.value for item in call.keywords if item.arg == name), None)


def _text(node: ast.expr | None) -> str:
    """The text of a literal; of anything that is worked out, the expression."""
    if node is None:
        return ""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)


def claims_in(path: Path, root: Path) -> Iterator[Statement]:
    """The claims of a test file, without importing it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.FunctionDef):
            continue
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.claim":
                named = _text(call.args[0] if call.args else None)
                behaviour = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
                where = f"{path.relative_to(root)}:{call.lineno}"
                yield Statement(named, where, claim=True, behaviour=behaviour, source=_text(_keyword(call, "source")))


def unchecked_in(path: Path, root: Path) -> Iterator[Statement]:
    """What a lab says cannot be checked."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Lab":
            found = _keyword(call, "unchecked")
            for key in found.keys if isinstance(found, ast.Dict) else ():
                if key is not None:
                    yield Statement(_text(key), f"{path.relative_to(root)}:{key.lineno}", claim=False)


def statements(labs: Path) -> list[Statement]:
    """Every statement of a catalogue."""
    files = sorted(labs.glob("*/test_*.py"))
    found = [item for path in files for item in claims_in(path, labs)]
    return found + [item for path in sorted(labs.glob("*/lab.py")) for item in unchecked_in(path, labs)]


def wrong(labs: Path, documented: tuple[str, ...] = DOCUMENTED) -> list[str]:
    """What is missing, said twice, not in the list, without a source, or without one sentence on what is true."""
    places: dict[str, list[str]] = defaultdict(list)
    told = []
    for item in statements(labs):
        places[item.id].append(item.where)
        if item.claim:
            told += _untold(item)
    return [
        *(f"{name} is missing" for name in documented if name not in places),
        *(f"{name} is there {len(found)} times: {', '.join(found)}" for name, found in places.items() if found[1:]),
        *(f"{name} is in no list: {found[0]}" for name, found in places.items() if name not in documented),
        *told,
    ]


def _untold(item: Statement) -> list[str]:
    found = []
    if item.id.startswith("b") and not item.source.strip():
        found.append(f"{item.id} has no source: {item.where}")
    if not _is_one_sentence(item.behaviour):
        found.append(f"{item.id} does not say in one sentence what is true: {item.where}")
    return found


def _is_one_sentence(text: str) -> bool:
    """Something with a full stop at its end, and none before a capital letter; a code span is one word."""
    words = "".join("x" if index % 2 else part for index, part in enumerate(text.split("`")))
    inside = words.removesuffix(".")
    return (
        bool(inside)
        and inside != words
        and not any(
            end.endswith(".") and start[:1].isupper()
            for end, start in zip(inside.split(), inside.split()[1:], strict=False)
        )
    )


# The project


def test_the_list_is_whole() -> None:
    """65 statements of the document, 8 follow-ups, 41 further behaviours and those that came later, each once."""
    assert len(DOCUMENTED) == len(set(DOCUMENTED)) == 65 + 8 + 41 + len(LATER)
    assert {"q1.1", "q1.8", "q6.12", "q7.11", "q8.6", "f8", "b41"} <= set(DOCUMENTED)
    assert not {"q1.9", "q4.5", "q8.7", "f9", "b0", "b42", "q0.1"} & set(DOCUMENTED)


def test_every_documented_statement_is_there_exactly_once() -> None:
    """None is missing, none is there twice, none is made up; each says what is true and where it is from."""
    found = wrong(LABS)
    assert not found, "\n".join(found)


# The test itself, on made-up labs

CLAIM = """
import pytest

@pytest.mark.claim({marker})
def test_it() -> None:
    {docstring}
"""
SOUND = '"""The cat is in."""'
IDS = ("q1.1", "b1")


@pytest.fixture
def labs(tmp_path: Path) -> Path:
    """A catalogue that has everything that is in the list of the made-up labs."""
    write(tmp_path, "one", '"q1.1", says="so", verdict="proven"')
    write(tmp_path, "two", '"b1", says="so", verdict="proven", source="https://docs.example/"')
    return tmp_path


def write(labs: Path, folder: str, marker: str, docstring: str = SOUND, file: str = "test_claims.py") -> None:
    path = labs / folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(CLAIM.format(marker=marker, docstring=docstring))


def test_a_whole_catalogue_has_nothing_wrong(labs: Path) -> None:
    assert wrong(labs, IDS) == []


def test_a_missing_statement_is_named(labs: Path) -> None:
    assert wrong(labs, (*IDS, "f1")) == ["f1 is missing"]
    (labs / "one" / "test_claims.py").unlink()
    assert wrong(labs, IDS) == ["q1.1 is missing"]


def test_a_statement_that_is_there_twice_is_named_with_both_places(labs: Path) -> None:
    """In two labs, in two files of one, or twice in one file."""
    write(labs, "one", '"q1.1", says="so", verdict="proven"', file="test_more.py")
    assert wrong(labs, IDS) == ["q1.1 is there 2 times: one/test_claims.py:4, one/test_more.py:4"]


def test_a_statement_that_is_checked_and_cannot_be_checked_is_there_twice(labs: Path) -> None:
    (labs / "one" / "lab.py").write_text('LAB = Lab(\n    name="one",\n    unchecked={"q1.1": "it breaks off"},\n)\n')
    assert wrong(labs, IDS) == ["q1.1 is there 2 times: one/test_claims.py:4, one/lab.py:3"]


def test_what_cannot_be_checked_is_there(labs: Path) -> None:
    """It needs a reason in its lab, and no sentence."""
    (labs / "one" / "lab.py").write_text('LAB = Lab(name="one", unchecked={"q4.4": "it breaks off"})\n')
    assert wrong(labs, (*IDS, "q4.4")) == []


def test_an_unknown_statement_is_named(labs: Path) -> None:
    """Also one that is worked out when the tests run: the list is of what is written."""
    write(labs, "three", '"q9.1", says="so", verdict="proven"')
    write(labs, "four", 'NAME, says="so", verdict="proven"')
    assert wrong(labs, IDS) == [
        "NAME is in no list: four/test_claims.py:4",
        "q9.1 is in no list: three/test_claims.py:4",
    ]


@pytest.mark.parametrize("source", ["", ', source=""', ', source=" "'])
def test_a_further_behaviour_has_a_source(labs: Path, source: str) -> None:
    write(labs, "two", f'"b1", says="so", verdict="proven"{source}')
    assert wrong(labs, IDS) == ["b1 has no source: two/test_claims.py:4"]


@pytest.mark.parametrize(
    "docstring", ["pass", '""""""', '"""The cat is in"""', '"""."""', '"""The cat is in. The dog is out."""']
)
def test_a_claim_says_in_one_sentence_what_is_true(labs: Path, docstring: str) -> None:
    write(labs, "one", '"q1.1", says="so", verdict="proven"', docstring)
    assert wrong(labs, IDS) == ["q1.1 does not say in one sentence what is true: one/test_claims.py:4"]


@pytest.mark.parametrize(
    "docstring",
    [
        '"""The cat is in.\n\n    More. Things. Are said."""',
        '"""The cat\n    is in 10.0.0.0/8, i.e. inside; `ip. Route` says so."""',
        '"""Cat 2.1 of v26.1 is in 10.0.0.1."""',
    ],
)
def test_numbers_code_and_further_paragraphs_end_no_sentence(labs: Path, docstring: str) -> None:
    write(labs, "one", '"q1.1", says="so", verdict="proven"', docstring)
    assert wrong(labs, IDS) == []


@pytest.mark.parametrize("lab", catalog.names())
def test_what_differs_between_engines_says_what_to_do(lab: str) -> None:
    """A verdict for each engine comes with advice, for whoever changes from one to another."""
    differing = [claim for claim in claims.claims(lab) if not isinstance(claim.verdict, str)]
    assert [claim.id for claim in differing if not claim.advice] == []
    assert claims.advice(lab).keys() == {claim.id for claim in differing}
