"""Aligning, distributing, and lining up with neighbours while dragging."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from blockstudio.graph.edits import MoveNodes
from blockstudio.gui.settings import SNAP_TO_GRID, SNAP_TO_NEIGHBOURS

from .conftest import ROOT, Desk

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def stairs(net: Desk) -> Desk:
    """linear, relu and linear_2 from the upper left to the lower right."""
    places = {"linear": (120.0, 100.0), "relu": (333.0, 177.0), "linear_2": (610.0, 320.0)}
    net.session.push(MoveNodes(ROOT, places), "Move")
    net.select(*places)
    return net


def body(desk: Desk, name: str):
    return desk.scene.nodes[name].body


@pytest.mark.parametrize(
    ("key", "edge"),
    [
        (Qt.Key.Key_Left, lambda r: r.left()),
        (Qt.Key.Key_Right, lambda r: r.right()),
        (Qt.Key.Key_Up, lambda r: r.top()),
        (Qt.Key.Key_Down, lambda r: r.bottom()),
    ],
)
def test_align(stairs: Desk, key: Qt.Key, edge) -> None:
    start = stairs.bytes()
    goals = {edge(body(stairs, name)) for name in ("linear", "relu", "linear_2")}
    stairs.key(key, CTRL_SHIFT)
    (place,) = {edge(body(stairs, name)) for name in ("linear", "relu", "linear_2")}
    assert place == (min(goals) if key in (Qt.Key.Key_Left, Qt.Key.Key_Up) else max(goals))
    assert stairs.steps() == 2
    stairs.session.undo_stack.undo()
    assert stairs.bytes() == start


def test_aligned_tops_make_wires_straight(stairs: Desk) -> None:
    stairs.canvas.selecting.everything()
    stairs.key(Qt.Key.Key_Up, CTRL_SHIFT)
    assert all(edge.start.y() == edge.end.y() for edge in stairs.scene.edges.values())


def test_middles(stairs: Desk) -> None:
    stairs.key(Qt.Key.Key_C, SHIFT)
    middles = [body(stairs, name).center().x() for name in ("linear", "relu", "linear_2")]
    assert max(middles) - min(middles) <= 1.0
    stairs.key(Qt.Key.Key_R, SHIFT)
    middles = [body(stairs, name).center().y() for name in ("linear", "relu", "linear_2")]
    assert max(middles) - min(middles) <= 1.0


def test_equal_gaps_between_the_outermost(stairs: Desk) -> None:
    first, last = body(stairs, "linear"), body(stairs, "linear_2")
    stairs.key(Qt.Key.Key_H, SHIFT)
    gaps = [
        body(stairs, "relu").left() - body(stairs, "linear").right(),
        body(stairs, "linear_2").left() - body(stairs, "relu").right(),
    ]
    assert abs(gaps[0] - gaps[1]) <= 1.0
    assert (body(stairs, "linear"), body(stairs, "linear_2")) == (first, last)
    stairs.key(Qt.Key.Key_V, SHIFT)
    gaps = [
        body(stairs, "relu").top() - body(stairs, "linear").bottom(),
        body(stairs, "linear_2").top() - body(stairs, "relu").bottom(),
    ]
    assert abs(gaps[0] - gaps[1]) <= 1.0


def test_what_overlaps_is_spread_apart(net: Desk) -> None:
    net.session.push(MoveNodes(ROOT, {"linear": (0.0, 0.0), "relu": (10.0, 5.0), "linear_2": (20.0, 10.0)}), "Move")
    net.select("linear", "relu", "linear_2")
    net.key(Qt.Key.Key_V, SHIFT)
    tops = [body(net, name) for name in ("linear", "relu", "linear_2")]
    assert not tops[0].intersects(tops[1]) and not tops[1].intersects(tops[2])


def test_a_drag_lines_up_with_a_neighbour_and_shows_it(stairs: Desk) -> None:
    stairs.select()
    place = stairs.node("relu")
    stairs.drag(place, place + QPoint(0, -73), let_go=False)  # to y = 104, between the grid and linear's 100
    assert stairs.scene.nodes["relu"].y() == 100.0
    assert stairs.scene.overlay.boundingRect().isValid()
    stairs.release(place + QPoint(0, -73))
    assert not stairs.scene.overlay.boundingRect().isValid()
    assert stairs.graph.nodes["relu"].position[1] == 100.0


def test_the_settings_let_it_move_freely(stairs: Desk) -> None:
    stairs.select()
    place = stairs.node("relu")
    settings = stairs.session.settings
    settings.set(SNAP_TO_NEIGHBOURS, False)
    stairs.drag(place, place + QPoint(0, -72))
    assert stairs.graph.nodes["relu"].position == (330.0, 100.0)
    stairs.session.undo_stack.undo()
    settings.set(SNAP_TO_GRID, False)
    stairs.drag(place, place + QPoint(3, -72))
    assert stairs.graph.nodes["relu"].position == (336.0, 105.0)
