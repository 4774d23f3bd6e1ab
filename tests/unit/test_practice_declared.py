"""What labs declare to practise on is complete, honest and leads somewhere; tickets give nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest

from netproof import catalog, images
from netproof.catalog import claims as declared
from netproof.model import LAYERS, LEVELS, Fault
from netproof.model.typed_steps import typed
from netproof.practice.attempt import DESIGNED

SEEDS = ("bridge-l2", "bridge-nat", "publish", "none", "host", "overlay", "macvlan", "container")
FLAVOURS = ("nft", "legacy")

every_lab = pytest.mark.parametrize("name", catalog.names())


def faults(name: str) -> list[Fault]:
    """The faults of a lab."""
    return list(catalog.practice(name).faults)


def claims(name: str) -> set[str]:
    """The ids of a lab's claims."""
    return {claim.id for claim in declared.claims(name)}


def plain(text: str) -> str:
    """Words, one blank between them."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def given_away(ticket: str, fault: Fault) -> list[str]:
    """What a ticket says that only who knows the fault can know."""
    words = fault.id.split("-")
    secrets = {fault.id, fault.name, " ".join(words), "".join(words), fault.what.rstrip(".")}
    found = plain(ticket)
    return [secret for secret in sorted(secrets) if f" {plain(secret)} " in f" {found} "]


@every_lab
def test_every_lab_has_something_to_practise_on(name: str) -> None:
    """Checks that say what is healthy, and faults that they notice."""
    found = catalog.practice(name)
    assert found.checks
    assert any(fault.is_visible for fault in found.faults)


@every_lab
def test_what_a_fault_says_is_there(name: str) -> None:
    """Ticket, truth, where to look, and a way back for everybody who practises."""
    for fault in faults(name):
        for what in ("ticket", "what", "look", "at"):
            assert getattr(fault, what).strip(), f"{fault.name}: {what}"
        assert all(step.run.strip() for step in (*fault.change.undo, *fault.mending)), fault.name
        assert all(text.strip() for text in fault.tells.values()), fault.name


@every_lab
def test_every_step_is_in_a_place_of_its_lab(name: str) -> None:
    """A lab host, a node, or a container on one of the lab hosts."""
    lab = catalog.load(name)
    for fault in faults(name):
        for step in (*fault.change.inject, *fault.change.took, *fault.change.undo, *fault.repair):
            _, is_extra, host = step.at.partition("@")
            assert host in {each.name for each in lab.hosts} if is_extra else step.at in lab.places, fault.name


@every_lab
def test_where_to_look_begins_with_a_place(name: str) -> None:
    """`host: iptables -S`, or several places: a hint without a place sends nobody anywhere."""
    places = catalog.load(name).places
    found = catalog.practice(name)
    for identity, look in [(item.id, item.look) for item in found.faults] + [
        (item.id, item.look) for item in found.decoys
    ]:
        where, colon, _ = look.partition(":")
        assert colon, f"{identity}: {look}"
        assert set(where.split(", ")) <= set(places), f"{identity}: {look}"
    assert all(decoy.at in places for decoy in found.decoys)


@every_lab
def test_what_turns_red_is_a_claim_of_the_lab(name: str) -> None:
    """On whichever engine."""
    known = claims(name)
    for fault in faults(name):
        assert set(fault.reddens) <= known, fault.name


def _by_engine(fault: Fault) -> Iterator[tuple[str, Mapping[str, str]]]:
    for signature in (fault.shows, fault.reddens):
        yield from ((what, how) for what, how in signature.items() if not isinstance(how, str))


@every_lab
def test_engines_and_firewalls_are_those_there_are(name: str) -> None:
    """What is declared for an engine that does not exist would never be looked at."""
    for fault in faults(name):
        assert set(fault.engines) <= set(images.ENGINES), fault.name
        assert set(fault.firewalls) <= set(FLAVOURS), fault.name
        for what, how in _by_engine(fault):
            meant = set(fault.engines or images.ENGINES)
            assert set(how) <= meant, f"{fault.name}: {what}"
            assert len(set(how.values())) > 1 or set(how) < meant, f"{fault.name}: {what} is the same everywhere"


@every_lab
def test_every_fault_turns_something_red_wherever_it_is_one(name: str) -> None:
    """A change that nothing notices on an engine is no fault there."""
    for fault in faults(name):
        for engine in fault.engines or images.ENGINES:
            assert fault.checks_on(engine) or fault.claims_on(engine), f"{fault.name} on {engine}"


@every_lab
def test_a_third_of_a_labs_faults_at_most_is_invisible(name: str) -> None:
    """What no check notices cannot be practised on."""
    ids = {fault.id for fault in faults(name)}
    visible = {fault.id for fault in faults(name) if fault.is_visible}
    assert len(ids - visible) * 3 <= len(ids), sorted(ids - visible)


@every_lab
def test_decoys_are_proven_by_a_claim(name: str) -> None:
    """That it works as designed is not merely said."""
    for decoy in catalog.practice(name).decoys:
        assert decoy.proof in claims(name), decoy.id
        assert all(text.strip() for text in (decoy.ticket, decoy.why, decoy.at, decoy.look)), decoy.id


@every_lab
def test_no_ticket_gives_the_fault_away(name: str) -> None:
    """Neither by its id nor by the truth about it."""
    for fault in faults(name):
        assert given_away(fault.ticket, fault) == [], f"{fault.name}: {fault.ticket}"


@pytest.mark.parametrize(
    ("ticket", "secret"),
    [
        ("It seems masquerade-deleted.", True),
        ("Is masquerade deleted?", True),
        ("MasqueradeDeleted happened.", True),
        ("We think: the rule is gone, so it fails.", True),
        ("Nobody answers.", False),
        ("Somebody deleted a masquerade.", False),
    ],
)
def test_the_test_of_tickets_notices_what_gives_a_fault_away(ticket: str, *, secret: bool) -> None:
    """The test above can fail."""
    fault = catalog.practice("bridge-nat").fault("masquerade-deleted")
    made = type(fault)(
        id=fault.id,
        layer=fault.layer,
        level=1,
        ticket=ticket,
        what="The rule is gone.",
        at="host",
        look="",
        change=fault.change,
    )
    assert bool(given_away(ticket, made)) is secret


@every_lab
def test_a_ticket_is_a_sentence_or_two(name: str) -> None:
    """It fits on a screen and ends as a sentence does."""
    found = catalog.practice(name)
    for ticket in [fault.ticket for fault in found.faults] + [decoy.ticket for decoy in found.decoys]:
        assert ticket.rstrip("”\"'").endswith((".", "?", "!")), ticket
        assert len(ticket) < 300, ticket


def internals(text: str) -> list[str]:
    """What only netproof itself can know or would type: notes of its own in /run, and commands within commands.

    The engine's namespaces are in /run too; they are no secret.
    """
    return re.findall(r"\$\([^)]*|/run/(?!docker/netns)\S*|/tmp/\S*|/proc/self\S*", text)


@every_lab
def test_texts_hold_what_a_learner_can_know_and_type(name: str) -> None:
    """Tickets, truths, where to look, what tells faults apart, and every step of a repair as hints give it."""
    found = catalog.practice(name)
    for fault in found.faults:
        for text in (fault.ticket, fault.what, fault.look, *fault.tells.values(), *map(typed, fault.mending)):
            assert internals(text) == [], f"{fault.name}: {text}"
        for step in fault.change.inject:
            assert not [text for text in internals(typed(step)) if text[0] == "/"], f"{fault.name}: {typed(step)}"
    for decoy in found.decoys:
        for text in (decoy.ticket, decoy.why, decoy.look):
            assert internals(text) == [], f"{decoy.id}: {text}"


def test_the_test_of_texts_notices_internals() -> None:
    """The test above can fail; where the engine has its namespaces is no internal of ours."""
    assert internals("iptables -I DOCKER $(cat /run/number.tcp) -j X && rm /run/number.tcp")
    assert internals("cat /run/resolv.before >/etc/resolv.conf")
    assert not internals("node1: nsenter --net=/run/docker/netns/1-…, ip -d link show vxlan0")


@every_lab
def test_what_is_not_undone_by_the_learner_is_tidied(name: str) -> None:
    """A note in /run that `inject` leaves for `undo` is removed by `tidy` when somebody else repairs."""
    for fault in faults(name):
        kept = [note for step in fault.change.inject for note in re.findall(r">\s*(/(?:run|tmp)/\S+)", step.run)]
        removed = " ".join(step.run for step in (*fault.change.inject, *fault.change.tidy))
        assert all(re.search(rf"\brm [^;&]*{re.escape(note)}", removed) for note in kept), f"{fault.name}: {kept}"


@every_lab
def test_look_alikes_are_other_faults(name: str) -> None:
    """No fault is told apart from itself."""
    ids = {fault.id for fault in faults(name)}
    for fault in faults(name):
        assert set(fault.tells) <= ids - {fault.id}, fault.name


@every_lab
def test_variants_of_a_fault_are_of_one_kind(name: str) -> None:
    """They share layer and level; a fault either has variants or has none."""
    for identity in {fault.id for fault in faults(name)}:
        variants = [fault for fault in faults(name) if fault.id == identity]
        assert len({(fault.layer, fault.level) for fault in variants}) == 1, identity
        assert all(fault.variant for fault in variants) or len(variants) == 1, identity


@every_lab
def test_names_can_be_typed_and_mean_one_thing(name: str) -> None:
    """`guess` and `break --fault` take an id; nothing is called as the answer to a decoy."""
    found = catalog.practice(name)
    ids = {fault.id for fault in found.faults}
    assert not ids & {decoy.id for decoy in found.decoys}
    assert DESIGNED not in ids


@every_lab
def test_pairs_are_two_visible_faults_on_one_engine(name: str) -> None:
    """Each has a red check that the other has not, wherever both apply."""
    found = catalog.practice(name)
    for pair in found.together:
        one, other = sorted(map(found.fault, pair), key=lambda fault: fault.name)
        assert one.id != other.id
        shared = [engine for engine in images.ENGINES if one.applies(engine, "nft") and other.applies(engine, "nft")]
        assert shared, pair
        for engine in shared:
            mine, yours = set(one.checks_on(engine)), set(other.checks_on(engine))
            assert mine - yours, f"{one.name} hides behind {other.name} on {engine}"
            assert yours - mine, f"{other.name} hides behind {one.name} on {engine}"


# All labs together


def test_there_is_enough_to_practise_on() -> None:
    """Sixty faults, variants not counted; an id may be in several labs."""
    ids = {(name, fault.id) for name in catalog.names() for fault in faults(name)}
    assert len(ids) >= 60


@pytest.mark.parametrize("name", SEEDS)
def test_every_lab_of_the_document_has_five_faults(name: str) -> None:
    """Variants not counted."""
    assert len({fault.id for fault in faults(name)}) >= 5


def test_every_layer_and_level_can_be_practised() -> None:
    """`break --layer` and `--level` have something to offer somewhere."""
    visible = [fault for name in catalog.names() for fault in faults(name) if fault.is_visible]
    assert {fault.layer for fault in visible} == set(LAYERS)
    assert {fault.level for fault in visible} == set(LEVELS)
