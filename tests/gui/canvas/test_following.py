"""The scene follows any sequence of edits, wherever they are made, without a rebuild and without a leak."""

from __future__ import annotations

import contextlib
import gc
import weakref

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from blockstudio.engine.protocol import PortShape, Problem, Shapes, TensorShape
from blockstudio.errors import EditError
from blockstudio.formats.project import dumps
from blockstudio.graph.definition_commands import rename_definition, set_hyper_parameters
from blockstudio.graph.document import Location
from blockstudio.graph.edits import MoveNodes, SetNode
from blockstudio.graph.model import Endpoint, HyperParameter, Layer
from blockstudio.graph.port_commands import add_port, rename_port
from blockstudio.gui.canvas.facts.keys import Key, node_key
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.painting.surface import FEW, Detail, detail_at
from tests.helpers.changing import new_document, random_edit

from .conftest import ROOT, Desk, chain


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_random_edits_are_followed_and_undone(desk: Desk, data: st.DataObject) -> None:
    desk.session.undo_stack.clear()
    start = desk.show_document(new_document())
    for _ in range(data.draw(st.integers(1, 25))):
        edit = random_edit(data.draw, desk.session.document)
        if edit is None:
            continue
        with contextlib.suppress(EditError):
            desk.session.push(edit, "edit")
        desk.check()
        if data.draw(st.integers(0, 5)) == 0:
            locations = [place for place, _ in desk.session.document.graphs()]
            desk.session.enter(data.draw(st.sampled_from(locations)))
            desk.check()
    assert desk.undo_all() == start


def test_one_edit_makes_no_other_item_again(net: Desk) -> None:
    before = {name: id(item) for name, item in net.scene.nodes.items()}
    node = net.graph.nodes["relu"]
    net.session.push(SetNode(ROOT, Layer(name="relu", type="torch.nn.ReLU", position=node.position)), "")
    net.check()
    net.session.push(MoveNodes(ROOT, {"relu": (400.0, 300.0)}), "")
    net.check()
    assert {name: id(item) for name, item in net.scene.nodes.items()} == before


def test_removed_items_are_freed(net: Desk) -> None:
    item = weakref.ref(net.scene.nodes["relu"])
    edge = weakref.ref(net.scene.edges[Endpoint("relu", "input")])
    net.select("relu")
    net.canvas.delete_selection()
    gc.collect()
    assert item() is None and edge() is None


def test_instances_follow_their_definition(net: Desk) -> None:
    net.select("linear", "relu")
    net.canvas.group()
    session = net.session
    inner = Location("Block")
    session.push(add_port(session.document, inner, "inputs", "mask"), "")
    net.check()
    assert [port.name for port in net.scene.nodes["block"].face.inputs] == ["x", "mask"]
    session.push(rename_port(session.document, inner, "inputs", "x", "image"), "")
    net.check()
    assert net.graph.edges[Endpoint("block", "image")] == Endpoint("", "x")
    session.push(rename_definition(session.document, "Block", "Stem"), "")
    net.check()
    assert net.scene.nodes["block"].face.title == "Stem"
    session.push(set_hyper_parameters(session.document, "Stem", [HyperParameter("width", "8")]), "")
    net.check()
    while session.undo_stack.canUndo():
        session.undo_stack.undo()
        net.check()
    assert dumps(session.document) == dumps(chain())


def test_renaming_the_shown_definition_rebuilds_nothing(net: Desk) -> None:
    before = {name: id(item) for name, item in net.scene.nodes.items()}
    net.session.push(rename_definition(net.session.document, "Net", "Model"), "")
    net.check()
    assert net.session.location.definition == "Model"
    assert {name: id(item) for name, item in net.scene.nodes.items()} == before


