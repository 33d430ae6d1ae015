"""What is being moved: it changes its place as one, so that a step of a drag costs little however much it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.painting.edge_item import owners
from blockstudio.gui.canvas.painting.note_item import NoteItem
from blockstudio.gui.canvas.scene.ways import FEW

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.items import ItemStore


class Lift:
    """Some things, in front of all others, and the wires at them: all else stays as it is meanwhile."""

    def __init__(self, scene: ItemStore, keys: Iterable[Key] = ()) -> None:
        self._scene = scene
        self.keys = frozenset(keys)
        self.wires = frozenset(scene.ends_of(self.keys))
        self.shift = (0.0, 0.0)
        """How far it is from where it stood."""
        self.things = [item for key in self.keys if (item := scene.thing(key)) is not None]
        edges = [scene.edges[target] for target in self.wires]
        self.inner = [edge for edge in edges if edge.drawn and self.keys.issuperset(owners(edge))]
        """Wires that move along as they are."""
        self._inner_targets = frozenset(edge.target for edge in self.inner)
        self.outer = [edge for edge in edges if edge.target not in self._inner_targets]
        self._places = [(item.x(), item.y()) for item in self.things]
        self._ends = [((edge.x0, edge.y0), (edge.x1, edge.y1)) for edge in self.inner]

    def raise_all(self, raised: bool) -> None:
        """Paint nodes and pills in front of all others, or in their place again."""
        for item in self.things:
            if not isinstance(item, NoteItem):
                item.front = raised
            self._scene.overview.touch(item)
        for edge in (*self.inner, *self.outer):
            self._scene.overview.touch_wire(edge)

    def move(self, dx: float, dy: float) -> None:
        """Put it so far from where it stood."""
        scene = self._scene
        self.shift = dx, dy
        scene.moving(self.keys, self._inner_targets)
        for item, (x, y) in zip(self.things, self._places, strict=True):
            item.setPos(x + dx, y + dy)
        for edge, ((ax, ay), (bx, by)) in zip(self.inner, self._ends, strict=True):
            if edge.detour or edge.level is not None:
                scene.ways.loosen(edge)
            edge.place((ax + dx, ay + dy), (bx + dx, by + dy))
        scene.route(self.wires - self._inner_targets)
        if len(self.wires) <= FEW:
            scene.ways.lead(self.wires)
        scene.update()


def lift(scene: ItemStore, keys: Iterable[Key]) -> None:
    """Take things up: they are in front, and move as one, until they are dropped."""
    lifted = Lift(scene, keys)
    lifted.raise_all(True)
    scene.lifted = lifted
    scene.update()


def drop(scene: ItemStore) -> None:
    """Let what was lifted be where it has got to."""
    lifted, scene.lifted = scene.lifted, Lift(scene)
    lifted.raise_all(False)
    for item in lifted.things:
        scene.resized(item)
    scene.route(lifted.wires)
    scene.update()
