"""`invoke clean`."""

from __future__ import annotations

from typing import Any

import attrs

from netproof.build.remove import Removed, forget_files
from netproof.build.remove import clean as remove_all
from netproof.cli.common import tell_of_env
from netproof.cli.lab.down import end_attempt
from netproof.cli.screen import Screen
from netproof.engine import location, placement
from netproof.engine.location import Where
from netproof.errors import EngineError, NetproofError
from netproof.hosts.backend_choice import hosts
from netproof.state.instance import Instance, remembered


def run(screen: Screen, host: str, *, keep_images: bool) -> None:
    """Remove everything that carries our labels, wherever we have been or on one host alone, and our files about it."""
    tell_of_env(screen)
    places = [Where.parse(host)] if host else list(dict.fromkeys([location.current(), *placement.elsewhere()]))
    found: dict[str, Any] = {}
    problems = []
    for place in places:
        try:
            removed = _clean(place, keep_images=keep_images)
        except NetproofError as error:
            if len(places) == 1:
                raise
            problems.append(error.problem)
            continue
        _tell(screen, place, removed)
        found[str(place)] = attrs.asdict(removed)
    _end(screen, found, problems, everywhere=not host)


def _clean(place: Where, *, keep_images: bool) -> Removed:
    with location.at(place):
        here = hosts()
        about = [instance for instance in remembered() if _is_at(instance, place)]
        for instance in about:
            end_attempt(instance)
        removed = remove_all(here, keep_images=keep_images)
    forget_files(about)
    placement.forget(place)
    return removed


def _is_at(instance: Instance, place: Where) -> bool:
    return (placement.place_of(instance) or place) == place


def _tell(screen: Screen, place: Where, removed: Removed) -> None:
    for item in removed.hosts:
        screen.line(f"  removed lab host {item}{place.on}")
    for item in removed.other:
        screen.line(f"  removed {item}{place.on}")
    for item in removed.kept:
        screen.line(f"  kept {item}{place.on}")


def _end(screen: Screen, found: dict[str, Any], problems: list[str], *, everywhere: bool) -> None:
    if problems:
        raise EngineError(
            "Something may be left: " + " ".join(problems), "`invoke clean` removes it once that can be reached again."
        )
    kept = any(removed["kept"] for removed in found.values())
    count = sum(len(removed["hosts"]) + len(removed["other"]) for removed in found.values())
    rest = "" if everywhere else " there"
    screen.line(
        f"Everything else of netproof is gone{rest}."
        if kept
        else f"Nothing of netproof is left{rest}."
        if count
        else "There was nothing to remove."
    )
    first, *others = found.values()
    screen.document({"removed": first} if not others else {"removed": found})
