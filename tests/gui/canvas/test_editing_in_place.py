"""Editing inside expanded blocks where they are seen: every gesture, at any depth, and what is around makes room."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QCursor

from blockstudio.graph.commands import new_control_flow
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode
from blockstudio.graph.model import Endpoint, Layer

from .conftest import ROOT, Desk, shapes_of, within
from .test_expanding import BLOCK, CTRL

RIGHT = Qt.MouseButton.RightButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_dragging_inside_moves_what_is_around_and_shows_in_every_instance(twice: Desk) -> None:
    start = twice.bytes()
    x, y = twice.session.document.node(BLOCK, "relu").position
    grip = within(twice, "block", "relu")
    before, outer = shapes_of(twice), twice.session.document.node(ROOT, "linear_2").position[0]
    far = round(200 * twice.canvas.zoom)
    twice.drag(grip, grip + QPoint(far, far), held=SHIFT)
    zoomed = far / twice.canvas.zoom
    moved = twice.session.document.node(BLOCK, "relu").position
    assert moved[0] - x == pytest.approx(zoomed, abs=10) and moved[1] - y == pytest.approx(zoomed, abs=10)
    after = shapes_of(twice)
    assert all(after[name][0] > before[name][0] and after[name][1] > before[name][1] for name in ("block", "again"))
    more = after["block"][0] - before["block"][0]
    assert twice.session.document.node(ROOT, "linear_2").position[0] == outer + more
    bodies = [item.body for item in twice.canvas.surroundings.outermost.nodes.values()]
    assert not any(one.intersects(other) for one in bodies for other in bodies if one is not other)
    assert twice.steps() == 1
    assert twice.undo_all() == start


def test_the_frame_grows_while_a_node_is_dragged(twice: Desk) -> None:
    grip = within(twice, "block", "linear")
    end = grip + QPoint(0, 150)
    twice.drag(grip, end, held=SHIFT, let_go=False)
    twice.canvas.fit_all()
    scene = twice.scene
    frame = scene.field()
    assert frame.contains(scene.nodes["linear"].body)
    assert frame.bottom() > scene.frame.least.bottom()
    colors, image = scene.surface.colors, twice.canvas.grab().toImage()
    edge = twice.canvas.mapFromScene(QPointF(frame.center().x() + 7.0, frame.bottom()))
    seen = {image.pixelColor(edge.x(), edge.y() + dy).name() for dy in (-2, -1, 0, 1, 2)}
    assert QColor(colors.accent).name() in seen
    twice.release(end, modifiers=SHIFT)


def test_a_press_on_what_is_around_goes_out_and_takes_it_at_once(twice: Desk) -> None:
    twice.click(within(twice, "block", "relu"))
    start = twice.bytes()
    grip = within(twice, "linear_2")
    twice.drag(grip, grip + QPoint(0, 80))
    assert twice.session.location == ROOT
    assert twice.selected() == {"linear_2"}
    assert twice.bytes() != start
    assert twice.undo_all() == start


def test_what_is_deep_inside_is_edited_and_everything_around_makes_room(deep: Desk) -> None:
    start, before = deep.bytes(), shapes_of(deep)
    deep.click(within(deep, "outer", "middle", "inner", "relu"))
    for _ in range(3):
        deep.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert shapes_of(deep)["outer"][1] == before["outer"][1] + 30.0
    assert deep.steps() == 1
    around = deep.canvas.surroundings
    assert len(around.scenes) == 4
    assert around.outermost.location == ROOT
    assert deep.undo_all() == start


def test_wires_inside(twice: Desk) -> None:
    start = twice.bytes()
    twice.click(within(twice, "block", "relu"))
    twice.drag(twice.input("relu"), twice.input("relu") + QPoint(0, 60))
    twice.canvas.search_popup.close_popup()
    target = Endpoint("relu", "input")
    assert target not in twice.session.document.graph(BLOCK).edges
    twice.drag(twice.output("linear"), twice.input("relu"))
    assert twice.session.document.graph(BLOCK).edges[target] == Endpoint("linear", "output")
    assert twice.session.location == BLOCK
    assert twice.undo_all() == start


def test_a_wire_inside_is_drawn_by_one_press_from_outside(twice: Desk) -> None:
    item = twice.scene.nodes["block"]
    assert item.inner is not None
    scene, origin = item.inner, item.origin
    port = origin + scene.nodes["linear"].geometry.anchor("output", True) + scene.nodes["linear"].pos()
    place = twice.canvas.mapFromScene(port)
    twice.drag(place, place + QPoint(30, 60))
    assert twice.session.location == BLOCK
    assert twice.canvas.search_popup.isVisible()
    twice.search("tanh")
    assert "tanh" in twice.session.document.graph(BLOCK).nodes
    assert "tanh" in scene.nodes


def test_delete_rename_and_insert_inside(twice: Desk) -> None:
    start = twice.bytes()
    twice.click(within(twice, "block", "relu"))
    twice.key_unchecked(Qt.Key.Key_F2)
    twice.canvas.name_editor.selectAll()
    twice.type("act")
    twice.enter()
    assert set(twice.session.document.graph(BLOCK).nodes) == {"linear", "act"}
    twice.canvas.drop_entry("torch.nn.Dropout", twice.canvas.mapToScene(twice.wire("act")))
    edges = twice.session.document.graph(BLOCK).edges
    assert edges[Endpoint("act", "input")] == Endpoint("dropout", "output")
    twice.click(within(twice, "again", "act"))
    twice.key(Qt.Key.Key_Delete)
    assert set(twice.session.document.graph(BLOCK).nodes) == {"linear", "dropout"}
    assert twice.undo_all() == start


def test_search_at_the_pointer_adds_where_that_is(twice: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    item = twice.scene.nodes["again"]
    assert item.geometry.opening is not None
    place = twice.canvas.mapFromScene(item.pos() + item.geometry.opening.rect.bottomRight() - QPointF(60.0, 12.0))
    pointer = twice.canvas.viewport().mapToGlobal(place)
    monkeypatch.setattr(QCursor, "pos", lambda: pointer)
    twice.key_unchecked(Qt.Key.Key_Tab)
    assert twice.session.trail[-1].node == "again"
    twice.search("tanh")
    assert "tanh" in twice.session.document.graph(BLOCK).nodes
    assert (twice.canvas.mapFromScene(twice.scene.nodes["tanh"].pos()) - place).manhattanLength() < 40


def test_the_menu_is_of_what_is_under_the_pointer(twice: Desk) -> None:
    twice.click(within(twice, "block", "relu"), button=RIGHT)
    assert twice.session.location == ROOT or twice.session.location == BLOCK
    assert twice.selected() <= {"relu"}


@pytest.mark.parametrize("kind", ["repeat", "if", "while"])
def test_bodies_of_control_flow(net: Desk, kind: str) -> None:
    net.session.push(AddNode(ROOT, new_control_flow(kind, "flow", position=(120.0, 300.0))), "")  # type: ignore[arg-type]
    start = net.bytes()
    net.select("flow")
    net.key(Qt.Key.Key_E)
    item = net.scene.nodes["flow"]
    assert item.geometry.opening is not None
    place = item.pos() + item.geometry.opening.rect.center()
    net.click(net.canvas.mapFromScene(place))
    assert net.canvas.in_place
    height = shapes_of(net)["flow"][1]
    net.canvas.add_entry("torch.nn.Tanh", QPointF(100.0, 200.0))
    net.check()
    assert "tanh" in net.graph.nodes
    assert net.session.location.definition == "Net" and net.session.location.steps
    assert shapes_of(net)["flow"][1] > height
    net.session.undo_stack.undo()
    net.session.undo_stack.undo()
    assert net.bytes() == start


def test_frames_round_what_grows_grow_too(twice: Desk) -> None:
    twice.select("block")
    twice.canvas.frame_selection()
    twice.canvas.name_editor.hide()
    note = next(iter(twice.graph.notes.values()))
    start, width = twice.bytes(), note.size[0]
    twice.session.push(AddNode(BLOCK, Layer(name="far", type="torch.nn.Tanh", position=(1500.0, 100.0))), "")
    twice.check()
    note = next(iter(twice.graph.notes.values()))
    assert note.size[0] > width
    item = twice.scene.nodes["block"]
    assert twice.scene.notes[next(iter(twice.scene.notes))].body.contains(item.body)
    twice.session.undo_stack.undo()
    assert twice.bytes() == start


def test_a_paste_lands_under_the_pointer(twice: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    twice.select("linear_2")
    twice.key(Qt.Key.Key_C, CTRL)
    item = twice.scene.nodes["block"]
    assert item.geometry.opening is not None
    place = twice.canvas.mapFromScene(item.pos() + item.geometry.opening.rect.center())
    pointer = twice.canvas.viewport().mapToGlobal(place)
    monkeypatch.setattr(QCursor, "pos", lambda: pointer)
    monkeypatch.setattr(type(twice.canvas.viewport()), "underMouse", lambda self: True)
    twice.key(Qt.Key.Key_V, CTRL)
    assert len(twice.session.document.graph(BLOCK).nodes) == 3


def test_nodes_dropped_inside_move_there_and_stay_where_they_were_let_go(deep: Desk) -> None:
    start = deep.bytes()
    deep.session.push(AddNode(ROOT, Layer(name="free", type="torch.nn.Tanh", position=(0.0, 700.0))), "")
    deep.canvas.fit_all()
    item = deep.scene.nodes["outer"]
    assert item.geometry.opening is not None
    end = deep.canvas.mapFromScene(item.pos() + item.geometry.opening.rect.topLeft() + QPointF(120.0, 40.0))
    deep.drag(deep.node("free"), end)
    assert deep.session.location == Location("Outer")
    assert "free" not in deep.session.document.graph(ROOT).nodes
    assert deep.selected() == {"free"}
    assert (deep.node("free") - end).manhattanLength() < 12
    assert deep.steps() == 2
    assert deep.undo_all() == start


def test_a_block_of_several_uses_says_what_dropping_into_it_means(twice: Desk) -> None:
    twice.session.push(AddNode(ROOT, Layer(name="free", type="torch.nn.Tanh", position=(0.0, 900.0))), "")
    twice.canvas.fit_all()
    start = twice.bytes()
    twice.drag(twice.node("free"), within(twice, "block", "relu"))
    assert "free" in twice.graph.nodes
    assert twice.bytes() == start
    assert twice.messages
