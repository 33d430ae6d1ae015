"""A user's hands: the mouse and the keyboard of the X server, moved from outside the program."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable

import pytest
from attrs import frozen
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QPushButton, QWidget
from pytestqt.exceptions import TimeoutError
from pytestqt.qtbot import QtBot

from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.main_window import MainWindow


@frozen
class Hands:
    """Work a window as a user does. Positions come from the widgets; events from the X server."""

    window: MainWindow
    qtbot: QtBot

    # --- mouse and keys -------------------------------------------------------------------------

    def click(self, place: QWidget | QPoint, button: int = 1, times: int = 1) -> None:
        self._move(place)
        self._send("click", "--repeat", str(times), "--delay", "60", str(button))

    def drag(self, start: QWidget | QPoint, end: QWidget | QPoint) -> None:
        first, last = _point(start), _point(end)
        self._move(first)
        self._send("mousedown", "1")
        for step in range(1, 9):
            self._move(first + (last - first) * (step / 8))
        self._send("mouseup", "1")

    def carry(self, start: QPoint, end: QPoint) -> None:
        """Drag something out of a list. The program waits for the end of it in a loop of its own, so all of it is
        one command."""
        steps: list[str] = []
        for step in range(9):
            place = start + (end - start) * (step / 8)
            steps += ["mousemove", str(place.x()), str(place.y()), "sleep", "0.05"]
            if not step:
                steps += ["mousedown", "1"]
        self._send(*steps, "sleep", "0.2", "mouseup", "1")

    def path(self, x: int, y: int, *steps: tuple[int, int]) -> None:
        """Drag along a line of steps, each from where the one before ended."""
        place = QPoint(x, y)
        self._move(place)
        self._send("mousedown", "1")
        for dx, dy in steps:
            for share in (0.25, 0.5, 0.75, 1.0):
                self._move(place + QPoint(round(dx * share), round(dy * share)))
            place += QPoint(dx, dy)
        self._send("mouseup", "1")

    def hold(self, key: str) -> None:
        self._send("keydown", key)

    def let_go(self, key: str) -> None:
        self._send("keyup", key)

    def type(self, text: str) -> None:
        self._send("type", "--delay", "15", text)

    def key(self, *keys: str) -> None:
        for key in keys:
            self._send("key", key)

    def _move(self, place: QWidget | QPoint) -> None:
        point = _point(place)
        if QCursor.pos() != point:  # `--sync` waits a quarter of a minute for a pointer that need not move
            self._send("mousemove", "--sync", str(point.x()), str(point.y()))

    def _send(self, *command: str) -> None:
        # The program must handle events while xdotool waits for the pointer to arrive.
        with subprocess.Popen(["xdotool", *command]) as process:
            self.qtbot.waitUntil(lambda: process.poll() is not None)
        assert process.returncode == 0, command
        self.pause(60)

    # --- time -----------------------------------------------------------------------------------

    def pause(self, milliseconds: int) -> None:
        end = time.monotonic() + milliseconds / 1000
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()))

    # --- what a user finds by eye -------------------------------------------------------------------

    def on_canvas(self, x: float, y: float) -> QPoint:
        """A place in the view, as a share of its width and height."""
        viewport = self.window.canvas.viewport()
        return viewport.mapToGlobal(QPoint(round(viewport.width() * x), round(viewport.height() * y)))

    def port(self, node: str, port: str, output: bool) -> QPoint:
        """A port of a node, or of the border for node ""."""
        canvas = self.window.canvas
        place = canvas.canvas_scene.port_place(PortKey(node, port, output))
        return canvas.viewport().mapToGlobal(canvas.mapFromScene(place))

    def node(self, name: str) -> QPoint:
        """Beside the title of a node."""
        canvas = self.window.canvas
        item = canvas.canvas_scene.nodes[name]
        return canvas.viewport().mapToGlobal(canvas.mapFromScene(item.x() + 50.0, item.y() + 12.0))

    # --- small jobs ---------------------------------------------------------------------------------

    def write(self, field: QWidget, text: str) -> None:
        """Replace the text of a field, and leave it."""
        self.click(field, times=3)
        self.key("ctrl+a")
        self.type(text)
        self.key("Tab")

    def choose(self, box: QComboBox, text: str) -> None:
        """Pick an entry of a drop-down list by keyboard."""
        self.click(box)
        self.pause(150)
        row = next(row for row in range(box.count()) if text in box.itemText(row))
        self.key("Home", *["Down"] * row, "Return")
        self.wait(lambda: text in box.currentText())

    def add(self, words: str, at: QPoint) -> str:
        """Add a node through the search at the pointer; returns its name."""
        before = set(self.window.session.graph.nodes)
        self.click(at)
        self.key("Tab")
        self.pause(200)
        self.type(words)
        self.pause(200)
        self.key("Return")
        self.wait(lambda: set(self.window.session.graph.nodes) - before)
        (name,) = set(self.window.session.graph.nodes) - before
        return name

    def wire(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        """Drag a wire from an output to an input."""
        self.drag(self.port(*source, True), self.port(*target, False))
        graph = self.window.session.graph
        try:
            self.wait(lambda: graph.source_of(*target) == source)
        except TimeoutError:
            pytest.fail(f"no wire from {source} to {target}; there are {graph.edges}")

    def through_dialog(self, path: str, *keys: str) -> None:
        """Press the keys that open a file dialog, and type a file's name into it.

        The dialog runs an event loop of its own, so the answer is prepared before the keys are pressed.
        What a dialog before it suggests is taken.
        """
        answers: list[subprocess.Popen[bytes]] = []

        def answer() -> None:
            dialog = QApplication.activeModalWidget()
            field = dialog.findChild(QLineEdit, "fileNameEdit") if dialog else None
            if field is None or not field.isVisible():
                suggested = (
                    [button for button in dialog.findChildren(QPushButton) if button.isDefault()] if dialog else []
                )
                if suggested and not isinstance(dialog, QFileDialog):
                    place = _point(suggested[0])
                    subprocess.run(["xdotool", "mousemove", str(place.x()), str(place.y()), "click", "1"], check=True)
                QTimer.singleShot(300, answer)
                return
            place = _point(field)
            move = f"xdotool mousemove --sync {place.x()} {place.y()} click --repeat 3 --delay 60 1"
            write = f"xdotool key ctrl+a type --delay 10 {shlex.quote(path)}"
            answers.append(subprocess.Popen(["sh", "-c", f"{move}; {write}; sleep 0.3; xdotool key Return"]))

        # Without a window manager nobody gives the window the keyboard back when a dialog closes.
        self.click(self.on_canvas(0.05, 0.9))
        QTimer.singleShot(100, answer)
        self.key(*keys)
        self.wait(lambda: answers and answers[0].poll() is not None)
        self.wait(lambda: QApplication.activeModalWidget() is None)


def _point(place: QWidget | QPoint) -> QPoint:
    return place.mapToGlobal(place.rect().center()) if isinstance(place, QWidget) else place
