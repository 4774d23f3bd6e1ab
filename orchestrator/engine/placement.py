"""Which instance is where, and where else something of ours may be.

An instance's place is noted before anything of it is made, so that what an interrupted run left there is found again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from netproof.engine import location
from netproof.engine.location import Where
from netproof.errors import NetproofError
from netproof.state.instance import Instance, write_atomically
from netproof.state.instance import root as state_root

FILE = "where.json"
_PLACES = "places.json"


def note(instance: Instance) -> None:
    """Remember that an instance is about to be built where this process works."""
    here = location.current()
    instance.write(FILE, {"host": str(here)})
    remember(here)


def place_of(instance: Instance) -> Where | None:
    """Where an instance was built, or None when that is not known."""
    found = instance.read(FILE)
    return _parsed(found.get("host")) if isinstance(found, dict) else None


def remember(place: Where) -> None:
    """Something of ours is going to be there, until `clean` has been there."""
    if not place.is_here and place not in elsewhere():
        _write([*elsewhere(), place])


def forget(place: Where) -> None:
    """Nothing of ours is there any more."""
    _write(other for other in elsewhere() if other != place)


def elsewhere() -> list[Where]:
    """Places other than the usual one where something of ours may be."""
    try:
        texts = json.loads((state_root() / _PLACES).read_text())
    except (OSError, ValueError):
        return []
    return [place for text in texts if (place := _parsed(text)) is not None]


def _write(places: Iterable[Where]) -> None:
    left = [str(place) for place in places]
    if left:
        write_atomically(state_root() / _PLACES, json.dumps(left))
    else:
        (state_root() / _PLACES).unlink(missing_ok=True)


def _parsed(text: object) -> Where | None:
    try:
        return Where.parse(str(text))
    except NetproofError:
        return None
