"""The automatic layout, applied to what stands on the canvas: along the flow, with what a frame holds kept in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from attrs import Factory, define, frozen

from blockstudio.graph.model import BOUNDARY, Endpoint, Position
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.facts.places import NOWHERE, snapped
from blockstudio.gui.canvas.facts.spatial import Box as Rect
from blockstudio.gui.canvas.layout import flow
from blockstudio.gui.canvas.layout.layering import Box
from blockstudio.gui.canvas.layout.layout import Wire
from blockstudio.gui.canvas.layout.steps import Steps
from blockstudio.gui.canvas.painting.layers import column_gap
from blockstudio.gui.canvas.painting.look import PORT_Y
from blockstudio.gui.canvas.scene.measuring import Lanes, Wires, boxes_and_wires, needing_lanes
from blockstudio.gui.canvas.scene.scene import CanvasScene

FRAME_MARGIN = (24.0, 44.0, 24.0, 24.0)
"""Between a frame and what it holds: left, top, right, bottom."""
NOTE_GAP = 20.0
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


@frozen
class Sheet:
    """What is to be laid out, as plain data: the scene may change while that is worked on."""

    boxes: Mapping[Key, Box]
    """The sizes of nodes and pills."""
    wires: Wires
    places: Mapping[Key, Position]
    """Of nodes, pills and notes."""
    bodies: Mapping[Key, Rect]
    """Where nodes and pills are seen."""
    frames: Mapping[Key, Box]
    """The sizes of frames, to be kept round what they hold."""
    notes: Mapping[Key, Box]
    """Notes and frames that go with the node they are near to, unless they hold some."""
    gap: float
    down: bool


def sheet(scene: CanvasScene, only: Collection[Key] | None = None) -> Sheet:
    """A scene, or what is to be moved of it: a note stays beside the node it stood next to, frames round theirs."""
    boxes, wires = boxes_and_wires(scene, only) if scene.graph.nodes else ({}, {})
    notes = list(scene.notes.values()) if only is None else []
    items = [item for key in boxes if (item := scene.thing(key)) is not None]
    return Sheet(
        boxes,
        wires,
        {item.key: (item.x(), item.y()) for item in (*items, *notes)},
        {item.key: item.box() for item in items},
        {note.key: Box(note.width, note.height) for note in notes if note.note.frame},
        {note.key: Box(note.width, note.height) for note in notes},
        ROW_GAP if scene.down else column_gap(scene.edges.values()),
        scene.down,
    )


def tidying(sheet: Sheet) -> Steps[Tidied]:
    """Nodes and pills laid out along the flow, the top left corner of all staying where it is."""
    boxes, wires, down = sheet.boxes, sheet.wires, sheet.down
    if not boxes:
        return Tidied()
    tree = _Tree(sheet)
    placed = yield from tree.placing(_ALL, {**wires, **_to_come(boxes, wires, down)})
    placed.lanes = {target: lane for target, lane in placed.lanes.items() if target in wires}
    yield
    result = Tidied({key: sheet.places[key] for key in placed.places})
    corner = snapped(min(x for x, _ in result.before.values()), min(y for _, y in result.before.values()))
    placed = placed.moved(*corner)
    result.after = placed.places
    for frame, box in sheet.frames.items():
        if frame in placed.sizes and placed.sizes[frame] != (box.width, box.height):
            result.sizes[frame] = placed.sizes[frame]
    yield
    lanes = yield from needing_lanes(placed.lanes, boxes, wires, placed.places, down)
    result.routes = dict.fromkeys(wires, ()) | lanes
    _take_along(result, sheet, [key for key in sheet.notes if key not in placed.places])
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


def _take_along(result: Tidied, sheet: Sheet, notes: Iterable[Key]) -> None:
    """What is written stays beside the thing it was nearest to, above what would come to stand on it."""
    boxes = sheet.boxes
    for note in notes:
        place, size = sheet.places[note], sheet.notes[note]
        nearest = _nearest(result.before, list(boxes), place)
        before, after = result.before[nearest], result.after[nearest]
        x, y = place[0] + after[0] - before[0], place[1] + after[1] - before[1]
        free = note in sheet.frames or _covering(boxes, result.before, place, size)
        while not free and (tops := _covering(boxes, result.after, (x, y), size)):
            y = min(tops) - size.height - NOTE_GAP
        result.before[note], result.after[note] = place, (x, y)


def _covering(boxes: Mapping[Key, Box], places: Mapping[Key, Position], at: Position, size: Box) -> list[float]:
    """The upper edges of what stands on a note at a place."""
    return [
        y
        for key, box in boxes.items()
        for x, y in [places[key]]
        if x < at[0] + size.width and at[0] < x + box.width and y < at[1] + size.height and at[1] < y + box.height
    ]


def _nearest(places: Mapping[Key, Position], keys: Iterable[Key], to: Position) -> Key:
    return min(keys, key=lambda key: (places[key][0] - to[0]) ** 2 + (places[key][1] - to[1]) ** 2)


class _Tree:
    """Which frame holds what."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        bodies: dict[Key, Rect] = {}
        for frame, box in sheet.frames.items():
            x, y = sheet.places[frame]
            bodies[frame] = x, y, x + box.width, y + box.height
        self._parent: dict[Key, Group] = {key: _around(bodies, body) for key, body in sheet.bodies.items()}
        used = {parent for parent in self._parent.values() if parent is not None}
        while used:  # frames round frames
            outer = {key: _around({k: b for k, b in bodies.items() if k != key}, bodies[key]) for key in used}
            used = {parent for key, parent in outer.items() if parent is not None and parent not in self._parent}
            self._parent |= outer

    def placing(self, group: Group, wires: Wires) -> Steps[_Placed]:
        """All that a group holds, the frames among it as boxes of their own."""
        result, boxes = _Placed(), self._sheet.boxes
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
            inner = inside[child] = (yield from self.placing(child, wires)).moved(left, top)
            sized = [(x, y, boxes.get(k) or Box(*inner.sizes[k])) for k, (x, y) in inner.places.items()]
            ends = [points for lane in inner.lanes.values() for points in lane]
            width = max([x + box.width for x, _, box in sized] + [x for x, _ in ends])
            height = max([y + box.height for _, y, box in sized] + [y for _, y in ends])
            own[child] = Box(width + right, height + bottom)
            inner.sizes[child] = (own[child].width, own[child].height)
        links = self._links(group, wires, inside)
        yield
        sheet, just_links = self._sheet, [link for _, link in links]
        places, lanes = yield from flow.arranging(own, just_links, sheet.gap, down=sheet.down)
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

    def _links(self, group: Group, wires: Wires, inside: Mapping[Key, _Placed]) -> list[tuple[Endpoint, Wire[Key]]]:
        found = []
        side = 0 if self._sheet.down else 1
        for target, wire in wires.items():
            start, end = self._child(group, wire.source), self._child(group, wire.target)
            if start is None or end is None or start == end:
                continue
            if start is wire.source and end is wire.target:
                found.append((target, wire))
                continue
            first = inside[start].places[wire.source] if start in inside else NOWHERE
            last = inside[end].places[wire.target] if end in inside else NOWHERE
            out, into = first[side] + wire.source_offset, last[side] + wire.target_offset
            found.append((target, Wire(start, out, end, into)))
        return _without_cycles(found) if inside else found


def _around(frames: Mapping[Key, Rect], body: Rect) -> Key | None:
    """The smallest frame that holds the middle of something, and is larger than it."""
    x, y, area = (body[0] + body[2]) / 2, (body[1] + body[3]) / 2, _area(body)
    holding = [(_area(f), key) for key, f in frames.items() if f[0] <= x <= f[2] and f[1] <= y <= f[3]]
    return min((found for found in holding if found[0] > area), default=(0.0, None))[1]


def _area(rect: Rect) -> float:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])


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
