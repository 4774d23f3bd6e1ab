"""`invoke faults`."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from netproof import catalog, images
from netproof.cli.common import known
from netproof.cli.lab.reveal import describe
from netproof.cli.screen import Screen
from netproof.errors import NetproofError
from netproof.model import LAYERS, Fault, Practice
from netproof.practice import proofs
from netproof.practice.fault_list import offers
from netproof.program import in_a_clone


def run(screen: Screen, lab: str, layer: str, *, spoil: bool) -> None:
    """The catalogue by lab and layer: without spoilers what can be practised; with them everything."""
    wanted = known("lab", lab, catalog.names())
    known("layer", layer, list(LAYERS))
    document: dict[str, Any] = {}
    counts = [0, 0]
    unread: list[NetproofError] = []
    for name in [wanted] if wanted else catalog.names():
        try:
            practice = catalog.practice(name)
        except NetproofError as error:
            if wanted:
                raise
            unread.append(error)
            continue
        found = [fault for fault in practice.faults if not layer or fault.layer == layer]
        decoys = [decoy for decoy in practice.decoys if not layer or decoy.layer == layer]
        if not found and not decoys:
            continue
        counts[0] += len({fault.id for fault in found})
        counts[1] += len(found)
        screen.line(screen.colour(name, "bold") + _proven(name, practice))
        for each in LAYERS:
            _tell(screen, each, [fault for fault in found if fault.layer == each], spoil=spoil)
        document[name] = [_entry(fault, spoil=spoil) for fault in found]
    screen.line(f"{counts[0]} faults, {counts[1]} with their variants. {_PROOF}")
    screen.next("invoke lab up publish lab break publish", *([] if spoil else ["invoke faults --spoil"]))
    if unread:  # the others have been told
        raise unread[0]
    screen.document({"faults": document})


_PROOF = (
    f"{in_a_clone('`invoke test --all` proves each on every engine it is for. ')}"
    "`invoke faults --prove LAB` proves them here."
)


def _proven(name: str, practice: Practice) -> str:
    """What was proven on this machine."""
    found = proofs.proven(name, practice)
    words = [f"{len(names)} of {len(practice.faults)} on {engine}" for engine, names in found.items()]
    return f"  proven here: {', '.join(words)}" if words else ""


def _tell(screen: Screen, layer: str, found: list[Fault], *, spoil: bool) -> None:
    if not found:
        return
    if spoil:
        for fault in found:
            describe(screen, fault)
            screen.line(f"  proof    checks {_signature(fault.checks_on)}; claims {_signature(fault.claims_on)}")
        return
    for offer in offers(found):
        screen.line(f"  {layer.ljust(10)} {offer.faults} to practise, {offer.levels}: {offer.about}", 13)


def _signature(on: Any) -> str:
    """What turns red, by engine where engines differ."""
    shown = {engine: ", ".join(f"{name} {how}" for name, how in on(engine).items()) for engine in images.ENGINES}
    if len(set(shown.values())) == 1:
        return next(iter(shown.values())) or "none"
    return " | ".join(f"{engine}: {text or 'none'}" for engine, text in shown.items())


def _entry(fault: Fault, *, spoil: bool) -> dict[str, Any]:
    if spoil:
        return asdict(fault)
    engines = list(fault.engines or images.ENGINES)
    return {"layer": fault.layer, "level": fault.level, "visible": fault.is_visible, "engines": engines}
