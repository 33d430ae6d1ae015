"""Widgets in the colours of both themes: what means something can be seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QCheckBox
from pytestqt.qtbot import QtBot

from blockstudio.gui import theme
from blockstudio.gui.theme import DARK, DARK_CONTRAST, LIGHT, LIGHT_CONTRAST, Theme


@pytest.fixture(
    params=[LIGHT, DARK, LIGHT_CONTRAST, DARK_CONTRAST], ids=["light", "dark", "light contrast", "dark contrast"]
)
def colors(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Theme]:
    before = theme.theme()
    theme.use(qapp, request.param)
    yield request.param
    theme.use(qapp, before)


def colours_of(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_a_box_to_tick_has_an_edge_and_a_mark(colors: Theme, qtbot: QtBot) -> None:
    box = QCheckBox()
    box.setTristate(True)
    qtbot.addWidget(box)
    seen = {}
    for state in Qt.CheckState:
        box.setCheckState(state)
        image = box.grab().toImage()
        seen[state] = image.copy()
        shown = colours_of(image)
        edge = colors.muted if state == Qt.CheckState.Unchecked else colors.accent
        assert QColor(edge).name() in shown
        assert (QColor(colors.on_accent).name() in shown) or state == Qt.CheckState.Unchecked
    assert seen[Qt.CheckState.Checked] != seen[Qt.CheckState.PartiallyChecked]
