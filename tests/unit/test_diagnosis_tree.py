"""The tree tells faults apart by what they turn red: checks first, claims where checks do not help."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof.model import Fault, Practice, alternatives
from netproof.practice.diagnosis_tree import Node, classes, grow, signatures
from tests.unit.practices import fault, practice


def shown(name: str, claims: dict[str, str] | None = None, **shows: str) -> Fault:
    """A fault with this signature."""
    return fault(name, shows=shows, reddens=claims or {})


def tree(*faults: Fault, engine: str = "26.1") -> Node:
    """The tree of these faults."""
    return grow(practice(*faults), engine, "nft")


def leaves(node: Node) -> Iterator[Node]:
    """The ends of a tree."""
    if not node.results:
        yield node
    for rest in node.results.values():
        yield from leaves(rest)


def test_without_faults_there_is_nothing_to_ask() -> None:
    """An empty tree has no depth."""
    root = tree()
    assert (root.faults, root.run, root.depth, root.undecided) == ([], "", 0, [])


def test_one_fault_needs_no_check() -> None:
    """It can be no other."""
    root = tree(shown("cut", web="timeout"))
    assert (root.faults, root.run, root.depth, root.undecided) == (["cut"], "", 0, [])


def test_the_check_that_leaves_the_least_is_run_first() -> None:
    """One that has a result for each fault beats one that is red for one of them."""
    root = tree(
        shown("a", gateway="no reply", web="timeout"), shown("b", web="refused"), shown("c", web="reset", inward="open")
    )
    assert (root.run, root.kind, root.depth) == ("web", "check", 1)
    assert {result: node.faults for result, node in root.results.items()} == {
        "timeout": ["a"],
        "refused": ["b"],
        "reset": ["c"],
    }


def test_a_check_that_is_green_tells_something_too() -> None:
    """What a fault does not turn red is green."""
    root = tree(shown("a", web="timeout"), shown("b", web="timeout", gateway="no reply"))
    assert (root.run, root.results["green"].faults, root.results["no reply"].faults) == ("gateway", ["a"], ["b"])


def test_steps_follow_each_other_where_one_check_is_not_enough() -> None:
    """The depth is that of the longest way."""
    root = tree(
        shown("a", web="timeout"),
        shown("b", gateway="no reply"),
        shown("c", web="timeout", gateway="no reply"),
        shown("d", inward="open"),
    )
    assert root.depth == 2
    assert sorted(node.faults for node in leaves(root)) == [["a"], ["b"], ["c"], ["d"]]
    assert root.undecided == []


def test_what_no_check_and_no_claim_tells_apart_is_undecided() -> None:
    """It ends in one leaf, whatever else can be told."""
    root = tree(shown("a", web="timeout"), shown("b", web="timeout"), shown("c", web="refused"))
    assert root.undecided == [["a", "b"]]
    assert root.depth == 1


def test_variants_are_told_apart_like_faults() -> None:
    """They are in different places."""
    root = tree(shown("cut[a]", web="timeout"), shown("cut[b]", gateway="no reply"))
    assert sorted(node.faults for node in leaves(root)) == [["cut[a]"], ["cut[b]"]]


# Claims


def test_claims_are_run_only_where_checks_do_not_help() -> None:
    """Even when a claim would tell more at once."""
    root = tree(
        shown("a", {"q2.1": "timeout"}, web="timeout"),
        shown("b", {"q2.1": "differs"}, web="timeout"),
        shown("c", {"q2.1": "refused"}, web="refused"),
    )
    assert (root.run, root.kind) == ("web", "check")
    rest = root.results["timeout"]
    assert (rest.run, rest.kind, sorted(rest.results)) == ("q2.1", "claim", ["differs", "timeout"])
    assert root.results["refused"].run == ""


# Alternatives


def test_a_fault_of_two_manners_is_in_both_branches() -> None:
    """Either may be what one sees."""
    root = tree(shown("a", web="timeout or refused"), shown("b", web="timeout"), shown("c", web="refused"))
    assert root.run == "web"
    assert {result: node.faults for result, node in root.results.items()} == {
        "timeout": ["a", "b"],
        "refused": ["a", "c"],
    }
    assert sorted(root.undecided) == [["a", "b"], ["a", "c"]]


def test_a_check_that_may_leave_everything_is_not_run() -> None:
    """It would lead nowhere, again and again."""
    root = tree(shown("a", web="timeout or refused"), shown("b", web="timeout"))
    assert (root.run, root.undecided) == ("", [["a", "b"]])


def test_faults_that_are_undecided_in_two_branches_are_told_once() -> None:
    """One set is one set."""
    root = tree(shown("a", web="timeout or refused"), shown("b", web="timeout or refused"), shown("c", web="reset"))
    assert set(root.results) == {"timeout", "refused", "reset"}
    assert root.undecided == [["a", "b"]]


# Which faults


def test_only_faults_that_can_be_practised_on_are_in_the_tree() -> None:
    """For this engine and firewall, and noticed by a check there."""
    made = practice(
        shown("a", web="timeout"),
        fault("invisible", shows={}, reddens={"q2.1": "timeout"}),
        fault("newer", engines="28.5"),
        fault("legacy", firewalls="legacy"),
        fault("by-engine", shows={"web": {"28.5": "reset"}}, reddens={"q2.1": {"28.5": "differs"}, "q2.2": "timeout"}),
    )
    assert set(signatures(made, "26.1", "nft")) == {"a"}
    assert signatures(made, "28.5", "nft")["by-engine"] == {"web": "reset", "q2.1": "differs", "q2.2": "timeout"}
    assert set(signatures(made, "20.10", "legacy")) == {"a", "legacy"}


def test_classes_are_faults_of_one_signature() -> None:
    """The order of a signature does not matter, each manner does."""
    known = {
        "b": {"web": "timeout", "q2.1": "differs"},
        "a": {"q2.1": "differs", "web": "timeout"},
        "c": {"web": "timeout", "q2.1": "timeout"},
        "d": {"web": "timeout"},
    }
    assert sorted(classes(known)) == [["a", "b"], ["c"], ["d"]]
    assert classes({}) == []


# Any faults

_manner = st.sampled_from(["timeout", "refused", "timeout or refused", "reset"])
_faults = st.lists(
    st.tuples(
        st.dictionaries(st.just("web"), _manner),
        st.dictionaries(st.just("gateway"), st.sampled_from(["no reply", "too big", "no reply or too big"])),
        st.dictionaries(st.sampled_from(["q2.1", "q2.2"]), _manner, max_size=2),
    ),
    max_size=8,
)


def _practice(given_: list[tuple[dict[str, str], dict[str, str], dict[str, str]]]) -> Practice:
    return practice(
        *(
            fault(f"f{number}", shows={"inward": "open", **web, **gateway}, reddens=claims)
            for number, (web, gateway, claims) in enumerate(given_)
        )
    )


@given(_faults)
def test_whatever_one_sees_the_fault_is_among_what_is_left(
    given_: list[tuple[dict[str, str], dict[str, str], dict[str, str]]],
) -> None:
    """Each fault is found by way of each of its manners, and equal ones end together."""
    made = _practice(given_)
    known = signatures(made, "26.1", "nft")

    def follow(node: Node, name: str) -> None:
        assert name in node.faults
        if node.run:
            for result in alternatives(known[name].get(node.run, "green")):
                assert len(node.results[result].faults) < len(node.faults)
                follow(node.results[result], name)

    root = grow(made, "26.1", "nft")
    for name in known:
        follow(root, name)
    for alike in classes(known):
        assert all(set(alike) <= set(leaf.faults) for leaf in leaves(root) if set(alike) & set(leaf.faults))


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_a_tree_is_no_deeper_than_it_must_be(count: int) -> None:
    """Different results of one check take one step."""
    manners = ["timeout", "refused", "unreachable", "reset", "forbidden", "failed", "wrong server", "wrong caller"]
    root = tree(*(shown(f"f{number}", web=manners[number]) for number in range(count)))
    assert (root.depth, len(root.results)) == (1, count)
