"""The automatic layout, applied to what stands on the canvas: along the flow, with what a frame holds kept in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from attrs import Factory, define
from PySide6.QtCore import QRectF

from blockstudio.graph.model import Position
from blockstudio.gui.canvas import layout
from blockstudio.gui.canvas.keys import Key
from blockstudio.gui.canvas.layers import column_gap
from blockstudio.gui.canvas.layout import Box, Wire
from blockstudio.gui.canvas.note_item import NoteItem
from blockstudio.gui.canvas.places import NOWHERE, snapped
from blockstudio.gui.canvas.scene import CanvasScene

FRAME_MARGIN = (24.0, 44.0, 24.0, 24.0)
"""Between a frame and what it holds: left, top, right, bottom."""
ROW_GAP = 60.0
"""Between the layers of a flow from top to bottom."""
_ALL: Key | None = None
"""The group that holds every other."""

Group = Key | None


@define
class Tidied:
    """Where things stand now and where they would, and the sizes of frames that had to change."""

    before: dict[Key, Position] = Factory(dict)
    after: dict[Key, Position] = Factory(dict)
    sizes: dict[Key, Position] = Factory(dict)


def tidied(scene: CanvasScene, only: Collection[Key] | None = None, *, down: bool = False) -> Tidied:
    """Nodes and pills laid out along the flow, the top left corner of all staying where it is.

    A note stays beside the node it stood next to. With `only`, nothing else is moved.
    """
    boxes, wires = scene.boxes_and_wires(only)
    if not boxes:
        return Tidied()
    frames = [note for note in scene.notes.values() if note.note.frame] if only is None else []
    tree = _Tree(scene, boxes, frames)
    gap = ROW_GAP if down else column_gap(scene.edges.values())
    places, sizes = tree.arranged(_ALL, boxes, wires, gap, down)
    result = Tidied()
    result.before = {key: (item.x(), item.y()) for key in places if (item := scene.thing(key)) is not None}
    dx, dy = snapped(min(x for x, _ in result.before.values()), min(y for _, y in result.before.values()))
    result.after = {key: (x + dx, y + dy) for key, (x, y) in places.items()}
    for frame in frames:
        if frame.key in sizes and sizes[frame.key] != (frame.width, frame.height):
            result.sizes[frame.key] = sizes[frame.key]
    if only is None:
        _take_along(result, [note for note in scene.notes.values() if note.key not in places], list(boxes))
    return result


def _take_along(result: Tidied, notes: Iterable[NoteItem], keys: Collection[Key]) -> None:
    for item in notes:
        place = (item.x(), item.y())
        nearest = _nearest(result.before, keys, place)
        before, after = result.before[nearest], result.after[nearest]
        result.before[item.key] = place
        result.after[item.key] = (place[0] + after[0] - before[0], place[1] + after[1] - before[1])


def _nearest(places: Mapping[Key, Position], keys: Iterable[Key], to: Position) -> Key:
    return min(keys, key=lambda key: (places[key][0] - to[0]) ** 2 + (places[key][1] - to[1]) ** 2)


class _Tree:
    """Which frame holds what."""

    def __init__(self, scene: CanvasScene, boxes: Iterable[Key], frames: Collection[NoteItem]) -> None:
        bodies = {frame.key: frame.body for frame in frames}
        self._parent: dict[Key, Group] = {}
        for key in boxes:
            item = scene.thing(key)
            self._parent[key] = _around(bodies, item.body) if item is not None else None
        used = {parent for parent in self._parent.values() if parent is not None}
        while used:  # frames round frames
            outer = {key: _around({k: b for k, b in bodies.items() if k != key}, bodies[key]) for key in used}
            used = {parent for key, parent in outer.items() if parent is not None and parent not in self._parent}
            self._parent |= outer

    def arranged(
        self, group: Group, boxes: Mapping[Key, Box], wires: Collection[Wire[Key]], gap: float, down: bool
    ) -> tuple[dict[Key, Position], dict[Key, Position]]:
        """The places of all that a group holds, however deep, and the sizes of the frames among it."""
        places: dict[Key, Position] = {}
        sizes: dict[Key, Position] = {}
        inside: dict[Key, dict[Key, Position]] = {}
        own: dict[Key, Box] = {}
        left, top, right, bottom = FRAME_MARGIN
        for key in boxes:
            child = self._child(group, key)
            if child is None or child in own:
                continue
            own[child] = boxes.get(child, Box(0, 0))
            if child not in boxes:
                inner, inner_sizes = self.arranged(child, boxes, wires, gap, down)
                sizes |= inner_sizes
                inside[child] = {k: (x + left, y + top) for k, (x, y) in inner.items()}
                width = max(x + (boxes[k].width if k in boxes else sizes[k][0]) for k, (x, y) in inside[child].items())
                height = max(
                    y + (boxes[k].height if k in boxes else sizes[k][1]) for k, (x, y) in inside[child].items()
                )
                sizes[child] = (width + right, height + bottom)
                own[child] = Box(*sizes[child])
        links = self._links(group, boxes, wires, inside, down)
        for child, (x, y) in _flow(own, links, gap, down).items():
            places[child] = (x, y)
            for key, (dx, dy) in inside.get(child, {}).items():
                places[key] = (x + dx, y + dy)
        return places, sizes

    def _child(self, group: Group, key: Key) -> Key | None:
        """What stands for a thing among those a group holds directly; None for what it does not hold."""
        while (parent := self._parent.get(key)) != group:
            if parent is None:
                return None
            key = parent
        return key

    def _links(
        self,
        group: Group,
        boxes: Mapping[Key, Box],
        wires: Iterable[Wire[Key]],
        inside: Mapping[Key, Mapping[Key, Position]],
        down: bool,
    ) -> list[Wire[Key]]:
        found = []
        for wire in wires:
            start, end = self._child(group, wire.source), self._child(group, wire.target)
            if start is None or end is None or start == end:
                continue
            first = inside.get(start, {}).get(wire.source, NOWHERE)
            last = inside.get(end, {}).get(wire.target, NOWHERE)
            if down:
                out, into = first[0] + boxes[wire.source].width / 2, last[0] + boxes[wire.target].width / 2
            else:
                out, into = first[1] + wire.source_offset, last[1] + wire.target_offset
            found.append(Wire(start, out, end, into))
        return _without_cycles(found) if inside else found


def _flow(boxes: Mapping[Key, Box], wires: Iterable[Wire[Key]], gap: float, down: bool) -> dict[Key, Position]:
    if not down:
        return layout.arrange(boxes, wires, gap)
    turned = layout.arrange({key: Box(box.height, box.width) for key, box in boxes.items()}, wires, gap)
    return {key: (y, x) for key, (x, y) in turned.items()}


def _around(bodies: Mapping[Key, QRectF], body: QRectF) -> Key | None:
    """The smallest frame that holds the middle of something, and is larger than it."""
    area = body.width() * body.height()
    holding = [(b.width() * b.height(), key) for key, b in bodies.items() if b.contains(body.center())]
    return min((found for found in holding if found[0] > area), default=(0.0, None))[1]


def _without_cycles(wires: Iterable[Wire[Key]]) -> list[Wire[Key]]:
    """Frames that feed each other go round in a circle: the wires that close it say nothing of the order."""
    following: dict[Key, list[Wire[Key]]] = {}
    for wire in wires:
        following.setdefault(wire.source, []).append(wire)
    kept: list[Wire[Key]] = []
    done: set[Key] = set()
    for first in following:
        path = [(first, iter(following[first]))] if first not in done else []
        open_here = {first}
        while path:
            key, rest = path[-1]
            for wire in rest:
                if wire.target in open_here:
                    continue
                kept.append(wire)
                if wire.target not in done:
                    open_here.add(wire.target)
                    path.append((wire.target, iter(following.get(wire.target, ()))))
                    break
            else:
                path.pop()
                open_here.discard(key)
                done.add(key)
    return kept
