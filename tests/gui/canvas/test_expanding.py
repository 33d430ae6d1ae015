"""Blocks expanded in their place: the inside is drawn, follows every change, and is worked in where it is seen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from blockstudio.engine.protocol import PortShape, Shapes, TensorShape
from blockstudio.formats.project import loads
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, MoveNodes, SetNode
from blockstudio.graph.model import Definition, Graph, Instance, Layer, Node, Port, Repeat
from blockstudio.gui.canvas.commands import expanding
from blockstudio.gui.canvas.facts import insides
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.painting.surface import Detail
from blockstudio.gui.canvas.scene.export import export_image
from blockstudio.gui.canvas.scene.scene import CanvasScene

from .conftest import ROOT, Desk

CTRL = Qt.KeyboardModifier.ControlModifier
BLOCK = Location("Block")


def expanded(net: Desk) -> bytes:
    """A block of the first two nodes, expanded; the bytes before it was."""
    net.select("linear", "relu")
    net.key(Qt.Key.Key_G, CTRL)
    before = net.bytes()
    net.key(Qt.Key.Key_E)
    return before


def inner(net: Desk, node: str, name: str) -> QPoint:
    """On a node within a node."""
    item = net.scene.nodes[node]
    assert item.inner is not None
    return net.canvas.mapFromScene(item.origin + item.inner.nodes[name].pos() + QPointF(40.0, 12.0))


def drawn(net: Desk, node: str = "block") -> list[str]:
    inner = net.scene.nodes[node].inner
    return list(inner.nodes) if inner else []


def test_the_inside_is_drawn_and_others_make_room(net: Desk) -> None:
    net.select("linear", "relu")
    net.key(Qt.Key.Key_G, CTRL)
    start, narrow = net.bytes(), net.scene.nodes["block"].body.width()
    steps = net.steps()
    net.key(Qt.Key.Key_E)
    assert drawn(net) == ["linear", "relu"]
    assert net.scene.nodes["block"].body.width() > narrow
    assert net.scene.nodes["block"].body.right() < net.scene.nodes["linear_2"].body.left()
    assert net.steps() == steps + 1
    net.key(Qt.Key.Key_E)
    assert loads(net.bytes()) == loads(start)
    net.session.undo_stack.undo()
    net.session.undo_stack.undo()
    assert net.bytes() == start


def test_it_follows_what_changes_inside(net: Desk) -> None:
    expanded(net)
    net.session.push(AddNode(BLOCK, Layer(name="norm", type="torch.nn.LayerNorm", position=(300.0, 300.0))), "")
    net.check()
    assert drawn(net) == ["linear", "relu", "norm"]
    height = net.scene.nodes["block"].body.height()
    net.session.push(MoveNodes(BLOCK, {"norm": (300.0, 900.0)}), "")
    net.check()
    assert net.scene.nodes["block"].body.height() != height


def test_a_click_inside_goes_to_what_is_there_and_nothing_moves(net: Desk) -> None:
    expanded(net)
    net.canvas.fit_all()
    place = inner(net, "block", "relu")
    net.click(place)
    assert net.session.location == BLOCK
    assert net.selected() == {"relu"}
    assert net.node("relu", 40.0, 12.0) == place
    net.key(Qt.Key.Key_PageUp)
    assert net.selected() == {"block"}
    assert inner(net, "block", "relu") == place


def test_insides_within_insides_follow_too(net: Desk) -> None:
    expanded(net)
    net.select("block", "linear_2")
    net.key(Qt.Key.Key_G, CTRL)
    net.key(Qt.Key.Key_E)
    outer = net.scene.nodes["block2"].inner
    assert outer is not None
    assert [item.inner is not None for item in outer.nodes.values()] == [True, False]
    block = net.session.document.graph(BLOCK).nodes["linear"]
    assert isinstance(block, Layer)
    net.session.push(SetNode(BLOCK, Layer(name="linear", type=block.type, options={"in_features": 3})), "")
    net.check()


def test_a_body_without_places_is_laid_out(desk: Desk) -> None:
    body = Graph([Port("x")], [Port("x")], {"tanh": Layer(name="tanh", type="torch.nn.Tanh")})
    loop = Repeat(name="loop", body=body, position=(100.0, 100.0))
    desk.show_document(Document("Net", {"Net": Definition("Net", Graph([Port("x", (0.0, 0.0))], [], {"loop": loop}))}))
    desk.select("loop")
    desk.key(Qt.Key.Key_E)
    inner = desk.scene.nodes["loop"].inner
    assert inner is not None
    left, right = inner.pills[Key("input", "x")].x(), inner.pills[Key("output", "x")].x()
    assert left < inner.nodes["tanh"].x() < right


def test_what_has_no_inside_says_so(net: Desk) -> None:
    before = net.bytes()
    net.select("relu")
    net.key(Qt.Key.Key_E)
    assert "no inside" in net.messages[-1]
    assert net.bytes() == before


def test_it_is_saved_and_exported(net: Desk, tmp_path: object) -> None:
    expanded(net)
    assert loads(net.bytes()) == net.session.document
    file = tmp_path / "net.svg"  # type: ignore[operator]
    export_image(net.session.document, ROOT, file)
    assert file.read_text(encoding="utf-8").count("relu") >= 1


def test_shapes_stand_on_the_wires_inside(net: Desk) -> None:
    expanded(net)
    inner = net.scene.nodes["block"].inner
    assert inner is not None
    port = PortShape(BLOCK.path("linear"), "output", TensorShape((2, 256), "float32"))
    net.session.set_shapes(Shapes(0, (port,), ()))
    assert "2×256" in [edge.label for edge in inner.edges.values()]


def test_of_too_much_only_the_first_level_is_drawn(net: Desk) -> None:
    def block(name: str, nodes: list[Node]) -> Definition:
        return Definition(name, Graph(nodes={node.name: node for node in nodes}))

    def uses(definition: str, count: int) -> list[Node]:
        return [Instance(name=f"u{i}", definition=definition, expanded=True) for i in range(count)]

    def depth(scene: CanvasScene | None) -> int:
        return 0 if scene is None else 1 + max(depth(item.inner) for item in scene.nodes.values())

    for many, levels in ((5, 3), (110, 1)):
        leaf = block("Leaf", [Layer(name=f"r{i}", type="torch.nn.ReLU") for i in range(many)])
        blocks = [block("Net", uses("Stage", 1)), block("Stage", uses("Part", many)), block("Part", uses("Leaf", many))]
        net.show_document(Document("Net", {made.name: made for made in (*blocks, leaf)}))
        assert depth(net.scene.nodes["u0"].inner) == levels


def rows_of(number: int) -> Graph:
    """Nodes in rows."""
    names = [f"n{index}" for index in range(number)]
    places = {name: (200.0 * (index % 40), 80.0 * (index // 40) + 10.0) for index, name in enumerate(names)}
    return Graph(nodes={name: Layer(name=name, type="torch.nn.ReLU", position=places[name]) for name in names})


def test_a_large_graph_is_expanded_too(desk: Desk) -> None:
    root = Graph(nodes={"big": Instance(name="big", definition="Big", position=(10.0, 10.0))})
    document = Document("Net", {"Net": Definition("Net", root), "Big": Definition("Big", rows_of(1000))})
    desk.show_document(document)
    desk.select("big")
    desk.canvas.expanding.toggle()
    desk.check()
    assert len(drawn(desk, "big")) == 1000


def test_what_is_too_large_says_how_large(net: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    expanded(net)
    net.session.undo_stack.undo()
    monkeypatch.setattr(insides, "MOST", 1)
    monkeypatch.setattr(expanding, "MOST", 1)
    with net.session.guard():
        net.canvas.expanding.toggle()
    assert "holds 2 nodes" in net.messages[-1] and "(1)" in net.messages[-1]
    assert not net.scene.expanded


def test_many_small_graphs_are_painted_from_afar_as_one_large_one_is(desk: Desk) -> None:
    blocks = {
        f"b{index}": Instance(name=f"b{index}", definition="Small", position=(3000.0 * index, 10.0), expanded=True)
        for index in range(4)
    }
    document = Document(
        "Net", {"Net": Definition("Net", Graph(nodes=blocks)), "Small": Definition("Small", rows_of(20))}
    )
    desk.show_document(document)
    desk.canvas.set_view(QPointF(0.0, 0.0), 0.15)
    inner = desk.scene.nodes["b0"].inner
    assert inner is not None
    assert (desk.scene.surface.detail, inner.surface.detail) == (Detail.TITLES, Detail.OVERVIEW)
    desk.select("b1", "b2", "b3")
    desk.canvas.delete_selection()
    desk.canvas.set_view(QPointF(0.0, 0.0), 0.16)
    assert inner.surface.detail == Detail.TITLES
