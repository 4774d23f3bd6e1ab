"""An engine that cannot be reached is told with what to do about that, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from netproof.engine import client
from netproof.errors import EngineError


@pytest.mark.parametrize(
    ("reason", "told", "remedy"),
    [
        (PermissionError(13, "Permission denied"), "permission denied", "group docker"),
        (FileNotFoundError(2, "No such file or directory"), "no engine is running", "Start the engine"),
        (ConnectionRefusedError(111, "Connection refused"), "no engine is listening", "Start the engine"),
    ],
)
def test_who_may_not_use_an_engine_is_not_told_to_start_it(
    reason: OSError, told: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs; it is not for this user."""

    def refuse(*_: Any) -> None:
        raise reason

    monkeypatch.setattr(client, "_client", refuse)
    with pytest.raises(EngineError) as caught:
        client.connect()
    assert told in caught.value.problem
    assert remedy in caught.value.remedy
