"""From thing to thing along the wires, and in small steps from port to wire to port, for the arrow keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from PySide6.QtCore import QPointF

from blockstudio.gui.canvas.facts.keys import Key, PortKey, owner_key
from blockstudio.gui.canvas.painting.edge_item import EdgeItem, owners
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.pill_item import PillItem
from blockstudio.gui.canvas.scene.scene import CanvasScene

Direction = Literal["left", "right", "up", "down"]
_WAYS: Mapping[Direction, Direction] = {"down": "right", "up": "left", "right": "down", "left": "up"}
"""What the directions stand for in a graph that runs downwards, told as in one that runs to the right."""
Spot = Key | PortKey
"""Where the keyboard can be: at a node, pill, note or wire, or at one port."""


def neighbour(scene: CanvasScene, direction: Direction, center: QPointF, spot: Key | None = None) -> Key | None:
    """Left and right follow the wires, up and down go to what stands above and below; downwards the other way about.

    With nothing selected, from `spot`; or else to what is nearest to `center`.
    """
    selected = [item for item in scene.selected_items() if item.key.kind != "note"]
    if not selected and spot is not None and (item := scene.thing(spot)) is not None:
        selected = [item]
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
    way = _WAYS[direction] if scene.down else direction
    if way in ("left", "right"):
        found = []
        for edge in scene.edges_of(here):
            start, end = owners(edge)
            if way == "right" and start == here:
                found.append(end)
            elif way == "left" and end == here:
                found.append(start)
    else:
        sign = 1 if way == "down" else -1
        side = QPointF.x if scene.down else QPointF.y
        things = [thing for thing in scene.things() if thing.key.kind != "note"]
        found = [t.key for t in things if (side(t.body.center()) - side(place.body.center())) * sign > 1.0]
    origin = place.body.center()

    def distance(key: Key) -> float:
        item = scene.thing(key)
        assert item is not None
        away = item.body.center() - origin
        # Sideways counts more: the one straight above is meant, not a nearer one far to the side.
        aside = 0.5 if way in ("left", "right") else 2.0
        return abs(away.y()) * aside + abs(away.x()) if scene.down else abs(away.x()) * aside + abs(away.y())

    return min(found, key=distance, default=None)


def in_turn(scene: CanvasScene, spot: Key | None, step: int) -> Key | None:
    """The next of all things in the order of reading, notes and frames too; the first after the last."""
    things = sorted(scene.things(), key=lambda thing: (thing.y(), thing.x()) if scene.down else (thing.x(), thing.y()))
    keys = [thing.key for thing in things]
    if not keys:
        return None
    if spot not in keys:
        return keys[0 if step > 0 else -1]
    return keys[(keys.index(spot) + step) % len(keys)]


def ports_of(scene: CanvasScene, key: Key) -> list[PortKey]:
    """The ports of a node or pill, inputs first; none in a Sequential, where order takes the place of wires."""
    item = scene.thing(key)
    return [port for port, _ in item.ports()] if isinstance(item, NodeItem | PillItem) and not scene.sequence else []


def port_in_turn(scene: CanvasScene, spot: Spot, step: int) -> PortKey | None:
    """The next port of the node that the keyboard is on; from a wire, the port at one of its ends."""
    if isinstance(spot, Key) and spot.kind == "edge":
        edge = scene.edge(spot)
        return _end(edge, is_source=step < 0) if edge is not None else None
    ports = ports_of(scene, owner(spot))
    if not ports:
        return None
    if not isinstance(spot, PortKey) or spot not in ports:
        return ports[0 if step > 0 else -1]
    return ports[(ports.index(spot) + step) % len(ports)]


def owner(spot: Spot) -> Key:
    """What carries a port; anything else is itself."""
    return owner_key(spot.endpoint, spot.is_source) if isinstance(spot, PortKey) else spot


def is_there(scene: CanvasScene, spot: Spot) -> bool:
    """Whether the scene has such a thing, wire or port."""
    if isinstance(spot, PortKey):
        return spot in ports_of(scene, owner(spot))
    return scene.thing(spot) is not None or scene.edge(spot) is not None


def beside(scene: CanvasScene, spot: Spot, direction: Direction) -> Spot | None:
    """A small step: from a port to its wire or to the port across, from a wire to its ends or to the next wire."""
    direction = _WAYS[direction] if scene.down else direction
    if isinstance(spot, PortKey):
        return _beside_port(scene, spot, direction)
    edge = scene.edge(spot)
    if edge is None:
        return None
    if direction in ("left", "right"):
        return _end(edge, is_source=direction == "left")
    wires = wires_at(scene, _end(edge, is_source=True))
    if len(wires) < 2:  # the only one from there: those that end where it ends
        end = owner_key(edge.target, False)
        wires = _sorted([other for other in scene.edges_of(end) if owners(other)[1] == end])
    return _next([other.key for other in wires], edge.key, direction)


def wires_at(scene: CanvasScene, port: PortKey) -> list[EdgeItem]:
    """The wires at a port, side by side."""
    edges = scene.edges_of(owner(port))
    return _sorted([e for e in edges if (e.source if port.is_source else e.target) == port.endpoint])


def _beside_port(scene: CanvasScene, port: PortKey, direction: Direction) -> Spot | None:
    ports = ports_of(scene, owner(port))
    if direction in ("up", "down"):
        return _next([other for other in ports if other.is_source == port.is_source], port, direction)
    if (direction == "right") == port.is_source:
        wires = wires_at(scene, port)
        return wires[0].key if wires else None
    side = QPointF.x if scene.down else QPointF.y
    place = side(scene.port_place(port))
    across = [other for other in ports if other.is_source != port.is_source]
    return min(across, key=lambda other: abs(side(scene.port_place(other)) - place), default=owner(port))


def _end(edge: EdgeItem, *, is_source: bool) -> PortKey:
    return PortKey(*(edge.source if is_source else edge.target), is_source)


def _sorted(edges: Sequence[EdgeItem]) -> list[EdgeItem]:
    return sorted(edges, key=lambda edge: (edge.ends[3], edge.ends[1], edge.ends[2]))


def _next(spots: Sequence[Spot], spot: Spot, direction: Direction) -> Spot | None:
    index = spots.index(spot) + (1 if direction == "down" else -1)
    return spots[index] if 0 <= index < len(spots) else None
