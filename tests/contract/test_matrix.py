"""`invoke matrix` on real lab hosts: what it keeps, what it does not run again, what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netproof.wait import until
from tests.contract.conftest import Ended, User, document, finish

pytestmark = pytest.mark.rest

MATRIX = ["matrix", "--labs", "bridge-nat", "--engines", "26.1"]
NFT = [*MATRIX, "--firewalls", "nft"]
BOTH = [*MATRIX, "--firewalls", "nft,legacy"]
LIMIT = 120.0


def _kept(user: User) -> list[dict[str, Any]]:
    """The cells in the user's results file; none while there is no file."""
    path = user.files / "matrix.json"
    if not path.exists():
        return []
    cells: list[dict[str, Any]] = json.loads(path.read_text())["cells"]
    return cells


def _lab_hosts(user: User) -> list[str]:
    return [item for item in user.remains() if item.startswith("container")]


def _cell_processes(process: subprocess.Popen[str]) -> list[str]:
    """The processes of a matrix's cells: their instances have its number in their names."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_text().replace("\0", " ")
        except OSError:
            continue
        if f"--as matrix-{process.pid}-" in line:
            found.append(line)
    return found


@pytest.fixture
def started(netproof: User) -> Iterator[subprocess.Popen[str]]:
    """A matrix of two cells, one after the other."""
    process = netproof.start(["-m", "invoke", *BOTH, "--jobs", "1"])
    yield process
    if process.poll() is None:
        process.terminate()
        finish(process)


def _must(user: User, *words: str) -> Ended:
    ended = user(*words)
    assert ended.returncode == 0, f"{words} exited {ended.returncode}:\n{ended.stdout}{ended.stderr}"
    return ended


def test_a_matrix_is_proven_kept_and_compared(netproof: User, tmp_path: Path) -> None:
    """A cell has its claims with evidence; a second run builds nothing; only a changed verdict is a change."""
    first = document(_must(netproof, *NFT, "--json"))
    (cell,) = first["cells"]
    assert (cell["lab"], cell["engine"], cell["firewall"], cell["error"]) == ("bridge-nat", "26.1", "nft", "")
    assert cell["version"].startswith("26.1.")
    assert cell["kernel"] == os.uname().release
    assert {claim["outcome"] for claim in cell["claims"]} == {"passed"}
    assert all(claim["evidence"] for claim in cell["claims"])
    assert _kept(netproof) == [cell]
    assert netproof.remains() == []

    kept = str(netproof.files / "matrix.json")
    again = document(_must(netproof, *NFT, "--json", "--against", kept))
    assert again["not_run_again"] == ["bridge-nat 26.1 nft"]
    assert (again["cells"], again["changes"], again["new"], again["gone"]) == ([cell], [], [], [])

    doctored = tmp_path / "doctored.json"
    raw = json.loads(Path(kept).read_text())
    claim = raw["cells"][0]["claims"][0]
    claim["verdict"], was = "depends", claim["verdict"]
    doctored.write_text(json.dumps(raw))
    ended = netproof(*NFT, "--against", str(doctored))
    assert ended.returncode == 1
    heading, change, *_ = ended.stdout.splitlines()
    assert heading == f"1 change against {doctored}"
    assert change.strip() == f"bridge-nat {claim['id']}, 26.1 nft: depends → {was}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_matrix_keeps_what_was_finished(
    netproof: User, started: subprocess.Popen[str], number: signal.Signals
) -> None:
    """Ctrl-C while the second cell runs: exit code 130, the first is kept, the second's lab is gone."""
    assert until(lambda: _kept(netproof) and _lab_hosts(netproof), LIMIT, 0.1), "the second cell did not begin"
    os.killpg(started.pid, number)
    ended = finish(started)
    assert ended.returncode == 130, ended.stderr
    assert "Traceback" not in ended.stderr
    assert netproof.remains() == []
    assert _cell_processes(started) == []
    assert [item["firewall"] for item in _kept(netproof)] == ["nft"]
    if number == signal.SIGINT:
        assert document(netproof(*BOTH, "--json"))["not_run_again"] == ["bridge-nat 26.1 nft"]
        assert [item["firewall"] for item in _kept(netproof)] == ["legacy", "nft"]


def test_cells_do_not_outlive_a_killed_matrix(netproof: User, started: subprocess.Popen[str]) -> None:
    """When the command is killed outright, its cell notices, removes its lab and ends."""
    assert until(lambda: _lab_hosts(netproof), LIMIT, 0.1), "no cell began"
    started.kill()
    finish(started)
    assert until(lambda: not netproof.remains() and not _cell_processes(started), LIMIT, 0.1)


def test_a_cell_whose_process_dies_is_an_error(netproof: User, started: subprocess.Popen[str]) -> None:
    """A killed cell is told and removed, and the next one runs."""
    assert until(lambda: _lab_hosts(netproof), LIMIT, 0.1), "no cell began"
    children = Path(f"/proc/{started.pid}/task")
    cells = {int(word) for path in children.glob("*/children") for word in path.read_text().split()}
    assert len(cells) == 1
    os.kill(cells.pop(), signal.SIGKILL)
    ended = finish(started)
    assert ended.returncode == 1
    assert "bridge-nat 26.1 nft could not be run: The cell's process ended by SIGKILL." in ended.stdout
    assert [item["error"] for item in _kept(netproof)] == ["", "The cell's process ended by SIGKILL."]
    assert netproof.remains() == []


def test_wrong_use_is_told_before_anything_is_built(netproof: User, tmp_path: Path) -> None:
    """A foreign file ends with exit code 2, in words, and with one document where that was asked for."""
    foreign = tmp_path / "foreign.json"
    foreign.write_text('{"cells": []}')
    ended = netproof(*NFT, "--against", str(foreign), "--json")
    assert ended.returncode == 2
    assert "is not a results file" in document(ended)["error"]["problem"]
    assert _kept(netproof) == []
