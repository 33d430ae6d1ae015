"""Which things lie near a place: a grid of square cells over bounding boxes.

Hit tests and the choice of what is in view must not cost more the larger the graph is, which
walking all of Qt's items does.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from math import floor
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
Box = tuple[float, float, float, float]
"""left, top, right, bottom"""

CELL = 512.0
LARGEST = 64
"""A box over more cells than this is kept in a list of its own."""


class SpatialIndex(Generic[K]):
    """Boxes by key."""

    def __init__(self) -> None:
        self._boxes: dict[K, Box] = {}
        self._cells: dict[tuple[int, int], set[K]] = {}
        self._large: set[K] = set()

    def __len__(self) -> int:
        return len(self._boxes)

    def __contains__(self, key: K) -> bool:
        return key in self._boxes

    def box(self, key: K) -> Box | None:
        return self._boxes.get(key)

    def boxes(self) -> Iterator[Box]:
        return iter(self._boxes.values())

    def put(self, key: K, box: Box) -> None:
        """Put a box in, or in the place of the one it had."""
        before = self._boxes.get(key)
        if before is not None:
            if _span(before) == _span(box):
                self._boxes[key] = box
                return
            self._take_out(key, before)
        self._boxes[key] = box
        left, top, right, bottom = _span(box)
        if (right - left + 1) * (bottom - top + 1) > LARGEST:
            self._large.add(key)
            return
        for x in range(left, right + 1):
            for y in range(top, bottom + 1):
                self._cells.setdefault((x, y), set()).add(key)

    def remove(self, key: K) -> None:
        box = self._boxes.pop(key, None)
        if box is not None:
            self._take_out(key, box)

    def clear(self) -> None:
        self._boxes.clear()
        self._cells.clear()
        self._large.clear()

    def near(self, box: Box) -> set[K]:
        """The keys whose boxes touch a box."""
        left, top, right, bottom = _span(box)
        found = set(self._large)
        if (right - left + 1) * (bottom - top + 1) > max(len(self._cells), LARGEST):
            found.update(self._boxes)
        else:
            for x in range(left, right + 1):
                for y in range(top, bottom + 1):
                    found |= self._cells.get((x, y), _NOTHING)
        boxes = self._boxes
        x0, y0, x1, y1 = box
        return {key for key in found if (b := boxes[key])[0] <= x1 and b[2] >= x0 and b[1] <= y1 and b[3] >= y0}

    def bounds(self) -> Box | None:
        """The box round all boxes, None when there are none."""
        if not self._boxes:
            return None
        boxes = self._boxes.values()
        return (
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )

    def _take_out(self, key: K, box: Box) -> None:
        if key in self._large:
            self._large.remove(key)
            return
        left, top, right, bottom = _span(box)
        for x in range(left, right + 1):
            for y in range(top, bottom + 1):
                cell = self._cells.get((x, y))
                if cell is not None:
                    cell.discard(key)
                    if not cell:
                        del self._cells[x, y]


_NOTHING: set = set()  # type: ignore[type-arg]


def _span(box: Box) -> tuple[int, int, int, int]:
    return floor(box[0] / CELL), floor(box[1] / CELL), floor(box[2] / CELL), floor(box[3] / CELL)
