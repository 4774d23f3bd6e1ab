"""What an exam is about is not to be read in its file; the grader, which knows what there is, reads it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof import catalog
from netproof.errors import UsageError
from netproof.practice import attempt as attempts
from netproof.practice.attempt import Attempt
from netproof.practice.exam_seal import seal, unseal
from netproof.state.instance import Instance
from tests.unit.practices import attempt

INSTANCE = Instance("bridge-nat", "exam")
LINE = ("host", "rules", "iptables-nft nat POSTROUTING", "- -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE")


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.text(), st.lists(st.text(), max_size=3))
def test_what_is_sealed_opens_to_who_knows_the_answer(document: dict[str, Any], answer: str, others: list[str]) -> None:
    """Whatever else is tried before; and to nobody else."""
    wrong = [other for other in others if other != answer]
    sealed = seal(document, answer)
    assert unseal(sealed, [*wrong, answer]) == document
    assert unseal(sealed, wrong) is None


def test_two_seals_of_the_same_differ() -> None:
    """They cannot be compared with those of another attempt."""
    assert seal({"faults": ["cut"]}, "cut") != seal({"faults": ["cut"]}, "cut")


@given(st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_what_is_damaged_does_not_open(text: str) -> None:
    """It never raises."""
    assert unseal(text, ["cut", ""]) is None


def sat(*faults: str, **changes: Any) -> Attempt:
    """An exam that runs, written down."""
    made = attempt(
        *faults, **{"lab": "bridge-nat", "exam": True, "status": attempts.RUNNING, "injected": [LINE], **changes}
    )
    made.red = {"outside": "timeout"}
    made.write(INSTANCE)
    return made


@pytest.mark.parametrize(
    ("faults", "decoy"),
    [
        (["masquerade-deleted"], False),
        (["client-renumbered", "mtu-lowered"], False),
        (["private-address-unreachable"], True),
    ],
)
def test_an_exam_is_read_as_it_was_written(state_dir: Path, faults: list[str], *, decoy: bool) -> None:
    """Nothing in its file names a fault, says whether there is one, what it changed, or which seed chose it."""
    made = sat(*faults, decoy=decoy, seed=424_242)
    assert attempts.read(INSTANCE) == made
    text = (state_dir / "instances" / INSTANCE.slug / attempts.FILE).read_text()
    INSTANCE.write(attempts.FILE, {**INSTANCE.read(attempts.FILE), "exam": False})
    assert attempts.read(INSTANCE) == made, "what is sealed is an exam's"
    for secret in (*faults, "MASQUERADE", "decoy", "424242", "outside", "timeout"):
        assert secret not in text


def test_every_answer_of_every_lab_opens_its_exam(state_dir: Path) -> None:
    """Faults with their variants, decoys, and pairs."""
    del state_dir
    for lab in catalog.names():
        practice = catalog.practice(lab)
        wanted = [[fault.name] for fault in practice.faults] + [sorted(pair) for pair in practice.together]
        for faults in [*wanted, *([decoy.id] for decoy in practice.decoys)]:
            made = attempt(*faults, lab=lab, exam=True)
            made.write(Instance(lab))
            assert attempts.read(Instance(lab)) == made


def test_an_exam_refuses_what_gives_it_away(state_dir: Path) -> None:
    """And says how it ends; an attempt that is no exam refuses nothing."""
    del state_dir
    sat("masquerade-deleted")
    with pytest.raises(UsageError, match="lab hint") as caught:
        attempts.refuse_in_exam(INSTANCE, "lab hint")
    assert "invoke lab reset bridge-nat --as exam" in caught.value.remedy
    sat("masquerade-deleted", exam=False)
    attempts.refuse_in_exam(INSTANCE, "lab hint")


def test_an_exam_whose_seal_is_damaged_is_none(state_dir: Path) -> None:
    """As any attempt whose file is."""
    del state_dir
    sat("masquerade-deleted")
    raw = INSTANCE.read(attempts.FILE)
    INSTANCE.write(attempts.FILE, {**raw, "sealed": raw["sealed"][:-8]})
    assert attempts.read(INSTANCE) is None
