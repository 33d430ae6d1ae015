"""Wires with right angles, for those who like them better: chosen for all wires there are, as the colours are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

Place = tuple[float, float]
Piece = tuple[Place, Place, Place, Place]
"""A cubic curve."""

ROUND = 10.0
"""Radius of a corner."""
OUT = 24.0
"""How far a wire that runs back reaches beyond its ends."""
ARC = 0.4477
"""Share of a corner from where the curve is led: so a cubic curve is nearly a quarter of a circle."""
LANES = 15
"""Wires from different heights turn at different places, so that these can be told from each other."""
SPREAD = 0.5
"""How much of its way along the flow these places are spread over."""

_square = False


def use(square: bool) -> None:
    """Draw wires so from now on, or as curves."""
    global _square
    _square = square


def squared() -> bool:
    """Whether wires are drawn with right angles."""
    return _square


def turns(start: Place, end: Place, level: float | None) -> list[Piece]:
    """A wire to the right; with a level one that runs back there."""
    (x0, y0), (x1, y1) = start, end
    if level is not None:
        return rounded([start, (x0 + OUT, y0), (x0 + OUT, level), (x1 - OUT, level), (x1 - OUT, y1), end])
    # Of wires down the lowest turns first, of wires up the highest: so none crosses the one beside it.
    place = round(y0 / ROUND) % LANES / (LANES - 1) - 0.5
    share = 0.5 + SPREAD * (place if y1 < y0 else -place)
    middle = x0 + (x1 - x0) * share
    return rounded([start, (middle, y0), (middle, y1), end])


def rounded(points: Sequence[Place]) -> list[Piece]:
    """Straight lines from point to point, with round corners."""
    points = [points[0], *(b for a, b in pairwise(points) if a != b)]
    pieces: list[Piece] = []
    at = points[0]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(ROUND, _length(before, corner) / 2, _length(corner, after) / 2)
        enter, leave = _towards(corner, before, radius), _towards(corner, after, radius)
        pieces.append(_line(at, enter))
        pieces.append((enter, _towards(corner, before, radius * ARC), _towards(corner, after, radius * ARC), leave))
        at = leave
    return [*pieces, _line(at, points[-1])]


def _line(start: Place, end: Place) -> Piece:
    length = _length(start, end)
    return start, _towards(start, end, length / 3), _towards(end, start, length / 3), end


def _length(start: Place, end: Place) -> float:
    return hypot(end[0] - start[0], end[1] - start[1])


def _towards(start: Place, end: Place, way: float) -> Place:
    length = _length(start, end) or 1.0
    return start[0] + (end[0] - start[0]) * way / length, start[1] + (end[1] - start[1]) * way / length
