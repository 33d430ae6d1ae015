"""Statistics and histogram of 60 million parameters, against one `torch.histc` of them: at most 1.5 times as long.

python -m tests.benchmarks.histogram
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch

from blockstudio.runtime.statistics import Measurements, measure

COUNT = 60_000_000
TARGET = 1.5
ROUNDS = 9


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> bool:
    """Print the times and their ratio; whether the target is met."""
    tensor = torch.randn(COUNT) * 0.01
    known = Measurements()
    known.of(tensor)
    times: dict[str, list[float]] = {"histc": [], "measured": [], "again": []}
    for _ in range(ROUNDS):  # in turns, so that other work on the machine troubles all alike
        times["histc"].append(seconds(lambda: torch.histc(tensor, 100)))
        times["measured"].append(seconds(lambda: measure(tensor)))
        times["again"].append(seconds(lambda: known.of(tensor)))
    histc, measured, again = (median(times[name]) for name in times)
    print(
        f"histogram and statistics of {COUNT:,} floats: {measured * 1e3:.0f} ms, torch.histc {histc * 1e3:.0f} ms, "
        f"ratio {measured / histc:.2f} (target {TARGET}); asked again: {again * 1e3:.0f} ms"
    )
    return measured / histc <= TARGET


if __name__ == "__main__":
    raise SystemExit(not main())
