"""Labs are found by folder, broken ones are reported where they broke, and importing one only describes it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from invoke import Exit

import netproof.labs
from netproof import catalog
from netproof.catalog import claims
from netproof.cli import faults as faults_command
from netproof.cli import labs as labs_command
from netproof.cli.screen import Screen
from netproof.errors import DefinitionError, UnknownName
from netproof.model import Lab, Practice

SOUND = """\
from netproof.model import Lab, LabHost

LAB = Lab("{name}", "it is sound", question="q2", hosts=[LabHost("host")])
"""
CHECKS = """\
from netproof.model import Prints

CHECKS = (Prints("prints", "It prints.", "host", "echo", ""),)
"""
FAULTS = """\
from netproof.model import Change, Decoy, Fault, Step, changed

FAULTS = (
    Fault(
        id="broken",
        layer="nat",
        level=1,
        ticket="It does not print.",
        what="It is broken.",
        at="host",
        look="host: look",
        change=changed("host", "inject", "took", "undo"),
        shows={"prints": "otherwise"},
    ),
)
DECOYS = (Decoy(id="meant", layer="dns", level=1, ticket="Why", why="So", at="host", look="host: x", proof="q2.1"),)
TOGETHER = (("broken", "broken"),)
ALIKE = (("broken",),)
UNBROKEN = {"q2.2": "Nothing reddens it."}
"""
Write = Callable[..., Path]


def _forget_labs() -> dict[str, object]:
    """Take imported labs out of Python's memory, and hand them over."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("netproof.labs.")}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes files of labs into a catalogue that has no others."""
    imported = _forget_labs()
    monkeypatch.setattr(catalog, "HOME", tmp_path)
    monkeypatch.setattr(catalog, "LABS", tmp_path / "labs")
    monkeypatch.setattr(netproof.labs, "__path__", [str(tmp_path / "labs")])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "labs").mkdir()

    def written(text: str, folder: str = "sound", part: str = "lab") -> Path:
        path = tmp_path / "labs" / folder / f"{part}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        importlib.invalidate_caches()
        return path

    yield written
    _forget_labs()
    sys.modules.update(imported)  # type: ignore[arg-type]  # they were modules


