"""Python text with line numbers, coloured by pygments, with lines that can be lit up or marked as wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pygments.styles import get_style_by_name  # type: ignore[import-untyped]
from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from blockstudio.gui.panels.code_tokens import Piece, changed_lines, pieces
from blockstudio.gui.theme import fixed_font, theme

INDENT = 4


class Highlighter(QSyntaxHighlighter):
    """Colours a document by the pieces pygments cuts it into: at each change, or as they were given."""

    def __init__(self, document: QTextDocument, parent: QObject) -> None:
        super().__init__(parent)
        self._lines: list[list[Piece]] = []
        self._given = False
        self._formats: dict[object, QTextCharFormat] = {}
        self._style = get_style_by_name(theme().syntax)
        # Before Qt's own slot, which colours the lines that changed.
        document.contentsChange.connect(self._cut)
        self.setDocument(document)

    @contextmanager
    def given(self, lines: list[list[Piece]]) -> Iterator[None]:
        """Use these pieces for what is changed inside."""
        self._lines, self._given = lines, True
        try:
            yield
        finally:
            self._given = False

    def use_theme(self) -> None:
        self._formats.clear()
        self._style = get_style_by_name(theme().syntax)
        self.rehighlight()

    def _cut(self) -> None:
        if not self._given:
            self._lines = pieces(self.document().toPlainText()) if self.document() else []

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        for start, length, kind in self._lines[number] if number < len(self._lines) else ():
            self.setFormat(start, length, self._format(kind))
        # Qt goes on to the next line when the state changes: so it is the next line, for strings of many lines.
        following = self._lines[number + 1] if number + 1 < len(self._lines) else []
        self.setCurrentBlockState(hash(tuple(following)) & 0x3FFFFFFF)

    def _format(self, kind: object) -> QTextCharFormat:
        found = self._formats.get(kind)
        if found is None:
            found = self._formats[kind] = QTextCharFormat()
            style = self._style.style_for_token(kind)
            if style["color"]:
                found.setForeground(QColor(f"#{style['color']}"))
            if style["bold"]:
                found.setFontWeight(QFont.Weight.Bold)
            found.setFontItalic(style["italic"])
        return found


class CodeView(QPlainTextEdit):
    """An editor, or a view when read-only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codeView")
        self.setFont(fixed_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabStopDistance(INDENT * self.fontMetrics().horizontalAdvance(" "))
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self._lit: tuple[int, ...] = ()
        self._wrong: int | None = None
        self._numbers = LineNumbers(self)
        self._highlighter = Highlighter(self.document(), self)
        self._syntax = theme().syntax
        self.blockCountChanged.connect(self._widen)
        self.updateRequest.connect(self._scrolled)
        self._widen()

    def lit(self) -> tuple[int, ...]:
        """The lines that are lit up, from 1."""
        return self._lit

    def light_up(self, lines: Iterable[int], *, scroll: bool = True) -> None:
        """Light up these lines, and bring the first into view."""
        self._lit = tuple(sorted(set(lines)))
        self._show_marks()
        if self._lit and scroll:
            self.show_line(self._lit[0])

    def mark_wrong(self, line: int | None) -> None:
        """Mark a line as the one that is wrong; None when nothing is."""
        self._wrong = line
        self._show_marks()

    def wrong_line(self) -> int | None:
        return self._wrong

    def show_line(self, line: int) -> None:
        """Scroll as little as shows a line."""
        block = self.document().findBlockByNumber(line - 1)
        if not block.isValid():
            return
        first = self.firstVisibleBlock().blockNumber()
        visible = max(1, self.viewport().height() // max(1, self.fontMetrics().lineSpacing()))
        if not first <= line - 1 < first + visible - 1:
            self.verticalScrollBar().setValue(max(0, line - 1 - visible // 3))

    def set_code(self, text: str) -> None:
        """Show another text, at the same place of the scroll bar."""
        place = self.verticalScrollBar().value()
        self.setPlainText(text)
        self.verticalScrollBar().setValue(place)

    def show_pieces(self, text: str, lines: list[list[Piece]]) -> None:
        """Show a text that was cut into pieces; lines that are as they were are left alone."""
        old, new = self.toPlainText().split("\n"), text.split("\n")
        start, old_end, new_end = changed_lines(old, new)
        with self._highlighter.given(lines):
            if start == 0 or start == min(old_end, new_end):
                if old != new:
                    self.set_code(text)
                return
            cursor = QTextCursor(self.document().findBlockByNumber(start))
            last = self.document().findBlockByNumber(old_end - 1)
            cursor.setPosition(last.position() + last.length() - 1, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText("\n".join(new[start:new_end]))

    # --- colours ----------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "_highlighter"):
            self._use_theme()

    def _use_theme(self) -> None:
        if self._syntax != theme().syntax:
            self._syntax = theme().syntax
            self._highlighter.use_theme()
            self._show_marks()

    def _show_marks(self) -> None:
        marks = [self._mark(line, theme().line_fill) for line in self._lit]
        if self._wrong is not None:
            marks.append(self._mark(self._wrong, theme().error_fill))
        self.setExtraSelections([mark for mark in marks if mark is not None])
        self._numbers.update()

    def _mark(self, line: int, fill: str) -> QTextEdit.ExtraSelection | None:
        block = self.document().findBlockByNumber(line - 1)
        if not block.isValid():
            return None
        selection = QTextEdit.ExtraSelection()
        cursor = QTextCursor(block)
        selection.cursor = cursor
        selection.format.setBackground(QColor(fill))
        selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        return selection

    # --- line numbers -------------------------------------------------------------------------

    def numbers_width(self) -> int:
        digits = max(2, len(str(self.blockCount())))
        return 18 + digits * self.fontMetrics().horizontalAdvance("9")

    def _widen(self) -> None:
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)

    def _scrolled(self, rect: QRect, dy: int) -> None:
        if dy:
            self._numbers.scroll(0, dy)
        else:
            self._numbers.update(0, rect.y(), self._numbers.width(), rect.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._numbers.setGeometry(inside.left(), inside.top(), self.numbers_width(), inside.height())

    def paint_numbers(self, event: QPaintEvent) -> None:
        painter = QPainter(self._numbers)
        t = theme()
        painter.fillRect(event.rect(), QColor(t.base))
        painter.setFont(self.font())
        block: QTextBlock = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= event.rect().bottom():
            height = self.blockBoundingRect(block).height()
            if block.isVisible():
                line = block.blockNumber() + 1
                wrong, lit = line == self._wrong, line in self._lit
                font = painter.font()
                font.setBold(wrong or lit)
                painter.setFont(font)
                box = QRect(0, int(top), self._numbers.width() - 9, int(height))
                if wrong:  # a filled field: told by shape as well as colour
                    painter.fillRect(box.adjusted(0, 1, 4, -1), QColor(t.error))
                painter.setPen(QColor(t.base if wrong else t.text if lit else t.muted))
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(line))
            block = block.next()
            top += height
        painter.end()

    # --- typing -------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.isReadOnly():
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
                self._new_line()
                return
            if event.key() == Qt.Key.Key_Tab and not event.modifiers():
                self._indent(INDENT)
                return
            if event.key() == Qt.Key.Key_Backtab:
                self._indent(-INDENT)
                return
        super().keyPressEvent(event)

    def _new_line(self) -> None:
        cursor = self.textCursor()
        line = cursor.block().text()[: cursor.positionInBlock()]
        indent = len(line) - len(line.lstrip(" "))
        deeper = INDENT if line.rstrip().endswith(":") else 0
        cursor.insertText("\n" + " " * (indent + deeper))
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def _indent(self, step: int) -> None:
        cursor = self.textCursor()
        if not cursor.hasSelection() and step > 0:
            cursor.insertText(" " * (step - cursor.positionInBlock() % step))
            return
        document = self.document()
        first = document.findBlock(cursor.selectionStart())
        last = document.findBlock(max(cursor.selectionStart(), cursor.selectionEnd() - 1))
        cursor.beginEditBlock()
        block = first
        while block.isValid() and block.blockNumber() <= last.blockNumber():
            here = QTextCursor(block)
            if step > 0:
                here.insertText(" " * step)
            else:
                spaces = len(block.text()) - len(block.text().lstrip(" "))
                for _ in range(min(spaces, -step)):
                    here.deleteChar()
            block = block.next()
        cursor.endEditBlock()


class LineNumbers(QWidget):
    """The margin of a CodeView."""

    def __init__(self, view: CodeView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        return QSize(self._view.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_numbers(event)
