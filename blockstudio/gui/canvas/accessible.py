"""The canvas for screen readers: every node, port, wire and note has a name, a place and a state.

Qt keeps what was made for a reader until it is told to let go: parts of what is gone are forgotten with it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QRectF
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QWindow
from PySide6.QtWidgets import QAccessibleWidget

from blockstudio.gui.canvas import words
from blockstudio.gui.canvas.commands.walking import Spot, is_there, owner, ports_of
from blockstudio.gui.canvas.facts.keys import Key, PortKey
from blockstudio.gui.canvas.scene.hits import hit

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

MOST_TOLD = 50
"""Things that come at once; of more, a reader hears that the whole list is another."""


class Part(QAccessibleInterface):
    """A thing, wire or port on a canvas."""

    def __init__(self, canvas: CanvasInterface, spot: Spot) -> None:
        super().__init__()
        self.canvas = canvas
        self.spot = spot
        self.number = QAccessible.registerAccessibleInterface(self)

    def isValid(self) -> bool:
        return is_there(self.canvas.view.canvas_scene, self.spot)

    def object(self) -> QObject | None:  # type: ignore[override]  # not every part is an object of Qt's
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]  # as above
        return self.canvas.view.window().windowHandle()

    def parent(self) -> QAccessibleInterface:
        return self.canvas.part(owner(self.spot)) if isinstance(self.spot, PortKey) else self.canvas

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state, view = QAccessible.State(), self.canvas.view
        state.selectable = state.focusable = True
        state.multiSelectable = not isinstance(self.spot, PortKey)
        state.selected = self.spot in view.canvas_scene.selection or self.spot == view.focus.port
        state.focused = self.spot == view.focus.spot and view.hasFocus()
        state.offscreen = not view.visible_rect().intersects(view.focus.area(self.spot))
        return state

    def text(self, what: QAccessible.Text) -> str:
        view = self.canvas.view
        scene, session = view.canvas_scene, view.session
        if not self.isValid():
            return ""
        if what == QAccessible.Text.Name:
            if isinstance(self.spot, PortKey):
                return words.port(scene, session, self.spot)
            return words.thing(scene, session, self.spot)
        if what == QAccessible.Text.Description:
            return self.spot.node if isinstance(self.spot, PortKey) else words.wiring(scene, self.spot)
        return ""

    def setText(self, what: QAccessible.Text, text: str) -> None:
        """Names are changed in the document, not here."""

    def rect(self) -> QRect:
        view = self.canvas.view
        area: QRectF = view.focus.area(self.spot)
        place = view.mapFromScene(area).boundingRect()
        return QRect(view.viewport().mapToGlobal(place.topLeft()), place.size())

    # --- the ports inside a node ------------------------------------------------------------------

    def _ports(self) -> list[PortKey]:
        scene = self.canvas.view.canvas_scene
        return ports_of(scene, self.spot) if isinstance(self.spot, Key) else []

    def childCount(self) -> int:
        return len(self._ports())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]  # none beyond the last
        ports = self._ports()
        return self.canvas.part(ports[index]) if 0 <= index < len(ports) else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        ports = self._ports()
        return ports.index(child.spot) if isinstance(child, Part) and child.spot in ports else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # as above
        found = self.canvas.childAt(x, y)
        return found if isinstance(found, Part) and found.spot in self._ports() else None


class CanvasInterface(QAccessibleWidget):
    """A canvas as a list of what is on it: nodes, ports of the border and notes, and then the wires."""

    def __init__(self, view: Canvas) -> None:
        super().__init__(view, QAccessible.Role.List, view.accessibleName())
        self.view = view
        self.parts: dict[Spot, Part] = {}
        """Those that a reader asked for."""
        self._order: list[Key] | None = None
        self._places: dict[Key, int] = {}
        self._graph: object = None
        self._told: tuple[Spot | None, str] = (None, "")

    def keys(self) -> list[Key]:
        """What there is, in order."""
        if self._order is None:
            scene = self.view.canvas_scene
            wires = [edge.key for edge in scene.edges.values() if not edge.implied]
            self._order = [thing.key for thing in scene.things()] + wires
            self._places = {key: place for place, key in enumerate(self._order)}
        return self._order

    def childCount(self) -> int:
        return len(self.keys())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]  # none beyond the last
        keys = self.keys()
        return self.part(keys[index]) if 0 <= index < len(keys) else None

    def part(self, spot: Spot) -> Part:
        if spot not in self.parts:
            self.parts[spot] = Part(self, spot)
        return self.parts[spot]

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        self.keys()
        return self._places.get(child.spot, -1) if isinstance(child, Part) and isinstance(child.spot, Key) else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # none on the ground
        place = self.view.viewport().mapFromGlobal(QRect(x, y, 1, 1).topLeft())
        found = hit(self.view.canvas_scene, self.view.mapToScene(place))
        spot = found.port or found.key
        return self.part(spot) if spot is not None else None

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]  # none with several selected
        spot = self.view.focus.spot
        return self.part(spot) if spot is not None else None

    # --- following --------------------------------------------------------------------------------

    def forget(self) -> None:
        """What there is may be another."""
        self._order = None

    def forget_gone(self) -> None:
        """Let go of the parts of what is no longer there; in another graph the same names mean other things."""
        scene = self.view.canvas_scene
        other = scene.graph is not self._graph
        self._graph = scene.graph
        for spot in [spot for spot in self.parts if other or not is_there(scene, spot)]:
            self.let_go(spot)

    def let_go(self, spot: Spot) -> None:
        """Qt deletes the part: it must live until then."""
        part = self.parts.pop(spot)
        QAccessible.deleteAccessibleInterface(part.number)

    def tell(self) -> None:
        """Tell a reader what came and where the keyboard is, or what is said of that now."""
        before = set(self._places)
        self.forget_gone()
        self.forget()
        added = [key for key in self.keys() if key not in before]
        if before and 0 < len(added) <= MOST_TOLD:
            for key in added:
                QAccessible.updateAccessibility(QAccessibleEvent(self.part(key), QAccessible.Event.ObjectCreated))
        elif added or before - self._places.keys():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.ObjectReorder))
        self.tell_focus()

    def tell_focus(self) -> None:
        """Tell where the keyboard is, or what is said of that now."""
        spot = self.view.focus.spot if self.view.hasFocus() else None
        if spot is None:
            self._told = (None, "")
            return
        part = self.part(spot)
        now = (spot, part.text(QAccessible.Text.Name))
        if spot != self._told[0]:
            QAccessible.updateAccessibility(QAccessibleEvent(part, QAccessible.Event.Focus))
        elif now != self._told:
            QAccessible.updateAccessibility(QAccessibleEvent(part, QAccessible.Event.NameChanged))
        self._told = now


_interfaces: dict[int, CanvasInterface] = {}
"""By the address of the canvas: Qt keeps no reference to what Python makes."""


@cache
def install() -> None:
    """Let Qt ask here what a canvas is to a screen reader."""
    QAccessible.installFactory(_interface_of)


def _interface_of(name: str, thing: QObject | None) -> QAccessibleInterface | None:
    from blockstudio.gui.canvas.view import Canvas

    if not isinstance(thing, Canvas):
        return None
    number = id(thing)
    if number not in _interfaces:
        _interfaces[number] = CanvasInterface(thing)
        thing.destroyed.connect(lambda: _forget(number))
    return _interfaces[number]


def _forget(number: int) -> None:
    interface = _interfaces.pop(number)
    for spot in list(interface.parts):
        interface.let_go(spot)


def changed(view: Canvas) -> None:
    """What is on a canvas, or selected there, or known of it, is another: tell a screen reader, if there is one."""
    interface = _interfaces.get(id(view))
    if interface is None:
        return
    if QAccessible.isActive():
        interface.tell()
    else:
        interface.forget()
