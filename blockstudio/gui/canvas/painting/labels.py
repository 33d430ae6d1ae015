"""Where the words on wires stand: on the wire, beside nodes and not behind them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.keys import owner_key
from blockstudio.gui.canvas.painting.look import measure

if TYPE_CHECKING:
    from blockstudio.gui.canvas.painting.edge_item import EdgeItem
    from blockstudio.gui.canvas.scene.items import ItemStore

LABEL_HEIGHT = 16.0
LABEL_ROOM = 24.0
"""Wire that must be left bare on both sides of a label together."""
MOST_BESIDE = 30
"""Wires from one port that are told apart by where their labels stand; of more no label can be read anyway."""
SHARES = (0.36, 0.64, 0.24, 0.76, 0.16, 0.84)
"""How far along a wire its label may stand where something is in front of the middle."""


class LabelPlaces:
    """Remembered until something stands elsewhere."""

    def __init__(self, scene: ItemStore) -> None:
        self._scene = scene
        self._seen = -1, 1.0
        """The stamp of the scene, and how large letters were, when they were found."""
        self._places: dict[Endpoint, tuple[str, QRectF | None]] = {}

    def of(self, edge: EdgeItem, growth: float = 1.0) -> QRectF | None:
        """Where the label of a wire stands, in larger letters than its own from afar.

        None where there is no room for it, or another says the same beside it.
        """
        if self._seen != (self._scene.stamp, growth):
            self._places.clear()
            self._seen = self._scene.stamp, growth
        label, found = edge.label, self._places.get(edge.target)
        if found is None or found[0] != label:
            found = self._places[edge.target] = label, self._find(edge, growth)
        return found[1]

    def _find(self, edge: EdgeItem, growth: float) -> QRectF | None:
        place = label_place(edge, growth)
        if place is None:
            return None
        beside = self._beside(edge)
        before = [other for other in beside if (other.y1, other.x1) < (edge.y1, edge.x1)]
        taken = [found for other in before if (found := label_place(other, growth)) is not None]
        if any(found.intersects(place) for found in taken) and any(o.target.node == edge.target.node for o in before):
            return None  # to the same node, close to each other
        if self._is_free(place, taken) and not _hides(place, beside):
            return place
        path = edge.path()
        moved = [place.translated(path.pointAtPercent(share) - place.center()) for share in SHARES]
        free = [found for found in (place, *moved) if self._is_free(found, taken)]
        clear = next((found for found in free if not _hides(found, beside)), None)
        if clear is not None or not free:
            return clear
        # On a piece that it shares with another: that one says the same, where it has a piece of its own.
        others = (label_place(other, growth) for other in beside)
        return None if any(found is not None and not _hides(found, [edge]) for found in others) else free[0]

    def _beside(self, edge: EdgeItem) -> list[EdgeItem]:
        """Other wires from the same port."""
        ends = self._scene.edges_of(owner_key(edge.source, True))
        if len(ends) > MOST_BESIDE:
            return []
        return [other for other in ends if other.source == edge.source and other is not edge]

    def _is_free(self, place: QRectF, taken: list[QRectF]) -> bool:
        """Whether neither a node or pill nor another label stands at a place."""
        near = self._scene.things_near((place.left(), place.top(), place.right(), place.bottom()))
        return all(key.kind == "note" for key in near) and not any(found.intersects(place) for found in taken)


def _hides(place: QRectF, edges: Iterable[EdgeItem]) -> bool:
    """Whether a label at a place would stand on any of these wires."""
    reach, aside = place.height() / 2, place.width() / 2 - place.height() / 2
    spots = [place.center() + QPointF(dx, 0.0) for dx in (-aside, 0.0, aside)]
    return any(
        edge.least_distance(spot.x(), spot.y()) < reach and edge.distance(spot) < reach
        for edge in edges
        for spot in spots
    )


def label_place(edge: EdgeItem, growth: float = 1.0) -> QRectF | None:
    """Where the label of a wire stands; None where there is no room beside the nodes."""
    label = edge.label
    if not label:
        return None
    width, height = (measure("small").width(label) + 8.0) * growth, LABEL_HEIGHT * growth
    a0, b0, a1, b1 = edge.ends
    along, across = a1 - a0, abs(b1 - b0)
    room = -along if edge.returns else along
    wanted = (height if edge.down else width) + LABEL_ROOM
    if room < wanted and not (along > LABEL_ROOM and across > 60.0):
        return None
    middle = edge.middle()
    return QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)
