"""Where the panes of the window are: the first arrangement, the one kept from last time, and the way round them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QTabWidget, QWidget

from blockstudio.errors import mark
from blockstudio.gui.docks import Pane, dress_tab_bars, whole_size
from blockstudio.gui.i18n import tr
from blockstudio.gui.settings import DOCKS, GEOMETRY, Settings

Area = Qt.DockWidgetArea

PANES = (
    ("palette", mark("Palette"), "mdi6.shape-plus", Area.LeftDockWidgetArea),
    ("inspector", mark("Inspector"), "mdi6.tune", Area.RightDockWidgetArea),
    ("initializers", mark("Initialisers"), "mdi6.dice-5-outline", Area.RightDockWidgetArea),
    ("parameters", mark("Parameters"), "mdi6.tune-variant", Area.BottomDockWidgetArea),
    ("tensor", mark("Values"), "mdi6.chart-histogram", Area.BottomDockWidgetArea),
    ("run", mark("Run"), "mdi6.play-circle-outline", Area.BottomDockWidgetArea),
    ("problems", mark("Problems"), "mdi6.alert-circle-outline", Area.BottomDockWidgetArea),
    ("source", mark("Source"), "mdi6.code-tags", Area.BottomDockWidgetArea),
    ("code", mark("Code"), "mdi6.language-python", Area.BottomDockWidgetArea),
)
"""Name, title, icon and first place. Those of one place share tabs, in this order."""
BESIDE = ("parameters", "tensor")
"""The second stands beside the tabs of the first, where there is room: values are looked at together with
what they belong to."""

FRONT = ("inspector", "parameters")
"""In front of those they share tabs with."""
CLOSED = ("code",)
"""Not shown until something asks for it."""
WIDE = 1200
"""Width of a window that has room for comfortable panes."""
BOTTOM = 0.28
"""Of the window's height: the panes at the bottom."""
SIDES = (0.145, 190, 232), (0.23, 314, 340)
"""Of the window's width, with the least and the most pixels: the panes at the left and at the right."""
VERSION = 1
"""Of the set of panes: an arrangement kept by another is not restored."""


