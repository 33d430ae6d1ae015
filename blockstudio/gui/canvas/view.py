"""The canvas: what the mouse, the keys and the clipboard of dragged things mean on it."""

from __future__ import annotations

from attrs import frozen
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from blockstudio.gui.canvas import accessible, words
from blockstudio.gui.canvas.commands import keyboard, menus
from blockstudio.gui.canvas.commands.arranging import Arranging
from blockstudio.gui.canvas.commands.asking import Asking
from blockstudio.gui.canvas.commands.bending import Bending
from blockstudio.gui.canvas.commands.composing import Composing
from blockstudio.gui.canvas.commands.dropping import Dropping
from blockstudio.gui.canvas.commands.expanding import Expanding
from blockstudio.gui.canvas.commands.focus import Focus
from blockstudio.gui.canvas.commands.selecting import Selecting
from blockstudio.gui.canvas.commands.spanning import Spanning
from blockstudio.gui.canvas.commands.wiring import Wiring
from blockstudio.gui.canvas.interactions.band import RubberBand
from blockstudio.gui.canvas.interactions.base import Interaction
from blockstudio.gui.canvas.interactions.cut import CutWires
from blockstudio.gui.canvas.interactions.hover import Hover
from blockstudio.gui.canvas.interactions.lasso import Lasso
from blockstudio.gui.canvas.interactions.move import Move
from blockstudio.gui.canvas.interactions.pan import Pan
from blockstudio.gui.canvas.interactions.replug import Replug, nearer_end
from blockstudio.gui.canvas.interactions.resize import ResizeNote
from blockstudio.gui.canvas.interactions.rows import DragRow
from blockstudio.gui.canvas.interactions.take_out import TakeOut
from blockstudio.gui.canvas.interactions.wire import DrawWire
from blockstudio.gui.canvas.minimap import Minimap
from blockstudio.gui.canvas.painting.hint import PlaceHint, paint_hint
from blockstudio.gui.canvas.scene import peek
from blockstudio.gui.canvas.scene.hits import Hit, hit
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.canvas.selection_bar import SelectionBar
from blockstudio.gui.i18n import tr
from blockstudio.gui.session import Session

EDGE_OF_VIEW = 24
SCROLL_STEP = 14

_Adds = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


@frozen
class Press:
    """A press of the left button: on what, where in the scene and in the view."""

    found: Hit
    point: QPointF
    place: QPoint
    modifiers: Qt.KeyboardModifier


