"""Wires taken to other ports, several at once, and nodes taken out of them; each one step that undo takes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt

from blockstudio.graph.edits import AddNode, Batch, Connect
from blockstudio.graph.looks import SetDirection
from blockstudio.graph.model import Endpoint, Function
from blockstudio.gui.canvas.facts.keys import PortKey, edge_key, node_key

from .conftest import ROOT, Desk

ALT, CTRL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
LINEAR, RELU, X = Endpoint("linear", "output"), Endpoint("relu", "output"), Endpoint("", "x")
A, B, Y = Endpoint("add", "input"), Endpoint("add", "other"), Endpoint("", "y")


@pytest.fixture(params=[False, True], ids=["to the right", "downwards"])
def sums(net: Desk, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """x -> linear -> relu -> linear_2 -> y, and add of linear and x; whatever is done is undone to the byte."""
    add = Function(name="add", type="operator.add", position=(400.0, 260.0))
    wires = (Connect(ROOT, A, LINEAR), Connect(ROOT, B, X))
    turn = [SetDirection(ROOT, True)] if request.param else []
    net.session.push(Batch((AddNode(ROOT, add), *wires, *turn)), "Add")
    if request.param:
        net.canvas.tidy()
        net.canvas.fit_all()
    net.session.undo_stack.clear()
    start = net.bytes()
    yield net
    assert not any(edge.hidden for edge in net.scene.edges.values())
    net.check()
    assert net.undo_all() == start


def feeds(desk: Desk, *targets: Endpoint) -> list[Endpoint | None]:
    return [desk.graph.edges.get(target) for target in targets]


# --- all wires of an output -----------------------------------------------------------------------


@pytest.mark.parametrize("modifier", [SHIFT, CTRL])
def test_all_wires_of_an_output_go_to_another(sums: Desk, modifier: Qt.KeyboardModifier) -> None:
    sums.drag(sums.output("linear"), sums.canvas.mapFromScene(sums.scene.port_place(PortKey("", "x", True))),
              modifiers=modifier)  # fmt: skip
    assert feeds(sums, Endpoint("relu", "input"), A) == [X, X]
    assert sums.steps() == 1


def test_let_go_over_nothing_they_are_taken_off(sums: Desk) -> None:
    sums.drag(sums.output("linear"), QPoint(20, 650), modifiers=SHIFT)
    assert feeds(sums, Endpoint("relu", "input"), A) == [None, None]
    assert sums.steps() == 1


def test_an_output_behind_one_of_them_is_refused_with_the_reason(sums: Desk) -> None:
    sums.drag(sums.output("linear"), sums.output("linear_2"), modifiers=SHIFT)
    assert sums.steps() == 0
    assert "circle" in sums.messages[-1]


def test_escape_leaves_them_where_they_are(sums: Desk) -> None:
    sums.drag(sums.output("linear"), QPoint(20, 650), modifiers=SHIFT, let_go=False)
    assert sums.scene.edges[A].hidden
    sums.key(Qt.Key.Key_Escape)
    sums.release(QPoint(20, 650))
    assert sums.steps() == 0


def test_an_output_without_wires_gets_one(sums: Desk) -> None:
    sums.drag(sums.output("add"), sums.input("linear_2"), modifiers=SHIFT)
    assert feeds(sums, Endpoint("linear_2", "input")) == [Endpoint("add", "output")]


def test_a_click_with_shift_selects_the_port(sums: Desk) -> None:
    sums.click(sums.output("linear"), SHIFT)
    assert sums.session.selected_port == PortKey("linear", "output", True)


# --- one wire -------------------------------------------------------------------------------------


def test_another_wire_from_what_feeds_an_input(sums: Desk) -> None:
    sums.drag(sums.input("relu"), sums.input("add", "other"), modifiers=SHIFT)
    assert feeds(sums, Endpoint("relu", "input"), B) == [LINEAR, LINEAR]


def near(desk: Desk, target: Endpoint, share: float) -> QPoint:
    path = desk.scene.edges[target].path()
    return desk.canvas.mapFromScene(path.pointAtPercent(share))


def test_the_nearer_end_of_a_wire_goes_elsewhere(sums: Desk) -> None:
    sums.drag(near(sums, A, 0.3), sums.output("relu"), modifiers=SHIFT)
    assert feeds(sums, A, Endpoint("relu", "input")) == [RELU, LINEAR]
    sums.session.undo_stack.undo()
    sums.drag(near(sums, A, 0.7), sums.input("linear_2"), modifiers=SHIFT)
    assert feeds(sums, A, Endpoint("linear_2", "input")) == [None, LINEAR]


# --- changing places ------------------------------------------------------------------------------


def test_a_wire_put_on_the_other_input_of_its_node_changes_places_with_that(sums: Desk) -> None:
    sums.drag(sums.input("add"), sums.input("add", "other"))
    assert feeds(sums, A, B) == [X, LINEAR]
    assert sums.steps() == 1


def test_with_alt_it_does_so_with_an_input_of_another_node(sums: Desk) -> None:
    sums.drag(sums.input("add", "other"), sums.input("linear_2"), modifiers=ALT)
    assert feeds(sums, B, Endpoint("linear_2", "input")) == [RELU, X]


def test_not_where_that_would_close_a_circle(sums: Desk) -> None:
    sums.drag(sums.input("relu"), sums.input("linear_2"), modifiers=ALT)
    assert feeds(sums, Endpoint("relu", "input"), Endpoint("linear_2", "input")) == [None, LINEAR]


def test_a_wire_dropped_on_a_body_goes_to_the_nearest_free_input(sums: Desk) -> None:
    for target in (A, B):
        sums.canvas.push(Connect(ROOT, target, None), "Unplug")
    body, place = sums.scene.nodes["add"].body, sums.scene.port_place(PortKey("add", "other", False))
    inside = place + (body.center() - place) * 0.5
    sums.drag(sums.output("relu"), sums.canvas.mapFromScene(inside))
    assert feeds(sums, A, B) == [None, RELU]


# --- by command -----------------------------------------------------------------------------------


def test_swapping_goes_round_all_wires_of_a_node_or_to_the_next_input(sums: Desk) -> None:
    sums.canvas.focus.go(node_key("add"))
    sums.canvas.wiring.swap()
    assert feeds(sums, A, B) == [X, LINEAR]
    sums.canvas.focus.go(PortKey("add", "other", False))
    sums.canvas.wiring.swap()
    assert feeds(sums, A, B) == [LINEAR, X]
    sums.canvas.push(Connect(ROOT, A, None), "Unplug")
    for _ in range(2):  # one wire goes to the other input, and back
        sums.canvas.focus.go(node_key("add"))
        sums.canvas.wiring.swap()
    assert feeds(sums, A, B) == [None, X]
    steps = sums.steps()
    sums.canvas.focus.go(node_key("relu"))
    sums.canvas.wiring.swap()
    assert sums.steps() == steps


def test_what_feeds_is_chosen_by_name(sums: Desk) -> None:
    sums.canvas.focus.go(PortKey("linear", "output", True))
    sums.canvas.wiring.replug()
    assert [choice.label for choice in sums.canvas.search_popup.model.choices] == ["x"]
    sums.search("x")
    assert feeds(sums, Endpoint("relu", "input"), A) == [X, X]
    sums.canvas.focus.go(edge_key(A))
    sums.canvas.wiring.replug()
    sums.search("relu")
    assert feeds(sums, Endpoint("relu", "input"), A) == [X, RELU]


# --- out of the wires -----------------------------------------------------------------------------


@pytest.mark.parametrize("modifiers", [ALT, CTRL | SHIFT], ids=["Alt", "Ctrl+Shift"])
def test_a_node_dragged_with_alt_leaves_its_wires_which_close(sums: Desk, modifiers: Qt.KeyboardModifier) -> None:
    place = sums.node("relu")
    end = place + (QPoint(-250, 0) if sums.scene.down else QPoint(0, -80))
    sums.drag(place, end, modifiers=modifiers, held=modifiers, let_go=False)
    assert sums.scene.edges[Endpoint("relu", "input")].hidden
    sums.release(end, modifiers=modifiers)
    assert feeds(sums, Endpoint("linear_2", "input"), Endpoint("relu", "input")) == [LINEAR, None]
    assert not sums.graph.edges_out_of("relu")
    assert sums.steps() == 1


def test_and_goes_into_the_wire_it_is_let_go_on(sums: Desk) -> None:
    sums.drag(sums.node("relu"), near(sums, B, 0.5), modifiers=ALT)
    assert feeds(sums, Endpoint("linear_2", "input"), B, Endpoint("relu", "input")) == [LINEAR, RELU, X]
    assert sums.steps() == 1


def test_escape_puts_it_back_into_them(sums: Desk) -> None:
    place = sums.node("relu")
    sums.drag(place, place + QPoint(0, -80), modifiers=ALT, let_go=False)
    sums.key(Qt.Key.Key_Escape)
    sums.release(place)
    assert sums.steps() == 0


def test_several_keep_the_wires_among_them(sums: Desk) -> None:
    sums.select("linear", "relu")
    sums.canvas.take_out()
    assert feeds(sums, Endpoint("linear_2", "input"), Endpoint("relu", "input"), A) == [X, LINEAR, X]
    assert feeds(sums, Endpoint("linear", "input")) == [None]
    assert sums.steps() == 1
