"""What a benchmark found, and how two pieces of work are compared on a machine that does other things besides."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from statistics import median

from attrs import frozen


@frozen
class Row:
    """One line of the table. `target`: the most it may be; None where it is only told."""

    name: str
    value: float
    target: float | None
    unit: str

    @property
    def met(self) -> bool:
        return self.target is None or self.value <= self.target


def measured(name: str) -> list[Row]:
    """The rows of one benchmark, by the name of its module."""
    rows: list[Row] = importlib.import_module(f"tests.benchmarks.{name}").measure()
    return rows


Clock = Callable[[], float]


def seconds(work: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """How long this takes, once."""
    start = clock()
    work()
    return clock() - start


def worked(work: Callable[[], object]) -> float:
    """How many seconds this thread works on it, once: other processes trouble that less than the clock."""
    return seconds(work, time.thread_time)


def in_turns(
    *works: Callable[[], object], rounds: int, warm_up: int = 1, clock: Clock = time.perf_counter
) -> list[list[float]]:
    """Seconds of each work in each round, the first one another every time: other work troubles all alike.

    What runs in one thread and waits for nothing is best measured by `time.process_time`.
    """
    times: list[list[float]] = [[] for _ in works]
    for number in range(rounds + warm_up):
        first = number % len(works)
        for index in (*range(first, len(works)), *range(first)):
            taken = seconds(works[index], clock)
            if number >= warm_up:
                times[index].append(taken)
    return times


def ratio(one: list[float], other: list[float]) -> float:
    """The median, over rounds, of how long one took against the other in the same round."""
    return median(a / b for a, b in zip(one, other, strict=True))
