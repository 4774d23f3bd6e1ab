"""Names of nodes -> where they are, those of namespaces that nobody declared included."""

from __future__ import annotations

import base64
import json
from contextlib import suppress

from netproof.errors import AgentError, UnknownName
from netproof.facts.flat_snapshot import place_name
from netproof.lab.agent_client import Agent
from netproof.lab.running import RunningLab
from netproof.model import Lab

Located = tuple[str, str]
"""(lab host, its agent's name for the namespace)"""


def refuse_unknown(lab: Lab, name: str) -> None:
    """UnknownName for what can be no node, whatever runs: no node of the definition, NAME@HOST or HOST/NAME."""
    beginning, slash, _ = name.partition("/")
    lab.host_of(beginning if slash else name.partition("@")[2] or name)


def locate(running: RunningLab, name: str) -> Located:
    """Where a node is: one of the definition, NAME@HOST, or HOST/NAME for a hidden one, as `status` calls it."""
    if "/" not in name:
        return running.located(name)
    host = running.lab.host_of(name.partition("/")[0]).name
    known = _hidden(running.agent(host), host)
    if name not in known:
        raise UnknownName("hidden namespace", name, known, of=str(running.instance))
    return host, known[name]


def _hidden(agent: Agent, host: str) -> dict[str, str]:
    return {name: place for name, place in _of_host(agent, host) if place.startswith("path:")}


def every(running: RunningLab) -> dict[str, Located]:
    """{name: where it is} of every namespace that is there. An overlay's is HOST/NETWORK, and HOST/FILE."""
    found = {}
    for host in running.hosts:
        for name, place in _of_host(running.agent(host), host):
            declared = name in running.lab.places or place.startswith("path:")
            found[name if declared else f"{name}@{host}"] = host, place
    return found


def _of_host(agent: Agent, host: str) -> list[tuple[str, str]]:
    places = agent.call("places")
    found = [(place_name(host, place), place) for place in places]
    if any(place.startswith("path:") for place in places):
        overlays = _overlays(agent)
        named = [(overlays.get(name.partition("/")[2]), place) for name, place in found]
        found += [(f"{host}/{network}", place) for network, place in named if network]
    return found


def _overlays(agent: Agent) -> dict[str, str]:
    """{how the engine calls an overlay's namespace file: the overlay's name, of its load balancer lb-NAME}.

    Empty when it does not answer.
    """
    with suppress(AgentError, ValueError, KeyError, TypeError):
        answer = agent.call("http", method="GET", path="/networks", headers={}, body=None)
        found = json.loads(base64.b64decode(answer["body"]))
        overlays = {item["Id"]: item["Name"] for item in found if item["Driver"] == "overlay"}
        networks = {f"1-{number[:10]}": name for number, name in overlays.items()}
        return networks | {f"lb_{number[:9]}": f"lb-{name}" for number, name in overlays.items()}
    return {}
