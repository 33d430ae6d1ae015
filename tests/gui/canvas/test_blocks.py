"""Nodes into blocks and out of them, options as hyper-parameters, and the order of ports, by mouse and keys."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, SetNote
from blockstudio.graph.model import Definition, Endpoint, Expression, Graph, Instance, Note, Sequential
from blockstudio.graph.port_commands import add_port
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.session import Message

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


def offered(net: Desk) -> list[Message]:
    """What is said from now on, with its buttons."""
    said: list[Message] = []
    net.session.message.connect(said.append)
    return said


def test_a_block_with_several_uses_takes_nodes_in_for_one_of_them_alone(net: Desk) -> None:
    grouped(net, "linear")
    net.session.push(AddNode(ROOT, Instance(name="twin", definition="Block", position=(120.0, 300.0))), "")
    before, steps = net.bytes(), net.steps()
    said = offered(net)
    net.canvas.select_keys([Key("node", "relu"), Key("node", "block")])
    net.key(Qt.Key.Key_PageDown, CTRL)
    (words, act) = said[-1].actions[0]
    assert words == "Only “block”" and net.bytes() == before
    act()
    net.check()
    own = net.graph.nodes["block"].definition
    assert own != "Block" and list(net.session.document.definitions[own].graph.nodes) == ["linear", "relu"]
    assert inside(net) == ["linear"] and net.steps() == steps + 1
    net.session.undo_stack.undo()
    assert net.bytes() == before


def test_moving_out_of_several_uses_says_so_and_can_be_for_one(net: Desk) -> None:
    grouped(net, "linear", "relu")
    net.session.push(AddNode(ROOT, Instance(name="twin", definition="Block", position=(120.0, 300.0))), "")
    before, steps = net.bytes(), net.steps()
    net.select("block")
    net.canvas.enter_selected()
    said = offered(net)
    net.select("relu")
    net.key(Qt.Key.Key_PageUp, CTRL)
    assert net.selected() == {"relu"} and {"relu", "relu_2"} <= set(net.graph.nodes)
    assert "used in 2 places" in said[-1].text and said[-1].level == "info"
    said[-1].actions[0][1]()
    net.check()
    assert "relu_2" not in net.graph.nodes and net.selected() == {"relu"}
    assert inside(net) == ["linear", "relu"] and net.steps() == steps + 1
    net.session.undo_stack.undo()
    assert net.bytes() == before


def test_what_cannot_leave_every_use_says_why(net: Desk) -> None:
    grouped(net, "linear", "relu")
    body = Graph(nodes={"0": Instance(name="0", definition="Block")})
    net.session.push(AddNode(ROOT, Sequential(name="row", position=(120.0, 300.0), body=body)), "")
    net.select("block")
    net.canvas.enter_selected()
    said = offered(net)
    net.select("relu")
    net.key(Qt.Key.Key_PageUp, CTRL)
    assert "in the Sequential “row”" in said[-2].text
    said[-1].actions[0][1]()
    net.check()
    assert "relu" in net.graph.nodes and inside(net) == ["linear", "relu"]


def test_into_a_sequential_and_out_of_it_by_keys(net: Desk) -> None:
    net.canvas.drop_entry("node:sequential", net.canvas.mapToScene(net.node("relu", 0, 250)))
    before = net.bytes()
    net.canvas.select_keys([Key("node", "linear"), Key("node", "relu"), Key("node", "sequential")])
    net.key(Qt.Key.Key_PageDown, CTRL)
    assert net.messages and net.bytes() == before  # a function is no layer
    net.canvas.select_keys([Key("node", "linear"), Key("node", "linear_2"), Key("node", "sequential")])
    net.key(Qt.Key.Key_PageDown, CTRL)
    assert len(net.graph.nodes["sequential"].body.nodes) == 2
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("", "x")
    net.canvas.enter_selected()
    net.key(Qt.Key.Key_A, CTRL)
    net.key(Qt.Key.Key_PageUp, CTRL)
    assert net.selected() == {"linear", "linear_2"} and net.graph.nodes["sequential"].body.nodes == {}
    net.undo_all()


def test_several_blocks_are_taken_apart_in_one_step(net: Desk) -> None:
    grouped(net, "linear")
    net.select("relu", "linear_2")
    net.key(Qt.Key.Key_G, CTRL)
    before, steps = net.bytes(), net.steps()
    net.select("block", "block2")
    net.key(Qt.Key.Key_G, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert list(net.graph.nodes) == ["linear", "relu", "linear_2"]
    assert net.selected() == set(net.graph.nodes)
    assert net.steps() == steps + 1
    net.session.undo_stack.undo()
    assert net.bytes() == before


def test_a_note_selected_with_nodes_goes_into_their_block(net: Desk) -> None:
    net.session.push(SetNote(ROOT, "n", Note("The first", (120.0, 40.0))), "Note")
    net.canvas.select_keys([Key("node", "linear"), Key("note", "n")])
    net.canvas.group()
    net.check()
    assert not net.graph.notes
    assert net.session.document.graph(Location("Block")).notes["n"].text == "The first"
    net.undo_all()
