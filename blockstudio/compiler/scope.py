"""The graphs of one definition, indexed once: which share the class, who owns what, who is called, and which
branches are chosen when the module is built."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, field, frozen

from blockstudio.catalog import render
from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import Ports, node_ports
from blockstudio.compiler.members import Group, grouped
from blockstudio.compiler.options import Names, hyper_names, made_names, settled, specs_of
from blockstudio.compiler.snippets import negated, quoted, with_words
from blockstudio.errors import BlockStudioError
from blockstudio.graph import topology
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    Constant,
    Definition,
    Endpoint,
    Function,
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
    owners: dict[str, tuple[Owner, ...]] = field(init=False)
    """The nodes that become attributes of the class, by name; several where they stand in branches of which
    only one is made."""
    doubles: list[tuple[Owner, Owner]] = field(init=False, factory=list)
    """Others of a name that is taken already, each with the one that took it."""
    attributes: dict[str, Group | str] = field(init=False)
    """The attributes of the class that are modules, lists of them grouped."""
    too_deep: list[Owner] = field(init=False, factory=list)
    _ports: dict[tuple[Location, str], Ports] = field(init=False, factory=dict)
    _static: dict[int, str] = field(init=False, factory=dict)
    _calls: dict[str, list[Place]] = field(init=False, factory=dict)
    """Where layers are called again, by their names."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "places", tuple(self._walk()))
        object.__setattr__(self, "by_location", {place.location: place for place in self.places})
        for place in self.places:
            for node in place.graph.nodes.values():
                if isinstance(node, Call):
                    self._calls.setdefault(node.layer, []).append(place)
        object.__setattr__(self, "owners", self._owners())
        modules = (name for name, owners in self.owners.items() if isinstance(owners[0].node, CALLABLE))
        object.__setattr__(self, "attributes", grouped(modules))

    def _owners(self) -> dict[str, tuple[Owner, ...]]:
        owners: dict[str, tuple[Owner, ...]] = {}
        for place in self.places:
            if place.sequential:
                continue
            for node in place.graph.nodes.values():
                if not isinstance(node, OWNING):
                    continue
                owner = Owner(place, node)
                others = owners.get(node.name, ())
                taken = next((other for other in others if not self.exclusive(place, other.place)), None)
                if taken is None:
                    owners[node.name] = (*others, owner)
                else:
                    self.doubles.append((owner, taken))
        return owners

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

    # --- branches that are chosen when the module is built ------------------------------------------

    def branches(self, place: Place) -> tuple[tuple[int, str], ...]:
        """The branches around a place, outermost first, of Ifs that are decided when the module is built."""
        return tuple((id(node), slot) for node, slot, _ in self._static_branches(place))

    def guards(self, place: Place) -> tuple[str, ...]:
        """The conditions on hyper-parameters under which a graph is part of the module, as made text."""
        return tuple(static if slot == "then" else negated(static) for _, slot, static in self._static_branches(place))

    def exclusive(self, one: Place, other: Place) -> bool:
        """Whether a module never has what is in both of two places."""
        slots = dict(self.branches(one))
        return any(slots.get(node, slot) != slot for node, slot in self.branches(other))

    def _static_branches(self, place: Place) -> list[tuple[If, str, str]]:
        found: list[tuple[If, str, str]] = []
        while place.parent is not None:
            node = place.container
            if isinstance(node, If) and place.slot != "condition":
                static = self.static_condition(place.parent, node)
                if static:
                    found.append((node, place.slot, static))
            place = place.parent
        return found[::-1]

    def static_condition(self, place: Place, node: If) -> str:
        """The condition of an If as made text where it depends on hyper-parameters only; else ""."""
        found = self._static.get(id(node))
        if found is None:
            inside = self.inside(place, node, "condition")
            names = hyper_names(self.definition)
            found = self._static[id(node)] = self._condition(inside, names) if inside else ""
        return found

    def chosen(self, owner: Owner) -> tuple[str, ...]:
        """The conditions on the numbers of rounds under which there is a layer, as made text: those of the Ifs around
        it, unless it is called again outside of them."""
        if not owner.place.rounds or owner.place.sequential or not isinstance(owner.node, CALLABLE):
            return ()
        found = self._chosen_in_rounds(owner.place)
        for place in self._calls.get(owner.node.name, ()):
            around = {(id(node), slot) for node, slot, _ in self._chosen_in_rounds(place)}
            if not around >= {(id(node), slot) for node, slot, _ in found}:
                return ()
        return tuple(condition if slot == "then" else negated(condition) for _, slot, condition in found)

    def _chosen_in_rounds(self, place: Place) -> list[tuple[If, str, str]]:
        found: list[tuple[If, str, str]] = []
        while place.parent is not None:
            node = place.container
            if isinstance(node, If) and place.slot != "condition" and not self.static_condition(place.parent, node):
                inside = self.inside(place.parent, node, "condition")
                condition = self._condition(inside, made_names(hyper_names(self.definition), inside)) if inside else ""
                found += [(node, place.slot, condition)] if condition else []
            place = place.parent
        return found[::-1]

    def _condition(self, place: Place, names: Names) -> str:
        """The only output of a graph as an expression of these names; "" where it is none."""
        graph = place.graph
        if len(graph.outputs) != 1 or graph.edges_out_of(BOUNDARY):
            return ""
        sources: dict[Endpoint, str] = {}
        try:
            # A graph with a circle has something in it that is never fed.
            for node in topology.ordered(graph) if not topology.tangles(graph) else ():
                entry = catalog().get(node.type) if isinstance(node, Function) and not node.bypassed else None
                wired = {edge.target.port: edge.source for edge in graph.edges_into(node.name)}
                if entry is None or not isinstance(node, Function) or not sources.keys() >= set(wired.values()):
                    continue
                options = settled(specs_of(node.type), node.options, names)
                text = render.call(entry, {port: sources[value] for port, value in wired.items()}, options)
                for port in self.ports(place, node).outputs[:1]:
                    sources[Endpoint(node.name, port.name)] = quoted(text)
            value = graph.source_of(BOUNDARY, graph.outputs[0].name)
            text = sources.get(value, "") if value is not None else ""
            return quoted(with_words(names.option(text))) if text else ""
        except BlockStudioError:
            return ""

    # --- finding --------------------------------------------------------------------------------------

    def inside(self, place: Place, node: Node, slot: str) -> Place | None:
        """The place of a graph inside a node; None where it is too deep."""
        return self.by_location.get(place.location.enter(node.name, slot))

    def owner_of(self, place: Place, call: Call) -> Owner | None:
        """The node that a call applies again: a sibling in a Sequential, else an attribute of the class, of those
        in several branches the one in its own."""
        if place.sequential:
            sibling = place.graph.nodes.get(call.layer)
            if sibling is not None and isinstance(sibling, CALLABLE):
                return Owner(place, sibling)
        owners = self.owners.get(call.layer, ())
        return next((owner for owner in owners if not self.exclusive(owner.place, place)), (*owners, None)[0])

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
