"""Histograms of tensors: one alone, or before and after, with the density that was asked for."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from attrs import frozen
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QLabel, QStackedLayout, QToolTip, QVBoxLayout, QWidget

from blockstudio.engine.protocol import Histogram
from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.quantities import count_text, value_text

pg.setConfigOptions(antialias=True)

FEWEST_BINS = 10
LABELLED = 130
"""Height in pixels from which on the axes have labels."""

AXIS = 46
RIGHT = 10
"""Pixels beside the bars, at the least."""
TICK = 12
"""Pixels from a number to the bars."""
APART = 10
"""Pixels between numbers on an axis."""


@frozen
class Bars:
    """A histogram as it is drawn: edges of the bins and the height of each."""

    edges: np.ndarray
    heights: np.ndarray

    @classmethod
    def of(cls, histogram: Histogram, *, density: bool) -> Bars:
        """As counts, or scaled to an area of one so that different counts can be compared."""
        counts = np.asarray(histogram.counts, dtype=float)
        low, high = histogram.low, histogram.high
        if high <= low:  # one value only: a bar that can be seen
            half = abs(low) * 0.05 or 0.5
            low, high, counts = low - half, low + half, counts.sum(keepdims=True)
        counts = _coarser(counts, high - low)
        edges = np.linspace(low, high, len(counts) + 1)
        if density:
            counts = counts / max(counts.sum() * (edges[1] - edges[0]), 1e-300)
        return cls(edges, counts)


def _coarser(counts: np.ndarray, width: float) -> np.ndarray:
    """Bins that few values fall into made wider, so that a shape is seen instead of a comb; not those of integers."""
    bins = len(counts)
    if bins == round(width):
        return counts
    wanted = max(FEWEST_BINS, 2.0 * counts.sum() ** 0.5)
    step = next((step for step in (1, 2, 4, 5, 10) if bins % step == 0 and bins / step <= wanted), 1)
    return counts.reshape(-1, step).sum(axis=1)


def ticks(
    low: float, high: float, room: float, size: Callable[[str], float], least: float = 0.0
) -> list[tuple[float, str]]:
    """Round numbers between two, with their texts: as many as have room beside each other, and one at least."""
    if not (math.isfinite(high - low) and high > low):
        return []
    scale = room / (high - low)
    for most in range(8, 0, -1):
        step = max(least, _round_step((high - low) / most))
        numbers = [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]
        digits = max((math.floor(math.log10(abs(n) / step)) for n in numbers if n), default=0)
        named = [(number, f"{number:.{min(15, max(6, digits + 2))}g}") for number in numbers]
        # A number that would be cut off at an end is left out, for the axis paints no part of it.
        found = [(n, text) for n, text in named if size(text) / 2 - APART <= min(n - low, high - n) * scale]
        widest = max((size(text) for _, text in found), default=0.0)
        if len(found) == 1 or (found and widest + APART <= step * scale):
            return found
    middle = (low + high) / 2
    return [(middle, f"{middle:.4g}")]


def _round_step(least: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * 0.999)


@frozen
class Colors:
    """What a plot is painted with, taken from the palette so that it follows light and dark."""

    background: QColor
    text: QColor
    grid: QColor
    before: QColor
    after: QColor
    density: QColor

    @classmethod
    def of(cls, palette: QPalette) -> Colors:
        base = palette.color(QPalette.ColorRole.Base)
        text = palette.color(QPalette.ColorRole.Text)
        dark = base.lightness() < 128
        accent = palette.color(QPalette.ColorRole.Highlight)
        if abs(accent.lightness() - base.lightness()) < 50:
            accent = QColor("#6f9dff") if dark else QColor("#2f66dd")
        return cls(
            base,
            text,
            _faded(text, 0.25),
            QColor("#9a9a9a") if dark else QColor("#8a8a8a"),
            accent,
            QColor("#ffb454") if dark else QColor("#c25700"),
        )


def _faded(color: QColor, alpha: float) -> QColor:
    faded = QColor(color)
    faded.setAlphaF(alpha)
    return faded


class HistogramPlot(QWidget):
    """A plot of one histogram, or of two with a theoretical density and bounds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[tuple[str, Bars, bool]] = []
        self._density: tuple[tuple[float, float], ...] = ()
        self._bounds: tuple[float, float] | None = None
        self._histogram: Histogram | None = None

        self._plot = pg.PlotWidget()
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.setFrameShape(self._plot.Shape.NoFrame)
        for side in ("left", "bottom"):
            # Once the range is set it is too late: the axis keeps the scale of the prefix.
            self._plot.getPlotItem().getAxis(side).enableAutoSIPrefix(False)
        self._plot.getPlotItem().getAxis("left").setWidth(AXIS)
        self._plot.getPlotItem().setContentsMargins(0, 6, RIGHT, 0)
        self._plot.scene().sigMouseMoved.connect(self._hover)
        # The wheel scrolls the panel the plot stands in.
        self._plot.wheelEvent = lambda event: event.ignore()

        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._label_axes)

        self._legend = QLabel()
        self._legend.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._legend.setWordWrap(True)
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setEnabled(False)
        self._empty.setMargin(12)

        plot = QWidget()
        column = QVBoxLayout(plot)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._plot, 1)
        column.addWidget(self._legend)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(plot)
        self.setMinimumHeight(70)
        self.clear()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon.start()  # not now: a graphics layout that changes while it is laid out crashes

    def _label_axes(self) -> None:
        """Where there is little room, the bars have it; numbers stand as close as they can be told apart."""
        item, metrics = self._plot.getPlotItem(), self.fontMetrics()
        labelled = self.height() > LABELLED
        for side in ("bottom", "left"):
            item.getAxis(side).showLabel(labelled)
        (left, right), (bottom, top) = item.getViewBox().viewRange()
        height = self._plot.height() - metrics.height() * (1 + labelled)
        least = 1.0 if self._histogram is not None else 0.0  # of a half there is no count
        counts = ticks(bottom, top, height, lambda text: 2.0 * APART, least)
        longest = max((metrics.horizontalAdvance(text) for _, text in counts), default=0)
        axis = max(AXIS, longest + TICK + metrics.height() * labelled)
        item.getAxis("left").setWidth(axis)
        item.getAxis("left").setTicks([counts])
        width = self._plot.width() - axis - RIGHT
        item.getAxis("bottom").setTicks([ticks(left, right, width, metrics.horizontalAdvance)])

    def sizeHint(self) -> QSize:
        return QSize(320, 190)

    def clear(self, reason: str = "") -> None:
        """Show nothing, and why."""
        self._shown, self._density, self._bounds, self._histogram = [], (), None, None
        self._plot.clear()
        self._empty.setText(reason or tr("Nothing to show yet."))
        self._pages.setCurrentIndex(0)

    def text(self) -> str:
        """What stands in place of the plot; "" when there is one."""
        return "" if self._shown else self._empty.text()

    def legend(self) -> str:
        """What the legend says, as rich text."""
        return self._legend.text()

    def value_range(self) -> tuple[float, float]:
        """The values at the left and the right end of the plot."""
        low, high = self._plot.getPlotItem().getViewBox().viewRange()[0]
        return float(low), float(high)

    def show_one(self, histogram: Histogram) -> None:
        """Counts of one tensor."""
        self._histogram = histogram
        self._shown = [("", Bars.of(histogram, density=False), True)]
        self._density, self._bounds = (), None
        self._draw()

    def show_change(
        self,
        before: Histogram | None,
        after: Histogram | None,
        density: tuple[tuple[float, float], ...] = (),
        bounds: tuple[float, float] | None = None,
    ) -> None:
        """A tensor before and after, as densities, with what is known in theory: a curve, or its bounds."""
        self._histogram = None
        named = ((tr("before"), before, False), (tr("after"), after, True))
        self._shown = [(name, Bars.of(bars, density=True), new) for name, bars, new in named if bars]
        self._density, self._bounds = density, bounds
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and self._shown:
            self._draw()

    def _draw(self) -> None:
        if not self._shown:
            self.clear()
            return
        colors = Colors.of(self.palette())
        item = self._plot.getPlotItem()
        item.clear()
        self._plot.setBackground(colors.background)
        self._style_axes(colors)
        self._soon.start()
        legend = []
        for name, bars, new in self._shown:
            color = colors.after if new else colors.before
            past = not new and len(self._shown) > 1
            item.addItem(_curve(bars, color, past=past))
            legend.append((name, color, "╌" if past else "■"))
        if self._density:
            values, heights = zip(*self._density, strict=True)
            pen = QPen(colors.density, 2)
            pen.setCosmetic(True)
            item.addItem(pg.PlotCurveItem(np.array(values), np.array(heights), pen=pen))
            legend.append((tr("in theory"), colors.density, "━"))
        bounds = None if self._density else self._bounds  # a density shows its bounds itself
        for bound in bounds or ():
            pen = QPen(colors.density, 1.5, Qt.PenStyle.DashLine)
            pen.setCosmetic(True)
            item.addItem(pg.InfiniteLine(bound, pen=pen))
        if bounds:
            legend.append((tr("bounds"), colors.density, "┆"))
        self._set_range()
        self._legend.setText("&nbsp;&nbsp; ".join(_legend_text(*entry) for entry in legend if entry[0]))
        self._legend.setVisible(any(name for name, *_ in legend))
        self._pages.setCurrentIndex(1)

    def _style_axes(self, colors: Colors) -> None:
        item = self._plot.getPlotItem()
        for side, label in (("left", tr("count") if self._histogram else tr("density")), ("bottom", tr("value"))):
            axis = item.getAxis(side)
            axis.setPen(colors.grid)
            axis.setTextPen(colors.text)
            axis.setStyle(tickFont=self.font(), tickLength=-4, hideOverlappingLabels=APART)
            axis.setLabel(label, color=colors.text.name())

    def _set_range(self) -> None:
        lows = [bars.edges[0] for _, bars, _ in self._shown]
        highs = [bars.edges[-1] for _, bars, _ in self._shown]
        tops = [float(bars.heights.max()) for _, bars, _ in self._shown]
        if self._bounds and all(map(math.isfinite, self._bounds)):
            lows.append(self._bounds[0])
            highs.append(self._bounds[1])
        if self._density:
            tops.append(max(height for _, height in self._density))
        if len(tops) > 1 and max(tops) > 20 * sorted(tops)[-2] and not self._density:
            tops.remove(max(tops))  # a single spike must not flatten the other histogram
        view = self._plot.getPlotItem().getViewBox()
        view.setXRange(min(lows), max(highs), padding=0.04)
        view.setYRange(0, max(max(tops), 1e-300) * 1.08, padding=0)

    def _hover(self, position: QPointF) -> None:
        if self._histogram is None:
            return
        point = self._plot.getPlotItem().getViewBox().mapSceneToView(position)
        bars = self._shown[0][1]
        number = int(np.searchsorted(bars.edges, point.x(), side="right")) - 1
        if not 0 <= number < len(bars.heights):
            QToolTip.hideText()
            return
        low, high = bars.edges[number], bars.edges[number + 1]
        text = tr("{low} to {high}: {count}").format(
            low=value_text(float(low)), high=value_text(float(high)), count=count_text(int(bars.heights[number]))
        )
        QToolTip.showText(self._plot.mapToGlobal(self._plot.mapFromScene(position)), text, self._plot)


def _curve(bars: Bars, color: QColor, *, past: bool) -> pg.PlotCurveItem:
    """What was before is told from what is now by its dashes, too."""
    pen = QPen(color, 1.5 if past else 1.0, Qt.PenStyle.DashLine if past else Qt.PenStyle.SolidLine)
    pen.setCosmetic(True)
    brush = _faded(color, 0.12 if past else 0.4)
    return pg.PlotCurveItem(bars.edges, bars.heights, stepMode="center", fillLevel=0, pen=pen, brush=brush)


def _legend_text(name: str, color: QColor, sample: str) -> str:
    return f'<span style="color:{color.name()}">{sample}</span> {name}'
