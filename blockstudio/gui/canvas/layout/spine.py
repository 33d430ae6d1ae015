"""The straight way through a graph that is nearly a chain, and the wires that skip a part of it: level, beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

SHARE = 2 / 3
"""A way through at least so many of the boxes is what the others are drawn beside."""

Pair = tuple[int, int]
Way = tuple[int, int, int, int]
"""One step of a wire, and the two boxes that the whole of it joins."""
Offsets = Mapping[Pair, Sequence[tuple[float, float]]]
"""The heights of the ports at both ends of the wires from box to box."""


def spine(layers: Sequence[Sequence[int]], wires: Iterable[Pair], offsets: Offsets, real: int) -> list[int]:
    """The longest way from layer to layer, of two by the upper port; nothing where it leaves out too many boxes."""
    least = max(3.0, SHARE * sum(number < real for layer in layers for number in layer))
    if len(layers) < least:
        return []
    feeding: dict[int, list[int]] = {}
    for start, end in wires:
        if start < real and end < real:
            feeding.setdefault(end, []).append(start)
    lengths: dict[int, int] = {}
    before: dict[int, int] = {}
    for number in (number for layer in layers for number in layer if number < real):
        known = [start for start in feeding.get(number, ()) if start in lengths]
        known.sort(key=lambda start: min(into for _, into in offsets.get((start, number), [(0.0, 0.0)])))
        first = max(known, key=lengths.__getitem__, default=None)
        lengths[number] = 1
        if first is not None:
            lengths[number], before[number] = lengths[first] + 1, first
    way = [max(lengths, key=lengths.__getitem__)]
    while way[-1] in before:
        way.append(before[way[-1]])
    return way[::-1] if len(way) >= least else []


def axes(way: Sequence[int], offsets: Offsets) -> dict[int, float]:
    """How far below its top each box of a way is to be met by it: at its only port of a side, its output first."""
    into: dict[int, set[float]] = {number: set() for number in way}
    out: dict[int, set[float]] = {number: set() for number in way}
    for (start, end), ends in offsets.items():
        out.setdefault(start, set()).update(height for height, _ in ends)
        into.setdefault(end, set()).update(height for _, height in ends)
    found = {}
    for number in way:
        sides = [side for side in (out[number], into[number]) if side]
        single = [side for side in sides if len(side) == 1]
        found[number] = min((single or sides)[0])
    return found


def part_sides(layers: Iterable[list[int]], way: Sequence[int], ways: Iterable[Way], offsets: Offsets) -> None:
    """Set each branch beside a way on the side of the ports where it comes back to it, or else where it leaves."""
    place = {number: index for index, number in enumerate(way)}
    branch: dict[int, int] = {}

    def root(number: int) -> int:
        while branch.setdefault(number, number) != number:
            number = branch[number]
        return number

    ways = list(ways)
    for start, end, _, _ in ways:
        if start not in place and end not in place:
            branch[root(start)] = root(end)
    back: dict[int, set[bool]] = {}
    off: dict[int, set[bool]] = {}
    for start, end, first, last in ways:
        out, into = offsets[first, last][0]
        if start not in place and place.get(end, 0) > 0:
            straight = offsets[way[place[end] - 1], end][0][1]
            back.setdefault(root(start), set()).add(into > straight)
        elif end not in place and place.get(start, len(way)) < len(way) - 1:
            straight = offsets[start, way[place[start] + 1]][0][0]
            if out != straight:
                off.setdefault(root(end), set()).add(out > straight)
    for layer in layers:
        held = next((index for index, number in enumerate(layer) if number in place), None)
        if held is None:
            continue
        sides: tuple[list[int], list[int]] = ([], [])
        for index, number in enumerate(layer):
            wanted = back.get(root(number)) or off.get(root(number), set())
            if index != held:
                sides[wanted == {True} or (index > held and wanted != {False})].append(number)
        layer[:] = [*sides[False], layer[held], *sides[True]]


def is_below(pair: Pair, way: Sequence[int], offsets: Offsets) -> bool:
    """On which side of a way a wire skips a part of it: that of its port at the end, or else at the start."""
    start, end = pair
    before, after = way[way.index(end) - 1], way[way.index(start) + 1]
    out, into = offsets[pair][0]
    beside_out, beside_into = offsets[start, after][0][0], offsets[before, end][0][1]
    return into > beside_into or (into == beside_into and out >= beside_out)
