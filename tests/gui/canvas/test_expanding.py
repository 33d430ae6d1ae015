"""Blocks expanded in their place: the inside is drawn, follows every change, and is one click from being entered."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt

from blockstudio.engine.protocol import PortShape, Shapes, TensorShape
from blockstudio.formats.project import loads
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, MoveNodes, SetNode
from blockstudio.graph.model import Definition, Graph, Instance, Layer, Node, Port, Repeat
from blockstudio.gui.canvas.export import export_image
from blockstudio.gui.canvas.inside_painting import labels
from blockstudio.gui.canvas.insides import Inside, inside

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
    inside = item.geometry.inside
    assert inside is not None
    x, y = next(place for drawn, _, place in inside.nodes if drawn.name == name)
    x, y = x + 40.0 - inside.corner[0], y + 12.0 - inside.corner[1]
    return net.canvas.mapFromScene(item.pos() + inside.place + QPointF(x, y) * inside.scale)


def drawn(net: Desk, node: str = "block") -> list[str]:
    inside = net.scene.nodes[node].face.inside
    return [inner.name for inner in inside.nodes] if inside else []


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


def test_a_double_click_inside_goes_to_what_is_there(net: Desk) -> None:
    expanded(net)
    net.canvas.fit_all()
    net.double_click(inner(net, "block", "relu"))
    assert net.session.location == BLOCK
    assert net.selected() == {"relu"}
    net.key(Qt.Key.Key_PageUp)
    assert net.selected() == {"block"}


def test_insides_within_insides_follow_too(net: Desk) -> None:
    expanded(net)
    net.select("block", "linear_2")
    net.key(Qt.Key.Key_G, CTRL)
    net.key(Qt.Key.Key_E)
    face = net.scene.nodes["block2"].face
    assert face.inside is not None
    assert [inner.face.inside is not None for inner in face.inside.nodes] == [True, False]
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
    inside = desk.scene.nodes["loop"].geometry.inside
    assert inside is not None
    (_, _, (x, _)), (left, right) = inside.nodes[0], (rect.left() for _, rect in inside.pills)
    assert left < x < right


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
    item = net.scene.nodes["block"]
    before = item.looks()
    port = PortShape(BLOCK.path("linear"), "output", TensorShape((2, 256), "float32"))
    net.session.set_shapes(Shapes(0, (port,), ()))
    assert "2×256" in labels(item.geometry.inside, net.scene.surface)
    assert item.looks() != before


def test_of_too_much_only_the_first_level_is_drawn() -> None:
    def block(name: str, nodes: list[Node]) -> Definition:
        return Definition(name, Graph(nodes={node.name: node for node in nodes}))

    def uses(definition: str, count: int) -> list[Node]:
        return [Instance(name=f"u{i}", definition=definition, expanded=True) for i in range(count)]

    def depth(inside: Inside | None) -> int:
        return 0 if inside is None else 1 + max(depth(node.face.inside) for node in inside.nodes)

    for many, levels in ((5, 3), (50, 1)):
        leaf = block("Leaf", [Layer(name=f"r{i}", type="torch.nn.ReLU") for i in range(many)])
        blocks = [block("Net", uses("Stage", 1)), block("Stage", uses("Part", many)), block("Part", uses("Leaf", many))]
        document = Document("Net", {made.name: made for made in (*blocks, leaf)})
        assert depth(inside(document, ROOT, document.node(ROOT, "u0"))) == levels
