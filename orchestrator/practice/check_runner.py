"""Runs checks on a lab, all at once, through its agents: outside anybody's shell, and without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from attrs import frozen

from netproof.errors import AgentError, HostDied, NetproofError
from netproof.lab import observe
from netproof.lab.observe import Answer
from netproof.lab.observe import Pings as Pinged
from netproof.lab.running import RunningLab
from netproof.model import CANNOT_ASK, GREEN, Answers, Check, Closed, Leaves, Pings, Prints, Resolves
from netproof.wait import throughout

WINDOW = 3.0
_PATIENCE = 4.0  # longer than the three seconds after which ARP gives up, so that it is told apart from silence
_REACHES = 2.0
_CLOSED = 1.2  # longer than the second after which a SYN is repeated
_COMMAND = 20.0
_AT_ONCE = 16
_NOT_RUN = {126, 127}  # what nsenter, too, ends with where a program cannot be run, or its libraries are not there
_NOT_BEGUN = ("nsenter: ", 'exec of "')


@frozen
class Look:
    """What a check brought: `green`, or the way in which it is red; and what was seen, in words."""

    check: Check
    outcome: str
    seen: str

    @property
    def is_green(self) -> bool:
        """Whether it is as it must be."""
        return self.outcome == GREEN

    @property
    def is_untried(self) -> bool:
        """Whether nobody could try it, so that it says nothing of what was to be asked."""
        return self.outcome == CANNOT_ASK


def look(lab: RunningLab, checks: Iterable[Check]) -> list[Look]:
    """Every check once."""
    wanted = list(checks)
    if not wanted:
        return []
    with ThreadPoolExecutor(min(_AT_ONCE, len(wanted))) as pool:
        return list(pool.map(lambda check: _look(lab, check), wanted))


def red(looks: Iterable[Look]) -> dict[str, str]:
    """{check: manner} of those that are red."""
    return {look.check.id: look.outcome for look in looks if not look.is_green}


def stay_green(lab: RunningLab, checks: Iterable[Check], odd: int, window: float = WINDOW) -> list[Look]:
    """Look again and again until all was green for `window` seconds, or something was red once more than `odd` times;
    the last looks.

    An answer may come late once, from a busy machine or a neighbour that is just being resolved, which starts the
    window anew; what is broken is red again.
    """
    wanted = list(checks)
    found: list[Look] = []

    def all_green() -> bool:
        found[:] = look(lab, wanted)
        return not red(found)

    for _ in range(odd + 1):
        if throughout(all_green, window):
            break
    return found


def _look(lab: RunningLab, check: Check) -> Look:
    try:
        outcome, seen = _KINDS[type(check)](lab, check)
    except HostDied:
        raise
    except NetproofError as error:  # a container that is gone, or lacks what it asks with
        outcome, seen = CANNOT_ASK, error.problem
    return Look(check, outcome, seen)


def _answers(lab: RunningLab, check: Answers) -> tuple[str, str]:
    answer = _call(lab, check.at, check.to, check.port, check.proto, _PATIENCE)
    if answer.outcome != "answered":
        return answer.outcome, f"{check.to}:{check.port}: {answer.outcome} {answer.errno}".strip()
    said = answer.said
    seen = f"{said.get('node', 'a stranger')} answers and sees {said.get('caller', 'somebody')} calling"
    if said.get("node") != check.by:
        return "wrong server", seen
    if check.sees and said["caller"] != check.sees:
        return "wrong caller", seen
    return GREEN, seen


def _closed(lab: RunningLab, check: Closed) -> tuple[str, str]:
    if check.proto == "icmp":
        open_ = _ping(lab, check.at, check.to, seconds=_CLOSED).replies > 0
        return ("open", "a ping is answered") if open_ else (GREEN, "no ping is answered")
    answer = _call(lab, check.at, check.to, check.port, check.proto, _CLOSED)
    return ("open" if answer.outcome == "answered" else GREEN), f"{check.to}:{check.port}: {answer.outcome}"


def _call(lab: RunningLab, at: str, to: str, port: int, proto: str, seconds: float) -> Answer:  # noqa: PLR0913, PLR0917 - who calls whom, and how
    if proto == "udp":
        return observe.ask(lab, at, to, port, seconds)
    return observe.dial(lab, at, to, port, seconds, answer=seconds)


def _ping(lab: RunningLab, at: str, to: str, **how: Any) -> Pinged:
    pings = observe.ping(lab, at, to, **how)
    _must_have_run(at, "ping", pings.rc, pings.text)
    return pings


def _must_have_run(at: str, tool: str, rc: int, said: str) -> None:
    """A tool that is not there has asked nobody."""
    if rc in _NOT_RUN or said.startswith(_NOT_BEGUN):
        raise AgentError(f"{at} cannot run {tool}: {said.strip() or f'exit code {rc}'}.", "Bring it back.")


def _pings(lab: RunningLab, check: Pings) -> tuple[str, str]:
    pings = _ping(lab, check.at, check.to, size=check.size, df=check.df, seconds=_PATIENCE)
    lines = [line for line in pings.text.splitlines() if line.strip()]
    if pings.replies:
        return GREEN, lines[1] if len(lines) > 1 else "answered"
    text = pings.text.lower()
    if "too long" in text or "frag needed" in text:
        return "too big", lines[-1]
    return ("unreachable", lines[-1]) if "unreachable" in text else ("no reply", lines[-1] if lines else "no reply")


def _leaves(lab: RunningLab, check: Leaves) -> tuple[str, str]:
    own = {item.address.partition("/")[0] for item in observe.namespace(lab, check.at).addresses}
    with ExitStack() as stack:
        try:
            wire = stack.enter_context(observe.capture(lab, check.where, check.interface))
        except AgentError:
            if any(link.name == check.interface for link in observe.namespace(lab, check.where).links):
                raise
            return "not seen", f"{check.where} has no interface {check.interface}"
        _call(lab, check.at, check.to, check.port, "tcp", _CLOSED)
        found = wire.wait_for(lambda packet: (packet.dst, packet.dport) == (check.to, check.port), _REACHES)
    sources = sorted({packet.src for packet in found})
    if not sources:
        return "not seen", f"nothing for {check.to}:{check.port} passes {check.interface} of {check.where}"
    seen = f"{check.interface} of {check.where} shows it from {', '.join(sources)}"
    if sources == [check.source]:
        return GREEN, seen
    return ("own source" if set(sources) <= own else "other source"), seen


def _resolves(lab: RunningLab, check: Resolves) -> tuple[str, str]:
    query = ["env", "RES_OPTIONS=timeout:1 attempts:1", "getent", "ahostsv4", check.name]
    result = lab.run(check.at, query, limit=_COMMAND)
    _must_have_run(check.at, "getent", result.rc, result.stderr)
    found = sorted({line.split()[0] for line in result.stdout.splitlines() if "STREAM" in line})
    seen = f"{check.name}: {', '.join(found) or 'no address'}"
    if not found:
        return "no address", seen
    return (GREEN if found == sorted(check.to) else "wrong address"), seen


def _prints(lab: RunningLab, check: Prints) -> tuple[str, str]:
    result = lab.run(check.at, check.run, limit=_COMMAND)
    if result.stderr.startswith(_NOT_BEGUN) and not result.stdout:  # else the command itself ended like that
        _must_have_run(check.at, "a shell", result.rc, result.stderr)
    printed = (result.stdout.strip() or result.stderr.strip()) if result.rc else result.stdout.strip()
    is_right = not result.rc and printed == check.wants
    return (GREEN if is_right else "otherwise"), printed or f"nothing, exit code {result.rc}"


_KINDS: dict[type[Check], Callable[[RunningLab, object], tuple[str, str]]] = {
    Answers: _answers,  # type: ignore[dict-item]  # each is given checks of its own kind only
    Closed: _closed,  # type: ignore[dict-item]  # as above
    Pings: _pings,  # type: ignore[dict-item]  # as above
    Resolves: _resolves,  # type: ignore[dict-item]  # as above
    Leaves: _leaves,  # type: ignore[dict-item]  # as above
    Prints: _prints,  # type: ignore[dict-item]  # as above
}
