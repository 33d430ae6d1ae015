"""Everything a user can do on the canvas, as a table: each gesture by mouse and keyboard, with what is drawn for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from attrs import frozen
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPlainTextEdit, QWidget

from blockstudio.gui.actions import ACTIONS
from blockstudio.gui.conditions import conditions

from .conftest import Desk

T = TypeVar("T")

ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
RIGHT = Qt.MouseButton.RightButton

WORDS = (
    "linear",
    "relu",
    "a + b",
    "conv",
    "cat",
    "Net",
    "repeat",
    "if",
    "sequential",
    "x1",
    "layers.0",
    "n * 2",
    "linear(20, 4",
)
PYTHON = (
    "nn.Linear(20, 4)",
    "nn.Sequential(nn.Linear(20, 4), nn.ReLU())",
    "self.a = nn.Tanh()",
    "nn.ReLU(),\nnn.Flatten(),",
)
PAYLOADS = (
    "torch.nn.Linear", "torch.nn.functional.relu", "torch.cat", "operator.add", "node:sequential", "node:while",
    "node:if", "node:repeat", "node:note", "node:input", "node:output", "node:constant", "node:definition",
)  # fmt: skip


@frozen
class Hands:
    """A desk, and whatever has to be chosen."""

    desk: Desk
    draw: Callable[[st.SearchStrategy[Any]], Any]

    def one(self, of: Sequence[T]) -> T:
        return self.draw(st.sampled_from(of))  # type: ignore[no-any-return]

    def maybe(self) -> bool:
        return self.draw(st.booleans())  # type: ignore[no-any-return]

    def empty(self) -> QPoint:
        """Somewhere in the view."""
        return QPoint(self.draw(st.integers(5, 990)), self.draw(st.integers(5, 690)))

    def thing(self) -> QPoint:
        """On a node, pill or note; somewhere, where there is none."""
        bodies = [thing.body for thing in self.desk.scene.things()]  # what is drawn, Hypothesis keeps
        return self.on(self.one(bodies)) if bodies else self.empty()

    def on(self, body: QRectF) -> QPoint:
        """Somewhere on a thing."""
        across, down = self.one((0.1, 0.5, 0.9)), self.one((0.15, 0.6, 0.95))
        return self.desk.canvas.mapFromScene(QPointF(body.x() + across * body.width(), body.y() + down * body.height()))

    def around(self) -> QPoint:
        """On a thing of any graph that is seen: around the one that is worked in, or inside a node, however deep."""
        seen = [
            thing.body.translated(-spot.point)
            for spot in self.desk.canvas.surroundings.seen(self.desk.session.trail)
            for thing in spot.scene.things()
        ]
        return self.on(self.one(seen)) if seen else self.empty()

    def far_port(self) -> QPoint:
        """A port of any graph that is seen."""
        ports = [
            place - spot.point
            for spot in self.desk.canvas.surroundings.seen(self.desk.session.trail)
            for item in spot.scene.things()
            if hasattr(item, "ports")
            for _, place in item.ports()
        ]
        return self.desk.canvas.mapFromScene(self.one(ports)) if ports else self.empty()

    def port(self) -> QPoint:
        ports = [place for item in self.desk.scene.things() if hasattr(item, "ports") for _, place in item.ports()]
        return self.desk.canvas.mapFromScene(self.one(ports)) if ports else self.empty()

    def wire(self) -> QPoint:
        wires = [edge.middle() for edge in self.desk.scene.edges.values() if edge.drawn]
        return self.desk.canvas.mapFromScene(self.one(wires)) if wires else self.empty()

    def place(self) -> QPoint:
        """Anywhere."""
        return self.one((self.empty, self.thing, self.thing, self.port, self.wire, self.around, self.around))()

    def act(self, id: str) -> None:
        """Trigger an action, where it can be done now, and give it what it asks for."""
        if not conditions(self.desk.session)[BY_ID[id].enabled]:
            return
        found: QAction | None = self.desk.findChild(QAction, id)  # type: ignore[assignment]
        assert found is not None, id
        found.trigger()
        self.answer()

    def answer(self) -> None:
        """Choose from a menu, or type into a field, that has opened; or leave it."""
        popup = QApplication.activePopupWidget()
        if isinstance(popup, QMenu):
            actions = [a for a in leaves(popup) if not a.text().endswith("…")]
            chosen = self.one(actions) if actions and self.maybe() else None
            popup.close()
            if chosen is not None:
                chosen.trigger()
        for editor in self.fields():
            if self.maybe():
                QTest.keyClicks(editor, self.one(WORDS))
                QTest.keyClick(editor, Qt.Key.Key_Return, CONTROL if isinstance(editor, QPlainTextEdit) else NONE)
        for editor in self.fields():
            QTest.keyClick(editor, Qt.Key.Key_Escape)
        self.desk.canvas.search_popup.close_popup()

    def fields(self) -> list[QWidget]:
        canvas = self.desk.canvas
        fields: list[QWidget] = [canvas.name_editor, canvas.note_editor, canvas.search_popup.field]
        return [field for field in fields if field.isVisible()]


def leaves(menu: QMenu) -> list[QAction]:
    """What can be chosen in a menu and its menus."""
    found: list[QAction] = []
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            found += leaves(inner)
        elif action.isEnabled() and not action.isSeparator():
            found.append(action)
    return found


# --- the gestures --------------------------------------------------------------------------------


def click(hands: Hands) -> None:
    hands.desk.click(hands.place(), hands.one((NONE, CONTROL)))


def double_click(hands: Hands) -> None:
    hands.desk.double_click(hands.place())
    hands.answer()


def drag(hands: Hands) -> None:
    """Moves things, into blocks and out of them, onto wires and out of those; selects by rectangle; bends wires, or
    pulls an end off."""
    desk, start = hands.desk, hands.place()
    end = hands.place() if hands.maybe() else start + QPoint(hands.one((-60, 40)), hands.one((-40, 70)))
    held = hands.one((NONE, NONE, NONE, SHIFT, CONTROL))
    desk.drag(start, end, modifiers=hands.one((NONE, NONE, SHIFT, ALT)), held=held, let_go=False)
    if hands.draw(st.integers(0, 9)) == 0:
        QTest.keyClick(desk.canvas, Qt.Key.Key_Escape)
    desk.release(end)
    hands.answer()


def connect(hands: Hands) -> None:
    """From port to port, in one graph or across the borders of blocks; or off a port, or into nothing; all wires of
    one, or changing places with another's."""
    desk, start = hands.desk, hands.one((hands.port, hands.port, hands.far_port))()
    end = hands.one((hands.port, hands.port, hands.far_port, hands.far_port, hands.thing, hands.empty))()
    held = hands.one((NONE, NONE, SHIFT, ALT))
    desk.drag(start, end, modifiers=held, held=held)
    hands.answer()


