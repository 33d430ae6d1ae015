from __future__ import annotations

from pathlib import Path

import pytest
import torch

from blockstudio.errors import RunError, TensorFileError
from blockstudio.graph.expressions import DTYPES
from blockstudio.graph.model import Example
from blockstudio.runtime.inputs import GENERATORS, make


def test_the_same_numbers_as_torch_itself() -> None:
    torch.manual_seed(0)
    expected = torch.rand(2, 20)
    torch.manual_seed(0)
    assert torch.equal(make(Example((2, 20)), "x"), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("generator", GENERATORS)
def test_every_generator_and_type(generator: str, dtype: str) -> None:
    wanted = getattr(torch, dtype)
    example = Example((2, 3), dtype, generator)
    if generator in ("rand", "randn") and not (wanted.is_floating_point or wanted.is_complex):
        with pytest.raises(RunError, match="choose “integers”"):
            make(example, "x")
    else:
        made = make(example, "x")
        assert (made.shape, made.dtype) == ((2, 3), wanted)


def test_arange_and_integers() -> None:
    assert make(Example((2, 2), "int64", "arange"), "x").tolist() == [[0, 1], [2, 3]]
    made = make(Example((1000,), "int64", "integers", low=3, high=6), "x")
    assert made.unique().tolist() == [3, 4, 5]


@pytest.mark.parametrize(
    "example",
    [
        Example((-1, 2)),
        Example((10**9, 10**9)),
        Example((2,), "int64", "integers", low=5, high=5),
        Example((2,), "int64", "integers", high=2**70),
        Example((2,), "float7"),
        Example((2,), generator="magic"),
    ],
)
def test_examples_that_make_no_tensor(example: Example) -> None:
    with pytest.raises(RunError):
        make(example, "x")


def test_from_a_file(tmp_path: Path) -> None:
    file = str(tmp_path / "x")
    torch.save({"x": torch.arange(3)}, file)
    assert make(Example(generator="file", file=file, key="x"), "x").tolist() == [0, 1, 2]
    assert make(Example(generator="file", file=file), "x").tolist() == [0, 1, 2]  # its only one
    with pytest.raises(TensorFileError, match="no tensor"):
        make(Example(generator="file", file=file, key="y"), "x")
    torch.save([torch.zeros(1), torch.ones(1)], file)
    with pytest.raises(RunError, match="holds 2 tensors: say which one"):
        make(Example(generator="file", file=file), "x")
    with pytest.raises(TensorFileError, match="cannot be read"):
        make(Example(generator="file", file="nowhere"), "x")
