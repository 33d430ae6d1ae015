"""Tidying on the canvas: one step, frames keep what they hold, downwards if one likes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from attrs import evolve
from PySide6.QtCore import QRectF, Qt

from blockstudio.graph.edits import AddNode, Batch, Connect, MoveNodes, SetNote, SetPorts
from blockstudio.graph.looks import SetDirection
from blockstudio.graph.model import Endpoint, Function, Note
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.painting.edge_item import EdgeItem
from blockstudio.gui.session import new_document
from tests.helpers.tidying import tidied

from .conftest import ROOT, Desk

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def framed(net: Desk) -> Desk:
    """relu and a tanh behind it in a frame, a note beside linear; the frame far too large and out of place."""
    for edit in (
        AddNode(ROOT, Function(name="tanh", type="torch.tanh", position=(430.0, 300.0))),
        Connect(ROOT, Endpoint("tanh", "input"), Endpoint("relu", "output")),
        Connect(ROOT, Endpoint("linear_2", "input"), Endpoint("tanh", "output")),
        SetNote(ROOT, "frame_1", Note("Activations", (380.0, 40.0), (180.0, 400.0), frame=True)),
        SetNote(ROOT, "note_1", Note("the first", (120.0, 170.0), (100.0, 40.0))),
    ):
        net.session.push(edit, "Make")
    return net


def test_a_frame_stays_round_what_it_held_and_nothing_else(framed: Desk) -> None:
    start = framed.bytes()
    steps = framed.steps()
    framed.key(Qt.Key.Key_L, CTRL)
    frame = framed.scene.notes["frame_1"].body
    assert frame.contains(framed.scene.nodes["relu"].body) and frame.contains(framed.scene.nodes["tanh"].body)
    for name in ("linear", "linear_2"):
        assert not frame.intersects(framed.scene.nodes[name].body)
    xs = [framed.scene.nodes[name].x() for name in ("linear", "relu", "tanh", "linear_2")]
    assert xs == sorted(xs)
    assert frame.height() < 200.0
    assert framed.steps() == steps + 1
    framed.session.undo_stack.undo()
    assert framed.bytes() == start


def test_tidying_again_changes_nothing(framed: Desk) -> None:
    framed.key(Qt.Key.Key_L, CTRL)
    steps = framed.steps()
    framed.key(Qt.Key.Key_L, CTRL)
    assert framed.steps() == steps


def test_a_frame_in_a_frame(framed: Desk) -> None:
    framed.session.push(SetNote(ROOT, "frame_2", Note("Outer", (90.0, 20.0), (520.0, 500.0), frame=True)), "Frame")
    framed.key(Qt.Key.Key_L, CTRL)
    outer, inner = framed.scene.notes["frame_2"].body, framed.scene.notes["frame_1"].body
    assert outer.contains(inner) and inner.contains(framed.scene.nodes["tanh"].body)
    assert outer.contains(framed.scene.nodes["linear"].body)


def test_frames_that_feed_each_other_are_laid_out_too(net: Desk) -> None:
    """linear and linear_2 in one frame, with relu between them outside of it: a circle of boxes."""
    net.session.push(
        Batch((SetNote(ROOT, "frame_1", Note("Ends", (100.0, 60.0), (900.0, 200.0), frame=True)),)), "Frame"
    )
    net.drag(net.node("relu"), net.at(450, 500))
    net.key(Qt.Key.Key_L, CTRL)
    frame = net.scene.notes["frame_1"].body
    assert frame.contains(net.scene.nodes["linear"].body) and frame.contains(net.scene.nodes["linear_2"].body)
    assert not frame.intersects(net.scene.nodes["relu"].body)


def test_downwards(net: Desk) -> None:
    net.session.push(SetDirection(ROOT, True), "Turn")
    net.key(Qt.Key.Key_L, CTRL)
    bodies = [
        net.scene.pills[Key("input", "x")].body,
        *(net.scene.nodes[name].body for name in ("linear", "relu", "linear_2")),
        net.scene.pills[Key("output", "y")].body,
    ]
    assert all(upper.bottom() < lower.top() for upper, lower in pairwise(bodies))
    middles = [body.center().x() for body in bodies]
    assert max(middles) - min(middles) <= 10.0


def test_a_selection_moves_nothing_else(framed: Desk) -> None:
    framed.select("relu", "tanh")
    found = tidied(framed.scene, framed.scene.selection)
    assert {key.name for key in found.after} == {"relu", "tanh"}
    assert not found.sizes


def runs_through(wire: EdgeItem, body: QRectF) -> bool:
    path = wire.path()
    return any(body.contains(path.pointAtPercent(step / 300)) for step in range(301))


def test_a_wire_past_others_goes_round_them(net: Desk) -> None:
    """A residual: x is added to what came of it, and the wire would run behind all that lies between."""
    for edit in (
        AddNode(ROOT, Function(name="add", type="operator.add", position=(700.0, 300.0))),
        Connect(ROOT, Endpoint("add", "input"), Endpoint("linear_2", "output")),
        Connect(ROOT, Endpoint("add", "other"), Endpoint("", "x")),
        Connect(ROOT, Endpoint("", "y"), Endpoint("add", "output")),
    ):
        net.session.push(edit, "Make")
    start, steps = net.bytes(), net.steps()
    net.key(Qt.Key.Key_L, CTRL)
    wire = net.scene.edges[Endpoint("add", "other")]
    assert len(wire.via) == 2 and net.graph.routes[Endpoint("add", "other")] == wire.via
    for name in ("linear", "relu", "linear_2"):
        assert not runs_through(wire, net.scene.nodes[name].body), name
    assert [edge.via for target, edge in net.scene.edges.items() if target != wire.target] == [()] * 5
    net.key(Qt.Key.Key_L, CTRL)
    assert net.steps() == steps + 1
    net.session.undo_stack.undo()
    assert net.bytes() == start
    net.session.undo_stack.redo()
    net.session.push(MoveNodes(ROOT, {"add": (880.0, 700.0)}), "Move")
    net.session.push(Connect(ROOT, Endpoint("linear", "input"), None), "Unplug")
    net.select("linear_2", "add")
    net.key(Qt.Key.Key_L, CTRL)
    assert net.graph.routes.keys() == {Endpoint("add", "other")}  # not between those two: left alone


def test_downwards_a_wire_past_others_goes_round_them_too(net: Desk) -> None:
    for edit in (
        AddNode(ROOT, Function(name="add", type="operator.add", position=(700.0, 300.0))),
        Connect(ROOT, Endpoint("add", "input"), Endpoint("linear_2", "output")),
        Connect(ROOT, Endpoint("add", "other"), Endpoint("", "x")),
    ):
        net.session.push(edit, "Make")
    net.canvas.turn()
    wire = net.scene.edges[Endpoint("add", "other")]
    for name in ("linear", "relu", "linear_2"):
        assert not runs_through(wire, net.scene.nodes[name].body), name


def test_a_graph_without_places_gets_lanes_too(net: Desk) -> None:
    graph = net.graph
    zero = dict.fromkeys(graph.nodes, (0.0, 0.0))
    net.session.push(AddNode(ROOT, Function(name="add", type="operator.add")), "Make")
    net.session.push(Connect(ROOT, Endpoint("add", "input"), Endpoint("linear_2", "output")), "Wire")
    net.session.push(Connect(ROOT, Endpoint("add", "other"), Endpoint("linear", "output")), "Wire")
    net.session.push(Connect(ROOT, Endpoint("", "y"), Endpoint("add", "output")), "Wire")
    net.session.push(MoveNodes(ROOT, zero), "Move")
    net.session.push(
        SetPorts(ROOT, "outputs", tuple(evolve(port, position=(0.0, 0.0)) for port in graph.outputs)), "Move"
    )
    net.session.push(
        SetPorts(ROOT, "inputs", tuple(evolve(port, position=(0.0, 0.0)) for port in graph.inputs)), "Move"
    )
    net.check()
    assert net.scene.arrangement and net.scene.lanes.keys() == {Endpoint("add", "other")}
    wire = net.scene.edges[Endpoint("add", "other")]
    for name in ("relu", "linear_2"):
        assert not runs_through(wire, net.scene.nodes[name].body), name
    assert not net.graph.routes
    lane = wire.via
    net.select("relu")
    net.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert not net.scene.arrangement
    assert net.graph.routes == {Endpoint("add", "other"): lane}
    net.session.undo_stack.undo()
    net.check()
    assert not net.graph.routes and net.scene.lanes


@pytest.mark.parametrize("down", [False, True])
def test_an_output_that_nothing_feeds_stands_at_the_end(net: Desk, down: bool) -> None:
    net.session.push(SetDirection(ROOT, down), "Turn")
    net.session.push(Connect(ROOT, Endpoint("", "y"), None), "Unplug")
    net.key(Qt.Key.Key_L, CTRL)
    pill = net.scene.pills[Key("output", "y")]
    others = [net.scene.nodes[name] for name in net.graph.nodes]
    assert all(pill.y() > other.y() if down else pill.x() > other.x() for other in others)
    assert not net.graph.routes


def test_a_note_does_not_come_to_lie_under_nodes(net: Desk) -> None:
    net.session.push(MoveNodes(ROOT, {"relu": (120.0, 300.0)}), "Move")
    net.session.push(SetNote(ROOT, "note_1", Note("why", (260.0, 300.0), (300.0, 60.0))), "Note")
    net.key(Qt.Key.Key_L, CTRL)
    note = net.scene.notes["note_1"].body
    assert not any(note.intersects(net.scene.nodes[name].body) for name in net.graph.nodes)


def test_an_empty_graph_is_left_as_it_is(desk: Desk) -> None:
    start = desk.show_document(new_document())
    desk.key(Qt.Key.Key_L, CTRL)
    assert desk.bytes() == start
