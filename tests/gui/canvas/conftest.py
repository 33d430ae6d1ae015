"""A canvas on a desk: a window with a session, a canvas and the actions' keys, worked by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from blockstudio.formats.project import dumps
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, SetNode
from blockstudio.graph.grouping import group
from blockstudio.graph.model import Definition, Endpoint, Example, Function, Graph, Instance, Layer, Node, Port
from blockstudio.gui.actions import ACTIONS, make_actions
from blockstudio.gui.canvas.facts.keys import Key, PortKey, node_key
from blockstudio.gui.canvas.scene.hits import hit
from blockstudio.gui.canvas.view import Canvas
from blockstudio.gui.session import Message, Session
from blockstudio.gui.settings import Settings

from .agreement import check_agreement

NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


class Desk(QWidget):
    """What the actions look for in a window."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.canvas = Canvas(session, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        specs = [spec for spec in ACTIONS if spec.handler.startswith(("canvas.", "duplicate_", "session.undo"))]
        for spec, action in zip(specs, make_actions(self, specs).values(), strict=True):
            (self.canvas if spec.canvas else self).addAction(action)
        self.messages: list[str] = []
        session.message.connect(self._keep)
        self.resize(1000, 700)
        self.canvas.animated = False

    def _keep(self, message: Message) -> None:
        self.messages.append(message.text)

    def duplicate_copy(self) -> None:
        self.canvas.duplicate("copy")

    def duplicate_instance(self) -> None:
        self.canvas.duplicate("instance")

    def duplicate_shared(self) -> None:
        self.canvas.duplicate("shared")

    # --- looking ------------------------------------------------------------------------------------

    @property
    def scene(self):
        return self.canvas.canvas_scene

    @property
    def graph(self) -> Graph:
        return self.session.graph

    def show_document(self, document: Document) -> bytes:
        """Open a document; its bytes, to come back to."""
        self.session.replace(document)
        self.canvas.set_view(QPointF(400, 250), 1.0)
        self.check()
        return dumps(document)

    def check(self) -> None:
        check_agreement(self.scene, self.session)

    def bytes(self) -> bytes:
        return dumps(self.session.document)

    def undo_all(self) -> bytes:
        """Undo everything, checking at each step, and redo it all; the bytes of the beginning."""
        end = self.bytes()
        stack = self.session.undo_stack
        steps = stack.index()
        while stack.canUndo():
            stack.undo()
            self.check()
        start = self.bytes()
        while stack.index() < steps:
            stack.redo()
            self.check()
        assert self.bytes() == end
        while stack.canUndo():
            stack.undo()
        assert self.bytes() == start
        return start

    def steps(self) -> int:
        """How many steps undo has."""
        return self.session.undo_stack.index()

    # --- places in the view -------------------------------------------------------------------------

    def at(self, x: float, y: float) -> QPoint:
        return self.canvas.mapFromScene(QPointF(x, y))

    def node(self, name: str, x: float = 50.0, y: float = 12.0) -> QPoint:
        """On a node, counted from its corner: beside its title."""
        item = self.scene.nodes[name]
        return self.at(item.x() + x, item.y() + y)

    def pill(self, kind: str, name: str) -> QPoint:
        body = self.scene.pills[Key(kind, name)].body  # type: ignore[arg-type]
        return self.canvas.mapFromScene(body.center())

    def output(self, node: str, port: str = "output") -> QPoint:
        return self.canvas.mapFromScene(self.scene.port_place(PortKey(node, port, True)))

    def input(self, node: str, port: str = "input") -> QPoint:
        return self.canvas.mapFromScene(self.scene.port_place(PortKey(node, port, False)))

    def row(self, node: str, index: int) -> QPoint:
        item = self.scene.nodes[node]
        return self.canvas.mapFromScene(item.pos() + item.geometry.rows[index][1].center())

    def wire(self, node: str, port: str = "input") -> QPoint:
        return self.canvas.mapFromScene(self.scene.edges[Endpoint(node, port)].middle())

    def hit(self, place: QPoint):
        return hit(self.scene, self.canvas.mapToScene(place))

    # --- mouse and keys -----------------------------------------------------------------------------

    def click(self, place: QPoint, modifiers: Qt.KeyboardModifier = NONE, button: Qt.MouseButton = LEFT) -> None:
        QTest.mouseClick(self.canvas.viewport(), button, modifiers, place)
        self.check()

    def double_click(self, place: QPoint) -> None:
        view = self.canvas.viewport()
        QTest.mouseClick(view, LEFT, NONE, place)
        QTest.mouseDClick(view, LEFT, NONE, place)
        self.check()

    def press(self, place: QPoint, button: Qt.MouseButton = LEFT, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.mousePress(self.canvas.viewport(), button, modifiers, place)

    def hover(self, place: QPoint) -> None:
        QTest.mouseMove(self.canvas.viewport(), place)

    def move_with(self, place: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        """Move with the left button and a key held down."""
        view = self.canvas.viewport()
        where = QPointF(place), QPointF(view.mapToGlobal(place))
        event = QMouseEvent(QEvent.Type.MouseMove, *where, Qt.MouseButton.NoButton, LEFT, modifiers)
        QGuiApplication.sendEvent(view, event)

    def release(self, place: QPoint, button: Qt.MouseButton = LEFT, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseRelease(self.canvas.viewport(), button, modifiers, place)
        self.check()

    def drag(
        self,
        start: QPoint,
        end: QPoint,
        button: Qt.MouseButton = LEFT,
        modifiers: Qt.KeyboardModifier = NONE,
        *,
        held: Qt.KeyboardModifier = NONE,
        let_go: bool = True,
    ) -> None:
        """Press, move in steps (with keys held from then on), and let go."""
        self.press(start, button, modifiers)
        for step in (0.3, 0.7, 1.0):
            place = start + (end - start) * step
            if held == NONE:
                self.hover(place)
            else:
                self.move_with(place, held)
        if let_go:
            self.release(end, button, modifiers | held)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.key_unchecked(key, modifiers)
        self.check()

    def key_unchecked(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """A key after which things are still moving on the screen."""
        QTest.keyClick(self.canvas, key, modifiers)

    def type(self, text: str) -> None:
        """Into what has the focus."""
        QTest.keyClicks(QGuiApplication.focusObject(), text)  # type: ignore[call-overload]

    def enter(self, key: Qt.Key = Qt.Key.Key_Return) -> None:
        """A key into what has the focus."""
        QTest.keyClick(QGuiApplication.focusObject(), key)  # type: ignore[call-overload]
        self.check()

    def search(self, text: str) -> None:
        """Type into the search popup and take the first."""
        assert self.canvas.search_popup.isVisible()
        QTest.keyClicks(self.canvas.search_popup.field, text)
        QTest.keyClick(self.canvas.search_popup.field, Qt.Key.Key_Return)
        self.check()

    def selected(self) -> set[str]:
        return {key.name for key in self.scene.selection}

    def select(self, *names: str) -> None:
        self.canvas.select_keys(map(node_key, names))


def chain() -> Document:
    """x → linear → relu → linear_2 → y."""
    nodes: list[Node] = [
        Layer(
            name="linear", type="torch.nn.Linear", options={"in_features": 20, "out_features": 256}, position=(120, 100)
        ),
        Function(name="relu", type="torch.nn.functional.relu", position=(400, 100)),
        Layer(
            name="linear_2",
            type="torch.nn.Linear",
            options={"in_features": 256, "out_features": 10},
            position=(580, 100),
        ),
    ]
    graph = Graph(
        inputs=[Port("x", (-60.0, 100.0), Example((2, 20)))],
        outputs=[Port("y", (850.0, 100.0))],
        nodes={node.name: node for node in nodes},
        edges={
            Endpoint("linear", "input"): Endpoint("", "x"),
            Endpoint("relu", "input"): Endpoint("linear", "output"),
            Endpoint("linear_2", "input"): Endpoint("relu", "output"),
            Endpoint("", "y"): Endpoint("linear_2", "output"),
        },
    )
    return Document("Net", {"Net": Definition("Net", graph)})


ROOT = Location("Net")


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    session = Session(settings=Settings(file=tmp_path / "settings.ini"))
    window = Desk(session)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    window.canvas.setFocus()
    yield window
    session.close()


@pytest.fixture
def net(desk: Desk) -> Desk:
    desk.show_document(chain())
    return desk


@pytest.fixture
def once(net: Desk) -> Desk:
    """An expanded block of `linear` and `relu`, used once."""
    document = chain()
    document.apply(group(document, ROOT, ["linear", "relu"], "Block")[0])
    net.show_document(document)
    net.select("block")
    net.canvas.expanding.toggle()
    net.session.undo_stack.clear()
    net.resize(1600, 1000)
    net.canvas.fit_all()
    return net


@pytest.fixture
def twice(net: Desk) -> Desk:
    """Two instances of a block of `linear` and `relu`, both expanded, beside each other."""
    document = chain()
    document.apply(group(document, ROOT, ["linear", "relu"], "Block")[0])
    net.show_document(document)
    net.session.push(AddNode(ROOT, Instance(name="again", definition="Block", position=(120.0, 500.0))), "")
    for name in ("block", "again"):
        net.select(name)
        net.canvas.expanding.toggle()
    net.canvas.select_keys([])
    net.session.undo_stack.clear()
    net.resize(1600, 1000)
    net.canvas.fit_all()
    return net


@pytest.fixture
def deep(net: Desk) -> Desk:
    """A block within a block within a block, each expanded."""
    document = chain()
    document.apply(group(document, ROOT, ["linear", "relu"], "Outer")[0])
    document.apply(group(document, Location("Outer"), ["linear", "relu"], "Middle")[0])
    document.apply(group(document, Location("Middle"), ["linear", "relu"], "Inner")[0])
    net.show_document(document)
    for place, name in ((ROOT, "outer"), (Location("Outer"), "middle"), (Location("Middle"), "inner")):
        node = net.session.document.node(place, name)
        assert isinstance(node, Instance)
        net.session.push(
            SetNode(place, Instance(name=name, definition=node.definition, position=node.position, expanded=True)), ""
        )
    net.session.undo_stack.clear()
    net.canvas.fit_all()
    return net


def within(desk: Desk, *names: str, at: QPointF | None = None) -> QPoint:
    """On the title of a node that is seen inside others, named from the outermost graph that is seen."""
    around = desk.canvas.surroundings
    scene, origin = around.outermost, -around.origin
    for name in names[:-1]:
        origin += scene.nodes[name].origin
        inner = scene.nodes[name].inner
        assert inner is not None
        scene = inner
    return desk.canvas.mapFromScene(origin + scene.nodes[names[-1]].pos() + (at or QPointF(50.0, 12.0)))


def shapes_of(desk: Desk) -> dict[str, tuple[float, float]]:
    """The sizes of what stands in the outermost graph that is seen."""
    nodes = desk.canvas.surroundings.outermost.nodes
    return {name: item.body.size().toTuple() for name, item in nodes.items()}  # type: ignore[misc]
