"""Being inside expanded blocks where they are seen: going in and out, at any depth, with all around it in view."""

from __future__ import annotations

import pytest
from attrs import evolve
from PySide6.QtCore import QPoint, QPointF, Qt

from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, SetNode
from blockstudio.graph.grouping import group
from blockstudio.graph.model import Instance, Layer
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.settings import SQUARE_WIRES
from blockstudio.gui.split_view import SplitView

from .conftest import ROOT, Desk, chain, within
from .test_expanding import BLOCK

RIGHT = Qt.MouseButton.RightButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


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
