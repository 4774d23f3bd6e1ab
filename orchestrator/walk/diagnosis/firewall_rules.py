"""What a firewall's rule did to an exchange: dropped it, or rejected it and answered in the receiver's stead.

A rule that drops is in the trace. One that rejects is not: the answer, the kernel's own word and counters tell of it.
"""

from __future__ import annotations

from netproof.facts.packets import VXLAN_PORT
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import PacketPath, arrived, describe
from netproof.walk.model import INFERRED, SEEN, Death
from netproof.walk.observations import Traversal, risen

_FILTERING = {"input", "forward", "output"}


def dropped(scene: Scene) -> Death | None:
    """A rule or a policy dropped a packet of the exchange."""
    for chain in scene.seen.traversals:
        ours = scene.exchange.has(chain.packet) or any(_is_of(way, chain) for way in scene.ways)
        ours |= chain.packet.dport == VXLAN_PORT  # of those only what carries the exchange is traced
        for step in chain.steps:
            if ours and step.verdict == "drop":
                what = "rejected" if "REJECT" in step.text or "reject" in step.text else "dropped"
                why = f"It was {what} in {step.table} {step.chain} of {chain.place} ({chain.hook})."
                return Death(place=chain.place, layer="filter", why=why, proof=step.text, basis=SEEN)
    return None


def _is_of(way: PacketPath, chain: Traversal) -> bool:
    """Whether a traversal is one of a packet that carries a way's."""
    return any(chain in segment.chains for segment in way.segments)


def reset_by_a_rule(scene: Scene) -> Death | None:
    """A rule answered with a RST in the receiver's stead: such a rule is no part of the trace."""
    there, back = scene.way("there"), scene.way("back")
    if there is None or back is None or arrived(there) or back.segments[0].came or "RST" not in back.packet.flags:
        return None
    place = back.segments[0].place
    if not any(one.place == place and not one.went for one in there.segments):
        return None
    return rejected(scene, place, f"{place} sent: {describe(back.packet)}")


def rejected_with_an_error(scene: Scene, error: PacketPath, maker: str) -> Death | None:
    """A rule rejected it: where the kernel says that netfilter dropped it, or else one such counter rose."""
    told = scene.fate_at(maker)
    rules = risen(scene.seen, maker, "REJECT")
    if told is not None and told.is_told and told.reason != "NETFILTER_DROP":
        return None
    if (told is None or not told.is_told) and not rules:
        return None
    return rejected(scene, maker, f"{maker} sent: {describe(error.packet)}")


def rejected(scene: Scene, maker: str, sent: str) -> Death:
    """A rule of a namespace answered in the receiver's stead: such a rule is no part of the trace."""
    ended = scene.ended_at(maker)
    chains = [chain for chain in (ended.chains if ended is not None else []) if chain.hook in _FILTERING]
    rules = risen(scene.seen, maker, "REJECT")
    last = chains[-1].steps[-1] if chains and chains[-1].steps else None
    table = chains[-1].table if chains else "filter"
    led = last.verdict.partition(" ")[2] if last and last.verdict.split(" ")[0] in {"jump", "goto"} else ""
    chain = led or table
    hook = f" ({chains[-1].hook})" if chains else ""
    basis = INFERRED
    if len(rules) == 1:
        chain, sent, basis = rules[0][0], f"-A {rules[0][0]} {rules[0][1]}, whose counter rose; {sent}", SEEN
    elif native := _native_rejects(scene, maker, table, led):
        sent = f"{native}; {sent}"
    why = f"{maker} rejected it in {chain}{hook}, and answered itself."
    told = scene.fate_at(maker)
    basis = SEEN if told is not None and told.reason == "NETFILTER_DROP" else basis
    return Death(place=maker, layer="filter", why=why, proof=sent, basis=basis)


def _native_rejects(scene: Scene, place: str, table: str, chain: str) -> str:
    """The one rule that rejects in a chain of nftables' own, or in a table where the last chain is not known."""
    found = [
        f"{part}: {line}"
        for part, lines in scene.space(place).netfilter.nft.items()
        for line in lines
        if " reject" in f" {line}" and part.split()[2:3] == [table] and (not chain or part.endswith(f"chain {chain}"))
    ]
    return found[0] if len(found) == 1 else ""
