"""Ways round nodes for wires that would run behind them: worked out from what stands near, and kept nowhere.

Places are told along the flow and across it. A way depends on nothing but the two ends and the boxes near the
direct way, so that following a change and looking afresh come to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import frozen

from blockstudio.graph.model import Position
from blockstudio.gui.canvas.facts.spatial import Box
from blockstudio.gui.canvas.painting.edge_item import SHARES, TURN, along, pieces
from blockstudio.gui.canvas.painting.squared import squared

CLEAR = 4.0
"""A wire that comes nearer to a node than this is taken to run behind it."""
ROOM = 16.0
"""From a node to a wire that goes round it."""
FARTHEST = 360.0
"""A way that leads farther aside than this is no help: the wire runs behind."""
LONGEST = 4000.0
"""Wires longer than this cross a whole landscape: they stay as they are."""
MOST = 40
"""Nodes in the way, from where on a wire goes through a crowd, as it comes."""
RAMP = 20.0
"""The least way from an end to beside the first node."""
ROUNDS = 3

Near = Callable[[Box], Sequence[Box]]
"""The boxes that touch one."""


@frozen
class Detour:
    """The points to run through, or how far across a wire runs back; and how far aside of the direct way was looked."""

    points: tuple[Position, ...] = ()
    level: float | None = None
    reach: float = 0.0


DIRECT = Detour()


def detour(ends: Box, near: Near, own: Callable[[], Sequence[Box]]) -> Detour:
    """The way of a wire; `near` leaves out the boxes at its two ends, which are its `own`."""
    a0, _, a1, _ = ends
    if abs(a1 - a0) > LONGEST:
        return DIRECT
    return _onward(ends, near) if a1 > a0 + 2 * RAMP else _back(ends, near, own) if a1 < a0 - 2 * RAMP else DIRECT


def _onward(ends: Box, near: Near) -> Detour:
    a0, b0, a1, b1 = ends
    low, high = min(b0, b1), max(b0, b1)
    blocking = _hit(ends, near((a0, low - CLEAR, a1, high + CLEAR)))
    if not blocking or len(blocking) > MOST:
        return DIRECT
    around = near((a0, low - FARTHEST, a1, high + FARTHEST))
    for _ in range(ROUNDS):
        first = max(a0 + RAMP, min(box[0] for box in blocking) - CLEAR)
        last = min(a1 - RAMP, max(box[2] for box in blocking) + CLEAR)
        if first >= last:
            return Detour(reach=FARTHEST)
        level = _nearest(b0, b1, (first, last), around)
        if level is None:
            return Detour(reach=FARTHEST)
        ramps = (a0, b0, first, level), (last, level, a1, b1)
        also = [box for ramp in ramps for box in _hit(ramp, around)]
        if not also:
            return Detour(((first, level), (last, level)), reach=_aside(level, low, high))
        blocking += also
    return Detour(reach=FARTHEST)


def _back(ends: Box, near: Near, own: Callable[[], Sequence[Box]]) -> Detour:
    a0, b0, a1, b1 = ends
    low, high = min(b0, b1), max(b0, b1)
    across = a1 - TURN, a0 + TURN
    around = [*near((across[0], low - FARTHEST, across[1], high + FARTHEST)), *own()]
    if not _is_hidden(ends, around):
        return DIRECT
    level = _nearest(b0, b1, across, around)
    return Detour(level=level, reach=FARTHEST)


def _is_hidden(ends: Box, boxes: Iterable[Box]) -> bool:
    """Whether a wire that runs back as it comes is behind one of some boxes."""
    places = [
        (a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy)
        for (ax, ay), (bx, by), (cx, cy), (dx, dy) in pieces(*ends)
        for a, b, c, d in SHARES
    ]
    return any(
        left + CLEAR < x < right - CLEAR and top - CLEAR < y < bottom + CLEAR
        for left, top, right, bottom in boxes
        for x, y in places
    )


def _nearest(b0: float, b1: float, span: tuple[float, float], boxes: Iterable[Box]) -> float | None:
    """Where across the flow a straight line has room along some way, the shortest to get to."""
    low, high = min(b0, b1), max(b0, b1)
    inside = [box for box in boxes if box[0] < span[1] and box[2] > span[0]]
    edges = {place for _, top, _, bottom in inside for place in (top - ROOM, bottom + ROOM)}
    edges = {place for place in edges if low - FARTHEST <= place <= high + FARTHEST}
    for place in sorted(edges, key=lambda place: (abs(place - b0) + abs(place - b1), place)):
        if not any(top - ROOM < place < bottom + ROOM for _, top, _, bottom in inside):
            return place
    return None


def _aside(level: float, low: float, high: float) -> float:
    return max(low - level, level - high, 0.0) + ROOM


def _hit(ends: Box, boxes: Iterable[Box]) -> list[Box]:
    """The boxes that a wire onward runs behind."""
    if squared():
        return _hit_squarely(ends, boxes)
    a0, b0, a1, b1 = ends
    found = []
    for box in boxes:
        left, top, right, bottom = box
        if left >= a1 or right <= a0:
            continue
        shares = (along((place - a0) / (a1 - a0)) for place in (left, right))
        heights = [b0 + (b1 - b0) * t * t * (3.0 - 2.0 * t) for t in shares]
        if min(heights) < bottom + CLEAR and max(heights) > top - CLEAR:
            found.append(box)
    return found


def _hit_squarely(ends: Box, boxes: Iterable[Box]) -> list[Box]:
    """The same where wires have right angles."""
    lines = [(start, end) for start, _, _, end in pieces(*ends)]
    return [
        box
        for box in boxes
        if any(
            min(ax, bx) < box[2] + CLEAR
            and max(ax, bx) > box[0] - CLEAR
            and min(ay, by) < box[3] + CLEAR
            and max(ay, by) > box[1] - CLEAR
            for (ax, ay), (bx, by) in lines
        )
    ]
