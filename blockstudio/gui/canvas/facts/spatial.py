"""Which things lie near a place: a grid of square cells over bounding boxes.

Hit tests and the choice of what is in view must not cost more the larger the graph is, which
walking all of Qt's items does.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from collections.abc import Set as AbstractSet
from math import floor
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
Box = tuple[float, float, float, float]
"""left, top, right, bottom"""

Span = tuple[int, int, int, int]
"""The cells of the corners: left, top, right, bottom."""

CELL = 512.0
MOST_ANSWERS = 8
LARGEST = 64
"""A box over more cells than this is sorted into larger ones."""
LARGER = 8


class SpatialIndex(Generic[K]):
    """Boxes by key. They are sorted into cells when somebody looks for one: while things move, nobody does."""

    def __init__(self, measure: Callable[[K], Box] | None = None, cell: float = CELL) -> None:
        self._cell = cell
        self._measure = measure
        """Tells the box of what was touched."""
        self._touched: set[K] = set()
        self._boxes: dict[K, Box] = {}
        self._spans: dict[K, Span] = {}
        """Of the boxes that are sorted in."""
        self._unsorted: set[K] = set()
        self._cells: dict[tuple[int, int], dict[K, Box]] = {}
        self._large: SpatialIndex[K] | None = None
        self._answers: dict[Box, set[K]] = {}
        """What was found since the last change: several layers ask for what is in the same part of the view."""

    def __len__(self) -> int:
        return len(self._boxes)

    def __contains__(self, key: K) -> bool:
        return key in self._boxes

    def box(self, key: K) -> Box | None:
        self._measure_touched()
        return self._boxes.get(key)

    def put(self, key: K, box: Box) -> None:
        """Put a box in, or in the place of the one it had."""
        self._boxes[key] = box
        self._unsorted.add(key)
        self._answers.clear()

    def touch(self, keys: AbstractSet[K]) -> None:
        """These, as far as they are here, have other boxes now: which, is measured when somebody looks."""
        self._touched |= keys & self._boxes.keys()
        self._answers.clear()

    def remove(self, key: K) -> None:
        self._touched.discard(key)
        if self._boxes.pop(key, None) is not None:
            self._unsorted.add(key)
            self._answers.clear()

    def clear(self) -> None:
        for store in (self._boxes, self._spans, self._cells, self._answers):
            store.clear()
        self._touched.clear()
        self._unsorted.clear()
        self._large = None

    def near(self, box: Box) -> set[K]:
        """The keys whose boxes touch a box."""
        if (known := self._answers.get(box)) is not None:
            return set(known)
        self._sort()
        left, top, right, bottom = self._span(box)
        found: dict[K, Box] = {}
        if (right - left + 1) * (bottom - top + 1) > max(len(self._cells), LARGEST):
            found = self._boxes
        else:
            for x in range(left, right + 1):
                for y in range(top, bottom + 1):
                    found.update(self._cells.get((x, y), ()))
        x0, y0, x1, y1 = box
        near = {key for key, b in found.items() if b[0] <= x1 and b[2] >= x0 and b[1] <= y1 and b[3] >= y0}
        if self._large is not None:
            near |= self._large.near(box)
        if len(self._answers) == MOST_ANSWERS:
            self._answers.clear()
        self._answers[box] = near
        return set(near)

    def bounds(self) -> Box | None:
        """The box round all boxes, None when there are none."""
        if not self._boxes:
            return None
        self._measure_touched()
        lefts, tops, rights, bottoms = zip(*self._boxes.values(), strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    def _span(self, box: Box) -> Span:
        cell = self._cell
        return floor(box[0] / cell), floor(box[1] / cell), floor(box[2] / cell), floor(box[3] / cell)

    def _measure_touched(self) -> None:
        if self._touched and self._measure is not None:
            self._boxes |= {key: self._measure(key) for key in self._touched}
            self._unsorted |= self._touched
            self._touched.clear()

    def _sort(self) -> None:
        self._measure_touched()
        boxes, spans, cells = self._boxes, self._spans, self._cells
        for key in self._unsorted:
            box, before = boxes.get(key), spans.get(key)
            span = self._span(box) if box is not None else None
            if span != before and before is not None:
                self._take_out(key, spans.pop(key))
            if box is None or span is None:
                continue
            spans[key] = span
            left, top, right, bottom = span
            if (right - left + 1) * (bottom - top + 1) > LARGEST:
                if self._large is None:
                    self._large = SpatialIndex(cell=LARGER * self._cell)
                self._large.put(key, box)
            else:
                for x in range(left, right + 1):
                    for y in range(top, bottom + 1):
                        cell = cells.get((x, y))
                        if cell is None:
                            cell = cells[x, y] = {}
                        cell[key] = box
        self._unsorted.clear()

    def _take_out(self, key: K, span: Span) -> None:
        if self._large is not None and key in self._large:
            self._large.remove(key)
            return
        left, top, right, bottom = span
        for x in range(left, right + 1):
            for y in range(top, bottom + 1):
                cell = self._cells[x, y]
                del cell[key]
                if not cell:
                    del self._cells[x, y]
