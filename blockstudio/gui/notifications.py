"""The message bar: what went wrong or was done, above the canvas, without a dialog in the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QEnterEvent, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from blockstudio.errors import mark
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import IconLabel, icon
from blockstudio.gui.session import Level, Message
from blockstudio.gui.theme import fixed_font

MOST = 4
"""Messages shown at a time; the oldest makes room."""
BRIEFLY = 6000
"""Milliseconds that a message without anything to do about it stays."""
DETAILS_HEIGHT = 180

ICONS: dict[Level, str] = {
    "info": "mdi6.information-outline",
    "success": "mdi6.check-circle-outline",
    "warning": "mdi6.alert-outline",
    "error": "mdi6.alert-circle-outline",
}
WORDS: dict[Level, str] = {
    "info": mark("Information"),
    "success": mark("Done"),
    "warning": mark("Warning"),
    "error": mark("Error"),
}


class MessageBar(QFrame):
    """One message: what happened, what can be done about it, details to read and copy."""

    def __init__(self, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = message
        self.setObjectName("message")
        self.setProperty("level", message.level)
        self.setAccessibleName(f"{tr(WORDS[message.level])}: {message.text}")
        sign = IconLabel(ICONS[message.level], message.level, 18)
        text = QLabel(message.text)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(text, 1)
        for label, act in message.actions:
            button = self._button(label, self._then_close(act))
            row.addWidget(button)
        self.details = QPlainTextEdit(message.details)
        self.details.setReadOnly(True)
        self.details.setFont(fixed_font())
        self.details.setFixedHeight(DETAILS_HEIGHT)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setAccessibleName(tr("Details"))
        self.details.hide()
        if message.details:
            self._toggle = self._button(tr("Details"), self._switch_details)
            row.addWidget(self._toggle)
        if message.level in ("warning", "error"):
            copy = self._tool("mdi6.content-copy", tr("Copy the message and its details"), self.copy)
            row.addWidget(copy)
        row.addWidget(self._tool("mdi6.close", tr("Close this message"), self.close_message))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 5, 6, 5)
        layout.addLayout(row)
        layout.addWidget(self.details)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.close_message)
        if message.level in ("info", "success") and not message.actions and not message.details:
            self._timer.start(BRIEFLY)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def copy(self) -> None:
        """Put the message, with its details, on the clipboard."""
        parts = [self.message.text, self.message.details]
        QGuiApplication.clipboard().setText("\n\n".join(part for part in parts if part))

    def close_message(self) -> None:
        self.hide()
        self.deleteLater()

    def enterEvent(self, event: QEnterEvent) -> None:
        # Someone reads it.
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if self.message.level in ("info", "success") and not self.message.actions and not self.message.details:
            self._timer.start(BRIEFLY)
        super().leaveEvent(event)

    def _switch_details(self) -> None:
        self.details.setVisible(not self.details.isVisible())

    def _then_close(self, act: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            self.close_message()
            act()

        return run

    def _button(self, label: str, act: Callable[[], Any]) -> QPushButton:
        button = QPushButton(label)
        button.setProperty("small", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard where the user works
        button.setToolTip(label)
        button.clicked.connect(act)
        return button

    def _tool(self, name: str, tip: str, act: Callable[[], Any]) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(name))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(act)
        return button


class MessageArea(QWidget):
    """The messages that are shown, the newest below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)

    def bars(self) -> list[MessageBar]:
        return [bar for bar in self.findChildren(MessageBar) if not bar.isHidden()]

    def show_message(self, message: Message) -> None:
        """Show a message; it takes the place of one with the same key."""
        bars = self.bars()
        for bar in bars:
            if message.key and bar.message.key == message.key:
                bar.close_message()
        for bar in self.bars()[: max(0, len(self.bars()) - MOST + 1)]:
            bar.close_message()
        layout = self.layout()
        assert layout is not None
        bar = MessageBar(message, self)
        layout.addWidget(bar)
        bar.show()

    def dismiss(self, key: str) -> None:
        """Take a message away that is not true any more."""
        for bar in self.bars():
            if bar.message.key == key:
                bar.close_message()

    def clear(self) -> None:
        for bar in self.bars():
            bar.close_message()
