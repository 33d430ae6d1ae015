"""Laying out the graph of a canvas: a small one at once, a large one a little at a time, between events of the window.

A thread would hold the window up for longer: the layout is Python, and each would wait for the other's turn.
"""

from __future__ import annotations

from collections.abc import Collection
from time import perf_counter
from typing import TYPE_CHECKING

from attrs import frozen
from PySide6.QtCore import QObject, QTimer

from blockstudio.graph.document import Document, Location
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.layout.steps import Steps, at_once
from blockstudio.gui.canvas.scene.tidying import Tidied, sheet, tidying

if TYPE_CHECKING:
    from blockstudio.gui.canvas.commands.editing import Editing

MOST_AT_ONCE = 400
"""Nodes that are laid out in less time than a person notices."""
SLICE = 0.006
"""Seconds of work between two looks at what else is to be done."""
PATIENCE = 30
"""Milliseconds between two looks whether a gesture is over."""


@frozen
class Wish:
    """What is to be laid out, and how the step of undo is called."""

    document: Document
    location: Location
    only: frozenset[Key] | None
    text: str
    merge: str
    fit: bool
    """Bring all of it into view then."""


class TidyUp(QObject):
    """At most one layout is under way. It ends in one step of undo, or in none if its graph is left meanwhile."""

    def __init__(self, canvas: Editing) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._wish: Wish | None = None
        self._steps: Steps[Tidied] | None = None
        """Of the graph as it was when they were begun; None to begin afresh."""
        self._found: Tidied | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)
        canvas.session.document_changed.connect(self._changed)

    @property
    def under_way(self) -> bool:
        return self._wish is not None

    def start(self, only: Collection[Key] | None, text: str, *, merge: str = "", fit: bool = False) -> None:
        """Lay out everything, or `only` some things: a step of undo, or part of the last with the same `merge` key."""
        self.stop()
        scene = self._canvas.canvas_scene
        if scene.document is None:
            return
        chosen = None if only is None else frozenset(only)
        wish = Wish(scene.document, scene.location, chosen, text, merge, fit)
        if len(scene.nodes if only is None else only) <= MOST_AT_ONCE:
            self._apply(at_once(tidying(sheet(scene, only))), wish)
            return
        self._wish = wish
        self._timer.start(0)

    def stop(self) -> bool:
        """Let it be; whether one was under way."""
        stopped = self.under_way
        self._timer.stop()
        self._wish = self._steps = self._found = None
        return stopped

    def _changed(self, _: object) -> None:
        """The document is another now: what was found says nothing of it."""
        if self._wish is not None:
            self._steps = self._found = None
            self._timer.start(0)

    def _go_on(self) -> None:
        wish, canvas = self._wish, self._canvas
        scene = canvas.canvas_scene
        if wish is None or scene.document is not wish.document or scene.location != wish.location:
            self.stop()
        elif self._found is None:
            self._steps = self._steps or tidying(sheet(scene, wish.only))
            self._found = _worked_on(self._steps)
        elif canvas.interaction is not None:
            self._timer.start(PATIENCE)
        else:
            found = self._found
            self.stop()
            self._apply(found, wish)

    def _apply(self, found: Tidied, wish: Wish) -> None:
        canvas = self._canvas
        canvas.move_to(found.before, found.after, wish.text, found.sizes, found.routes, merge=wish.merge)
        if wish.fit:
            canvas.stop_animation()  # to fit what it leads to
            canvas.fit()


def _worked_on(steps: Steps[Tidied]) -> Tidied | None:
    """The result, if a slice of work brings it about."""
    end = perf_counter() + SLICE
    while True:
        try:
            next(steps)
        except StopIteration as over:
            result: Tidied = over.value
            return result
        if perf_counter() >= end:
            return None
