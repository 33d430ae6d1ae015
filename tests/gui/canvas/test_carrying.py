"""Nodes dragged out of the frame of an expanded block, into others and across several, wires kept, in one step."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt

from blockstudio.graph.commands import new_control_flow
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, Batch, Connect, SetPorts
from blockstudio.graph.model import Endpoint, Function, Instance, Layer, Port
from blockstudio.gui.session import Message

from .conftest import ROOT, Desk, within
from .test_expanding import BLOCK

SHIFT = Qt.KeyboardModifier.ShiftModifier


def below(desk: Desk, name: str) -> QPoint:
    """Far enough below a node of the outermost graph."""
    around = desk.canvas.surroundings
    body = around.outermost.nodes[name].body
    return desk.canvas.mapFromScene(QPointF(body.center().x(), body.bottom() + 90.0) - around.origin)


def test_a_node_dragged_out_of_the_frame_leaves_the_block(once: Desk) -> None:
    start = once.bytes()
    grip, end = within(once, "block", "relu"), below(once, "block")
    once.drag(grip, end)
    assert once.session.location == ROOT
    assert once.selected() == {"relu"}
    assert set(once.session.document.graph(BLOCK).nodes) == {"linear"}
    edges = once.graph.edges
    assert edges[Endpoint("relu", "input")].node == "block"
    assert edges[Endpoint("linear_2", "input")] == Endpoint("relu", "output")
    assert (once.node("relu") - end).manhattanLength() <= 12
    assert once.steps() == 1
    assert once.undo_all() == start


def test_what_stands_beside_a_frame_that_shrinks_keeps_its_order(once: Desk) -> None:
    body = once.scene.nodes["linear_2"].body
    end = once.canvas.mapFromScene(QPointF(body.right() + 120.0, body.center().y()))
    once.drag(within(once, "block", "relu"), end)
    bodies = [item.body for item in once.scene.nodes.values()]
    assert not any(one.intersects(other) for one in bodies for other in bodies if one is not other)
    assert once.scene.nodes["linear_2"].x() < once.scene.nodes["relu"].x()


def test_the_frame_says_that_it_will_be_left(once: Desk) -> None:
    grip, end = within(once, "block", "relu"), below(once, "block")
    before = once.bytes()
    once.drag(grip, end, let_go=False)
    frame = once.scene.frame
    assert frame.left
    assert "Shift" in once.canvas.place_hint.text()
    once.move_with(end, SHIFT)
    assert not frame.left
    once.hover(end)
    assert frame.left
    once.key(Qt.Key.Key_Escape)
    assert not frame.left
    once.release(end)
    assert once.bytes() == before
    assert "Esc" in once.canvas.place_hint.text()


def test_near_its_border_and_with_shift_the_frame_grows(once: Desk) -> None:
    grip = within(once, "block", "relu")
    height = once.scene.nodes["block"].body.height()
    edge = below(once, "block") - QPoint(0, round(70 * once.canvas.zoom))
    once.drag(grip, edge)
    assert "relu" in once.session.document.graph(BLOCK).nodes
    once.drag(within(once, "block", "relu"), below(once, "block"), held=SHIFT)
    assert "relu" in once.session.document.graph(BLOCK).nodes
    assert once.canvas.surroundings.outermost.nodes["block"].body.height() > height + 100


def test_several_levels_at_once(deep: Desk) -> None:
    start = deep.bytes()
    deep.drag(within(deep, "outer", "middle", "inner", "relu"), below(deep, "outer"))
    assert deep.session.location == ROOT
    assert deep.selected() == {"relu"}
    assert not deep.session.document.graph(Location("Middle")).nodes.keys() & {"relu"}
    edges = deep.graph.edges
    assert edges[Endpoint("linear_2", "input")] == Endpoint("relu", "output")
    assert edges[Endpoint("relu", "input")].node == "outer"
    assert deep.steps() == 1
    assert deep.undo_all() == start


def test_only_as_far_as_it_is_dragged(deep: Desk) -> None:
    start = deep.bytes()
    deep.session.push(AddNode(Location("Outer"), Layer(name="low", type="torch.nn.Tanh", position=(300.0, 600.0))), "")
    deep.canvas.fit_all()
    end = within(deep, "outer", "low") - QPoint(0, round(120 * deep.canvas.zoom))
    deep.drag(within(deep, "outer", "middle", "inner", "relu"), end)
    assert deep.session.location == Location("Outer")
    assert deep.selected() == {"relu"}
    assert deep.undo_all() == start


def test_into_a_frame_within_a_frame(deep: Desk) -> None:
    deep.session.push(AddNode(ROOT, Layer(name="free", type="torch.nn.Tanh", position=(0.0, 700.0))), "")
    start = deep.bytes()
    deep.canvas.fit_all()
    end = within(deep, "outer", "middle", "inner", "relu") + QPoint(0, 8)
    deep.drag(deep.node("free"), end)
    assert deep.session.location == Location("Inner")
    assert deep.selected() == {"free"}
    assert (deep.node("free") - end).manhattanLength() < 12
    deep.session.undo_stack.undo()
    assert deep.bytes() == start


def test_from_one_frame_into_another(twice: Desk) -> None:
    """Both are of one block: the nodes leave every use, and the one they go into gets an inside of its own first."""
    start = twice.bytes()
    twice.drag(within(twice, "block", "relu"), within(twice, "again", "relu") + QPoint(0, 8))
    assert twice.bytes() == start
    assert "used in 2 places" in twice.messages[-1]


def test_of_a_block_used_twice_every_use_gives_it_out(twice: Desk) -> None:
    start = twice.bytes()
    said: list[Message] = []
    twice.session.message.connect(said.append)
    twice.drag(within(twice, "again", "relu"), below(twice, "again"))
    assert set(twice.session.document.graph(BLOCK).nodes) == {"linear"}
    assert twice.selected() == {"relu_2"} or twice.selected() == {"relu"}
    assert {"relu", "relu_2"} <= set(twice.graph.nodes)
    (label, only_here), *_ = said[-1].actions
    assert "again" in label
    only_here()
    twice.check()
    assert set(twice.session.document.graph(BLOCK).nodes) == {"linear", "relu"}
    assert "relu_2" not in twice.graph.nodes
    assert twice.undo_all() == start


def test_a_refusal_is_told_and_everything_stays(net: Desk) -> None:
    net.session.push(AddNode(ROOT, new_control_flow("repeat", "flow", position=(120.0, 300.0))), "")
    body = ROOT.enter("flow", "body")
    layer = Layer(name="inner", type="torch.nn.Linear", options={"in_features": 4, "out_features": 4})
    net.session.push(AddNode(body, layer), "")
    net.select("flow")
    net.canvas.expanding.toggle()
    net.canvas.fit_all()
    before = net.bytes()
    net.drag(within(net, "flow", "inner"), below(net, "flow"))
    assert net.bytes() == before
    assert net.session.location == body
    assert "would not do the same" in net.messages[-1]


def test_out_of_a_body_and_back(net: Desk) -> None:
    net.session.push(AddNode(ROOT, new_control_flow("if", "flow", position=(120.0, 300.0))), "")
    then = ROOT.enter("flow", "then")
    name = net.session.document.graph(then).inputs[0].name
    out = net.session.document.graph(then).outputs[0].name
    edits = (
        AddNode(then, Function(name="act", type="torch.nn.functional.relu", position=(200.0, 100.0))),
        Connect(then, Endpoint("act", "input"), Endpoint("", name)),
        Connect(then, Endpoint("", out), Endpoint("act", "output")),
        Connect(ROOT, Endpoint("flow", name), Endpoint("linear", "output")),
    )
    net.session.push(Batch(edits), "")
    net.select("flow")
    net.canvas.expanding.toggle()
    net.resize(1600, 1000)
    net.canvas.fit_all()
    start = net.bytes()
    net.drag(within(net, "flow", "act"), below(net, "flow"))
    assert "act" in net.graph.nodes
    assert net.graph.edges[Endpoint("act", "input")] == Endpoint("linear", "output")
    net.session.undo_stack.undo()
    assert net.bytes() == start


def test_ports_that_come_stand_beside_what_they_are_wired_to(once: Desk) -> None:
    """Not at (0, 0), where something else may be."""
    document = once.session.document
    ports = (*document.graph(BLOCK).inputs, Port("free", (-400.0, 300.0)))
    once.session.push(SetPorts(BLOCK, "inputs", ports), "")
    once.drag(within(once, "block", "linear"), below(once, "block"))
    graph = once.session.document.graph(BLOCK)
    new = next(port for port in graph.inputs if port.name == "linear")
    assert new.position[1] == graph.nodes["relu"].position[1]
    assert new.position[0] < graph.nodes["relu"].position[0]


def test_the_whole_inside_can_leave(once: Desk) -> None:
    once.session.push(AddNode(ROOT, Instance(name="other", definition="Block", position=(0.0, 900.0))), "")
    start = once.bytes()
    once.click(within(once, "block", "relu"))
    once.key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    once.drag(within(once, "block", "relu"), below(once, "block") + QPoint(0, 60))
    assert not once.session.document.graph(BLOCK).nodes
    assert once.session.location == ROOT
    once.session.undo_stack.undo()
    assert once.bytes() == start


def test_deeper_from_inside_a_frame(deep: Desk) -> None:
    node = Layer(name="low", type="torch.nn.Tanh", position=(300.0, 600.0))
    deep.session.push(AddNode(Location("Outer"), node), "")
    start = deep.bytes()
    deep.canvas.fit_all()
    deep.drag(within(deep, "outer", "low"), within(deep, "outer", "middle", "inner", "relu") + QPoint(0, 8))
    assert deep.session.location == Location("Inner")
    assert deep.selected() == {"low"}
    deep.session.undo_stack.undo()
    assert deep.bytes() == start
