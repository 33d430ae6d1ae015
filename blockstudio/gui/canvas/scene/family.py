"""The scenes that are drawn together: that of the graph one works in, those around it, and those inside nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QSizeF

from blockstudio.engine.protocol import Problem
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Edit
from blockstudio.graph.model import Graph

if TYPE_CHECKING:
    from blockstudio.gui.canvas.facts.flowing import Knowledge
    from blockstudio.gui.canvas.painting.surface import Surface
    from blockstudio.gui.canvas.scene.scene import CanvasScene

Grown = dict[str, tuple[QSizeF, QSizeF]]
"""The sizes of nodes before and after what is inside them changed."""


class Family:
    """One scene for each graph, however many nodes show it: what is edited in one place is seen in all at once."""

    def __init__(self, make: Callable[[Family], CanvasScene]) -> None:
        self._make = make
        self._scenes: dict[int, CanvasScene] = {}
        """By the identity of their graphs, which outlives every renaming."""
        self.problems: list[Problem] = []

    def __iter__(self) -> Iterator[CanvasScene]:
        return iter(tuple(self._scenes.values()))

    def join(self, scene: CanvasScene, graph: Graph) -> None:
        """A scene shows this graph from now on."""
        self._scenes = {key: other for key, other in self._scenes.items() if other is not scene}
        self._scenes[id(graph)] = scene

    def known(self, graph: Graph) -> CanvasScene | None:
        """The scene of a graph, where there is one."""
        return self._scenes.get(id(graph))

    def scene(
        self, document: Document, location: Location, knowledge: Knowledge | None, like: Surface | None = None
    ) -> CanvasScene:
        """The scene of the graph at a location, made if there is none."""
        scene = self.known(document.graph(location))
        if scene is None or scene.document is not document:
            scene = scene or self._make(self)
            if like is not None:
                scene.surface.take_after(like)
            scene.show_graph(document, location, knowledge)
            scene.set_problems(self.problems)
        else:
            scene.moved_to(location)
        return scene

    def follow(self, edits: Iterable[Edit]) -> None:
        """Bring all scenes in line with the document."""
        edits = tuple(edits)
        for scene in self:
            scene.follow(edits)
        self.measure_insides()

    def measure_insides(self) -> None:
        """Let every expanded node be as large as what is inside it, the innermost first."""
        done: set[int] = set()
        for scene in self:
            self._measure(scene, done)

    def _measure(self, scene: CanvasScene, done: set[int]) -> None:
        if id(scene) in done:
            return
        done.add(id(scene))
        if scene.is_gone:
            return
        insides = scene.insides()
        for inner in insides.values():
            self._measure(inner, done)
        scene.open(insides)

    def drawn_inside(self) -> dict[CanvasScene, int]:
        """The scenes that are shown inside nodes, and in how many places."""
        holders: dict[CanvasScene, list[CanvasScene]] = defaultdict(list)
        for scene in self:
            for item in scene.expanded_items():
                if item.inner is not None:
                    holders[item.inner].append(scene)
        places: dict[CanvasScene, int] = {}

        def count(scene: CanvasScene) -> int:
            if scene not in holders:
                return 1
            if scene not in places:
                places[scene] = sum(map(count, holders[scene]))
            return places[scene]

        return {scene: count(scene) for scene in holders}

    def sweep(self, kept: Iterable[CanvasScene]) -> None:
        """Let go of every scene but these and what is inside them."""
        wanted: dict[int, CanvasScene] = {}
        pending = list(kept)
        while pending:
            scene = pending.pop()
            if id(scene) not in wanted:
                wanted[id(scene)] = scene
                pending += [item.inner for item in scene.expanded_items() if item.inner is not None]
        for key, scene in tuple(self._scenes.items()):
            if id(scene) not in wanted:
                del self._scenes[key]
                scene.take_out_all()
                scene.deleteLater()

    def close(self) -> None:
        """Let go of them all."""
        self.sweep(())
