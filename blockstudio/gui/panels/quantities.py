"""Counts, bytes, times and values as people read them."""

from __future__ import annotations

import math

from blockstudio.gui.i18n import tr

_UNITS = ("B", "KB", "MB", "GB", "TB")


def count_text(count: int) -> str:
    """A count with thousands set apart: 1,024."""
    return f"{count:,}"


def bytes_text(count: int) -> str:
    """An amount of memory in the unit that leaves one to three digits before the point: 1.5 MB."""
    amount = float(count)
    for unit in _UNITS:
        if abs(amount) < 1000 or unit == _UNITS[-1]:
            return f"{count} B" if unit == "B" else f"{amount:.3g} {unit}"
        amount /= 1024
    raise AssertionError


def seconds_text(seconds: float) -> str:
    """A duration in the unit that suits it: 12.3 µs, 4.5 ms, 1.2 s, 2:05."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    if seconds < 0.9995:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def value_text(value: float | int | bool | str | None) -> str:
    """One element of a tensor: four significant digits where it is not whole; "–" for none."""
    if value is None:
        return "–"
    if isinstance(value, bool | str | int):
        return str(value)
    if not math.isfinite(value):
        return str(value)
    return f"{value:.4g}"


def shape_text(shape: tuple[int, ...] | None) -> str:
    """Sizes as PyTorch writes them: (2, 20); a tensor of no dimension is a scalar."""
    if shape is None:
        return "?"
    if not shape:
        return tr("scalar")
    return f"({', '.join(map(str, shape))})"