def test_a_graph_without_places_is_arranged_until_someone_moves_a_node(desk: Desk) -> None:
    document = chain()
    graph = document.definition("Net").graph
    for name, node in graph.nodes.items():
        from attrs import evolve

        graph.nodes[name] = evolve(node, position=(0.0, 0.0))
    start = desk.show_document(document)
    lefts = [desk.scene.nodes[name].x() for name in ("linear", "relu", "linear_2")]
    assert lefts == sorted(lefts) and len(set(lefts)) == 3
    desk.canvas.fit()
    place = desk.node("relu")
    from PySide6.QtCore import QPoint

    desk.drag(place, place + QPoint(0, 80))
    assert not desk.scene.arrangement
    assert desk.graph.nodes["linear_2"].position[0] == lefts[2]
    assert desk.steps() == 1
    assert desk.undo_all() == start
    assert desk.scene.arrangement


def test_undo_in_the_middle_of_a_drag(net: Desk) -> None:
    net.session.push(MoveNodes(ROOT, {"relu": (400.0, 200.0)}), "")
    start = net.node("linear")
    from PySide6.QtCore import QPoint

    net.drag(start, start + QPoint(40, 40), let_go=False)
    net.session.undo_stack.undo()
    assert net.canvas.interaction is None
    net.check()
    net.release(start + QPoint(40, 40))
    assert net.graph.nodes["linear"].position == (120, 100)


def test_shapes_stand_on_the_wires(net: Desk) -> None:
    rows = (
        PortShape("Net", "x", TensorShape((2, 20), "float32")),
        PortShape("Net/linear", "output", TensorShape((2, 256), "float32")),
        PortShape("Net/relu", "output", TensorShape((), "float32")),
        PortShape("Net/linear_2", "output", TensorShape(None, text="int")),
    )
    net.session.set_shapes(Shapes(1, rows, ()))
    labels = {target.node: edge.label for target, edge in net.scene.edges.items()}
    assert labels == {"linear": "2×20", "relu": "2×256", "linear_2": "scalar", "": "int"}
    net.session.set_shapes(None)
    assert not any(edge.label for edge in net.scene.edges.values())


def test_problems_mark_nodes_and_what_holds_them(net: Desk) -> None:
    net.canvas.add_entry("node:while", QPointF(300, 400))
    problems = [
        Problem("a", "warning", "Net/relu", "Careful.", {}),
        Problem("b", "error", "Net/relu", "{what} is wrong.", {"what": "It"}),
        Problem("c", "error", "Net/loop.condition/deep", "Deep.", {}),
        Problem("d", "error", "Other/relu", "Elsewhere.", {}),
    ]
    net.session.set_diagnostics(problems)
    assert net.scene.nodes["relu"].severity == "error"
    assert net.scene.nodes["linear"].severity == ""
    assert net.scene.nodes["loop"].severity == "error"
    assert net.scene.nodes["loop"].row_severity == {"condition": "error"}
    net.select("relu")
    assert "It is wrong." in net.canvas.accessibleDescription()
    net.session.set_diagnostics([])
    assert net.scene.nodes["relu"].severity == ""


def test_the_level_of_detail_follows_the_zoom(net: Desk) -> None:
    center = net.scene.extent().center()
    for zoom, detail in ((1.0, Detail.FULL), (0.3, Detail.TITLES), (0.08, Detail.OVERVIEW), (1.0, Detail.FULL)):
        net.canvas.set_view(center, zoom)
        assert net.scene.surface.detail == detail
        net.canvas.grab()
        net.check()


def test_a_small_graph_keeps_its_names_from_afar(net: Desk) -> None:
    assert (detail_at(0.2, nodes=FEW), detail_at(0.2, nodes=FEW + 1)) == (Detail.TITLES, Detail.OVERVIEW)
    net.canvas.set_view(net.scene.extent().center(), 0.15)
    picture = net.canvas.viewport().grab().toImage()
    for item in net.scene.nodes.values():
        body = net.canvas.mapFromScene(item.body).boundingRect()
        above = [(x, y) for x in range(body.left(), body.right()) for y in range(body.top() - 9, body.top() - 1)]
        background = net.scene.surface.colors.canvas.lightness()
        assert any(abs(picture.pixelColor(x, y).lightness() - background) > 80 for x, y in above), item.key.name


