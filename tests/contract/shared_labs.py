"""Labs on an engine with a flavour of iptables, kept from one test to the next that wants the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any, TypeVar

import docker
import pytest
from _pytest.mark import ParameterSet

from netproof import images
from netproof.fixtures.labs import built
from netproof.lab.running import RunningLab

Test = TypeVar("Test", bound=Callable[..., Any])
# Tests that one process runs on one lab: enough to be worth building it, few enough to share the work out.
BATCH = 10


class Cells:
    """Labs by engine, flavour and name, one at a time."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        self._stack = ExitStack()
        self._kept: dict[tuple[str, str, str], RunningLab] = {}

    def __call__(self, engine: str, firewall: str, name: str) -> RunningLab:
        """This lab on this engine, kept until another is asked for."""
        key = engine, firewall, name
        if key not in self._kept:
            self.drop()
            images.ensure(self._client, engine, print)
            self._kept[key] = self._stack.enter_context(built(engine, firewall)).get(name)
        return self._kept[key]

    def drop(self) -> None:
        """Remove what is kept: what comes next is to find a lab that is whole."""
        self._kept.clear()
        self._stack.close()


def in_cell(cell: tuple[str, str, str], *values: object, number: int = 0, what: str = "", rest: bool) -> ParameterSet:
    """Parameters of the test of this number on a lab; it shares it with some others (fixtures/xdist_groups.py).

    `cell` is engine, flavour of iptables, and lab. What is `rest` is not of the first tier (fixtures/tiers.py), and
    shares no lab with what is.
    """
    marks = [pytest.mark.rest] if rest else []
    batch = f"{'rest' if rest else ''}{number // BATCH}"
    return pytest.param(cell, *values, id=f"{'-'.join(cell)}.{batch}:{what}", marks=marks)


def in_tiers(names: tuple[str, ...], params: Iterable[ParameterSet]) -> Callable[[Test], Test]:
    """A test's parameters, of which only those of the tier that runs are made: they are thousands (conftest.py)."""

    def note(test: Test) -> Test:
        test.in_tiers = names, list(params)  # type: ignore[attr-defined]  # found again by pytest_generate_tests
        return test

    return note


def of_tier(params: list[ParameterSet], tier: str) -> list[ParameterSet]:
    """Those that a tier has; or one that it leaves out, where it has none: pytest skips a test without any."""
    late = {_key(one) for one in params if one.marks}
    if tier == "all":  # what the rest has again, and more thoroughly, is not done twice
        return [one for one in params if one.marks or _key(one) not in late]
    return [one for one in params if bool(one.marks) is (tier == "rest")] or params[:1]


def _key(one: ParameterSet) -> tuple[object, str]:
    """What a test is about: its lab, and what stands behind the batch in its id."""
    return one.values[0], str(one.id).partition(":")[2]


def missing(lab: RunningLab, needs: tuple[str, ...]) -> str:
    """Why this kernel cannot do what is needed; "" when it can."""
    features = lab.features(lab.lab.hosts[0].name)
    return "; ".join(f"no {name}: {features[name]['why']}" for name in needs if not features[name]["works"])
