"""Cells are run several at once, stopped together, and not run twice."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from invoke import Exit

from netproof.cli import matrix
from netproof.cli.screen import Screen
from netproof.errors import BuildError, UsageError
from netproof.matrix import cell_process, results_file
from netproof.matrix.pool import Ended, Event, Pool, Said
from netproof.matrix.records import Cell, Claim, Column, Inputs, Key, Times, Walk
from netproof.state.instance import Instance
from tests.unit.cells import BROKEN, FALSE, INPUTS, LEGACY, MIDDLE, NEW, OLD, TRUE, cell

# Running


def test_the_pool_runs_everything_and_no_more_than_so_many_at_once() -> None:
    """Every cell's beginning, words and end are told, in this order."""
    keys = [Key(f"lab-{number}", NEW) for number in range(5)]
    lock, now, most = threading.Lock(), 0, 0
    pair = threading.Barrier(2)

    def begin(key: Key, say: Callable[[str], None]) -> Any:
        def call() -> Cell:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            if key in keys[:2]:
                pair.wait(20)  # two do run side by side
            say("working")
            with lock:
                now -= 1
            return cell(NEW, TRUE, lab=key.lab)

        return call, lambda: None

    pool = Pool(2, begin, lambda _: None)
    with pool.running(keys) as events:
        found: list[Event] = list(events)
    assert most == 2
    assert {item.key for item in pool.ended} == set(keys)
    for key in keys:
        mine = [event for event in found if (event.cell.key if isinstance(event, Ended) else event.key) == key]
        assert [event.text if isinstance(event, Said) else "end" for event in mine] == ["", "working", "end"]


def test_an_interrupt_stops_what_runs_and_begins_nothing_more() -> None:
    """Even when it comes while an event is being dealt with; what had ended is known."""
    keys = [Key(f"lab-{number}", NEW) for number in range(4)]
    begun: list[Key] = []
    told: list[int] = []

    def begin(key: Key, _: Callable[[str], None]) -> Any:
        stopped = threading.Event()
        begun.append(key)

        def call() -> Cell | None:
            if key == keys[0]:
                return cell(NEW, TRUE, lab=key.lab)
            assert stopped.wait(20)
            return None

        return call, stopped.set

    def interrupted() -> None:
        with pool.running(keys) as events:
            for event in events:
                if isinstance(event, Said) and event.key == keys[1]:
                    raise KeyboardInterrupt

    pool = Pool(1, begin, told.append)
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert begun == keys[:2]
    assert [item.key for item in pool.ended] == keys[:1]
    assert told == [1]


def test_an_error_of_ours_ends_the_pool() -> None:
    """It is not lost in a thread."""

    def begin(_: Key, __: Callable[[str], None]) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Pool(1, begin, lambda _: None).running([Key("a", NEW)]) as events:
        list(events)


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch, state_dir: Path) -> list[Instance]:
    """Instances that were removed after their process had ended; there is no engine."""
    assert not state_dir.exists()
    found: list[Instance] = []
    monkeypatch.setattr(cell_process, "hosts", lambda: None)
    monkeypatch.setattr(cell_process, "_AFTERMATH", 0.0)
    monkeypatch.setattr(cell_process, "down", lambda _, instance: found.append(instance))
    return found


def run_of(script: str, heard: list[str]) -> cell_process.Run:
    """A run whose process is a small script."""
    return cell_process.Run(Key("bridge-nat", NEW), INPUTS, heard.append, lambda *_: [sys.executable, "-c", script])


def test_a_cell_is_made_of_what_its_process_says(swept: list[Instance]) -> None:
    """Progress on the way, the result at last; other lines on its outputs do no harm."""
    result = {
        "engine": "28.5.2",
        "times": {"up": 1.0, "test": 2.0, "down": 0.5},
        "unchecked": {"q7": "needs hardware"},
        "claims": [{**attrs.asdict(TRUE), "says": "é"}],
        "picture": "<svg/>",
        "walks": [{"title": "out", "svg": "<svg/>", "json": {"hops": [1]}}],
        "unrecorded": {"more": "no time"},
    }
    script = f"""import json, sys
print(json.dumps({{"say": "working"}}), flush=True)
print("[1]"); print("not JSON"); print("noise", file=sys.stderr)
print({json.dumps(json.dumps({"result": result}))})"""
    heard: list[str] = []
    found = run_of(script, heard)()
    assert heard == ["working"]
    assert found is not None
    assert (found.version, found.times, found.unchecked) == ("28.5.2", Times(1.0, 2.0, 0.5), {"q7": "needs hardware"})
    assert found.claims == (attrs.evolve(TRUE, says="é"),)
    assert (found.error, found.complete, found.inputs) == ("", True, INPUTS)
    assert (found.picture, found.unrecorded) == ("<svg/>", {"more": "no time"})
    assert found.walks == (Walk("out", "<svg/>", {"hops": [1]}),)
    assert swept == []


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ('print(\'{"error": "no space left"}\'); exit(3)', "no space left"),
        ('print(\'{"say": "up"}\'); exit("bang")', "The cell's process ended with exit code 1.\nbang"),
        ("import os; os.kill(os.getpid(), 9)", "The cell's process ended by SIGKILL."),
        ("pass", "The cell's process ended with exit code 0."),
    ],
)
def test_a_cell_without_a_result_has_an_error_and_is_swept(swept: list[Instance], script: str, error: str) -> None:
    """Whatever its process left behind is removed."""
    found = run_of(script, [])()
    assert found is not None
    assert (found.error, found.complete) == (error, False)
    assert swept == [cell_process.instance_of(found.key)]


