"""The shell in a real window, by real mouse and keys: palette to canvas, undo, search, entering text."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.session import Session

pytestmark = pytest.mark.window


@pytest.fixture
def shown(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    window.move(0, 0)
    window.activateWindow()
    window.raise_()
    qtbot.waitActive(window)
    qtbot.wait(300)
    yield window


def xdo(qtbot: QtBot, *arguments: object) -> None:
    """Let xdotool act while this process answers the display."""
    process = subprocess.Popen(["xdotool", *map(str, arguments)])
    qtbot.waitUntil(lambda: process.poll() is not None)
    assert process.returncode == 0


def drag(qtbot: QtBot, start: QPoint, end: QPoint) -> None:
    """All in one command: from the press to the drop Qt is in a loop of its own."""
    steps: list[object] = ["mousemove", start.x(), start.y(), "sleep", 0.2, "mousedown", 1, "sleep", 0.1]
    for part in (0.1, 0.5, 0.95, 1.0):
        at = start + (end - start) * part
        steps += ["mousemove", at.x(), at.y(), "sleep", 0.15]
    xdo(qtbot, *steps, "sleep", 0.2, "mouseup", 1, "sleep", 0.2)


def middle(widget: QWidget) -> QPoint:
    return widget.mapToGlobal(widget.rect().center())


def test_a_layer_is_dragged_from_the_palette(shown: MainWindow, session: Session, qtbot: QtBot) -> None:
    shown.palette_panel.search.setText("linear")
    tree = shown.palette_panel.tree
    start = tree.viewport().mapToGlobal(tree.visualRect(shown.palette_panel.model.index(0, 0)).center())
    # Onto the welcome, which gets out of the way.
    drag(qtbot, start, middle(shown.welcome))
    qtbot.waitUntil(lambda: list(session.graph.nodes) == ["linear"])
    assert shown.welcome.isHidden()
    xdo(qtbot, "key", "ctrl+z")
    qtbot.waitUntil(lambda: not session.graph.nodes)
    assert shown.welcome.isVisible()


def test_search_and_return_add_without_the_mouse(shown: MainWindow, session: Session, qtbot: QtBot) -> None:
    shown.palette_panel.search.setFocus()
    xdo(qtbot, "type", "--delay", 15, "relu")
    xdo(qtbot, "key", "Return")
    qtbot.waitUntil(lambda: len(session.graph.nodes) == 1)


def test_an_option_is_typed(shown: MainWindow, session: Session, qtbot: QtBot) -> None:
    shown.palette_panel.chosen.emit("torch.nn.Linear")
    (name,) = session.graph.nodes
    session.select((name,))
    field: list[QWidget] = []
    qtbot.waitUntil(lambda: bool(field.extend(shown.findChildren(QWidget, "option_out_features")) or field))
    at = middle(field[-1])
    xdo(qtbot, "mousemove", at.x(), at.y(), "click", 1, "key", "ctrl+a", "type", "256")
    xdo(qtbot, "key", "Tab")
    qtbot.waitUntil(lambda: getattr(session.graph.nodes[name], "options", {})["out_features"] == 256)
    xdo(qtbot, "mousemove", middle(shown.canvas).x(), middle(shown.canvas).y() + 100, "click", 1)
    xdo(qtbot, "key", "ctrl+z")
    qtbot.waitUntil(lambda: getattr(session.graph.nodes[name], "options", {})["out_features"] != 256)


def test_keys_in_a_text_field_are_not_shortcuts(shown: MainWindow, session: Session, qtbot: QtBot) -> None:
    shown.palette_panel.chosen.emit("torch.nn.Linear")
    session.select(tuple(session.graph.nodes))
    shown.palette_panel.search.setFocus()
    xdo(qtbot, "type", "--delay", 15, "ab")
    xdo(qtbot, "key", "BackSpace", "key", "Delete", "key", "ctrl+a", "key", "ctrl+x")
    qtbot.waitUntil(lambda: shown.palette_panel.search.text() == "")
    assert len(session.graph.nodes) == 1
