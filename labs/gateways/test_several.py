"""What becomes of ports and interface names of a container that is on several networks."""

from __future__ import annotations

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.gateways.test_claims import HOST, OUTSIDER, default_gateways
from netproof.wait import until

ALPHA, BETA = "10.2.3.9", "10.2.4.9"
NAMED_BY_NETWORK = {"20.10": "proven", "26.1": "proven", "28.5": "refuted"}
RESTARTS = 5


@pytest.mark.claim(
    "b199",
    says="of several networks, a container's published ports belong to the one that provides its default gateway",
    verdict="proven",
    source="https://github.com/moby/moby/issues/21741",
)
def test_published_ports_move_with_the_default_gateway(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The engine translates a published port to the container's address in the network of its default gateway, and to
    another when the gateway moves; without any network the port is closed.
    """
    change.container("host", "kiosk", f"--network beta --ip {BETA} -p 8085:80", "serve kiosk http:80:0.0.0.0")
    seen = {"on beta": _published(lab)}
    for command in (f"connect --ip {ALPHA} alpha", "disconnect alpha", "disconnect beta"):
        done = lab.run("host", f"docker network {command} kiosk")
        assert done.rc == 0, f"docker network {command}: {done.stderr}"
        seen[f"then {command.split(maxsplit=1)[0]}ed: {command.split()[-1]}"] = _published(lab)
    for title, found in seen.items():
        evidence(f"{title}: default gateway, DNAT, the address that was called", found)
    assert list(seen.values()) == [
        ("10.2.4.1", [f"{BETA}:80"], BETA),
        ("10.2.3.1", [f"{ALPHA}:80"], ALPHA),
        ("10.2.4.1", [f"{BETA}:80"], BETA),
        ("", [], "refused"),
    ]


def _published(lab: RunningLab) -> tuple[str, list[str], str]:
    """The kiosk's default gateway, where its port is translated to, and its address that the outsider reaches."""
    rules = [rule.rule for rule in observe.table(lab, "host", "nat").rules if "--dport 8085 " in rule.rule]
    # The server may only just have started.
    answer = until(lambda: _answered(observe.dial(lab, "outsider", HOST, 8085)), 10 if rules else 0)
    reached = answer.said["at"] if answer else observe.dial(lab, "outsider", HOST, 8085).outcome
    gateways = default_gateways(lab, "kiosk@host")
    return ", ".join(gateways), [rule.rpartition(" ")[2] for rule in rules], str(reached)


def _answered(answer: observe.Answer) -> observe.Answer | None:
    return answer if answer.said.get("caller") == OUTSIDER else None


@pytest.mark.claim(
    "b200",
    says="the interfaces eth0, eth1, … of a container are in the alphabetical order of its networks",
    verdict=NAMED_BY_NETWORK,
    source="https://github.com/docker/compose/issues/3502",
    advice=(
        "From 28 on do not count on eth0 being a certain network: find an interface by its address, or name it "
        "with com.docker.network.endpoint.ifname."
    ),
)
def test_who_becomes_eth0(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """A running container's interfaces are numbered as its networks are connected, and anew at each start: 20.10 and
    26.1 go by the networks' names, 28.5 by nothing that would be the same at the next start.
    """
    change.container("host", "nomad", "--network natted")
    for network in ("beta", "alpha"):
        change.run("host", f"docker network connect {network} nomad", "true")
    connected, started = _networks(lab), [_restarted(lab) for _ in range(RESTARTS)]

    def differ() -> bool:
        if len(set(started)) == 1:
            started.append(_restarted(lab))
        return len(set(started)) > 1

    if engine == "28.5":
        until(differ, 60)
    evidence("eth0, eth1, eth2 when natted, beta and alpha were connected one by one", connected)
    evidence("after each start", [" ".join(order) for order in started])
    evidence("default gateway", default_gateways(lab, "nomad@host"))
    assert connected == ("natted", "beta", "alpha"), "the interfaces are not numbered as they came"
    assert default_gateways(lab, "nomad@host") == ["10.2.3.1"], "the gateway is not of the network that sorts first"
    if engine == "28.5":
        assert len(set(started)) > 1, "every start numbers them in the same order"
    else:
        assert set(started) == {("alpha", "beta", "natted")}, "a start does not number them by their networks' names"


def _restarted(lab: RunningLab) -> tuple[str, ...]:
    done = lab.run("host", "docker restart -t 0 nomad", limit=60)
    assert done.rc == 0, f"nomad does not start: {done.stderr}"
    return _networks(lab)


def _networks(lab: RunningLab) -> tuple[str, ...]:
    """The networks of the nomad's eth0, eth1 and eth2."""
    prefixes = {"10.2.1.": "natted", "10.2.3.": "alpha", "10.2.4.": "beta"}
    found = sorted((item.interface, item.address) for item in observe.namespace(lab, "nomad@host").addresses)
    return tuple(prefixes[address[:7]] for name, address in found if name.startswith("eth") and "." in address)
