"""Virtual machines that are lab hosts: whether they answer, what they have, and what their kernel can do."""

from __future__ import annotations

from collections.abc import Iterator

from netproof.doctor import kernel
from netproof.doctor.features import FEATURES
from netproof.doctor.finding import EVERY_LAB, Finding
from netproof.engine import vagrant_machines
from netproof.errors import NetproofError
from netproof.hosts import vagrant
from netproof.hosts.vagrant import Shown
from netproof.images import ENGINES
from netproof.lab.agent_client import COMMAND, Agent
from netproof.state.instance import Instance

AREA = "machines"
_TWO = 2
_LIMIT = 60.0


def answering() -> Iterator[Finding]:
    """Each machine: whether it answers, its engine and kernel, and whose lab host it is."""
    names = vagrant_machines.names()
    if not names:
        yield Finding(AREA, "machines", "missing", "there is none", EVERY_LAB, "`invoke vagrant up` makes one.")
    for name in names:
        try:
            shown = vagrant.show(name)
        except NetproofError as error:
            yield Finding(AREA, name, "missing", error.problem, EVERY_LAB, error.remedy)
        else:
            yield _engine(shown)
            yield _use(shown)
    if len(names) == 1:
        remedy = "`invoke vagrant up --machines 2` makes another one."
        yield Finding(AREA, "second machine", "note", "there is none; labs with two hosts need it", "", remedy)
    yield Finding(
        AREA, "slowness", "note", f"{vagrant_machines.slowness():.1f} times as slow as here; deadlines are as long"
    )


def _engine(shown: Shown) -> Finding:
    what = f"Docker Engine {shown.engine}, kernel {shown.kernel}, cgroups version {shown.cgroups}"
    if not any(shown.engine.startswith(f"{engine}.") for engine in ENGINES):
        remedy = f"Labs are written for {', '.join(ENGINES)}: take a box of Debian 12 or 13."
        return Finding(AREA, shown.machine, "missing", what, EVERY_LAB, remedy)
    if shown.cgroups != _TWO:
        remedy = "Start its kernel with systemd.unified_cgroup_hierarchy=1."
        return Finding(AREA, shown.machine, "missing", what, EVERY_LAB, remedy)
    return Finding(AREA, shown.machine, "ok", what, EVERY_LAB)


def _use(shown: Shown) -> Finding:
    if shown.lab:
        instance = Instance(shown.lab["lab"], shown.lab["instance"])
        return Finding(AREA, "in use", "note", f"{shown.machine} is {shown.lab['host']} of {instance}, {shown.state}")
    if shown.seed != vagrant.tools_digest():
        return Finding(AREA, "tools", "note", f"{shown.machine} gets the tools of lab hosts with the next `lab up`")
    return Finding(AREA, "tools", "ok", f"{shown.machine} has the tools of lab hosts", EVERY_LAB)


def features() -> Iterator[Finding]:
    """Every feature of the first machine's kernel, tried out beside its lab, or why they cannot be."""
    name = vagrant_machines.names()[0]
    if not vagrant.show(name).seed:
        what = f"tried out with the tools of lab hosts, which {name} does not have yet"
        remedy = "`invoke lab up bridge-nat --host vagrant` sends them."
        yield Finding(kernel.AREA, "features", "unknown", what, remedy=remedy)
        return
    agent = Agent(vagrant.probing(name, COMMAND), name)
    try:
        results = agent.call("probe", limit=_LIMIT)["features"]
    finally:
        agent.close()
    for feature in sorted(results, key=[*FEATURES, *results].index):
        yield kernel.feature(feature, results[feature])
