"""What a screen reader finds on the canvas: names of nodes, ports and wires, and which one has the keyboard."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible

from blockstudio.engine.protocol import PortShape, Shapes, TensorShape
from blockstudio.gui.canvas.accessible import CanvasInterface
from blockstudio.gui.canvas.keys import Key

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
    assert ports == ["Input port input, 2×256 float32, fed by linear", "Output port output"]
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


def test_what_is_gone_is_not_valid_and_its_successor_is_found(net: Desk, reader: CanvasInterface) -> None:
    relu = reader.part(Key("node", "relu"))
    net.select("relu")
    net.key(Qt.Key.Key_Delete)
    assert not relu.isValid() and relu.text(NAME) == "" and relu.childCount() == 0
    assert reader.childCount() == 2 + 2 + 2
    gc.collect()
    net.session.undo_stack.undo()
    assert relu.isValid() and "relu, relu" in names(reader)
