from __future__ import annotations

from collections import namedtuple

import pytest
import torch

from blockstudio.engine.protocol import TensorShape
from blockstudio.runtime import values

Pair = namedtuple("Pair", "a b")


def test_shapes() -> None:
    assert values.shape_of(torch.zeros(2, 3)) == TensorShape((2, 3), "float32", "", "cpu")
    assert values.shape_of(3) == TensorShape(None, text="int")


@pytest.mark.parametrize(
    ("value", "ports", "names"),
    [
        (torch.zeros(1), ["y"], ["y"]),
        ((torch.zeros(1), 2), ["y", "n"], ["y", "n"]),
        ((torch.zeros(1), 2), ["y"], ["y[0]", "y[1]"]),
        ((1, (2, 3)), ["y", "state"], ["y", "state[0]", "state[1]"]),
        ({"a": 1, 2: [3]}, ["y"], ["y['a']", "y[2][0]"]),
        (Pair(1, 2), ["y"], ["y[0]", "y[1]"]),
        ((1, 2), [], ["output[0]", "output[1]"]),
        ((), ["y"], []),
    ],
)
def test_names_of_outputs(value: object, ports: list[str], names: list[str]) -> None:
    assert [name for name, _ in values.named_outputs(value, ports)] == names


def test_what_is_nested_in_itself_or_very_long_comes_to_an_end() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert len(values.parts("y", loop)) == 1
    assert len(values.parts("y", [0] * 5000)) == values.MOST


def test_previews() -> None:
    class Rude:
        def __str__(self) -> str:
            raise ValueError("no")

    assert values.preview(torch.arange(3)) == "tensor([0, 1, 2])"
    assert values.preview(Rude()) == "Rude: no"
    assert len(values.preview("x" * 10_000)) == values.LONGEST_PREVIEW + 1
    assert len(values.preview(torch.rand(1000, 1000))) < values.LONGEST_PREVIEW


def test_scalars_over_several_outputs() -> None:
    x, y = torch.ones(3, dtype=torch.float64), torch.ones(2) * 2
    assert values.scalar([x, y], "sum").item() == 7
    assert values.scalar([x, y], "mean").item() == pytest.approx(7 / 5)
    assert values.scalar([torch.tensor([1 + 2j])], "sum").item() == 3
