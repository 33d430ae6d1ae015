"""Automatic placement: layers from left to right by fast-sugiyama, then sizes and ports made to fit.

The library gives each box its layer and its place in the layer, with stand-ins where a wire passes
a layer. Here boxes get coordinates that respect their sizes and bring wires to a straight line:
each layer in turn moves to where its neighbours want it, as near as the order allows.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from math import ceil
from typing import Any, Generic, TypeVar

import fast_sugiyama
from attrs import frozen

from blockstudio.graph.model import Position

K = TypeVar("K", bound=Hashable)

COLUMN_GAP = 100.0
ROW_GAP = 30.0
LINE = 1600.0
"""How long a line of a sequence gets."""
LINE_GAP = 130.0
"""Between the boxes of a sequence: room for a shape."""
LINE_DROP = 70.0
"""Between the lines of a sequence: room for the wire that runs back."""
LANE = 18.0
"""Height kept free for a wire that passes a layer."""
SWEEPS = 6
LOOSE_ROW = 1400.0
"""Boxes without wires are set in rows of this width."""
SHORTEST_WIRES = 600
"""Up to so many boxes the layers are chosen for the shortest wires."""
MOST_TURNED = 60
"""With more long wires than this each stays on the side that the library chose."""
STRAIGHT = 8.0
"""How much more the inside of a long wire insists on being straight than its ends do."""
LONG_END = 0.2


@frozen
class Box:
    width: float
    height: float


@frozen
class Wire(Generic[K]):
    """A wire, with how far its two ports are across the flow from the corners of their boxes."""

    source: K
    source_offset: float
    target: K
    target_offset: float


@frozen
class _Link:
    """One step of a wire between neighbouring layers."""

    start: int
    start_offset: float
    end: int
    end_offset: float
    weight: float


def arrange(
    boxes: Mapping[K, Box], wires: Iterable[Wire[K]], gap: float = COLUMN_GAP, grid: float = 10.0
) -> dict[K, Position]:
    """The top left corner of each box, the whole starting at (0, 0)."""
    return arranged(boxes, wires, gap, grid)[0]


def arranged(
    boxes: Mapping[K, Box], wires: Iterable[Wire[K]], gap: float = COLUMN_GAP, grid: float = 10.0
) -> tuple[dict[K, Position], dict[tuple[K, K], list[Position]]]:
    """The top left corner of each box, and the lane kept free for each wire that passes others: points along it."""
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
        inner = [
            _Part([boxes[key] for key in keys], placed, edges or pairs, _offsets(known, numbers))
            for placed, _, _, edges in parts
        ]
        for part in sorted(inner, key=lambda part: min(part.real)):
            corners, bottom = part.corners(gap, top)
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


class _Part:
    """A connected part of the graph."""

    def __init__(
        self,
        boxes: Sequence[Box],
        placed: Iterable[tuple[int, tuple[float, float]]],
        edges: Iterable[tuple[int, int]],
        offsets: Mapping[tuple[int, int], list[tuple[float, float]]],
    ) -> None:
        places = dict(placed)
        self.real = [number for number in places if number < len(boxes)]
        self._boxes = {number: boxes[number] if number < len(boxes) else Box(0.0, LANE) for number in places}
        levels = sorted({y for _, y in places.values()}, reverse=True)
        column = {y: index for index, y in enumerate(levels)}
        self.lanes: dict[tuple[int, int], list[Position]] = {}
        """By the two boxes that a long wire joins, once the `corners` are known."""
        self._chains: dict[tuple[int, int], list[int]] = {}
        """The stand-ins of a long wire, in its direction."""
        self._layers: list[list[int]] = [[] for _ in levels]
        for number, (_x, y) in sorted(places.items(), key=lambda item: (item[1][0], item[0])):
            self._layers[column[y]].append(number)
        self._layer_of = {number: layer for layer in self._layers for number in layer}
        self._links = list(self._links_of(edges, len(boxes), offsets, {n: column[y] for n, (_, y) in places.items()}))
        self._into: dict[int, list[_Link]] = {number: [] for number in places}
        self._out_of: dict[int, list[_Link]] = {number: [] for number in places}
        for link in self._links:
            self._out_of[link.start].append(link)
            self._into[link.end].append(link)
        self._ends = (
            {number: [(link.start, link.start_offset) for link in links] for number, links in self._into.items()},
            {number: [(link.end, link.end_offset) for link in links] for number, links in self._out_of.items()},
        )
        """The other ends of the links on both sides of each box."""

    def _links_of(
        self,
        edges: Iterable[tuple[int, int]],
        real: int,
        offsets: Mapping[tuple[int, int], list[tuple[float, float]]],
        column: Mapping[int, int],
    ) -> Iterable[_Link]:
        following: dict[int, int] = {}
        preceding: dict[int, int] = {}
        pairs = [pair for pair in edges if pair[0] in self._boxes and pair[1] in self._boxes]
        for start, end in pairs:
            if start >= real:
                following[start] = end
            if end >= real:
                preceding[end] = start
        for start, end in pairs:
            first, last = start, end
            while first >= real:
                first = preceding[first]
            while last >= real:
                last = following[last]
            if end >= real:
                self._chains.setdefault((first, last), []).append(end)
            for out_offset, in_offset in offsets.get((first, last)) or [(0.0, 0.0)]:
                inside = (start >= real) + (end >= real)
                weight = (1.0, LONG_END, STRAIGHT)[inside]
                yield _Link(
                    start,
                    LANE / 2 if start >= real else out_offset,
                    end,
                    LANE / 2 if end >= real else in_offset,
                    weight,
                )

    def corners(self, gap: float, top: float) -> tuple[dict[int, Position], float]:
        """Where the real boxes go, and the lowest edge."""
        self._untangle()
        ys = self._heights()
        highest = min(ys[number] for number in self.real)
        result: dict[int, Position] = {}
        passing: dict[int, tuple[Position, Position]] = {}
        x = 0.0
        for layer in self._layers:
            width = max(self._boxes[number].width for number in layer)
            for number in layer:
                y = ys[number] - highest + top
                if self._boxes[number].width:
                    result[number] = (x, y)
                else:
                    passing[number] = (x, y + LANE / 2), (x + width, y + LANE / 2)
            x += width + gap if width else gap / 2
        for pair, chain in self._chains.items():
            column = {number: passing[number][0][0] for number in chain}
            self.lanes[pair] = _lane([passing[number] for number in sorted(chain, key=column.__getitem__)])
        bottom = max(result[number][1] + self._boxes[number].height for number in self.real)
        return result, bottom

    def _untangle(self) -> None:
        """Swap neighbours while that uncrosses wires, which the library counts without looking at ports."""
        order = {number: index for layer in self._layers for index, number in enumerate(layer)}
        for _ in range(4):
            changed = False
            for layer in self._layers:
                for i in range(len(layer) - 1):
                    first, second = layer[i], layer[i + 1]
                    if self._crossed(first, second, order) > 0:
                        layer[i], layer[i + 1] = second, first
                        order[first], order[second] = i + 1, i
                        changed = True
            if not changed:
                break
        for chain in self._chains.values() if len(self._chains) <= MOST_TURNED else ():
            for step in (1, -1):
                if self._turned(chain, order, step):
                    break

    def _turned(self, chain: Sequence[int], order: dict[int, int], step: int) -> bool:
        """Let a whole long wire pass on the other side of its neighbours, if that uncrosses more than it crosses."""
        pairs = []
        for number in chain:
            layer = self._layer_of[number]
            place = order[number] + step
            if not 0 <= place < len(layer):
                return False
            pairs.append((number, layer[place]))
        near = {number for pair in pairs for number in pair}
        before = self._tangles(near, order)
        self._swap(pairs, order)
        if self._tangles(near, order) < before:
            return True
        self._swap(pairs, order)
        return False

    def _swap(self, pairs: Iterable[tuple[int, int]], order: dict[int, int]) -> None:
        for first, second in pairs:
            layer = self._layer_of[first]
            order[first], order[second] = order[second], order[first]
            layer[order[first]], layer[order[second]] = first, second

    def _tangles(self, near: Collection[int], order: Mapping[int, int]) -> int:
        """How often the wires at some boxes cross others of the same step."""
        count = 0
        steps = {id(link): link for number in near for link in (*self._into[number], *self._out_of[number])}
        for link in steps.values():
            start, end = (order[link.start], link.start_offset), (order[link.end], link.end_offset)
            for number in self._layer_of[link.start]:
                for other in self._out_of[number]:
                    first, last = (order[other.start], other.start_offset), (order[other.end], other.end_offset)
                    count += (first < start and last > end) or (first > start and last < end)
        return count

    def _crossed(self, upper: int, lower: int, order: Mapping[int, int]) -> int:
        """How many more crossings there are than if the two were swapped."""
        more = 0
        for ends in self._ends:
            below = [(order[number], offset) for number, offset in ends.get(lower, ())]
            if below:
                for number, offset in ends.get(upper, ()):
                    place = order[number], offset
                    for other in below:
                        more += (place > other) - (place < other)
        return more

    def _heights(self) -> dict[int, float]:
        ys: dict[int, float] = {}
        for layer in self._layers:
            y = 0.0
            for number in layer:
                ys[number] = y
                y += self._boxes[number].height + ROW_GAP
        for sweep in range(SWEEPS):
            forward = sweep % 2 == 0
            for layer in self._layers if forward else reversed(self._layers):
                self._settle(layer, ys, forward)
        for layer in self._layers:
            self._settle(layer, ys, True)
        # What nothing feeds follows what it feeds.
        for layer in self._layers:
            if not any(self._into[number] for number in layer):
                self._settle(layer, ys, False)
        return ys

    def _settle(self, layer: list[int], ys: dict[int, float], forward: bool) -> None:
        wishes, weights = [], []
        for number in layer:
            links = self._into[number] if forward else self._out_of[number]
            if not links:
                links = self._out_of[number] if forward else self._into[number]
            wanted = sorted(
                (
                    (ys[link.start] + link.start_offset - link.end_offset, link.weight)
                    if link.end == number
                    else (ys[link.end] + link.end_offset - link.start_offset, link.weight)
                )
                for link in links
            )
            wishes.append(_median(wanted))
            weights.append(sum(weight for _, weight in wanted))
        tops = _spread(wishes, weights, [self._room(a, b) for a, b in itertools.pairwise(layer)])
        for number, y in zip(layer, tops, strict=True):
            ys[number] = y

    def _room(self, upper: int, lower: int) -> float:
        """From the top of a box to the top of the next one below."""
        lanes = (not self._boxes[upper].width) + (not self._boxes[lower].width)
        return self._boxes[upper].height + (ROW_GAP, ROW_GAP / 2, 0.0)[lanes]


def _lane(stretches: Sequence[tuple[Position, Position]]) -> list[Position]:
    """The ends of the level parts of a line."""
    points: list[Position] = []
    for start, end in stretches:
        if points and points[-1][1] == start[1]:
            points[-1] = end
        else:
            points += [start, end]
    return points


def _median(wanted: Sequence[tuple[float, float]]) -> float:
    """The weighted median: one wish is fulfilled exactly, so that one wire is straight."""
    half = sum(weight for _, weight in wanted) / 2
    passed = 0.0
    for value, weight in wanted:
        passed += weight
        if passed >= half - 1e-9:
            return value
    return 0.0


def _spread(wishes: Sequence[float], weights: Sequence[float], rooms: Sequence[float]) -> list[float]:
    """The places nearest to the wishes (least squares) that keep the order and the room between neighbours."""
    offsets = [0.0]
    for room in rooms:
        offsets.append(offsets[-1] + room)
    # Pool adjacent violators: runs of boxes that touch move as one.
    runs: list[list[float]] = []  # value, weight, count
    for wish, weight, offset in zip(wishes, weights, offsets, strict=True):
        runs.append([wish - offset, weight, 1])
        while len(runs) > 1 and runs[-2][0] > runs[-1][0]:
            value, heavy, count = runs.pop()
            total = runs[-1][1] + heavy
            runs[-1][0] = (runs[-1][0] * runs[-1][1] + value * heavy) / total
            runs[-1][1] = total
            runs[-1][2] += count
    values = [value for value, _, count in runs for _ in range(int(count))]
    return [value + offset for value, offset in zip(values, offsets, strict=True)]


def _snapped(value: float, grid: float) -> float:
    return round(value / grid) * grid