def test_what_a_definition_prints_is_no_result(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """A command's stdout is its own: it may be one JSON document."""
    write(f"print('hello')\n{SOUND.format(name='sound')}")
    catalog.load("sound")
    assert capsys.readouterr() == ("", "hello\n")


def test_claims_that_are_no_python_are_told_with_their_line(write: Write) -> None:
    """They are read without being run."""
    write(SOUND.format(name="sound"))
    write("def test_it(:\n", part="test_claims")
    with pytest.raises(DefinitionError) as caught:
        claims.claims("sound")
    assert "test_claims.py:1" in caught.value.problem


@pytest.mark.usefixtures("state_dir")
def test_one_broken_definition_leaves_the_others_listed(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """`labs` tells which cannot be read, and why; so does `faults`."""
    write(SOUND.format(name="sound"))
    write("LAB = 1 / 0\n", "unsound")
    with pytest.raises(Exit) as caught:
        labs_command.run(Screen())
    out = capsys.readouterr().out
    assert caught.value.code == 2
    assert "  sound " in out
    assert "unsound cannot be read: labs/unsound/lab.py:1" in out
    with pytest.raises(DefinitionError):
        faults_command.run(Screen(), "", "", spoil=False)
    assert "0 faults" in capsys.readouterr().out


# Finding


def test_labs_are_the_folders_with_a_definition(write: Write) -> None:
    """A folder without lab.py is no lab, and underscores are typed as hyphens."""
    write(SOUND, "two_words")
    write(SOUND, "alone")
    write("", "no_lab", "steps")
    assert catalog.names() == ["alone", "two-words"]


def test_a_lab_is_loaded_from_its_folder(write: Write) -> None:
    """`load` returns what lab.py describes."""
    write(SOUND.format(name="two-words"), "two_words")
    assert catalog.load("two-words").hosts[0].name == "host"


def test_an_unknown_lab_is_told_the_nearest() -> None:
    """A misspelt lab is recognised, and those there are get listed."""
    with pytest.raises(UnknownName) as caught:
        catalog.load("bridgenat")
    assert caught.value.nearest == "bridge-nat"
    assert "'bridgenat'" in caught.value.problem


@pytest.mark.parametrize("name", ["", "..", "../labs/bridge_nat", "/etc", "bridge_nat"])
def test_names_that_are_paths_are_no_labs(name: str) -> None:
    """Nothing but the names of labs leads to a folder."""
    with pytest.raises(UnknownName):
        catalog.folder(name)


# Practice


def test_a_lab_without_checks_and_faults_has_nothing_to_practise_on(write: Write) -> None:
    """checks.py and faults.py are optional."""
    write(SOUND.format(name="sound"))
    assert catalog.practice("sound") == Practice()


def test_checks_alone_are_fine(write: Write) -> None:
    """What is healthy can be said before anything can be broken."""
    write(SOUND.format(name="sound"))
    write(CHECKS, part="checks")
    assert [check.id for check in catalog.practice("sound").checks] == ["prints"]


def test_what_to_practise_on_is_loaded_from_both_files(write: Write) -> None:
    """Every constant of faults.py is read."""
    write(SOUND.format(name="sound"))
    write(CHECKS, part="checks")
    write(FAULTS, part="faults")
    found = catalog.practice("sound")
    assert [fault.name for fault in found.faults] == ["broken"]
    assert [decoy.id for decoy in found.decoys] == ["meant"]
    assert found.together == found.alike == (frozenset({"broken"}),)
    assert found.unbroken == {"q2.2": "Nothing reddens it."}


def test_an_unknown_lab_has_no_practice() -> None:
    """A misspelt lab is recognised here, too."""
    with pytest.raises(UnknownName) as caught:
        catalog.practice("bridgenat")
    assert caught.value.nearest == "bridge-nat"


def refused(write: Write, checks: str = CHECKS, faults: str = FAULTS) -> DefinitionError:
    """The error of what there is to practise on."""
    write(SOUND.format(name="sound"))
    write(checks, part="checks")
    write(faults, part="faults")
    with pytest.raises(DefinitionError) as caught:
        catalog.practice("sound")
    assert caught.value.where in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("was", "becomes", "line", "field"),
    [
        ('layer="nat"', 'layer="wire"', 4, "layer of fault broken"),
        ('id="broken"', 'id="Broken"', 4, "id"),
        ('changed("host", "inject", "took", "undo")', "Change([], [], [])", 12, "change"),
    ],
)
def test_a_broken_fault_is_reported_with_file_and_line(
    write: Write, was: str, becomes: str, line: int, field: str
) -> None:
    """The line of the definition that raised, not only its file."""
    error = refused(write, faults=FAULTS.replace(was, becomes))
    assert (error.where, error.field) == (f"labs/sound/faults.py:{line}", field)


def test_a_broken_check_is_reported_where_it_stands(write: Write) -> None:
    """checks.py is not faults.py."""
    error = refused(write, checks=CHECKS.replace('"prints"', '"Prints"'))
    assert (error.where, error.field, error.value) == ("labs/sound/checks.py:3", "id", "Prints")


@pytest.mark.parametrize(
    ("was", "becomes", "field", "value"),
    [
        ('shows={"prints"', 'shows={"prnts"', "shows of fault broken", "prnts"),
        ('"otherwise"', '"open"', "shows of fault broken, prints", "open"),
        ('ALIKE = (("broken",)', 'ALIKE = (("broke",)', "together, alike", "broke"),
        ('id="meant"', 'id="broken"', "fault", "broken"),
    ],
)
def test_what_contradicts_itself_is_reported_with_its_file(
    write: Write, was: str, becomes: str, field: str, value: str
) -> None:
    """What no single line is to blame for."""
    assert was in FAULTS
    error = refused(write, faults=FAULTS.replace(was, becomes))
    assert (error.where, error.field, error.value) == ("labs/sound/faults.py", field, value)


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        ('"It prints.", "host"', '"It prints.", "hots"', "at of check prints"),
        ('at="host",\n', 'at="hots",\n', "at of fault broken"),
        ('changed("host"', 'changed("hots"', "a step of fault broken"),
        ("shows=", 'repair=Step("hots", "true"), shows=', "a step of fault broken"),
        ('at="host", look', 'at="hots", look', "at of decoy meant"),
    ],
    ids=["check", "fault", "step", "repair", "decoy"],
)
def test_places_that_do_not_exist_are_refused(write: Write, was: str, becomes: str, field: str) -> None:
    """Nothing is looked at, broken or repaired where the lab has nothing."""
    assert was in CHECKS + FAULTS
    error = refused(write, CHECKS.replace(was, becomes), FAULTS.replace(was, becomes))
    assert (error.field, error.value) == (field, "hots")
    assert "host" in error.remedy


# Broken definitions


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("x = 1\nLAB = Lba()\n", 2, "name 'Lba' is not defined"),
        ("\n\nfrom netproof.model import Lba\n", 3, "cannot import name 'Lba'"),
        ("import nowhere_to_be_found\n", 1, "nowhere_to_be_found"),
        ("from netproof.model import Wire\nWire('wire')\n", 2, "subnet"),
        ("from netproof import model\n\nmodel.Wrie\n", 3, "Wrie"),
        ("from netproof.model import Wire\n\n\nWire('wire', '203.0.113.1/24')\n", 4, "is not a subnet"),
    ],
    ids=["NameError", "ImportError", "no such module", "TypeError", "AttributeError", "DefinitionError"],
)
def test_a_broken_definition_is_reported_with_file_and_line(write: Write, text: str, line: int, reason: str) -> None:
    """What a definition raises becomes one error that says where in which file."""
    write(text)
    with pytest.raises(DefinitionError) as caught:
        catalog.load("sound")
    assert caught.value.where == f"labs/sound/lab.py:{line}"
    assert f"labs/sound/lab.py:{line}" in caught.value.problem
    assert reason in caught.value.problem
    assert caught.value.remedy


