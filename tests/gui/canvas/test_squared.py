"""Wires with right angles, for those who choose them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint

from blockstudio.graph.edits import MoveNodes
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.painting import squared
from blockstudio.gui.settings import SQUARE_WIRES

from .conftest import ROOT, Desk

WIRE = Endpoint("relu", "input")


@pytest.fixture
def square(net: Desk) -> Iterator[Desk]:
    net.session.settings.set(SQUARE_WIRES, True)
    yield net
    squared.use(False)


def is_square(pieces: list[squared.Piece]) -> bool:
    """Whether all but the corners run straight, along the flow or across it."""
    for (ax, ay), _, _, (dx, dy) in pieces:
        corner = abs(ax - dx) <= squared.ROUND + 0.1 and abs(ay - dy) <= squared.ROUND + 0.1
        if not corner and abs(ax - dx) > 0.1 and abs(ay - dy) > 0.1:
            return False
    return True


@pytest.mark.parametrize("place", [(400.0, 300.0), (400.0, 105.0), (-300.0, 260.0), (-300.0, 120.0), (150.0, 400.0)])
@pytest.mark.parametrize("down", [False, True])
def test_wires_run_with_right_angles(square: Desk, place: tuple[float, float], down: bool) -> None:
    if down:
        square.canvas.turn()
    square.session.push(MoveNodes(ROOT, {"relu": place}), "Move")
    square.check()
    for edge in square.scene.edges.values():
        pieces = edge.pieces()
        assert is_square(pieces), pieces
        assert pieces[0][0] == (edge.x0, edge.y0) and pieces[-1][3] == (edge.x1, edge.y1)
        assert all(one[3] == other[0] for one, other in pairwise(pieces))
        left, top, right, bottom = edge.box()
        box = edge.path().boundingRect()
        assert left <= box.left() and top <= box.top() and right >= box.right() and bottom >= box.bottom()


@pytest.mark.parametrize("way", [1, -1])
def test_wires_side_by_side_neither_cross_nor_share_a_stretch(way: int) -> None:
    """From the outputs of a node, at its rows."""
    rows = [20.0 + 18.0 * n for n in range(4)]
    lines = [squared.turns((0.0, y), (100.0, way * 300.0 + 3.0 * y), None) for y in rows]
    turns = [pieces[1][0][0] for pieces in lines]
    assert turns == sorted(turns, reverse=way > 0)
    assert all(abs(one - other) > 3.0 for one, other in pairwise(turns))


def test_the_pointer_finds_them_and_the_label_is_on_them(square: Desk) -> None:
    square.session.push(MoveNodes(ROOT, {"relu": (420.0, 260.0)}), "Move")
    edge = square.scene.edges[WIRE]
    assert edge.distance(edge.middle()) < 1.0
    assert square.hit(square.wire("relu")).key == edge.key
    square.drag(square.wire("relu"), square.wire("relu") + QPoint(60, 30))
    (point,) = square.graph.routes[WIRE]
    assert is_square(edge.pieces())
    assert any(abs(x - point[0]) + abs(y - point[1]) < 1.0 for piece in edge.pieces() for x, y in (piece[0], piece[3]))


def test_switched_off_they_are_curves_again(square: Desk) -> None:
    square.session.push(MoveNodes(ROOT, {"relu": (420.0, 260.0)}), "Move")
    square.session.settings.set(SQUARE_WIRES, False)
    square.check()
    assert not is_square(square.scene.edges[WIRE].pieces())


def test_where_it_turns_it_is_behind_no_node(square: Desk) -> None:
    """Its way across the flow would be behind a wide node of the next row."""
    square.session.push(
        MoveNodes(ROOT, {"linear": (0.0, 0.0), "relu": (500.0, 300.0), "linear_2": (130.0, 120.0)}), "Move"
    )
    square.check()
    edge = square.scene.edges[WIRE]
    body = square.scene.nodes["linear_2"].body
    path = edge.path()
    assert not any(body.contains(path.pointAtPercent(step / 300)) for step in range(301))
