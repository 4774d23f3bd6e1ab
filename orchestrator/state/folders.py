"""The user's own folders for what netproof keeps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from netproof.errors import NetproofError


def of_user(kind: Literal["config", "data", "state"]) -> Path:
    """Where a user's programs keep files of that kind; NetproofError for a user who has no home directory."""
    from platformdirs import PlatformDirs  # noqa: PLC0415 - 30 ms that most commands need not pay

    try:
        found: Path = getattr(PlatformDirs("netproof", appauthor=False), f"user_{kind}_path")
    except RuntimeError:
        raise NetproofError(
            f"User {os.getuid()} has no home directory, where netproof would keep its {kind} files.",
            "Set HOME, or name folders by NETPROOF_STATE_DIR and NETPROOF_DATA_DIR.",
        ) from None
    return found
