"""A lab that cannot be built says why before its hosts are gone, and leaves nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import attrs
import pytest

from netproof.build import Builder, Wanted
from netproof.build.remove import down
from netproof.errors import BuildError
from netproof.hosts.backend_choice import hosts
from netproof.lab.running import RunningLab
from netproof.model import Lab, LabHost, Network
from netproof.state.instance import Instance

LAB = Lab(name="failing", shows="What no engine makes.", question="", hosts=[LabHost("host")])


@pytest.fixture
def instance() -> Iterator[Instance]:
    """An instance of a lab that is in no catalogue; gone afterwards."""
    made = Instance(LAB.name, f"pytest-{os.getpid()}")
    try:
        yield made
    finally:
        down(hosts(), made)


def refused(lab: Lab, instance: Instance, engine: str | None = None) -> BuildError:
    """What `up` says; afterwards there is no lab host."""
    with pytest.raises(BuildError) as caught:
        Builder(lab, instance, lambda _: None).up(Wanted(engine, None))
    assert list(hosts().find(instance)) == []
    return caught.value


@pytest.mark.parametrize("engine", ["20.10", "26.1", "28.5"])
def test_a_setting_that_no_engine_has_is_named_with_what_is_near(instance: Instance, engine: str) -> None:
    """The engine itself says which it does not know, and has a flag for each that it does."""
    lab = attrs.evolve(LAB, hosts=[LabHost("host", engine={"bipp": "10.0.0.1/8"})])
    error = refused(lab, instance, engine)
    assert "engine of host = 'bipp'" in error.problem
    assert error.remedy == "Did you mean 'bip'?"


def test_what_an_engine_refuses_comes_with_its_last_words(instance: Instance) -> None:
    """Its log goes with its host."""
    lab = attrs.evolve(LAB, networks=[Network("bad", "host", driver="macvlan", options={"parent": "eth9"})])
    error = refused(lab, instance)
    assert "refused network bad" in error.problem
    assert "The end of the engine's log in host:\n" in error.problem
    assert "exec" not in error.remedy


def test_what_the_kernel_lacks_is_said(instance: Instance) -> None:
    """The doctor knows it as well; the definition is not to blame."""
    Builder(LAB, instance, lambda _: None).up(Wanted(None, None))
    with RunningLab.attach(LAB, instance) as running:
        probed = running.features("host")
    down(hosts(), instance)
    if probed["ipvlan"]["works"]:
        pytest.skip("this kernel has ipvlan")
    lab = attrs.evolve(LAB, networks=[Network("thin", "host", driver="ipvlan", subnet="10.9.0.0/24")])
    error = refused(lab, instance)
    assert "This kernel has no ipvlan, which network thin needs" in error.problem
    assert "`invoke doctor`" in error.remedy
