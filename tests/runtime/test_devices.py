from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from blockstudio.errors import DeviceError
from blockstudio.runtime import devices

ROOT = Path(__file__).parent.parent.parent


def test_the_cpu_is_always_there() -> None:
    row = devices.devices()[0]
    assert (row.name, row.current) == ("cpu", True)
    assert row.total_bytes and row.free_bytes and row.free_bytes <= row.total_bytes


@pytest.mark.parametrize("name", ["cuda:7", "cuda", "toy", "", "cpu:3", "meta", "nonsense"])
def test_a_device_that_is_not_here(name: str) -> None:
    model = nn.Linear(1, 1)
    with pytest.raises(DeviceError, match="no device"):
        devices.move(model, name)
    with pytest.raises(DeviceError, match="no device"):
        devices.move(model, "cpu", lambda path: name or "none")


def test_where_it_is_already_nothing_is_copied() -> None:
    model = nn.Linear(3, 3)
    before = model.weight.data_ptr()
    devices.move(model, "cpu")
    assert model.weight.data_ptr() == before


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:75] . DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
)
def test_the_ways_torch_says_out_of_memory(error: BaseException) -> None:
    assert devices.is_out_of_memory(error)


def test_other_errors_are_not_out_of_memory() -> None:
    assert not devices.is_out_of_memory(RuntimeError("shape mismatch"))


def test_on_a_second_device() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.helpers.second_device"]
    done = subprocess.run(
        [*command, "tests/runtime/second_device_cases.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
