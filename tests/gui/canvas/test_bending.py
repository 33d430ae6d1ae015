"""Wires drawn through points, by mouse and keys; the points move with what they lead to."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt

from blockstudio.graph.model import Endpoint

from .conftest import Desk

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
EDGE = Endpoint("linear_2", "input")


def bent(net: Desk, x: float = 540.0, y: float = 240.0) -> None:
    net.drag(net.wire("linear_2"), net.at(x, y))


def point(net: Desk, index: int = 0) -> QPoint:
    return net.canvas.mapFromScene(QPointF(*net.graph.routes[EDGE][index]))


def test_dragging_a_wire_bends_it(net: Desk) -> None:
    start = net.bytes()
    bent(net)
    assert net.graph.routes == {EDGE: ((540.0, 240.0),)}
    edge = net.scene.edges[EDGE]
    assert edge.path().boundingRect().bottom() >= 239.0
    assert edge.distance(QPointF(540.0, 240.0)) < 1.0
    assert net.steps() == 1
    assert net.undo_all() == start


def test_a_point_is_moved_and_another_made(net: Desk) -> None:
    bent(net)
    net.drag(point(net), net.at(540, 300))
    assert net.graph.routes == {EDGE: ((540.0, 300.0),)}
    edge = net.scene.edges[EDGE]
    before = QPointF(edge.start + (QPointF(540.0, 300.0) - edge.start) / 2)
    net.drag(net.canvas.mapFromScene(before), net.at(500, 360))
    assert net.graph.routes[EDGE] == ((500.0, 360.0), (540.0, 300.0))
    assert net.steps() == 3


def test_let_go_on_the_straight_way_the_point_goes(net: Desk) -> None:
    start = net.bytes()
    bent(net)
    net.drag(point(net), net.wire("relu") + QPoint(170, 0))
    assert net.graph.routes == {}
    assert net.bytes() == start
    assert net.steps() == 2


def test_a_double_click_takes_a_point_away(net: Desk) -> None:
    start = net.bytes()
    bent(net)
    net.double_click(point(net))
    assert net.graph.routes == {}
    assert net.bytes() == start


def test_a_double_click_on_a_wire_inserts(net: Desk) -> None:
    net.double_click(net.wire("relu"))
    net.search("dropout")
    assert net.graph.edges[Endpoint("dropout", "input")] == Endpoint("linear", "output")


def test_escape_breaks_it_off(net: Desk) -> None:
    start = net.bytes()
    net.drag(net.wire("linear_2"), net.at(540, 240), let_go=False)
    assert net.scene.edges[EDGE].via
    net.key_unchecked(Qt.Key.Key_Escape)
    net.release(net.at(540, 240))
    assert net.bytes() == start


def test_by_keys(net: Desk) -> None:
    start = net.bytes()
    net.click(net.wire("linear_2"))
    net.key(Qt.Key.Key_B)
    ((x, y),) = net.graph.routes[EDGE]
    net.key(Qt.Key.Key_Down, ALT)
    net.key(Qt.Key.Key_Down, ALT)
    assert net.graph.routes[EDGE] == ((x, y + 20.0),)
    assert net.steps() == 2
    net.key(Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    assert net.graph.routes == {}
    assert net.undo_all() == start


def test_points_move_with_both_ends(net: Desk) -> None:
    bent(net)
    net.select("relu", "linear_2")
    place = net.node("relu")
    net.drag(place, place + QPoint(0, 100), let_go=False)
    assert net.scene.edges[EDGE].via == ((540.0, 340.0),)
    net.release(place + QPoint(0, 100))
    assert net.graph.routes[EDGE] == ((540.0, 340.0),)
    assert net.steps() == 2
    net.select("relu")
    place = net.node("relu")
    net.drag(place, place + QPoint(0, 50))
    assert net.graph.routes[EDGE] == ((540.0, 340.0),)


def test_a_move_that_is_broken_off_puts_points_back(net: Desk) -> None:
    bent(net)
    before = net.bytes()
    net.select("relu", "linear_2")
    place = net.node("relu")
    net.drag(place, place + QPoint(0, 100), let_go=False)
    net.key(Qt.Key.Key_Escape)
    net.release(place + QPoint(0, 100))
    assert net.bytes() == before


def test_tidying_straightens(net: Desk) -> None:
    bent(net)
    place = net.node("linear_2")
    net.drag(place, place + QPoint(200, 200))
    net.key(Qt.Key.Key_L, CTRL)
    assert net.graph.routes == {}


def test_points_are_cut_like_the_wire(net: Desk) -> None:
    bent(net, y=400.0)
    net.drag(net.at(500, 390), net.at(580, 410), Qt.MouseButton.RightButton, CTRL)
    assert EDGE not in net.graph.edges
    net.key(Qt.Key.Key_Z, CTRL)
    assert net.graph.routes == {EDGE: ((540.0, 400.0),)}
