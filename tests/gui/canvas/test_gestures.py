"""Every gesture by real mouse and key events: the document changes by one step, and undo takes it back."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.keys import Key

from .conftest import Desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_click_selects(net: Desk) -> None:
    net.click(net.node("linear"))
    assert net.session.selection == ("linear",)
    net.click(net.node("relu"), CTRL)
    assert net.session.selection == ("linear", "relu")
    net.click(net.node("linear"), SHIFT)
    assert net.session.selection == ("relu",)
    net.click(net.at(300, 400))
    assert net.session.selection == ()


def test_drag_moves_by_the_grid(net: Desk) -> None:
    start = net.bytes()
    place = net.node("relu")
    net.drag(place, place + QPoint(33, 58))
    assert net.graph.nodes["relu"].position == (430.0, 160.0)
    assert net.steps() == 1
    assert net.undo_all() == start


def test_drag_moves_all_that_is_selected(net: Desk) -> None:
    net.select("linear", "relu")
    place = net.node("relu")
    net.drag(place, place + QPoint(0, 40))
    assert net.graph.nodes["linear"].position == (120.0, 140.0)
    assert net.graph.nodes["relu"].position == (400.0, 140.0)
    assert net.steps() == 1


def test_escape_breaks_a_move_off(net: Desk) -> None:
    start = net.bytes()
    place = net.node("relu")
    net.drag(place, place + QPoint(60, 60), let_go=False)
    assert net.scene.nodes["relu"].y() != 100
    net.key(Qt.Key.Key_Escape)
    net.release(place + QPoint(60, 60))
    assert net.bytes() == start
    assert net.steps() == 0


def test_rubber_band(net: Desk) -> None:
    net.drag(net.at(100, 60), net.at(500, 170))
    assert net.session.selection == ("linear", "relu")
    net.drag(net.at(560, 60), net.at(700, 170), modifiers=SHIFT)
    assert net.session.selection == ("linear", "relu", "linear_2")


def test_delete_nodes_wires_ports(net: Desk) -> None:
    start = net.bytes()
    net.select("relu")
    net.key(Qt.Key.Key_Delete)
    assert set(net.graph.nodes) == {"linear", "linear_2"}
    net.click(net.wire("linear"))
    assert net.scene.selection == {Key("edge", "linear", "input")}
    net.key(Qt.Key.Key_Delete)
    assert Endpoint("linear", "input") not in net.graph.edges
    net.click(net.pill("input", "x"))
    net.key(Qt.Key.Key_Backspace)
    assert net.graph.inputs == []
    assert net.steps() == 3
    assert net.undo_all() == start


def test_delete_everything_at_once(net: Desk) -> None:
    start = net.bytes()
    net.key(Qt.Key.Key_A, CTRL)
    net.key(Qt.Key.Key_Delete)
    assert not net.graph.nodes and not net.graph.inputs and not net.graph.edges
    assert net.steps() == 1
    assert net.undo_all() == start


def test_duplicate(net: Desk) -> None:
    start = net.bytes()
    net.select("linear", "relu")
    net.key(Qt.Key.Key_D, CTRL)
    assert set(net.graph.nodes) >= {"linear_3", "relu_2"}
    assert net.graph.edges[Endpoint("relu_2", "input")] == Endpoint("linear_3", "output")
    assert net.selected() == {"linear_3", "relu_2"}
    assert net.undo_all() == start


def test_duplicate_as_shared(net: Desk) -> None:
    start = net.bytes()
    net.select("linear")
    net.key(Qt.Key.Key_D, CTRL | SHIFT)
    call = net.graph.nodes["linear_3"]
    assert (call.kind, call.layer) == ("call", "linear")  # type: ignore[attr-defined]
    assert net.scene.nodes["linear_3"].face.style == "shared"
    assert "1" in net.scene.nodes["linear"].face.tag
    assert net.undo_all() == start


def test_copy_and_paste(net: Desk) -> None:
    start = net.bytes()
    net.select("linear", "relu")
    net.key(Qt.Key.Key_C, CTRL)
    net.key(Qt.Key.Key_V, CTRL)
    assert len(net.graph.nodes) == 5
    assert len(net.selected()) == 2
    assert net.steps() == 1
    assert net.undo_all() == start


def test_cut_and_paste_into_another_window(net: Desk, qtbot: object) -> None:
    from blockstudio.gui.session import Session

    net.select("linear_2")
    net.key(Qt.Key.Key_X, CTRL)
    assert "linear_2" not in net.graph.nodes
    other = Session()
    window = Desk(other)
    qtbot.addWidget(window)  # type: ignore[attr-defined]
    window.show()
    window.canvas.setFocus()
    window.canvas.paste()
    window.check()
    assert "linear_2" in other.graph.nodes
    other.close()


def test_group_and_take_apart(net: Desk) -> None:
    start = net.bytes()
    net.select("linear", "relu")
    net.key(Qt.Key.Key_G, CTRL)
    assert "Block" in net.session.document.definitions
    assert net.scene.nodes["block"].face.style == "instance"
    assert net.selected() == {"block"}
    net.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert set(net.graph.nodes) == {"linear", "relu", "linear_2"}
    assert net.steps() == 2
    assert net.undo_all() == start


def test_enter_by_double_click_and_leave(net: Desk) -> None:
    net.select("linear", "relu")
    net.key(Qt.Key.Key_G, CTRL)
    net.double_click(net.node("block"))
    assert net.session.location.definition == "Block"
    assert set(net.scene.nodes) == {"linear", "relu"}
    net.key(Qt.Key.Key_PageUp)
    assert net.session.location.definition == "Net"
    assert net.selected() == {"block"}
    net.key(Qt.Key.Key_PageDown)
    assert net.session.location.definition == "Block"
    net.key(Qt.Key.Key_Z, CTRL)
    assert net.session.location.definition == "Net"


def test_double_click_on_empty_searches(net: Desk) -> None:
    start = net.bytes()
    net.double_click(net.at(300, 400))
    net.search("batchnorm1d")
    node = net.graph.nodes["batchnorm1d"]
    assert abs(node.position[0] - 300) < 20 and abs(node.position[1] - 400) < 30
    assert net.selected() == {"batchnorm1d"}
    assert net.undo_all() == start


def test_tab_adds_behind_the_selection_and_wires(net: Desk) -> None:
    net.select("relu")
    net.key(Qt.Key.Key_Tab)
    net.search("dropout")
    assert net.graph.edges[Endpoint("dropout", "input")] == Endpoint("relu", "output")
    assert net.steps() == 1


def test_shift_a_joins_two(net: Desk) -> None:
    net.select("linear", "relu")
    net.key(Qt.Key.Key_A, SHIFT)
    net.search("a + b")
    assert net.graph.edges[Endpoint("add", "input")].node == "linear"
    assert net.graph.edges[Endpoint("add", "other")].node == "relu"


def test_escape_closes_the_search(net: Desk) -> None:
    net.key(Qt.Key.Key_Tab)
    assert net.canvas.search_popup.isVisible()
    net.enter(Qt.Key.Key_Escape)
    assert not net.canvas.search_popup.isVisible()
    assert net.steps() == 0
    assert net.canvas.hasFocus()


def test_arrows_walk_along_the_wires(net: Desk) -> None:
    net.select("linear")
    net.key(Qt.Key.Key_Right)
    assert net.selected() == {"relu"}
    net.key(Qt.Key.Key_Right)
    net.key(Qt.Key.Key_Right)
    assert net.scene.selection == {Key("output", "y")}
    net.key(Qt.Key.Key_Left)
    net.key(Qt.Key.Key_Left, SHIFT)
    assert net.selected() == {"relu", "linear_2"}


def test_alt_arrows_nudge_in_one_step(net: Desk) -> None:
    start = net.bytes()
    net.select("linear")
    for _ in range(3):
        net.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert net.graph.nodes["linear"].position == (120.0, 130.0)
    assert net.undo_all() == start


def test_rename_in_place(net: Desk) -> None:
    start = net.bytes()
    net.select("linear")
    net.key(Qt.Key.Key_F2)
    assert net.canvas.name_editor.isVisible()
    net.type("hidden")
    net.enter()
    assert "hidden" in net.graph.nodes
    assert net.selected() == {"hidden"}
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("hidden", "output")
    assert net.canvas.hasFocus()
    assert net.undo_all() == start


def test_a_bad_name_is_refused_and_nothing_changes(net: Desk) -> None:
    net.select("linear")
    for bad in ("1st", "relu", "for"):
        net.key(Qt.Key.Key_F2)
        net.type(bad)
        net.enter()
        assert bad in net.messages[-1]
    assert set(net.graph.nodes) == {"linear", "relu", "linear_2"}
    assert net.steps() == 0


def test_rename_a_port(net: Desk) -> None:
    start = net.bytes()
    net.double_click(net.pill("input", "x"))
    net.type("image")
    net.enter()
    assert net.graph.inputs[0].name == "image"
    assert net.graph.edges[Endpoint("linear", "input")] == Endpoint("", "image")
    assert net.undo_all() == start


def test_tidy_is_one_step_and_goes_along_the_flow(net: Desk) -> None:
    place = net.node("relu")
    net.drag(place, place + QPoint(-200, 200))
    net.click(net.at(300, 450))
    net.key(Qt.Key.Key_L)
    assert net.steps() == 2
    lefts = [net.scene.nodes[name].x() for name in ("linear", "relu", "linear_2")]
    assert lefts == sorted(lefts)
    assert len({net.scene.nodes[name].y() for name in net.graph.nodes}) == 1


def test_tidying_leaves_room_for_the_shapes(net: Desk) -> None:
    from blockstudio.engine.protocol import PortShape, Shapes, TensorShape
    from blockstudio.gui.canvas.painting.labels import label_place

    paths = (("Net", "x"), ("Net/linear", "output"), ("Net/relu", "output"), ("Net/linear_2", "output"))
    net.session.set_shapes(Shapes(1, tuple(PortShape(*path, TensorShape((16, 512, 14, 14))) for path in paths), ()))
    net.key(Qt.Key.Key_L)
    assert all(label_place(edge) is not None for edge in net.scene.edges.values())


def test_what_moves_on_the_screen_ends_where_the_document_says(net: Desk, qtbot: QtBot) -> None:
    net.canvas.animated = True
    assert net.canvas.moves
    place = net.node("relu")
    net.drag(place, place + QPoint(-200, 200))
    net.key_unchecked(Qt.Key.Key_L)
    assert net.canvas._animation is not None
    qtbot.waitUntil(lambda: net.canvas._animation is None)
    net.check()
    net.session.undo_stack.undo()
    net.session.undo_stack.redo()
    net.check()
    net.key_unchecked(Qt.Key.Key_L)
    net.session.undo_stack.undo()  # in the middle of the movement
    net.check()
    net.canvas.fit()
    qtbot.waitUntil(lambda: net.canvas._animation is None)
    assert net.canvas.visible_rect().contains(net.scene.extent())
    net.resize(700, 500)
    assert net.canvas.visible_rect().contains(net.scene.extent())
