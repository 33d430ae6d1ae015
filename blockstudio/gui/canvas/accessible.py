"""The canvas for screen readers: every node, port, wire and note has a name, a place and a state."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QRectF
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QWindow
from PySide6.QtWidgets import QAccessibleWidget

from blockstudio.gui.canvas import words
from blockstudio.gui.canvas.keys import Key, PortKey
from blockstudio.gui.canvas.node_item import NodeItem
from blockstudio.gui.canvas.pill_item import PillItem

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

PORT_SIDE = 12.0


class Part(QAccessibleInterface):
    """A thing, port or wire on a canvas."""

    def __init__(self, canvas: CanvasInterface) -> None:
        super().__init__()
        self.canvas = canvas
        QAccessible.registerAccessibleInterface(self)

    def isValid(self) -> bool:
        return True

    def object(self) -> QObject | None:  # type: ignore[override]  # not every part is an object of Qt's
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]  # as above
        return self.canvas.view.window().windowHandle()

    def childCount(self) -> int:
        return 0

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]  # as above
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # as above
        return None

    def parent(self) -> QAccessibleInterface:
        return self.canvas

    def setText(self, what: QAccessible.Text, text: str) -> None:
        """Names are changed in the document, not here."""

    def area(self) -> QRectF:
        """Where it is in the scene."""
        return QRectF()

    def rect(self) -> QRect:
        view = self.canvas.view
        place = view.mapFromScene(self.area()).boundingRect()
        return QRect(view.viewport().mapToGlobal(place.topLeft()), place.size())


class ThingPart(Part):
    """A node, pill, note or wire."""

    def __init__(self, canvas: CanvasInterface, key: Key) -> None:
        super().__init__(canvas)
        self.key = key
        self._ports: dict[PortKey, PortPart] = {}

    def isValid(self) -> bool:
        scene = self.canvas.view.canvas_scene
        return scene.thing(self.key) is not None or scene.edge(self.key) is not None

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.Separator if self.key.kind == "edge" else QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        scene = self.canvas.view.canvas_scene
        state.selectable = state.focusable = state.multiSelectable = True
        state.selected = self.key in scene.selection
        state.focused = scene.selection == {self.key} and self.canvas.view.hasFocus()
        state.offscreen = not self.canvas.view.visible_rect().intersects(self.area())
        return state

    def text(self, what: QAccessible.Text) -> str:
        view = self.canvas.view
        if what == QAccessible.Text.Name:
            return words.thing(view.canvas_scene, view.session, self.key)
        if what == QAccessible.Text.Description:
            return words.wiring(view.canvas_scene, self.key)
        return ""

    def area(self) -> QRectF:
        return self.canvas.view.canvas_scene.extent([self.key])

    def _port_keys(self) -> list[PortKey]:
        item = self.canvas.view.canvas_scene.thing(self.key)
        return [port for port, _ in item.ports()] if isinstance(item, NodeItem | PillItem) else []

    def childCount(self) -> int:
        return len(self._port_keys())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]  # none beyond the last
        ports = self._port_keys()
        if not 0 <= index < len(ports):
            return None
        port = ports[index]
        if port not in self._ports:
            self._ports[port] = PortPart(self, port)
        return self._ports[port]

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        ports = self._port_keys()
        return ports.index(child.port) if isinstance(child, PortPart) and child.port in ports else -1


class PortPart(Part):
    """A port of a node or pill."""

    def __init__(self, owner: ThingPart, port: PortKey) -> None:
        super().__init__(owner.canvas)
        self.owner = owner
        self.port = port

    def isValid(self) -> bool:
        return self.owner.isValid()

    def parent(self) -> QAccessibleInterface:
        return self.owner

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.Indicator

    def state(self) -> QAccessible.State:
        return QAccessible.State()

    def text(self, what: QAccessible.Text) -> str:
        view = self.canvas.view
        return words.port(view.canvas_scene, view.session, self.port) if what == QAccessible.Text.Name else ""

    def area(self) -> QRectF:
        place = self.canvas.view.canvas_scene.port_place(self.port)
        return QRectF(place.x() - PORT_SIDE / 2, place.y() - PORT_SIDE / 2, PORT_SIDE, PORT_SIDE)


class CanvasInterface(QAccessibleWidget):
    """A canvas as a list of what is on it: nodes, ports of the border and notes, and then the wires."""

    def __init__(self, view: Canvas) -> None:
        super().__init__(view, QAccessible.Role.List, view.accessibleName())
        self.view = view
        self._parts: dict[Key, ThingPart] = {}
        self._order: list[Key] = []
        self._counted: object = None

    def keys(self) -> list[Key]:
        """What there is, in order; gathered again when the numbers have changed."""
        scene = self.view.canvas_scene
        counts = (scene.location, len(scene.nodes), len(scene.pills), len(scene.notes), len(scene.edges))
        if counts != self._counted or any(scene.thing(key) is None for key in self._order[:1]):
            self._counted = counts
            self._order = [thing.key for thing in scene.things()] + [edge.key for edge in scene.edges.values()]
        return self._order

    def childCount(self) -> int:
        return len(self.keys())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]  # none beyond the last
        keys = self.keys()
        return self.part(keys[index]) if 0 <= index < len(keys) else None

    def part(self, key: Key) -> ThingPart:
        if key not in self._parts:
            self._parts[key] = ThingPart(self, key)
        return self._parts[key]

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        keys = self.keys()
        return keys.index(child.key) if isinstance(child, ThingPart) and child.key in keys else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # none on the ground
        from blockstudio.gui.canvas.hits import hit

        place = self.view.viewport().mapFromGlobal(QRect(x, y, 1, 1).topLeft())
        found = hit(self.view.canvas_scene, self.view.mapToScene(place))
        return self.part(found.key) if found.key is not None else None

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]  # none with several selected
        selection = self.view.canvas_scene.selection
        return self.part(next(iter(selection))) if len(selection) == 1 else None


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
        thing.destroyed.connect(lambda: _interfaces.pop(number, None))
    return _interfaces[number]


def tell_focus(view: Canvas) -> None:
    """Tell a screen reader, if there is one, which thing the keyboard is on."""
    selection = view.canvas_scene.selection
    if not QAccessible.isActive() or len(selection) != 1 or not view.hasFocus():
        return
    interface = QAccessible.queryAccessibleInterface(view)
    if isinstance(interface, CanvasInterface):
        index = interface.indexOfChild(interface.part(next(iter(selection))))
        event = QAccessibleEvent(view, QAccessible.Event.Focus)
        event.setChild(index)
        QAccessible.updateAccessibility(event)
