"""Automatic placement: layers from left to right by fast-sugiyama, then sizes and ports made to fit.

The library gives each box its layer and its place in the layer, with stand-ins where a wire passes
a layer. Here boxes get coordinates that respect their sizes and bring wires to a straight line:
each layer in turn moves to where its neighbours want it, as near as the order allows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from math import ceil
from typing import Any, Generic, NamedTuple, TypeVar

import fast_sugiyama

from blockstudio.graph.model import Position
from blockstudio.gui.canvas.layout.layering import ROW_GAP, Box, Part
from blockstudio.gui.canvas.layout.steps import Steps, at_once

K = TypeVar("K", bound=Hashable)

COLUMN_GAP = 100.0
LINE = 1600.0
"""How long a line of a sequence gets."""
LINE_GAP = 130.0
"""Between the boxes of a sequence: room for a shape."""
LINE_DROP = 70.0
"""Between the lines of a sequence: room for the wire that runs back."""
LOOSE_ROW = 1400.0
"""Boxes without wires are set in rows of this width."""
SHORTEST_WIRES = 600
"""Up to so many boxes the layers are chosen for the shortest wires."""

Arranged = tuple[dict[K, Position], dict[tuple[K, K], list[Position]]]
"""The top left corner of each box, and the lane kept free for each wire that passes others: points along it."""


class Wire(NamedTuple, Generic[K]):
    """A wire, with how far its two ports are across the flow from the corners of their boxes."""

    source: K
    source_offset: float
    target: K
    target_offset: float


def arrange(
    boxes: Mapping[K, Box], wires: Iterable[Wire[K]], gap: float = COLUMN_GAP, grid: float = 10.0
) -> dict[K, Position]:
    """The top left corner of each box, the whole starting at (0, 0)."""
    return arranged(boxes, wires, gap, grid)[0]


def arranged(
    boxes: Mapping[K, Box], wires: Iterable[Wire[K]], gap: float = COLUMN_GAP, grid: float = 10.0
) -> Arranged[K]:
    """The corners, and the lanes."""
    return at_once(arranging(boxes, wires, gap, grid))


def arranging(
    boxes: Mapping[K, Box], wires: Iterable[Wire[K]], gap: float = COLUMN_GAP, grid: float = 10.0
) -> Steps[Arranged[K]]:
    """The same, in steps."""
    known = [wire for wire in wires if wire.source in boxes and wire.target in boxes and wire.source != wire.target]
    wired = {key for wire in known for key in (wire.source, wire.target)}
    # Numbers without gaps, in the given order: the library numbers its stand-ins from there on.
    numbers = {key: number for number, key in enumerate(key for key in boxes if key in wired)}
    keys = list(numbers)
    found: dict[K, Position] = {}
    lanes: dict[tuple[K, K], list[Position]] = {}
    top = 0.0
    if known:
        pairs = list(dict.fromkeys((numbers[wire.source], numbers[wire.target]) for wire in known))
        parts: Any = fast_sugiyama.from_edges(
            pairs,
            minimum_length=1,
            vertex_spacing=1,
            dummy_vertices=True,
            # The shortest wires take seconds to find in a large tangle; "up" is instant and nearly as good.
            ranking_type="minimize" if len(keys) <= SHORTEST_WIRES else "up",
            crossing_minimization="barycenter",
            transpose=len(keys) <= SHORTEST_WIRES,
        )
        yield
        sizes, offsets = [boxes[key] for key in keys], _offsets(known, numbers)
        inner = []
        for placed, _, _, edges in parts:
            inner.append(Part(sizes, placed, edges or pairs, offsets))
            yield
        for part in sorted(inner, key=lambda part: min(part.real)):
            corners, bottom = yield from part.corners(gap, top)
            found |= {keys[number]: corner for number, corner in corners.items()}
            lanes |= {(keys[first], keys[last]): points for (first, last), points in part.lanes.items()}
            top = bottom + 2 * ROW_GAP
    found |= _rows({key: box for key, box in boxes.items() if key not in wired}, top)
    places = {key: (_snapped(found[key][0], grid), _snapped(found[key][1], grid)) for key in boxes}
    return places, {pair: [(_snapped(x, grid), _snapped(y, grid)) for x, y in points] for pair, points in lanes.items()}


def in_lines(boxes: Mapping[K, Box], gap: float = LINE_GAP) -> dict[K, Position]:
    """Boxes one after the other, left to right and line below line, like words; the lines about equally long."""
    total = sum(box.width + gap for box in boxes.values()) - gap
    longest = max(total / max(1, ceil(total / LINE)), max((box.width for box in boxes.values()), default=0.0))
    result: dict[K, Position] = {}
    x, y, height = 0.0, 0.0, 0.0
    for key, box in boxes.items():
        # With half of it beyond the end, it starts the next line.
        if x and x + box.width / 2 > longest + 1.0:
            x, y, height = 0.0, y + _snapped(height + LINE_DROP, 10.0), 0.0
        result[key] = (x, y)
        x += _snapped(box.width + gap + 9.0, 10.0)
        height = max(height, box.height)
    return result


def _offsets(wires: Iterable[Wire[K]], numbers: Mapping[K, int]) -> dict[tuple[int, int], list[tuple[float, float]]]:
    result: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for wire in wires:
        pair = numbers[wire.source], numbers[wire.target]
        result.setdefault(pair, []).append((wire.source_offset, wire.target_offset))
    return result


def _rows(boxes: Mapping[K, Box], top: float) -> dict[K, Position]:
    result: dict[K, Position] = {}
    x, height = 0.0, 0.0
    for key, box in boxes.items():
        if x and x + box.width > LOOSE_ROW:
            top += height + ROW_GAP
            x, height = 0.0, 0.0
        result[key] = (x, top)
        x += box.width + ROW_GAP
        height = max(height, box.height)
    return result


def _snapped(value: float, grid: float) -> float:
    return round(value / grid) * grid
