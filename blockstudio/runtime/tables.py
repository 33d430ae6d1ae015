"""Pieces of a tensor fit to be shown: a slice as a table of values and as a heat map."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from attrs import frozen
from torch import Tensor

from blockstudio.errors import ExpressionError, mark
from blockstudio.graph.expressions import check_index
from blockstudio.runtime.parameters import shape_name
from blockstudio.runtime.statistics import plain

HEAT_MAP = 128
"""Most rows and columns of a heat map."""

Value = float | int | bool | str


@frozen
class Slice:
    """A part of a tensor. `table` is its last two dimensions, at the first place of any before them."""

    index: str
    shape: tuple[int, ...]
    table: Tensor

    def values(self, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[tuple[Value, ...], ...]:
        """Some rows and columns of the table, ends left out; NaN, infinities and complex numbers as text."""
        part = self.table[_range(rows), _range(columns)]
        if part.is_complex() and part.dtype == torch.complex32:
            part = part.to(torch.complex64)
        return tuple(tuple(map(_plain, row)) for row in part.tolist())

    def heat_map(self) -> tuple[tuple[float | None, ...], ...]:
        """The table averaged down to at most `HEAT_MAP` rows and columns; None where it is not finite."""
        if not self.table.numel():
            return ()
        height, width = self.table.shape
        table = self.table if self.table.device.type in ("cpu", "cuda") else self.table.cpu()
        real = table.to(torch.complex64).abs() if table.is_complex() else table.float()
        means = F.adaptive_avg_pool2d(real[None], (min(height, HEAT_MAP), min(width, HEAT_MAP)))[0]
        return tuple(tuple(v if math.isfinite(v) else None for v in row) for row in means.tolist())


def cut(tensor: Tensor, index: str = "") -> Slice:
    """The slice at an index ("0, :, :5"); "" is the first two-dimensional one. ExpressionError where there is none.

    A vector is shown as one column, a single number as one cell.
    """
    tensor = plain(tensor)
    index = index.strip() or ", ".join(["0"] * (tensor.dim() - 2) + [":", ":"] if tensor.dim() > 2 else [])
    part = select(tensor, index)
    shape = tuple(part.shape)
    if not part.numel():
        return Slice(index, shape, part.new_empty(0, 0))
    while part.dim() > 2:
        part = part[0]
    if part.dim() < 2:
        part = part.reshape(-1, 1)
    return Slice(index, shape, part)


def select(tensor: Tensor, index: str) -> Tensor:
    """`tensor[index]`, the tensor itself for ""; ExpressionError where the index does not fit."""
    if not index.strip():
        return tensor
    text = check_index(index)
    try:
        # Checked: nothing but numbers, slices, lists, `...` and None.
        part = eval(f"tensor[{text.rstrip(',')},]", {"tensor": tensor})
    except (IndexError, ValueError, TypeError, RuntimeError) as error:
        raise ExpressionError(
            mark("“{index}” does not fit a tensor of shape {shape}: {reason}."),
            index=index,
            shape=shape_name(tensor),
            reason=str(error).rstrip("."),
        ) from error
    assert isinstance(part, Tensor)
    return part


def _range(bounds: tuple[int, int]) -> slice:
    start, stop = bounds
    return slice(max(0, start), max(0, stop))


def _plain(value: float | int | bool | complex) -> Value:
    if isinstance(value, complex):
        return f"{value.real:g}{value.imag:+g}j"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
