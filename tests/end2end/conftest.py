"""A window that is worked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from blockstudio.gui import theme
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.session import Session
from blockstudio.gui.settings import Settings
from tests.end2end.hands import Hands


@pytest.fixture
def bare(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[Hands]:
    """A window without an engine, and with an empty library."""
    theme.set_scheme(qapp, "light")
    session = Session(settings=Settings(file=tmp_path / "settings.ini"))
    session.library.set_folder(tmp_path / "library")
    window = MainWindow(session)
    window.setGeometry(0, 0, 1500, 950)
    window.show()
    hands = Hands(window, qtbot)
    hands.wait(lambda: window.late.complete)
    yield hands
    session.undo_stack.setClean()
    window.close()
    session.close()
    window.deleteLater()
    qapp.sendPostedEvents(None, 52)
