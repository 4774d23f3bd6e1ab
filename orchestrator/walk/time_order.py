"""One order of time for what several machines saw, each by a clock of its own.

A packet arrives after it left: where packets passed between two machines both ways, that tells how far apart their
clocks are, to within the time they take; where they passed one way, it tells at least which is not behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import evolve

from netproof.walk.observations import CapturedFrame, Seen, key_of

_TRAVELS = 1_000  # ns, at least


def in_one_time(seen: Seen, ahead: dict[str, int]) -> None:
    """Give all sightings the time of the first machine; `ahead` is by how many ns each clock seemed ahead of ours.

    Lab hosts that share a machine share its clock and are not in `ahead`.
    """
    if len(ahead) < 2:  # noqa: PLR2004 - nothing to compare
        return

    def host(one: CapturedFrame) -> str:
        return seen.places[one.place][0]

    first, *others = ahead
    shifts = {first: 0, **{other: _shift(seen.sightings, host, first, other, ahead) for other in others}}
    moved = [evolve(one, at=one.at + shifts.get(host(one), 0)) for one in seen.sightings]
    seen.sightings[:] = sorted(moved, key=lambda one: (one.at, one.order))
    for name, events in seen.events.items():
        events[:] = [evolve(one, at=one.at + shifts.get(name, 0)) for one in events]


def _shift(
    sightings: Sequence[CapturedFrame],
    host: Callable[[CapturedFrame], str],
    first: str,
    other: str,
    ahead: dict[str, int],
) -> int:
    """What to add to the times of `other` to get those of `first`."""
    guess = ahead[first] - ahead[other]
    there = _quickest(_between(sightings, host, first, other))
    back = _quickest(_between(sightings, host, other, first))
    if there is not None and back is not None:
        return (back - there) // 2
    if there is not None:
        return max(guess, _TRAVELS - there)
    if back is not None:
        return min(guess, back - _TRAVELS)
    return guess


def _between(
    sightings: Sequence[CapturedFrame], host: Callable[[CapturedFrame], str], source: str, target: str
) -> Iterator[tuple[int, int]]:
    """(when it left, when it arrived) of packets that one machine sent and the other got, each by its own clock.

    Every machine hands packets on between its own interfaces, so that one was sent is not enough: it left for the other
    machine if nothing of it is seen here later, and came from there if nothing of it was seen before. What passed an
    interface twice, as when it was sent again, tells nothing: which one arrived?
    """
    left = _once(one for one in sightings if host(one) == source)
    arrived = _once(one for one in sightings if host(one) == target)
    for same in left.keys() & arrived.keys():
        last = max(one.at for one in left[same])
        first = min(one.at for one in arrived[same])
        went = all(one.how == "out" for one in left[same] if one.at == last)
        came = all(one.how != "out" for one in arrived[same] if one.at == first)
        if went and came:
            yield last, first


def _once(sightings: Iterable[CapturedFrame]) -> dict[object, list[CapturedFrame]]:
    """The sightings of each packet that no interface saw twice."""
    found: dict[object, list[CapturedFrame]] = {}
    for one in sightings:
        found.setdefault(_same(one), []).append(one)
    return {
        same: those
        for same, those in found.items()
        if len({(each.place, each.interface, each.how) for each in those}) == len(those)
    }


def _same(one: CapturedFrame) -> object:
    """What tells a packet on the wire from others, the tunnel that carries it included."""
    inner = one.packet.inner
    return key_of(one.packet), one.packet.src, one.packet.dst, inner is not None and key_of(inner)


def _quickest(pairs: Iterable[tuple[int, int]]) -> int | None:
    return min((arrived - left for left, arrived in pairs), default=None)
