"""Small widgets that several panels are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.markup import plain, plain_label
from blockstudio.gui.theme import fixed_font


def tool_button(name: str, tip: str, clicked: Callable[[], Any] | None = None, text: str = "") -> QToolButton:
    """A flat button with an icon, and what it does as its tooltip."""
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(16, 16))
    button.setToolTip(plain(tip))
    button.setAccessibleName(tip)
    button.setAutoRaise(True)
    if text:
        button.setText(text)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    if clicked:
        button.clicked.connect(lambda: clicked())
    return button


def emptied(layout: QLayout, *kept: QWidget) -> None:
    """Take everything out of a layout; its widgets go, but for those that are kept."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item else None
        if widget is not None and widget not in kept:
            widget.hide()
            widget.deleteLater()


class Number(QSpinBox):
    """A number that the wheel changes only with the keyboard in it: a wheel that scrolls must not edit."""

    def __init__(self, low: int, high: int, tip: str, value: int = 0) -> None:
        super().__init__()
        self.setRange(low, high)
        self.setValue(value)
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().setTextMargins(6, 0, 0, 0)  # as in a field of text: the style sheet does not reach in there

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def muted_label(text: str = "") -> QLabel:
    """A line of less weight that wraps."""
    label = plain_label(text)
    label.setProperty("muted", True)
    label.setWordWrap(True)
    return label


def state_label(state: str = "error") -> QLabel:
    """A line that says what is wrong; hidden while it has nothing to say."""
    label = plain_label()
    label.setProperty("state", state)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.hide()
    return label


def tell(label: QLabel, text: str) -> None:
    """Show a text, or hide the label when there is none."""
    label.setText(text)
    label.setVisible(bool(text))


class TurningSplitter(QSplitter):
    """Parts one above the other in a narrow pane, side by side in a wide one."""

    def __init__(self, wide: float, shares: tuple[int, ...], parent: QWidget | None = None) -> None:
        """`wide`: from which ratio of width to height on. `shares` of the room, one for each part."""
        super().__init__(Qt.Orientation.Vertical, parent)
        self._wide = wide
        self._shares = shares
        self.setChildrenCollapsible(False)
        self.setHandleWidth(5)

    def add(self, *parts: QWidget) -> None:
        for part, share in zip(parts, self._shares, strict=True):
            self.addWidget(part)
            self.setStretchFactor(self.indexOf(part), share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() > self._wide * self.height()
        wanted = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if self.orientation() != wanted:
            self.setOrientation(wanted)
            self.setSizes([1000 * share for share in self._shares])
        super().resizeEvent(event)


class VerticalScroll(QScrollArea):
    """Scrolls up and down only: it is never narrower than what is in it needs."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)
        content.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._content.minimumSizeHint().width() + bar, 60)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._content and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


class TurningBox(QWidget):
    """A short part above a large one in a narrow pane, to its left in a wide one."""

    SIDE = 230

    def __init__(self, wide: float, short: QWidget, large: QWidget, parent: QWidget | None = None) -> None:
        """`wide`: from which ratio of width to height on."""
        super().__init__(parent)
        self._wide = wide
        self._short = short
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(4)
        self._box.addWidget(short)
        self._box.addWidget(large, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() > self._wide * self.height()
        wanted = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._box.direction() != wanted:
            self._box.setDirection(wanted)
            self._short.setFixedWidth(self.SIDE) if wide else self._short.setMaximumWidth(16777215)
            if not wide:
                self._short.setMinimumWidth(0)
        super().resizeEvent(event)


class Empty(QWidget):
    """What stands in place of content there is none of: why, and what to do."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = muted_label(text)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.addWidget(self._label)

    def set_text(self, text: str) -> None:
        self._label.setText(text)

    def text(self) -> str:
        return self._label.text()


class LinkLabel(QLabel):
    """Rich text whose links are in the colours of the theme also after it has changed."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.RichText)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            text = self.text()
            self.clear()  # the same text once more would be no news
            self.setText(text)


class CopyLine(QWidget):
    """A piece of Python, shortened where it does not fit, that one click copies."""

    def __init__(self, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._label = plain_label()
        self._label.setFont(fixed_font())
        self._label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        # The text gives way to the width of the panel, not the panel to the text.
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = tool_button("mdi6.content-copy", tip, self.copy)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._label, 1)
        row.addWidget(self.button)
        self.set_text("")

    def set_text(self, text: str) -> None:
        self._text = text
        self._label.setText(text)
        self._label.setToolTip(text)
        self.button.setEnabled(bool(text))

    def text(self) -> str:
        return self._text

    def copy(self) -> None:
        copy_text(self._text)


def copy_text(text: str) -> None:
    """Put a text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


def python_path(module: str) -> str:
    """How a person reaches a module of the model, named `net`: `net[0].linear`."""
    parts = ["net"]
    for name in module.split(".") if module else ():
        parts.append(f"[{name}]" if name.isdigit() else f".{name}")
    return "".join(parts)


def engine_text(state: str) -> str:
    """What to say of an engine that cannot answer now; "" when it can."""
    return {
        "stopped": tr("The engine is not running. Restart it from the Model menu."),
        "starting": tr("The engine is starting…"),
        "restarting": tr("The engine is starting again…"),
        "dead": tr("The engine ended. Restart it from the Model menu."),
    }.get(state, "")
