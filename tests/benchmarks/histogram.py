"""Statistics and histogram of 60 million parameters, against one `torch.histc` of them."""

from __future__ import annotations

import torch

from blockstudio.runtime.statistics import measure as statistics
from tests.benchmarks.rows import Row, in_turns, ratio

COUNT = 60_000_000
ROUNDS = 7


def measure() -> list[Row]:
    tensor = torch.randn(COUNT) * 0.01
    ours, histc = in_turns(lambda: statistics(tensor), lambda: torch.histc(tensor, 100), rounds=ROUNDS)
    return [Row("histogram and statistics of 60 million floats : one torch.histc", ratio(ours, histc), 1.5, "x")]
