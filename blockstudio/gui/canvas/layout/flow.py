"""The automatic layout in either direction: downwards is to the right, with the two directions changed about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from blockstudio.graph.model import Position
from blockstudio.gui.canvas.layout import layout
from blockstudio.gui.canvas.layout.layering import Box
from blockstudio.gui.canvas.layout.layout import COLUMN_GAP, Arranged, Wire
from blockstudio.gui.canvas.layout.steps import Steps, at_once

K = TypeVar("K")


def arranged(
    boxes: Mapping[K, Box], wires: Iterable[Wire[K]], gap: float = COLUMN_GAP, *, down: bool = False
) -> Arranged[K]:
    """The top left corner of each box, and points along the lane kept free for each wire that passes others."""
    return at_once(arranging(boxes, wires, gap, down=down))


def arranging(
    boxes: Mapping[K, Box], wires: Iterable[Wire[K]], gap: float = COLUMN_GAP, *, down: bool = False
) -> Steps[Arranged[K]]:
    """The same, in steps."""
    if not down:
        return (yield from layout.arranging(boxes, wires, gap))
    places, lanes = yield from layout.arranging(turned_boxes(boxes), wires, gap)
    return turned_places(places), {pair: [(y, x) for x, y in points] for pair, points in lanes.items()}


def turned_boxes(boxes: Mapping[K, Box]) -> dict[K, Box]:
    """The boxes, as wide as they were high."""
    return {key: Box(box.height, box.width) for key, box in boxes.items()}


def turned_places(places: Mapping[K, Position]) -> dict[K, Position]:
    """The places, as far down as they were to the right."""
    return {key: (y, x) for key, (x, y) in places.items()}
