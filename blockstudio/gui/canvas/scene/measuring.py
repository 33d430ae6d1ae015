"""What the automatic layout needs to know of the things on a scene, and which wires need their lanes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

from blockstudio.graph.model import Endpoint, Position
from blockstudio.gui.canvas.facts.keys import Key, node_key
from blockstudio.gui.canvas.facts.spatial import SpatialIndex
from blockstudio.gui.canvas.layout.flow import turned_boxes, turned_places
from blockstudio.gui.canvas.layout.layering import Box
from blockstudio.gui.canvas.layout.layout import Wire
from blockstudio.gui.canvas.layout.steps import Steps, at_once
from blockstudio.gui.canvas.painting.edge_item import owners
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.pill_item import PillItem

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.scene import CanvasScene

NEAR = 14.0
"""A wire this near to a node it passes goes round by its lane."""
STRETCH = 400.0
"""A long wire is followed in parts of about this length."""
Boxes = Mapping[Key, Box]
Wires = Mapping[Endpoint, Wire[Key]]
Lanes = dict[Endpoint, tuple[Position, ...]]


def boxes_and_wires(
    scene: CanvasScene, only: Collection[Key] | None = None
) -> tuple[dict[Key, Box], dict[Endpoint, Wire[Key]]]:
    """The sizes of nodes and pills, and the wires between them, by what they feed, with where their ports are."""
    things: dict[Key, NodeItem | PillItem] = {k: p for k, p in scene.pills.items() if k.kind == "input"}
    things |= {node_key(name): scene.nodes[name] for name in scene.graph.nodes}
    things |= {k: p for k, p in scene.pills.items() if k.kind == "output"}
    boxes = {}
    for key, item in things.items():
        if only is None or key in only:
            left, top, right, bottom = item.box()
            boxes[key] = Box(right - left, max(bottom - top, 40.0))
    wires = {}
    side = 0 if scene.down else 1

    for target, edge in scene.edges.items():
        start, end = owners(edge)
        if start in boxes and end in boxes:
            out = things[start].offset(edge.source.port, True)[side]
            wires[target] = Wire(start, out, end, things[end].offset(target.port, False)[side])
    return boxes, wires


def needed_lanes(lanes: Lanes, boxes: Boxes, wires: Wires, places: Mapping[Key, Position], down: bool) -> Lanes:
    """Of the lanes, those of wires that would else run behind a node."""
    return at_once(needing_lanes(lanes, boxes, wires, places, down))


def needing_lanes(lanes: Lanes, boxes: Boxes, wires: Wires, places: Mapping[Key, Position], down: bool) -> Steps[Lanes]:
    """The same, in steps."""
    if not lanes:
        return {}
    if down:
        boxes, places = turned_boxes(boxes), turned_places(places)
    standing: SpatialIndex[Key] = SpatialIndex()
    for key, box in boxes.items():
        x, y = places[key]
        standing.put(key, (x, y, x + box.width, y + box.height))
    found = {}
    for target, lane in lanes.items():
        yield
        if _is_hidden(wires[target], boxes, places, standing):
            found[target] = lane
    return found


def _is_hidden(wire: Wire[Key], boxes: Boxes, places: Mapping[Key, Position], standing: SpatialIndex[Key]) -> bool:
    """Whether a wire drawn as it comes would run behind a node."""
    (ax, ay), (bx, by) = places[wire.source], places[wire.target]
    ax, ay, by = ax + boxes[wire.source].width, ay + wire.source_offset, by + wire.target_offset
    count = max(1, ceil((bx - ax) / STRETCH))
    ends = [ax + (bx - ax) * n / count for n in range(count + 1)]
    for start, end in pairwise(ends):
        first, last = sorted(_height(x, ax, ay, bx, by) for x in (start, end))
        for key in standing.near((start, first - NEAR, end, last + NEAR)) - {wire.source, wire.target}:
            left, top, right, bottom = standing.box(key) or (bx, by, bx, by)
            if right <= ax or left >= bx:
                continue
            heights = [_height(place, ax, ay, bx, by) for place in (left, right)]
            if min(heights) < bottom + NEAR and max(heights) > top - NEAR:
                return True
    return False


def _height(x: float, ax: float, ay: float, bx: float, by: float) -> float:
    """About how high a wire is at a place: steep in its middle, level at its ends."""
    share = min(1.0, max(0.0, (x - ax) / (bx - ax)))
    return ay + (by - ay) * share * share * (3 - 2 * share)
