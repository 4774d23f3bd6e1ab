"""netproof's commands. Wiring only: what they do is in orchestrator/cli."""

from __future__ import annotations

import os
import sys
from typing import Any

from invoke import Collection, Context, task

# Invoke keeps no bytecode unless asked to; to compile netproof anew for each command takes a third of a second.
sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ

from netproof.cli import grammar, host_option  # noqa: E402 - see above
from netproof.cli.command import command  # noqa: E402 - see above

OPTIONS = {
    "action": "what to do: " + ", ".join(grammar.ACTIONS),
    "name": "the lab; `invoke labs` lists them",
    "node": "for shell, exec and walk: a container, the lab host or the outsider; for guess: a fault; for capture: "
    "NODE:INTERFACE, or several as a,b",
    "on": "for capture: further interfaces, as client:eth0,host:docker0",
    "filter": "for capture: which packets, as tcpdump has it",
    "count": "for capture: end after so many packets",
    "seconds": "for capture: end after so long",
    "target": "for walk: who is asked, a node, an address or a name, and a port: 203.0.113.1:80",
    "proto": "for walk: icmp, tcp or udp; else tcp when there is a port, and icmp",
    "size": "for walk: how many bytes of data the asker sends, such as 1400: does a full packet get through?",
    "from_port": "for walk: the port to ask from, to walk a flow that conntrack knows already",
    "svg": "for walk: write a picture of it to this file",
    "engine": "for up: 20.10, 26.1 or 28.5",
    "firewall": "for up: nft or legacy, the flavour of iptables",
    "as": "which copy of the lab; several run side by side",
    "seed": "a number that fixes what is random, such as the order of claims",
    "fault": "for break: this one; `invoke faults --ids LAB` lists them",
    "layer": "for break: one of this layer, such as nat or route",
    "level": "for break: 1 (easy), 2 or 3",
    "compound": "for break: 2 for an incident of two faults",
    "exam": "for break: no hints and no answers until it is over, and nothing in files that gives it away",
    "show": "for break: say at once what it is; for diff and graph: show what the fault changed, too",
    "format": "for graph: svg, png, dot or mermaid",
    "to": "for graph and capture: the file to write, or - for stdout",
    "at": "for guess: the place that is broken",
    "host": "where lab hosts are: dind (here, the default), vagrant, vagrant:dind, ssh://user@box, docker:CONTEXT",
    "json": "print one JSON document on stdout, and nothing else there",
}
JSON = {"json": OPTIONS["json"]}
HOST = {"host": OPTIONS["host"]}


@task(klass=grammar.LabTask, positional=["action", "name", "node", "target"], help=OPTIONS, auto_shortflags=False)
def lab(
    context: Context,
    action: str,
    name: str,
    node: str,
    target: str,
    engine: str = "",
    firewall: str = "",
    as_: str = "",
    seed: str = "",
    fault: str = "",
    layer: str = "",
    level: str = "",
    compound: str = "",
    at: str = "",
    on: str = "",
    filter: str = "",  # noqa: A002 - the flag's name
    count: str = "",
    seconds: str = "",
    format: str = "",  # noqa: A002 - the flag's name
    to: str = "",
    proto: str = "",
    size: str = "",
    from_port: str = "",
    svg: str = "",
    host: str = "",
    show: bool = False,
    exam: bool = False,
    json: bool = False,
) -> None:
    """One lab: build it, prove it, look into it, break it, repair it, remove it.

    invoke lab up NAME                build it; a second time changes nothing
    invoke lab test NAME              run its claims, print a verdict for each
    invoke lab status NAME            hosts, nodes, addresses, health
    invoke lab shell NAME NODE        an interactive shell with the usual tools
    invoke lab exec NAME NODE -- CMD  one command, its output and exit code
    invoke lab facts NAME             everything in every namespace, as JSON
    invoke lab diff NAME              what differs from the state after `up`
    invoke lab graph NAME             a picture of it as it is now; --format, --to
    invoke lab walk NAME SRC DST      what a packet to DST[:PORT] passes, there and back; --proto, --svg FILE
                                      --size 1400, --from-port 5000; exit code 1 when it died
    invoke lab env NAME               DOCKER_HOST for your own docker CLI
    invoke lab capture NAME WHERE     packets as pcapng, until Ctrl-C (exit code 0); WHERE is client:eth0,host:docker0
                                      --filter 'tcp port 80' --count 10 --seconds 5 --to FILE, or --to - to pipe live
    invoke lab down NAME              remove it

    invoke lab break NAME             inject a fault, print a ticket; --layer, --level, --seed, --compound 2, --exam
    invoke lab check NAME             what is red and how; solved when what was broken is repaired
    invoke lab watch NAME             the same, live
    invoke lab hint NAME              the next hint: symptom, layer, command, solution
    invoke lab guess NAME FAULT       name the cause before repairing it; --at PLACE
    invoke lab reveal NAME            what it is, how it was injected, the repair
    invoke lab repair NAME            apply the reference repair
    invoke lab reset NAME             back to the state after `up`
    invoke lab tree NAME              which check to run next, and what each result leaves

    Commands can follow each other: invoke lab up bridge-nat lab test bridge-nat
    """
    options = {"engine": engine, "firewall": firewall, "tag": as_, "seed": seed, "fault": fault, "layer": layer}
    options |= {"level": level, "compound": compound, "at": at, "show": "yes" if show else ""}
    options |= {"exam": "yes" if exam else "", "on": on, "filter": filter, "count": count, "seconds": seconds}
    options |= {"format": format, "to": to, "target": target, "proto": proto, "svg": svg}
    options |= {"size": size, "from_port": from_port}
    with command(json=json) as screen, host_option.at_instance(name, as_, host):
        grammar.lab_action(action)(screen, name, node, options)