def stroke(hands: Hands) -> None:
    """Cuts wires."""
    hands.desk.drag(hands.empty(), hands.wire(), RIGHT, CONTROL)
    hands.answer()


def drop(hands: Hands) -> None:
    """From the palette: to a free place, onto a wire, into a Sequential."""
    desk = hands.desk
    blocks = [f"definition:{name}" for name in desk.session.document.definitions]
    desk.canvas.drop_entry(hands.one((*PAYLOADS, *blocks)), desk.canvas.mapToScene(hands.place()))
    hands.answer()


def look(hands: Hands) -> None:
    """At another zoom, and back where everything is in view."""
    canvas = hands.desk.canvas
    canvas.zoom_at(QPointF(hands.empty()), hands.one((0.3, 0.7, 1.4, 3.0)))
    if hands.maybe():
        canvas.fit_all()


def menu(hands: Hands) -> None:
    """The context menu of whatever is there."""
    hands.desk.click(hands.place(), button=RIGHT)
    hands.answer()


def walk(hands: Hands) -> None:
    """Along the wires, by keyboard."""
    key = hands.one((Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home))
    hands.desk.key(key, hands.one((NONE, SHIFT, Qt.KeyboardModifier.AltModifier)))


def slot(hands: Hands) -> None:
    """Into a node of the graph, whatever it has inside."""
    names = list(hands.desk.graph.nodes)
    if names:
        with hands.desk.session.guard():
            hands.desk.session.enter_node(hands.one(names))


def paste_python(hands: Hands) -> None:
    """Layers copied from a program."""
    QGuiApplication.clipboard().setText(hands.one(PYTHON))
    hands.act("paste")


GESTURES: dict[str, Callable[[Hands], None]] = {
    "click": click,
    "double_click": double_click,
    "drag": drag,
    "connect": connect,
    "stroke": stroke,
    "drop": drop,
    "look": look,
    "menu": menu,
    "walk": walk,
    "slot": slot,
    "paste_python": paste_python,
}
"""What is done with the mouse and the keyboard; a new gesture is one more line."""

BY_ID = {spec.id: spec for spec in ACTIONS}
COMMANDS = [id for id, spec in BY_ID.items() if spec.handler.startswith(("canvas.", "duplicate_", "session.undo"))]
"""Every action on the canvas, new ones too."""