def test_a_process_finds_the_same_state_directory(
    swept: list[Instance], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its working directory is another."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETPROOF_STATE_DIR", "here")
    heard: list[str] = []
    run_of("import json, os; print(json.dumps({'say': os.environ['NETPROOF_STATE_DIR']}))", heard)()
    assert heard == [str(tmp_path / "here")]
    assert len(swept) == 1


def test_what_is_half_made_is_removed_when_it_can_be(monkeypatch: pytest.MonkeyPatch, swept: list[Instance]) -> None:
    """The engine refuses to remove a container while it is making it; what it refuses to the end is told."""
    refusals = iter([BuildError("it is in use", "Wait."), BuildError("it is in use", "Wait."), None])

    def down(_: object, instance: Instance) -> None:
        if refusal := next(refusals):
            raise refusal
        swept.append(instance)

    monkeypatch.setattr(cell_process, "_PAUSE", 0.0)
    monkeypatch.setattr(cell_process, "down", down)
    found = run_of("exit(1)", [])()
    assert found is not None
    assert found.error == "The cell's process ended with exit code 1."
    assert swept == [cell_process.instance_of(found.key)]
    refusals = iter([BuildError("it is in use", "Wait.")])
    monkeypatch.setattr(cell_process, "_PATIENCE", 0.0)
    found = run_of("exit(1)", [])()
    assert found is not None
    assert found.error.endswith("could not be removed: it is in use\nWait.")


def test_a_stopped_cell_is_no_cell(swept: list[Instance]) -> None:
    """Its process is told, by signal and by the end of its input, and what it left is removed."""
    heard: list[str] = []
    told = threading.Event()
    script = """import signal, sys
signal.signal(signal.SIGINT, lambda *_: None)
print('{"say": "up"}', flush=True)
sys.stdin.read()
print('{"say": "stdin ended"}'); print('{"error": "interrupted"}')"""

    def hear(text: str) -> None:
        heard.append(text)
        told.set()

    run = attrs.evolve(run_of(script, heard), say=hear)
    found: list[Cell | None] = []
    thread = threading.Thread(target=lambda: found.append(run()))
    thread.start()
    assert told.wait(20)
    run.stop()
    thread.join(20)
    assert (found, heard) == ([None], ["up", "stdin ended"])
    assert len(swept) == 1
    assert run() is None
    assert heard == ["up", "stdin ended"]


def test_instances_of_cells_have_names_of_their_own() -> None:
    """Allowed ones, one for each cell, and known to the process that is started."""
    columns = [Column(engine, firewall) for engine in ("20.10", "26.1", "28.5") for firewall in ("nft", "legacy")]
    found = [cell_process.instance_of(Key("bridge-nat", column)) for column in columns]
    assert len(set(found)) == 6
    assert [Instance.named(item.lab, item.tag) for item in found] == found
    line = cell_process.program(Key("bridge-nat", LEGACY), found[0])
    assert line[1:] == [
        *("-m", "netproof.fixtures.matrix_cell", "bridge-nat", "--engine", "26.1", "--firewall", "legacy"),
        *("--as", found[0].tag, "--leashed"),
    ]


# The command, with cells that are made up


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, state_dir: Path) -> Callable[..., list[str]]:
    """Run the command; returns the cells it ran. There is no engine: `verdicts` says what comes out where."""
    monkeypatch.setattr(matrix, "_inputs", lambda _, keys: dict.fromkeys(keys, INPUTS))

    def run(verdicts: dict[str, Claim], *, fresh: bool = False, as_json: bool = False, **options: str) -> list[str]:
        ran: list[str] = []

        def pretend(key: Key, inputs: Inputs, _: Callable[[str], None]) -> Any:
            def call() -> Cell:
                ran.append(str(key.column))
                return cell(key.column, verdicts.get(key.column.engine, TRUE), inputs=inputs)

            return type("Pretended", (), {"__call__": staticmethod(call), "stop": lambda _: None})()

        monkeypatch.setattr(matrix, "Run", pretend)
        empty = dict.fromkeys(("engines", "results", "against", "jobs", "junit", "markdown"), "")
        matrix.run(Screen(json=as_json), {"labs": "bridge-nat", "firewalls": "nft", **empty, **options}, fresh=fresh)
        assert (state_dir / "locks").is_dir()
        return sorted(ran)

    return run


