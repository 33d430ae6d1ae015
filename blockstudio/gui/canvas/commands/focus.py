"""What the keyboard is on, the ring round it, and going from there to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QToolTip

from blockstudio.gui.canvas.commands import walking
from blockstudio.gui.canvas.commands.walking import Direction, Spot
from blockstudio.gui.canvas.facts.keys import Key, PortKey
from blockstudio.gui.canvas.scene.hits import Hit

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.scene import CanvasScene
    from blockstudio.gui.canvas.view import Canvas

BY_KEYS = (
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
)
RING = 2.0
"""Width in pixels of the screen."""
GAP = 7.0
"""Between a thing and the ring, in pixels of the screen: clear of the halo of what is selected."""
PORT_RING = 10.0
LEAST_RING = 12.0
"""Pixels of the screen that the ring is wide from afar."""
PEEK_TIME = 20_000
"""Milliseconds; any key ends it earlier."""


class Focus:
    """One thing, wire or port. It is the selected one where one is selected, and stays when nothing is."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._last: Spot | None = None
        self.ringed = False
        """The keys were used last, not the mouse: the ring is shown."""

    @property
    def _scene(self) -> CanvasScene:
        return self._canvas.canvas_scene

    @property
    def spot(self) -> Spot | None:
        """Where the keyboard is; None where it was nowhere yet."""
        port, selection = self._canvas.place.selected_port, self._scene.selection
        if port is not None and walking.is_there(self._scene, port):
            return port
        if len(selection) == 1:
            return next(iter(selection))
        last = self._last
        if last is None or not walking.is_there(self._scene, last):
            return None
        return last if not selection or last in selection else None

    @property
    def port(self) -> PortKey | None:
        """The port that is selected."""
        spot = self.spot
        return spot if isinstance(spot, PortKey) and self._canvas.place.selected_port == spot else None

    def follow(self) -> None:
        """Something else was selected, or it is called otherwise."""
        before, self._last = self._last, self.spot
        if self.ringed or isinstance(before, PortKey) or isinstance(self._last, PortKey):
            self._canvas.viewport().update()

    def come(self, reason: Qt.FocusReason) -> None:
        """The canvas gets the keyboard: by keys, the ring shows where it is."""
        self.ringed = self.ringed or reason in BY_KEYS
        self._canvas.viewport().update()

    def show_ring(self, ringed: bool) -> None:
        if ringed != self.ringed:
            self.ringed = ringed
            self._canvas.viewport().update()

    # --- going ------------------------------------------------------------------------------------

    def go(self, spot: Spot | None, *, add: bool = False) -> None:
        """Select a thing, wire or port; with `add`, besides what is selected; and bring it into view."""
        canvas = self._canvas
        if spot is None:
            return
        self.ringed = True
        if isinstance(spot, PortKey):
            canvas.select_port(spot)
        else:
            self._last = spot
            canvas.select_keys({spot} | (self._scene.selection if add else set()))
        area = self.area(spot)
        if not canvas.visible_rect().contains(area):
            canvas.glide(area.center(), canvas.zoom)

    def walk(self, direction: Direction, *, add: bool = False) -> None:
        """Along a wire, or to what stands above or below; from a port or wire, in small steps."""
        spot, scene = self.spot, self._scene
        if isinstance(spot, PortKey) or (spot is not None and spot.kind == "edge"):
            self.go(walking.beside(scene, spot, direction))
            return
        found = walking.neighbour(scene, direction, self._canvas.visible_rect().center(), spot)
        self.go(found, add=add)

    def next_thing(self) -> None:
        """The next of all there is, in the order of reading."""
        self._in_turn(1)

    def previous_thing(self) -> None:
        self._in_turn(-1)

    def _in_turn(self, step: int) -> None:
        spot = self.spot
        self.go(walking.in_turn(self._scene, walking.owner(spot) if spot is not None else None, step))

    def next_port(self) -> None:
        """The next port of the node, or the end of the wire."""
        self._port_in_turn(1)

    def previous_port(self) -> None:
        self._port_in_turn(-1)

    def _port_in_turn(self, step: int) -> None:
        spot = self.spot
        if spot is None:
            self.walk("right")
        else:
            self.go(walking.port_in_turn(self._scene, spot, step))

    def back_out(self) -> bool:
        """From a port to its node; whether the keyboard was on a port."""
        port = self.port
        if port is not None:
            self.go(walking.owner(port))
        return port is not None

    def peek(self) -> None:
        """Show what resting the pointer on it would show: facts, problems, and a picture of the inside."""
        spot = self.spot
        if spot is None:
            return
        canvas, key = self._canvas, walking.owner(spot)
        if isinstance(spot, PortKey):
            found = Hit("port", key, spot)
        else:
            found = Hit("wire" if key.kind == "edge" else "thing", key)
        text = canvas.told_of(found)
        place = canvas.mapFromScene(self.area(spot)).boundingRect()
        QToolTip.showText(canvas.viewport().mapToGlobal(place.bottomLeft()), text, canvas.viewport(), place, PEEK_TIME)

    def place(self) -> QPointF:
        """Where a menu is shown for what the keyboard is on: there, or in the middle of the view."""
        spot, canvas = self.spot, self._canvas
        area = self.area(spot) if spot is not None else self._scene.extent(self._scene.selection)
        seen = area.intersected(canvas.visible_rect())
        return canvas.view_center() if seen.isNull() else seen.center()

    # --- the ring ---------------------------------------------------------------------------------

    def area(self, spot: Spot) -> QRectF:
        """Where it is in the scene."""
        if isinstance(spot, PortKey):
            place, reach = self._scene.port_place(spot), PORT_RING
            return QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach)
        return self._scene.extent([spot])

    def paint(self, painter: QPainter) -> None:
        """The ring, of two tones so that it is seen on anything, while the canvas has the keyboard.

        A port has no other sign that it is selected: that one is always shown.
        """
        spot, here = self.spot, self.ringed and self._canvas.hasFocus()
        if spot is None or not (here or spot == self.port):
            return
        shape = self._outline(spot)
        colors, scale = self._scene.surface.colors, self._scene.surface.scale
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((colors.canvas, RING + 3.0), (colors.accent if here else colors.muted, RING)):
            painter.setPen(QPen(color, width / scale))
            painter.drawPath(shape)

    def _outline(self, spot: Spot) -> QPainterPath:
        scale = self._scene.surface.scale
        edge = self._scene.edge(spot) if isinstance(spot, Key) else None
        if edge is not None:
            stroker = QPainterPathStroker()
            stroker.setWidth(GAP * 2 / scale)
            stroker.setCapStyle(Qt.PenCapStyle.RoundCap)
            return stroker.createStroke(edge.path()).simplified()
        path = QPainterPath()
        area = self.area(spot)
        if isinstance(spot, PortKey):
            path.addEllipse(area.center(), *(max(area.width() / 2, LEAST_RING / 2 / scale),) * 2)
            return path
        gap = GAP / scale
        width, height = (max(side, LEAST_RING / scale) + 2 * gap for side in (area.width(), area.height()))
        ring = QRectF(0.0, 0.0, width, height)
        ring.moveCenter(area.center())
        path.addRoundedRect(ring, 9.0 + gap, 9.0 + gap)
        return path
