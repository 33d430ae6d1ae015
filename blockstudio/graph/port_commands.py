"""Adding, renaming, ordering and removing the inputs and outputs of a graph, inside and wherever it is used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from attrs import evolve

from blockstudio.errors import EditError, mark
from blockstudio.graph import expressions
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import (
    Batch,
    Connect,
    Edit,
    SetPorts,
    SetRoute,
    disconnect,
)
from blockstudio.graph.model import (
    BOUNDARY,
    Edge,
    Endpoint,
    Graph,
    If,
    Port,
    Position,
    Repeat,
    While,
)
from blockstudio.graph.scopes import calls_of, users_of

Side = Literal["inputs", "outputs"]


def add_port(document: Document, location: Location, side: Side, name: str, position: Position = (0.0, 0.0)) -> Edit:
    """Add an input or output to a graph and to those that must have the same ports."""
    _check_port_name(location, name)
    return Batch(
        tuple(
            SetPorts(place, which, (*_ports(document, place, which), Port(name, position)))
            for place, which in agreeing(document, location, side)
        )
    )


def remove_port(document: Document, location: Location, side: Side, name: str) -> Edit:
    """Take out an input or output, inside and wherever the block is used."""
    edits: list[Edit] = []
    for place, which in agreeing(document, location, side):
        graph = document.graph(place)
        inside = graph.edges_out_of(BOUNDARY) if which == "inputs" else graph.edges_into(BOUNDARY)
        edits += disconnect(place, graph, [edge for edge in inside if _inner_end(edge, which).port == name])
        edits.append(SetPorts(place, which, tuple(p for p in _ports(document, place, which) if p.name != name)))
    for which in {which for _, which in agreeing(document, location, side)}:
        for place, user in _placed(document, location):
            outer = document.graph(place)
            edges = outer.edges_into(user) if which == "inputs" else outer.edges_out_of(user)
            edits += disconnect(place, outer, [edge for edge in edges if _outer_end(edge, which).port == name])
    return Batch(tuple(edits))


def rename_port(document: Document, location: Location, side: Side, old: str, new: str) -> Edit:
    """Rename an input or output, inside and wherever the block is used."""
    _check_port_name(location, new)
    edits: list[Edit] = []
    for place, which in agreeing(document, location, side):
        graph = document.graph(place)
        ports = _ports(document, place, which)
        edits.append(SetPorts(place, which, tuple(evolve(p, name=new) if p.name == old else p for p in ports)))
        inside = graph.edges_out_of(BOUNDARY) if which == "inputs" else graph.edges_into(BOUNDARY)
        edits += _rename_ends(
            place, graph, [e for e in inside if _inner_end(e, which).port == old], BOUNDARY, which, new, True
        )
    for which in dict.fromkeys(which for _, which in agreeing(document, location, side)):
        for place, user in _placed(document, location):
            outer = document.graph(place)
            edges = outer.edges_into(user) if which == "inputs" else outer.edges_out_of(user)
            edits += _rename_ends(
                place, outer, [e for e in edges if _outer_end(e, which).port == old], user, which, new, False
            )
    return Batch(tuple(edits))


def _rename_ends(
    location: Location, graph: Graph, edges: Iterable[Edge], node: str, side: Side, new: str, inner: bool
) -> Iterable[Edit]:
    for source, target in edges:
        route = graph.routes.get(target, ())
        yield Connect(location, target, None)
        if (side == "inputs") == inner:
            source = Endpoint(node, new)
        else:
            target = Endpoint(node, new)
        yield Connect(location, target, source)
        if route:
            yield SetRoute(location, target, route)


def reorder_ports(document: Document, location: Location, side: Side, names: Sequence[str]) -> Edit:
    """Put the inputs or outputs of a graph, and of those that must agree, in another order."""
    return Batch(
        tuple(
            SetPorts(place, which, tuple(sorted(_ports(document, place, which), key=lambda p: names.index(p.name))))
            for place, which in agreeing(document, location, side)
        )
    )


def set_port(document: Document, location: Location, side: Side, port: Port) -> Edit:
    """Replace the port of the same name: its position, example or default."""
    ports = tuple(port if old.name == port.name else old for old in _ports(document, location, side))
    return SetPorts(location, side, ports)


def _check_port_name(location: Location, name: str) -> None:
    if not expressions.is_identifier(name):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."),
            path=location.path(),
            name=name,
        )


def _ports(document: Document, location: Location, side: Side) -> tuple[Port, ...]:
    graph = document.graph(location)
    return tuple(graph.inputs if side == "inputs" else graph.outputs)


def _inner_end(edge: Edge, side: Side) -> Endpoint:
    return edge.source if side == "inputs" else edge.target


def _outer_end(edge: Edge, side: Side) -> Endpoint:
    return edge.target if side == "inputs" else edge.source


def agreeing(document: Document, location: Location, side: Side) -> list[tuple[Location, Side]]:
    """The graphs, and their sides, whose ports must be the same as this one's."""
    parent = location.parent
    if parent is None:
        return [(location, side)]
    name, slot = location.steps[-1]
    node = document.node(parent, name)
    inputs: list[tuple[Location, Side]] = [(parent.enter(name, other), "inputs") for other, _ in node.graphs()]
    if isinstance(node, While | Repeat):
        if slot == "condition" and side == "outputs":
            raise EditError(mark("A condition has exactly one output."), path=location.path())
        return [*inputs, (parent.enter(name, "body"), "outputs")]
    if isinstance(node, If):
        if side == "inputs":
            return inputs
        if slot == "condition":
            raise EditError(mark("A condition has exactly one output."), path=location.path())
        return [(parent.enter(name, branch), "outputs") for branch in ("then", "otherwise")]
    raise EditError(mark("A Sequential has one input and one output."), path=location.path())


def _placed(document: Document, location: Location) -> list[tuple[Location, str]]:
    """The nodes, anywhere, whose ports are the ports of this graph."""
    if location.steps:
        parent = location.parent
        assert parent is not None
        return [(parent, location.steps[-1][0])]
    places = []
    for place, instance in users_of(document, location.definition):
        places.append((place, instance.name))
        places += [(other, call.name) for other, call in calls_of(document, place, instance.name)]
    return places
