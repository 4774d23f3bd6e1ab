"""What the agent knows of the processes that it started, whatever became of its notes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netproof.agent import processes


@pytest.mark.parametrize(
    "text",
    ["{", "", "[1]", "7", '{"pid": "1"}', '{"pid": 1, "start": "7", "place": "host"}', b"\xff\xfe"],
    ids=["cut off", "empty", "a list", "a number", "another type", "a key less", "no text"],
)
def test_a_damaged_note_is_of_a_process_that_is_none(
    text: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has root in a lab host can write there: it is told as dead, and no error of the agent."""
    monkeypatch.setattr(processes, "REGISTRY", str(tmp_path))
    (tmp_path / "web.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    whole = {"pid": 4_194_303, "start": "1", "place": "host", "spec": ""}
    (tmp_path / "dns.json").write_text(json.dumps(whole))
    found = processes.spawned()
    assert {name: record["alive"] for name, record in found.items()} == {"dns": False, "web": False}
    assert not processes.stop("web")
    assert [path.name for path in tmp_path.iterdir()] == ["dns.json"]
