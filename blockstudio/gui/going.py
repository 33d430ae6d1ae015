"""Going to places: back and forward, from problem to problem, and to bookmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF

from blockstudio.graph.document import Location
from blockstudio.graph.looks import SetBookmark
from blockstudio.graph.model import Bookmark
from blockstudio.gui import matching
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.matching import Choice
from blockstudio.gui.navigation import View

if TYPE_CHECKING:
    from blockstudio.engine.protocol import Problem
    from blockstudio.gui.main_window import MainWindow

SEVERITIES = ("error", "warning", "info")
MOST_PAST = 100
STATUS_TIME = 8000


class Going(QObject):
    """Where one can go in one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._last: Problem | None = None
        self._here = self._session.view()
        self._past: list[View] = []
        self._future: list[View] = []
        self._travels = False
        self._session.location_changed.connect(self._note_place)
        self._session.selection_changed.connect(self._note_selection)
        self._session.document_replaced.connect(self._forget_past)
        window.breadcrumbs.chosen.connect(window.canvas.setFocus)

    # --- back and forward ---------------------------------------------------------------------

    def back(self) -> None:
        """Go to the block that was shown before this one."""
        self._travel(self._past, self._future)

    def forward(self) -> None:
        """Go where one came back from."""
        self._travel(self._future, self._past)

    def _travel(self, there: list[View], other: list[View]) -> None:
        if not there:
            return
        other.append(self._session.view())
        self._travels = True
        self._session.restore_view(there.pop())
        self._travels = False

    def _note_place(self) -> None:
        now = self._session.view()
        if not self._travels and now.trail != self._here.trail:
            self._past.append(self._here)
            del self._past[:-MOST_PAST]
            self._future.clear()
        self._here = now

    def _note_selection(self) -> None:
        self._here = self._session.view()

    def _forget_past(self) -> None:
        self._past.clear()
        self._future.clear()
        self._here = self._session.view()

    # --- problems -----------------------------------------------------------------------------

    def next_problem(self) -> None:
        self._step(1)

    def previous_problem(self) -> None:
        self._step(-1)

    def _step(self, step: int) -> None:
        problems = sorted(self._session.diagnostics, key=lambda p: SEVERITIES.index(p.severity))
        if not problems:
            self._session.notify(tr("There are no problems."), "success", key="no-problems")
            return
        place = problems.index(self._last) + step if self._last in problems else min(0, step)
        problem = self._last = problems[place % len(problems)]
        self._session.show_path(problem.path)
        found = self._session.locate(problem.path)
        if found is not None and not found[1]:  # of the graph as a whole
            self._session.select(())
            self._window.canvas.fit()
        self._window.canvas.setFocus()
        number = f"{problems.index(problem) + 1}/{len(problems)}"
        self._window.status.showMessage(f"{number}  {message(problem)}", STATUS_TIME)

    # --- bookmarks ----------------------------------------------------------------------------

    def add_bookmark(self) -> None:
        """Remember what is looked at now."""
        canvas, location = self._window.canvas, self._session.location
        center = canvas.view_center()
        name = ", ".join(self._session.selection[:3]) or canvas.nearest_name(center)
        mark = Bookmark((center.x(), center.y()), canvas.zoom)
        self._session.push(SetBookmark(location, name, mark), tr("Set a bookmark"))
        self._window.status.showMessage(tr("Bookmark: {name}").format(name=_words(location, name)), STATUS_TIME)

    def bookmarks(self) -> list[tuple[Location, str]]:
        """Where those of this project are, and their names."""
        return [(location, name) for location, graph in self._session.document.graphs() for name in graph.bookmarks]

    def show_bookmarks(self) -> None:
        """Ask which one to go to."""
        marks = self.bookmarks()
        choices = [
            Choice(str(i), _words(*mark), icon="mdi6.bookmark-outline", category="action")
            for i, mark in enumerate(marks)
        ]
        if not choices:
            self._session.notify(tr("There are no bookmarks in this project yet."), "info", key="no-bookmarks")
            return
        self._window.search_popup.open_large(
            lambda text: matching.ranked(choices, text),
            lambda payload: self._go(*marks[int(payload)]),
            prompt=tr("Go to a bookmark"),
            title=tr("Bookmarks"),
        )

    def forget_bookmarks(self) -> None:
        """Take all bookmarks of this project away."""
        with self._session.macro(tr("Forget the bookmarks")):
            for location, name in self.bookmarks():
                self._session.push(SetBookmark(location, name, None), "")

    def _go(self, location: Location, name: str) -> None:
        mark = self._session.document.graph(location).bookmarks[name]
        self._session.enter(location)
        self._window.canvas.glide(QPointF(*mark.center), mark.zoom)
        self._window.canvas.setFocus()


def _words(location: Location, name: str) -> str:
    return f"{location} · {name}" if name else str(location)
