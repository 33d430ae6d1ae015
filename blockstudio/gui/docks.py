"""Panes that can be moved, put in tabs, closed and opened again, with a slim title."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMainWindow,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon

LEAST = QSize(150, 110)
"""What a pane can be made as small as."""


class TitleBar(QFrame):
    """Title and buttons of a pane that stands by itself; in a stack of tabs the tab says enough."""

    def __init__(self, dock: Pane) -> None:
        super().__init__(dock)
        self._dock = dock
        self.setObjectName("paneTitle")
        self.title = QLabel(dock.windowTitle())
        self.title.setProperty("heading", True)
        self.float_button = _button("mdi6.dock-window", tr("Float or dock"))
        self.float_button.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.close_button = _button("mdi6.close", tr("Hide this pane; the View menu shows it again"))
        self.close_button.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 4, 2)
        row.setSpacing(0)
        row.addWidget(self.title, 1)
        row.addWidget(self.float_button)
        row.addWidget(self.close_button)


class Pane(QDockWidget):
    """One pane. Its content may come later than the pane, which keeps the place."""

    def __init__(self, name: str, title: str, glyph: str, window: QMainWindow) -> None:
        super().__init__(title, window)
        self.setObjectName(name)
        self.setWindowIcon(icon(glyph))
        self._bar = TitleBar(self)
        self._no_bar = QWidget(self)
        self.setTitleBarWidget(self._bar)
        self.holder = QFrame()
        self.holder.setObjectName("paneContent")
        layout = QVBoxLayout(self.holder)
        layout.setContentsMargins(0, 0, 0, 0)
        self.setWidget(self.holder)
        self.in_front = False
        """The pane is on the screen: not closed, and not behind another tab."""
        self.content: QWidget | None = None
        """The panel in this pane."""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._choose_bar)
        self.topLevelChanged.connect(lambda _: self._soon.start())
        self.dockLocationChanged.connect(lambda _: self._soon.start())
        self.visibilityChanged.connect(self._seen_changed)

    def set_content(self, widget: QWidget) -> None:
        """Put a panel into the pane. The pane may be smaller than the panel would like: panels make do."""
        self.content = widget
        layout = self.holder.layout()
        assert layout is not None
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        layout.addWidget(widget)
        self.holder.setMinimumSize(LEAST)

    def bring_up(self) -> None:
        """Show the pane, in front of those it shares tabs with, and give it the keyboard."""
        self.show()
        self.raise_()

    def _seen_changed(self, visible: bool) -> None:
        self.in_front = visible
        self._soon.start()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.WindowTitleChange and hasattr(self, "_bar"):
            self._bar.title.setText(self.windowTitle())
        super().changeEvent(event)

    def _choose_bar(self) -> None:
        window = self.parent()
        shown = isinstance(window, QMainWindow) and any(
            not other.isHidden() and not other.isFloating() for other in window.tabifiedDockWidgets(self)
        )
        bar = self._no_bar if shown and not self.isFloating() else self._bar
        if self.titleBarWidget() is not bar:
            self.setTitleBarWidget(bar)
            bar.show()


def dress_tab_bars(window: QMainWindow, *, icons: bool) -> None:
    """Give the tab bars that Qt made for panes icons, tooltips and a place in the order of Tab."""
    panes = {pane.windowTitle(): pane for pane in window.findChildren(Pane)}
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        bar.setDrawBase(False)
        bar.setExpanding(False)
        bar.setIconSize(QSize(16, 16))
        bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for i in range(bar.count()):
            pane = panes.get(bar.tabText(i))
            if pane is not None:
                bar.setTabIcon(i, pane.windowIcon() if icons else QIcon())
                bar.setTabToolTip(i, pane.windowTitle())


def whole_size(pane: Pane, window: QMainWindow) -> QSize:
    """The size of a pane, with the tabs it may share."""
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if bar.isVisible() and pane.windowTitle() in (bar.tabText(i) for i in range(bar.count())):
            return pane.size() + QSize(0, bar.height())
    return pane.size()


def _button(glyph: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(glyph, "muted"))
    button.setIconSize(QSize(14, 14))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
