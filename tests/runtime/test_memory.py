from __future__ import annotations

import sys

import pytest
import torch

from blockstudio.runtime.memory import PeakMemory


@pytest.mark.skipif(sys.platform != "linux", reason="others do not tell")
@pytest.mark.parametrize("megabytes", [16, 40, 40, 16])
def test_the_growth_of_the_process(megabytes: int) -> None:
    peak = PeakMemory(torch.device("cpu"))
    torch.ones(megabytes << 18)
    assert megabytes * 0.8 < peak.bytes() / 2**20 < megabytes + 8


def test_nothing_done() -> None:
    assert 0 <= PeakMemory(torch.device("cpu")).bytes() < 8 << 20
