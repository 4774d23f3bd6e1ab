"""netproof's commands as Invoke's tasks. Wiring only: what each does is in a module of its own."""

from __future__ import annotations

from typing import Any

from invoke import Collection, Context, task

from netproof.cli import grammar, host_option
from netproof.cli.command import command
from netproof.cli.command_table import COMMANDS
from netproof.paths import IS_CLONE


def _help(name: str) -> dict[str, str]:
    """What a command's flags are for."""
    return {flag: about.about for flag, about in COMMANDS[name].flags.items()}


_WORDS = {
    "action": "what to do",
    "name": "the lab",
    "node": "a node, a fault or an interface",
    "target": "who is asked",
}


@task(
    klass=grammar.LabTask,
    positional=["action", "name", "node", "target"],
    help={**_help("lab"), **_WORDS},
    auto_shortflags=False,
)
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
    """One lab: build it, prove it, look into it, break it, repair it, remove it."""
    options = {"engine": engine, "firewall": firewall, "tag": as_, "seed": seed, "fault": fault, "layer": layer}
    options |= {"level": level, "compound": compound, "at": at, "show": "yes" if show else ""}
    options |= {"exam": "yes" if exam else "", "on": on, "filter": filter, "count": count, "seconds": seconds}
    options |= {"format": format, "to": to, "target": target, "proto": proto, "svg": svg}
    options |= {"size": size, "from_port": from_port}
    with command(json=json) as screen, host_option.at_instance(name, as_, host):
        grammar.lab_action(action)(screen, name, node, options)


@task(help=_help("labs"), auto_shortflags=False)
def labs(context: Context, json: bool = False) -> None:
    """The catalogue: each lab, what it shows, its claims, its state."""
    with command(json=json) as screen:
        from netproof.cli.labs import run

        run(screen)


@task(help=_help("faults"), auto_shortflags=False)
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


@task(help=_help("progress"), auto_shortflags=False)
def progress(context: Context, json: bool = False) -> None:
    """What was practised, how it went, and what to repeat when."""
    with command(json=json) as screen:
        from netproof.cli.progress import run

        run(screen)


@task(help=_help("clean"), auto_shortflags=False)
def clean(context: Context, host: str = "", keep_images: bool = False, json: bool = False) -> None:
    """Remove everything of ours, by label, and nothing else."""
    with command(json=json) as screen:
        from netproof.cli.clean import run

        run(screen, host, keep_images=keep_images)


@task(help=_help("doctor"), auto_shortflags=False)
def doctor(context: Context, host: str = "", json: bool = False) -> None:
    """What this machine, or another host, can and cannot do, and what to do about it."""
    with command(json=json) as screen, host_option.at_host(host):
        from netproof.cli.doctor import run

        run(screen)


@task(help=_help("images"), auto_shortflags=False)
def images(context: Context, engine: str = "", host: str = "", refresh: bool = False, json: bool = False) -> None:
    """Build the lab host images, or refresh them."""
    with command(json=json) as screen, host_option.at_host(host):
        from netproof.cli.images import run

        run(screen, engine, refresh=refresh)


@task(help=_help("matrix"), auto_shortflags=False)
def matrix(
    context: Context,
    labs: str = "",
    engines: str = "",
    firewalls: str = "",
    results: str = "",
    against: str = "",
    jobs: str = "",
    junit: str = "",
    markdown: str = "",
    host: str = "",
    fresh: bool = False,
    json: bool = False,
) -> None:
    """Prove labs on several engines and firewalls, and tell what differs."""
    options = {"labs": labs, "engines": engines, "firewalls": firewalls, "results": results}
    options |= {"against": against, "jobs": jobs, "junit": junit, "markdown": markdown}
    with command(json=json) as screen, host_option.at_host(host):
        from netproof.cli.matrix import run

        run(screen, options, fresh=fresh)


@task(help=_help("handbook"), auto_shortflags=False)
def handbook(context: Context, results: str = "", to: str = "", json: bool = False) -> None:
    """A static site of labs, verdicts and evidence, made from a results file of `invoke matrix`."""
    with command(json=json) as screen:
        from netproof.cli.handbook import run

        run(screen, results, to)


@task(positional=["action"], help={**_help("vagrant"), "action": "box, up, status or down"}, auto_shortflags=False)
def vagrant(context: Context, action: str, machines: str = "", json: bool = False) -> None:
    """The virtual machines for `--host vagrant`: build their box, make them, say how they are, remove them."""
    with command(json=json) as screen:
        from netproof.cli.vagrant import run

        run(screen, action, machines)


@task(help=_help("test"), auto_shortflags=False)
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


@task(help=_help("bench"), auto_shortflags=False)
def bench(context: Context, rounds: str = "5", json: bool = False) -> None:
    """Compare `lab up bridge-nat` with a plain shell script that does the same."""
    with command(json=json) as screen:
        from netproof.cli.bench import run

        run(screen, rounds)


@task(name="help", auto_shortflags=False)
def help_(context: Context) -> None:
    """What there is to type; of a command, or of an action, what it takes."""
    # Who types it has been answered: netproof.cli.front.


@task(positional=["shell"], help={"shell": "bash, zsh or fish"}, auto_shortflags=False)
def completion(context: Context, shell: str) -> None:
    """A script for your shell, which completes what you type."""
    with command() as screen:
        from netproof.cli.completion_scripts import run

        run(screen, shell)


_ALL = (labs, lab, matrix, handbook, faults, progress, doctor, images, vagrant, clean, help_, completion)
_OF_A_CLONE = (test, check, bench)
ns: Any = Collection(*_ALL, *(_OF_A_CLONE if IS_CLONE else ()))
