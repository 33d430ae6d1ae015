"""Working inside expanded blocks where they are seen: every gesture, at any depth, with all around it in view."""

from __future__ import annotations

import pytest
from attrs import evolve
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QCursor

from blockstudio.graph.commands import new_control_flow
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, SetNode
from blockstudio.graph.grouping import group
from blockstudio.graph.model import Endpoint, Instance, Layer
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.settings import SQUARE_WIRES
from blockstudio.gui.split_view import SplitView

from .conftest import ROOT, Desk, chain
from .test_expanding import BLOCK, CTRL

RIGHT = Qt.MouseButton.RightButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def twice(net: Desk) -> Desk:
    """Two instances of a block of `linear` and `relu`, both expanded, beside each other."""
    document = chain()
    document.apply(group(document, ROOT, ["linear", "relu"], "Block")[0])
    net.show_document(document)
    net.session.push(AddNode(ROOT, Instance(name="again", definition="Block", position=(120.0, 500.0))), "")
    for name in ("block", "again"):
        net.select(name)
        net.canvas.expanding.toggle()
    net.canvas.select_keys([])
    net.session.undo_stack.clear()
    net.resize(1600, 1000)
    net.canvas.fit_all()
    return net


@pytest.fixture
def deep(net: Desk) -> Desk:
    """A block within a block within a block, each expanded."""
    document = chain()
    document.apply(group(document, ROOT, ["linear", "relu"], "Outer")[0])
    document.apply(group(document, Location("Outer"), ["linear", "relu"], "Middle")[0])
    document.apply(group(document, Location("Middle"), ["linear", "relu"], "Inner")[0])
    net.show_document(document)
    for place, name in ((ROOT, "outer"), (Location("Outer"), "middle"), (Location("Middle"), "inner")):
        node = net.session.document.node(place, name)
        assert isinstance(node, Instance)
        net.session.push(
            SetNode(place, Instance(name=name, definition=node.definition, position=node.position, expanded=True)), ""
        )
    net.session.undo_stack.clear()
    net.canvas.fit_all()
    return net


def within(desk: Desk, *names: str, at: QPointF | None = None) -> QPoint:
    """On the title of a node that is seen inside others, named from the outermost graph that is seen."""
    around = desk.canvas.surroundings
    scene, origin = around.outermost, -around.origin
    for name in names[:-1]:
        origin += scene.nodes[name].origin
        inner = scene.nodes[name].inner
        assert inner is not None
        scene = inner
    return desk.canvas.mapFromScene(origin + scene.nodes[names[-1]].pos() + (at or QPointF(50.0, 12.0)))


def shapes_of(desk: Desk) -> dict[str, tuple[float, float]]:
    """The sizes of what stands in the outermost graph that is seen."""
    nodes = desk.canvas.surroundings.outermost.nodes
    return {name: item.body.size().toTuple() for name, item in nodes.items()}  # type: ignore[misc]


def test_a_click_inside_selects_there_and_nothing_moves(twice: Desk) -> None:
    twice.canvas.set_view(QPointF(333.3, 222.2), 0.737)
    before = {name: within(twice, name, "relu") for name in ("block", "again")}
    twice.canvas.grab()  # from the second time on nodes are painted from their pictures
    picture = twice.canvas.grab().toImage()
    twice.click(before["again"])
    assert twice.session.location == BLOCK
    assert twice.session.trail[-1].node == "again"
    assert twice.selected() == {"relu"}
    assert {name: within(twice, name, "relu") for name in ("block", "again")} == before
    twice.key(Qt.Key.Key_PageUp)
    assert twice.session.location == ROOT
    assert twice.selected() == {"again"}
    twice.canvas.select_keys([])
    twice.canvas.focus.show_ring(False)
    assert twice.canvas.grab().toImage() == picture


def test_a_view_of_everything_stays_when_one_goes_inside(twice: Desk) -> None:
    twice.canvas.fit_all()
    zoom = twice.canvas.zoom
    place = within(twice, "block", "relu")
    twice.click(place)
    twice.canvas.fit_again()
    assert twice.session.location == BLOCK
    assert (twice.canvas.zoom, within(twice, "block", "relu")) == (zoom, place)
    twice.key(Qt.Key.Key_PageUp)
    twice.canvas.fit_again()
    assert (twice.canvas.zoom, within(twice, "block", "relu")) == (zoom, place)


