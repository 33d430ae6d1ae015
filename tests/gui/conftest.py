"""A session, and a whole window on it, without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, Connect
from blockstudio.graph.model import Endpoint, Layer
from blockstudio.gui import theme
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.session import Session
from blockstudio.gui.settings import Settings

NET = Location("Net")


@pytest.fixture(autouse=True)
def pointer_away() -> None:
    """The pointer lies in a corner, wherever the test before left it."""
    if QGuiApplication.instance() is not None:
        QCursor.setPos(0, 0)


@pytest.fixture
def session(qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    session = Session(settings=Settings(file=tmp_path / "settings.ini"))
    yield session
    session.close()


@pytest.fixture
def window(qapp: QApplication, session: Session, qtbot: QtBot) -> Iterator[MainWindow]:
    theme.set_scheme(qapp, "light")
    window = MainWindow(session)
    window.resize(1300, 850)
    window.show()
    qtbot.waitUntil(lambda: window.late.complete)
    yield window
    session.undo_stack.setClean()
    window.close()
    window.deleteLater()
    qapp.sendPostedEvents(None, 52)


def press(window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key as it comes from the keyboard: to the window, which gives it to a shortcut or to what has the focus."""
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    handle = window.windowHandle()
    assert handle is not None
    QTest.keyClick(handle, key, modifiers)


def linear(name: str, inputs: int = 20, outputs: int = 256) -> Layer:
    return Layer(name=name, type="torch.nn.Linear", options={"in_features": inputs, "out_features": outputs})


def compose(session: Session) -> None:
    """x -> hidden -> act -> out -> y."""
    for node in (linear("hidden"), Layer(name="act", type="torch.nn.ReLU"), linear("out", 256, 10)):
        session.push(AddNode(NET, node), "Add")
    chain = [("", "x"), ("hidden", "output"), ("act", "output"), ("out", "output")]
    ends = [("hidden", "input"), ("act", "input"), ("out", "input"), ("", "y")]
    for source, target in zip(chain, ends, strict=True):
        session.push(Connect(NET, Endpoint(*target), Endpoint(*source)), "Wire")
