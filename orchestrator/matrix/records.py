"""What is known of one cell of the matrix: a lab on one engine with one flavour of iptables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import field, frozen

from netproof.model import VERDICTS

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@frozen(order=True)
class Column:
    """An engine, by the short name of its recipe, and a flavour of iptables."""

    engine: str
    firewall: str

    def __str__(self) -> str:
        return f"{self.engine} {self.firewall}"


@frozen(order=True)
class Key:
    """Which cell: a lab in a column."""

    lab: str
    column: Column

    def __str__(self) -> str:
        return f"{self.lab} {self.column}"


@frozen
class Inputs:
    """What a cell's verdicts depend on: while it is the same, the cell need not be run again.

    `image` is the id of the lab host image, `kernel` the release, `lab` a digest of the lab's folder.
    """

    image: str
    kernel: str
    lab: str


@frozen
class Claim:
    """A claim as it came out in one cell; `evidence` is (title, text) pieces."""

    id: str
    says: str
    behaviour: str
    verdict: str
    outcome: str
    source: str = ""
    failure: str = ""
    seconds: float = 0.0
    evidence: tuple[tuple[str, str], ...] = ()

    @property
    def word(self) -> str:
        """The verdict of a claim that holds, else what happened to it."""
        return self.verdict if self.outcome == PASSED else self.outcome

    def told(self, lines: int = 3) -> list[str]:
        """What the engine did: why the claim failed or was skipped, else the last lines of its evidence."""
        if self.outcome != PASSED:
            return self.failure.splitlines()
        found = [f"{title}: {line}" for title, text in self.evidence for line in text.splitlines()]
        return found[-lines:]


@frozen
class Walk:
    """A packet's way as it was walked in a cell: what it is, its hops as data, and both drawn as SVG."""

    title: str
    svg: str = ""
    json: dict[str, Any] = field(factory=dict)


@frozen
class Times:
    """Where a cell's time went, in seconds."""

    up: float = 0.0
    test: float = 0.0
    down: float = 0.0


@frozen
class Cell:
    """One cell. `version` is the engine's exact one; `when` is UTC; `error` says why it could not be built.

    `picture` is the lab as it ran, as SVG; `unrecorded` says why it or `walks` could not be had. All three are empty in
    files of before they were recorded.
    """

    key: Key
    inputs: Inputs
    version: str = ""
    when: str = ""
    seconds: float = 0.0
    times: Times = Times()
    claims: tuple[Claim, ...] = ()
    unchecked: dict[str, str] = field(factory=dict)
    error: str = ""
    picture: str = ""
    walks: tuple[Walk, ...] = ()
    unrecorded: dict[str, str] = field(factory=dict)

    @property
    def complete(self) -> bool:
        """Whether its claims were run to the end."""
        return bool(self.claims) and not self.error

    @property
    def failed(self) -> bool:
        """Whether a claim failed or the cell could not be built."""
        return bool(self.error) or any(claim.outcome == FAILED for claim in self.claims)

    def named(self) -> dict[str, Claim]:
        """Its claims by id; a second one of the same id gets a number."""
        seen: Counter[str] = Counter()
        found = {}
        for claim in self.claims:
            seen[claim.id] += 1
            again = seen[claim.id] > 1
            found[f"{claim.id} ({seen[claim.id]})" if again else claim.id] = claim
        return found

    @property
    def summary(self) -> str:
        """Its claims counted by verdict, or its error."""
        return self.error.splitlines()[0] if self.error else summary(self.claims)


def summary(claims: Iterable[Claim]) -> str:
    """Claims counted: "10 claims: 5 proven, 2 refuted"; what needs a look comes last."""
    counted = Counter(claim.word for claim in claims)
    words = [f"{counted[word]} {word}" for word in _in_order(counted)]
    return f"{counted.total()} claims: {', '.join(words)}"


def _in_order(words: Iterable[str]) -> Iterator[str]:
    last = (SKIPPED, FAILED)
    yield from (word for word in VERDICTS if word in words)
    yield from (word for word in words if word not in (*VERDICTS, *last))
    yield from (word for word in last if word in words)


def claim_from(result: dict[str, Any]) -> Claim:
    """A claim from the document of a run."""
    return Claim(
        id=result["id"],
        says=result["says"],
        behaviour=result["behaviour"],
        verdict=result["verdict"],
        outcome=result["outcome"],
        source=result.get("source") or "",
        failure=result["failure"],
        seconds=result["seconds"],
        evidence=tuple((title, text) for title, text in result["evidence"]),
    )