def test_the_wires_around_become_square_at_once(twice: Desk) -> None:
    slanting = evolve(twice.session.document.node(ROOT, "linear_2"), position=(1500.0, 900.0))
    twice.session.push(SetNode(ROOT, slanting), "")
    twice.canvas.fit_all()
    twice.click(within(twice, "block", "relu"))
    before = twice.canvas.grab().toImage()
    twice.session.settings.set(SQUARE_WIRES, True)
    after = twice.canvas.grab().toImage()
    assert after != before
    twice.canvas.repaint_around()
    assert twice.canvas.grab().toImage() == after


def test_taking_back_an_expansion_from_inside_moves_nothing(net: Desk) -> None:
    document = chain()
    document.apply(group(document, ROOT, ["linear", "relu"], "Block")[0])
    net.show_document(document)
    net.canvas.set_view(QPointF(300.0, 200.0), 0.8)
    net.select("block")
    before = within(net, "block")
    net.canvas.expanding.toggle()
    net.canvas.set_view(QPointF(300.0, 200.0), 0.8)
    net.click(within(net, "block", "relu"))
    assert net.session.location == BLOCK
    net.session.undo_stack.undo()
    assert net.session.location == ROOT
    assert net.canvas.zoom == 0.8
    assert (within(net, "block") - before).manhattanLength() <= 2


def test_from_one_instance_to_the_other(twice: Desk) -> None:
    place = within(twice, "again", "relu")
    twice.click(within(twice, "block", "relu"))
    twice.click(place)
    assert twice.session.trail[-1].node == "again"
    assert twice.selected() == {"relu"}
    assert within(twice, "again", "relu") == place


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


def test_escape_goes_out_step_by_step(deep: Desk) -> None:
    place = within(deep, "outer", "middle", "inner", "relu")
    deep.click(place)
    assert [step.node for step in deep.session.trail] == ["", "outer", "middle", "inner"]
    assert deep.selected() == {"relu"}
    deep.key(Qt.Key.Key_Escape)
    assert not deep.selected()
    for depth in (3, 2, 1):
        deep.key(Qt.Key.Key_Escape)
        assert len(deep.session.trail) == depth
        assert within(deep, "outer", "middle", "inner", "relu") == place
        deep.canvas.select_keys([])


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
    twice.drag(place, place + QPoint(30, 90))
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


def test_undo_from_elsewhere_comes_back_in_place(twice: Desk) -> None:
    start = twice.bytes()
    twice.click(within(twice, "again", "relu"))
    twice.key(Qt.Key.Key_Delete)
    twice.key(Qt.Key.Key_Escape)
    assert twice.session.location == ROOT
    place = within(twice, "linear_2")
    twice.session.undo_stack.undo()
    twice.check()
    assert twice.session.trail[-1].node == "again"
    assert within(twice, "linear_2") == place
    assert twice.bytes() == start


def test_collapsing_what_one_is_in_leaves_it_shown_alone(twice: Desk) -> None:
    twice.click(within(twice, "block", "relu"))
    place = twice.node("relu")
    block = twice.session.document.node(ROOT, "block")
    assert isinstance(block, Instance)
    twice.session.push(SetNode(ROOT, Instance(name="block", definition="Block", position=block.position)), "")
    twice.check()
    assert not twice.canvas.in_place
    assert twice.session.location == BLOCK
    assert twice.node("relu") == place
    twice.session.undo_stack.undo()
    twice.check()
    assert twice.canvas.in_place


def test_a_renamed_block_is_still_worked_in(twice: Desk) -> None:
    from blockstudio.graph.definition_commands import rename_definition

    twice.click(within(twice, "block", "relu"))
    place = twice.node("relu")
    twice.session.push(rename_definition(twice.session.document, "Block", "Part"), "")
    twice.check()
    assert twice.canvas.in_place and twice.session.location == Location("Part")
    assert twice.node("relu") == place
    twice.session.undo_stack.undo()
    twice.check()
    assert twice.canvas.in_place


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


