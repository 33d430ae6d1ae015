"""The graphs of one definition, indexed once: which share the class, who owns what, and who is called."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, field, frozen

from blockstudio.catalog.ports import Ports, node_ports
from blockstudio.compiler.members import Group, grouped
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    Constant,
    Definition,
    Endpoint,
    Graph,
    If,
    Instance,
    Layer,
    Node,
    Parameter,
    Repeat,
    Sequential,
)

DEEPEST = 16
"""Graphs within graphs of one definition. Python takes 20 loops within each other."""

CALLABLE = (Layer, Instance, Sequential)
OWNING = (Layer, Instance, Sequential, Constant, Parameter)
"""The nodes that become attributes of the class."""


@frozen(eq=False)
class Place:
    """A graph of the definition and where it stands."""

    location: Location
    graph: Graph
    parent: Place | None = None
    container: Node | None = None
    """The node that holds the graph."""
    slot: str = ""
    rounds: tuple[Repeat, ...] = ()
    """The unshared Repeats around it, outermost first; inside a Sequential those within it."""
    indices: tuple[str, ...] = ()
    """The index names of every Repeat around it."""
    sequential: bool = False
    """Whether it is, or is inside, a Sequential: its nodes are then no attributes of the class."""
    depth: int = 0

    @property
    def is_children(self) -> bool:
        """Whether the nodes are children of a Sequential, without wires."""
        return isinstance(self.container, Sequential)


@frozen(eq=False)
class Owner:
    """A node that owns something, and where."""

    place: Place
    node: Node


@frozen(eq=False)
class Scope:
    """One definition. `too_deep` are the nodes whose graphs were not entered."""

    document: Document
    name: str
    definition: Definition
    places: tuple[Place, ...] = field(init=False)
    by_location: dict[Location, Place] = field(init=False)
    owners: dict[str, Owner] = field(init=False)
    """The nodes that become attributes of the class, by name; the first where a name is used twice."""
    doubles: list[tuple[Owner, Owner]] = field(init=False, factory=list)
    """The others of that name, each with the first."""
    attributes: dict[str, Group | str] = field(init=False)
    """The attributes of the class that are modules, lists of them grouped."""
    too_deep: list[Owner] = field(init=False, factory=list)
    _ports: dict[tuple[Location, str], Ports] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "places", tuple(self._walk()))
        object.__setattr__(self, "by_location", {place.location: place for place in self.places})
        owners: dict[str, Owner] = {}
        for place in self.places:
            if not place.sequential:
                for node in place.graph.nodes.values():
                    if isinstance(node, OWNING):
                        owner = Owner(place, node)
                        first = owners.setdefault(node.name, owner)
                        if first is not owner:
                            self.doubles.append((owner, first))
        object.__setattr__(self, "owners", owners)
        modules = (name for name, owner in owners.items() if isinstance(owner.node, CALLABLE))
        object.__setattr__(self, "attributes", grouped(modules))

    def _walk(self) -> Iterator[Place]:
        pending = [Place(Location(self.name), self.definition.graph)]
        while pending:
            place = pending.pop()
            yield place
            inner = []
            for node in place.graph.nodes.values():
                for slot, graph in node.graphs():
                    if place.depth >= DEEPEST:
                        self.too_deep.append(Owner(place, node))
                        break
                    inner.append(_enter(place, node, slot, graph))
            pending += reversed(inner)

    @property
    def root(self) -> Place:
        return self.places[0]

    def branches(self, place: Place) -> tuple[tuple[int, str], ...]:
        """The branches around a place, outermost first, of Ifs that may be decided when the module is built:
        those whose condition looks at no input."""
        found: list[tuple[int, str]] = []
        while place.parent is not None:
            node = place.container
            if isinstance(node, If) and place.slot != "condition" and not node.condition.edges_out_of(BOUNDARY):
                found.append((id(node), place.slot))
            place = place.parent
        return tuple(reversed(found))

    def inside(self, place: Place, node: Node, slot: str) -> Place | None:
        """The place of a graph inside a node; None where it is too deep."""
        return self.by_location.get(place.location.enter(node.name, slot))

    def owner_of(self, place: Place, call: Call) -> Owner | None:
        """The node that a call applies again: a sibling in a Sequential, else an attribute of the class."""
        if place.sequential:
            sibling = place.graph.nodes.get(call.layer)
            if sibling is not None and isinstance(sibling, CALLABLE):
                return Owner(place, sibling)
        return self.owners.get(call.layer)

    def ports(self, place: Place, node: Node) -> Ports:
        """The ports of a node, worked out once."""
        key = (place.location, node.name)
        found = self._ports.get(key)
        if found is None:
            shown = node
            if isinstance(node, Call):
                # node_ports would search the class for the layer; the index knows it.
                owner = self.owner_of(place, node)
                if owner is not None and isinstance(owner.node, CALLABLE):
                    shown = evolve(owner.node, name=node.name)
            found = self._ports[key] = node_ports(self.document, place.location, shown)
        return found

    def feeds(self, place: Place, node: str, port: str) -> Endpoint | None:
        """The output that feeds an input, if it comes from a node or port that exists."""
        source = place.graph.source_of(node, port)
        if source is None:
            return None
        if not source.node:
            return source if any(port.name == source.port for port in place.graph.inputs) else None
        feeder = place.graph.nodes.get(source.node)
        return source if feeder is not None and self.ports(place, feeder).output(source.port) else None


def _enter(place: Place, node: Node, slot: str, graph: Graph) -> Place:
    sequential = place.sequential or isinstance(node, Sequential)
    rounds, indices = place.rounds, place.indices
    if isinstance(node, Repeat):
        indices = (*indices, node.index)
        if not node.shared:
            rounds = (*rounds, node)
    return Place(
        location=place.location.enter(node.name, slot),
        graph=graph,
        parent=place,
        container=node,
        slot=slot,
        rounds=rounds,
        indices=indices,
        sequential=sequential,
        depth=place.depth + 1,
    )
