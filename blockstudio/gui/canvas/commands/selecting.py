"""Selecting by what things are and how they hang together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from blockstudio.graph.model import Call, Node
from blockstudio.gui.canvas.facts.keys import Key, node_key
from blockstudio.gui.canvas.painting.edge_item import owners

if TYPE_CHECKING:
    from blockstudio.gui.canvas.scene.scene import CanvasScene
    from blockstudio.gui.canvas.view import Canvas


class Selecting:
    """The commands on a selection that make another."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    @property
    def _scene(self) -> CanvasScene:
        return self._canvas.canvas_scene

    def everything(self) -> None:
        """Every node, port and note of this graph."""
        self._canvas.select_keys(self._all())

    def invert(self) -> None:
        """What was not selected instead of what was."""
        wires = {key for key in self._scene.selection if key.kind == "edge"}
        self._canvas.select_keys(self._all() - (self._scene.selection - wires))

    def same_type(self) -> None:
        """Every node of the kinds that are selected."""
        nodes = self._scene.graph.nodes
        kinds = {self._kind(nodes[key.name]) for key in self._scene.selection if key.kind == "node"}
        self._canvas.select_keys(node_key(name) for name, node in nodes.items() if self._kind(node) in kinds)

    def upstream(self) -> None:
        """Everything that feeds what is selected, besides it."""
        self._spread(lambda key: (start for start, end in self._wires_of(key) if end == key))

    def downstream(self) -> None:
        """Everything that is fed by what is selected, besides it."""
        self._spread(lambda key: (end for start, end in self._wires_of(key) if start == key))

    def connected(self) -> None:
        """Everything that hangs together with what is selected."""
        self._spread(lambda key: (other for ends in self._wires_of(key) for other in ends if other != key))

    def _all(self) -> set[Key]:
        return {thing.key for thing in self._scene.things()}

    def _wires_of(self, key: Key) -> Iterable[tuple[Key, Key]]:
        return (owners(edge) for edge in self._scene.edges_of(key))

    def _spread(self, beyond: Callable[[Key], Iterable[Key]]) -> None:
        found = {key for key in self._scene.selection if key.kind != "edge"}
        pending = list(found)
        while pending:
            for key in beyond(pending.pop()):
                if key not in found:
                    found.add(key)
                    pending.append(key)
        self._canvas.select_keys(found)

    def _kind(self, node: Node) -> tuple[str, str]:
        """What two nodes have in common that do the same; a call is of the kind of the layer it applies."""
        nodes = self._scene.graph.nodes
        if isinstance(node, Call) and node.layer in nodes:
            node = nodes[node.layer]
        return node.kind, getattr(node, "type", "") or getattr(node, "definition", "")
