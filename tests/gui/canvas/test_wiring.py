"""Wires drawn, pulled off and dropped by the mouse: one step each, and undo takes it back."""

from __future__ import annotations

from PySide6.QtCore import Qt

from blockstudio.graph.model import Endpoint

from .conftest import Desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_wire_from_output_to_input(net: Desk) -> None:
    start = net.bytes()
    net.drag(net.output("linear"), net.input("linear_2"))
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("linear", "output")
    assert net.steps() == 1
    assert net.undo_all() == start


def test_wire_backwards_from_a_free_input(net: Desk) -> None:
    net.click(net.wire("relu"))
    net.key(Qt.Key.Key_Delete)
    assert Endpoint("relu", "input") not in net.graph.edges
    net.drag(net.input("relu"), net.output("linear"))
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("linear", "output")


def test_wire_dropped_on_the_body_takes_the_free_input(net: Desk) -> None:
    net.click(net.wire("linear_2"))
    net.key(Qt.Key.Key_Delete)
    net.drag(net.output("linear"), net.node("linear_2"))
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("linear", "output")


def test_pulling_a_wire_off_unplugs_it(net: Desk) -> None:
    start = net.bytes()
    net.drag(net.input("relu"), net.at(350, 300))
    assert Endpoint("relu", "input") not in net.graph.edges
    assert net.steps() == 1
    assert net.undo_all() == start


def test_pulling_a_wire_to_another_input_is_one_step(net: Desk) -> None:
    start = net.bytes()
    net.drag(net.input("relu"), net.input("linear_2"))
    assert Endpoint("relu", "input") not in net.graph.edges
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("linear", "output")
    assert net.steps() == 1
    assert net.undo_all() == start


def test_a_wire_that_closes_a_circle_is_refused_with_the_reason(net: Desk) -> None:
    start = net.bytes()
    net.drag(net.output("linear_2"), net.input("linear"), let_go=False)
    wire = net.scene.surface.wire
    assert wire is not None
    assert wire.blocked == {"linear", "relu", "linear_2"}
    net.release(net.input("linear"))
    assert net.bytes() == start
    assert "linear → relu → linear_2 → linear" in net.messages[-1]
    assert net.scene.surface.wire is None


def test_escape_breaks_a_wire_off(net: Desk) -> None:
    net.drag(net.input("relu"), net.at(350, 300), let_go=False)
    net.key(Qt.Key.Key_Escape)
    net.release(net.at(350, 300))
    assert net.steps() == 0
    assert net.scene.surface.wire is None
    assert net.scene.edges[Endpoint("relu", "input")].hidden is False


def test_a_wire_into_empty_space_offers_what_fits(net: Desk) -> None:
    start = net.bytes()
    net.drag(net.output("relu"), net.at(500, 320))
    popup = net.canvas.search_popup
    assert popup.isVisible()
    labels = {offer.payload for offer in popup.model.choices}
    assert "node:output" in labels
    assert not labels & {"node:input", "node:constant", "torch.zeros"}
    net.search("dropout")
    assert net.graph.edges[Endpoint("dropout", "input")] == Endpoint("relu", "output")
    assert net.steps() == 1
    assert net.undo_all() == start


def test_a_wire_backwards_into_empty_space(net: Desk) -> None:
    net.drag(net.input("relu"), net.at(350, 300))
    net.drag(net.input("relu"), net.at(250, 300))
    net.search("constant")
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("constant", "output")


def test_drop_on_a_wire_inserts_and_makes_room(net: Desk) -> None:
    start = net.bytes()
    where = net.canvas.mapToScene(net.wire("relu"))
    net.canvas.drop_entry("torch.nn.BatchNorm1d", where)
    net.check()
    assert net.graph.edges[Endpoint("batchnorm1d", "input")] == Endpoint("linear", "output")
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("batchnorm1d", "output")
    bodies = [net.scene.nodes[name].body for name in ("batchnorm1d", "relu", "linear_2")]
    assert bodies[0].right() < bodies[1].left() < bodies[1].right() < bodies[2].left()
    assert net.steps() == 1
    assert net.undo_all() == start


def test_a_loose_node_moved_onto_a_wire_is_inserted(net: Desk) -> None:
    net.canvas.drop_entry("torch.nn.Dropout", net.canvas.mapToScene(net.at(300, 350)))
    steps = net.steps()
    net.drag(net.node("dropout"), net.wire("relu"))
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("dropout", "output")
    assert net.graph.edges[Endpoint("dropout", "input")] == Endpoint("linear", "output")
    assert net.steps() == steps + 1
