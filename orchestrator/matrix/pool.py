"""Cells run several at once. An interrupt stops them all and waits until each has cleaned up."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from attrs import frozen

from netproof.matrix.records import Cell, Key


@frozen
class Said:
    """A cell has begun something: `text` is what; empty at its start."""

    key: Key
    text: str


@frozen
class Ended:
    """A cell has come to its end."""

    cell: Cell


Event = Said | Ended
# Makes a run of a cell: something to call for the cell, and something that stops it.
Task = tuple[Callable[[], Cell | None], Callable[[], None]]
Begin = Callable[[Key, Callable[[str], None]], Task]


class Pool:
    """A number of threads, each with one cell's process at a time. `ended` has the cells that came to their end."""

    def __init__(self, jobs: int, begin: Begin, stopping: Callable[[int], None]) -> None:
        self._jobs = jobs
        self._begin = begin
        self._stopping = stopping
        self._events: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        self.ended: list[Cell] = []
        self._live: dict[Key, Callable[[], None]] = {}
        self._stopped = False

    @contextmanager
    def running(self, keys: Sequence[Key]) -> Iterator[Iterator[Event]]:
        """Run cells in this order; the body gets what happens, as it happens.

        When the body ends early, cells not yet begun are dropped, running ones are stopped and waited for.
        Interrupts reach only the main thread, so that no process is lost between its start and its being known.
        """
        with ThreadPoolExecutor(self._jobs, thread_name_prefix="cell") as threads:
            try:
                for key in keys:
                    threads.submit(self._run, key).add_done_callback(self._finished)
                yield self._until_done(len(keys))
            finally:
                self._stop(threads)

    def _until_done(self, left: int) -> Iterator[Event]:
        while left:
            event = self._events.get()
            if isinstance(event, BaseException):
                raise event
            if event is None:
                left -= 1
            else:
                yield event

    def _run(self, key: Key) -> None:
        if self._stopped:
            return
        call, stop = self._begin(key, lambda text: self._events.put(Said(key, text)))
        self._live[key] = stop
        if self._stopped:
            stop()
        self._events.put(Said(key, ""))
        try:
            cell = call()
        finally:
            del self._live[key]
        if cell is not None:
            self.ended.append(cell)
            self._events.put(Ended(cell))

    def _finished(self, done: Future[None]) -> None:
        """Behind all that the cell said, so that nothing is told after the end."""
        self._events.put(None if done.cancelled() else done.exception())

    def _stop(self, threads: ThreadPoolExecutor) -> None:
        self._stopped = True
        threads.shutdown(wait=False, cancel_futures=True)
        live = list(self._live.values())
        if live:
            self._stopping(len(live))
        for stop in live:
            stop()
        threads.shutdown(wait=True)
