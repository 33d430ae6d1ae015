"""Search to add: a field and a list at the pointer, worked by the keyboard alone if one likes."""

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

from blockstudio.gui.canvas.look import colors, icon_path
from blockstudio.gui.canvas.offers import Offer, ranked
from blockstudio.gui.i18n import tr

SIZE = QSize(340, 380)
ROW_HEIGHT = 30
OWN_KEYS = (Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
MARGIN = 8

Index = QModelIndex | QPersistentModelIndex


class OfferModel(QAbstractListModel):
    """The offers that match, best first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.offers: list[Offer] = []

    def show(self, offers: list[Offer]) -> None:
        self.beginResetModel()
        self.offers = offers
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.offers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        offer = self.offers[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return offer.label
        if role == Qt.ItemDataRole.ToolTipRole:
            return offer.doc.split("\n")[0]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{offer.label}, {offer.group}"
        return None


class OfferDelegate(QStyledItemDelegate):
    """Icon, name, and the group at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, OfferModel)
        offer = model.offers[index.row()]
        look = colors()
        rect: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen:
            painter.setBrush(look.accent)
            painter.drawRoundedRect(rect.adjusted(4, 1, -4, -1), 6, 6)
        painter.setBrush(look.on_accent if chosen else look.hue(offer.category))
        painter.translate(rect.left() + 22, rect.center().y())
        painter.drawPath(icon_path(offer.icon, 16.0))
        painter.translate(-rect.left() - 22, -rect.center().y())
        painter.setFont(option.font)
        metrics: QFontMetrics = option.fontMetrics
        group = metrics.horizontalAdvance(offer.group)
        inside = rect.adjusted(40, 0, -14, 0)
        painter.setPen(look.on_accent if chosen else look.muted)
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, offer.group)
        painter.setPen(look.on_accent if chosen else look.text)
        room = inside.adjusted(0, 0, -group - 10, 0)
        text = metrics.elidedText(offer.label, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


class SearchPopup(QFrame):
    """A child of the canvas, not a window: input methods and the Escape key work as anywhere."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("search-popup")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._available: Sequence[Offer] = ()
        self._recent: Sequence[str] = ()
        self._chosen: Callable[[str], None] | None = None
        self.field = QLineEdit()
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.model = OfferModel(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(OfferDelegate(self))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.clicked.connect(self._take)
        self.nothing = QLabel()
        self.nothing.setProperty("muted", True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.nothing, 1)
        self.hide()

    def open(
        self,
        place: QPoint,
        available: Sequence[Offer],
        recent: Sequence[str],
        chosen: Callable[[str], None],
        hint: str = "",
    ) -> None:
        """Ask what to add; `chosen` gets the payload. `place` is where the pointer is, in the parent."""
        hint = hint or tr("Search layers, functions and blocks")
        self._available, self._recent, self._chosen = available, recent, chosen
        self.field.setPlaceholderText(hint)
        self.field.setAccessibleName(hint)
        self.list.setAccessibleName(tr("What can be added here"))
        self.field.clear()
        self._search("")
        parent = self.parentWidget()
        assert parent is not None
        room = parent.rect().adjusted(4, 4, -4, -4)
        size = SIZE.boundedTo(room.size())
        x = min(place.x(), room.right() - size.width())
        y = min(place.y(), room.bottom() - size.height())
        self.setGeometry(QRect(QPoint(max(room.left(), x), max(room.top(), y)), size))
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_popup(self) -> None:
        self._chosen = None
        if self.isVisible():
            had_focus = self.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
            self.hide()
            parent = self.parentWidget()
            if had_focus and parent is not None:
                parent.setFocus()

    def _search(self, text: str) -> None:
        found = ranked(self._available, text, self._recent)
        self.model.show(found)
        self.list.setVisible(bool(found))
        self.nothing.setVisible(not found)
        self.nothing.setText(tr("Nothing is called “{text}”.").format(text=text))
        if found:
            self.list.setCurrentIndex(self.model.index(0, 0))
            self.list.scrollToTop()

    def _take(self, index: QModelIndex) -> None:
        chosen = self._chosen
        if chosen is None or not index.isValid():
            return
        payload = self.model.offers[index.row()].payload
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
