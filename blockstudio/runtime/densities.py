"""The theoretical density of what an initialiser draws, as a curve over the histogram, and its bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from attrs import frozen

from blockstudio.catalog.initializers import Theory, theory
from blockstudio.graph.model import Expression, Initializer, Options, OptionValue

POINTS = 101
SPREAD = 4.0
"""Standard deviations to either side of the mean that a curve without bounds shows."""


@frozen
class Density:
    """`curve` is (value, density) from left to right, empty where there is none; no value lies outside `bounds`."""

    curve: tuple[tuple[float, float], ...] = ()
    bounds: tuple[float, float] | None = None


UNKNOWN = Density()


def density(rule: Initializer, shape: Sequence[int]) -> Density:
    """What is known of the values that a rule gives to a tensor of that shape."""
    if not rule.function or any(isinstance(value, Expression) for value in rule.arguments.values()):
        return UNKNOWN
    return _density(rule.function, tuple(rule.arguments.items()), tuple(shape))


@lru_cache(maxsize=256)
def _density(function: str, arguments: tuple[tuple[str, OptionValue], ...], shape: tuple[int, ...]) -> Density:
    found = theory(function, dict(arguments), shape)
    if found is not None:
        return _of_theory(found)
    special = _SPECIAL.get(function.rpartition(".")[2])
    return special(dict(arguments), shape) if special and len(shape) >= 2 and 0 not in shape else UNKNOWN


def _of_theory(found: Theory) -> Density:
    bounds = (found.low, found.high) if math.isfinite(found.low) and math.isfinite(found.high) else None
    if not found.std:
        return Density((), (found.mean, found.mean))
    low = max(found.low, found.mean - SPREAD * found.std)
    high = min(found.high, found.mean + SPREAD * found.std)
    if found.kind == "uniform":
        level = found.density(found.mean)
        return Density(((low, 0.0), (low, level), (high, level), (high, 0.0)), bounds)
    return Density(_curve(found.density, low, high), bounds)


def _orthogonal(arguments: Options, shape: Sequence[int]) -> Density:
    """Each element is a coordinate of a random unit vector of n dimensions, times the gain."""
    n = max(shape[0], math.prod(shape[1:]))
    gain = abs(_number(arguments, "gain", 1.0))
    bounds = (-gain, gain)
    if n < 3 or not gain:
        return Density((), bounds)
    scale = math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2)) / (math.sqrt(math.pi) * gain)
    reach = min(gain, SPREAD * gain / math.sqrt(n))
    return Density(_curve(lambda x: scale * max(0.0, 1 - (x / gain) ** 2) ** ((n - 3) / 2), -reach, reach), bounds)


def _sparse(arguments: Options, shape: Sequence[int]) -> Density:
    """The elements that are not zero are normal; the curve leaves out those that are."""
    std = _number(arguments, "std", 0.01)
    kept = 1 - min(1.0, math.ceil(_number(arguments, "sparsity", 0.0) * shape[0]) / shape[0])
    if std <= 0 or not kept:
        return UNKNOWN
    normal = Theory("normal", 0.0, std)
    return Density(_curve(lambda x: kept * normal.density(x), -SPREAD * std, SPREAD * std))


def _ones_and_zeros(arguments: Options, shape: Sequence[int]) -> Density:
    return Density((), (0.0, 1.0))


_SPECIAL: Mapping[str, Callable[[Options, Sequence[int]], Density]] = {
    "orthogonal_": _orthogonal,
    "sparse_": _sparse,
    "eye_": _ones_and_zeros,
    "dirac_": _ones_and_zeros,
}


def _curve(function: Callable[[float], float], low: float, high: float) -> tuple[tuple[float, float], ...]:
    values = [low + (high - low) * step / (POINTS - 1) for step in range(POINTS)]
    return tuple((value, function(value)) for value in values)


def _number(arguments: Options, name: str, default: float) -> float:
    value = arguments.get(name, default)
    return float(value) if isinstance(value, int | float) else default
