"""What a screen reader finds on the canvas: names of nodes, ports and wires, and which one has the keyboard."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QApplication

from blockstudio.engine.protocol import PortShape, Problem, Shapes, TensorShape
from blockstudio.gui.canvas.accessible import CanvasInterface, Part
from blockstudio.gui.canvas.facts.keys import Key, PortKey, node_key
from blockstudio.gui.canvas.view import Canvas

from .conftest import Desk

NAME, DESCRIPTION = QAccessible.Text.Name, QAccessible.Text.Description


@pytest.fixture
def reader(net: Desk) -> Iterator[CanvasInterface]:
    """The canvas as a screen reader sees it."""
    QAccessible.setActive(True)
    interface = QAccessible.queryAccessibleInterface(net.canvas)
    assert isinstance(interface, CanvasInterface)
    yield interface
    QAccessible.setActive(False)


def names(interface: CanvasInterface) -> list[str]:
    return [child.text(NAME) for i in range(interface.childCount()) if (child := interface.child(i)) is not None]


def test_everything_has_a_name(net: Desk, reader: CanvasInterface) -> None:
    found = names(reader)
    assert found[0] == "Linear, linear, 20 → 256"
    assert {"relu, relu", "Linear, linear_2, 256 → 10", "Input x", "Output y"} <= set(found)
    assert "Wire from linear to relu" in found
    assert len(found) == 3 + 2 + 4 and all(found)


def test_wires_and_ports_say_what_flows(net: Desk, reader: CanvasInterface) -> None:
    net.session.set_shapes(Shapes(1, (PortShape("Net/linear", "output", TensorShape((2, 256), "float32")),), ()))
    assert "Wire from linear to relu, 2×256 float32" in names(reader)
    relu = reader.part(Key("node", "relu"))
    ports = [port.text(NAME) for i in range(relu.childCount()) if (port := relu.child(i)) is not None]
    assert ports == ["Input port input, 2×256 float32, fed by linear", "Output port output, feeds linear_2"]
    assert relu.text(DESCRIPTION) == "fed by linear, feeds linear_2"


def test_places_are_those_on_the_screen(net: Desk, reader: CanvasInterface) -> None:
    place = net.canvas.viewport().mapToGlobal(net.node("relu"))
    child = reader.childAt(place.x(), place.y())
    assert child is reader.part(Key("node", "relu"))
    assert child.rect().contains(place)
    assert reader.indexOfChild(child) == names(reader).index("relu, relu")


def test_the_keyboard_is_followed(net: Desk, reader: CanvasInterface) -> None:
    net.select("relu")
    assert reader.focusChild() is reader.part(Key("node", "relu"))
    assert reader.part(Key("node", "relu")).state().selected
    net.key(Qt.Key.Key_Right)
    assert reader.focusChild() is reader.part(Key("node", "linear_2"))
    assert "Linear, linear_2" in net.canvas.accessibleDescription()
    assert "fed by relu" in net.canvas.accessibleDescription()


def test_ports_and_wires_take_the_focus(net: Desk, reader: CanvasInterface) -> None:
    net.select("linear")
    net.key(Qt.Key.Key_Period)
    net.key(Qt.Key.Key_Period)
    port = reader.focusChild()
    assert port is reader.part(PortKey("linear", "output", True)) and port.parent() is reader.part(node_key("linear"))
    assert port.text(NAME) == "Output port output, feeds relu" and port.text(DESCRIPTION) == "linear"
    state = port.state()
    assert state.focusable and state.focused and state.selectable and state.selected
    assert port.parent().indexOfChild(port) == 1 and not port.parent().state().focused
    net.key(Qt.Key.Key_Right)
    wire = reader.focusChild()
    assert wire is reader.part(Key("edge", "relu", "input")) and wire.state().focused and not port.state().focused
    assert "Wire from linear to relu" in net.canvas.accessibleDescription()


def test_a_reader_hears_of_each_step_and_of_what_is_known_later(
    net: Desk, reader: CanvasInterface, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, str]] = []

    def hear(event: QAccessibleEvent) -> None:
        part = QAccessible.accessibleInterface(event.uniqueId())
        heard.append((event.type().name, part.text(NAME) if part is not None else ""))

    net.select("linear")
    monkeypatch.setattr(QAccessible, "updateAccessibility", hear)
    for key in (Qt.Key.Key_Comma, Qt.Key.Key_Right):
        net.key(key)
    assert heard == [("Focus", "Output port output, feeds relu"), ("Focus", "Wire from linear to relu")]
    heard.clear()
    net.session.set_shapes(Shapes(1, (PortShape("Net/linear", "output", TensorShape((2, 256), "float32")),), ()))
    assert heard == [("NameChanged", "Wire from linear to relu, 2×256 float32")]
    heard.clear()
    problem = Problem("shape-mismatch", "error", "Net/relu", "It does not fit.", {})
    net.session.set_diagnostics([problem])
    assert heard == [("NameChanged", "Wire from linear to relu, 2×256 float32, Error: It does not fit.")]
    heard.clear()
    net.canvas.add_entry("torch.nn.Tanh", net.canvas.mapToScene(net.node("relu", 0, 200)))
    assert ("ObjectCreated", "Tanh, tanh") in heard and heard[-1] == ("Focus", "Tanh, tanh")


def test_what_is_gone_is_not_valid_and_its_successor_is_found(net: Desk, reader: CanvasInterface) -> None:
    number = reader.part(Key("node", "relu")).number
    net.select("relu")
    net.key(Qt.Key.Key_Delete)
    assert QAccessible.accessibleInterface(number) is None
    assert reader.childCount() == 2 + 2 + 2
    gc.collect()
    net.session.undo_stack.undo()
    assert reader.part(Key("node", "relu")).isValid() and "relu, relu" in names(reader)


def everything(interface: CanvasInterface) -> list[Part]:
    """Every part, ports too, as a reader asks for them."""
    things = [interface.child(i) for i in range(interface.childCount())]
    ports = [thing.child(i) for thing in things for i in range(thing.childCount())]
    return [*things, *ports]


def test_parts_of_what_is_gone_are_let_go(net: Desk, reader: CanvasInterface) -> None:
    numbers = {part.number for part in everything(reader)}
    for _ in range(40):
        net.canvas.add_entry("torch.nn.Tanh", net.canvas.mapToScene(net.node("relu", 0, 200)))
        numbers |= {part.number for part in everything(reader)}
        net.session.undo_stack.undo()
        net.key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        net.key(Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
        net.canvas.enter_selected()
        numbers |= {part.number for part in everything(reader)}
        net.canvas.leave()
        net.session.undo_stack.undo()
        everything(reader)
    alive = [number for number in numbers if QAccessible.accessibleInterface(number) is not None]
    assert len(numbers) > 500
    assert len(alive) <= len(reader.parts) == 3 + 2 + 4 + 3 * 2 + 2


def test_a_canvas_that_is_closed_keeps_nothing(net: Desk, reader: CanvasInterface, qapp: QApplication) -> None:
    other = Canvas(net.session)
    interface = QAccessible.queryAccessibleInterface(other)
    assert isinstance(interface, CanvasInterface)
    numbers = [part.number for part in everything(interface)]
    assert all(QAccessible.accessibleInterface(number) is not None for number in numbers)
    other.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not any(QAccessible.accessibleInterface(number) is not None for number in numbers)
