"""The display the real-window tests stand on: a window, mouse and keys from outside, and Chinese letters."""

from __future__ import annotations

import os
import subprocess

import pytest
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QLineEdit

from blockstudio.gui import preflight

pytestmark = pytest.mark.window


def test_a_window_hears_the_mouse_and_the_keyboard(qtbot) -> None:
    assert QGuiApplication.platformName() == "xcb"
    assert preflight.refuse(os.environ) is None
    field = QLineEdit()
    qtbot.addWidget(field)
    field.resize(300, 60)
    field.move(100, 100)
    with qtbot.waitExposed(field):
        field.show()
    centre = field.mapToGlobal(field.rect().center())
    subprocess.run(["xdotool", "mousemove", str(centre.x()), str(centre.y()), "click", "1"], check=True, timeout=20)
    subprocess.run(["xdotool", "type", "--delay", "20", "Hidden_1"], check=True, timeout=20)
    qtbot.waitUntil(lambda: field.text() == "Hidden_1")


def test_there_is_a_font_for_chinese(qapp) -> None:
    assert QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese), "install fonts-noto-cjk"
