"""One fault of each layer, for tests that cannot take them all."""

from __future__ import annotations

from netproof import catalog
from netproof.model.faults import LAYERS
from tests.contract.conftest import User, document

FAULTS = {
    "bridge-nat": [
        "masquerade-deleted",
        "bridge-renumbered",
        "forwarding-off",
        "egress-dropped",
        "mtu-lowered",
        "default-route-lost",
        "guessed-name-exists",
    ],
    "addresses": ["stop-forbidden"],
    "bridge-l2": ["wrong-peer"],
    "dns": ["wrong-in-hosts"],
    "macvlan": ["mode-private"],
    "overlay": ["number-differs"],
}


def uncovered() -> set[str]:
    """Layers without a fault above; none is right."""
    there = {catalog.practice(lab).fault(name).layer for lab, names in FAULTS.items() for name in names}
    return set(LAYERS) - there


def practise(user: User, lab: str, host: str) -> None:
    """Build a lab on a host, break it in one way after the other, repair each, and remove it."""
    user.about = lab
    user.must("up", "--host", host)
    for fault in FAULTS[lab]:
        user.must("break", "--fault", fault)
        red = user.lab("check")
        assert red.returncode == 1, f"{fault}: {red.stdout}{red.stderr}"
        found = document(user.must("repair", "--json"))
        assert not {*found["red"], *found["different"]}, f"{fault}: {found}"
        left = user.lab("diff")
        assert left.returncode == 0, f"{fault}: {left.stdout}"
    user.must("down")
