"""What is dragged in from the palette, and where it lands."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent

from blockstudio.errors import BlockStudioError
from blockstudio.gui.canvas.commands.blocks import Blocks
from blockstudio.gui.canvas.interactions.targets import Landing, landing, show_landing
from blockstudio.gui.panels.palette import MIME


class Dropping(Blocks):
    """A view that takes drags of the palette; all others are left to the window."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            self.entered.emit()
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if not event.mimeData().hasFormat(MIME):
            event.ignore()
            return
        self.go_to(event.position().toPoint())
        point = self.mapToScene(event.position().toPoint())
        show_landing(self.canvas_scene, self._landing_of(event, point), point)
        event.acceptProposedAction()

    def _landing_of(self, event: QDropEvent, point: QPointF) -> Landing:
        payload = bytes(event.mimeData().data(MIME).data()).decode()
        try:
            node = self.make(payload, (point.x(), point.y())).node
        except BlockStudioError:
            node = None
        return landing(self.canvas_scene, point, node, on_wires=node is not None)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.canvas_scene.overlay.wipe()

    def dropEvent(self, event: QDropEvent) -> None:
        self.canvas_scene.overlay.wipe()
        if not event.mimeData().hasFormat(MIME):
            event.ignore()
            return
        payload = bytes(event.mimeData().data(MIME).data()).decode()
        self.go_to(event.position().toPoint())
        self.drop_entry(payload, self.mapToScene(event.position().toPoint()))
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.acceptProposedAction()
