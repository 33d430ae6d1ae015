"""What the user's Python prints, as a terminal would show it: the last lines, and only so much of them."""

from __future__ import annotations

import re
from collections import deque

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.parts import tool_button
from blockstudio.gui.theme import fixed_font

MOST_LINES = 500
LONGEST_LINE = 500
PAUSE = 150
"""Milliseconds for which text is collected before it is shown."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Lines:
    """The last lines of a stream. A carriage return starts its line anew, as progress bars do."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque([""], MOST_LINES)
        self._returned = False

    def feed(self, text: str) -> None:
        text = _ESCAPES.sub("", text).replace("\r\n", "\n")
        for number, part in enumerate(text.split("\n")):
            if number:
                self._lines.append("")
                self._returned = False
            self._extend(part)

    def _extend(self, text: str) -> None:
        for number, part in enumerate(text.split("\r")):
            self._returned |= number > 0
            if part:
                before = "" if self._returned else self._lines[-1]
                self._returned = False
                self._lines[-1] = _cut(before + part)

    def text(self) -> str:
        return "\n".join(self._lines).rstrip("\n")


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"


class PrintedView(QWidget):
    """Shows a stream; never waits for it, and never holds much of it."""

    filled = Signal(bool)
    """Whether there is anything to see."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = Lines()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(fixed_font())
        self.text.setAccessibleName(tr("What the model's Python printed"))
        self._clear = tool_button("mdi6.notification-clear-all", tr("Clear what was printed"), self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._clear, 0, Qt.AlignmentFlag.AlignRight)
        column.addWidget(self.text, 1)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PAUSE)
        self._soon.timeout.connect(self._show)

    def add(self, text: str) -> None:
        """More of the stream."""
        self._lines.feed(text)
        if not self._soon.isActive():
            self._soon.start()

    def clear(self) -> None:
        self._lines = Lines()
        self._show()

    def _show(self) -> None:
        self._soon.stop()
        text = self._lines.text()
        bar = self.text.verticalScrollBar()
        was_at_end, place = bar.value() == bar.maximum(), bar.value()
        self.text.setPlainText(text)
        bar.setValue(bar.maximum() if was_at_end else place)
        self.filled.emit(bool(text))
