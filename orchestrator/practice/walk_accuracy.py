"""How much of what is broken a walk finds: each fault that drops packets is injected, walked into, and undone.

So is each case that was thought of for walks alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from netproof.errors import BuildError
from netproof.lab.running import RunningLab
from netproof.model import Answers, Change, Fault, Pings, Practice, WalkCase
from netproof.practice.check_runner import look, red
from netproof.practice.injection import apply, takes_effect, undo
from netproof.wait import until
from netproof.walk import Death, walk

# The ways in which a check is red when a packet of its is lost or turned away.
DROPPING = {"timeout", "refused", "unreachable", "reset", "forbidden", "no reply", "failed"}
RIGHT, HONEST, WRONG, ANSWERED, UNMADE = "right", "last seen", "wrong", "answered", "not made"
# What was learned of a path's MTU outlasts a change. Containers' own /proc/sys is read-only, so they are entered.
_FLUSH = "ip route flush cache; ip -6 route flush cache"
_FORGET = f"""conntrack -F; {_FLUSH}
for pid in $(docker ps -q | xargs -r docker inspect -f '{{{{.State.Pid}}}}')
do nsenter -t $pid -n sh -c '{_FLUSH}'; done
for name in $(ip netns list | cut -d' ' -f1); do ip netns exec $name sh -c '{_FLUSH}'; done"""
_SETTLED = 60.0
_LIMIT = 30.0


@frozen
class Asked:
    """An exchange as `walk` takes it, what is done before, and what a walk has to say then.

    `at` is "" where the exchange is answered. `says` are words the verdict must contain, `spares` words it must not;
    `layer` is compared where `strict`.
    """

    name: str
    how: str
    change: Change
    source: str
    target: str
    proto: str
    size: int
    df: bool
    at: str
    layer: str
    strict: bool = False
    says: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()


@frozen
class Found:
    """What a walk said about a fault or a case.

    `verdict` is right (it named the place that is broken, and the cause where that is asked for; or saw no end where
    there is none), last seen (it said how far it could see), wrong (it named another place or cause), answered (the
    exchange was, although it should not have been), or not made (the change was not in effect). `lacks` says what a
    wrong verdict does not say, or should not. `left` is what undo could not do.
    """

    fault: str
    check: str
    at: str
    layer: str
    verdict: str
    death: Death | None
    left: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def basis(self) -> str:
        """How a walk that was right knew: seen, inferred, or "" where there is no verdict."""
        return self.death.basis if self.death is not None else ""


def dropping(practice: Practice, engine: str, firewall: str) -> Iterator[Asked]:
    """Each fault that drops packets, with the first of the checks it turns red that a walk can repeat."""
    for fault in practice.faults:
        if not fault.applies(engine, firewall):
            continue
        for name, how in fault.checks_on(engine).items():
            check = practice.check(name)
            if isinstance(check, Answers | Pings) and set(how.split(" or ")) <= DROPPING:
                yield _of_fault(fault, check)
                break


def _of_fault(fault: Fault, check: Answers | Pings) -> Asked:
    if isinstance(check, Pings):
        target, proto, size, df = check.to, "icmp", check.size, check.df
    else:
        target = f"[{check.to}]:{check.port}" if ":" in check.to else f"{check.to}:{check.port}"
        proto, size, df = check.proto, 0, False
    return Asked(fault.name, check.id, fault.change, check.at, target, proto, size, df, fault.at, fault.layer)


def cases(given: Iterable[WalkCase], lab: RunningLab, engine: str, firewall: str) -> Iterator[Asked]:
    """Each walk case that is one for this engine, this flavour of iptables and this kernel."""
    for one in given:
        if one.applies(engine, firewall) and _can(lab, one):
            yield case(one, engine)


def case(one: WalkCase, engine: str) -> Asked:
    """A walk case as it is asked on an engine."""
    return Asked(
        name=one.id,
        how=f"{one.source} to {one.target}",
        change=one.change,
        source=one.source,
        target=one.target,
        proto=one.proto,
        size=one.size,
        df=one.df,
        at=one.at,
        layer=one.layer,
        strict=True,
        says=one.words_on(engine),
        spares=one.spares,
    )


def _can(lab: RunningLab, case: WalkCase) -> bool:
    features = lab.features(lab.host_of(case.source)) if case.needs else {}
    return all(features.get(name, {}).get("works", False) for name in case.needs)


def walk_faults(lab: RunningLab, chosen: Iterable[Asked], practice: Practice) -> Iterator[Found]:
    """Make each, walk into it, undo it. The lab is as it was afterwards, but for what `left` says."""
    checks = practice.checks if lab.lab.manager is not None else ()
    usual = set(red(look(lab, checks)))  # what this kernel cannot do is red all the time
    for one in chosen:
        left: list[str] = []
        # A swarm takes a node that it did not hear from out of its tables, and puts it back in its own time.
        until(lambda: not checks or set(red(look(lab, checks))) <= usual, _SETTLED)
        death, unmade = None, ""
        try:
            apply(lab, one.change.inject)
            if takes_effect(lab, one.change):
                death = _walk(lab, one)
            else:
                unmade = "it is not in effect"
        except BuildError as error:
            unmade = error.problem
        finally:
            left += undo(lab, one.change)
            _forget(lab)
        if unmade:
            yield Found(one.name, one.how, one.at, one.layer, UNMADE, None, tuple(left), (unmade,))
            continue
        verdict, lacks = verdict_of(one, death)
        yield Found(one.name, one.how, one.at, one.layer, verdict, death, tuple(left), lacks)


def _forget(lab: RunningLab) -> None:
    """What is tracked of an exchange that failed, or was learned from it, would lead a later one astray."""
    for host in lab.hosts:
        lab.run(host, _FORGET, limit=_LIMIT)


def verdict_of(asked: Asked, death: Death | None) -> tuple[str, tuple[str, ...]]:
    """What to think of a verdict, and what is wrong with it."""
    if death is None:
        return (ANSWERED, ()) if asked.at else (RIGHT, ())
    if not asked.at:
        return WRONG, ("the exchange is answered",)
    if not death.certain:
        return HONEST, ()
    lacks = tuple(_lacks(asked, death))
    return (WRONG, lacks) if lacks else (RIGHT, ())


def _lacks(asked: Asked, death: Death) -> Iterator[str]:
    if death.place.partition("/")[0] != asked.at:
        yield f"place {asked.at}"
    if asked.strict and death.layer != asked.layer:
        yield f"layer {asked.layer}, not {death.layer}"
    said = f"{death.why} {death.proof}"
    yield from (f"{word!r} is not in it" for word in asked.says if word not in said)
    yield from (f"{word!r} is in it" for word in asked.spares if word in said)


def _walk(lab: RunningLab, one: Asked) -> Death | None:
    return walk(lab, one.source, one.target, proto=one.proto, size=one.size, df=one.df).death
