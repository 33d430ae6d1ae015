"""The generated Python, live: the selected node's lines are lit up, and a clicked line selects its node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from blockstudio.gui.background import Background
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.panels.code_tokens import Piece, pieces
from blockstudio.gui.panels.code_view import CodeView
from blockstudio.gui.session import Session

if TYPE_CHECKING:
    from blockstudio.compiler import Compiled


RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class SourcePanel(QWidget):
    """What the document compiles to. While it does not compile, the last source that did stays, marked as old."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._compiled: Compiled | None = None
        self._shown = ""
        """The source that is shown: that of `_compiled`, or one before it."""
        self._cutting = False
        self._background = Background(self)
        self.view = CodeView()
        self.view.setReadOnly(True)
        self.view.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.view.setPlaceholderText(tr("The Python code of the model appears here once it compiles."))
        self.view.setAccessibleName(tr("Generated Python source"))
        self.view.viewport().installEventFilter(self)
        self.view.installEventFilter(self)
        self.view.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.state = QLabel()
        self.state.setProperty("muted", True)
        self.copy_button = QToolButton()
        self.copy_button.setIcon(icon("mdi6.content-copy"))
        self.copy_button.setText(tr("Copy all"))
        self.copy_button.setToolTip(tr("Copy the whole source: it runs without BlockStudio"))
        self.copy_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.copy_button.clicked.connect(self.copy)
        row = QHBoxLayout()
        row.setContentsMargins(10, 3, 6, 3)
        row.addWidget(self.state, 1)
        row.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        self.setFocusProxy(self.view)
        session.source_changed.connect(self._show)
        session.document_replaced.connect(self._forget)
        session.selection_changed.connect(self._light_up)
        session.location_changed.connect(self._light_up)
        self._show(session.compiled)

    def copy(self) -> None:
        """Put the whole source on the clipboard."""
        if self._compiled is not None:
            QGuiApplication.clipboard().setText(self._compiled.source)
        self._session.notify(tr("The source was copied."), "success", key="copied")

    def _forget(self) -> None:
        self._compiled = None
        self._shown = ""
        self.view.clear()
        self._show(None)

    def _show(self, compiled: Compiled | None) -> None:
        if compiled is not None:
            self._compiled = compiled
            self._cut_soon()
        has_text = self._compiled is not None
        self.copy_button.setEnabled(has_text)
        if compiled is not None:
            lines = compiled.source.count("\n")
            self.state.setText(tr("{count} lines. Click one to go to its node.").format(count=lines))
        elif has_text:
            self.state.setText(tr("It does not compile at the moment: this is how it was before."))
        else:
            self.state.setText("")
        self._light_up()

    def _cut_soon(self) -> None:
        """Cut the source into pieces in a thread; not while nobody sees it."""
        if self._compiled is None or self._cutting or not self.isVisible() or self._shown == self._compiled.source:
            return
        self._cutting = True
        text = self._compiled.source
        self._background.run(lambda: pieces(text), lambda lines: self._show_text(text, lines))

    def _show_text(self, text: str, lines: list[list[Piece]]) -> None:
        self._cutting = False
        if self._compiled is None:
            return
        self._shown = text
        self.view.show_pieces(text, lines)
        self._light_up()
        self._cut_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._cut_soon()

    def _light_up(self) -> None:
        if self._compiled is None or self._shown != self._compiled.source:
            return
        location = self._session.location
        spans = [span for name in self._session.selection for span in self._compiled.spans_of(location, name)]
        self.view.light_up(line for span in spans for line in range(span.line, span.end_line + 1))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            if watched is self.view.viewport() and event.button() == Qt.MouseButton.LeftButton:
                cursor = self.view.cursorForPosition(event.position().toPoint())
                if not self.view.textCursor().hasSelection():
                    self.go_to(cursor.blockNumber() + 1, cursor.positionInBlock())
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in RETURN:
            cursor = self.view.textCursor()
            self.go_to(cursor.blockNumber() + 1, cursor.positionInBlock())
            return True
        return super().eventFilter(watched, event)

    def go_to(self, line: int, column: int = 0) -> bool:
        """Select the node that a place in the source stands for, or the first of its line; whether there is one."""
        if self._compiled is None:
            return False
        found = self._compiled.node_at(line, column)
        if found is None:
            on_line = (s for s in self._compiled.spans if s.node and s.line <= line <= s.end_line)
            first = next(on_line, None)
            found = (first.location, first.node) if first else None
        if found is None or not found[1]:
            return False
        with self._session.guard():
            self._session.show_node(*found)
        return True
