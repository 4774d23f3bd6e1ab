"""The processes that hold sockets."""

from __future__ import annotations

from attrs import field, frozen


@frozen
class Owner:
    """A process that holds a socket; `state` is the kernel's letter, `container` a name, or "" when it is in none."""

    pid: int
    name: str
    state: str
    container: str
    paused: bool
    command: tuple[str, ...] = field(default=(), converter=tuple)

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid}{f', container {self.container}' if self.container else ''})"

    @property
    def is_stopped(self) -> bool:
        """Whether it cannot run: stopped by a signal, or its container is paused."""
        return self.paused or self.state == "T"
