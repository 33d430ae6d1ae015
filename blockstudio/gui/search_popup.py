"""A field and a list over the window, worked by the keyboard alone if one likes: to add, to tell, to find."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from blockstudio.gui.canvas.painting.look import colors, icon_path
from blockstudio.gui.i18n import tr
from blockstudio.gui.markup import plain
from blockstudio.gui.matching import Choice

SIZE = QSize(340, 400)
LARGE = QSize(620, 440)
ROW_HEIGHT = 30
OWN_KEYS = (Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
MARGIN = 8

Index = QModelIndex | QPersistentModelIndex


Find = Callable[[str], Sequence[Choice]]
"""What a text finds, best first."""


class ChoiceModel(QAbstractListModel):
    """The choices that were found, best first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choices: Sequence[Choice] = ()

    def show(self, choices: Sequence[Choice]) -> None:
        self.beginResetModel()
        self.choices = choices
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.choices)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        choice = self.choices[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return choice.label
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(choice.doc.split("\n")[0])
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (choice.label, choice.detail, choice.group) if part)
        return None


class ChoiceDelegate(QStyledItemDelegate):
    """Icon, name and what is said of it, and the group at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, ChoiceModel)
        choice = model.choices[index.row()]
        look = colors()
        rect: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        strong, weak = (look.on_accent, look.on_accent) if chosen else (look.text, look.muted)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen:
            painter.setBrush(look.accent)
            painter.drawRoundedRect(rect.adjusted(4, 1, -4, -1), 6, 6)
        if choice.icon:
            painter.setBrush(look.on_accent if chosen else look.hue(choice.category))
            painter.translate(rect.left() + 22, rect.center().y())
            painter.drawPath(icon_path(choice.icon, 16.0))
            painter.translate(-rect.left() - 22, -rect.center().y())
        painter.setFont(option.font)
        metrics: QFontMetrics = option.fontMetrics
        inside = rect.adjusted(40, 0, -14, 0)
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        # The name comes first, and what is said of it: the group gets what they leave, and at least a third of what
        # the name leaves.
        label = metrics.horizontalAdvance(choice.label)
        said = metrics.horizontalAdvance(choice.detail) + 10 if choice.detail else 0
        left_over = max(inside.width() - label - said - 10, (inside.width() - label) // 3)
        group = metrics.elidedText(choice.group, Qt.TextElideMode.ElideMiddle, left_over)
        painter.setPen(weak)
        painter.drawText(inside, middle | right, group)
        room = inside.adjusted(0, 0, -metrics.horizontalAdvance(group) - 10, 0)
        painter.setPen(strong)
        painter.drawText(room, middle, metrics.elidedText(choice.label, Qt.TextElideMode.ElideRight, room.width()))
        room.setLeft(room.left() + label + 10)
        if choice.detail and room.width() > 30:
            painter.setPen(weak)
            painter.drawText(room, middle, metrics.elidedText(choice.detail, Qt.TextElideMode.ElideRight, room.width()))
        painter.restore()


class SearchPopup(QFrame):
    """A child of what it lies over, not a window: input methods and the Escape key work as anywhere."""

    current = Signal(str)
    """This payload would be taken now."""
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("search-popup")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._find: Find = lambda _: ()
        self._chosen: Callable[[str], None] | None = None
        self._back: QWidget | None = None
        """What had the keyboard before."""
        self.field = QLineEdit()
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.model = ChoiceModel(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(ChoiceDelegate(self))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._take)
        self.list.selectionModel().currentChanged.connect(self._describe)
        self.nothing = _muted(Qt.AlignmentFlag.AlignCenter)
        self.doc = _muted(Qt.AlignmentFlag.AlignTop)
        self.doc.setFixedHeight(2 * self.doc.fontMetrics().lineSpacing() + 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.nothing, 1)
        layout.addWidget(self.doc)
        self.hide()

    def open(
        self,
        place: QPoint,
        find: Find,
        chosen: Callable[[str], None],
        *,
        prompt: str,
        title: str,
        size: QSize = SIZE,
    ) -> None:
        """Ask for one of what `find` gives; `chosen` gets its payload. `place` is in the parent."""
        self._find, self._chosen = find, chosen
        if not self.isVisible():
            focus = self.window().focusWidget()
            self._back = self.parentWidget() if focus is None or self.isAncestorOf(focus) else focus
        self.field.setPlaceholderText(prompt)
        self.field.setAccessibleName(prompt)
        self.list.setAccessibleName(title)
        parent = self.parentWidget()
        assert parent is not None
        room = parent.rect().adjusted(4, 4, -4, -4)
        size = size.boundedTo(room.size())
        x = min(place.x(), room.right() - size.width())
        y = min(place.y(), room.bottom() - size.height())
        self.setGeometry(QRect(QPoint(max(room.left(), x), max(room.top(), y)), size))
        self.field.clear()
        self._search("")
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def open_large(self, find: Find, chosen: Callable[[str], None], *, prompt: str, title: str) -> None:
        """The same, in the upper middle of the parent."""
        parent = self.parentWidget()
        assert parent is not None
        place = QPoint((parent.width() - LARGE.width()) // 2, parent.height() // 9)
        self.open(place, find, chosen, prompt=prompt, title=title, size=LARGE)

    def close_popup(self) -> None:
        self._chosen = None
        if self.isVisible():
            had_focus = self.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
            self.hide()
            self.closed.emit()
            if had_focus and self._back is not None and isValid(self._back):
                self._back.setFocus(Qt.FocusReason.PopupFocusReason)

    def _search(self, text: str) -> None:
        found = self._find(text)
        self.model.show(found)
        self.list.setVisible(bool(found))
        self.nothing.setVisible(not found)
        self.nothing.setText(tr("Nothing is called “{text}”.").format(text=text))
        if found:
            self.list.setCurrentIndex(self.model.index(0, 0))
            self.list.scrollToTop()
        self._describe(self.list.currentIndex())

    def _describe(self, index: QModelIndex) -> None:
        """Say of the chosen one what it is for."""
        choice = self.model.choices[index.row()] if index.isValid() and self.model.choices else None
        self.current.emit(choice.payload if choice is not None else "")
        doc = choice.doc.split("\n\n")[0] if choice is not None else ""
        self.doc.setVisible(any(choice.doc for choice in self.model.choices[:20]))
        room = 2 * (self.width() - 2 * MARGIN) - 60
        text = " ".join(doc.split())
        self.doc.setText(self.doc.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))

    def _take(self, index: QModelIndex) -> None:
        chosen = self._chosen
        if chosen is None or not index.isValid():
            return
        payload = self.model.choices[index.row()].payload
        self.close_popup()
        chosen(payload)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field:
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                return self._key(event)
            if isinstance(event, QKeyEvent) and event.key() in OWN_KEYS:
                # Whatever they mean in the window.
                event.accept()
                return True
            if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
                reason = event.reason()
                if reason not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
                    self.close_popup()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: 8,
            Qt.Key.Key_PageUp: -8,
            Qt.Key.Key_Tab: 1,
            Qt.Key.Key_Backtab: -1,
        }
        if key in steps:
            row = self.list.currentIndex().row() + steps[Qt.Key(key)]
            row = max(0, min(self.model.rowCount() - 1, row))
            self.list.setCurrentIndex(self.model.index(row, 0))
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.list.currentIndex())
            return True
        if key == Qt.Key.Key_Escape:
            self.close_popup()
            return True
        return False


def _muted(alignment: Qt.AlignmentFlag) -> QLabel:
    label = QLabel()
    label.setProperty("muted", True)
    label.setAlignment(alignment)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
