"""Flows that are older than the walk: conntrack's entries that it met, and rules of nat that it therefore did not."""

from __future__ import annotations

import re

import cattrs

from netproof.facts.flat_snapshot import place_name
from netproof.facts.model import Flow, Tuple
from netproof.facts.packets import Packet
from netproof.lab.running import RunningLab
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import entry
from netproof.walk.model import Death
from netproof.walk.observations import Tracked

_TO = re.compile(r"-j (?:DNAT --to-destination|REDIRECT --to-ports) (\S+)")


def flows(running: RunningLab, proto: str, port: int) -> list[Tracked]:
    """Entries of conntrack, in every namespace, of flows that begin at this port."""
    found = []
    for host in running.hosts:
        agent = running.agent(host)
        asked = {place: agent.submit("flows", place=place) for place in agent.call("places")}
        for place, answer in asked.items():
            known = [cattrs.structure(one, Flow) for one in answer.result()]
            mine = [one for one in known if (one.original.proto, one.original.sport) == (proto, port)]
            found += [Tracked(place_name(host, place), "older", one) for one in mine]
    return found


def met_an_older_flow(scene: Scene, death: Death) -> Death:
    """A death with the entry that took the packet past a rule of nat, where there is one."""
    there = scene.way("there")
    for segment in there.segments if there is not None else ():
        for one in scene.seen.tracked:
            if one.event == "older" and one.place == segment.place and _begins(one.flow, segment.first):
                found = _past_a_rule(scene, one, death)
                if found is not None:
                    return found
    return death


def _begins(flow: Flow, packet: Packet) -> bool:
    first = flow.original
    return (first.src, first.sport, first.dst, first.dport) == (packet.src, packet.sport, packet.dst, packet.dport)


def _past_a_rule(scene: Scene, one: Tracked, death: Death) -> Death | None:
    """The entry leads elsewhere than the rule that a new flow would meet."""
    first, reply = one.flow.original, one.flow.reply
    rule = _rule(scene, one.place, first)
    there = f"[{reply.src}]:{reply.sport}" if ":" in reply.src else f"{reply.src}:{reply.sport}"
    if rule is None or rule[1].strip("[]") in {there.strip("[]"), reply.src, str(reply.sport)}:
        return None
    same = (reply.src, reply.sport) == (first.dst, first.dport)
    became = "leaves its destination as it is" if same else f"leads it to {there}"
    why = f"An entry of conntrack that is older than the walk {became}: only a flow's first packet meets rules of nat."
    proof = f"conntrack of {one.place}: {entry(one.flow)}; {rule[0]}; then: {death.why}"
    return Death(place=one.place, layer="nat", why=why, proof=proof)


def _rule(scene: Scene, place: str, first: Tuple) -> tuple[str, str] | None:
    """The rule that a new flow to this port would meet, and where it leads."""
    if place not in scene.seen.counted:
        return None
    for flavour, tables in scene.seen.counted[place][1].iptables.items():
        mine = "nat" in tables and flavour.startswith("ip6") == (":" in first.dst)
        for rule in tables["nat"].rules if mine else ():
            leads = _TO.search(rule.rule)
            if leads and f"-p {first.proto} " in rule.rule and f"--dport {first.dport} " in f"{rule.rule} ":
                return f"-A {rule.chain} {rule.rule}", leads[1]
    return None
