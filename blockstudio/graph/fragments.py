"""Pieces of a graph on their own: what copy takes, and what paste and duplicate put down."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from attrs import Factory, evolve, frozen

from blockstudio.errors import EditError, mark
from blockstudio.graph import topology
from blockstudio.graph.borrowing import added, closure, copied, landing_names, with_definitions
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, Batch, ChangeDefinition, Connect, Edit, SetNode, SetNote, SetRoute
from blockstudio.graph.model import (
    Call,
    CodeDefinition,
    Constant,
    Definition,
    Edge,
    Endpoint,
    Graph,
    HyperParameter,
    Instance,
    Layer,
    Node,
    Parameter,
    Position,
    Sequential,
    copy_node,
    copy_part,
)
from blockstudio.graph.rewriting import names_used
from blockstudio.graph.scopes import names_in_scope, next_free, owner_of

OFFSET = 40.0
"""How far a copy lands from its original."""


@frozen
class Fragment:
    """Nodes with the edges among them, and the definitions that they need."""

    graph: Graph
    definitions: tuple[Definition | CodeDefinition, ...] = ()
    outside: tuple[Edge, ...] = Factory(tuple)
    """Edges that came into the piece from other nodes of the graph it was taken from."""
    hyper_parameters: tuple[HyperParameter, ...] = ()
    """Those of the block it was taken from that its expressions follow."""


def copy_fragment(document: Document, location: Location, names: Collection[str]) -> Fragment:
    """A copy of some nodes. A call whose layer is not among them becomes a layer of its own."""
    graph = document.graph(location)
    chosen = graph.chosen(names)
    piece = copy_part(graph, chosen)
    piece.nodes = {name: copy_node(_standing_alone(document, location, n, chosen)) for name, n in piece.nodes.items()}
    wanted = set(names)
    piece.notes = {key: note for key, note in graph.notes.items() if key in wanted}
    outside = tuple(edge for name in chosen for edge in graph.edges_into(name) if edge.source.node not in chosen)
    held = (instance.definition for instance in topology.instances_in(piece))
    needed = closure(document, (name for name in held if name in document.definitions))
    followed = names_used(piece)
    hypers = [h for h in document.definition(location.definition).hyper_parameters if h.name in followed]
    return Fragment(piece, tuple(map(copied, needed)), outside, tuple(hypers))


def _standing_alone(document: Document, location: Location, node: Node, chosen: Collection[str]) -> Node:
    if isinstance(node, Call) and node.layer not in chosen:
        owner = owner_of(document, location, node)
        if owner is not None:
            return evolve(owner[1], name=node.name, position=node.position, comment=node.comment, color=node.color)
    return node


def paste_fragment(
    document: Document, location: Location, fragment: Fragment, at: Position | None = None, *, fresh: bool = False
) -> tuple[Edit, tuple[str, ...]]:
    """Put a piece into a graph: the edit, and the names its nodes get. `at` is the top left corner; `fresh`
    brings definitions of its own even where equal ones are here."""
    definition_names = landing_names(document, fragment.definitions, fresh=fresh)
    edits = added(document, fragment.definitions, definition_names)
    own = document.definition(location.definition).hyper_parameters
    lacking = [h for h in fragment.hyper_parameters if all(h.name != other.name for other in own)]
    if lacking:
        edits.append(ChangeDefinition(location.definition, {"hyper_parameters": [*own, *lacking]}))
    corner = _corner(fragment.graph)
    shift = (OFFSET, OFFSET) if at is None else (at[0] - corner[0], at[1] - corner[1])
    taken = names_in_scope(document, location)
    names: dict[str, str] = {}
    for node in fragment.graph.nodes.values():
        names[node.name] = next_free(node.name, taken)
        taken.add(names[node.name])
    for node in fragment.graph.nodes.values():
        moved = copy_node(
            node, name=names[node.name], position=(node.position[0] + shift[0], node.position[1] + shift[1])
        )
        moved = _unique_inside(moved, names, taken)
        moved = with_definitions(moved, definition_names)
        if isinstance(moved, Call):
            moved = evolve(moved, layer=names.get(moved.layer, moved.layer))
        edits.append(AddNode(location, moved))
    for target, source in fragment.graph.edges.items():
        there = Endpoint(names[target.node], target.port)
        edits.append(Connect(location, there, Endpoint(names[source.node], source.port)))
        route = fragment.graph.routes.get(target, ())
        if route:
            edits.append(SetRoute(location, there, tuple((x + shift[0], y + shift[1]) for x, y in route)))
    notes = set(document.graph(location).notes)
    for key, note in fragment.graph.notes.items():
        new = next_free(key, notes)
        notes.add(new)
        position = (note.position[0] + shift[0], note.position[1] + shift[1])
        edits.append(SetNote(location, new, evolve(note, position=position)))
    return Batch(tuple(edits)), tuple(names.values())


def own_definition(document: Document, location: Location, name: str) -> Edit:
    """Give an instance a definition of its own, and all that is in it, too: what changes there changes there only."""
    node = document.node(location, name)
    if not isinstance(node, Instance) or node.definition not in document.definitions:
        raise EditError(mark("“{name}” is no instance of a block."), path=location.path(name), name=name)
    fragment = copy_fragment(document, location, [name])
    names = landing_names(document, fragment.definitions, fresh=True)
    return Batch(
        (
            *added(document, fragment.definitions, names),
            SetNode(location, evolve(node, definition=names[node.definition])),
        )
    )


Duplication = Literal["copy", "instance", "shared"]


def duplicate(
    document: Document, location: Location, names: Collection[str], mode: Duplication = "copy"
) -> tuple[Edit, tuple[str, ...]]:
    """Copies of nodes beside them, with the edges among them but none from outside.

    "copy": blocks get definitions of their own; "instance": blocks are more instances of the same definitions;
    "shared": layers become calls of the originals.
    """
    graph = document.graph(location)
    fragment = copy_fragment(document, location, names)
    if mode != "shared":
        return paste_fragment(document, location, fragment, fresh=mode == "copy")
    shared: dict[str, Node] = {}
    for name, node in fragment.graph.nodes.items():
        original = graph.nodes[name]
        if isinstance(original, Call):
            shared[name] = original
        elif isinstance(original, Layer | Instance | Sequential):
            shared[name] = Call(name=name, layer=name, position=original.position, color=original.color)
        elif isinstance(original, Constant | Parameter):
            raise EditError(
                mark("“{name}” is one tensor already: wire it to several nodes to share it."),
                path=location.path(name),
                name=name,
            )
        else:
            shared[name] = node
    calls = {name: node for name, node in shared.items() if isinstance(node, Call)}
    piece = evolve(fragment.graph, nodes=shared)
    edit, new_names = paste_fragment(document, location, Fragment(piece))
    layers = dict(zip(shared, new_names, strict=True))
    # Pasting points a call at the copy of its layer; here it is to call the original.
    restored = tuple(
        AddNode(e.location, evolve(e.node, layer=next(c.layer for n, c in calls.items() if layers[n] == e.node.name)))
        if isinstance(e, AddNode) and isinstance(e.node, Call)
        else e
        for e in edit.leaves()
    )
    return Batch(restored), new_names


def _unique_inside(node: Node, outside: Mapping[str, str], taken: set[str]) -> Node:
    """Give the nodes in control-flow bodies names that are free in the class they land in. Nodes that have one name
    in two branches keep that in common."""
    names = dict(outside)
    for graph in bodies(node):
        for name in graph.nodes:
            if name not in names:
                names[name] = next_free(name, taken)
                taken.add(names[name])
    for graph in bodies(node):
        rename_nodes(graph, names)
    return node


def bodies(node: Node) -> Iterator[Graph]:
    """The graphs in a node whose nodes belong to the class around it."""
    if not isinstance(node, Sequential):
        for _, graph in node.graphs():
            yield graph
            for inner in graph.nodes.values():
                yield from bodies(inner)


def rename_nodes(graph: Graph, names: Mapping[str, str]) -> None:
    """Give nodes other names in place, their wires and the calls of their layers kept."""
    edges = list(graph.edges.items())
    for target, _ in edges:
        graph.connect(target, None)
    renamed = [evolve(node, name=names.get(name, name)) for name, node in graph.nodes.items()]
    graph.nodes.clear()
    for node in renamed:
        if isinstance(node, Call):
            node = evolve(node, layer=names.get(node.layer, node.layer))
        graph.nodes[node.name] = node
    for ends in edges:
        target, source = (Endpoint(names.get(end.node, end.node), end.port) for end in ends)
        graph.connect(target, source)
    graph.routes = {Endpoint(names.get(t.node, t.node), t.port): points for t, points in graph.routes.items()}


def _corner(graph: Graph) -> Position:
    places = [node.position for node in graph.nodes.values()] + [note.position for note in graph.notes.values()]
    return (min((x for x, _ in places), default=0.0), min((y for _, y in places), default=0.0))
