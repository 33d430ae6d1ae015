from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from blockstudio.runtime.memory import PeakMemory

MEGABYTES = (16, 40, 40, 16)


@pytest.mark.skipif(sys.platform != "linux", reason="others do not tell")
def test_the_growth_of_the_process() -> None:
    """In a process of its own: of a large old one the system may take pages away at any time."""
    code = (
        "import torch; from blockstudio.runtime.memory import PeakMemory\n"
        f"for megabytes in {MEGABYTES}:\n"
        "    peak = PeakMemory(torch.device('cpu')); torch.ones(megabytes << 18); print(peak.bytes() / 2**20)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    for megabytes, peak in zip(MEGABYTES, map(float, done.stdout.split()), strict=True):
        assert megabytes * 0.8 < peak < megabytes + 8


def test_nothing_done() -> None:
    assert 0 <= PeakMemory(torch.device("cpu")).bytes() < 8 << 20
