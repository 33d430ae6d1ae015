"""A small bar of buttons above what is selected: what is done most often to it, where the mouse already is.

It comes when the mouse has come to rest and goes with whatever is done next. The keyboard needs it for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QObject,
    QPoint,
    QPropertyAnimation,
    QRect,
    QRectF,
    QSize,
    QSizeF,
    Qt,
    QTimer,
)
from PySide6.QtGui import QAction, QContextMenuEvent, QCursor
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsOpacityEffect, QHBoxLayout, QToolButton, QToolTip

from blockstudio.gui.actions import Condition
from blockstudio.gui.canvas.commands import menus
from blockstudio.gui.canvas.painting.labels import label_place
from blockstudio.gui.canvas.painting.note_item import TITLE, NoteItem
from blockstudio.gui.canvas.painting.surface import Detail
from blockstudio.gui.canvas.scene.items import Thing
from blockstudio.gui.conditions import conditions
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.settings import SELECTION_BAR

if TYPE_CHECKING:
    from blockstudio.gui.canvas.view import Canvas

MORE = "more"
"""The button for all that there is."""
GROUPS: tuple[Mapping[str, Condition], ...] = (
    {"enter": "enterable", "expand": "expandable"},
    {"color": "anything", "bypass": "selection", "replace": "one"},
    {"tidy": "several", "group": "selection", "ungroup": "apart"},
    {MORE: "always"},
    {"delete": "anything"},
)
"""Actions of the window, and when each is worth its place; a gap stands between groups. What takes away is at the far
end, by itself."""
NOT_IN_ROWS = frozenset({"tidy", "group", "ungroup"})
"""Of no use in a Sequential, whose nodes stand in a row."""
REST = 350
"""Milliseconds that the mouse rests before it is shown."""
FADE = 140
AWAY = 6
"""Pixels between the bar and what is selected: clear of its halo."""
HALO = 5.0
"""Of what is selected, in scene units."""
FARTHEST = 4
"""How many of its own heights it may be away from what is selected."""
MARGIN = 8
"""From the edges of the canvas."""
SIDE = 16
"""Of an icon."""
SPACE = 9
"""Between groups."""


class SelectionBar(QFrame):
    """Shown while the mouse is used, and nothing is dragged, drawn, cut or seen from too far away."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas.viewport())
        self._canvas = canvas
        self._buttons: dict[str, QToolButton] = {}
        self.setObjectName("selectionBar")
        self.setAccessibleName(tr("Bar at the selection"))
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._appear)
        self._fade: QPropertyAnimation | None = None
        canvas.viewport().installEventFilter(self)
        canvas.installEventFilter(self)
        canvas.looked.connect(self._begin_again)
        session = canvas.session
        for signal in (session.selection_changed, session.document_changed, session.location_changed):
            signal.connect(self._begin_again)
        session.settings.changed.connect(self._begin_again)
        self.hide()

    # --- coming and going -------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.MouseMove:
                if self.isHidden():
                    self._rest.start()
            case QEvent.Type.MouseButtonRelease:
                self._begin_again()
            case QEvent.Type.MouseButtonPress | QEvent.Type.KeyPress | QEvent.Type.DragEnter | QEvent.Type.Resize:
                self._go()
            case QEvent.Type.Leave if self.isHidden():
                self._rest.stop()
        return False

    def _begin_again(self, _: object = None) -> None:
        """Something is otherwise than when it was shown: it waits for the mouse to rest again."""
        self._go()
        if self._canvas.viewport().underMouse():
            self._rest.start()

    def _go(self) -> None:
        self._rest.stop()
        if not self.isHidden():
            self.hide()

    @property
    def _wanted(self) -> bool:
        """Whether there is something it could do, and nothing it would be in the way of."""
        canvas = self._canvas
        scene = canvas.canvas_scene
        if not canvas.session.settings.get(SELECTION_BAR) or canvas.focus.ringed or not canvas.awake:
            return False
        busy = canvas.interaction is not None or canvas.tidy_up.under_way or canvas.cuts
        busy = busy or QToolTip.isVisible()  # a peek, which it would stand behind
        if busy or QApplication.mouseButtons() != Qt.MouseButton.NoButton or QApplication.activePopupWidget():
            return False
        return scene.surface.detail != Detail.OVERVIEW and any(key.kind in ("node", "note") for key in scene.selection)

    def _appear(self) -> None:
        place = self._place() if self._wanted and self._offer() else None
        if place is None:
            return
        self.move(place)
        self._fade_in()
        self.show()
        self.raise_()

    def _fade_in(self) -> None:
        if not self._canvas.moves:
            return
        effect = QGraphicsOpacityEffect(self)
        effect.setOpacity(0.0)
        self.setGraphicsEffect(effect)
        fade = QPropertyAnimation(effect, b"opacity", self)
        fade.setDuration(FADE)
        fade.setEasingCurve(QEasingCurve.Type.OutCubic)
        fade.setEndValue(1.0)
        # Painted as it is from then on: an effect is a picture of it each time.
        fade.finished.connect(lambda: self.setGraphicsEffect(None))  # type: ignore[arg-type]  # None takes it away
        self._fade = fade
        fade.start(QPropertyAnimation.DeletionPolicy.KeepWhenStopped)

    def hideEvent(self, event: QEvent) -> None:
        if self._fade is not None:
            self._fade.stop()
            self._fade.deleteLater()
            self._fade = None
            self.setGraphicsEffect(None)  # type: ignore[arg-type]  # None takes it away

    # --- what it offers ---------------------------------------------------------------------------

    def shown(self) -> list[str]:
        """The names of the actions that are offered now."""
        return [name for name, button in self._buttons.items() if not button.isHidden()]

    def _offer(self) -> bool:
        """Show the buttons that fit what is selected; whether there are any."""
        if not self._buttons:
            self._build()
        canvas = self._canvas
        holds = conditions(canvas.session)
        bar = False
        for name, condition in self._conditions():
            button = self._buttons[name]
            row = canvas.canvas_scene.sequence and name in NOT_IN_ROWS
            button.setVisible(holds[condition] and button.isEnabled() and not row)
            bar = bar or not button.isHidden()
        self.adjustSize()
        return bar

    def _conditions(self) -> Iterator[tuple[str, Condition]]:
        return ((name, condition) for group in GROUPS for name, condition in group.items() if name in self._buttons)

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(1)
        actions = menus.actions_by_name(self._canvas)
        for number, group in enumerate(GROUPS):
            if number:
                row.addSpacing(SPACE)
            for name in group:
                if name == MORE:
                    row.addWidget(self._more_button())
                elif name in actions:
                    row.addWidget(self._button(name, actions[name]))

    def _more_button(self) -> QToolButton:
        more = self._dress(QToolButton(self))
        more.setIcon(icon("mdi6.dots-horizontal"))
        more.setToolTip(tr("Everything that can be done with what is selected"))
        more.setAccessibleName(tr("More"))
        more.clicked.connect(self._more)
        return more

    def _button(self, name: str, action: QAction) -> QToolButton:
        button = self._buttons[name] = self._dress(QToolButton(self))
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        return button

    def _dress(self, button: QToolButton) -> QToolButton:
        button.setIconSize(QSize(SIDE, SIDE))
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keyboard stays with the canvas
        return button

    def _more(self) -> None:
        canvas = self._canvas
        menus.context_menu(canvas, canvas.focus.place()).popup(self.mapToGlobal(QPoint(self.width(), self.height())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._more()

    # --- where it stands --------------------------------------------------------------------------

    def _place(self) -> QPoint | None:
        """Above what is selected, or wherever at it that is free; None where nothing is."""
        canvas = self._canvas
        view = canvas.viewport().rect()
        chosen = canvas.canvas_scene.extent(canvas.canvas_scene.selection)
        seen = canvas.mapFromScene(chosen).boundingRect().intersected(view)
        if seen.isEmpty() or view.width() < self.width() + 2 * MARGIN:
            return None
        room = view.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        width, height = self.width(), self.height()
        away = max(AWAY, round(HALO * canvas.zoom))
        xs = [
            min(max(room.left(), x), room.right() + 1 - width)
            for x in (seen.center().x() - width // 2, seen.left(), seen.right() + 1 - width)
        ]
        above, below = seen.top() - away - height, seen.bottom() + away
        beside = seen.left() - away - width, seen.right() + 1 + away
        spots = [QPoint(x, y) for y in (above, below) for x in xs]
        spots += [QPoint(x, y) for x in beside for y in (seen.center().y() - height // 2, seen.top())]
        farther = [round(height * step / 2) for step in range(1, 2 * FARTHEST + 1)]
        spots += [QPoint(x, y) for more in farther for y in (above - more, below + more) for x in xs]
        spots.append(QPoint(xs[0], room.top()))  # what fills the view leaves no room beside it
        seen_whole = (spot for spot in spots if room.contains(QRect(spot, self.size())))
        return next((spot for spot in seen_whole if self._is_free(spot)), None)

    def _is_free(self, place: QPoint) -> bool:
        """Whether it hides nothing there but what is selected, and no click that is under way would hit it."""
        canvas, spot = self._canvas, QRect(place, self.size())
        if spot.adjusted(-AWAY, -AWAY, AWAY, AWAY).contains(canvas.viewport().mapFromGlobal(QCursor.pos())):
            return False
        scene, area = canvas.canvas_scene, canvas.mapToScene(spot).boundingRect()
        near = scene.things_near((area.left(), area.top(), area.right(), area.bottom())) - scene.selection
        if any(self._is_hidden(scene.thing(key), area) for key in near):
            return False
        labels = (label_place(edge) for edge in scene.edges_near(area) if not edge.hidden)
        return not any(label is not None and label.intersects(area) for label in labels)

    def _is_hidden(self, thing: Thing | None, area: QRectF) -> bool:
        """Whether something cannot be seen behind an area: of a frame it is the title that counts."""
        if isinstance(thing, NoteItem) and thing.note.frame:
            return QRectF(thing.body.topLeft(), QSizeF(thing.body.width(), TITLE)).intersects(area)
        return thing is not None
