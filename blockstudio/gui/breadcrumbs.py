"""The bar above the canvas: the way into the graph that is shown, and what it is used by."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from blockstudio.graph.scopes import users_of
from blockstudio.gui.canvas.facts.faces import slot_name
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.markup import plain
from blockstudio.gui.navigation import Place
from blockstudio.gui.panels.parts import emptied
from blockstudio.gui.session import Session


class Breadcrumbs(QWidget):
    """A button a step of the trail; the last one is the graph that is shown."""

    chosen = Signal()
    """A graph was chosen here: the keyboard goes to it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setObjectName("breadcrumbs")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 1, 10, 1)
        self._row.setSpacing(0)
        self._uses = QLabel()
        self._uses.setProperty("muted", True)
        self._shown: object = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.rebuild)
        for signal in (session.location_changed, session.document_changed, session.document_replaced):
            signal.connect(self._later)
        self.rebuild()

    def _later(self) -> None:
        self._soon.start()

    def rebuild(self) -> None:
        """Show the trail as it is."""
        key = (self._session.trail, self._session.document.root, self._uses_text())
        if key == self._shown:
            return
        self._shown = key
        emptied(self._row, self._uses)
        trail = self._session.trail
        for i, place in enumerate(trail):
            if i:
                arrow = QLabel("›")
                arrow.setProperty("muted", True)
                self._row.addWidget(arrow)
            self._row.addWidget(self._button(place, last=i == len(trail) - 1))
        self._row.addStretch(1)
        self._row.addWidget(self._uses)
        text = self._uses_text()
        self._uses.setText(text)
        self._uses.setToolTip(tr("What is changed here changes in every instance.") if text else "")

    def _button(self, place: Place, *, last: bool) -> QToolButton:
        button = QToolButton()
        location = place.location
        steps = location.steps
        if steps:
            node, slot = steps[-1]
            assert location.parent is not None
            button.setText(f"{node} · {slot_name(self._session.document.node(location.parent, node), slot)}")
        elif place.node and place.node != location.definition:
            button.setText(f"{place.node} : {location.definition}")
        else:
            button.setText(location.definition)
        button.setToolTip(plain(tr("Show {path}").format(path=location.path())))
        button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        if last:
            font = button.font()
            font.setBold(True)
            button.setFont(font)
        if not steps and location.definition == self._session.document.root:
            button.setIcon(icon("mdi6.home-outline"))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        if last and steps:
            self._add_slots(button, place)
        else:
            button.clicked.connect(lambda: self._go(lambda: self._session.enter(location)))
        return button

    def _go(self, there: Callable[[], None]) -> None:
        there()
        self.chosen.emit()

    def _add_slots(self, button: QToolButton, place: Place) -> None:
        parent = place.location.parent
        assert parent is not None
        node, current = place.location.steps[-1]
        owner = self._session.document.node(parent, node)
        slots = [slot for slot, _ in owner.graphs()]
        if len(slots) < 2:
            return
        menu = QMenu(button)
        group = QActionGroup(menu)
        for slot in slots:
            action = menu.addAction(slot_name(owner, slot))
            action.setCheckable(True)
            action.setChecked(slot == current)
            action.triggered.connect(lambda _=False, slot=slot: self._go(lambda: self._session.show_slot(slot)))
            group.addAction(action)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setText(f"{button.text()} ▾")
        button.setToolTip(plain(tr("Choose which graph of {node} is shown").format(node=node)))

    def _uses_text(self) -> str:
        document, name = self._session.document, self._session.location.definition
        count = len(users_of(document, name))
        if name == document.root and not count:
            return ""
        if count == 0:
            return tr("Not used yet: place it from the palette")
        return tr("Used once") if count == 1 else tr("Used {count} times").format(count=count)
