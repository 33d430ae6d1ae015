"""Wires pulled from a port inside the frame of a block to one outside, the other way, and from frame to frame."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt

from blockstudio.graph.edits import AddNode
from blockstudio.graph.model import Endpoint, Function, Layer
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.session import Message

from .conftest import ROOT, Desk, within
from .test_expanding import BLOCK


def port(desk: Desk, *names: str, out: bool, name: str = "") -> QPoint:
    """A port of a node that is seen inside others, named from the outermost graph that is seen."""
    around = desk.canvas.surroundings
    scene: CanvasScene = around.outermost
    origin = -around.origin
    for node in names[:-1]:
        origin += scene.nodes[node].origin
        inner = scene.nodes[node].inner
        assert inner is not None
        scene = inner
    key = PortKey(names[-1], name or ("output" if out else "input"), out)
    return desk.canvas.mapFromScene(origin + scene.port_place(key))


def free(desk: Desk, name: str = "free") -> bytes:
    """A function that nothing is wired to, below everything; the bytes of the document then."""
    node = Function(name=name, type="torch.nn.functional.relu", position=(0.0, 700.0))
    desk.session.push(AddNode(ROOT, node), "")
    desk.canvas.fit_all()
    desk.session.undo_stack.clear()
    return desk.bytes()


def test_from_inside_to_outside(once: Desk) -> None:
    start = free(once)
    once.drag(port(once, "block", "linear", out=True), port(once, "free", out=False))
    assert once.session.document.graph(BLOCK).edges[Endpoint("", "linear")] == Endpoint("linear", "output")
    assert once.session.document.graph(ROOT).edges[Endpoint("free", "input")] == Endpoint("block", "linear")
    assert once.session.location == BLOCK
    assert once.steps() == 1
    assert once.undo_all() == start


def test_from_outside_to_inside(once: Desk) -> None:
    start = free(once)
    once.drag(port(once, "free", out=True), port(once, "block", "relu", out=False))
    assert once.graph.edges[Endpoint("block", "free")] == Endpoint("free", "output")
    assert once.session.document.graph(BLOCK).edges[Endpoint("relu", "input")] == Endpoint("", "free")
    assert once.session.location == ROOT
    assert once.steps() == 1
    assert once.undo_all() == start


def test_from_an_input_inside_backwards_to_an_output_outside(once: Desk) -> None:
    """A wire at the input is pulled off first, so an input that nothing feeds yet."""
    free(once)
    once.session.push(AddNode(BLOCK, Layer(name="tanh", type="torch.nn.Tanh", position=(200.0, 300.0))), "")
    once.canvas.fit_all()
    once.drag(port(once, "block", "tanh", out=False), port(once, "free", out=True))
    assert once.session.document.graph(BLOCK).edges[Endpoint("tanh", "input")] == Endpoint("", "free")


def test_a_wire_pulled_off_goes_across(once: Desk) -> None:
    start = free(once)
    once.drag(port(once, "block", "relu", out=False), port(once, "free", out=False))
    assert Endpoint("relu", "input") not in once.session.document.graph(BLOCK).edges
    assert once.session.document.graph(ROOT).edges[Endpoint("free", "input")] == Endpoint("block", "linear")
    assert once.undo_all() == start


def test_through_every_border(deep: Desk) -> None:
    deep.resize(2400, 1400)
    start = free(deep)
    deep.drag(port(deep, "outer", "middle", "inner", "linear", out=True), port(deep, "free", out=False))
    assert deep.session.document.graph(ROOT).edges[Endpoint("free", "input")] == Endpoint("outer", "linear")
    assert deep.steps() == 1
    assert deep.undo_all() == start


def test_ports_outside_light_up_and_a_word_says_what_is_made(once: Desk) -> None:
    free(once)
    start, end = port(once, "block", "linear", out=True), port(once, "free", out=False)
    once.drag(start, end, let_go=False)
    outer = once.canvas.surroundings.outermost
    assert outer.surface.wire is not None
    assert outer.surface.wire.accepts(PortKey("free", "input", False))
    assert not outer.surface.wire.accepts(PortKey("block", "x", False))
    assert outer.surface.port == PortKey("free", "input", False)
    colors, image = outer.surface.colors, once.canvas.grab().toImage()
    assert image.pixelColor(end).name() == colors.accent.name()
    once.key_unchecked(Qt.Key.Key_Escape)
    once.release(end)
    assert all(scene.surface.wire is None and scene.surface.port is None for scene in once.scene.family)
    assert once.steps() == 0


def test_a_circle_is_refused_in_words(once: Desk) -> None:
    start = once.bytes()
    once.drag(port(once, "linear_2", out=True), port(once, "block", "relu", out=False))
    assert once.bytes() == start
    assert "circle" in once.messages[-1]


def test_other_uses_of_the_block_are_told_and_can_be_left_alone(twice: Desk) -> None:
    start = free(twice)
    said: list[Message] = []
    twice.session.message.connect(said.append)
    twice.drag(port(twice, "free", out=True), port(twice, "again", "relu", out=False))
    assert [p.name for p in twice.session.document.graph(BLOCK).inputs][-1] == "free"
    assert "used in 2 places" in said[-1].text
    ((label, only_here),) = said[-1].actions
    assert "again" in label
    only_here()
    twice.check()
    assert [p.name for p in twice.session.document.graph(BLOCK).inputs] == ["x"]
    again = twice.session.document.node(ROOT, "again")
    inner = twice.session.document.definition(again.definition).graph  # type: ignore[attr-defined]
    assert inner.edges[Endpoint("relu", "input")] == Endpoint("", "free")
    assert twice.undo_all() == start


def test_from_one_frame_to_another(twice: Desk) -> None:
    start = twice.bytes()
    twice.drag(port(twice, "block", "linear", out=True), port(twice, "again", "relu", out=False))
    assert twice.session.document.graph(ROOT).edges[Endpoint("again", "linear")] == Endpoint("block", "linear")
    assert twice.undo_all() == start


def test_by_keyboard(once: Desk) -> None:
    start = free(once)
    once.click(within(once, "block", "linear"))
    once.key_unchecked(Qt.Key.Key_C)
    once.search("free")
    assert once.session.document.graph(ROOT).edges[Endpoint("free", "input")] == Endpoint("block", "linear")
    assert all(scene.surface.wire is None for scene in once.scene.family)
    assert once.undo_all() == start


def test_over_nothing_outside_what_is_added_there_is_wired_across(once: Desk) -> None:
    start = free(once)
    outer = once.scene.nodes["block"].body
    place = once.canvas.mapFromScene(QPointF(outer.center().x(), outer.bottom() + 150.0))
    once.drag(port(once, "block", "linear", out=True), place)
    once.search("tanh")
    assert once.session.location == ROOT
    assert once.selected() == {"tanh"}
    assert once.graph.edges[Endpoint("tanh", "input")] == Endpoint("block", "linear")
    away = once.input("tanh") - place  # the block grew by a port, and what is below made room
    assert abs(away.x()) < 40 and away.y() >= 0
    assert once.steps() == 1
    assert once.undo_all() == start


def test_over_nothing_inside_what_is_added_there_is_wired_across(once: Desk) -> None:
    start = free(once)
    item = once.scene.nodes["block"]
    assert item.geometry.opening is not None
    place = once.canvas.mapFromScene(item.pos() + item.geometry.opening.rect.bottomLeft() + QPointF(120.0, -10.0))
    once.drag(port(once, "free", out=True), place)
    once.search("tanh")
    assert once.session.location == BLOCK
    assert once.graph.edges[Endpoint("tanh", "input")] == Endpoint("", "free")
    assert once.undo_all() == start


def test_over_nothing_backwards(once: Desk) -> None:
    once.session.push(AddNode(BLOCK, Layer(name="act", type="torch.nn.Tanh", position=(200.0, 300.0))), "")
    once.canvas.fit_all()
    start, steps = once.bytes(), once.steps()
    outer = once.scene.nodes["block"].body
    place = once.canvas.mapFromScene(QPointF(outer.left() - 20.0, outer.bottom() + 100.0))
    once.drag(port(once, "block", "act", out=False), place)
    once.search("gelu")
    assert once.graph.edges[Endpoint("block", "gelu")] == Endpoint("gelu", "output")
    assert once.session.document.graph(BLOCK).edges[Endpoint("act", "input")] == Endpoint("", "gelu")
    assert once.steps() == steps + 1
    once.session.undo_stack.undo()
    assert once.bytes() == start


def test_one_graph_shown_twice_lights_up_where_a_wire_can_go(twice: Desk) -> None:
    """`free` is fed by one of the two nodes that show it, so a wire can go into the other only."""
    free(twice)
    twice.drag(port(twice, "block", "linear", out=True), port(twice, "free", out=False))
    start, end = port(twice, "free", out=True), port(twice, "again", "relu", out=False)
    twice.drag(start, end, let_go=False)
    inner = twice.canvas.surroundings.outermost.nodes["again"].inner
    assert inner is not None and inner.surface.wire is not None
    assert inner.surface.wire.accepts(PortKey("relu", "input", False))
    twice.key_unchecked(Qt.Key.Key_Escape)
    twice.release(end)
    steps = twice.steps()
    twice.drag(start, port(twice, "block", "relu", out=False))
    assert twice.steps() == steps
    assert "circle" in twice.messages[-1]
