"""A check whose asker cannot ask says so, and nothing about what was to be asked."""

from __future__ import annotations

from typing import Any

import pytest

from netproof.errors import AgentError, HostDied
from netproof.lab.running import Result
from netproof.model import CANNOT_ASK, Answers, Check, Closed, Leaves, Pings, Prints, Resolves
from netproof.practice.check_runner import look, red

GONE = AgentError("In lab host host: container 'client' is not running (state: exited).", "")
CLOSED = Closed("inward", "Nobody comes in.", "client", "10.0.0.2", proto="icmp")
PINGS = Pings("gateway", "The gateway answers.", "client", "10.0.0.1")
RESOLVES = Resolves("name", "It has its address.", "client", "web", ("10.0.0.2",))
PRINTS = Prints("names", "It prints.", "client", "hostname", "client")
CHECKS: tuple[Check, ...] = (
    Answers("web", "The web answers.", "client", "203.0.113.1", 80, by="outsider"),
    Answers("udp", "The web answers.", "client", "203.0.113.1", 53, by="outsider", proto="udp"),
    Closed("tcp", "Nobody comes in.", "client", "10.0.0.2", 80),
    Closed("quiet", "Nobody comes in.", "client", "10.0.0.2", 80, proto="udp"),
    Leaves("left", "It leaves.", "client", "203.0.113.1", 81, "host", "eth0", "203.0.113.2"),
    *(CLOSED, PINGS, RESOLVES, PRINTS),
)
NO_LIBRARY = "ping: error while loading shared libraries: libcap.so.2: cannot open shared object file"


class Asked:
    """Stands in for a running lab in which one command ends as given, and an agent refuses everything."""

    def __init__(self, ended: Result | Exception) -> None:
        self._ended = ended

    def run(self, *_: Any, **__: Any) -> Result:
        """The command ends."""
        if isinstance(self._ended, Exception):
            raise self._ended
        return self._ended

    def at(self, _: str) -> tuple[Any, str]:
        """The agent."""
        return self, "container:client"

    def call(self, *_: Any, **__: Any) -> Any:
        """It refuses."""
        raise self._ended if isinstance(self._ended, Exception) else GONE


def looked(check: Check, ended: Result | Exception) -> tuple[str, str]:
    """(outcome, seen) of a check."""
    lab: Any = Asked(ended)
    (found,) = look(lab, [check])
    return found.outcome, found.seen


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_an_asker_that_is_gone_has_asked_nobody(check: Check) -> None:
    """It is red, and says why: neither open nor closed, nor like anything that an answer, or none, would say."""
    assert looked(check, GONE) == (CANNOT_ASK, GONE.problem)
    assert CANNOT_ASK in check.red
    lab: Any = Asked(GONE)
    assert red(look(lab, [check])) == {check.id: CANNOT_ASK}


@pytest.mark.parametrize("check", [CLOSED, PINGS, RESOLVES], ids=lambda check: check.id)
@pytest.mark.parametrize(
    "ended",
    [
        Result(127, "", "nsenter: failed to execute ping: No such file or directory\n", timed_out=False),
        Result(126, "", "nsenter: failed to execute ping: Permission denied\n", timed_out=False),
        Result(1, "", 'exec of "ping" failed: No such file or directory\n', timed_out=False),
        Result(127, "", NO_LIBRARY, timed_out=False),
    ],
    ids=["missing", "not allowed", "outsider", "broken"],
)
def test_an_asker_without_its_tool_has_asked_nobody(check: Check, ended: Result) -> None:
    """A path that must be closed is not called closed by it."""
    outcome, seen = looked(check, ended)
    assert outcome == CANNOT_ASK
    assert ended.stderr.strip() in seen


@pytest.mark.parametrize(
    ("check", "ended", "outcome"),
    [
        (CLOSED, Result(1, "1 packets transmitted, 0 received", "", timed_out=False), "green"),
        (CLOSED, Result(2, "", "ping: connect: Network is unreachable", timed_out=False), "green"),
        (PINGS, Result(2, "", "ping: connect: Network is unreachable", timed_out=False), "unreachable"),
        (RESOLVES, Result(2, "", "", timed_out=False), "no address"),
        (PRINTS, Result(127, "", "/bin/sh: 1: hostnam: not found\n", timed_out=False), "otherwise"),
        (PRINTS, Result(127, "", "nsenter: failed to execute /bin/sh: No such file\n", timed_out=False), CANNOT_ASK),
    ],
)
def test_a_tool_that_ran_has_asked(check: Check, ended: Result, outcome: str) -> None:
    """Whatever it brought. A command that is itself not there is what a check that prints is about."""
    assert looked(check, ended)[0] == outcome


def test_a_lab_host_that_died_is_another_matter() -> None:
    """It is told instead of any check."""
    with pytest.raises(HostDied):
        looked(PINGS, HostDied("gone", ""))