class Arrangement:
    """The panes of one window."""

    def __init__(self, window: QMainWindow, settings: Settings) -> None:
        self._window = window
        self._settings = settings
        self.restored = False
        """The user's own arrangement is shown."""
        self._wide = False
        """The first arrangement that is shown is that of a wide window."""
        self._put_away: dict[Pane, QSize | None] = {}
        """The panes that make room for the canvas, with the sizes of those in front."""
        self._bottom: tuple[Pane | None, int, float] = None, 0, 0.0
        """The pane whose height was set last, that height, and what it would be without rounding."""
        window.setDockNestingEnabled(True)
        window.setAnimated(False)
        window.setTabPosition(Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)
        self.panes = {name: Pane(name, tr(title), glyph, window) for name, title, glyph, _ in PANES}
        self._dress_soon = QTimer(window)
        self._dress_soon.setSingleShot(True)
        self._dress_soon.setInterval(0)
        self._dress_soon.timeout.connect(self._dress)
        for pane in self.panes.values():
            pane.visibilityChanged.connect(self._changed)

    def _changed(self) -> None:
        self._dress_soon.start()

    def _dress(self) -> None:
        dress_tab_bars(self._window, icons=self._window.width() >= WIDE)

    def reset(self) -> None:
        """Put every pane in the place it first has in a window of this width."""
        window = self._window
        for pane in self.panes.values():
            pane.setFloating(False)
            window.removeDockWidget(pane)
        self._wide = window.width() >= WIDE
        self._put_away.clear()
        beside = BESIDE[1] if self._wide else ""
        front: dict[Area, Pane] = {}
        for name, _, _, area in PANES:
            pane = self.panes[name]
            if name == beside:  # before any tabs: a pane that has tabs cannot be split
                window.splitDockWidget(self.panes[BESIDE[0]], pane, Qt.Orientation.Horizontal)
            elif area in front:
                # Not side by side first, not even for a moment: the window would grow to hold them all.
                window.tabifyDockWidget(front[area], pane)
            else:
                window.addDockWidget(area, pane)
                front[area] = pane
            pane.show()
        for name in CLOSED:
            self.panes[name].hide()
        for name in FRONT:
            self.panes[name].raise_()
        self.restored = False
        self.resize()

    def resize(self) -> None:
        """Give the panes their first sizes, unless the user gave them others."""
        self._dress_soon.start()
        if self.restored:
            return
        if self._wide != (self._window.width() >= WIDE):  # the screen or its manager gave the window another width
            self.reset()
            return
        window, panes = self._window, self.panes
        widths = [min(most, max(least, int(share * window.width()))) for share, least, most in SIDES]
        window.resizeDocks([panes["palette"], panes["inspector"]], widths, Qt.Orientation.Horizontal)
        if window.width() >= WIDE:
            half = (window.width() - widths[1]) // 2
            window.resizeDocks([panes[name] for name in BESIDE], [half, half], Qt.Orientation.Horizontal)
        window.resizeDocks([panes["parameters"]], [max(200, int(window.height() * BOTTOM))], Qt.Orientation.Vertical)

    def follow(self, before: int) -> None:
        """The window was of another height: the panes at the bottom keep their share of it.

        Left alone the canvas would give up all of the difference, down to its least, and the panes none.
        """
        window, middle = self._window, self._window.centralWidget()
        docked = (pane for pane in self.panes.values() if pane.in_front and not pane.isFloating())
        seen = (pane for pane in docked if window.dockWidgetArea(pane) == Area.BottomDockWidgetArea)
        # One is enough for those side by side; tabs take some of the height of the others.
        pane = max(seen, key=lambda pane: pane.height(), default=None)
        if pane is None or middle is None:
            return
        last, height, exact = self._bottom
        squeezed = middle.height() <= middle.minimumHeight()  # by now it is smaller than the user made it
        if pane is not last or not (squeezed or height == pane.height()):
            exact = pane.height()
        exact *= window.height() / before
        window.resizeDocks([pane], [round(exact)], Qt.Orientation.Vertical)
        self._bottom = pane, round(exact), exact

    def toggle(self) -> None:
        """Give the canvas all the room of the window; again: every pane as it was."""
        shown = [pane for pane in self.panes.values() if not pane.isHidden() and not pane.isFloating()]
        if shown and not self._put_away:
            self._put_away = {pane: whole_size(pane, self._window) if pane.in_front else None for pane in shown}
            for pane in shown:
                pane.hide()
        elif self._put_away:
            self.bring_back()
        else:
            self.reset()

    def bring_back(self) -> None:
        """Show the panes that were put away."""
        away, self._put_away = self._put_away, {}
        for pane in away:
            pane.show()
        sizes = {pane: size for pane, size in away.items() if size is not None}
        for pane in sizes:
            pane.raise_()
        window, seen = self._window, list(sizes)
        window.resizeDocks(seen, [size.width() for size in sizes.values()], Qt.Orientation.Horizontal)
        window.resizeDocks(seen, [size.height() for size in sizes.values()], Qt.Orientation.Vertical)

    def keep(self) -> None:
        """Remember how the window is, for the next time."""
        self.bring_back()
        self._settings.set(GEOMETRY, bytes(self._window.saveGeometry().data()))
        self._settings.set(DOCKS, bytes(self._window.saveState(VERSION).data()))
        self._settings.flush()

    def restore(self) -> None:
        """Make the window as it was last time."""
        window = self._window
        screen = window.screen().availableGeometry()
        window.resize(min(1440, screen.width() - 40), min(920, screen.height() - 60))
        if kept := self._settings.get(GEOMETRY):
            window.restoreGeometry(kept)
        # Not over another arrangement: the tab bars of that would stay where they are.
        kept = self._settings.get(DOCKS)
        self.restored = bool(kept) and window.restoreState(kept, VERSION)
        if not self.restored:
            self.reset()

    def show_focus(self, middle: Sequence[QWidget], focus: QWidget | None) -> None:
        """Mark the pane, or the widget in the middle, that has the keyboard."""
        places = [*middle, *(pane.holder for pane in self.panes.values())]
        for place in places:
            active = focus is not None and _holds(place, focus)
            if place.property("focused") is not active:
                place.setProperty("focused", active)
                place.style().unpolish(place)
                place.style().polish(place)
                place.update()

    def move_focus(self, middle: Sequence[QWidget], step: int) -> None:
        """Give the keyboard to the next pane that is seen, or to one of the widgets in the middle."""
        ring: list[QWidget] = [*middle, *(pane for pane in self.panes.values() if pane.in_front)]
        focus = QApplication.focusWidget()
        here = next((i for i, place in enumerate(ring) if focus is not None and _holds(place, focus)), 0)
        place = ring[(here + step) % len(ring)]
        content = place.content if isinstance(place, Pane) else place
        if content is not None:
            _first_focus(content).setFocus(Qt.FocusReason.ShortcutFocusReason)


def _holds(place: QWidget, widget: QWidget) -> bool:
    return widget is place or place.isAncestorOf(widget)


def _first_focus(widget: QWidget) -> QWidget:
    """The widget, or the first inside it, that takes the keyboard."""
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget.focusProxy():
        return widget
    for child in widget.findChildren(QWidget):
        if child.isVisible() and child.isEnabled() and child.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return child
    return widget
