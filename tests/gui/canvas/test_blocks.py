"""Nodes into blocks and out of them, options as hyper-parameters, and the order of ports, by mouse and keys."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from blockstudio.graph.edits import AddNode
from blockstudio.graph.model import Definition, Endpoint, Expression, Instance
from blockstudio.graph.port_commands import add_port
from blockstudio.gui.canvas.keys import Key

from .conftest import ROOT, Desk

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


def grouped(net: Desk, *names: str) -> bytes:
    net.select(*names)
    net.key(Qt.Key.Key_G, CTRL)
    net.select()
    return net.bytes()


def inside(net: Desk) -> list[str]:
    definition = net.session.document.definitions["Block"]
    assert isinstance(definition, Definition)
    return list(definition.graph.nodes)


def test_ctrl_while_dragging_drops_into_the_block(net: Desk) -> None:
    start = grouped(net, "linear", "relu")
    steps = net.steps()
    place, goal = net.node("linear_2"), net.node("block")
    net.press(place)
    for share in (0.3, 0.7, 1.0):
        net.move_with(place + (goal - place) * share, CTRL)
    net.release(goal, modifiers=CTRL)
    assert inside(net) == ["linear", "relu", "linear_2"]
    assert list(net.graph.nodes) == ["block"]
    assert net.selected() == {"block"}
    assert net.steps() == steps + 1
    net.session.undo_stack.undo()
    assert net.bytes() == start


def test_what_cannot_go_in_goes_back_where_it_was(net: Desk) -> None:
    grouped(net, "linear")
    net.session.push(AddNode(ROOT, Instance(name="twin", definition="Block", position=(120.0, 300.0))), "")
    before = net.bytes()
    place, goal = net.node("relu"), net.node("block")
    net.press(place)
    net.move_with(place + QPoint(-60, 0), CTRL)
    net.move_with(goal, CTRL)
    net.release(goal, modifiers=CTRL)
    assert "used in 2 places" in net.messages[-1]
    assert net.bytes() == before


def test_into_and_out_by_keys(net: Desk) -> None:
    start = grouped(net, "linear")
    net.select("relu")
    net.key_unchecked(Qt.Key.Key_PageDown, CTRL)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert inside(net) == ["linear", "relu"]
    net.key(Qt.Key.Key_PageDown)
    net.select("relu")
    net.key(Qt.Key.Key_PageUp, CTRL)
    assert net.session.location == ROOT
    assert inside(net) == ["linear"]
    assert net.selected() == {"relu"}
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("relu", "output")
    net.session.undo_stack.undo()
    assert net.session.location.definition == "Block"
    net.session.undo_stack.undo()
    assert net.bytes() == start


def test_the_block_among_the_selected_takes_the_others(net: Desk) -> None:
    grouped(net, "linear")
    net.select("block", "relu", "linear_2")
    net.key(Qt.Key.Key_PageDown, CTRL)
    assert inside(net) == ["linear", "relu", "linear_2"]


def test_without_a_block_that_is_said(net: Desk) -> None:
    net.select("relu")
    net.key(Qt.Key.Key_PageDown, CTRL)
    assert "There is no block here" in net.messages[-1]


def test_an_option_becomes_a_hyper_parameter(net: Desk) -> None:
    start = net.bytes()
    net.canvas.expose("linear", "out_features")
    net.check()
    assert [(p.name, p.default) for p in net.session.definition.hyper_parameters] == [("out_features", "256")]
    assert net.graph.nodes["linear"].options["out_features"] == Expression("out_features")  # type: ignore[attr-defined]
    assert net.steps() == 1
    assert net.undo_all() == start


def test_a_port_that_is_dragged_past_another_changes_places_with_it(net: Desk) -> None:
    net.session.push(add_port(net.session.document, ROOT, "inputs", "mask", (-60.0, 200.0)), "")
    start = net.bytes()
    place = net.pill("input", "mask")
    net.drag(place, place - QPoint(0, 60))
    assert [port.name for port in net.graph.inputs] == ["x", "mask"]
    net.session.undo_stack.undo()
    net.drag(place, place - QPoint(0, 150))
    assert [port.name for port in net.graph.inputs] == ["mask", "x"]
    assert net.graph.inputs[0].position == (-60.0, 50.0)
    net.session.undo_stack.undo()
    assert net.bytes() == start


def test_ports_are_ordered_by_keys(net: Desk) -> None:
    net.session.push(add_port(net.session.document, ROOT, "outputs", "z", (850.0, 200.0)), "")
    net.canvas.select_keys([Key("output", "z")])
    net.key(Qt.Key.Key_Up, CTRL | ALT)
    assert [port.name for port in net.graph.outputs] == ["z", "y"]
    steps = net.steps()
    net.key(Qt.Key.Key_Up, CTRL | ALT)
    assert net.steps() == steps
    net.key(Qt.Key.Key_Down, CTRL | ALT)
    assert [port.name for port in net.graph.outputs] == ["y", "z"]


def test_a_port_is_renamed_on_the_spot(net: Desk) -> None:
    net.double_click(net.pill("input", "x"))
    net.type("pixels")
    net.enter()
    assert net.graph.inputs[0].name == "pixels"
    assert net.graph.edges[Endpoint("linear", "input")] == Endpoint("", "pixels")
