"""Keys of the canvas besides those of the window's actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from blockstudio.errors import mark
from blockstudio.gui.canvas.places import GRID
from blockstudio.gui.canvas.walking import Direction, neighbour

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

CANVAS_KEYS: tuple[tuple[str, str], ...] = (
    (mark("Shift+A"), mark("Search for something to add")),
    (mark("F"), mark("Show everything")),
    (mark("Shift+F"), mark("Show the selection")),
    (mark("L"), mark("Lay the nodes out along the flow")),
    (mark("Arrows"), mark("Go along the wires from node to node")),
    (mark("Alt+Arrows"), mark("Move the selection by a step; in a Sequential, to another place")),
    (mark("Page Down"), mark("Enter the block")),
    (mark("Page Up"), mark("Leave the block")),
    (mark("Space"), mark("Hold to move the view with the mouse")),
    (mark("Esc"), mark("Break off a gesture; clear the selection")),
)
"""For the help page."""

_ARROWS: dict[int, Direction] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}
_STEPS: dict[Direction, tuple[float, float]] = {
    "left": (-GRID, 0.0),
    "right": (GRID, 0.0),
    "up": (0.0, -GRID),
    "down": (0.0, GRID),
}
_NONE = Qt.KeyboardModifier.NoModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier


def command(canvas: Canvas, key: int, modifiers: Qt.KeyboardModifier) -> Callable[[], object] | None:
    """What a key does; None when it means nothing here."""
    if key in _ARROWS:
        direction = _ARROWS[key]
        if modifiers == _ALT:
            return lambda: _nudge(canvas, *_STEPS[direction])
        return lambda: walk(canvas, direction, add=bool(modifiers & _SHIFT))
    return {
        (Qt.Key.Key_A, _SHIFT): canvas.search_to_add,
        (Qt.Key.Key_Tab, _NONE): canvas.search_to_add,
        (Qt.Key.Key_F, _NONE): canvas.fit,
        (Qt.Key.Key_F, _SHIFT): canvas.fit_selection,
        (Qt.Key.Key_L, _NONE): canvas.tidy,
        (Qt.Key.Key_PageDown, _NONE): canvas.enter_selected,
        (Qt.Key.Key_PageUp, _NONE): canvas.leave,
    }.get((Qt.Key(key), modifiers))


def _nudge(canvas: Canvas, dx: float, dy: float) -> None:
    if not canvas.bending.nudge(dx, dy):
        canvas.nudge(dx, dy)


def walk(canvas: Canvas, direction: Direction, *, add: bool = False) -> None:
    """Select the next node along a wire, or above or below; with `add`, besides what is selected."""
    scene = canvas.canvas_scene
    found = neighbour(scene, direction, canvas.visible_rect().center())
    if found is None:
        return
    canvas.select_keys({found} | (scene.selection if add else set()))
    body = scene.extent([found])
    if not canvas.visible_rect().contains(body):
        canvas.glide(body.center(), canvas.zoom)
