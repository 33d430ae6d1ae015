"""A slice of a tensor as colours: blue below zero, red above, NaN marked; with a legend."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.quantities import value_text

NEGATIVE = (QColor("#053061"), QColor("#4393c3"))
POSITIVE = (QColor("#d6604d"), QColor("#67001f"))
NEGATIVE_DARK = (QColor("#a8d4f2"), QColor("#3f86b8"))
POSITIVE_DARK = (QColor("#cf5f4c"), QColor("#ffc2ab"))
NAN = QColor("#c8a200")

_LEGEND = 12
_GAP = 6

Values = tuple[tuple[float | None, ...], ...]


class HeatMap(QWidget):
    """Values of at most 128 x 128 cells; None is a cell that holds NaN."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values = np.zeros((0, 0))
        self._shape: tuple[int, int] = (0, 0)
        self._limit = 0.0
        self._image = QImage()
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(70)
        self.clear()

    def sizeHint(self) -> QSize:
        return QSize(320, 240)

    def clear(self, reason: str = "") -> None:
        """Show nothing, and why."""
        self._values = np.zeros((0, 0))
        self._image = QImage()
        self._text = reason or tr("Nothing to show yet.")
        self.update()

    def show_values(self, values: Values, shape: tuple[int, int]) -> None:
        """Show cells, each the mean of its part of a table of `shape` rows and columns."""
        array = np.array([[np.nan if v is None else v for v in row] for row in values], dtype=float)
        if array.ndim != 2 or not array.size:
            self.clear(tr("The slice is empty."))
            return
        finite = array[np.isfinite(array)]
        self._values, self._shape = array, shape
        self._limit = float(np.abs(finite).max()) if finite.size else 0.0
        self._text = ""
        self._paint_image()
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._values.size:
            self._paint_image()

    def _paint_image(self) -> None:
        scaled = self._values / self._limit if self._limit else np.where(np.isnan(self._values), np.nan, 0.0)
        table = self._colors()
        numbers = np.where(np.isnan(scaled), 256, np.clip(np.nan_to_num(scaled), -1, 1) * 127.5 + 127.5)
        pixels = np.ascontiguousarray(table[numbers.astype(int)])
        rows, columns, _ = pixels.shape
        self._image = QImage(pixels.data, columns, rows, columns * 4, QImage.Format.Format_RGBA8888).copy()

    def _colors(self) -> np.ndarray:
        """256 colours from negative through zero to positive, and the one for NaN, as RGBA bytes."""
        base = self.palette().color(QPalette.ColorRole.Base)
        dark = base.lightness() < 128
        zero = QColor("#2b2b2b") if dark else QColor("#f7f7f7")
        low, high = (NEGATIVE_DARK, POSITIVE_DARK) if dark else (NEGATIVE, POSITIVE)
        stops = [low[0], low[1], zero, high[0], high[1]]
        channels = np.array([[c.red(), c.green(), c.blue(), 255] for c in stops], dtype=float)
        places = np.linspace(0, 1, len(stops))
        steps = np.linspace(0, 1, 256)
        table = np.stack([np.interp(steps, places, channels[:, i]) for i in range(4)], axis=1)
        nan = [[NAN.red(), NAN.green(), NAN.blue(), 255]]
        return np.concatenate([table, nan]).round().astype(np.uint8)

    def image(self) -> QImage:
        """One pixel for each cell."""
        return self._image

    # --- geometry and painting ----------------------------------------------------------------

    def _map_rect(self) -> QRect:
        """Where the cells are: square ones where that leaves enough to see, else stretched to fill."""
        below = _LEGEND + _GAP * 2 + self.fontMetrics().height()
        area = self.rect().adjusted(_GAP, _GAP, -_GAP, -below - _GAP)
        rows, columns = self._values.shape
        cell = min(area.width() / columns, area.height() / rows, 48.0)
        if cell * columns < area.width() / 4 or cell * rows < area.height() / 4:
            width, height = min(area.width(), 48 * columns), min(area.height(), 48 * rows)
        else:
            width, height = int(cell * columns), int(cell * rows)
        width, height = max(width, 1), max(height, 1)
        return QRect(area.x() + (area.width() - width) // 2, area.y(), width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._values.size:
            painter.setPen(self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(12, 12, -12, -12), int(flags), self._text)
            return
        place = self._map_rect()
        painter.drawImage(place, self._image)
        self._mark_nan(painter, place)
        self._paint_legend(painter, place.bottom() + _GAP)

    def _mark_nan(self, painter: QPainter, place: QRect) -> None:
        rows, columns = np.nonzero(np.isnan(self._values))
        if not len(rows):
            return
        brush = QBrush(QColor("black"), Qt.BrushStyle.BDiagPattern)
        height, width = self._values.shape
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            left, right = place.width() * column // width, place.width() * (column + 1) // width
            top, bottom = place.height() * row // height, place.height() * (row + 1) // height
            painter.fillRect(place.x() + left, place.y() + top, right - left, bottom - top, brush)

    def _paint_legend(self, painter: QPainter, top: int) -> None:
        metrics = self.fontMetrics()
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        area = self.rect().adjusted(_GAP, 0, -_GAP, 0)
        has_nan = bool(np.isnan(self._values).any())
        nan_width = metrics.horizontalAdvance("NaN") + _LEGEND + 2 * _GAP if has_nan else 0
        bar = QRect(area.x(), top, max(min(area.width() - nan_width, 260), 20), _LEGEND)
        bar.moveLeft(area.x() + (area.width() - nan_width - bar.width()) // 2)
        strip = np.ascontiguousarray(self._colors()[:256][None])
        painter.drawImage(bar, QImage(strip.data, 256, 1, 1024, QImage.Format.Format_RGBA8888).copy())
        below = QRect(bar.x(), bar.bottom() + 2, bar.width(), metrics.height())
        limit = value_text(self._limit)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"−{limit}" if self._limit else "")
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, "0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, limit if self._limit else "")
        if has_nan:
            swatch = QRect(bar.right() + 2 * _GAP, top, _LEGEND, _LEGEND)
            painter.fillRect(swatch, NAN)
            painter.fillRect(swatch, QBrush(QColor("black"), Qt.BrushStyle.BDiagPattern))
            text = QRect(swatch.right() + _GAP, top - 2, nan_width, metrics.height())
            painter.drawText(text, Qt.AlignmentFlag.AlignLeft, "NaN")

    def cell_text(self, position: QPoint) -> str:
        """What is under the pointer: "[3, 4] = 0.12", or a range of rows and columns with its mean."""
        if not self._values.size:
            return ""
        place = self._map_rect()
        if not place.contains(position):
            return ""
        rows, columns = self._values.shape
        row = (position.y() - place.y()) * rows // place.height()
        column = (position.x() - place.x()) * columns // place.width()
        value = self._values[row, column]
        shown = "NaN" if np.isnan(value) else value_text(float(value))
        if self._shape == (rows, columns):
            return f"[{row}, {column}] = {shown}"
        return tr("rows {rows}, columns {columns}: mean {value}").format(
            rows=_span(row, rows, self._shape[0]), columns=_span(column, columns, self._shape[1]), value=shown
        )

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.cell_text(event.pos())
            if text:
                QToolTip.showText(event.globalPos(), text, self)
                return True
        return super().event(event)


def _span(number: int, cells: int, size: int) -> str:
    first, last = number * size // cells, max((number + 1) * size // cells - 1, number * size // cells)
    return str(first) if first == last else f"{first}–{last}"
