"""The keyboard on the canvas: from thing to port to wire, wires made and taken off, and the ring that shows where."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.keys import Key, PortKey, node_key

from .conftest import Desk

LEFT, RIGHT, UP, DOWN = Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down
CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
WIRE = Key("edge", "relu", "input")


def spots(net: Desk, *keys: Qt.Key) -> list[object]:
    """Where the keyboard is after each key."""
    found = []
    for key in keys:
        net.key(key)
        found.append(net.canvas.focus.spot)
    return found


def test_from_a_node_over_its_ports_and_wires_to_the_next(net: Desk) -> None:
    net.select("linear")
    assert spots(net, Qt.Key.Key_Period, Qt.Key.Key_Period, RIGHT, RIGHT, RIGHT) == [
        PortKey("linear", "input", False),
        PortKey("linear", "output", True),
        WIRE,
        PortKey("relu", "input", False),
        PortKey("relu", "output", True),
    ]
    assert net.session.selection == () and net.session.selected_port == PortKey("relu", "output", True)
    assert spots(net, LEFT, LEFT, LEFT) == [
        PortKey("relu", "input", False),
        WIRE,
        PortKey("linear", "output", True),
    ]


def test_escape_goes_from_a_port_to_its_node_and_then_lets_go(net: Desk) -> None:
    net.select("linear")
    assert spots(net, Qt.Key.Key_Comma, Qt.Key.Key_Escape, Qt.Key.Key_Escape) == [
        PortKey("linear", "output", True),
        node_key("linear"),
        node_key("linear"),  # nothing is selected, and the keyboard stays where it was
    ]
    assert not net.scene.selection
    assert spots(net, RIGHT) == [node_key("relu")]


def test_up_and_down_go_from_wire_to_wire_and_port_to_port(net: Desk) -> None:
    net.canvas.add_entry("operator.add", net.canvas.mapToScene(net.node("relu", 0, 200)))
    net.key(Qt.Key.Key_Period)
    assert spots(net, DOWN, DOWN, UP) == [
        PortKey("add", "other", False),
        PortKey("add", "other", False),
        PortKey("add", "input", False),
    ]
    net.drag(net.output("linear"), net.input("add"))
    net.canvas.focus.go(PortKey("linear", "output", True))
    assert spots(net, RIGHT, DOWN, UP) == [WIRE, Key("edge", "add", "input"), WIRE]


def test_a_click_selects_a_port_and_a_wire(net: Desk) -> None:
    net.click(net.output("linear"))
    assert net.session.selected_port == PortKey("linear", "output", True)
    net.click(net.wire("relu"))
    assert net.session.selected_wires == (Endpoint("relu", "input"),) and net.session.selected_port is None
    net.key(Qt.Key.Key_Delete)
    assert Endpoint("relu", "input") not in net.graph.edges and net.session.selected_wires == ()
    assert net.undo_all()


def test_delete_takes_the_wires_off_a_port(net: Desk) -> None:
    net.canvas.focus.go(PortKey("relu", "input", False))
    net.key(Qt.Key.Key_Delete)
    assert Endpoint("relu", "input") not in net.graph.edges and "relu" in net.graph.nodes
    net.key(Qt.Key.Key_Z, CONTROL)
    net.canvas.focus.go(PortKey("relu", "output", True))
    net.key(Qt.Key.Key_Backspace)
    assert Endpoint("linear_2", "input") not in net.graph.edges
    assert net.canvas.focus.spot == PortKey("relu", "output", True)
    net.key(Qt.Key.Key_Delete)  # nothing is plugged in: nothing happens
    assert net.steps() == 1


def test_a_wire_by_name(net: Desk) -> None:
    net.canvas.add_entry("torch.nn.Tanh", net.canvas.mapToScene(net.node("relu", 0, 200)))
    net.key(Qt.Key.Key_C)  # of a node its output is meant
    assert net.scene.surface.wire is not None and net.scene.surface.port == PortKey("linear_2", "input", False)
    assert net.scene.overlay.boundingRect().isValid()
    net.search("linear_2")
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("tanh", "output")
    assert net.scene.surface.wire is None and not net.scene.overlay.boundingRect().isValid()
    assert net.session.selected_wires == (Endpoint("linear_2", "input"),)
    net.canvas.focus.go(PortKey("tanh", "input", False))
    net.key(Qt.Key.Key_C)
    net.search("relu")
    assert net.graph.edges[Endpoint("tanh", "input")] == Endpoint("relu", "output")
    assert net.undo_all()


def test_only_ports_that_fit_are_offered(net: Desk) -> None:
    net.canvas.focus.go(PortKey("relu", "output", True))
    net.key(Qt.Key.Key_C)
    labels = [choice.label for choice in net.canvas.search_popup.model.choices]
    assert labels == ["y", "Add a node…"]  # linear feeds it, linear_2 is fed already
    net.enter(Qt.Key.Key_Escape)
    assert net.scene.surface.wire is None and net.steps() == 0


def test_a_wire_goes_elsewhere(net: Desk) -> None:
    net.canvas.add_entry("torch.nn.Tanh", net.canvas.mapToScene(net.node("relu", 0, 200)))
    net.canvas.focus.go(WIRE)
    net.key(Qt.Key.Key_C)
    net.search("tanh")
    edges = net.graph.edges
    assert Endpoint("relu", "input") not in edges and edges[Endpoint("tanh", "input")] == Endpoint("linear", "output")
    assert net.undo_all()


def test_a_node_is_added_at_a_port_or_in_a_wire(net: Desk) -> None:
    net.canvas.focus.go(PortKey("linear", "output", True))
    net.key(Qt.Key.Key_Tab)
    net.search("sigmoid")
    assert net.graph.edges[Endpoint("sigmoid", "input")] == Endpoint("linear", "output")
    net.canvas.focus.go(WIRE)
    net.key(Qt.Key.Key_Tab)
    net.search("tanh")
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("tanh", "output")
    assert net.undo_all()


def test_the_next_of_all_things(net: Desk) -> None:
    net.session.push(_frame(net), "Frame")
    order = [net.canvas.focus.next_thing() or net.canvas.focus.spot for _ in range(7)]
    assert order == [
        Key("input", "x"),
        Key("note", "frame"),
        node_key("linear"),
        node_key("relu"),
        node_key("linear_2"),
        Key("output", "y"),
        Key("input", "x"),
    ]
    net.key(LEFT, CONTROL)
    assert net.canvas.focus.spot == Key("output", "y")


def test_a_frame_is_moved_with_what_is_in_it_and_made_larger(net: Desk) -> None:
    net.session.push(_frame(net), "Frame")
    net.canvas.focus.go(Key("note", "frame"))
    net.key(DOWN, ALT)
    assert net.graph.notes["frame"].position == (60.0, 60.0)
    assert net.graph.nodes["linear"].position == (120.0, 110.0) and net.graph.nodes["relu"].position == (400.0, 100.0)
    net.key(RIGHT, ALT | SHIFT)
    net.key(DOWN, ALT | SHIFT)
    assert net.graph.notes["frame"].size == (270.0, 170.0)
    net.select("relu")
    net.key(RIGHT, ALT | SHIFT)
    assert net.graph.nodes["relu"].position == (450.0, 100.0)
    assert net.undo_all()


def test_the_view_is_moved_by_keys(net: Desk) -> None:
    before = net.canvas.view_center()
    net.key(Qt.Key.Key_End, SHIFT)
    net.key(Qt.Key.Key_PageDown, SHIFT)
    after = net.canvas.view_center()
    assert after.x() - before.x() > 400 and after.y() - before.y() > 300
    net.key(Qt.Key.Key_Home, SHIFT)
    net.key(Qt.Key.Key_PageUp, SHIFT)
    assert (net.canvas.view_center() - before).manhattanLength() < 4


def test_one_more_is_selected_by_its_name(net: Desk) -> None:
    net.select("linear")
    net.key(Qt.Key.Key_S)
    net.search("linear_2")
    assert net.selected() == {"linear", "linear_2"}


def test_a_loose_node_is_put_on_a_wire(net: Desk) -> None:
    net.canvas.add_entry("torch.nn.Tanh", net.canvas.mapToScene(net.node("relu", 0, 200)))
    net.canvas.select_keys([node_key("tanh"), WIRE])
    net.key(Qt.Key.Key_W)
    edges = net.graph.edges
    assert edges[Endpoint("tanh", "input")] == Endpoint("linear", "output")
    assert edges[Endpoint("relu", "input")] == Endpoint("tanh", "output")
    assert net.undo_all()


def test_the_ring_is_drawn_while_the_keyboard_is_used(net: Desk) -> None:
    def picture() -> QImage:
        return net.canvas.viewport().grab().toImage()

    net.click(net.node("linear"))
    plain = picture()
    net.canvas.focus.show_ring(True)
    assert picture() != plain
    net.click(net.node("linear"))
    assert picture() == plain
    net.key(Qt.Key.Key_Period)
    on_port = picture()
    net.canvas.clearFocus()
    assert picture() != on_port  # another widget has the keyboard


def test_a_wire_ring_follows_the_wire_and_a_far_one_can_be_seen(net: Desk) -> None:
    net.canvas.focus.show_ring(True)
    net.canvas.focus.go(WIRE)
    near = net.canvas.viewport().grab().toImage()
    net.canvas.set_view(net.canvas.view_center(), 0.02)
    net.canvas.focus.go(PortKey("relu", "input", False))
    net.canvas.focus.go(node_key("relu"))
    QTest.qWait(1)
    assert near != net.canvas.viewport().grab().toImage()


def test_what_is_selected_is_forgotten_with_it(net: Desk) -> None:
    port = PortKey("relu", "output", True)
    net.canvas.focus.go(port)
    net.session.push(_without(net, "relu"), "Delete")
    assert net.canvas.focus.spot is None and net.session.selected_port is None


def _frame(net: Desk):
    from blockstudio.graph.edits import SetNote
    from blockstudio.graph.model import Note

    return SetNote(net.session.location, "frame", Note("Frame", (60.0, 50.0), (260.0, 160.0), frame=True))


def _without(net: Desk, name: str):
    from blockstudio.graph.commands import remove_nodes

    return remove_nodes(net.session.document, net.session.location, [name])
