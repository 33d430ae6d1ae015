"""The text of a note: Markdown set like a page of print, small, in the colours of the canvas."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFont,
    QPainter,
    QPalette,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextFragment,
    QTextTable,
)

from blockstudio.gui.canvas.painting.look import Colors, Fonts, tint
from blockstudio.gui.markup import Markdown
from blockstudio.gui.theme import fixed_font

HEADINGS = (17, 15, 13)
"""Sizes by level; deeper ones are as large as the last."""
CODE = 11
INDENT = 16.0
BELOW = 5.0
"""Between paragraphs."""
BETWEEN = 1.5
"""Between the entries of a list."""
CELL = 4.0
BAR = 2.5
"""Width of the bar beside a quotation."""

_CODE_FENCE = QTextFormat.Property.BlockCodeFence
_QUOTE = QTextFormat.Property.BlockQuoteLevel
_SIZE = QTextFormat.Property.FontPixelSize
_FACTOR = QTextFormat.Property.FontSizeAdjustment
_RULE = QTextFormat.Property.BlockTrailingHorizontalRulerWidth


class NoteText(Markdown):
    """Laid out anew for each text, width, font and set of colours."""

    def __init__(self) -> None:
        super().__init__()
        self.setDocumentMargin(0)
        self.setIndentWidth(INDENT)
        self._colors: Colors | None = None
        self._shown: tuple[object, ...] = ()

    def set_text(self, text: str, width: float, fonts: Fonts, colors: Colors) -> None:
        if self._shown == (text, width, fonts, colors):
            return
        self._shown = text, width, fonts, colors
        self._colors = colors
        self.setDefaultFont(fonts.detail)
        self.setMarkdown(text)
        for block in list(self.blocks()):
            self._style(block, colors)
        for frame in self.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                self._style_table(frame, colors)
        self.setTextWidth(max(20.0, width))

    def paint(self, painter: QPainter) -> None:
        assert self._colors is not None
        layout = self.documentLayout()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint(self._colors.muted, 0.5))
        for block in self.blocks():
            if level := block.blockFormat().intProperty(_QUOTE):
                place = layout.blockBoundingRect(block)
                painter.drawRect(QRectF((level - 1) * INDENT, place.top(), BAR, place.height()))
        context = QAbstractTextDocumentLayout.PaintContext()
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Text, self._colors.text)
        context.palette = palette
        layout.draw(painter, context)

    def blocks(self) -> Iterator[QTextBlock]:
        block = self.begin()
        while block.isValid():
            yield block
            block = block.next()

    def _style(self, block: QTextBlock, colors: Colors) -> None:
        cursor = self._cursor(block.position(), block.length() - 1)
        found = block.blockFormat()
        wanted = QTextBlockFormat()
        first = block.position() == 0
        wanted.setTopMargin(0.0)
        wanted.setBottomMargin(BELOW)
        letters = QTextCharFormat()
        if level := found.headingLevel():
            letters.setProperty(_SIZE, HEADINGS[min(level, len(HEADINGS)) - 1])
            letters.setFontWeight(QFont.Weight.DemiBold)
            wanted.setTopMargin(0.0 if first else BELOW)
        elif found.hasProperty(_CODE_FENCE):
            _set_code(letters)
            wanted.setBackground(tint(colors.muted, 0.13))
            wanted.setLeftMargin(CELL)
            last = not block.next().isValid() or not block.next().blockFormat().hasProperty(_CODE_FENCE)
            wanted.setBottomMargin(BELOW if last else 0.0)
        elif level := found.intProperty(_QUOTE):
            letters.setForeground(colors.detail)
            wanted.setLeftMargin(level * INDENT - 4.0)
            wanted.setRightMargin(0.0)
        elif block.textList() is not None:
            follows = block.next().isValid() and block.next().textList() is not None
            wanted.setBottomMargin(BETWEEN if follows else BELOW)
        if found.hasProperty(_RULE):
            wanted.setTopMargin(BELOW)
        cursor.mergeBlockFormat(wanted)
        cursor.mergeCharFormat(letters)
        if not found.hasProperty(_CODE_FENCE):
            for fragment in _fragments(block):
                self._style_fragment(fragment, colors)

    def _style_fragment(self, fragment: QTextFragment, colors: Colors) -> None:
        cursor = self._cursor(fragment.position(), fragment.length())
        found = fragment.charFormat()
        if found.hasProperty(_FACTOR):  # of a heading, which has a size instead
            found.clearProperty(_FACTOR)
            cursor.setCharFormat(found)
        wanted = QTextCharFormat()
        if found.isAnchor():
            wanted.setForeground(colors.accent)
        if found.fontFixedPitch():
            _set_code(wanted)
            wanted.setBackground(tint(colors.muted, 0.16))
        cursor.mergeCharFormat(wanted)

    def _cursor(self, start: int, length: int) -> QTextCursor:
        cursor = QTextCursor(self)
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _style_table(self, table: QTextTable, colors: Colors) -> None:
        wanted = table.format()
        wanted.setBorderCollapse(True)
        wanted.setBorder(1.0)
        wanted.setBorderBrush(tint(colors.muted, 0.5))
        wanted.setCellPadding(CELL)
        wanted.setCellSpacing(0.0)
        wanted.setTopMargin(BELOW)
        wanted.setBottomMargin(BELOW)
        table.setFormat(wanted)
        flat, head = QTextBlockFormat(), QTextCharFormat()
        flat.setTopMargin(0.0)
        flat.setBottomMargin(0.0)
        head.setFontWeight(QFont.Weight.DemiBold)
        for row in range(table.rows()):
            for column in range(table.columns()):
                cell = table.cellAt(row, column)
                cursor = cell.firstCursorPosition()
                if cursor.block().length() == 1 and cursor.position() < cell.lastPosition():
                    cursor.deleteChar()  # Qt's reader puts an empty line into the first cell
                cursor.setPosition(cell.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeBlockFormat(flat)
                if row == 0:
                    cursor.mergeCharFormat(head)


def _fragments(block: QTextBlock) -> list[QTextFragment]:
    found = []
    here = block.begin()
    while not here.atEnd():
        found.append(here.fragment())
        here += 1
    return found


def _set_code(letters: QTextCharFormat) -> None:
    font = fixed_font()
    letters.setFontFamilies([font.family()])
    letters.setFontFixedPitch(True)
    letters.setProperty(_SIZE, CODE)
