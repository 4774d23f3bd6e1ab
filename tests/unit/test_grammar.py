"""Command lines are understood, or refused before anything runs with what is wrong and what is near."""

from __future__ import annotations

import copy
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from invoke import Exit, Program
from invoke.parser import Parser

from netproof import images
from netproof.build import FIREWALLS
from netproof.cli import command_table, front, grammar
from netproof.cli.command_table import ACTIONS
from netproof.cli.lab import exec as exec_command
from netproof.cli.lab import graph as graph_command
from netproof.errors import UnknownName, UsageError
from netproof.practice import attempt

ROOT = Path(__file__).parents[2]


@pytest.fixture
def namespace(monkeypatch: pytest.MonkeyPatch) -> Any:
    """netproof's tasks. tasks.py checks the arguments of the process it is in; here they are another's."""
    monkeypatch.setattr(sys, "argv", ["pytest"])
    return importlib.import_module("tasks").ns


def understood(namespace: Any, line: list[str]) -> list[dict[str, Any]]:
    """The tasks of a command line with their arguments, by Invoke's own parser, once netproof's has passed it."""
    grammar.parse(namespace, line)
    parser = Parser(initial=Program().initial_context, contexts=copy.deepcopy(namespace).to_contexts())
    core, *tasks = parser.parse_argv(line)
    del core
    return [{"task": task.name, **{name: argument.value for name, argument in task.args.items()}} for task in tasks]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lab up bridge-nat", {"action": "up", "name": "bridge-nat", "node": ""}),
        ("lab up bridge-nat --engine 28.5", {"action": "up", "name": "bridge-nat", "engine": "28.5"}),
        ("lab up bridge-nat --engine=28.5", {"engine": "28.5"}),
        ("lab --engine 28.5 up bridge-nat", {"action": "up", "name": "bridge-nat", "engine": "28.5"}),
        ("lab up --engine 28.5 bridge-nat --firewall legacy", {"name": "bridge-nat", "firewall": "legacy"}),
        ("lab up bridge-nat --as second", {"name": "bridge-nat", "as": "second"}),
        ("lab --as second down bridge-nat", {"action": "down", "name": "bridge-nat", "as": "second"}),
        ("lab test bridge-nat --seed 7 --json", {"action": "test", "seed": "7", "json": True}),
        ("lab --json test bridge-nat", {"action": "test", "json": True}),
        ("lab shell bridge-nat client", {"action": "shell", "name": "bridge-nat", "node": "client"}),
        ("lab shell --as second bridge-nat client", {"node": "client", "as": "second"}),
        ("lab shell bridge-nat client --as second", {"node": "client", "as": "second"}),
        ("lab status bridge-nat", {"action": "status", "json": False}),
        (
            "lab break bridge-nat",
            {"action": "break", "node": "", "fault": "", "layer": "", "compound": "", "show": False},
        ),
        ("lab break bridge-nat --fault not-tracked --show", {"fault": "not-tracked", "show": True}),
        ("lab break bridge-nat --layer nat --level 2 --seed 7", {"layer": "nat", "level": "2", "seed": "7"}),
        ("lab --compound 2 break bridge-nat --as second", {"action": "break", "compound": "2", "as": "second"}),
        ("lab check bridge-nat --json", {"action": "check", "node": "", "json": True}),
        ("lab guess bridge-nat not-tracked --at host", {"action": "guess", "node": "not-tracked", "at": "host"}),
        ("lab guess --at=host bridge-nat works-as-designed", {"node": "works-as-designed", "at": "host"}),
        ("lab diff bridge-nat --show", {"action": "diff", "show": True}),
        ("lab tree bridge-nat --engine 28.5", {"action": "tree", "engine": "28.5"}),
        ("labs --json", {"json": True}),
        ("clean --keep-images", {"keep-images": True, "json": False}),
        ("clean", {"keep-images": False}),
        ("images --engine all --refresh", {"engine": "all", "refresh": True}),
        ("test --only tests/unit", {"only": "tests/unit", "unit": False}),
        ("bench --rounds 3", {"rounds": "3"}),
        ("bench", {"rounds": "5"}),
    ],
)
def test_a_command_line_is_understood(namespace: Any, line: str, expected: dict[str, Any]) -> None:
    """Flags stand before, between or after the words they belong to."""
    task, *others = understood(namespace, line.split())
    assert others == []
    assert task["task"] == line.split(maxsplit=1)[0]
    assert expected.items() <= task.items()


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - grammar.NEEDS_NODE))
def test_commands_can_follow_each_other(namespace: Any, action: str) -> None:
    """After an action that needs no node, the next word is the next command."""
    first, second = understood(namespace, ["lab", action, "bridge-nat", "lab", "test", "bridge-nat"])
    assert (first["action"], first["node"], second["action"]) == (action, "", "test")