@task(help=JSON, auto_shortflags=False)
def labs(context: Context, json: bool = False) -> None:
    """The catalogue: each lab, what it shows, its claims, its state."""
    with command(json=json) as screen:
        from netproof.cli.labs import run

        run(screen)


@task(
    help={
        **JSON,
        "lab": "only this lab's",
        "layer": "only this layer's",
        "ids": "this lab's faults by the names that break --fault and guess take, without what they are",
        "seed": "with --ids: say which fault `break --seed` of this number chooses",
        "spoil": "everything: what each is, how it is injected, what it turns red",
        "prove": "run the whole proof of this lab's faults on the instance that is up",
        "walk": "walk into each of this lab's faults that drops packets: does the walk name the place?",
        "fault": "with --prove and --walk: only this one",
        "as": OPTIONS["as"],
        **HOST,
    },
    auto_shortflags=False,
)
def faults(
    context: Context,
    lab: str = "",
    layer: str = "",
    ids: str = "",
    seed: str = "",
    spoil: bool = False,
    prove: str = "",
    walk: str = "",
    fault: str = "",
    as_: str = "",
    host: str = "",
    json: bool = False,
) -> None:
    """What can be practised: faults by lab and layer, without spoilers unless asked."""
    with command(json=json) as screen:
        if ids:
            from netproof.cli.faults_ids import run

            with host_option.at_instance(ids, as_, host):
                run(screen, ids, {"seed": seed, "tag": as_})
            return
        if prove:
            from netproof.cli.faults_prove import run

            with host_option.at_instance(prove, as_, host):
                run(screen, prove, {"fault": fault, "tag": as_})
            return
        if walk:
            from netproof.cli.faults_walk import run

            with host_option.at_instance(walk, as_, host):
                run(screen, walk, {"fault": fault, "tag": as_})
            return
        from netproof.cli.faults import run as show

        show(screen, lab, layer, spoil=spoil)


@task(help=JSON, auto_shortflags=False)
def progress(context: Context, json: bool = False) -> None:
    """What was practised, how it went, and what to repeat when."""
    with command(json=json) as screen:
        from netproof.cli.progress import run

        run(screen)


@task(
    help={
        **JSON,
        "host": "only there; else wherever labs have been",
        "keep-images": "keep the lab host images, which take a minute to build",
    },
    auto_shortflags=False,
)
def clean(context: Context, host: str = "", keep_images: bool = False, json: bool = False) -> None:
    """Remove everything of ours, by label, and nothing else."""
    with command(json=json) as screen:
        from netproof.cli.clean import run

        run(screen, host, keep_images=keep_images)


@task(help={**JSON, **HOST}, auto_shortflags=False)
def doctor(context: Context, host: str = "", json: bool = False) -> None:
    """What this machine, or another host, can and cannot do, and what to do about it."""
    with command(json=json) as screen, host_option.at_host(host):
        from netproof.cli.doctor import run

        run(screen)


