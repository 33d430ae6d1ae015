"""The automatic layout, applied to what stands on the canvas: along the flow, with what a frame holds kept in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from attrs import Factory, define
from PySide6.QtCore import QRectF

from blockstudio.graph.model import BOUNDARY, Endpoint, Position
from blockstudio.gui.canvas import flow
from blockstudio.gui.canvas.keys import Key
from blockstudio.gui.canvas.layers import column_gap
from blockstudio.gui.canvas.layout import Box, Wire
from blockstudio.gui.canvas.look import PORT_Y
from blockstudio.gui.canvas.measuring import Lanes, Wires, boxes_and_wires, needed_lanes
from blockstudio.gui.canvas.note_item import NoteItem
from blockstudio.gui.canvas.places import NOWHERE, snapped
from blockstudio.gui.canvas.scene import CanvasScene

FRAME_MARGIN = (24.0, 44.0, 24.0, 24.0)
"""Between a frame and what it holds: left, top, right, bottom."""
ROW_GAP = 80.0
"""Between the layers of a flow from top to bottom."""
_ALL: Key | None = None
"""The group that holds every other."""

Group = Key | None


@define
class Tidied:
    """Where things stand now and where they would, with the sizes of frames that change.

    `routes` are the points of every wire that was laid out; most have none.
    """

    before: dict[Key, Position] = Factory(dict)
    after: dict[Key, Position] = Factory(dict)
    sizes: dict[Key, Position] = Factory(dict)
    routes: Lanes = Factory(dict)


@define
class _Placed:
    """What a group holds, however deep, from its corner: places, sizes of frames, lanes of wires."""

    places: dict[Key, Position] = Factory(dict)
    sizes: dict[Key, Position] = Factory(dict)
    lanes: Lanes = Factory(dict)

    def moved(self, dx: float, dy: float) -> _Placed:
        return _Placed(
            {key: (x + dx, y + dy) for key, (x, y) in self.places.items()},
            self.sizes,
            {target: tuple((x + dx, y + dy) for x, y in points) for target, points in self.lanes.items()},
        )

    def take_in(self, other: _Placed) -> None:
        self.places |= other.places
        self.sizes |= other.sizes
        self.lanes |= other.lanes


def tidied(scene: CanvasScene, only: Collection[Key] | None = None) -> Tidied:
    """Nodes and pills laid out along the flow, the top left corner of all staying where it is.

    A note stays beside the node it stood next to. With `only`, nothing else is moved.
    """
    down = scene.down
    boxes, wires = boxes_and_wires(scene, only)
    if not boxes or not scene.graph.nodes:
        return Tidied()
    frames = [note for note in scene.notes.values() if note.note.frame] if only is None else []
    gap = ROW_GAP if down else column_gap(scene.edges.values())
    placed = _Tree(scene, boxes, frames).placed(_ALL, boxes, {**wires, **_to_come(boxes, wires, down)}, gap, down)
    placed.lanes = {target: lane for target, lane in placed.lanes.items() if target in wires}
    result = Tidied()
    result.before = {key: (item.x(), item.y()) for key in placed.places if (item := scene.thing(key)) is not None}
    corner = snapped(min(x for x, _ in result.before.values()), min(y for _, y in result.before.values()))
    placed = placed.moved(*corner)
    result.after = placed.places
    for frame in frames:
        if frame.key in placed.sizes and placed.sizes[frame.key] != (frame.width, frame.height):
            result.sizes[frame.key] = placed.sizes[frame.key]
    lanes = needed_lanes(placed.lanes, boxes, wires, placed.places, down)
    result.routes = dict.fromkeys(wires, ()) | lanes
    if only is None:
        _take_along(result, [note for note in scene.notes.values() if note.key not in placed.places], list(boxes))
    return result


def _to_come(boxes: Mapping[Key, Box], wires: Wires, down: bool) -> dict[Endpoint, Wire[Key]]:
    """Wires to outputs that nothing feeds yet, from what leads nowhere yet: they stand at the end all the same."""
    sources = {wire.source for wire in wires.values()}
    targets = {wire.target for wire in wires.values()}
    ends = [key for key in boxes if key.kind == "node" and key not in sources]
    return {
        Endpoint(BOUNDARY, key.name): Wire(
            ends[-1], boxes[ends[-1]].width / 2 if down else PORT_Y, key, (box.width if down else box.height) / 2
        )
        for key, box in boxes.items()
        if ends and key.kind == "output" and key not in targets
    }


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

    def placed(
        self,
        group: Group,
        boxes: Mapping[Key, Box],
        wires: Wires,
        gap: float,
        down: bool,
    ) -> _Placed:
        """All that a group holds, the frames among it as boxes of their own."""
        result = _Placed()
        inside: dict[Key, _Placed] = {}
        own: dict[Key, Box] = {}
        left, top, right, bottom = FRAME_MARGIN
        for key in boxes:
            child = self._child(group, key)
            if child is None or child in own:
                continue
            if child in boxes:
                own[child] = boxes[child]
                continue
            inner = inside[child] = self.placed(child, boxes, wires, gap, down).moved(left, top)
            sized = [(x, y, boxes.get(k) or Box(*inner.sizes[k])) for k, (x, y) in inner.places.items()]
            ends = [points for lane in inner.lanes.values() for points in lane]
            width = max([x + box.width for x, _, box in sized] + [x for x, _ in ends])
            height = max([y + box.height for _, y, box in sized] + [y for _, y in ends])
            own[child] = Box(width + right, height + bottom)
            inner.sizes[child] = (own[child].width, own[child].height)
        links = self._links(group, boxes, wires, inside, down)
        places, lanes = flow.arranged(own, [link for _, link in links], gap, down=down)
        for target, link in links:
            if (link.source, link.target) in lanes:
                result.lanes[target] = tuple(lanes[link.source, link.target])
        for child, (x, y) in places.items():
            result.places[child] = (x, y)
            if child in inside:
                result.take_in(inside[child].moved(x, y))
        return result

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
        wires: Wires,
        inside: Mapping[Key, _Placed],
        down: bool,
    ) -> list[tuple[Endpoint, Wire[Key]]]:
        found = []
        for target, wire in wires.items():
            start, end = self._child(group, wire.source), self._child(group, wire.target)
            if start is None or end is None or start == end:
                continue
            first = inside[start].places[wire.source] if start in inside else NOWHERE
            last = inside[end].places[wire.target] if end in inside else NOWHERE
            side = 0 if down else 1
            out, into = first[side] + wire.source_offset, last[side] + wire.target_offset
            found.append((target, Wire(start, out, end, into)))
        return _without_cycles(found) if inside else found


def _around(bodies: Mapping[Key, QRectF], body: QRectF) -> Key | None:
    """The smallest frame that holds the middle of something, and is larger than it."""
    area = body.width() * body.height()
    holding = [(b.width() * b.height(), key) for key, b in bodies.items() if b.contains(body.center())]
    return min((found for found in holding if found[0] > area), default=(0.0, None))[1]


def _without_cycles(wires: Iterable[tuple[Endpoint, Wire[Key]]]) -> list[tuple[Endpoint, Wire[Key]]]:
    """Frames that feed each other go round in a circle: the wires that close it say nothing of the order."""
    following: dict[Key, list[tuple[Endpoint, Wire[Key]]]] = {}
    for target, wire in wires:
        following.setdefault(wire.source, []).append((target, wire))
    kept: list[tuple[Endpoint, Wire[Key]]] = []
    done: set[Key] = set()
    for first in following:
        path = [(first, iter(following[first]))] if first not in done else []
        open_here = {first}
        while path:
            key, rest = path[-1]
            for target, wire in rest:
                if wire.target in open_here:
                    continue
                kept.append((target, wire))
                if wire.target not in done:
                    open_here.add(wire.target)
                    path.append((wire.target, iter(following.get(wire.target, ()))))
                    break
            else:
                path.pop()
                open_here.discard(key)
                done.add(key)
    return kept
