"""A scene with other scenes inside its expanded nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from blockstudio.errors import EditError
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Graph, Position
from blockstudio.gui.canvas.facts.flowing import Knowledge
from blockstudio.gui.canvas.facts.insides import Weights, drawn_in
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.scene.family import Family, Grown
from blockstudio.gui.canvas.scene.items import ItemStore

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.scene import CanvasScene


class NestedScene(ItemStore):
    """It shows the graph at a location, and inside expanded nodes the scenes of theirs."""

    def __init__(self, parent: QObject | None, family: Family) -> None:
        super().__init__(parent)
        self.family = family
        self.document: Document | None = None
        self.location = Location("")
        self.graph = Graph()
        self.sequence = False
        """The graph is the body of a Sequential: order takes the place of wires and positions."""
        self.arrangement: dict[Key, Position] = {}
        """Places chosen for a graph that has none of its own; empty otherwise."""
        self.grown: Grown = {}
        """Nodes that have another size since the last change, because what is inside them has."""
        self.knowledge: Knowledge | None = None
        self._new: set[str] = set()
        """Nodes that came with the last change: they have not grown."""

    @property
    def is_gone(self) -> bool:
        """Whether the document has no such graph any more."""
        try:
            return self.document is None or self.document.graph(self.location) is not self.graph
        except EditError:
            return True

    def note_expanded(self, name: str) -> None:
        """A node came or changed: see whether it shows what is inside it."""
        if self.graph.nodes[name].expanded:
            self.expanded.add(name)

    def insides(self) -> dict[str, CanvasScene]:
        """What is to be shown inside nodes now, by their names."""
        document, known = self.document, Weights()
        found: dict[str, CanvasScene] = {}
        if document is None:
            return found
        for name in self.expanded:
            place = drawn_in(document, self.location, self.graph.nodes[name], known)
            if place is not None:
                found[name] = self.family.scene(document, place, self.knowledge, self.surface)
        return found

    def open(self, insides: dict[str, CanvasScene]) -> None:
        """Show these inside nodes, and nothing inside others; as large as they are now."""
        changed = False
        for name in tuple(self.expanded):
            item = self.nodes[name]
            before = item.body.size()
            if item.show_inside(insides.get(name)):
                changed = True
                self.resized(item)
                self.route(self.ends_of([item.key]))
                if name not in self._new:
                    self.grown[name] = before, item.body.size()
            if not self.graph.nodes[name].expanded:
                self.expanded.discard(name)
        self._new.clear()
        if changed:
            self.sizes_changed()
            self.ways.settle()
        if insides or changed:
            self.overview.repaint()
            self.update()

    def sizes_changed(self) -> None:
        """Nodes have other sizes: places that depend on these have to be chosen again."""

    # --- for all that is drawn together -----------------------------------------------------------

    def look_at(self, scale: float, ratio: float = 1.0, nodes: int | None = None) -> None:
        inside = self.family.drawn_inside()
        drawn = sum(len(scene.nodes) * places for scene, places in inside.items())
        for scene in {self, *self.family}:
            # Each is small perhaps, and all of them together are many.
            ItemStore.look_at(scene, scale, ratio, drawn if scene in inside else nodes)

    def restyle(self) -> None:
        for scene in self.family:
            ItemStore.restyle(scene)
        self.family.measure_insides()

    def close(self) -> None:
        """Let go of everything: it is not shown any more."""
        self.family.close()
