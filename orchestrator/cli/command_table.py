"""Every command, every action of `lab`, and every flag: its name, what it takes, and one line about it.

Help and completion are made from this, and so is the refusal of flags that mean nothing to an action. Nothing is
imported for it: help and completion answer at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ENGINES = ("20.10", "26.1", "28.5")
FIREWALLS = ("nft", "legacy")
FORMATS = ("svg", "png", "dot", "mermaid")
PROTOCOLS = ("icmp", "tcp", "udp")
SHELLS = ("bash", "zsh", "fish")


class Flag(NamedTuple):
    """A flag: what it says, and what stands for its value in a usage; nothing for a switch."""

    about: str
    value: str = ""


class Command(NamedTuple):
    """A command, or an action of one: a line about it, the words behind it, its flags, lines to type."""

    about: str
    words: tuple[str, ...] = ()
    flags: Mapping[str, Flag] = {}
    examples: tuple[str, ...] = ()
    more: str = ""


JSON = Flag("print one JSON document on stdout, and nothing else there")
HOST = Flag(
    "where lab hosts are: dind (here, the default), vagrant, vagrant:dind, ssh://user@box, docker:CONTEXT", "PLACE"
)
COPY = Flag("which copy of the lab; several run side by side", "COPY")
_COMMON = {"as": COPY, "host": HOST, "json": JSON}
_ENGINE = Flag("20.10, 26.1 or 28.5", "ENGINE")
_FIREWALL = Flag("nft or legacy, the flavour of iptables", "FLAVOUR")


def _action(
    about: str, *words: str, flags: Mapping[str, Flag] | None = None, examples: tuple[str, ...] = (), more: str = ""
) -> Command:
    return Command(about, ("LAB", *words), {**(flags or {}), **_COMMON}, examples, more)


_LOOK: dict[str, Command] = {
    "up": _action(
        "build it; a second time changes nothing",
        flags={
            "engine": _ENGINE,
            "firewall": _FIREWALL,
            "seed": Flag("a number that fixes what is random", "NUMBER"),
        },
        examples=("invoke lab up bridge-nat", "invoke lab up bridge-nat --engine 28.5 --as second"),
    ),
    "test": _action(
        "prove its claims, print a verdict for each",
        flags={
            "seed": Flag("prove them in a random order that this number fixes", "NUMBER"),
            "engine": Flag("only on this engine: refused when another one is up", "ENGINE"),
            "firewall": Flag("only with this flavour of iptables: refused when another one is up", "FLAVOUR"),
        },
        examples=("invoke lab test bridge-nat", "invoke lab test bridge-nat --json"),
    ),
    "status": _action(
        "hosts, nodes, addresses, health",
        examples=("invoke lab status bridge-nat",),
    ),
    "shell": Command(
        "an interactive shell with the usual tools",
        ("LAB", "NODE"),
        {"as": COPY, "host": HOST, "json": Flag("what goes wrong as one JSON document")},
        ("invoke lab shell bridge-nat client", "invoke lab shell bridge-nat host"),
    ),
    "exec": _action(
        "run one command; its output and exit code are passed on",
        "NODE",
        examples=(
            "invoke lab exec bridge-nat client -- ip route",
            "invoke lab exec bridge-nat host -- iptables -t nat -S",
        ),
        more="The command comes behind two hyphens.",
    ),
    "facts": _action(
        "everything in every namespace, as JSON",
        examples=("invoke lab facts bridge-nat",),
    ),
    "diff": _action(
        "what differs from the state after `up`",
        flags={"show": Flag("show what a fault changed, too")},
        examples=("invoke lab diff bridge-nat",),
    ),
    "graph": _action(
        "a picture of it as it is now",
        flags={
            "format": Flag("svg, png, dot or mermaid", "FORMAT"),
            "to": Flag("the file to write, or - for stdout", "FILE"),
            "show": Flag("mark what a fault changed, too"),
        },
        examples=(
            "invoke lab graph bridge-nat --to bridge-nat.svg",
            "invoke lab graph bridge-nat --format mermaid --to -",
        ),
    ),
    "walk": _action(
        "what a packet passes, there and back, and where it is lost",
        "SOURCE",
        "TARGET",
        flags={
            "proto": Flag("icmp, tcp or udp; else tcp when there is a port, and icmp", "PROTOCOL"),
            "size": Flag("how many bytes of data are sent, such as 1400: does a full packet get through?", "BYTES"),
            "from-port": Flag("the port to ask from, to walk a flow that conntrack knows already", "PORT"),
            "svg": Flag("write a picture of it to this file", "FILE"),
        },
        examples=(
            "invoke lab walk bridge-nat client 203.0.113.1:80",
            "invoke lab walk bridge-nat client 203.0.113.1 --size 1400",
        ),
        more="SOURCE is a node, TARGET a node, an address or a name, with or without a port.\n"
        "The exit code is 1 when the packet was lost.",
    ),
    "capture": _action(
        "packets as pcapng, until Ctrl-C",
        "WHERE",
        flags={
            "on": Flag("further interfaces, as client:eth0,host:docker0", "WHERE"),
            "filter": Flag("which packets, as tcpdump has it", "FILTER"),
            "count": Flag("end after so many packets", "NUMBER"),
            "seconds": Flag("end after so long", "SECONDS"),
            "to": Flag("the file to write, or - for stdout", "FILE"),
        },
        examples=(
            "invoke lab capture bridge-nat client:eth0,host:docker0 --filter 'tcp port 80' --count 10",
            "invoke lab capture bridge-nat host:docker0 --to - | wireshark -k -i -",
        ),
        more="WHERE is NODE:INTERFACE, or several as a,b.",
    ),
    "env": _action(
        "what leads your own docker CLI to its engine",
        examples=('eval "$(invoke lab env bridge-nat)"',),
    ),
    "down": _action(
        "remove it",
        examples=("invoke lab down bridge-nat",),
    ),
}
_PRACTISE: dict[str, Command] = {
    "break": _action(
        "break something, print a ticket",
        flags={
            "layer": Flag("something of this layer, such as nat or route", "LAYER"),
            "level": Flag("1 (easy), 2 or 3", "LEVEL"),
            "fault": Flag("this one; `invoke faults --ids LAB` lists them", "FAULT"),
            "compound": Flag("2 for an incident of two faults", "COUNT"),
            "seed": Flag("a number that chooses: the same breaks the same", "NUMBER"),
            "exam": Flag("no hints and no answers until it is over, and nothing in files that gives it away"),
            "show": Flag("say at once what it is"),
        },
        examples=("invoke lab break bridge-nat", "invoke lab break bridge-nat --layer nat --level 2"),
    ),
    "check": _action(
        "what is red and how; solved when what was broken is repaired",
        examples=("invoke lab check bridge-nat",),
    ),
    "watch": _action(
        "the same, live, until it is repaired",
        examples=("invoke lab watch bridge-nat",),
    ),
    "hint": _action(
        "the next hint: symptom, layer, command, solution",
        examples=("invoke lab hint bridge-nat",),
    ),
    "guess": _action(
        "name the cause before repairing it",
        "FAULT",
        flags={"at": Flag("the place that is broken", "NODE")},
        examples=("invoke lab guess bridge-nat mtu-lowered --at host",),
        more="`invoke faults --ids LAB` lists what can be named.",
    ),
    "tree": _action(
        "which check to run next, and what each result leaves",
        flags={"engine": Flag("on this engine, else on the one that is up", "ENGINE")},
        examples=("invoke lab tree bridge-nat",),
    ),
    "reveal": _action(
        "what it is, how it was injected, how to repair it",
        examples=("invoke lab reveal bridge-nat",),
    ),
    "repair": _action(
        "apply the reference repair",
        examples=("invoke lab repair bridge-nat",),
    ),
    "reset": _action(
        "back to the state after `up`",
        examples=("invoke lab reset bridge-nat",),
    ),
}

# By what they are for; each is a module of netproof.cli.lab.
ACTION_GROUPS: dict[str, dict[str, Command]] = {"Build it, look at it": _LOOK, "Break it, repair it": _PRACTISE}
ACTIONS: dict[str, Command] = {**_LOOK, **_PRACTISE}

_LAB = Command(
    "one lab: build it, prove it, look into it, break it, repair it, remove it",
    ("ACTION", "LAB"),
    {name: flag for action in ACTIONS.values() for name, flag in action.flags.items()},
    ("invoke lab up bridge-nat lab test bridge-nat",),
    "Commands can follow each other on one line.",
)
_LABS: dict[str, Command] = {
    "labs": Command("the catalogue: each lab, what it shows, its claims, its state", flags={"json": JSON}),
    "lab": _LAB,
    "matrix": Command(
        "prove labs on several engines and firewalls, and tell what differs",
        flags={
            "labs": Flag("which labs, as a,b; all unless given", "LABS"),
            "engines": Flag("which engines, as 26.1,28.5; all unless given", "ENGINES"),
            "firewalls": Flag("which flavours of iptables, as nft,legacy; both unless given", "FLAVOURS"),
            "results": Flag("the file that keeps every finished cell; what is complete in it is not run again", "FILE"),
            "against": Flag(
                "an engine, or an earlier results file: what has changed is told, and the exit code is 1",
                "ENGINE|FILE",
            ),
            "jobs": Flag("how many cells run at once; else as cores and memory allow", "NUMBER"),
            "junit": Flag("write a JUnit XML file as well", "FILE"),
            "markdown": Flag("with --against: write what changes and what to do about it, for a ticket", "FILE"),
            "fresh": Flag("run every cell again"),
            "host": HOST,
            "json": JSON,
        },
        examples=(
            "invoke matrix --labs bridge-nat --engines 26.1,28.5",
            "invoke matrix --engines 28.5 --against results-of-26.1.json",
            "invoke matrix --engines 28.5 --against 26.1 --markdown ticket.md",
        ),
    ),
    "handbook": Command(
        "a static site of labs, verdicts and evidence, from what `invoke matrix` found",
        flags={
            "results": Flag("a file of `invoke matrix`; else the one it writes by default", "FILE"),
            "to": Flag("the folder of the site; handbook when nothing is given", "FOLDER"),
            "json": JSON,
        },
        examples=("invoke handbook --to site",),
    ),
}
_FAULTS: dict[str, Command] = {
    "faults": Command(
        "what can be practised: faults by lab and layer, without spoilers unless asked",
        flags={
            "lab": Flag("only this lab's", "LAB"),
            "layer": Flag("only this layer's", "LAYER"),
            "spoil": Flag("everything: what each is, how it is injected, what it turns red"),
            "ids": Flag("this lab's faults by the names that `break --fault` and `guess` take, unexplained", "LAB"),
            "seed": Flag("with --ids: say which fault `break --seed` of this number chooses", "NUMBER"),
            "prove": Flag("run the whole proof of this lab's faults on the instance that is up", "LAB"),
            "walk": Flag("walk into each of this lab's faults that drops packets: is the place named?", "LAB"),
            "fault": Flag("with --prove and --walk: only this one", "FAULT"),
            "as": COPY._replace(about="with --ids, --prove and --walk: which copy of the lab"),
            "host": HOST._replace(about="with --ids, --prove and --walk: where the lab is"),
            "json": JSON,
        },
        examples=("invoke faults --lab publish", "invoke faults --ids bridge-nat"),
    ),
    "progress": Command("what was practised, how it went, and what to repeat when", flags={"json": JSON}),
}
_MACHINE: dict[str, Command] = {
    "doctor": Command(
        "what this machine can and cannot do, and what to do about it",
        flags={"host": HOST, "json": JSON},
        more="The exit code is 1 when it cannot run a lab.",
    ),
    "images": Command(
        "build the lab host images, or refresh them",
        flags={
            "engine": Flag("which engine's image: 20.10, 26.1, 28.5 or all", "ENGINE"),
            "refresh": Flag("build it anew"),
            "host": HOST,
            "json": JSON,
        },
        examples=("invoke images --engine all",),
    ),
    "vagrant": Command(
        "the virtual machines for `--host vagrant`",
        ("ACTION",),
        {"machines": Flag("up: how many, 1 or 2 (labs with two hosts need both)", "COUNT"), "json": JSON},
        ("invoke vagrant box", "invoke vagrant up --machines 2", "invoke vagrant status", "invoke vagrant down"),
        "ACTION is box (build what they start from), up (make them), status or down (remove them).",
    ),
    "clean": Command(
        "remove everything of ours, by label, and nothing else",
        flags={
            "host": Flag("only there; else wherever labs have been", "PLACE"),
            "keep-images": Flag("keep the lab host images, which take a minute to build"),
            "json": JSON,
        },
    ),
}
# Of those who work on netproof: they need the tests, which an installed netproof does not have.
_CLONE: dict[str, Command] = {
    "test": Command(
        "the tests: of the code without Docker, of real labs, and of every claim",
        flags={
            "only": Flag("a folder, file or pytest expression: tests/unit, labs/bridge_nat", "PATH"),
            "unit": Flag("what needs no Docker, and is over in seconds"),
            "all": Flag("everything: every fault, case and moment on every engine (told beforehand how long it takes)"),
            "third": Flag("a third of what is only in --all, another one with each commit"),
            "vagrant": Flag("only what needs virtual machines, which are made and removed (root; minutes to an hour)"),
        },
        examples=("invoke test --unit", "invoke test --only labs/bridge_nat"),
    ),
    "check": Command("lint, format, types, tests"),
    "bench": Command(
        "compare `lab up bridge-nat` with a plain shell script that does the same",
        flags={"rounds": Flag("how often each side is measured", "NUMBER"), "json": JSON},
    ),
}
_SELF: dict[str, Command] = {
    "help": Command(
        "this text; of a command, or of an action, what it takes",
        ("[COMMAND]", "[ACTION]"),
        examples=("invoke help lab", "invoke help lab up"),
    ),
    "completion": Command(
        "a script for your shell, which completes what you type",
        ("SHELL",),
        examples=('eval "$(invoke completion bash)"',),
        more="It knows commands, labs, nodes, engines, faults and flags. SHELL is bash, zsh or fish.\n"
        "Put the line below into ~/.bashrc or ~/.zshrc; for fish it is: invoke completion fish | source",
    ),
}

GROUPS: dict[str, dict[str, Command]] = {
    "Labs": _LABS,
    "Practice": _FAULTS,
    "This machine": _MACHINE,
    "netproof itself": _SELF,
    "Work on netproof": _CLONE,
}
COMMANDS: dict[str, Command] = {name: about for group in GROUPS.values() for name, about in group.items()}
CLONE_ONLY = frozenset(_CLONE)
# What is guessed of a ticket about nothing that is broken.
DESIGNED = "works-as-designed"
VAGRANT_ACTIONS = ("box", "up", "status", "down")

# Flags of one way to use a command, by the flag that chooses it; none of them goes with another way.
FAULTS_WAYS: dict[str, frozenset[str]] = {
    "ids": frozenset({"ids", "seed", "as", "host", "json"}),
    "prove": frozenset({"prove", "fault", "as", "host", "json"}),
    "walk": frozenset({"walk", "fault", "as", "host", "json"}),
    "": frozenset({"lab", "layer", "spoil", "json"}),
}


def owners(flag: str) -> list[str]:
    """The actions of `lab` to which a flag means something."""
    return [name for name, action in ACTIONS.items() if flag in action.flags]
