"""Bringing what is selected into line, and spreading it evenly."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from blockstudio.graph.model import Position
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.i18n import tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

Bodies = dict[Key, QRectF]
Shift = Callable[[Bodies], dict[Key, tuple[float, float]]]
LEAST_GAP = 20.0
"""Between things that are spread where they overlap."""


class Arranging:
    """Each is one undoable step, shown as a short movement."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def left(self) -> None:
        self._arrange(lambda b: _to(b, lambda r: r.left(), min, across=True), tr("Align left"))

    def right(self) -> None:
        self._arrange(lambda b: _to(b, lambda r: r.right(), max, across=True), tr("Align right"))

    def top(self) -> None:
        """Tops at one height: the first ports too, so that wires between them are straight."""
        self._arrange(lambda b: _to(b, lambda r: r.top(), min, across=False), tr("Align top"))

    def bottom(self) -> None:
        self._arrange(lambda b: _to(b, lambda r: r.bottom(), max, across=False), tr("Align bottom"))

    def column(self) -> None:
        """Middles one above the other."""
        self._arrange(lambda b: _to(b, lambda r: r.center().x(), _mean, across=True), tr("Centre in a column"))

    def row(self) -> None:
        """Middles at one height."""
        self._arrange(lambda b: _to(b, lambda r: r.center().y(), _mean, across=False), tr("Centre in a row"))

    def spread_across(self) -> None:
        """Equal gaps from left to right; the outermost stay."""
        self._arrange(lambda b: _spread(b, across=True), tr("Distribute across"))

    def spread_down(self) -> None:
        """Equal gaps from top to bottom; the outermost stay."""
        self._arrange(lambda b: _spread(b, across=False), tr("Distribute down"))

    def _arrange(self, shift: Shift, text: str) -> None:
        scene = self._canvas.canvas_scene
        things = {key: item for key in sorted(scene.selection) if (item := scene.thing(key)) is not None}
        if scene.sequence or len(things) < 2:
            return
        # By where a thing stands, not by its outline: a pill is a little lower than its place, and its port
        # is as high as that of a node at the same place.
        bodies = {
            key: QRectF(item.x(), item.y(), item.body.width(), item.body.bottom() - item.y())
            for key, item in things.items()
        }
        moves = shift(bodies)
        before: dict[Key, Position] = {key: (item.x(), item.y()) for key, item in things.items()}
        after: dict[Key, Position] = {
            key: (float(round(x + moves[key][0])), float(round(y + moves[key][1]))) for key, (x, y) in before.items()
        }
        self._canvas.move_to(before, after, text)


def _to(
    bodies: Bodies, edge: Callable[[QRectF], float], choose: Callable[[list[float]], float], *, across: bool
) -> dict[Key, tuple[float, float]]:
    goal = choose([edge(body) for body in bodies.values()])
    return {key: (goal - edge(body), 0.0) if across else (0.0, goal - edge(body)) for key, body in bodies.items()}


def _spread(bodies: Bodies, *, across: bool) -> dict[Key, tuple[float, float]]:
    def start(body: QRectF) -> float:
        return body.left() if across else body.top()

    def size(body: QRectF) -> float:
        return body.width() if across else body.height()

    order = sorted(bodies, key=lambda key: start(bodies[key]) + size(bodies[key]) / 2)
    first, last = bodies[order[0]], bodies[order[-1]]
    room = start(last) + size(last) - start(first) - sum(size(body) for body in bodies.values())
    gap = max(LEAST_GAP, room / (len(order) - 1))
    places = {order[0]: start(first)}
    for before, key in pairwise(order):
        places[key] = places[before] + size(bodies[before]) + gap
    moves = {key: places[key] - start(bodies[key]) for key in order}
    return {key: (move, 0.0) if across else (0.0, move) for key, move in moves.items()}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