def test_only_what_is_in_view_is_painted(net: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[str] = []
    paint = NodeItem.paint

    def note(item: NodeItem, painter: QPainter) -> None:
        painted.append(item.key.name)
        paint(item, painter)

    monkeypatch.setattr(NodeItem, "paint", note)
    net.canvas.set_view(QPointF(5000, 5000), 1.0)
    net.canvas.grab()
    assert not painted
    net.canvas.set_view(QPointF(400, 200), 1.1)
    net.canvas.grab()
    assert sorted(painted) == ["linear", "linear_2", "relu"]


def test_what_looks_as_before_is_not_painted_again(net: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[str] = []
    paint = NodeItem.paint

    def note(item: NodeItem, painter: QPainter) -> None:
        painted.append(item.key.name)
        paint(item, painter)

    monkeypatch.setattr(NodeItem, "paint", note)
    net.canvas.grab()
    painted.clear()
    net.canvas.scroll_by(30, 20)
    net.canvas.grab()
    assert not painted
    net.select("relu")
    net.canvas.grab()
    assert painted == ["relu"]


def test_views_are_remembered(net: Desk) -> None:
    net.select("linear", "relu")
    net.canvas.group()
    net.canvas.set_view(QPointF(123, 45), 1.5)
    net.session.enter_node("block")
    net.canvas.leave()
    assert net.canvas.zoom == 1.5
    assert (net.canvas.view_center() - QPointF(123, 45)).manhattanLength() < 3


def test_selection_is_the_sessions(net: Desk) -> None:
    net.session.select(["relu"], [("inputs", "x")])
    assert net.scene.selection == {node_key("relu"), Key("input", "x")}
    net.click(net.pill("output", "y"))
    assert net.session.selected_ports == (("outputs", "y"),)
    assert net.session.selection == ()


def test_who_saw_everything_finds_everything_on_coming_back(net: Desk) -> None:
    net.select("linear", "relu")
    net.canvas.group()
    net.canvas.stop_animation()
    net.canvas.fit_all()
    zoom = net.canvas.zoom
    net.session.enter_node("block")
    assert net.scene.location.definition != "Net"
    net.canvas.leave()
    assert net.canvas.fitted and net.canvas.zoom == pytest.approx(zoom)
    net.canvas.resize(net.canvas.width(), net.canvas.height() // 3)
    assert net.canvas.visible_rect().contains(net.scene.extent())


def test_show_node_brings_it_into_view(net: Desk) -> None:
    net.canvas.set_view(QPointF(9000, 9000), 1.0)
    net.canvas.show_node(ROOT, "relu")
    assert net.canvas.visible_rect().contains(net.scene.nodes["relu"].body)
    assert net.selected() == {"relu"}


def test_tool_tips_and_words(net: Desk) -> None:
    from blockstudio.gui.canvas import words

    def tip(place):
        return words.tool_tip(net.scene, net.session, net.hit(place))

    assert "Linear" in tip(net.node("linear"))
    assert "input" in tip(net.input("linear"))
    assert "linear → relu" in tip(net.wire("relu"))
    assert tip(net.at(300, 500)) == ""
    net.select("linear")
    assert net.canvas.accessibleDescription() == "Linear, linear, 20 → 256, fed by x, feeds relu"


def test_context_menus(net: Desk) -> None:
    from blockstudio.gui.canvas.commands.menus import context_menu

    point = QPointF(300, 400)
    texts = [a.text() for a in context_menu(net.canvas, point).actions()]
    assert "Add a node…" in texts and "Paste" in texts
    net.select("linear", "relu")
    texts = [a.text() for a in context_menu(net.canvas, point).actions()]
    assert "Group into a block" in texts and "Delete" in texts
    net.click(net.wire("relu"))
    texts = [a.text() for a in context_menu(net.canvas, point).actions()]
    wire = ["Connect…", "Feed from another output…", "Swap the inputs", "Bend the wire"]
    assert texts == ["Insert a node…", *wire, "Delete"]


def test_double_click_on_a_slot_enters_it(net: Desk) -> None:
    net.canvas.add_entry("node:if", QPointF(300, 300))
    for index, slot in enumerate(("condition", "then", "otherwise")):
        net.double_click(net.row("choice", index))
        assert net.session.location.steps == (("choice", slot),)
        net.canvas.leave()
        net.check()
    net.double_click(net.node("choice"))
    assert net.session.location.steps == (("choice", "then"),)
