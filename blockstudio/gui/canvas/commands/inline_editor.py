"""Editing a name or a note where it stands: one field of each kind, shared by everything on the canvas."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

Done = Callable[[str], None]


class NameEditor(QLineEdit):
    """Enter or leaving the field accepts, Escape does not."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._done: Done | None = None
        self._before = ""
        self.setObjectName("inline-editor")
        self.hide()

    def open(self, rect: QRect, text: str, font: QFont, done: Done) -> None:
        """Edit a text in a rectangle of the parent; `done` gets it if it was changed."""
        self._done, self._before = done, text
        self.setFont(font)
        self.setText(text)
        self.setGeometry(rect)
        self.selectAll()
        self.show()
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self._close(None)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.accept()

    def accept(self) -> None:
        text = self.text().strip()
        self._close(text if text and text != self._before else None)

    def _close(self, text: str | None) -> None:
        done, self._done = self._done, None
        if done is None:
            return
        parent = self.parentWidget()
        if self.hasFocus() and parent is not None:
            parent.setFocus()
        self.hide()
        if text is not None:
            done(text)


class NoteEditor(QPlainTextEdit):
    """Escape or leaving the field accepts: nothing that was typed gets lost."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._done: Done | None = None
        self._before = ""
        self.setObjectName("inline-note-editor")
        self.setTabChangesFocus(True)
        self.hide()

    def open(self, rect: QRect, text: str, font: QFont, done: Done) -> None:
        self._done, self._before = done, text
        self.setFont(font)
        self.setPlainText(text)
        self.setGeometry(rect)
        self.selectAll()
        self.show()
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape or (enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self.accept()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.accept()

    def accept(self) -> None:
        done, self._done = self._done, None
        if done is None:
            return
        parent = self.parentWidget()
        if self.hasFocus() and parent is not None:
            parent.setFocus()
        self.hide()
        text = self.toPlainText().strip()
        if text != self._before:
            done(text)
