"""Sequential nodes: rows to drop into, reorder and drag away; inside, order takes the place of wires."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Definition, Endpoint, Graph, Instance, Layer, Node, Port, Sequential
from blockstudio.graph.port_commands import rename_port
from blockstudio.gui.settings import RECENT_ENTRIES

from .conftest import Desk


def layer(name: str, kind: str = "ReLU", x: float = 0.0, y: float = 0.0) -> Node:
    return Layer(name=name, type=f"torch.nn.{kind}", position=(x, y))


def document() -> Document:
    body = Graph(nodes={str(i): layer(str(i), kind) for i, kind in enumerate(("ReLU", "Tanh", "GELU"))})
    nodes: list[Node] = [
        Sequential(name="net", body=body, position=(150, 100)),
        Sequential(name="other", body=Graph(), position=(450, 100)),
        layer("sigmoid", "Sigmoid", 150, 300),
    ]
    edges = {
        Endpoint("net", "input"): Endpoint("", "x"),
        Endpoint("sigmoid", "input"): Endpoint("net", "output"),
        Endpoint("", "y"): Endpoint("sigmoid", "output"),
    }
    ports = [Port("x", (0, 100))], [Port("y", (700, 300))]
    return Document("Net", {"Net": Definition("Net", Graph(*ports, {n.name: n for n in nodes}, edges))})


@pytest.fixture
def seq(desk: Desk) -> Desk:
    desk.show_document(document())
    return desk


def children(desk: Desk, name: str = "net") -> list[str]:
    return [node.type.rpartition(".")[2] for node in desk.graph.nodes[name].body.nodes.values()]  # type: ignore[attr-defined]


def test_rows_show_the_children_in_order(seq: Desk) -> None:
    rows = seq.scene.nodes["net"].face.rows
    assert [(row.index, row.title) for row in rows] == [("0", "ReLU"), ("1", "Tanh"), ("2", "GELU")]
    assert seq.scene.nodes["net"].face.detail == "3 layers"


def test_drag_a_row_to_reorder(seq: Desk) -> None:
    start = seq.bytes()
    seq.drag(seq.row("net", 0), seq.row("net", 2) + QPoint(0, 8))
    assert children(seq) == ["Tanh", "GELU", "ReLU"]
    seq.drag(seq.row("net", 2), seq.row("net", 0) - QPoint(0, 8))
    assert children(seq) == ["ReLU", "Tanh", "GELU"]
    assert seq.steps() == 2
    assert seq.undo_all() == start


def test_drag_a_row_away_takes_it_out(seq: Desk) -> None:
    start = seq.bytes()
    seq.drag(seq.row("net", 1), seq.at(500, 400))
    assert children(seq) == ["ReLU", "GELU"]
    assert "tanh" in seq.graph.nodes
    assert seq.selected() == {"tanh"}
    assert seq.steps() == 1
    assert seq.undo_all() == start


def test_drag_a_row_into_another_sequential(seq: Desk) -> None:
    start = seq.bytes()
    seq.drag(seq.row("net", 1), seq.node("other", 80, 50))
    assert children(seq) == ["ReLU", "GELU"]
    assert children(seq, "other") == ["Tanh"]
    assert seq.steps() == 1
    assert seq.undo_all() == start


def test_a_block_moved_into_a_row_leaves_its_wires_joined(seq: Desk) -> None:
    start = seq.bytes()
    seq.drag(seq.node("sigmoid"), seq.row("net", 1) - QPoint(0, 8))
    assert children(seq) == ["ReLU", "Sigmoid", "Tanh", "GELU"]
    assert seq.graph.edges[Endpoint("", "y")] == Endpoint("net", "output")
    assert seq.steps() == 1
    assert seq.undo_all() == start


def test_a_function_cannot_go_in_and_it_says_why(seq: Desk) -> None:
    start = seq.bytes()
    seq.canvas.drop_entry("torch.nn.functional.relu", seq.canvas.mapToScene(seq.row("net", 1)))
    assert seq.bytes() == start
    assert "Sequential" in seq.messages[-1]


def test_a_child_is_reordered_by_keys(seq: Desk) -> None:
    start = seq.bytes()
    seq.session.enter_node("net")
    first = next(iter(seq.graph.nodes))
    seq.select(first)
    seq.key(Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert seq.steps() == 0
    seq.key(Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert list(seq.graph.nodes).index(first) == 1
    assert seq.undo_all() == start


def test_a_child_is_bypassed_and_its_row_says_so(seq: Desk) -> None:
    start = seq.bytes()
    seq.session.enter_node("net")
    seq.select("1")
    seq.key(Qt.Key.Key_M)
    assert seq.graph.nodes["1"].bypassed
    seq.key(Qt.Key.Key_PageUp)
    assert [row.detail for row in seq.scene.nodes["net"].face.rows] == ["", "bypassed", ""]
    assert seq.undo_all() == start


def test_a_shared_layer_cannot_go_in(seq: Desk) -> None:
    seq.select("sigmoid")
    seq.canvas.duplicate("shared")
    start = seq.bytes()
    seq.drag(seq.node("sigmoid"), seq.row("net", 1))
    assert seq.bytes() == start
    assert "sigmoid_2" in seq.messages[-1]
    seq.check()


def test_drop_from_the_palette_into_a_row(seq: Desk) -> None:
    start = seq.bytes()
    assert seq.canvas.drop_entry("torch.nn.Dropout", seq.canvas.mapToScene(seq.row("net", 2) + QPoint(0, 9)))
    assert children(seq) == ["ReLU", "Tanh", "GELU", "Dropout"]
    assert seq.canvas.drop_entry("torch.nn.Linear", seq.canvas.mapToScene(seq.node("other", 80, 50)))
    assert children(seq, "other") == ["Linear"]
    seq.check()
    assert seq.steps() == 2
    assert seq.undo_all() == start


def test_enter_by_double_click(seq: Desk) -> None:
    seq.double_click(seq.node("net"))
    assert seq.session.location.steps == (("net", "body"),)
    assert seq.scene.sequence
    lefts = [seq.scene.nodes[name].x() for name in ("0", "1", "2")]
    assert lefts == sorted(lefts) and len(set(lefts)) == 3
    assert all(edge.implied for edge in seq.scene.edges.values())
    assert len(seq.scene.edges) == 4


def test_double_click_on_a_row_goes_to_the_child(seq: Desk) -> None:
    seq.double_click(seq.row("net", 1))
    assert seq.session.location.steps == (("net", "body"),)
    assert seq.session.selection == ("1",)


def test_inside_dragging_reorders(seq: Desk) -> None:
    start = seq.bytes()
    seq.double_click(seq.node("net"))
    seq.canvas.set_view(seq.scene.extent().center(), 1.0)
    target = seq.node("2", 110)
    seq.drag(seq.node("0"), target + QPoint(40, 0))
    assert list(seq.graph.nodes) == ["1", "2", "0"]
    assert seq.steps() == 1
    assert seq.undo_all() == start


def test_inside_nothing_can_be_wired(seq: Desk) -> None:
    seq.double_click(seq.node("net"))
    seq.canvas.set_view(seq.scene.extent().center(), 1.0)
    start = seq.bytes()
    seq.drag(seq.output("0"), seq.input("2"))
    assert seq.bytes() == start or list(seq.graph.nodes) != ["0", "1", "2"]
    assert not seq.graph.edges


def test_inside_adding_goes_behind_the_selection(seq: Desk) -> None:
    start = seq.bytes()
    seq.double_click(seq.node("net"))
    seq.click(seq.node("0"))
    seq.key(Qt.Key.Key_Tab)
    assert not any(offer.payload == "torch.nn.functional.relu" for offer in seq.canvas.search_popup.model.choices)
    seq.search("dropout")
    assert seq.session.settings.get(RECENT_ENTRIES)[0] == "torch.nn.Dropout"
    assert [node.type.rpartition(".")[2] for node in seq.graph.nodes.values()] == ["ReLU", "Dropout", "Tanh", "GELU"]  # type: ignore[attr-defined]
    assert seq.undo_all() == start


def test_inside_delete(seq: Desk) -> None:
    start = seq.bytes()
    seq.double_click(seq.node("net"))
    seq.click(seq.node("1"))
    seq.key(Qt.Key.Key_Delete)
    assert list(seq.graph.nodes) == ["0", "2"]
    seq.key(Qt.Key.Key_PageUp)
    assert [row.title for row in seq.scene.nodes["net"].face.rows] == ["ReLU", "GELU"]
    assert seq.undo_all() == start


def long_document() -> Document:
    body = Graph(nodes={str(i): layer(str(i)) for i in range(20)})
    graph = Graph([Port("x")], [Port("y")], {"net": Sequential(name="net", body=body)})
    graph.connect(Endpoint("net", "input"), Endpoint("", "x"))
    graph.connect(Endpoint("", "y"), Endpoint("net", "output"))
    return Document("Net", {"Net": Definition("Net", graph)})


def test_a_long_sequence_is_read_line_by_line(desk: Desk) -> None:
    desk.show_document(long_document())
    desk.session.enter_node("net")
    bodies = [desk.scene.nodes[str(i)].body for i in range(20)]
    first = [i for i in range(20) if bodies[i].top() == bodies[0].top()]
    assert 1 < len(first) < 20 and first == list(range(len(first)))
    (edge,) = (edge for edge in desk.scene.edges.values() if edge.target.node == str(len(first)))
    assert edge.returns
    assert bodies[first[-1]].bottom() < edge.middle().y() < bodies[len(first)].top()
    assert edge.distance(edge.middle()) < 1


def test_dragging_to_another_line_reorders(desk: Desk) -> None:
    desk.show_document(long_document())
    start = desk.bytes()
    desk.session.enter_node("net")
    bodies = [desk.scene.nodes[str(i)].body for i in range(20)]
    second = next(i for i in range(20) if bodies[i].top() > bodies[0].top())
    desk.canvas.set_view(bodies[second].center(), 1.0)
    desk.drag(desk.node(str(second)), desk.node(str(second + 1), 110) + QPoint(40, 0))
    desk.canvas.fit()
    order = list(desk.graph.nodes)
    assert order.index(str(second)) == second + 1 and sorted(order, key=int) == [str(i) for i in range(20)]
    assert desk.undo_all() == start


def test_children_with_ports_of_other_names_are_linked_by_them(desk: Desk) -> None:
    half = Graph([Port("a")], [Port("b")], {"relu": layer("relu")})
    half.connect(Endpoint("relu", "input"), Endpoint("", "a"))
    half.connect(Endpoint("", "b"), Endpoint("relu", "output"))
    document = long_document()
    document.definitions["Half"] = Definition("Half", half)
    body = document.graph(Location("Net", (("net", "body"),)))
    body.nodes.clear()
    body.nodes |= {name: Instance(name=name, definition="Half") for name in ("one", "two")}
    desk.show_document(document)
    desk.session.enter_node("net")
    faces = [desk.scene.nodes[name].face for name in ("one", "two")]
    assert [[port.name for port in face.inputs] for face in faces] == [["a"], ["a"]]
    assert all(port.known and port.wired for face in faces for port in (*face.inputs, *face.outputs))
    assert {(edge.source, edge.target) for edge in desk.scene.edges.values()} == {
        (Endpoint("", "input"), Endpoint("one", "a")),
        (Endpoint("one", "b"), Endpoint("two", "a")),
        (Endpoint("two", "b"), Endpoint("", "output")),
    }
    desk.session.push(rename_port(desk.session.document, Location("Half"), "inputs", "a", "c"), "rename")
    assert [port.name for port in desk.scene.nodes["two"].face.inputs] == ["c"]
    desk.check()