def test_a_definition_that_is_not_python_is_reported_with_file_and_line(write: Write) -> None:
    """A syntax error is told like any other."""
    write("x = 1\n\nLAB = Lab(\n")
    with pytest.raises(DefinitionError) as caught:
        catalog.load("sound")
    assert "labs/sound/lab.py" in caught.value.problem
    assert "line 3" in caught.value.problem


def test_an_error_in_what_a_definition_imports_is_reported_there(write: Write) -> None:
    """The line named is the innermost one of the lab's own files."""
    write("from netproof.labs.sound.steps import X\n")
    write("\nX = Y\n", part="steps")
    with pytest.raises(DefinitionError) as caught:
        catalog.load("sound")
    assert caught.value.where == "labs/sound/steps.py:2"


@pytest.mark.parametrize(
    ("text", "field"),
    [("x = 1\n", "LAB"), ("LAB = 7\n", "LAB"), (SOUND.format(name="other"), "name")],
    ids=["nothing", "no Lab", "another name"],
)
def test_a_file_without_a_lab_of_its_name_is_refused(write: Write, text: str, field: str) -> None:
    """lab.py sets LAB to a Lab that is named as its folder."""
    write(text)
    with pytest.raises(DefinitionError) as caught:
        catalog.load("sound")
    assert caught.value.field == field
    assert caught.value.where == "labs/sound/lab.py"


def test_one_broken_lab_does_not_hide_another(write: Write) -> None:
    """A sound lab loads while its neighbour does not."""
    write("1 +\n", "broken")
    write(SOUND.format(name="sound"))
    assert isinstance(catalog.load("sound"), Lab)


# No side effects

_WATCHED = """
import os, sys
from netproof import catalog

FORBIDDEN = {"socket", "subprocess", "shutil", "tempfile"}
CALLS = {"system", "exec", "posix_spawn", "spawn", "fork", "forkpty", "mkdir", "remove", "rename", "rmdir"}
CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

def watch(event, args):
    area, _, what = event.partition(".")
    if area in FORBIDDEN or (area == "os" and what in CALLS) or (event == "open" and args[2] & CHANGING):
        raise RuntimeError(f"an import did {event} {args}")

sys.addaudithook(watch)
"""


def _watched(body: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-c", _WATCHED + body]
    return subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)


def test_importing_labs_and_their_faults_has_no_side_effects() -> None:
    """A definition opens no socket, starts no process and writes no file."""
    done = _watched("for lab in catalog.all_labs(): catalog.practice(lab.name); print(lab.name)")
    assert done.stderr == ""
    assert done.stdout.split() == catalog.names()


@pytest.mark.parametrize(
    "deed",
    [
        "import socket; socket.socket()",
        "import subprocess; subprocess.run(['true'])",
        "open('/dev/null', 'w')",
    ],
)
def test_the_watch_over_imports_notices_a_deed(deed: str) -> None:
    """The test above can fail: each kind of deed is caught."""
    done = _watched(deed)
    assert done.returncode != 0
    assert "an import did" in done.stderr


# Walk cases

WALKS = """\
from netproof.model import WalkCase, changed

WALKS = (
    WalkCase(
        id="lost",
        what="It is lost.",
        source="host",
        target="192.0.2.1",
        at="host",
        layer="route",
        says="no route",
        change=changed("host", "inject", "took", "undo"),
    ),
)
"""


def test_walk_cases_are_optional(write: Write) -> None:
    """A lab without walks.py has none."""
    write(SOUND.format(name="sound"))
    assert catalog.walks("sound") == ()


def test_walk_cases_are_loaded(write: Write) -> None:
    """From walks.py."""
    write(SOUND.format(name="sound"))
    write(WALKS, part="walks")
    assert [case.id for case in catalog.walks("sound")] == ["lost"]


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        ('source="host"', 'source="hots"', "source of walk lost"),
        ('at="host"', 'at="hots"', "at of walk lost"),
        ('changed("host"', 'changed("hots"', "a step of walk lost"),
        ('layer="route"', 'layer="wire"', "layer of walk lost"),
        ("WALKS = (", "WALKS = (7,", "WALKS"),
        ('id="lost"', 'id="broken"', "walk"),
    ],
    ids=["source", "at", "step", "layer", "no case", "a fault's"],
)
def test_walk_cases_that_contradict_their_lab_are_refused(write: Write, was: str, becomes: str, field: str) -> None:
    """With the file, what is wrong, and what to do."""
    write(SOUND.format(name="sound"))
    write(CHECKS, part="checks")
    write(FAULTS, part="faults")
    write(WALKS.replace(was, becomes), part="walks")
    with pytest.raises(DefinitionError) as caught:
        catalog.walks("sound")
    assert caught.value.field == field
    assert caught.value.where.startswith("labs/sound/walks.py")
    assert caught.value.remedy
