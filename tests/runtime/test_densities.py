from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from blockstudio.graph.model import Expression, Initializer
from blockstudio.runtime.densities import UNKNOWN, density

SHAPE = (300, 400)

CASES: dict[str, Mapping[str, Any]] = {
    "normal_": {"std": 0.01},
    "uniform_": {"a": -1.0, "b": 3.0},
    "trunc_normal_": {"std": 2.0, "a": -1.0, "b": 2.0},
    "xavier_uniform_": {},
    "xavier_normal_": {"gain": 2.0},
    "kaiming_uniform_": {"a": 0.1},
    "kaiming_normal_": {"nonlinearity": "relu", "mode": "fan_out"},
    "orthogonal_": {"gain": 2.0},
    "sparse_": {"sparsity": 0.3},
}


def rule(name: str, **arguments: Any) -> Initializer:
    return Initializer(function=f"torch.nn.init.{name}", arguments=arguments)


@pytest.mark.parametrize("name", CASES)
def test_the_values_follow_the_density(name: str) -> None:
    torch.manual_seed(0)
    tensor = getattr(nn.init, name)(torch.empty(SHAPE), **CASES[name]).double()
    found = density(rule(name, **CASES[name]), SHAPE)
    if found.bounds is not None:
        assert found.bounds[0] - 1e-6 <= tensor.min() and tensor.max() <= found.bounds[1] + 1e-6
    corners = np.array(found.curve)
    values = np.linspace(corners[0, 0], corners[-1, 0], 10_001)[1:-1]
    levels = np.interp(values, corners[:, 0], corners[:, 1])
    inside = (tensor != 0).double().mean().item()  # sparse: the zeros are not in the curve
    assert np.trapezoid(levels, values) == pytest.approx(inside, abs=0.01)
    assert np.trapezoid(levels * values**2, values) == pytest.approx((tensor**2).mean().item(), rel=0.02)


def test_constants_and_patterns_have_bounds_only() -> None:
    for name, arguments, bounds in [
        ("constant_", {"val": 42.0}, (42, 42)),
        ("ones_", {}, (1, 1)),
        ("zeros_", {}, (0, 0)),
        ("eye_", {}, (0, 1)),
        ("dirac_", {}, (0, 1)),
    ]:
        found = density(rule(name, **arguments), (4, 4, 3) if name == "dirac_" else (4, 4))
        assert (found.curve, found.bounds) == ((), bounds)


def test_small_orthogonal_matrices() -> None:
    assert density(rule("orthogonal_"), (2, 2)).bounds == (-1, 1)
    assert len(density(rule("orthogonal_"), (3, 1)).curve) > 2  # uniform on a sphere: flat
    levels = {round(level, 9) for _, level in density(rule("orthogonal_"), (3, 1)).curve}
    assert levels == {0.5}


@pytest.mark.parametrize(
    "unknown",
    [
        Initializer(expression="x + 1"),
        rule("normal_", std=Expression("width / 2")),
        rule("my_own"),
        rule("orthogonal_", gain=0.0),
    ],
)
def test_what_is_not_known(unknown: Initializer) -> None:
    assert density(unknown, (4, 4)).curve == ()


def test_shapes_that_a_rule_does_not_take() -> None:
    for name in ("xavier_uniform_", "orthogonal_", "sparse_", "eye_"):
        for shape in ((), (3,)):
            assert density(rule(name), shape) == UNKNOWN
