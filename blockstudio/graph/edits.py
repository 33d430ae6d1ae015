"""Every way a document can change: small edits, each with an exact inverse.

`Document.apply` runs them; nothing else writes the document. An edit that is refused raises
`EditError` and leaves the document as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeVar

import attrs
from attrs import evolve, frozen

from blockstudio.errors import EditError, mark
from blockstudio.graph import topology
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import (
    CodeDefinition,
    Definition,
    Edge,
    Endpoint,
    Graph,
    Node,
    Note,
    Port,
    Position,
)

V = TypeVar("V")


class Edit:
    """A change to a document, as plain data."""

    def apply(self, document: Document) -> Edit:
        """Make the change and return the edit that takes it back."""
        raise NotImplementedError

    def leaves(self) -> Iterator[Edit]:
        """The single edits this one is made of, in order."""
        yield self


@frozen
class Batch(Edit):
    """Several edits as one: all are made, or none."""

    edits: tuple[Edit, ...]

    def apply(self, document: Document) -> Edit:
        inverses: list[Edit] = []
        try:
            for edit in self.edits:
                inverses.append(edit.apply(document))
        except BaseException:
            for inverse in reversed(inverses):
                inverse.apply(document)
            raise
        return Batch(tuple(reversed(inverses)))

    def leaves(self) -> Iterator[Edit]:
        for edit in self.edits:
            yield from edit.leaves()


@frozen
class AddNode(Edit):
    """Put a node in a graph, at a place in its order (None: last)."""

    location: Location
    node: Node
    index: int | None = None

    def apply(self, document: Document) -> Edit:
        graph = document.graph(self.location)
        if self.node.name in graph.nodes:
            raise _taken(self.location, self.node.name)
        _refuse_recursion(document, self.location, self.node)
        _insert(graph.nodes, self.node.name, self.node, self.index)
        return RemoveNode(self.location, self.node.name)


@frozen
class RemoveNode(Edit):
    """Take a node that no edge touches out of a graph."""

    location: Location
    name: str

    def apply(self, document: Document) -> Edit:
        graph = document.graph(self.location)
        node = document.node(self.location, self.name)
        if graph.edges_into(self.name) or graph.edges_out_of(self.name):
            raise EditError(mark("The node is still wired."), path=self.location.path(self.name))
        index = None if next(reversed(graph.nodes)) == self.name else list(graph.nodes).index(self.name)
        del graph.nodes[self.name]
        return AddNode(self.location, node, index)


@frozen
class SetNode(Edit):
    """Put another value in place of the node of the same name: options, comment, colour, kind."""

    location: Location
    node: Node

    def apply(self, document: Document) -> Edit:
        before = document.node(self.location, self.node.name)
        _refuse_recursion(document, self.location, self.node)
        document.graph(self.location).nodes[self.node.name] = self.node
        return SetNode(self.location, before)


@frozen
class MoveNodes(Edit):
    """Give nodes new positions on the canvas."""

    location: Location
    positions: Mapping[str, Position]

    def apply(self, document: Document) -> Edit:
        nodes = document.graph(self.location).nodes
        before = {name: document.node(self.location, name).position for name in self.positions}
        for name, position in self.positions.items():
            nodes[name] = evolve(nodes[name], position=position)
        return MoveNodes(self.location, before)


@frozen
class ReorderNode(Edit):
    """Move a node to another place in the order of its graph."""

    location: Location
    name: str
    index: int

    def apply(self, document: Document) -> Edit:
        nodes = document.graph(self.location).nodes
        document.node(self.location, self.name)
        before = list(nodes).index(self.name)
        _insert(nodes, self.name, nodes.pop(self.name), self.index)
        return ReorderNode(self.location, self.name, before)


@frozen
class RenameNode(Edit):
    """Rename a node and its ends of edges. `commands.rename_node` also renames what refers to it."""

    location: Location
    old: str
    new: str

    def apply(self, document: Document) -> Edit:
        graph = document.graph(self.location)
        node = document.node(self.location, self.old)
        if self.new in graph.nodes:
            raise _taken(self.location, self.new)
        edges = graph.edges_into(self.old) + graph.edges_out_of(self.old)
        for edge in edges:
            graph.connect(edge.target, None)
        for target in [target for target in graph.routes if target.node == self.old]:
            graph.routes[_renamed(target, self.old, self.new)] = graph.routes.pop(target)
        renamed = {
            (self.new if name == self.old else name): (evolve(node, name=self.new) if name == self.old else other)
            for name, other in graph.nodes.items()
        }
        graph.nodes.clear()
        graph.nodes.update(renamed)
        for edge in edges:
            graph.connect(_renamed(edge.target, self.old, self.new), _renamed(edge.source, self.old, self.new))
        return RenameNode(self.location, self.new, self.old)


@frozen
class Connect(Edit):
    """Feed an input from an output; from None, unplug it. The points of another edge there go with it."""

    location: Location
    target: Endpoint
    source: Endpoint | None

    def apply(self, document: Document) -> Edit:
        graph = document.graph(self.location)
        if self.source is not None:
            for end in (self.source, self.target):
                if end.node and end.node not in graph.nodes:
                    raise EditError(mark("There is no node named “{name}”."), path=str(self.location), name=end.node)
            if self.source.node and self.target.node:
                cycle = topology.path_between(graph, self.target.node, self.source.node)
                if cycle:
                    raise EditError(
                        mark("This wire would close a circle: {cycle}. Use a While or Repeat block for a loop."),
                        path=self.location.path(self.target.node),
                        cycle=" → ".join([*cycle, cycle[0]]),
                    )
        before = graph.connect(self.target, self.source)
        route = graph.routes.pop(self.target, ()) if before != self.source else ()
        undo = Connect(self.location, self.target, before)
        return Batch((undo, SetRoute(self.location, self.target, route))) if route else undo


@frozen
class SetRoute(Edit):
    """Draw the edge that feeds an input through some points; through none, as it comes."""

    location: Location
    target: Endpoint
    points: tuple[Position, ...] = ()

    def apply(self, document: Document) -> Edit:
        graph = document.graph(self.location)
        if self.points and self.target not in graph.edges:
            raise EditError(mark("There is no wire to put points on."), path=self.location.path(self.target.node))
        before = graph.routes.pop(self.target, ())
        if self.points:
            graph.routes[self.target] = self.points
        return SetRoute(self.location, self.target, before)


@frozen
class SetPorts(Edit):
    """Replace the ordered inputs or outputs of a graph."""

    location: Location
    side: Literal["inputs", "outputs"]
    ports: tuple[Port, ...]

    def apply(self, document: Document) -> Edit:
        graph = document.graph(self.location)
        names = [port.name for port in self.ports]
        for name in names:
            if names.count(name) > 1:
                raise _taken(self.location, name)
        before: tuple[Port, ...] = tuple(getattr(graph, self.side))
        getattr(graph, self.side)[:] = self.ports
        return SetPorts(self.location, self.side, before)


@frozen
class SetNote(Edit):
    """Put a note or frame on the canvas under a key; None takes it away."""

    location: Location
    key: str
    note: Note | None

    def apply(self, document: Document) -> Edit:
        notes = document.graph(self.location).notes
        before = notes.pop(self.key, None)
        if self.note is not None:
            notes[self.key] = self.note
        return SetNote(self.location, self.key, before)


@frozen
class AddDefinition(Edit):
    """Add a definition, at a place in their order (None: last)."""

    definition: Definition | CodeDefinition
    index: int | None = None

    def apply(self, document: Document) -> Edit:
        name = self.definition.name
        if name in document.definitions:
            raise EditError(mark("There is already a block named “{name}”."), name=name)
        _insert(document.definitions, name, self.definition, self.index)
        cycle = topology.recursion_through(document, name)
        if cycle:
            del document.definitions[name]
            raise _recursion(cycle)
        return RemoveDefinition(name)


@frozen
class RemoveDefinition(Edit):
    """Take out a definition that nothing uses."""

    name: str

    def apply(self, document: Document) -> Edit:
        definition = document.definitions.get(self.name)
        if definition is None:
            raise EditError(mark("There is no block named “{name}”."), name=self.name)
        uses = topology.uses_of(document, self.name)
        if uses or self.name == document.root:
            raise EditError(
                mark("“{name}” is still used in {uses}."), name=self.name, uses=", ".join(uses) or document.root
            )
        index = list(document.definitions).index(self.name)
        del document.definitions[self.name]
        return AddDefinition(definition, index)


@frozen
class RenameDefinition(Edit):
    """Rename a definition. `definition_commands.rename_definition` also renames what uses it."""

    old: str
    new: str

    def apply(self, document: Document) -> Edit:
        if self.old not in document.definitions:
            raise EditError(mark("There is no block named “{name}”."), name=self.old)
        if self.new in document.definitions:
            raise EditError(mark("There is already a block named “{name}”."), name=self.new)
        document.definitions[self.old].name = self.new
        renamed = {(self.new if name == self.old else name): d for name, d in document.definitions.items()}
        document.definitions.clear()
        document.definitions.update(renamed)
        return RenameDefinition(self.new, self.old)


@frozen
class ChangeDefinition(Edit):
    """Set fields of a definition other than its name and graph."""

    name: str
    changes: Mapping[str, Any]

    def apply(self, document: Document) -> Edit:
        definition = document.definitions.get(self.name)
        if definition is None:
            raise EditError(mark("There is no block named “{name}”."), name=self.name)
        return ChangeDefinition(self.name, _set_fields(definition, self.changes))


@frozen
class ChangeDocument(Edit):
    """Set the root, the seed, or the initialiser functions of a document."""

    changes: Mapping[str, Any]

    def apply(self, document: Document) -> Edit:
        return ChangeDocument(_set_fields(document, self.changes))


def _set_fields(target: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    known = attrs.fields_dict(type(target))
    assert all(name in known for name in changes), changes
    before = {name: getattr(target, name) for name in changes}
    for name, value in changes.items():
        setattr(target, name, value)
    return before


def _insert(mapping: dict[str, V], key: str, value: V, index: int | None) -> None:
    if index is None or index >= len(mapping):
        mapping[key] = value
        return
    items = list(mapping.items())
    items.insert(index, (key, value))
    mapping.clear()
    mapping.update(items)


def _renamed(end: Endpoint, old: str, new: str) -> Endpoint:
    return Endpoint(new, end.port) if end.node == old else end


def _taken(location: Location, name: str) -> EditError:
    return EditError(mark("The name “{name}” is taken."), path=location.path(), name=name)


def _recursion(cycle: list[str]) -> EditError:
    return EditError(
        mark("A block cannot contain itself: {cycle}."), path=cycle[0], cycle=" → ".join([*cycle, cycle[0]])
    )


def _refuse_recursion(document: Document, location: Location, node: Node) -> None:
    for instance in topology.instances_of_node(node):
        path = topology.definition_path(document, instance.definition, location.definition)
        if path:
            raise _recursion(path)


def disconnect(location: Location, graph: Graph, edges: list[Edge]) -> list[Edit]:
    """The edits that unplug these edges."""
    return [Connect(location, edge.target, None) for edge in dict.fromkeys(edges)]
