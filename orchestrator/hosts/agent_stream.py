"""What the agent is spoken with: the standard input and output of a process in a lab host."""

from __future__ import annotations

from typing import Protocol


class Stream(Protocol):
    """Standard input and output of a process in a lab host."""

    def write(self, data: bytes) -> None:
        """Send all of `data`; OSError when the process is gone."""

    def readline(self) -> bytes:
        """The next line with its end, or b"" when there will be none."""

    def close(self) -> str:
        """End the process; returns what it wrote to standard error."""
