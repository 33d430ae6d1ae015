"""From node to node along the wires, for the arrow keys."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF

from blockstudio.gui.canvas.items import owners
from blockstudio.gui.canvas.keys import Key
from blockstudio.gui.canvas.scene import CanvasScene

Direction = Literal["left", "right", "up", "down"]


def neighbour(scene: CanvasScene, direction: Direction, center: QPointF) -> Key | None:
    """Left and right follow the wires, up and down go to what stands above and below.

    With nothing selected, what is nearest to `center`.
    """
    selected = [item for item in scene.selected_items() if item.key.kind != "note"]
    if not selected:
        things = scene.things()
        return min(things, key=lambda t: (t.body.center() - center).manhattanLength()).key if things else None
    place = {
        "left": min(selected, key=lambda item: item.x()),
        "right": max(selected, key=lambda item: item.x()),
        "up": min(selected, key=lambda item: item.y()),
        "down": max(selected, key=lambda item: item.y()),
    }[direction]
    here = place.key
    if direction in ("left", "right"):
        found = []
        for edge in scene.edges_of(here):
            start, end = owners(edge)
            if direction == "right" and start == here:
                found.append(end)
            elif direction == "left" and end == here:
                found.append(start)
    else:
        sign = 1 if direction == "down" else -1
        things = [thing for thing in scene.things() if thing.key.kind != "note"]
        found = [t.key for t in things if (t.body.center().y() - place.body.center().y()) * sign > 1.0]
    origin = place.body.center()

    def distance(key: Key) -> float:
        item = scene.thing(key)
        assert item is not None
        away = item.body.center() - origin
        # Sideways counts more: the one straight above is meant, not a nearer one far to the side.
        side = 2.0 if direction in ("up", "down") else 0.5
        return abs(away.x()) * side + abs(away.y())

    return min(found, key=distance, default=None)