class Canvas(Dropping):
    """One gesture at a time; each is an object of its own."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        self._pressed: Press | None = None
        """Until it is known whether it is a click or a drag."""
        self._space = False
        accessible.install()
        self._knife = False
        """The next drag of the left button cuts wires."""
        self._stroked = False
        """The right button was pressed for a stroke: it asks for no menu."""
        super().__init__(session, parent)
        self.focus = Focus(self)
        self.hover = Hover(self)
        self.spanning = Spanning(self)
        self.wiring = Wiring(self)
        self.selecting = Selecting(self)
        self.arranging = Arranging(self)
        self.asking = Asking(self)
        self.expanding = Expanding(self)
        self.bending = Bending(self)
        self.place_hint = PlaceHint(self)
        self.minimap = Minimap(self)
        self.selection_bar = SelectionBar(self)
        self.composing = Composing(self)
        self._scrolling = QTimer(self)
        self._scrolling.setInterval(16)
        self._scrolling.timeout.connect(self._scroll_along)
        self.looked.connect(lambda: QToolTip.hideText())  # it is beside something that is elsewhere now
        self._pointer_at = QPoint()
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Canvas"))
        self._show_location()

    # --- gestures -----------------------------------------------------------------------------------

    def begin(self, interaction: Interaction) -> None:
        self.stop_animation()
        self.interaction = interaction
        if interaction.cursor is not None:
            self.viewport().setCursor(interaction.cursor)
        if interaction.scrolls:
            self._scrolling.start()
        self.place_hint.follow()

    def end_gesture(self) -> None:
        """Break off whatever gesture is under way."""
        interaction = self._take_interaction()
        if interaction is not None:
            interaction.cancel()
        self._pressed = None

    def leave_scene(self) -> None:
        super().leave_scene()
        self.hover.leave()

    def _take_interaction(self) -> Interaction | None:
        interaction, self.interaction = self.interaction, None
        if interaction is not None:
            self._scrolling.stop()
            self.viewport().unsetCursor()
            self.place_hint.follow()
        return interaction

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.BackButton, Qt.MouseButton.ForwardButton):
            event.ignore()  # the window goes back and forward
            return
        event.accept()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.focus.show_ring(False)
        self.stop_animation()
        if self.interaction is not None:
            # Another button during a gesture is most often a slip; the right one breaks it off.
            if event.button() == Qt.MouseButton.RightButton:
                self.end_gesture()
            return
        place = event.position().toPoint()
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() != Qt.MouseButton.MiddleButton and not self._space:
            self.go_to(place)
        point = self.mapToScene(place)
        cuts = event.button() == Qt.MouseButton.RightButton and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        knife, self._knife = self._knife, False
        self._stroked = bool(cuts)
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self.begin(Pan(self, point))
        elif cuts or (knife and left):
            self.begin(CutWires(self, point))
        elif left:
            self._press(hit(self.canvas_scene, point), point, place, event.modifiers())

    def _press(self, found: Hit, point: QPointF, place: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        scene = self.canvas_scene
        if found.what == "port" and found.port is not None and not scene.sequence:
            adds = bool(modifiers & _Adds)
            wires = self.wiring.fed_by(found.port) if adds else []
            self.begin(Replug(self, wires) if wires else DrawWire(self, found.port, keep=adds))
            return
        if found.what == "grip" and found.key is not None:
            self.begin(ResizeNote(self, found.key.name, point))
            return
        if found.key is not None:
            if modifiers & _Adds and modifiers & _Adds != _Adds:
                self.select_keys(scene.selection ^ {found.key})
            elif found.key not in scene.selection:
                self.select_keys([found.key])
        elif not modifiers & _Adds:
            self.select_keys([])
        self._pressed = Press(found, point, place, modifiers)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        place = event.position().toPoint()
        self._pointer_at, self._modifiers = place, event.modifiers()
        if self._pressed is not None and self.interaction is None and event.buttons() & Qt.MouseButton.LeftButton:
            press = self._pressed
            if (place - press.place).manhattanLength() < QApplication.startDragDistance():
                return
            self._pressed = None
            self._drag(press)
        if self.interaction is not None:
            self.interaction.move(self.mapToScene(place), event.modifiers())
        elif event.buttons() == Qt.MouseButton.NoButton:
            self.hover.move(place, cursor=not (self._space or self._knife))

    def _drag(self, press: Press) -> None:
        scene = self.canvas_scene
        found, point = press.found, press.point
        key = found.key
        if key is None:
            lasso = bool(press.modifiers & Qt.KeyboardModifier.AltModifier)
            self.begin((Lasso if lasso else RubberBand)(self, point, press.modifiers))
        elif found.what == "row" and scene.nodes[key.name].face.takes_rows and found.row is not None:
            self.begin(DragRow(self, key.name, found.row))
        elif key.kind == "edge" and not scene.sequence and press.modifiers & _Adds:
            self.begin(nearer_end(self, key, point))
        elif key.kind == "edge" and not scene.sequence:
            self.begin(self.bending.drag(found, point))
        elif key.kind != "edge" and key in scene.selection and (not scene.sequence or key.kind == "node"):
            # Some window managers keep Alt with the mouse for themselves.
            held = press.modifiers & Qt.KeyboardModifier.AltModifier or press.modifiers & _Adds == _Adds
            takes_out = held and key.kind == "node" and not scene.sequence
            self.begin((TakeOut if takes_out else Move)(self, key, point))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        point = self.mapToScene(event.position().toPoint())
        interaction = self._take_interaction()
        if interaction is not None:
            interaction.finish(point, event.modifiers())
        elif self._pressed is not None and event.button() == Qt.MouseButton.LeftButton:
            found = self._pressed.found
            # A click on one of several selected things means that one.
            if found.key is not None and not event.modifiers() & _Adds and len(self.canvas_scene.selection) > 1:
                self.select_keys([found.key])
        self._pressed = None
        self.hover.move(event.position().toPoint(), cursor=not (self._space or self._knife))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.end_gesture()
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers() & _Adds:
            return
        point = self.mapToScene(event.position().toPoint())
        found = hit(self.canvas_scene, point)
        with self.session.guard():
            if found.what == "empty":
                self.search_to_add(point)
            elif found.key is not None and found.key.kind == "node":
                self.open_node(found.key.name, found.row)
            elif found.key is not None and found.key.kind == "edge":
                self.bending.open(found, point)
            elif found.key is not None:
                self.edit_in_place(found.key)

    def _scroll_along(self) -> None:
        """Near the edge of the view a gesture takes the view along."""
        if self.interaction is None:
            return
        rect: QRect = self.viewport().rect().adjusted(EDGE_OF_VIEW, EDGE_OF_VIEW, -EDGE_OF_VIEW, -EDGE_OF_VIEW)
        place = self._pointer_at
        dx = SCROLL_STEP * ((place.x() > rect.right()) - (place.x() < rect.left()))
        dy = SCROLL_STEP * ((place.y() > rect.bottom()) - (place.y() < rect.top()))
        if (dx or dy) and QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self.scroll_by(dx, dy)
            self.interaction.move(self.mapToScene(place), self._modifiers)

    # --- hovering -----------------------------------------------------------------------------------

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self.interaction is None:
            self.hover.leave()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            spot = self.spot(self.mapToScene(event.pos()))
            text = self.told_of(hit(spot.scene, spot.point), spot.scene)
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)

    def told_of(self, found: Hit, scene: CanvasScene | None = None) -> str:
        """What a tooltip says of a thing of the graph one works in, or of another; with a picture of its inside."""
        scene = scene or self.canvas_scene
        inside = peek.shown(scene, self.session, found, self.devicePixelRatioF())
        return words.tool_tip(scene, self.session, found) + inside

    def describe_selection(self) -> None:
        """Say in words what is selected, for screen readers."""
        self.focus.follow()
        self.setAccessibleDescription(words.selection(self.canvas_scene, self.session, self.focus.port))
        accessible.changed(self)

    # --- keys ---------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        QToolTip.hideText()  # a peek is at what the keyboard was on
        if event.key() == Qt.Key.Key_Escape:
            self._escape()
        elif event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = True
                self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif (command := keyboard.command(self, event.key(), modifiers)) is not None:
            self.focus.show_ring(True)
            with self.session.guard():
                command()
        else:
            event.ignore()
            return
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            if self.interaction is None:
                self.viewport().unsetCursor()
        super().keyReleaseEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab searches; F6 goes to the next pane."""
        return False

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus.come(event.reason())
        accessible.changed(self)
        self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._space = False
        self.viewport().update()

    @property
    def cuts(self) -> bool:
        """Whether the next stroke cuts."""
        return self._knife

    def take_knife(self) -> None:
        """The next stroke with the left button cuts the wires it crosses."""
        self._knife = True
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)

    def _escape(self) -> None:
        if self._knife:
            self._knife = False
            self.viewport().unsetCursor()
        elif self.interaction is not None:
            self.end_gesture()
        elif self.tidy_up.stop() or self.focus.back_out():
            return
        elif self.canvas_scene.selection:
            self.select_keys([])
        elif self.in_place:
            self.leave()

    # --- menu ---------------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()
        if self._stroked and event.reason() == QContextMenuEvent.Reason.Mouse:
            return
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            self.go_to(event.pos())
            point = self.mapToScene(event.pos())
            found = hit(self.canvas_scene, point)
            if found.port is not None and not self.canvas_scene.sequence:
                self.select_port(found.port)
            elif found.key is None:
                self.select_keys([])
            elif found.key not in self.canvas_scene.selection:
                self.select_keys([found.key])
        else:
            point = self.focus.place()
        menus.context_menu(self, point).popup(self.viewport().mapToGlobal(self.mapFromScene(point)))

    # --- painting -----------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        kinds = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if event.type() in kinds and hasattr(self, "canvas_scene"):
            self.canvas_scene.restyle()
            self.repaint_around()

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        self.focus.paint(painter)
        if not self.canvas_scene.graph.nodes:
            paint_hint(painter, self.canvas_scene.surface, self.viewport().rect())
