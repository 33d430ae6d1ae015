"""Statistics and histograms of tensors of any dtype, size and device, exact and cheap enough to be asked for often.

Memory bandwidth is the limit, so a tensor is read twice: once for its range and sum, once for
everything else. Both passes go in chunks, in float32 (float64 where float32 would not do), and
nothing is sampled. NaN and infinities are counted apart; all else is about the finite values.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from threading import Lock

import numpy as np
import torch
from attrs import Factory, define, frozen
from torch import Tensor

from blockstudio.engine.protocol import Histogram, Statistics

CHUNK = 1 << 24
"""Elements per step: as many as float32 counts exactly."""

BINS = 100

_SAFE = (1e-15, 1e15)
"""Magnitudes whose squares float32 can sum."""

_WIDE = (torch.int32, torch.int64, torch.uint16, torch.uint32, torch.uint64, torch.float64)

Measurement = tuple[Statistics, Histogram | None]


def measure(tensor: Tensor, bins: int = BINS) -> Measurement:
    """Statistics and histogram of a tensor; no histogram for 0 `bins` or where no value is finite.

    Complex numbers count by their magnitude. Integers that differ by less than `bins` get a bin each.
    """
    survey = _survey(tensor)
    return _measure(survey, bins)


@define
class Measurements:
    """Remembers the measurements of the tensors that were looked at last.

    A tensor is known again by its memory, its version and its range and sum: an assignment through
    `.data` leaves the version as it is.
    """

    room: int = 16
    _known: OrderedDict[tuple[object, ...], Measurement] = Factory(OrderedDict)
    _lock: Lock = Factory(Lock)

    def of(self, tensor: Tensor, bins: int = BINS) -> Measurement:
        survey = _survey(tensor)
        key = (tensor.data_ptr(), tensor._version, tensor.shape, tensor.dtype, bins, survey.fingerprint)
        with self._lock:
            found = self._known.pop(key, None)
        if found is None:
            found = _measure(survey, bins)
        with self._lock:
            self._known[key] = found
            while len(self._known) > self.room:
                self._known.popitem(last=False)
        return found


@frozen
class _Survey:
    """What the first pass found."""

    chunks: tuple[Tensor, ...]
    flawed: frozenset[int]
    """Chunks with NaN or infinities."""
    count: int
    nan: int
    inf: int
    low: float
    high: float
    total: float
    integral: bool

    @property
    def finite(self) -> int:
        return self.count - self.nan - self.inf

    @property
    def fingerprint(self) -> tuple[float, ...]:
        return (self.low, self.high, self.total, self.nan, self.inf)

    def clean(self, number: int) -> Tensor:
        """The finite values of a chunk, as real numbers of float32 or float64."""
        chunk = _real(self.chunks[number])
        return chunk[chunk.isfinite()] if number in self.flawed else chunk


def plain(tensor: Tensor) -> Tensor:
    """A tensor detached, and dense where it was sparse."""
    tensor = tensor.detach()
    return tensor if tensor.layout == torch.strided else tensor.to_dense()


def _real(chunk: Tensor) -> Tensor:
    if chunk.is_complex():
        return chunk.abs() if chunk.dtype != torch.complex32 else chunk.to(torch.complex64).abs()
    if chunk.dtype in _WIDE:
        return _double(chunk)
    return chunk.float()


def _double(chunk: Tensor) -> Tensor:
    # The MPS device has no float64.
    return (chunk.cpu() if chunk.device.type == "mps" else chunk).double()


def _survey(tensor: Tensor) -> _Survey:
    tensor = plain(tensor)
    integral = not tensor.is_floating_point() and not tensor.is_complex()
    chunks = tensor.reshape(-1).split(CHUNK) if tensor.numel() else ()
    flawed: set[int] = set()
    nan = inf = 0
    low, high, total = math.inf, -math.inf, 0.0
    for number, chunk in enumerate(chunks):
        values = _real(chunk)
        least, most = (bound.item() for bound in values.aminmax())
        if not (math.isfinite(least) and math.isfinite(most)):
            flawed.add(number)
            nans = int(values.isnan().sum())
            good = values[values.isfinite()]
            nan += nans
            inf += values.numel() - good.numel() - nans
            values = good
            if not values.numel():
                continue
            least, most = (bound.item() for bound in values.aminmax())
        low, high = min(low, least), max(high, most)
        total += _total(values, least, most)
    return _Survey(chunks, frozenset(flawed), tensor.numel(), nan, inf, low, high, total, integral)


def _total(values: Tensor, least: float, most: float) -> float:
    if max(-least, most) > _SAFE[1]:
        values = _double(values)
    return values.sum().item()


def _measure(survey: _Survey, bins: int) -> Measurement:
    count = survey.finite
    if not count:
        return Statistics(survey.count, None, None, None, None, survey.nan, survey.inf), None
    mean = survey.total / count
    low, high, bins = _bounds(survey, bins)
    counts = torch.zeros(bins, dtype=torch.int64)
    around = _pivot(survey, mean)
    squares = 0.0
    zeros = 0
    single = survey.low == survey.high
    for number in range(len(survey.chunks)):
        values = survey.clean(number)
        if survey.low <= 0 <= survey.high:
            zeros += _zeros(values)
        if single:
            continue
        squares += _squares(values, around, survey)
        if not bins:
            continue
        if values.dtype == torch.float32 and not math.isfinite(_as_float32(high - low)):
            values = _double(values)
        counts += torch.histc(values, bins, low, high).to("cpu", torch.int64)
    if single and bins:
        counts[bins // 2] = count
    variance = max(0.0, squares - count * (mean - around) ** 2) / (count - 1) if count > 1 else None
    statistics = Statistics(
        survey.count,
        mean,
        None if variance is None else math.sqrt(variance),
        survey.low,
        survey.high,
        survey.nan,
        survey.inf,
        zeros,
    )
    return statistics, Histogram(low, high, tuple(counts.tolist())) if bins else None


def _bounds(survey: _Survey, bins: int) -> tuple[float, float, int]:
    low, high = survey.low, survey.high
    if survey.integral and high - low < bins:
        return low - 0.5, high + 0.5, int(high - low) + 1
    if low == high:
        room = max(0.5, abs(low) / 100)
        return low - room, high + room, bins
    return low, high, bins


def _pivot(survey: _Survey, mean: float) -> float:
    """Squares are summed around 0, which is cheapest, unless the mean is far off zero for the spread."""
    return 0.0 if abs(mean) * 4 <= survey.high - survey.low else mean


def _squares(values: Tensor, around: float, survey: _Survey) -> float:
    if values.dtype == torch.float32 and not _SAFE[0] < max(-survey.low, survey.high) < _SAFE[1]:
        values = _double(values)
    if around:
        values = values - around
    return torch.dot(values, values).item()


def _zeros(values: Tensor) -> int:
    if values.device.type == "cpu":  # numpy compares twice as fast as torch counts
        return int(np.count_nonzero(values.numpy() == 0))
    return values.numel() - int(values.count_nonzero())


def _as_float32(number: float) -> float:
    return torch.tensor(number, dtype=torch.float32).item()
