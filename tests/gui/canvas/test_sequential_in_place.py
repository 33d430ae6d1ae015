"""A Sequential expanded in its place: its children in a chain, reordered, added, taken out and put in there."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from blockstudio.graph.document import Document
from blockstudio.graph.edits import AddNode
from blockstudio.graph.model import Call, Definition, Endpoint, Function, Graph, Layer, Port, Sequential

from .conftest import ROOT, Desk, within

BODY = ROOT.enter("net", "body")


@pytest.fixture
def open_row(desk: Desk) -> Desk:
    """x → net(first, second, third) → y, expanded."""
    kinds = {"first": "torch.nn.Linear", "second": "torch.nn.ReLU", "third": "torch.nn.Tanh"}
    sizes = {"in_features": 20, "out_features": 20}
    children = {
        name: Layer(name=name, type=kind, options=sizes if "Linear" in kind else {}) for name, kind in kinds.items()
    }
    row = Sequential(name="net", body=Graph(nodes=dict(children)), position=(200.0, 100.0))
    graph = Graph([Port("x", (0.0, 100.0))], [Port("y", (700.0, 100.0))], {"net": row})
    graph.connect(Endpoint("net", "input"), Endpoint("", "x"))
    graph.connect(Endpoint("", "y"), Endpoint("net", "output"))
    desk.show_document(Document("Net", {"Net": Definition("Net", graph)}))
    desk.resize(1600, 1000)
    desk.canvas.setFocus()
    desk.select("net")
    desk.canvas.expanding.toggle()
    desk.canvas.select_keys([])
    desk.canvas.fit_all()
    desk.session.undo_stack.clear()
    return desk


def order(desk: Desk) -> list[str]:
    return list(desk.session.document.graph(BODY).nodes)


def beside(desk: Desk, name: str, dx: int) -> QPoint:
    """Left or right of the middle of a child."""
    item = desk.canvas.surroundings.outermost.nodes["net"].inner.nodes[name]  # type: ignore[union-attr]
    return within(desk, "net", name, at=QPointF(item.body.width() / 2, 20.0)) + QPoint(dx, 0)


def free(desk: Desk, node: Layer | Function | Call) -> bytes:
    desk.session.push(AddNode(ROOT, node), "")
    desk.canvas.fit_all()
    desk.session.undo_stack.clear()
    return desk.bytes()


def test_its_children_are_a_chain_and_others_made_room(open_row: Desk) -> None:
    item = open_row.scene.nodes["net"]
    assert item.inner is not None and list(item.inner.nodes) == ["first", "second", "third"]
    assert not item.geometry.rows
    places = [item.inner.nodes[name].x() for name in item.inner.nodes]
    assert places == sorted(places)
    assert item.body.right() <= next(p for k, p in open_row.scene.pills.items() if k.kind == "output").x()
    open_row.select("net")
    open_row.key(Qt.Key.Key_E)
    assert open_row.scene.nodes["net"].geometry.rows


def test_a_child_is_dragged_to_another_place(open_row: Desk) -> None:
    start = open_row.bytes()
    open_row.drag(within(open_row, "net", "first"), beside(open_row, "third", 60))
    assert order(open_row) == ["second", "third", "first"]
    assert open_row.session.location == BODY
    assert open_row.steps() == 1
    assert open_row.undo_all() == start


def test_by_keys(open_row: Desk) -> None:
    start = open_row.bytes()
    open_row.click(within(open_row, "net", "first"))
    open_row.key(Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert order(open_row) == ["second", "first", "third"]
    open_row.key(Qt.Key.Key_Delete)
    assert order(open_row) == ["second", "third"]
    open_row.click(within(open_row, "net", "second"))
    open_row.key_unchecked(Qt.Key.Key_Tab)
    open_row.search("dropout")
    assert order(open_row) == ["second", "dropout", "third"]
    assert open_row.undo_all() == start


def test_the_palette_drops_between_two(open_row: Desk) -> None:
    place = within(open_row, "net", "second") - QPoint(round(70 * open_row.canvas.zoom), 0)
    open_row.canvas.go_to(place)
    open_row.canvas.drop_entry("torch.nn.Dropout", open_row.canvas.mapToScene(place))
    open_row.check()
    assert order(open_row) == ["first", "dropout", "second", "third"]


def test_a_child_is_dragged_out(open_row: Desk) -> None:
    start = open_row.bytes()
    item = open_row.scene.nodes["net"]
    end = open_row.canvas.mapFromScene(QPointF(item.body.center().x(), item.body.bottom() + 120.0))
    open_row.drag(within(open_row, "net", "second"), end)
    assert order(open_row) == ["first", "third"]
    assert open_row.session.location == ROOT
    assert open_row.selected() == {"second"}
    assert (open_row.node("second") - end).manhattanLength() <= 14
    assert open_row.undo_all() == start


def test_a_node_is_dropped_at_its_place_in_the_chain(open_row: Desk) -> None:
    start = free(open_row, Layer(name="free", type="torch.nn.GELU", position=(200.0, 500.0)))
    end = beside(open_row, "second", 60)
    open_row.drag(open_row.node("free"), end, let_go=False)
    open_row.release(end)
    assert order(open_row) == ["first", "second", "free", "third"]
    assert open_row.session.location == BODY
    assert open_row.selected() == {"free"}
    assert open_row.undo_all() == start


def test_what_cannot_be_a_child_is_refused_in_words(open_row: Desk) -> None:
    start = free(open_row, Function(name="free", type="torch.cat", position=(200.0, 500.0)))
    open_row.drag(open_row.node("free"), beside(open_row, "second", 60))
    assert open_row.bytes() == start
    assert "Sequential" in open_row.messages[-1]


def test_a_sequential_inside_a_sequential(open_row: Desk) -> None:
    inner = Sequential(name="deep", body=Graph(nodes={"a": Layer(name="a", type="torch.nn.ReLU")}), expanded=True)
    open_row.session.push(AddNode(BODY, inner), "")
    open_row.check()
    start = open_row.bytes()
    open_row.session.undo_stack.clear()
    open_row.canvas.fit_all()
    open_row.drag(within(open_row, "net", "first"), within(open_row, "net", "deep", "a") + QPoint(4, 0))
    assert order(open_row) == ["second", "third", "deep"]
    assert sorted(open_row.session.document.graph(BODY.enter("deep", "body")).nodes) == ["a", "first"]
    assert open_row.undo_all() == start


def test_a_wire_cannot_go_into_it(open_row: Desk) -> None:
    """Order takes the place of wires."""
    start = free(open_row, Layer(name="free", type="torch.nn.GELU", position=(200.0, 500.0)))
    item = open_row.scene.nodes["net"]
    assert item.inner is not None
    end = open_row.canvas.mapFromScene(item.origin + item.inner.nodes["second"].geometry.inputs["input"].point)
    open_row.drag(open_row.output("free"), end)
    open_row.canvas.search_popup.close_popup()
    assert open_row.bytes() == start
