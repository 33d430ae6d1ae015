"""Where a node runs and which colour it has: two rows of the inspector."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QWidget

from blockstudio.engine.protocol import Devices, ListDevices
from blockstudio.errors import mark
from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.asking import Question
from blockstudio.gui.panels.form import Row
from blockstudio.gui.panels.option_editors import Choice
from blockstudio.gui.session import Session
from blockstudio.gui.theme import theme

COLORS = (
    ("", mark("Colour of its kind")),
    ("#3b73d9", mark("Blue")),
    ("#0d8f8c", mark("Teal")),
    ("#3c8a3f", mark("Green")),
    ("#c8902b", mark("Amber")),
    ("#c8622b", mark("Orange")),
    ("#c43d4b", mark("Red")),
    ("#b0479e", mark("Pink")),
    ("#6a5bd0", mark("Violet")),
)
SWATCH = 18


class Swatch(QAbstractButton):
    """A colour to choose."""

    def __init__(self, value: str, name: str) -> None:
        super().__init__()
        self.value = value
        self.setCheckable(True)
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(SWATCH, SWATCH)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        t = theme()
        box = QRectF(self.rect()).adjusted(3, 3, -3, -3)
        painter.setPen(QPen(QColor(t.border), 1))
        painter.setBrush(QColor(self.value) if self.value else QColor(t.base))
        painter.drawEllipse(box)
        if not self.value:
            inset = box.width() * 0.15
            painter.drawLine(
                QPointF(box.left() + inset, box.bottom() - inset), QPointF(box.right() - inset, box.top() + inset)
            )
        if self.isChecked() or self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.accent), 2 if self.isChecked() else 1))
            painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))


class ColorRow(Row):
    """The colour of the node's stripe."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        super().__init__(tr("Colour"), holder, tr("The colour of the node on the canvas"), parent)
        self._group = QButtonGroup(self)
        for value, name in COLORS:
            swatch = Swatch(value, tr(name))
            self._group.addButton(swatch)
            row.addWidget(swatch)
            swatch.clicked.connect(lambda _=False, value=value: self.chosen.emit(value))
        row.addStretch(1)

    def show_color(self, value: str | None) -> None:
        """Mark a colour; None when the nodes differ."""
        self._group.setExclusive(False)
        for button in self._group.buttons():
            button.setChecked(isinstance(button, Swatch) and button.value == value)
        self._group.setExclusive(True)


class DeviceRow(Row):
    """The device a node's parameters live on and it runs on."""

    chosen = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        box = Choice()
        super().__init__(
            tr("Device"), box, tr("Where its parameters live and it runs, whatever device the model is on"), parent
        )
        self.box = box
        self._shown = ""
        self._names: list[str] = ["cpu"]
        self._question = Question(session, self._take, lambda failure: None, self)
        self.box.activated.connect(lambda index: self.chosen.emit(self.box.itemData(index)))
        self._question.ask(ListDevices())

    def show_device(self, name: str | None) -> None:
        """Show a device; None when the nodes differ."""
        self._shown = name or ""
        self._fill(name)

    def _take(self, devices: Devices) -> None:
        self._names = [row.name for row in devices.devices]
        self._fill(self._shown)

    def _fill(self, name: str | None) -> None:
        self.box.clear()
        self.box.addItem(tr("that of the model"), "")
        for device in dict.fromkeys([*self._names, *([name] if name else [])]):
            self.box.addItem(device, device)
        self.box.setCurrentIndex(-1 if name is None else self.box.findData(name))
