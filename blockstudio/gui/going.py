"""Going to places: back and forward, from problem to problem, and to bookmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from blockstudio.gui import matching
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.matching import Choice
from blockstudio.gui.navigation import View
from blockstudio.gui.settings import BOOKMARKS

if TYPE_CHECKING:
    from blockstudio.engine.protocol import Problem
    from blockstudio.gui.main_window import MainWindow

SEVERITIES = ("error", "warning", "info")
MOST_PAST = 100
MOST_FILES = 60
"""Projects whose bookmarks are remembered."""
STATUS_TIME = 8000


class Going:
    """Where one can go in one window."""

    def __init__(self, window: MainWindow) -> None:
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
        canvas = self._window.canvas
        center = canvas.view_center()
        place = self._session.location.path()
        nearest = ", ".join(self._session.selection[:3]) or canvas.nearest_name(center)
        name = f"{place} · {nearest}" if nearest else place
        mark: dict[str, str | float] = {
            "name": name,
            "place": place,
            "x": center.x(),
            "y": center.y(),
            "zoom": canvas.zoom,
        }
        self._keep([*(old for old in self.bookmarks() if old["name"] != name), mark])
        self._window.status.showMessage(tr("Bookmark: {name}").format(name=name), STATUS_TIME)

    def bookmarks(self) -> list[dict[str, str | float]]:
        """Those of this project, oldest first."""
        found = self._session.settings.get(BOOKMARKS).get(self._key(), [])
        return [mark for mark in found if isinstance(mark, dict) and {"name", "place", "x", "y", "zoom"} <= mark.keys()]

    def show_bookmarks(self) -> None:
        """Ask which one to go to."""
        marks = self.bookmarks()
        choices = [
            Choice(str(i), str(mark["name"]), icon="mdi6.bookmark-outline", category="action")
            for i, mark in reversed(list(enumerate(marks)))
        ]
        if not choices:
            self._session.notify(tr("There are no bookmarks in this project yet."), "info", key="no-bookmarks")
            return
        self._window.search_popup.open_large(
            lambda text: matching.ranked(choices, text),
            lambda payload: self._go(marks[int(payload)]),
            prompt=tr("Go to a bookmark"),
            title=tr("Bookmarks"),
        )

    def forget_bookmarks(self) -> None:
        """Take all bookmarks of this project away."""
        self._keep([])

    def _go(self, mark: dict[str, str | float]) -> None:
        found = self._session.locate(str(mark["place"]))
        if found is None or found[1] or found[0].path() != mark["place"]:
            self._session.notify(tr("That block is not there any more."), "warning", key="no-place")
            return
        self._session.enter(found[0])
        self._window.canvas.glide(QPointF(float(mark["x"]), float(mark["y"])), float(mark["zoom"]))
        self._window.canvas.setFocus()

    def _keep(self, marks: list[dict[str, str | float]]) -> None:
        known = self._session.settings.get(BOOKMARKS)
        kept = {**known}
        kept.pop(self._key(), None)
        if marks:
            kept[self._key()] = marks
        self._session.settings.set(BOOKMARKS, dict(list(kept.items())[-MOST_FILES:]))

    def _key(self) -> str:
        return str(self._session.path.resolve()) if self._session.path else ""
