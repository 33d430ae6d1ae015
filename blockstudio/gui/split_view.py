"""One canvas in the middle of the window, or two side by side on the same document."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from blockstudio.graph.model import CodeDefinition, Instance
from blockstudio.graph.scopes import users_of
from blockstudio.gui.canvas.view import Canvas
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.navigation import Navigation
from blockstudio.gui.session import Session


class CanvasPane(QFrame):
    """A canvas, and above it the block it shows, while there are two."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("canvasPane")
        self.canvas = Canvas(session)
        self.path = QLabel()
        self.path.setTextFormat(Qt.TextFormat.PlainText)
        self.close_button = QToolButton()
        self.close_button.setIcon(icon("mdi6.close"))
        self.close_button.setToolTip(tr("Close this view"))
        self.close_button.setAccessibleName(tr("Close this view"))
        self.header = QWidget()
        self.header.setObjectName("canvasHeader")
        self.header.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.header)
        row.setContentsMargins(10, 2, 4, 2)
        row.addWidget(self.path, 1)
        row.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.canvas, 1)
        self.header.hide()

    def show_place(self) -> None:
        """Say which block is shown, in bold where one works."""
        self.path.setText(self.canvas.place.location.path())
        font = self.path.font()
        font.setBold(self.canvas.awake)
        self.path.setFont(font)
        self.header.setProperty("active", self.canvas.awake)
        self.header.style().unpolish(self.header)
        self.header.style().polish(self.header)
        name = tr("Canvas") if self.header.isHidden() else tr("Canvas: {path}").format(path=self.path.text())
        self.canvas.setAccessibleName(name)


class SplitView(QSplitter):
    """The canvas that one works in is awake: the session is where it is. The other only follows the document."""

    zoomed = Signal(float)
    """How large the canvas that one works in shows things; also sent when it stays as it is."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setChildrenCollapsible(False)
        self._session = session
        self.first = CanvasPane(session)
        self.second: CanvasPane | None = None
        self.active = self.first.canvas
        self._add(self.first)
        for signal in (session.location_changed, session.document_changed, session.document_replaced):
            signal.connect(self._show_places)

    def canvases(self) -> list[Canvas]:
        """Those that are seen, from left to right."""
        return [pane.canvas for pane in self.panes()]

    def toggle(self) -> None:
        """Show a second canvas, on what belongs to the first; or only the one that is worked in."""
        if self.second is not None:
            self._close(self.second if self.active is self.first.canvas else self.first)
            return
        other = self._counterpart()
        self.second = CanvasPane(self._session)
        self.second.canvas.sleep()
        self.second.canvas.look_elsewhere(other)
        self._add(self.second)
        for action in self.first.canvas.actions():
            self.second.canvas.addAction(action)
        for pane in self.panes():
            pane.header.show()
        self.setSizes([self.width() // 2, self.width() - self.width() // 2])
        self._show_places()
        QTimer.singleShot(0, self.second.canvas, self.second.canvas.fit_all)  # in the room it then has

    def _add(self, pane: CanvasPane) -> None:
        pane.canvas.entered.connect(lambda: self._activate(pane.canvas))
        pane.canvas.looked.connect(self._looked)
        pane.close_button.clicked.connect(lambda: self._close(pane))
        self.addWidget(pane)

    def panes(self) -> list[CanvasPane]:
        """The canvases with what stands above them, from left to right."""
        return [self.first] if self.second is None else [self.first, self.second]

    def _close(self, pane: CanvasPane) -> None:
        """Only one canvas stays: the first, showing what is to be kept."""
        if self.second is None:
            return
        kept = self.first if pane is self.second else self.second
        self._activate(kept.canvas)
        view = kept.canvas.view_center(), kept.canvas.zoom
        self._activate(self.first.canvas)
        if kept is self.second:
            self._session.restore_view(self.second.canvas.place.view())
            self.first.canvas.set_view(*view)
        gone, self.second = self.second, None
        gone.hide()
        gone.deleteLater()
        self.first.header.hide()
        self._show_places()
        self.first.canvas.setFocus()

    def _activate(self, canvas: Canvas) -> None:
        if canvas is self.active or canvas not in self.canvases():
            return
        self.active.sleep()
        self.active = canvas
        canvas.wake()
        self._show_places()
        self._looked()

    def _looked(self) -> None:
        self.zoomed.emit(self.active.zoom)

    def _show_places(self, _: object = None) -> None:
        for pane in self.panes():
            pane.show_place()

    def _counterpart(self) -> Navigation:
        """The inside of the selected node; or a use of the block that is shown; or the same place."""
        session = self._session
        other = Navigation(session.document)
        other.restore_view(session.view())
        if len(session.selection) == 1:
            node = session.graph.nodes[session.selection[0]]
            code = isinstance(node, Instance) and isinstance(
                session.document.definitions.get(node.definition), CodeDefinition
            )
            if not code and other.enter_node(node.name):
                return other
        uses = users_of(session.document, session.location.definition)
        if uses:
            place, node = uses[0]
            other.show_node(place, node.name)
        return other