def test_a_second_run_does_what_is_missing(
    command: Callable[..., list[str]], state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is complete is not run again, unless asked for; what it says is the same."""
    assert command({}, engines="26.1") == ["26.1 nft"]
    assert command({}, engines="26.1,28.5") == ["28.5 nft"]
    capsys.readouterr()
    assert command({}, engines="26.1,28.5") == []
    assert "unchanged and not run again: 2 of 2 cells" in capsys.readouterr().err
    assert command({}, engines="28.5", fresh=True) == ["28.5 nft"]
    assert sorted(results_file.read(state_dir / "matrix.json", "")) == [
        Key("bridge-nat", MIDDLE),
        Key("bridge-nat", NEW),
    ]


def test_a_failed_claim_and_a_change_end_with_code_1(
    command: Callable[..., list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that is as it was ends well, whatever the verdicts."""
    old, new, report = (str(tmp_path / name) for name in ("old.json", "new.json", "report.xml"))
    command({"26.1": FALSE}, engines="26.1", results=old)
    command({"26.1": FALSE}, engines="26.1", results=new, against=old)
    command({"28.5": FALSE}, engines="28.5", results=new, against=old)
    with pytest.raises(Exit) as caught:
        command({"26.1": TRUE}, engines="26.1", results=new, against=old, fresh=True)
    assert caught.value.code == 1
    with pytest.raises(Exit) as caught:
        command({"20.10": BROKEN}, engines="20.10", results=new, junit=report)
    assert caught.value.code == 1
    assert "<failure" in Path(report).read_text()
    out = capsys.readouterr().out
    assert f"invoke matrix --against {old} --results {tmp_path / 'old-new.json'}" in out
    assert out.splitlines()[-2].endswith("invoke lab up bridge-nat --engine 20.10 --firewall nft")


def test_an_engine_is_compared_with_another_for_a_ticket(
    command: Callable[..., list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both are run as far as needed; what changes is in the file, and ends with code 1."""
    ticket = tmp_path / "ticket.md"
    with pytest.raises(Exit) as caught:
        command({"28.5": FALSE}, engines="28.5", against="26.1", markdown=str(ticket))
    assert caught.value.code == 1
    text = ticket.read_text()
    assert text.startswith("# Docker Engine 26.1.5 → 28.5.5: what changes\n")
    assert "**1 of 1 claims comes out differently.**" in text
    assert "- **q1.1: proven → refuted** (iptables-nft)" in text
    assert "1 change against engine 26.1" in capsys.readouterr().out
    assert command({}, engines="20.10", against="26.1", markdown=str(ticket)) == ["20.10 nft"]
    assert "0 of 1 claims" in ticket.read_text()


def test_an_engine_is_compared_with_those_that_are_newer(command: Callable[..., list[str]]) -> None:
    """Where no other is named."""
    assert command({}, against="20.10") == ["20.10 nft", "26.1 nft", "28.5 nft"]


def test_json_is_one_document_of_this_run(
    command: Callable[..., list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cells that were asked for, differences and changes."""
    old = str(tmp_path / "old.json")
    command({}, engines="20.10,26.1,28.5", results=old)
    capsys.readouterr()
    with pytest.raises(Exit):
        command({"28.5": FALSE}, engines="26.1,28.5", against=old, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert [item["engine"] for item in found["cells"]] == ["26.1", "28.5"]
    (differing,) = found["differences"]
    assert [(item["column"], item["verdict"]) for item in differing["columns"]] == [
        ("26.1 nft", "proven"),
        ("28.5 nft", "refuted"),
    ]
    (changed,) = found["changes"]
    assert (changed["claim"], changed["before"]["verdict"], changed["after"]["verdict"]) == (
        "q1.1",
        "proven",
        "refuted",
    )
    assert changed["after"]["evidence"] == [["seen", "it was forwarded"]]
    assert (found["new"], found["gone"], found["not_run_again"]) == ([], [], [])


@pytest.mark.parametrize(
    "options",
    [
        {"engines": "27"},
        {"labs": "bridge-nta"},
        {"firewalls": "ufw"},
        {"jobs": "none"},
        {"against": "FOREIGN"},
        {"against": "MISSING"},
        {"against": "OTHER"},
        {"against": "28.5"},
        {"against": "26.1", "engines": "26.1"},
        {"markdown": "ticket.md"},
        {"markdown": "FOLDER", "against": "26.1"},
        {"results": "FOREIGN"},
        {"junit": "FOLDER"},
    ],
    ids=str,
)
def test_wrong_use_is_told_before_anything_is_run(
    command: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    """Unknown names, files that are something else, and files with which nothing can be compared."""
    (tmp_path / "FOREIGN").write_text("{}")
    (tmp_path / "FOLDER").mkdir()
    (tmp_path / "OTHER").write_text(json.dumps(results_file.document([cell(OLD, TRUE), cell(MIDDLE, TRUE)])))
    monkeypatch.setattr(matrix, "_inputs", lambda *_: pytest.fail("it looked at the engine"))
    paths = {name: str(tmp_path / name) for name in ("FOREIGN", "MISSING", "OTHER", "FOLDER")}
    with pytest.raises(UsageError) as caught:
        command({}, **{"engines": "28.5", **{flag: paths.get(value, value) for flag, value in options.items()}})
    assert caught.value.exit_code == 2
