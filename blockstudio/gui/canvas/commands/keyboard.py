"""Keys of the canvas besides those of the window's actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from blockstudio.errors import mark
from blockstudio.gui.canvas.commands.walking import Direction
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.facts.places import GRID

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

CANVAS_KEYS: tuple[tuple[str, str], ...] = (
    (mark("Shift+A"), mark("Search for something to add")),
    (mark("F"), mark("Show everything")),
    (mark("Shift+F"), mark("Show the selection")),
    (mark("L"), mark("Lay the nodes out along the flow")),
    (mark("Arrows"), mark("Go along the wires from node to node; from a port or wire, to what it is joined to")),
    (mark("Shift+Arrows"), mark("Select the next node too")),
    (mark("Alt+Arrows"), mark("Move the selection by a step; in a Sequential, to another place")),
    (mark("Alt+Shift+Arrows"), mark("Make a note or frame larger or smaller; move nodes by five steps")),
    (mark("Return"), mark("Enter or rename; write in a note; wire a port, or a wire to another place")),
    (mark("Shift+Page Up, Page Down, Home, End"), mark("Move the view up, down, left, right")),
    (mark("Page Down"), mark("Enter the block")),
    (mark("Page Up"), mark("Leave the block")),
    (mark("Space"), mark("Hold to move the view with the mouse")),
    (mark("Menu"), mark("What can be done with what the keyboard is on")),
    (
        mark("Esc"),
        mark("Break off a gesture; from a port to its node; clear the selection; leave an expanded block"),
    ),
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
_PANS: dict[int, tuple[float, float]] = {
    Qt.Key.Key_Home: (-1.0, 0.0),
    Qt.Key.Key_End: (1.0, 0.0),
    Qt.Key.Key_PageUp: (0.0, -1.0),
    Qt.Key.Key_PageDown: (0.0, 1.0),
}
LEAP = 5
_NONE = Qt.KeyboardModifier.NoModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier


def command(canvas: Canvas, key: int, modifiers: Qt.KeyboardModifier) -> Callable[[], object] | None:
    """What a key does; None when it means nothing here."""
    if key in _ARROWS:
        direction = _ARROWS[key]
        if modifiers == _ALT:
            return lambda: _nudge(canvas, *_STEPS[direction])
        if modifiers == _ALT | _SHIFT:
            return lambda: _stretch(canvas, *_STEPS[direction])
        return lambda: canvas.focus.walk(direction, add=bool(modifiers & _SHIFT))
    if key in _PANS and modifiers == _SHIFT:
        across, down = _PANS[key]
        view = canvas.viewport()
        return lambda: canvas.scroll_by(across * view.width() / 2, down * view.height() / 2)
    return {
        (Qt.Key.Key_A, _SHIFT): canvas.search_to_add,
        (Qt.Key.Key_Tab, _NONE): canvas.search_to_add,
        (Qt.Key.Key_F, _NONE): canvas.fit,
        (Qt.Key.Key_F, _SHIFT): canvas.fit_selection,
        (Qt.Key.Key_L, _NONE): canvas.tidy,
        (Qt.Key.Key_PageDown, _NONE): canvas.enter_selected,
        (Qt.Key.Key_PageUp, _NONE): canvas.leave,
        (Qt.Key.Key_Return, _NONE): lambda: _open(canvas),
        (Qt.Key.Key_Enter, _NONE): lambda: _open(canvas),
    }.get((Qt.Key(key), modifiers))


def _nudge(canvas: Canvas, dx: float, dy: float) -> None:
    if not canvas.bending.nudge(dx, dy):
        canvas.nudge(dx, dy)


def _stretch(canvas: Canvas, dx: float, dy: float) -> None:
    """Make the selected note or frame larger or smaller; or go far with what is selected."""
    if canvas.session.selected_notes and not canvas.session.selection:
        canvas.resize_notes(dx, dy)
    else:
        _nudge(canvas, LEAP * dx, LEAP * dy)


def _open(canvas: Canvas) -> None:
    """What a double click does where it does not enter: write a note, rename. From a port or a wire: wire it."""
    spot = canvas.focus.spot
    if isinstance(spot, Key) and spot.kind != "edge":
        canvas.edit_in_place(spot)
    else:
        canvas.wiring.connect()
