"""Initialisers: complete, and what they draw from in theory is what torch draws."""

from __future__ import annotations

import inspect
import math

import pytest
import torch
from torch.nn import init

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.initializers import Theory, fans, gain, theory
from blockstudio.graph.model import Expression, Options

INITIALIZERS = catalog().initializers
DRAWN: list[tuple[str, Options, tuple[int, ...]]] = [
    ("uniform_", {"a": -2.0, "b": 3.0}, (300, 200)),
    ("uniform_", {}, (300, 200)),
    ("normal_", {"mean": 1.0, "std": 0.01}, (300, 200)),
    ("trunc_normal_", {"mean": 1.0, "std": 2.0, "a": -1.0, "b": 2.0}, (300, 200)),
    ("constant_", {"val": 42}, (3, 2)),
    ("ones_", {}, (3,)),
    ("zeros_", {}, (3,)),
    ("xavier_uniform_", {"gain": 2.0}, (300, 200)),
    ("xavier_normal_", {}, (30, 20, 5, 5)),
    ("kaiming_uniform_", {"a": math.sqrt(5)}, (300, 200)),
    ("kaiming_uniform_", {"mode": "fan_out", "nonlinearity": "relu"}, (30, 20, 5, 5)),
    ("kaiming_normal_", {"nonlinearity": "tanh"}, (300, 200)),
]


def test_every_function_of_init_is_there() -> None:
    functions = {name for name in vars(init) if name.endswith("_") and not name.startswith("_")}
    assert {spec.label for spec in INITIALIZERS.values()} == functions


@pytest.mark.parametrize("type", INITIALIZERS)
def test_arguments_and_docs(type: str) -> None:
    spec = INITIALIZERS[type]
    parameters = list(inspect.signature(getattr(init, spec.label)).parameters)
    assert [option.name for option in spec.options] == [p for p in parameters if p not in ("tensor", "generator")]
    assert spec.doc
    assert spec.url
    assert all(option.doc for option in spec.options)


@pytest.mark.parametrize("type", INITIALIZERS)
@pytest.mark.parametrize("rank", range(1, 6))
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_the_ranks_it_takes(type: str, rank: int) -> None:
    spec = INITIALIZERS[type]
    arguments = {option.name: option.suggested for option in spec.options if option.required}
    fits = rank >= spec.minimum_rank and (spec.maximum_rank is None or rank <= spec.maximum_rank)
    try:
        getattr(init, spec.label)(torch.empty([4] * rank), **arguments)
    except ValueError:
        assert not fits
    else:
        assert fits


@pytest.mark.parametrize(("name", "arguments", "shape"), DRAWN, ids=lambda value: str(value))
def test_theory_is_what_torch_draws(name: str, arguments: Options, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    values = torch.empty(shape)
    getattr(init, name)(values, **arguments)
    expected = theory(f"torch.nn.init.{name}", arguments, shape)
    assert expected is not None
    assert expected.low <= values.min()
    assert values.max() <= expected.high
    if expected.kind == "constant":
        assert expected.mean == values[0].mean()
        assert expected.density(expected.mean) == math.inf
        assert expected.density(expected.mean + 1) == 0
        return
    # The share of values in each of 20 ranges, against the integral of the density over it.
    low, high = float(values.min()), float(values.max())
    width = (high - low) / 20
    counted = torch.histc(values, 20, low, high) / values.numel()
    for index, share in enumerate(counted.tolist()):
        points = [low + width * (index + (k + 0.5) / 8) for k in range(8)]
        assert share == pytest.approx(sum(map(expected.density, points)) / 8 * width, abs=0.006)
    if expected.kind != "truncated normal":
        assert float(values.mean()) == pytest.approx(expected.mean, abs=expected.std / 50)
        assert float(values.std()) == pytest.approx(expected.std, rel=0.02)


def test_density_outside_the_bounds_is_nothing() -> None:
    assert Theory("uniform", 0.5, 0.3, 0.0, 1.0).density(2.0) == 0


@pytest.mark.parametrize(
    "nonlinearity", ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu", "conv_transpose3d"]
)
def test_gain(nonlinearity: str) -> None:
    assert gain(nonlinearity, 0.1) == init.calculate_gain(nonlinearity, 0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 2), (3, 5, 2, 4)])
def test_fans(shape: tuple[int, ...]) -> None:
    assert fans(shape) == init._calculate_fan_in_and_fan_out(torch.empty(shape))


@pytest.mark.parametrize(
    ("type", "arguments", "shape"),
    [
        ("torch.nn.init.nonsense_", {}, (2, 2)),
        ("torch.nn.init.orthogonal_", {}, (2, 2)),
        ("torch.nn.init.xavier_uniform_", {}, (2,)),
        ("torch.nn.init.normal_", {"std": Expression("s")}, (2,)),
        ("torch.nn.init.normal_", {"std": "x"}, (2,)),
        ("torch.nn.init.constant_", {}, (2,)),
        ("torch.nn.init.xavier_uniform_", {}, (0, 0)),
    ],
)
def test_nothing_where_nothing_is_known(type: str, arguments: Options, shape: tuple[int, ...]) -> None:
    assert theory(type, arguments, shape) is None