def test_what_follows_two_hyphens_is_left_alone(namespace: Any) -> None:
    """The command of `lab exec` may have flags, blanks and words that netproof knows."""
    line = ["lab", "exec", "bridge-nat", "client", "--", "ls", "-l", "a b", "--json", "lab", "down"]
    (task,) = understood(namespace, line)
    assert (task["action"], task["node"], task["json"]) == ("exec", "client", False)


@pytest.mark.parametrize("words", [["ls", "-l", "a b"], ["echo", "--", "x"], ["true"]])
def test_the_command_of_exec_keeps_its_quoting(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The words after the first `--` reach the node one by one."""
    monkeypatch.setattr(sys, "argv", ["invoke", "lab", "exec", "bridge-nat", "client", "--", *words])
    assert exec_command._command() == words


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("lba up bridge-nat", "lab"),
        ("cleen", "clean"),
        ("lab up bridge-nat lba test bridge-nat", "lab"),
        ("lab up bridge-nat --engin 28.5", "--engine"),
        ("lab status bridge-nat --engin 28.5", None),
        ("lab break bridge-nat --levl 2", "--level"),
        ("labs --jsn", "--json"),
        ("clean --keep-image", "--keep-images"),
        ("--verison", "--version"),
    ],
)
def test_an_unknown_flag_or_command_is_told_the_nearest(namespace: Any, line: str, nearest: str | None) -> None:
    """What is misspelt is named, and so is what is near, unless it would be refused as well."""
    with pytest.raises(UnknownName) as caught:
        grammar.parse(namespace, line.split())
    assert caught.value.nearest == nearest
    assert nearest is None or f"Did you mean '{nearest}'?" in caught.value.remedy


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("upp", "up"), ("tset", "test"), ("brake", "break"), ("chek", "check"), ("quux", None), ("UP", "up")],
)
def test_an_unknown_action_is_told_the_nearest(typed: str, nearest: str | None) -> None:
    """`lab` has its own set of actions."""
    with pytest.raises(UnknownName) as caught:
        grammar.lab_action(typed)
    assert caught.value.nearest == nearest
    assert all(action in caught.value.remedy for action in ACTIONS)


@pytest.mark.parametrize(
    ("line", "lacking"),
    [
        ("lab", "action and name"),
        ("lab up", "name"),
        ("lab up --json", "name"),
        ("lab up bridge-nat lab test", "name"),
        ("lab shell", "name and node"),
        ("lab shell bridge-nat", "node"),
        ("lab exec bridge-nat", "node"),
        ("lab exec bridge-nat -- ip addr", "node"),
        ("vagrant", "action"),
        ("completion", "shell"),
        ("lab guess", "name and node"),
        ("lab guess bridge-nat", "node"),
        ("lab guess bridge-nat --at host", "node"),
        ("lab break", "name"),
    ],
)
def test_what_is_missing_is_told(namespace: Any, line: str, lacking: str) -> None:
    """A node is missed only by actions that need one; the remedy shows a whole command line."""
    with pytest.raises(UsageError) as caught:
        grammar.parse(namespace, line.split())
    assert f"lacks: {lacking}." in caught.value.problem
    assert f"invoke {line.split(maxsplit=1)[0]}" in caught.value.remedy


def test_who_guesses_nothing_is_told_to_name_a_fault(namespace: Any) -> None:
    """What stands in the node's place is a fault here."""
    with pytest.raises(UsageError) as caught:
        grammar.parse(namespace, ["lab", "guess", "bridge-nat"])
    assert "Name a fault" in caught.value.remedy


def test_a_flag_without_its_value_is_refused(namespace: Any) -> None:
    """`--as` at the end of the line names nothing."""
    with pytest.raises(UsageError) as caught:
        grammar.parse(namespace, ["lab", "up", "bridge-nat", "--as"])
    assert caught.value.remedy


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_a_function(action: str) -> None:
    """Each action of the table leads to something that can be called."""
    assert callable(grammar.lab_action(action))


def test_actions_that_need_a_node_are_actions() -> None:
    """No other action asks for a node."""
    assert set(ACTIONS) >= grammar.NEEDS_NODE


def test_every_option_of_every_task_has_a_help_text(namespace: Any) -> None:
    """No option is left to be guessed."""
    contexts = copy.deepcopy(namespace).to_contexts()
    silent = [f"{task.name} {name}" for task in contexts for name, option in task.args.items() if not option.help]
    assert len(contexts) > 5
    assert silent == []


# As processes


def invoke(*words: str) -> subprocess.CompletedProcess[str]:
    """The command as people run it, on an engine that is not there."""
    environment = {**os.environ, "DOCKER_HOST": "unix:///nonexistent/docker.sock", "COLUMNS": "100"}
    command = [sys.executable, "-m", "invoke", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_list_shows_every_task_with_a_line_about_it(namespace: Any) -> None:
    """`invoke --list` names each task and says what it is for."""
    done = invoke("--list")
    shown = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.startswith("  ")}
    assert done.returncode == 0
    assert all(shown[name] for name in namespace.task_names)


def test_wrong_use_ends_with_2_and_one_json_document() -> None:
    """Programs get the error as the only thing on stdout, people as text on stderr."""
    done = invoke("lab", "up", "bridgenat", "--json")
    error = json.loads(done.stdout)["error"]
    assert done.returncode == 2
    assert "'bridge-nat'" in error["remedy"]
    assert error["problem"] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    ("words", "word"),
    [
        ({"action": "upp"}, "'up'"),
        ({"engine": "28.6"}, "28.5"),
        ({"firewall": "ntf"}, "'nft'"),
        ({"as_": "A"}, "--as second"),
        ({"seed": "x"}, "--seed 7"),
        ({"action": "shell", "node": "cleint"}, "'client'"),
        ({"action": "exec", "node": "client"}, "after --"),
        ({"action": "break", "seed": "x"}, "--seed 7"),
        ({"action": "break", "level": "hard"}, "--level"),
        ({"action": "break", "compound": "two"}, "--compound"),
        ({"action": "break", "compound": "0"}, "--compound 2"),
        ({"action": "break", "level": "-1"}, "--level 2"),
        ({"action": "guess", "node": "masquerade-deletd"}, "'masquerade-deleted'"),
        ({"action": "guess", "node": "masquerade-deleted", "at": "hots"}, "'host'"),
        ({"action": "tree", "engine": "28.6"}, "28.5"),
    ],
    ids=[
        *("action", "engine", "firewall", "instance", "seed", "node", "no command"),
        *("seed of a break", "level", "compound", "compound 0", "level -1", "fault", "place", "engine of a tree"),
    ],
)
def test_a_wrong_value_is_refused_before_an_engine_is_asked(
    namespace: Any,
    words: dict[str, str],
    word: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every value is checked against what there is, and the remedy says what would do."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    line = {"action": "up", "name": "bridge-nat", "node": "", "target": "", **words}
    with pytest.raises(Exit) as caught:
        namespace.tasks["lab"].body(None, **line, json=True)
    assert caught.value.code == 2
    assert word in json.loads(capsys.readouterr().out)["error"]["remedy"]


def test_an_engine_that_is_not_there_ends_with_3_and_one_json_document() -> None:
    """What could not be built has an exit code of its own."""
    done = invoke("lab", "up", "bridge-nat", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["remedy"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("flags", "on_stdout"), [([], False), (["--json"], True)], ids=["text", "json"])
def test_a_line_that_is_refused_ends_the_process_with_2(
    namespace: Any,
    flags: list[str],
    on_stdout: bool,  # noqa: FBT001 - a parameter
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is wrong is on stderr, and on stdout only as the document that --json asks for."""
    with pytest.raises(SystemExit) as caught:
        grammar.check_arguments(namespace, ["lab", "shell", "bridge-nat", *flags])
    captured = capsys.readouterr()
    assert caught.value.code == 2
    assert "lacks: node" in captured.err
    assert bool(captured.out) is on_stdout
    assert not on_stdout or "lacks: node" in json.loads(captured.out)["error"]["problem"]


@pytest.mark.parametrize(
    ("argument", "is_ours"),
    [("/usr/bin/invoke", True), ("inv", True), ("/x/invoke/__main__.py", True), ("/usr/bin/pytest", False)],
)
def test_arguments_of_other_programs_are_left_alone(
    argument: str,
    is_ours: bool,  # noqa: FBT001 - a parameter
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """tasks.py is imported by tests, too: only Invoke's own process is held to the grammar."""
    monkeypatch.setattr(sys, "argv", [argument, "--bogus"])
    assert front.is_of_invoke() is is_ours


# What means nothing where it stands


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("flag", sorted({flag for action in ACTIONS.values() for flag in action.flags}))
def test_a_flag_is_taken_by_its_actions_alone(namespace: Any, action: str, flag: str) -> None:
    """Every action refuses every flag that it does nothing with, and names those that do."""
    words = {"NODE": "client", "SOURCE": "client", "TARGET": "host", "WHERE": "host:eth0", "FAULT": "mtu-lowered"}
    about = ACTIONS[action]
    line = ["lab", action, "bridge-nat", *(words[word] for word in about.words[1:])]
    value = next(item.flags[flag].value for item in ACTIONS.values() if flag in item.flags)
    samples = {"ENGINE": "28.5", "FLAVOUR": "nft", "FORMAT": "svg", "PROTOCOL": "tcp"}
    line += [f"--{flag}", *([samples.get(value, "1")] if value else [])]
    if flag in about.flags:
        grammar.parse(namespace, line)
        return
    with pytest.raises(UsageError) as caught:
        grammar.parse(namespace, line)
    assert caught.value.problem == f"--{flag} means nothing to `invoke lab {action}`."
    assert all(owner in caught.value.remedy for owner in command_table.owners(flag))


def test_every_flag_of_a_command_is_in_the_table_and_no_other(namespace: Any) -> None:
    """Help and completion speak of what the commands take."""
    words = {"lab": {"action", "name", "node", "target"}, "vagrant": {"action"}, "completion": {"shell"}}
    taken = {task.name: set(task.args) - words.get(task.name, set()) for task in copy.deepcopy(namespace).to_contexts()}
    assert taken == {name: set(about.flags) for name, about in command_table.COMMANDS.items()}


def test_the_values_in_the_table_are_those_that_there_are() -> None:
    """They are written out there so that help and completion need not import what defines them."""
    assert tuple(images.ENGINES) == command_table.ENGINES
    assert command_table.FIREWALLS == FIREWALLS
    assert list(command_table.FORMATS) == graph_command.FORMATS
    assert command_table.DESIGNED == attempt.DESIGNED


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("lab up bridge-nat lab status bridge-nat --engine 28.5", "--engine"),
        ("lab status bridge-nat --node client", "--node"),
        ("lab up bridge-nat --as=", "--as needs a value"),
        ("lab up --as  bridge-nat", "--as needs a value"),
        ("lab break bridge-nat --fault=", "--fault needs a value"),
        ("matrix --labs ", "--labs needs a value"),
        ("matrix --labs ,", "--labs needs a value"),
        ("clean --host ", "--host needs a value"),
        ("handbook --to ", "--to needs a value"),
        ("faults --seed 3", "--seed means nothing"),
        ("faults --ids publish --layer nat", "--layer means nothing"),
        ("faults --ids publish --prove publish", "--ids and --prove"),
        ("faults --lab publish --as second", "--as means nothing"),
        ("images --engine 25", "engine '25'"),
        ("matrix --labs publish,publsih", "'publsih'"),
        ("vagrant downn", "'downn'"),
        ("completion csh", "'csh'"),
        ("lab exec bridge-nat client ls", "'ls'"),
        ("lab up bridge-nat publish", "about one lab"),
        ("lab up bridge-nat zzz", "takes no 'zzz'"),
        ("lab up bridge-nat b", "takes no 'b'"),
        ("lab up a b", "no lab 'a'"),
        ("--json lab up bridge-nat", "--json is a flag of commands"),
    ],
)
def test_what_means_nothing_is_refused(namespace: Any, line: str, named: str) -> None:
    """A flag of another action or another way, an empty value, a name that does not exist, a word too many."""
    with pytest.raises(UsageError) as caught:
        grammar.parse(namespace, line.split(" "))
    assert named in caught.value.problem
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("bridge_nat", "Did you mean 'bridge-nat'?"),
        ("Bridge-NAT", "Did you mean 'bridge-nat'?"),
        ("bridge-nat@second", "bridge-nat --as second"),
        ("bridge-nat.second", "bridge-nat --as second"),
        ("third", "publish --as third"),
    ],
)
def test_a_lab_that_does_not_exist_is_told_what_was_meant(
    namespace: Any, name: str, remedy: str, state_dir: Path
) -> None:
    """Also of a copy, by the name that `status` has for it, or by its own alone."""
    (state_dir / "instances" / "publish.third").mkdir(parents=True)
    with pytest.raises(UsageError) as caught:
        grammar.parse(namespace, ["lab", "status", name])
    assert remedy in caught.value.remedy


def test_a_lab_whose_definition_is_gone_can_be_removed(namespace: Any) -> None:
    """`down` needs no definition."""
    grammar.parse(namespace, ["lab", "down", "once-upon-a-time"])