def test_scenes_are_shared_and_let_go(twice: Desk) -> None:
    def shown() -> set[str]:
        return {scene.location.path() for scene in twice.scene.family}

    first, second = (twice.scene.nodes[name].inner for name in ("block", "again"))
    assert isinstance(first, CanvasScene) and first is second
    assert shown() == {"Net", "Block"}
    twice.select("block", "again")
    twice.key(Qt.Key.Key_E)
    assert shown() == {"Net"}


def test_a_second_canvas_shows_what_is_done_in_the_first(twice: Desk) -> None:
    split = SplitView(twice.session)
    split.resize(900, 500)
    split.show()
    split.toggle()
    assert split.second is not None
    other = split.second.canvas.surroundings.outermost
    twice.session.push(AddNode(BLOCK, Layer(name="far", type="torch.nn.Tanh", position=(900.0, 100.0))), "")
    assert twice.steps() == 1
    inner = next(item.inner for scene in other.family for item in scene.expanded_items())
    assert inner is not None and "far" in inner.nodes
    before = {name: node.position for name, node in twice.session.document.graph(ROOT).nodes.items()}
    twice.session.undo_stack.undo()
    twice.session.undo_stack.redo()
    assert {name: node.position for name, node in twice.session.document.graph(ROOT).nodes.items()} == before
    split.hide()
    split.deleteLater()


def test_hovering_and_tool_tips_tell_of_what_is_seen(twice: Desk) -> None:
    def spot(place: QPoint) -> tuple[str, set[str]]:
        found = twice.canvas.spot(twice.canvas.mapToScene(place))
        return found.scene.location.path(), set(found.scene.nodes)

    assert spot(within(twice, "block", "relu"))[0] == "Block"
    assert spot(within(twice, "linear_2"))[0] == "Net"
    twice.click(within(twice, "block", "relu"))
    assert spot(within(twice, "again", "relu"))[0] == "Block"
    assert spot(within(twice, "linear_2"))[0] == "Net"
    twice.hover(within(twice, "linear_2"))
    assert twice.scene.surface.port is None


@pytest.mark.parametrize("zoom", [0.2, 0.4, 1.0, 2.0])
def test_it_is_painted_at_every_zoom(deep: Desk, zoom: float) -> None:
    deep.click(within(deep, "outer", "middle", "inner", "relu"))
    deep.canvas.select_keys([])
    deep.canvas.set_view(deep.scene.field().center(), zoom)
    for _ in range(4):
        image = deep.canvas.grab().toImage()
    middle = deep.canvas.mapFromScene(deep.scene.nodes["relu"].body.center())
    assert image.pixelColor(middle.x(), middle.y() + 3) != deep.scene.surface.colors.canvas


def test_from_afar_a_click_takes_the_node_and_not_what_is_in_it(deep: Desk) -> None:
    deep.canvas.set_view(deep.scene.extent().center(), 0.07)
    deep.click(within(deep, "outer", "middle"))
    assert deep.session.location == ROOT
    assert deep.selected() == {"outer"}


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


def test_several_blocks_at_once_and_the_one_that_is_worked_in(twice: Desk) -> None:
    start = twice.bytes()
    twice.select("block", "again", "linear_2")
    twice.key(Qt.Key.Key_E)
    assert not twice.scene.expanded
    assert twice.steps() == 1
    twice.key(Qt.Key.Key_E)
    assert twice.scene.expanded == {"block", "again"}
    twice.click(within(twice, "block", "relu"))
    twice.canvas.select_keys([])
    twice.key(Qt.Key.Key_E)
    assert twice.session.location == ROOT and twice.scene.expanded == {"again"}
    assert twice.undo_all() == start


def test_a_double_click_on_the_title_brings_the_inside_into_view(deep: Desk) -> None:
    deep.canvas.set_view(deep.scene.extent().center(), 0.3)
    deep.double_click(within(deep, "outer"))
    assert deep.session.location == Location("Outer")
    assert deep.canvas.in_place
    assert deep.canvas.zoom > 0.3
    assert deep.canvas.visible_rect().contains(deep.scene.field())


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
