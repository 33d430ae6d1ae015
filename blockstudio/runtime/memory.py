"""How much memory a piece of work took at its peak."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from pathlib import Path

import psutil
import torch
from attrs import define, field

_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


@define
class PeakMemory:
    """Measures from when it is made until it is asked: of an accelerator what its tensors took, else by how
    much the process grew beyond what it held; 0 where the system does not tell."""

    device: torch.device
    _before: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        if self.device.type == "cpu":
            _reset_process_peak()
            self._before = psutil.Process().memory_info().rss
        else:
            self._before = _accelerator_bytes(self.device, "memory_allocated")
            _accelerator_bytes(self.device, "reset_peak_memory_stats")

    def bytes(self) -> int:
        if self.device.type == "cpu":
            return max(0, _process_peak() - self._before)
        return max(0, _accelerator_bytes(self.device, "max_memory_allocated") - self._before)


def _reset_process_peak() -> None:
    """Start from what the process needs: memory it freed but still holds would hide growth."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:  # of glibc
        trim(0)
    with contextlib.suppress(OSError):
        _CLEAR.write_text("5")  # Linux: forget the highest resident set so far


def _process_peak() -> int:
    if sys.platform == "linux":
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    memory = psutil.Process().memory_info()
    return int(getattr(memory, "peak_wset", memory.rss))


def _accelerator_bytes(device: torch.device, name: str) -> int:
    """A figure of the device's own module, which has had it for longer than torch.accelerator."""
    source = getattr(torch.get_device_module(device.type), name, None)
    if source is None:
        return 0
    return int(source(device) or 0)
