"""A connected part of a graph, in the layers that the library chose: untangled, and each box at its height.

The order in a layer is kept but for swaps that uncross wires. Then each layer in turn moves to where
its neighbours want it, as near as the order allows, so that wires come to be straight. In a graph that is
nearly a chain, such as a U-Net, that chain is straight, and wires that skip a part of it run level beside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import frozen

from blockstudio.graph.model import Position
from blockstudio.gui.canvas.layout.spine import Offsets, Pair, Way, axes, is_below, part_sides, spine
from blockstudio.gui.canvas.layout.steps import Steps

ROW_GAP = 30.0
LANE = 18.0
"""Height kept free for a wire that passes a layer."""
BESIDE = 30.0
"""From one wire that skips a part of the straight way to the next: a shape stands on each."""
SWEEPS = 6
MOST_TURNED = 60
"""With more long wires than this each stays on the side that the library chose."""
STRAIGHT = 8.0
"""How much more the inside of a long wire insists on being straight than its ends do."""
LONG_END = 0.2
FIRM = 1e9
"""How much more a box of the straight way insists on its place than all others do."""
FAR = 1e6
"""More than any box is high: the place of a port is that of its box in a layer, times this, and its own."""


@frozen
class Box:
    width: float
    height: float


Link = tuple[int, float, int, float]
"""One step of a wire between neighbouring layers: where it starts and ends, each with the height of the port."""
Pull = tuple[int, float, float]
"""A box in the next layer, how far below it one would be level with it, and how much that counts."""


class Part:
    """Boxes by number; those beyond the `real` ones stand for long wires that pass a layer."""

    def __init__(
        self,
        boxes: Sequence[Box],
        placed: Iterable[tuple[int, tuple[float, float]]],
        edges: Iterable[tuple[int, int]],
        offsets: Offsets,
    ) -> None:
        places = dict(placed)
        self.real = [number for number in places if number < len(boxes)]
        self._boxes = {number: boxes[number] if number < len(boxes) else Box(0.0, LANE) for number in places}
        levels = sorted({y for _, y in places.values()}, reverse=True)
        column = {y: index for index, y in enumerate(levels)}
        self.lanes: dict[Pair, list[Position]] = {}
        """By the two boxes that a long wire joins, once the `corners` are known."""
        self._chains: dict[Pair, list[int]] = {}
        """The stand-ins of a long wire, in its direction."""
        self._beside: dict[Pair, tuple[list[int], bool]] = {}
        """The same of those beside the straight way, and whether they are below it."""
        self._axes: dict[int, float] = {}
        """Of each box on the straight way: how far below its top that meets it."""
        self._layers: list[list[int]] = [[] for _ in levels]
        for number, (_x, y) in sorted(places.items(), key=lambda item: (item[1][0], item[0])):
            self._layers[column[y]].append(number)
        self._columns = {number: column[y] for number, (_x, y) in places.items()}
        self._layer_of = {number: layer for layer in self._layers for number in layer}
        self._into: dict[int, list[Link]] = {number: [] for number in places}
        self._out_of: dict[int, list[Link]] = {number: [] for number in places}
        self._before: dict[int, list[Pull]] = {number: [] for number in places}
        self._after: dict[int, list[Pull]] = {number: [] for number in places}
        self._link(edges, len(boxes), offsets)

    def _link(self, edges: Iterable[tuple[int, int]], real: int, offsets: Offsets) -> None:
        following: dict[int, int] = {}
        preceding: dict[int, int] = {}
        pairs = [pair for pair in edges if pair[0] in self._boxes and pair[1] in self._boxes]
        for start, end in pairs:
            if start >= real:
                following[start] = end
            if end >= real:
                preceding[end] = start
        ways: list[Way] = []
        for start, end in pairs:
            first, last = start, end
            while first >= real:
                first = preceding[first]
            while last >= real:
                last = following[last]
            if end >= real:
                self._chains.setdefault((first, last), []).append(end)
            ways.append((start, end, first, last))
        self._straighten(pairs, ways, real, offsets)
        beside = {number for chain, _ in self._beside.values() for number in chain}
        for start, end, first, last in ways:
            if start in beside or end in beside:
                continue
            weight = (1.0, LONG_END, STRAIGHT)[(start >= real) + (end >= real)]
            for out, into in offsets.get((first, last)) or [(0.0, 0.0)]:
                out, into = LANE / 2 if start >= real else out, LANE / 2 if end >= real else into
                link = start, out, end, into
                self._out_of[start].append(link)
                self._into[end].append(link)
                self._after[start].append((end, into - out, weight))
                self._before[end].append((start, out - into, weight))

    def _straighten(self, pairs: Sequence[Pair], ways: Sequence[Way], real: int, offsets: Offsets) -> None:
        """Where the graph is nearly a chain, that gets a line of its own, and what skips a part of it none."""
        way = spine(self._layers, pairs, offsets, real)
        if not way:
            return
        self._axes = axes(way, offsets)
        for pair in [pair for pair in self._chains if set(pair) <= self._axes.keys()]:
            chain = self._chains.pop(pair)
            self._beside[pair] = chain, is_below(pair, way, offsets)
            for number in chain:
                self._layer_of[number].remove(number)
        part_sides(self._layers, way, (step for step in ways if step[2:] not in self._beside), offsets)

    def corners(self, gap: float, top: float) -> Steps[tuple[dict[int, Position], float]]:
        """Where the real boxes go, and the lowest edge."""
        yield from self._untangle()
        ys = yield from self._heights()
        self._pass_beside(ys)
        highest = min(ys.values()) if self._beside else min(ys[number] for number in self.real)
        result: dict[int, Position] = {}
        passing: dict[int, tuple[Position, Position]] = {}
        x = 0.0
        beside: list[list[int]] = [[] for _ in self._layers]
        for number in (number for chain, _ in self._beside.values() for number in chain):
            beside[self._columns[number]].append(number)
        for layer, passed in zip(self._layers, beside, strict=True):
            width = max([self._boxes[number].width for number in layer], default=0.0)
            for number in (*layer, *passed):
                y = ys[number] - highest + top
                if self._boxes[number].width:
                    result[number] = (x, y)
                else:
                    passing[number] = (x, y + LANE / 2), (x + width, y + LANE / 2)
            x += width + gap if width else gap / 2
        yield
        chains = self._chains | {pair: chain for pair, (chain, _) in self._beside.items()}
        for pair, chain in chains.items():
            column = {number: passing[number][0][0] for number in chain}
            self.lanes[pair] = _lane([passing[number] for number in sorted(chain, key=column.__getitem__)])
        bottom = max(ys[number] + self._boxes[number].height for number in ys) - highest + top
        return result, bottom

    # --- order ------------------------------------------------------------------------------------

    def _untangle(self) -> Steps[None]:
        """Swap neighbours while that uncrosses wires, which the library counts without looking at ports."""
        order = {number: index for layer in self._layers for index, number in enumerate(layer)}
        stale = set(range(len(self._layers)))
        for _ in range(4):
            for index, layer in enumerate(self._layers):
                if index in stale:
                    stale.discard(index)
                    if self._uncross(layer, order):
                        stale |= {index - 1, index, index + 1}
                    yield
        for chain in self._chains.values() if len(self._chains) <= MOST_TURNED else ():
            for step in (1, -1):
                if self._turned(chain, order, step):
                    break
            yield

    def _uncross(self, layer: list[int], order: dict[int, int]) -> bool:
        """Go through a layer once; whether anything was swapped."""
        ends = [
            (
                [order[start] * FAR + out for start, out, _, _ in self._into[number]],
                [order[end] * FAR + into for _, _, end, into in self._out_of[number]],
            )
            for number in layer
        ]
        swapped = False
        for i in range(len(layer) - 1):
            if _crossed(ends[i], ends[i + 1]) > 0:
                first, second = layer[i], layer[i + 1]
                layer[i], layer[i + 1] = second, first
                ends[i], ends[i + 1] = ends[i + 1], ends[i]
                order[first], order[second] = i + 1, i
                swapped = True
        return swapped

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
        links = {id(link): link for number in near for link in (*self._into[number], *self._out_of[number])}
        for begin, out, finish, into in links.values():
            start, end = (order[begin], out), (order[finish], into)
            for number in self._layer_of[begin]:
                for other_begin, other_out, other_finish, other_into in self._out_of[number]:
                    first, last = (order[other_begin], other_out), (order[other_finish], other_into)
                    count += (first < start and last > end) or (first > start and last < end)
        return count

    # --- heights ----------------------------------------------------------------------------------

    def _heights(self) -> Steps[dict[int, float]]:
        ys: dict[int, float] = {}
        for layer in self._layers:
            y = 0.0
            for number in layer:
                ys[number] = y
                y += self._boxes[number].height + ROW_GAP
        columns = [self._column(layer) for layer in self._layers]
        yield
        for sweep in range(SWEEPS):
            forward = sweep % 2 == 0
            for column in columns if forward else reversed(columns):
                column.settle(ys, forward)
                yield
        for column in columns:
            column.settle(ys, True)
            yield
        # What nothing feeds follows what it feeds.
        for column in columns:
            if not any(self._into[number] for number in column.boxes):
                column.settle(ys, False)
                yield
        return ys

    def _pass_beside(self, ys: dict[int, float]) -> None:
        """Wires that skip a part of the straight way pass what is there, the shorter ones nearer."""
        above = [min((ys[number] for number in layer), default=0.0) - BESIDE / 2 for layer in self._layers]
        below = [
            max((ys[n] + self._boxes[n].height for n in layer), default=0.0) + BESIDE / 2 for layer in self._layers
        ]
        for chain, under in sorted(self._beside.values(), key=lambda beside: len(beside[0])):
            passed = [self._columns[number] for number in chain]
            y = max(below[column] for column in passed) if under else min(above[column] for column in passed) - LANE
            for number, column in zip(chain, passed, strict=True):
                ys[number] = y
                below[column], above[column] = (
                    (y + BESIDE, above[column]) if under else (below[column], y - BESIDE + LANE)
                )

    def _column(self, layer: Sequence[int]) -> _Column:
        rooms = [self._room(upper, lower) for upper, lower in itertools.pairwise(layer)]
        before = [self._before[number] or self._after[number] for number in layer]
        after = [self._after[number] or self._before[number] for number in layer]
        held = next((index for index, number in enumerate(layer) if number in self._axes), None)
        weights = tuple([sum([weight for _, _, weight in pulls]) for pulls in side] for side in (after, before))
        if held is not None:
            for side in weights:
                side[held] = FIRM
        return _Column(
            layer,
            list(itertools.accumulate(rooms, initial=0.0)),
            (after, before),
            weights,
            None if held is None else (held, -self._axes[layer[held]]),
        )

    def _room(self, upper: int, lower: int) -> float:
        """From the top of a box to the top of the next one below."""
        lanes = (not self._boxes[upper].width) + (not self._boxes[lower].width)
        return self._boxes[upper].height + (ROW_GAP, ROW_GAP / 2, 0.0)[lanes]


@frozen
class _Column:
    """The boxes of a layer in their order, from top to bottom."""

    boxes: Sequence[int]
    tops: Sequence[float]
    """How far each is at least below the first."""
    pulls: Sequence[Sequence[Sequence[Pull]]]
    """Of each box, to what follows and to what comes before, or to the only side where there is something."""
    weights: Sequence[Sequence[float]]
    """How much they count together, for each box and both sides."""
    held: tuple[int, float] | None = None
    """The one of them that stays where it is, and where that is."""

    def settle(self, ys: dict[int, float], forward: bool) -> None:
        """Bring it to where its neighbours want it."""
        weights = self.weights[forward]
        wishes = []
        for pulls, total in zip(self.pulls[forward], weights, strict=True):
            if len(pulls) == 1:
                box, shift, _ = pulls[0]
                wishes.append(ys[box] + shift)
            else:
                wishes.append(_median(sorted([(ys[box] + shift, weight) for box, shift, weight in pulls]), total))
        if self.held is not None:
            index, y = self.held
            wishes[index] = y
        for number, y in zip(self.boxes, _spread(wishes, weights, self.tops), strict=True):
            ys[number] = y


def _crossed(upper: tuple[list[float], list[float]], lower: tuple[list[float], list[float]]) -> int:
    """How many more wires of two neighbours in a layer cross than if the two were swapped."""
    more = 0
    for places, others in zip(upper, lower, strict=True):
        for place in places:
            for other in others:
                if place > other:
                    more += 1
                elif place < other:
                    more -= 1
    return more


def _lane(stretches: Sequence[tuple[Position, Position]]) -> list[Position]:
    """The ends of the level parts of a line."""
    points: list[Position] = []
    for start, end in stretches:
        if points and points[-1][1] == start[1]:
            points[-1] = end
        else:
            points += [start, end]
    return points


def _median(wanted: Sequence[tuple[float, float]], total: float) -> float:
    """The weighted median: one wish is fulfilled exactly, so that one wire is straight."""
    passed, half = 0.0, total / 2 - 1e-9
    for value, weight in wanted:
        passed += weight
        if passed >= half:
            return value
    return 0.0


def _spread(wishes: Sequence[float], weights: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """The places nearest to the wishes (least squares) that keep the order, and at least these distances."""
    # Pool adjacent violators: runs of boxes that touch move as one.
    runs: list[tuple[float, float, int]] = []
    last, heavy, more = float("-inf"), 0.0, 0  # the run under way
    for wish, weight, offset in zip(wishes, weights, offsets, strict=True):
        value, count = wish - offset, 1
        while last > value:
            total = heavy + weight
            value = (last * heavy + value * weight) / total
            weight, count = total, count + more
            last, heavy, more = runs.pop()
        runs.append((last, heavy, more))
        last, heavy, more = value, weight, count
    runs.append((last, heavy, more))
    values = [value for value, _, count in runs for _ in range(count)]
    return [value + offset for value, offset in zip(values, offsets, strict=True)]
