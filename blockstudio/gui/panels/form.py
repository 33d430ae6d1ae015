"""The parts an inspector is made of: folding sections, labelled rows, fields that commit when done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QIcon, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from blockstudio.gui.icons import icon
from blockstudio.gui.markup import caption, plain, plain_label

LABEL_WIDTH = 104


class Section(QWidget):
    """A title that folds what is below it."""

    def __init__(self, title: str, parent: QWidget | None = None, *, open: bool = True) -> None:
        super().__init__(parent)
        self.header = QToolButton()
        self.header.setObjectName("sectionHeader")
        self.header.setText(title)
        self.header.setToolTip(title)
        self.header.setCheckable(True)
        self.header.setChecked(open)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setIconSize(QSize(14, 14))
        self.header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.toggled.connect(self._fold)
        self.extra = QHBoxLayout()
        self.extra.setSpacing(2)
        top = QHBoxLayout()
        top.setContentsMargins(4, 2, 8, 2)
        top.setSpacing(0)
        top.addWidget(self.header, 1)
        top.addLayout(self.extra)
        self.body = QWidget()
        self.rows = QVBoxLayout(self.body)
        self.rows.setContentsMargins(12, 2, 12, 8)
        self.rows.setSpacing(5)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.body)
        self._fold(open)

    def add(self, widget: QWidget) -> None:
        self.rows.addWidget(widget)

    def add_row(self, label: str, editor: QWidget, tip: str = "") -> Row:
        row = Row(label, editor, tip)
        self.rows.addWidget(row)
        return row

    def _fold(self, open: bool) -> None:
        self.header.setIcon(icon("mdi6.chevron-down" if open else "mdi6.chevron-right", "muted"))
        self.body.setVisible(open)


class Row(QWidget):
    """A label beside its editor, and below them what is wrong with what was typed."""

    def __init__(self, label: str, editor: QWidget, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = Elided(label)
        self.label.setBuddy(editor)
        self.editor = editor
        self.complaint = plain_label()
        self.complaint.setProperty("state", "error")
        self.complaint.setWordWrap(True)
        self.complaint.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.label, 0, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(editor, 0, 1)
        grid.addWidget(self.complaint, 1, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        if not editor.accessibleName():
            editor.setAccessibleName(label)
        self._grid = grid
        self.set_label_width(LABEL_WIDTH)
        self.set_tip(tip)

    def set_label_width(self, width: int) -> None:
        self.label.setFixedWidth(width)
        self._grid.setColumnMinimumWidth(0, width)

    def set_tip(self, tip: str) -> None:
        self.label.setToolTip(tip)
        self.editor.setToolTip(tip)

    def complain(self, text: str) -> None:
        self.complaint.setText(text)
        self.complaint.setVisible(bool(text))


class ElidedButton(QPushButton):
    """A button that makes no panel wider than it is: what does not fit is in its tool tip."""

    def __init__(self, icon: QIcon, text: str, parent: QWidget | None = None) -> None:
        super().__init__(icon, caption(text), parent)
        self._whole = text
        self.setToolTip(plain(text))
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = max(40, self.width() - self.iconSize().width() - 24)
        self.setText(caption(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room)))


class Elided(QLabel):
    """A label that ends in "…" where it does not fit."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._whole = text
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._elide()

    def set_whole(self, text: str) -> None:
        self._whole = text
        self._elide()

    def whole(self) -> str:
        return self._whole

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._elide()

    def _elide(self) -> None:
        text = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(20, self.width()))
        super().setText(text)


class Field(QLineEdit):
    """One line of text that is taken when editing is done and it was changed; Esc takes it back."""

    committed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept = ""
        self.editingFinished.connect(self._finish)

    def show_text(self, text: str) -> None:
        """Show what holds; what is being typed is left alone."""
        if self.hasFocus() and self.text() != self._kept:
            self._kept = text
            return
        self._kept = text
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)
        set_state(self, "")

    def revert(self) -> None:
        self.setText(self._kept)
        set_state(self, "")

    def event(self, event: QEvent) -> bool:
        # What was taken is undone in the document: the field would swallow the keys and do nothing.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self.text() == self._kept
            and any(event.matches(key) for key in (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo))
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._kept:
            self.revert()
            self.selectAll()
            return
        super().keyPressEvent(event)

    def _finish(self) -> None:
        if self.text() != self._kept:
            self.committed.emit(self.text())


class TextBox(QPlainTextEdit):
    """Several lines of text, as high as they need, taken when the keyboard leaves."""

    committed = Signal(str)
    LEAST_LINES = 1
    MOST_LINES = 8

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept = ""
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.textChanged.connect(self._grow)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._grow()

    def show_text(self, text: str) -> None:
        if self.hasFocus() and self.toPlainText() != self._kept:
            self._kept = text
            return
        self._kept = text
        if self.toPlainText() != text:
            self.setPlainText(text)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.commit()

    def commit(self) -> None:
        if self.toPlainText() != self._kept:
            self._kept = self.toPlainText()
            self.committed.emit(self._kept)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._grow()

    def _grow(self, _: object = None) -> None:
        lines = int(self.document().size().height())
        lines = min(self.MOST_LINES, max(self.LEAST_LINES, lines))
        margins = 2 * self.document().documentMargin() + 10
        height = int(lines * self.fontMetrics().lineSpacing() + margins)
        if self.height() != height:
            self.setFixedHeight(height)


def set_state(widget: QWidget, state: str) -> None:
    """Mark a widget for the style sheet: "error" or ""."""
    if (widget.property("state") or "") != state:
        widget.setProperty("state", state)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def small_button(glyph: str, tip: str, act: Callable[[], Any] | None = None) -> QToolButton:
    """A button of an icon only, for the end of a row."""
    button = QToolButton()
    button.setIcon(icon(glyph, "muted"))
    button.setIconSize(QSize(14, 14))
    button.setToolTip(plain(tip))
    button.setAccessibleName(tip)
    if act is not None:
        button.clicked.connect(lambda: act())
    return button
