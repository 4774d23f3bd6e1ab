"""The picture of every lab fits a slide: it has everything, and its text can be read at 1280 pixels."""

from __future__ import annotations

import re

import pytest

from netproof import catalog, graph
from netproof.facts import structure
from netproof.fixtures.labs import built
from netproof.graph import labels
from netproof.graph.scene import arranged
from netproof.images import DEFAULT_ENGINE

pytestmark = pytest.mark.rest

TEXT = 12  # what most of it is set in, of the picture's own units
LEAST = 11.0  # pixels


@pytest.mark.parametrize("name", catalog.names())
def test_a_picture_is_readable_and_whole(name: str) -> None:
    with built(DEFAULT_ENGINE, "nft") as labs:
        made = graph.of(structure(labs[name].snapshot()), name=name)
    drawn = graph.svg(made)
    found = re.search(r'width="(\d+)" height="\d+" viewBox="0 0 (\d+) ', drawn)
    assert found is not None
    assert TEXT * min(1.0, int(found[1]) / int(found[2])) >= LEAST
    missing = [one.name for box in made.boxes for one in box.interfaces if one.name not in drawn]
    assert not missing
    kinds = ("wire", "vxlan", "parent", "forward", "blocked")
    assert sum(drawn.count(f'class="{kind}"') for kind in kinds) == len(made.edges)
    scene = arranged(made)
    crossed = [
        one.label.text
        for one in scene.wires
        if one.label is not None
        and (
            any(labels.crosses(wire.points, one.label.frame) for wire in scene.wires)
            or any(labels.overlap(node.frame, one.label.frame) for node in scene.nodes)
        )
    ]
    assert not crossed, "a line, or a box, is on these labels"
