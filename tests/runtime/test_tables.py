from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from blockstudio.errors import ExpressionError
from blockstudio.runtime.tables import HEAT_MAP, cut, select

EVERYTHING = (0, 1000), (0, 1000)


def test_the_first_two_dimensional_slice() -> None:
    tensor = torch.arange(120).reshape(2, 3, 4, 5)
    part = cut(tensor)
    assert (part.index, part.shape) == ("0, 0, :, :", (4, 5))
    assert part.values((1, 3), (0, 2)) == ((5, 6), (10, 11))


@pytest.mark.parametrize(
    ("index", "shape", "first"),
    [
        ("1, :, 2:4, ::2", (3, 2, 3), 70),
        ("1", (3, 4, 5), 60),
        ("..., 3", (2, 3, 4), 3),
        ("1, 2, 3, 4", (), 119),
        ("[0, 1], 0, 0, 2", (2,), 2),
        ("[1]", (1, 3, 4, 5), 60),
        ("-1, None, 0, 0, 0", (1,), 60),
    ],
)
def test_any_index(index: str, shape: tuple[int, ...], first: int) -> None:
    part = cut(torch.arange(120).reshape(2, 3, 4, 5), index)
    assert part.shape == shape
    assert part.values(*EVERYTHING)[0][0] == first


@pytest.mark.parametrize("index", ["0, 0, 0, 0, 0", "9", "::-1", ":::", "1.5", "'a'", "f(1)", "x", "x.data", "0; 1"])
def test_an_index_that_does_not_fit(index: str) -> None:
    with pytest.raises(ExpressionError):
        select(torch.zeros(2, 3, 4, 5), index)


def test_a_vector_is_a_column_and_a_number_a_cell() -> None:
    assert cut(torch.tensor([1.0, 2.0])).values(*EVERYTHING) == ((1.0,), (2.0,))
    assert cut(torch.tensor(3)).values(*EVERYTHING) == ((3,),)
    assert cut(torch.tensor(3)).heat_map() == ((3.0,),)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 3), (0, 2, 2)])
def test_empty(shape: tuple[int, ...]) -> None:
    part = cut(torch.empty(shape), "..." if shape[0] == 0 else "")
    assert part.values(*EVERYTHING) == () == part.heat_map()


def test_values_of_every_kind() -> None:
    assert cut(torch.tensor([math.nan, math.inf, -math.inf, 0.5])).values(*EVERYTHING) == (
        ("nan",),
        ("inf",),
        ("-inf",),
        (0.5,),
    )
    assert cut(torch.tensor([True])).values(*EVERYTHING) == ((True,),)
    assert cut(torch.tensor([1 - 2j])).values(*EVERYTHING) == (("1-2j",),)
    assert cut(torch.tensor([1.5], dtype=torch.bfloat16)).values(*EVERYTHING) == ((1.5,),)


def test_a_heat_map_leaves_out_what_is_not_finite() -> None:
    assert cut(torch.tensor([[1.0, math.nan], [math.inf, 2.0]])).heat_map() == ((1.0, None), (None, 2.0))


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_heat_map_is_the_average(height: int, width: int) -> None:
    tensor = torch.rand(height, width)
    found = torch.tensor(cut(tensor).heat_map())
    assert found.shape == (min(height, HEAT_MAP), min(width, HEAT_MAP))
    assert tensor.min() <= found.min() and found.max() <= tensor.max()
    if height <= HEAT_MAP and width <= HEAT_MAP:
        assert torch.equal(found, tensor)
    if height % found.shape[0] == 0 and width % found.shape[1] == 0:
        assert found.mean().item() == pytest.approx(tensor.mean().item(), rel=1e-4)
