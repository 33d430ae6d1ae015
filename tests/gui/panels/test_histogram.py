from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtGui import QColor, QPalette
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import Histogram
from blockstudio.gui.panels.histogram import Bars, Colors, HistogramPlot, ticks

UNIFORM = Histogram(0.0, 1.0, (10,) * 10)
NARROW = Histogram(0.4, 0.6, (50, 50))


def test_bars_of_different_counts_have_the_same_area() -> None:
    for histogram in (UNIFORM, NARROW):
        bars = Bars.of(histogram, density=True)
        assert np.sum(bars.heights * np.diff(bars.edges)) == pytest.approx(1)


def test_a_single_value_is_a_bar_that_can_be_seen() -> None:
    bars = Bars.of(Histogram(42.0, 42.0, (0, 7, 0)), density=False)
    assert bars.heights.tolist() == [7]
    assert bars.edges[0] < 42 < bars.edges[-1]


def test_few_values_fall_into_few_bins() -> None:
    counts = tuple(int(i % 3 == 0) for i in range(100))
    bars = Bars.of(Histogram(-1.0, 1.0, counts), density=False)
    assert len(bars.heights) == 10 and bars.heights.sum() == 34
    assert bars.edges[0] == -1.0 and bars.edges[-1] == 1.0
    many = Histogram(-1.0, 1.0, (300,) * 100)
    assert len(Bars.of(many, density=False).heights) == 100
    integers = Histogram(-0.5, 99.5, counts)
    assert Bars.of(integers, density=False).heights.tolist() == list(counts)


def test_an_empty_plot_says_why(qtbot: QtBot) -> None:
    plot = HistogramPlot()
    qtbot.addWidget(plot)
    assert plot.text()
    plot.show_one(UNIFORM)
    assert plot.text() == ""
    plot.clear("No finite values.")
    assert plot.text() == "No finite values."


def test_before_and_after_with_theory(qtbot: QtBot) -> None:
    plot = HistogramPlot()
    qtbot.addWidget(plot)
    plot.show_change(UNIFORM, NARROW, ((0.4, 5.0), (0.6, 5.0)), (0.4, 0.6))
    for word in ("before", "after", "in theory"):
        assert word in plot.legend()
    plot.show_change(UNIFORM, NARROW, (), (-0.5, 1.2))
    assert "bounds" in plot.legend()
    low, high = plot.value_range()
    assert low < 0 and high > 1
    plot.show_change(None, NARROW)
    assert "before" not in plot.legend()


def test_values_are_shown_in_their_own_scale(qtbot: QtBot) -> None:
    plot = HistogramPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    qtbot.waitExposed(plot)
    plot.show_one(Histogram(-0.01, 0.01, (1, 2, 1)))
    axis = plot.findChildren(type(plot._plot))[0].getPlotItem().getAxis("bottom")
    assert axis.autoSIPrefixScale == 1.0


def test_large_counts_leave_room_for_what_the_axis_is_called(qtbot: QtBot) -> None:
    plot = HistogramPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    qtbot.waitExposed(plot)
    axis = plot.findChildren(type(plot._plot))[0].getPlotItem().getAxis("left")
    plot.show_one(Histogram(0.0, 1.0, (250_000, 0)))
    room = plot.fontMetrics().horizontalAdvance("250000") + plot.fontMetrics().height()
    qtbot.waitUntil(lambda: axis.width() > room)


@pytest.mark.parametrize(
    ("low", "high"), [(-0.25, 0.75), (123456.2, 123457.3), (-2e-8, 3e-8), (0.0, 1e30), (-3.4e38, 3.4e38), (7.0, 7.0)]
)
@pytest.mark.parametrize("room", [60, 300])
def test_numbers_on_an_axis_stand_apart(low: float, high: float, room: int) -> None:
    found = ticks(low, high, room, lambda text: 7.0 * len(text))
    assert all(
        low <= value <= high and float(text) == pytest.approx(value, rel=1e-3, abs=1e-12) for value, text in found
    )
    places = [(value - low) / (high - low) * room for value, _ in found]
    for (a, (_, left)), (b, (_, right)) in pairwise(zip(places, found, strict=True)):
        assert b - a > 3.5 * (len(left) + len(right))
    assert len({text for _, text in found}) == len(found)
    assert low == high or math.isinf(high - low) or len(found) >= (2 if room == 300 else 1)


def test_counts_are_whole() -> None:
    assert ticks(0.0, 1.08, 200, lambda _: 20.0, 1.0) == [(0.0, "0"), (1.0, "1")]


@pytest.mark.parametrize("base", ["#ffffff", "#1a1c21"])
def test_colours_stand_out_from_the_background(base: str) -> None:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor(base))
    palette.setColor(QPalette.ColorRole.Highlight, QColor(base))
    colors = Colors.of(palette)
    for color in (colors.before, colors.after, colors.density):
        assert abs(color.lightness() - QColor(base).lightness()) > 30