@task(
    help={**JSON, **HOST, "engine": "which engine's image: 20.10, 26.1, 28.5 or all", "refresh": "build it anew"},
    auto_shortflags=False,
)
def images(context: Context, engine: str = "", host: str = "", refresh: bool = False, json: bool = False) -> None:
    """Build the lab host images, or refresh them."""
    with command(json=json) as screen, host_option.at_host(host):
        from netproof.cli.images import run

        run(screen, engine, refresh=refresh)


@task(
    help={
        **JSON,
        "labs": "which labs, as a,b; all unless given",
        "engines": "which engines, as 26.1,28.5; all unless given",
        "firewalls": "which flavours of iptables, as nft,legacy; both unless given",
        "results": "the file that keeps every finished cell; what is complete in it is not run again",
        "against": "an earlier results file: what has changed since is told, and ends with exit code 1",
        "jobs": "how many cells run at once; else as cores and memory allow",
        "junit": "write a JUnit XML file as well",
        "fresh": "run every cell again",
        **HOST,
    },
    auto_shortflags=False,
)
def matrix(
    context: Context,
    labs: str = "",
    engines: str = "",
    firewalls: str = "",
    results: str = "",
    against: str = "",
    jobs: str = "",
    junit: str = "",
    host: str = "",
    fresh: bool = False,
    json: bool = False,
) -> None:
    """Claims by engines: prove labs on several engines and firewalls, and tell what differs.

    invoke matrix                                       everything
    invoke matrix --labs bridge-nat --engines 26.1,28.5 a part of it
    invoke matrix --engines 28.5 --against FILE         what an upgrade changes, when FILE has another engine
    """
    options = {"labs": labs, "engines": engines, "firewalls": firewalls, "results": results}
    options |= {"against": against, "jobs": jobs, "junit": junit}
    with command(json=json) as screen, host_option.at_host(host):
        from netproof.cli.matrix import run

        run(screen, options, fresh=fresh)


@task(
    help={
        **JSON,
        "results": "a file of `invoke matrix`; else the one it writes by default",
        "to": "the folder of the site; handbook when nothing is given",
    },
    auto_shortflags=False,
)
def handbook(context: Context, results: str = "", to: str = "", json: bool = False) -> None:
    """A static site of labs, verdicts and evidence, made from a results file of `invoke matrix`."""
    with command(json=json) as screen:
        from netproof.cli.handbook import run

        run(screen, results, to)


@task(
    help={
        **JSON,
        "action": "box, up, status or down",
        "machines": "up: how many, 1 or 2 (labs with two hosts need both)",
    },
    positional=["action"],
    auto_shortflags=False,
)
def vagrant(context: Context, action: str, machines: str = "", json: bool = False) -> None:
    """The virtual machines for `--host vagrant`: build their box, make them, say how they are, remove them."""
    with command(json=json) as screen:
        from netproof.cli.vagrant import run

        run(screen, action, machines)


@task(
    help={
        "only": "a folder, file or pytest expression: tests/unit, labs/bridge_nat",
        "unit": "what needs no Docker, and is over in seconds",
        "all": "everything: every fault, case and moment on every engine (told beforehand how long it takes)",
        "third": "a third of what is only in --all, another one with each commit",
        "vagrant": "only what needs virtual machines, which are made and removed (root; minutes to an hour)",
    },
    auto_shortflags=False,
)
def test(
    context: Context,
    only: str = "",
    unit: bool = False,
    all: bool = False,  # noqa: A002 - the flag's name
    third: bool = False,
    vagrant: bool = False,
) -> None:
    """The tests: of the code without Docker, of real labs, and of every claim."""
    with command() as screen:
        from netproof.cli.test import Asked, run

        run(screen, Asked(only, unit, all, third, vagrant))


@task(auto_shortflags=False)
def check(context: Context) -> None:
    """Lint, format, types, tests."""
    with command() as screen:
        from netproof.cli.check import run

        run(screen)


@task(help={**JSON, "rounds": "how often each side is measured"}, auto_shortflags=False)
def bench(context: Context, rounds: str = "5", json: bool = False) -> None:
    """Compare `lab up bridge-nat` with a plain shell script that does the same."""
    with command(json=json) as screen:
        from netproof.cli.bench import run

        run(screen, rounds)


ns: Any = Collection(lab, labs, faults, progress, clean, doctor, images, matrix, handbook, vagrant, test, check, bench)
grammar.check_arguments(ns)
