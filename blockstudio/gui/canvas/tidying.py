"""The automatic layout, applied to what stands on the canvas."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from blockstudio.graph.model import Position
from blockstudio.gui.canvas import layout
from blockstudio.gui.canvas.keys import Key
from blockstudio.gui.canvas.layers import column_gap
from blockstudio.gui.canvas.places import snapped
from blockstudio.gui.canvas.scene import CanvasScene


def tidied(scene: CanvasScene, only: Collection[Key] | None = None) -> tuple[dict[Key, Position], dict[Key, Position]]:
    """Where things stand now and where they would, the top left corner of all staying where it is.

    Nodes and pills are laid out along the flow; a note stays beside the node it stood next to.
    """
    boxes, wires = scene.boxes_and_wires(only)
    before = {key: (item.x(), item.y()) for key in boxes if (item := scene.thing(key)) is not None}
    if not before:
        return {}, {}
    gap = column_gap(scene.edges.values())
    dx, dy = snapped(min(x for x, _ in before.values()), min(y for _, y in before.values()))
    after = {key: (x + dx, y + dy) for key, (x, y) in layout.arrange(boxes, wires, gap).items()}
    for item in scene.notes.values():
        place = (item.x(), item.y())
        nearest = _nearest(before, list(boxes), place)
        shift = after[nearest][0] - before[nearest][0], after[nearest][1] - before[nearest][1]
        before[item.key] = place
        after[item.key] = (place[0] + shift[0], place[1] + shift[1])
    return before, after


def _nearest(places: Mapping[Key, Position], keys: Iterable[Key], to: Position) -> Key:
    return min(keys, key=lambda key: (places[key][0] - to[0]) ** 2 + (places[key][1] - to[1]) ** 2)
