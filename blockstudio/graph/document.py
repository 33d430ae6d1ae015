"""The document: what a project file holds, and the one place that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from attrs import Factory, define, field, frozen

from blockstudio.errors import EditError, mark
from blockstudio.graph.events import Observers
from blockstudio.graph.model import CodeDefinition, Definition, Graph, Node

if TYPE_CHECKING:
    from blockstudio.graph.edits import Edit


@frozen(cache_hash=True)
class Location:
    """The address of a graph: a definition, then (node, slot) steps into control-flow bodies."""

    definition: str
    steps: tuple[tuple[str, str], ...] = ()

    def enter(self, node: str, slot: str) -> Location:
        return Location(self.definition, (*self.steps, (node, slot)))

    @property
    def parent(self) -> Location | None:
        return Location(self.definition, self.steps[:-1]) if self.steps else None

    def path(self, node: str = "") -> str:
        """The address in words, such as "FixedHiddenMLP/loop.body/halve"."""
        parts = [self.definition, *(f"{name}.{slot}" for name, slot in self.steps)]
        return "/".join([*parts, node] if node else parts)

    def __str__(self) -> str:
        return self.path()


@define
class Document:
    """A root block plus named definitions."""

    root: str
    definitions: dict[str, Definition | CodeDefinition] = Factory(dict)
    functions: dict[str, str] = Factory(dict)
    """Initialiser functions of the user's own: name to Python source."""
    seed: int = 0
    extra: dict[str, Any] = Factory(dict)
    observers: Observers = field(factory=Observers, eq=False, repr=False, init=False)

    def apply(self, edit: Edit) -> Edit:
        """Make a change, tell the observers, and return the edit that takes it back."""
        inverse = edit.apply(self)
        self.observers.notify(tuple(edit.leaves()))
        return inverse

    def definition(self, name: str) -> Definition:
        """The graph definition of that name; EditError when there is none."""
        found = self.definitions.get(name)
        if not isinstance(found, Definition):
            raise EditError(mark("There is no block named “{name}”."), name=name)
        return found

    def graph(self, location: Location) -> Graph:
        """The graph at an address; EditError when there is none."""
        graph = self.definition(location.definition).graph
        for name, slot in location.steps:
            node = graph.nodes.get(name)
            inner = dict(node.graphs()).get(slot) if node else None
            if inner is None:
                raise EditError(mark("There is no “{slot}” in a node named “{name}”."), slot=slot, name=name)
            graph = inner
        return graph

    def node(self, location: Location, name: str) -> Node:
        """The node of that name; EditError when there is none."""
        node = self.graph(location).nodes.get(name)
        if node is None:
            raise EditError(mark("There is no node named “{name}”."), path=location.path(), name=name)
        return node

    def walk(self, location: Location) -> Iterator[tuple[Location, Graph]]:
        """A graph and every graph nested in its nodes, outermost first; not into instances."""
        pending = [(location, self.graph(location))]
        while pending:
            place, graph = pending.pop(0)
            yield place, graph
            for node in graph.nodes.values():
                if node.holds:
                    pending += [(place.enter(node.name, slot), inner) for slot, inner in node.graphs()]

    def graphs(self) -> Iterator[tuple[Location, Graph]]:
        """Every graph of every definition."""
        for name, definition in self.definitions.items():
            if isinstance(definition, Definition):
                yield from self.walk(Location(name))

    def code(self) -> dict[str, str]:
        """Every piece of Python of the user's own in this document, by name: what must be trusted."""
        blocks = {name: d.source for name, d in self.definitions.items() if isinstance(d, CodeDefinition)}
        return {**blocks, **self.functions}
