"""Editing a name or a note where it stands: one field of each kind, shared by everything on the canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

Done = Callable[[str], None]
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)

if TYPE_CHECKING:
    Field = QWidget
else:
    Field = object  # Qt's base comes from the class that takes this part


class InPlace(Field):
    """A field that stands over what it edits, and is gone when it is left."""

    _done: Done | None = None
    _before = ""

    def begin(self, rect: QRect, text: str, font: QFont, done: Done) -> None:
        """Edit a text in a rectangle of the parent; `done` gets it if it was changed."""
        self._done, self._before = done, text
        self.setFont(font)
        self.setGeometry(rect)
        self.show()
        self.setFocus()

    def accept(self) -> None:
        """Take what was typed."""
        raise NotImplementedError

    def finish(self, text: str | None) -> None:
        """Go, with this text; None changes nothing."""
        done, self._done = self._done, None
        if done is None:
            return
        parent = self.parentWidget()
        if self.hasFocus() and parent is not None:
            parent.setFocus()
        self.hide()
        if text is not None and text != self._before:
            done(text)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.accept()


class NameEditor(InPlace, QLineEdit):
    """Enter or leaving the field accepts, Escape does not."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("inline-editor")
        self.hide()

    def open(self, rect: QRect, text: str, font: QFont, done: Done) -> None:
        self.setText(text)
        self.selectAll()
        self.begin(rect, text, font, done)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER:
            self.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.finish(None)
        else:
            super().keyPressEvent(event)

    def accept(self) -> None:
        self.finish(self.text().strip() or None)


class NoteEditor(InPlace, QPlainTextEdit):
    """Escape or leaving the field accepts: nothing that was typed gets lost."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("inline-note-editor")
        self.setTabChangesFocus(True)
        self.hide()

    def open(self, rect: QRect, text: str, font: QFont, done: Done) -> None:
        self.setPlainText(text)
        self.selectAll()
        self.begin(rect, text, font, done)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() == Qt.Key.Key_Escape or (control and event.key() in ENTER):
            self.accept()
        else:
            super().keyPressEvent(event)

    def accept(self) -> None:
        self.finish(self.toPlainText().strip())
