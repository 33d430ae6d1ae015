from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from blockstudio.runtime import statistics
from blockstudio.runtime.statistics import Measurements, measure

FLOATS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
INTEGERS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


@pytest.mark.parametrize("dtype", FLOATS)
def test_agrees_with_numpy(dtype: torch.dtype) -> None:
    tensor = torch.randn(5000).to(dtype)
    found, histogram = measure(tensor)
    exact = tensor.double().numpy()
    assert found.count == 5000
    assert found.mean == pytest.approx(exact.mean(), abs=1e-6)
    assert found.std == pytest.approx(exact.std(ddof=1), rel=1e-5)
    assert (found.min, found.max) == (exact.min(), exact.max())
    assert found.zeros == np.count_nonzero(exact == 0)
    assert histogram is not None
    expected, edges = np.histogram(exact, 100)
    assert (histogram.low, histogram.high) == (edges[0], edges[-1])
    assert sum(histogram.counts) == 5000
    # Values on the edge of two bins may fall on either side in float32.
    assert np.abs(np.cumsum(histogram.counts) - np.cumsum(expected)).max() <= (2 if dtype in FLOATS[:2] else 60)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_that_are_few_get_a_bin_each(dtype: torch.dtype) -> None:
    found, histogram = measure(torch.tensor([3, 3, 5, 0], dtype=dtype))
    assert (found.mean, found.min, found.max, found.zeros) == (2.75, 0, 5, 1)
    assert histogram == statistics.Histogram(-0.5, 5.5, (1, 0, 0, 2, 0, 1))


def test_booleans_and_complex_numbers() -> None:
    found, histogram = measure(torch.tensor([True, False, True]))
    assert found.mean == pytest.approx(2 / 3)
    assert histogram == statistics.Histogram(-0.5, 1.5, (1, 2))
    found, _ = measure(torch.tensor([3 + 4j, -6 - 8j], dtype=torch.complex64))
    assert (found.min, found.max, found.mean) == (5, 10, 7.5)


def test_wide_integers_keep_their_range() -> None:
    found, histogram = measure(torch.tensor([2**40, 2**40 + 7, -(2**40)]))
    assert (found.min, found.max) == (-(2**40), 2**40 + 7)
    assert histogram is not None and sum(histogram.counts) == 3


def test_nan_and_infinities_are_counted_apart() -> None:
    found, histogram = measure(torch.tensor([1.0, math.nan, 3.0, math.inf, -math.inf, 0.0, -0.0]))
    assert (found.nan, found.inf, found.zeros, found.count) == (1, 2, 2, 7)
    assert (found.min, found.max, found.mean) == (0, 3, 1)
    assert histogram is not None and sum(histogram.counts) == 4


@pytest.mark.parametrize("shape", [(0,), (3, 0, 2)])
def test_empty(shape: tuple[int, ...]) -> None:
    assert measure(torch.empty(shape)) == (statistics.Statistics(0, None, None, None, None), None)


def test_nothing_finite() -> None:
    found, histogram = measure(torch.tensor([math.nan, math.inf]))
    assert (found.count, found.mean, found.nan, found.inf, histogram) == (2, None, 1, 1, None)


@pytest.mark.parametrize("value", [0.0, 1.0, -3e30, 1e-42, 7e37])
def test_all_equal(value: float) -> None:
    found, histogram = measure(torch.full((10,), value))
    exact = torch.tensor(value).item()
    assert (found.min, found.max, found.std) == (exact, exact, 0)
    assert found.mean == pytest.approx(exact, rel=1e-6)
    assert histogram is not None and histogram.low < exact < histogram.high
    assert sum(histogram.counts) == 10 == max(histogram.counts)


def test_one_number() -> None:
    found, histogram = measure(torch.tensor(4.0))
    assert (found.count, found.mean, found.std) == (1, 4, None)
    assert histogram is not None and sum(histogram.counts) == 1


@pytest.mark.parametrize("scale", [1e-30, 1e-18, 1.0, 1e18, 1e30, 1e38])
@pytest.mark.parametrize("offset", [0, 5, 1000])
def test_every_magnitude(scale: float, offset: float) -> None:
    tensor = ((torch.rand(20_000, dtype=torch.float64) + offset) * scale / (offset + 1)).float()
    found, histogram = measure(tensor)
    exact = tensor.double()
    assert found.mean == pytest.approx(exact.mean().item(), rel=1e-5)
    assert found.std == pytest.approx(exact.std().item(), rel=1e-3)
    assert histogram is not None and sum(histogram.counts) == 20_000


def test_the_whole_range_of_float32() -> None:
    most = torch.finfo(torch.float32).max
    found, histogram = measure(torch.tensor([-most, 0.0, most]))
    assert found.mean == 0
    assert histogram is not None and histogram.counts[0] == 1 == histogram.counts[-1] == histogram.counts[50]


def test_several_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    tensor = torch.randn(1000)
    tensor[7], tensor[500] = math.nan, math.inf
    whole = measure(tensor)
    monkeypatch.setattr(statistics, "CHUNK", 64)
    parts = measure(tensor)
    assert parts[0].mean == pytest.approx(whole[0].mean, rel=1e-5)
    assert parts[0].std == pytest.approx(whole[0].std, rel=1e-5)
    assert (parts[0].nan, parts[0].inf, parts[1]) == (1, 1, whole[1])


def test_a_chunk_without_a_finite_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "CHUNK", 4)
    found, histogram = measure(torch.tensor([math.nan] * 4 + [1.0, 2.0]))
    assert (found.nan, found.min, found.max) == (4, 1, 2)
    assert histogram is not None and sum(histogram.counts) == 2


def test_counts_more_than_float32_can() -> None:
    _, histogram = measure(torch.tensor([0.0]).expand(2**24 + 3), bins=3)
    assert histogram is not None and sum(histogram.counts) == 2**24 + 3


def test_views_and_sparse_tensors() -> None:
    tensor = torch.arange(12.0).reshape(3, 4)
    assert measure(tensor.t())[0] == measure(tensor)[0]
    assert measure(tensor.to_sparse())[0] == measure(tensor)[0]


def test_no_bins_no_histogram() -> None:
    assert measure(torch.rand(5), 0)[1] is None


def test_remembered_until_the_values_change() -> None:
    known = Measurements()
    tensor = torch.randn(1000)
    first = known.of(tensor)
    assert known.of(tensor) is first
    tensor.mul_(2)
    second = known.of(tensor)
    assert second == measure(tensor) != first
    tensor.data[0] = 99  # no new version
    assert known.of(tensor)[0].max == 99


@given(hnp.arrays(np.float32, hnp.array_shapes(max_side=6), elements=st.floats(width=32)), st.integers(1, 20))
def test_any_array(array: np.ndarray, bins: int) -> None:
    found, histogram = measure(torch.from_numpy(array), bins)
    finite = array[np.isfinite(array)].astype(np.float64)
    assert found.count == array.size
    assert found.nan == np.isnan(array).sum()
    assert found.inf == np.isinf(array).sum()
    if not finite.size:
        assert histogram is None
        return
    assert (found.min, found.max) == (finite.min(), finite.max())
    scale = np.abs(finite).max()
    assert found.mean is not None and abs(found.mean - finite.mean()) <= 1e-5 * scale
    assert histogram is not None and sum(histogram.counts) == finite.size
    assert found.zeros == np.count_nonzero(finite == 0)
