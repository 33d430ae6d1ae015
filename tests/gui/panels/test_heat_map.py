from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QPalette
from pytestqt.qtbot import QtBot

from blockstudio.gui.panels.heat_map import NAN, HeatMap


@pytest.fixture
def heat_map(qtbot: QtBot) -> HeatMap:
    heat_map = HeatMap()
    qtbot.addWidget(heat_map)
    heat_map.resize(300, 260)
    return heat_map


def colour(heat_map: HeatMap, row: int, column: int) -> QColor:
    return heat_map.image().pixelColor(column, row)


def test_signs_have_colours_of_their_own(heat_map: HeatMap) -> None:
    heat_map.show_values(((-1.0, 0.0, 1.0), (None, -0.5, 0.5)), (2, 3))
    assert colour(heat_map, 0, 0).blue() > colour(heat_map, 0, 0).red()
    assert colour(heat_map, 0, 2).red() > colour(heat_map, 0, 2).blue()
    zero = colour(heat_map, 0, 1)
    assert max(zero.red(), zero.green(), zero.blue()) - min(zero.red(), zero.green(), zero.blue()) < 8
    assert colour(heat_map, 1, 0) == NAN


def test_zero_is_dark_in_the_dark(heat_map: HeatMap) -> None:
    heat_map.show_values(((0.0, 1.0),), (1, 2))
    light = colour(heat_map, 0, 0).lightness()
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("#1a1c21"))
    heat_map.setPalette(palette)
    assert colour(heat_map, 0, 0).lightness() < 80 < light


def test_the_pointer_reads_values(heat_map: HeatMap) -> None:
    heat_map.show_values(((1.0, 2.0), (3.0, None)), (2, 2))
    texts = {heat_map.cell_text(QPoint(x, y)) for x in range(0, 300, 5) for y in range(0, 200, 5)}
    assert {"[0, 0] = 1", "[0, 1] = 2", "[1, 0] = 3", "[1, 1] = NaN"} <= texts


def test_averaged_cells_say_what_they_cover(heat_map: HeatMap) -> None:
    heat_map.show_values(((1.0, 2.0),), (100, 6))
    texts = {heat_map.cell_text(QPoint(x, 20)) for x in range(0, 300, 5)}
    assert "rows 0–99, columns 3–5: mean 2" in texts


@pytest.mark.parametrize("values", [((0.0, 0.0),), ((None,),), ((float("inf"), 1.0),), ()])
def test_odd_values_paint(heat_map: HeatMap, values: tuple[tuple[float | None, ...], ...]) -> None:
    heat_map.show_values(values, (1, 2))
    assert not heat_map.grab().isNull()
