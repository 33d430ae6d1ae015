"""What the functions of torch.nn.init draw from, in theory."""

from __future__ import annotations

from collections.abc import Sequence
from math import erf, exp, inf, pi, prod, sqrt
from typing import Any

from attrs import frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.graph.model import Options


@frozen
class Theory:
    """A distribution; `kind` as in `InitializerSpec.distribution`. No value lies outside [low, high].

    Of a truncated normal distribution, `mean` and `std` are those it had before it was truncated.
    """

    kind: str
    mean: float
    std: float
    low: float = -inf
    high: float = inf

    def density(self, value: float) -> float:
        """The density at a value; inf at the one value of a constant."""
        if not self.low <= value <= self.high:
            return 0.0
        if not self.std:
            return inf if value == self.mean else 0.0
        if self.kind == "uniform":
            return 1 / (self.high - self.low)
        kept = self._below(self.high) - self._below(self.low)
        return exp(-(((value - self.mean) / self.std) ** 2) / 2) / (self.std * sqrt(2 * pi) * kept)

    def _below(self, value: float) -> float:
        """The part of the normal distribution below a value."""
        return (1 + erf((value - self.mean) / (self.std * sqrt(2)))) / 2


def theory(type: str, arguments: Options, shape: Sequence[int]) -> Theory | None:
    """What an initialiser draws a tensor of that shape from.

    None where that has no density of its own, or an argument is an expression, or the shape or the
    arguments are not ones it takes.
    """
    spec = catalog().initializers.get(type)
    if spec is None or not spec.distribution or len(shape) < spec.minimum_rank:
        return None
    given: dict[str, Any] = {option.name: arguments.get(option.name, option.default) for option in spec.options}
    try:
        return _theory(spec.label, spec.distribution, given, shape)
    except (TypeError, ValueError, KeyError, ZeroDivisionError, OverflowError):
        return None


def _theory(name: str, kind: str, given: dict[str, Any], shape: Sequence[int]) -> Theory:
    match name:
        case "constant_":
            return _constant(float(given["val"]))
        case "ones_":
            return _constant(1.0)
        case "zeros_":
            return _constant(0.0)
        case "uniform_":
            return _uniform(given["a"], given["b"])
        case "normal_":
            return Theory(kind, given["mean"] + 0.0, given["std"] + 0.0)
        case "trunc_normal_":
            return Theory(kind, given["mean"] + 0.0, given["std"] + 0.0, given["a"] + 0.0, given["b"] + 0.0)
    fan_in, fan_out = fans(shape)
    if name.startswith("xavier"):
        std = given["gain"] * sqrt(2 / (fan_in + fan_out))
    else:
        fan = fan_in if given["mode"] == "fan_in" else fan_out
        std = gain(given["nonlinearity"], given["a"]) / sqrt(fan)
    return Theory(kind, 0.0, std) if kind == "normal" else _uniform(-sqrt(3) * std, sqrt(3) * std)


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs and outputs a weight of that shape joins, as torch counts them."""
    field = prod(shape[2:])
    return shape[1] * field, shape[0] * field


def gain(nonlinearity: str, slope: float) -> float:
    """What torch.nn.init.calculate_gain gives for that function; `slope` is leaky_relu's."""
    gains = {"tanh": 5 / 3, "relu": sqrt(2), "leaky_relu": sqrt(2 / (1 + slope**2)), "selu": 3 / 4}
    return gains.get(nonlinearity, 1.0)


def _constant(value: float) -> Theory:
    return Theory("constant", value, 0.0, value, value)


def _uniform(low: float, high: float) -> Theory:
    return Theory("uniform", (low + high) / 2, (high - low) / sqrt(12), low + 0.0, high + 0.0)
