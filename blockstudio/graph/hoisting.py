"""Nodes out of the body of a While, Repeat or If and into it, where what they compute stays the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from blockstudio.errors import EditError, mark
from blockstudio.graph.borders import renamed_to
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, Batch, Connect, Edit, RemoveNode, SetPorts, disconnect
from blockstudio.graph.grouping import carried, extent, placed, refuse_shared
from blockstudio.graph.model import (
    BOUNDARY,
    Constant,
    Endpoint,
    Function,
    Graph,
    If,
    Node,
    Parameter,
    Port,
    Position,
    Repeat,
    While,
    at_flow,
)
from blockstudio.graph.port_commands import agreeing
from blockstudio.graph.rewriting import names_used
from blockstudio.graph.scopes import names_in_scope, next_free

APART = 260.0
"""Between a node of control flow and what was moved out of it."""

Flow = While | Repeat | If


def is_body(document: Document, location: Location) -> bool:
    """Whether a graph is the inside of a While, Repeat or If."""
    parent = location.parent
    return parent is not None and isinstance(document.node(parent, location.steps[-1][0]), While | Repeat | If)


def hoist(document: Document, inner: Location, names: Collection[str]) -> tuple[Edit, list[str]]:
    """Move nodes out of a body, to in front of its node: the edit, and their names there.

    They must need nothing that is computed inside; in a loop, nothing that changes from round to round.
    """
    flow, place = _flow(document, inner)
    body, outer = document.graph(inner), document.graph(place)
    chosen = _chosen(document, inner, body, names)
    for name in chosen:
        for source, _ in body.edges_into(name):
            if source.node and source.node not in chosen:
                raise EditError(
                    mark("“{name}” needs “{other}”, which stays inside: select it too."),
                    path=inner.path(name),
                    name=name,
                    other=source.node,
                )
            if not source.node and not isinstance(flow, If) and not _stays(flow.body, source.port):
                raise EditError(
                    mark("“{name}” needs “{port}”, which changes from round to round: it must stay inside."),
                    path=inner.path(name),
                    name=name,
                    port=source.port,
                )
    _refuse_kinds(flow, place, chosen)
    if isinstance(flow, Repeat) and flow.index in names_used(Graph(nodes=dict(chosen))):
        raise EditError(mark("It uses the number of the round, “{name}”."), path=inner.path(), name=flow.index)
    renamed = renamed_to(chosen, names_in_scope(document, place) - set(chosen))
    ports = {port.name for port in body.inputs}
    carry: dict[Endpoint, str] = {}
    inside: list[Edit] = []
    outside: list[Edit] = []
    for name in chosen:
        for source, target in body.edges_into(name):
            feed = outer.source_of(flow.name, source.port) if not source.node else None
            value = Endpoint(renamed[source.node], source.port) if source.node else feed
            if value is not None:
                outside.append(Connect(place, Endpoint(renamed[name], target.port), value))
        for source, target in body.edges_out_of(name):
            if target.node in chosen:
                continue
            if source not in carry:
                carry[source] = next_free(carried(source, target.port), ports)
                ports.add(carry[source])
                value = Endpoint(renamed[name], source.port)
                outside.append(Connect(place, Endpoint(flow.name, carry[source]), value))
            inside.append(Connect(inner, target, Endpoint(BOUNDARY, carry[source])))
    edges = [edge for name in chosen for edge in body.edges_into(name) + body.edges_out_of(name)]
    shift = _before(flow.position, chosen.values(), outer.down)
    edits: list[Edit] = [
        *disconnect(inner, body, list(dict.fromkeys(edges))),
        *(RemoveNode(inner, name) for name in chosen),
        *_ports(document, inner, add=carry.values()),
        *(AddNode(place, placed(node, renamed, {}, shift)) for node in chosen.values()),
        *inside,
        *outside,
    ]
    return Batch(tuple(edits)), list(renamed.values())


def sink(
    document: Document, location: Location, names: Collection[str], name: str, slot: str
) -> tuple[Edit, list[str]]:
    """Move nodes that only a body needs into it: the edit, and their names inside."""
    inner = location.enter(name, slot)
    flow, _ = _flow(document, inner)
    graph, body = document.graph(location), document.graph(inner)
    chosen = _chosen(document, location, graph, {*names} - {name})
    _refuse_kinds(flow, location, chosen)
    if isinstance(flow, Repeat) and flow.index in names_used(Graph(nodes=dict(chosen))):
        raise EditError(mark("Inside, “{name}” is the number of the round."), path=inner.path(), name=flow.index)
    given: dict[str, Endpoint] = {}
    """What takes the place of an input inside."""
    for node in chosen:
        for source, target in graph.edges_out_of(node):
            if target.node == name:
                given[target.port] = source
            elif target.node not in chosen:
                raise EditError(
                    mark("“{name}” is needed outside, too, by “{other}”."),
                    path=location.path(node),
                    name=node,
                    other=target.node or target.port,
                )
    if not given:
        raise EditError(mark("Nothing of it flows into “{name}”."), path=location.path(name), name=name)
    for port in given:
        _refuse_other_users(document, location, flow, slot, port)
    feeds: dict[Endpoint, str] = {
        source: target.port
        for source, target in graph.edges_into(name)
        if target.port not in given and (isinstance(flow, If) or _stays(flow.body, target.port))
    }
    ports = {port.name for port in body.inputs} - set(given)
    new: list[str] = []
    inside: list[Edit] = []
    outside: list[Edit] = []
    for node in chosen:
        for source, target in graph.edges_into(node):
            value = source
            if source.node not in chosen:
                if source.node == name:
                    raise EditError(mark("“{name}” comes after it."), path=location.path(node), name=node)
                if source not in feeds:
                    feeds[source] = next_free(carried(source, target.port), ports)
                    ports.add(feeds[source])
                    new.append(feeds[source])
                    outside.append(Connect(location, Endpoint(name, feeds[source]), source))
                value = Endpoint(BOUNDARY, feeds[source])
            inside.append(Connect(inner, target, value))
    used = [edge for port in given for edge in body.edges_out_of(BOUNDARY) if edge.source.port == port]
    # In a loop what goes on to the next round goes with the port.
    uses = [edge for edge in used if isinstance(flow, If) or edge.target.node != BOUNDARY]
    rewired = [Connect(inner, edge.target, given[edge.source.port]) for edge in uses]
    edges = [edge for node in chosen for edge in graph.edges_into(node) + graph.edges_out_of(node)]
    shift = _beside(body, chosen.values())
    edits: list[Edit] = [
        *disconnect(location, graph, list(dict.fromkeys(edges))),
        *disconnect(inner, body, used),
        *(RemoveNode(location, node) for node in chosen),
        *_ports(document, inner, add=new, drop=given),
        *(AddNode(inner, placed(node, {n: n for n in chosen}, {}, shift)) for node in chosen.values()),
        *inside,
        *rewired,
        *outside,
    ]
    return Batch(tuple(edits)), list(chosen)


def _flow(document: Document, inner: Location) -> tuple[Flow, Location]:
    """The node whose body a graph is, and where that stands."""
    place = inner.parent
    node = document.node(place, inner.steps[-1][0]) if place is not None else None
    if place is None or not isinstance(node, While | Repeat | If):
        raise EditError(mark("That is not the inside of a While, Repeat or If."), path=inner.path())
    return node, place


def _chosen(document: Document, location: Location, graph: Graph, names: Collection[str]) -> Mapping[str, Node]:
    chosen = graph.chosen(names)
    if not chosen:
        raise EditError(mark("Select the nodes to move first."))
    refuse_shared(document, location, chosen)
    return chosen


def _stays(body: Graph, port: str) -> bool:
    """Whether an input of a loop has the same value in every round: what goes on to the next is what came in."""
    for given, carried_on in zip(body.inputs, body.outputs, strict=False):
        if given.name == port:
            source = body.source_of(BOUNDARY, carried_on.name)
            return source is None or source == Endpoint(BOUNDARY, port)
    return False


def _refuse_kinds(flow: Flow, place: Location, chosen: Mapping[str, Node]) -> None:
    """EditError for what does something else once than in every round."""
    if isinstance(flow, If):
        return
    kinds: tuple[type[Node], ...] = (Function, Constant, Parameter)
    if isinstance(flow, Repeat) and not flow.shared:
        kinds = (Function,)  # each round has its own of all else
    for name, node in chosen.items():
        if not isinstance(node, kinds):
            raise EditError(
                mark("“{name}” would not do the same outside of the rounds of “{loop}” and inside."),
                path=place.path(name),
                name=name,
                loop=flow.name,
            )


def _refuse_other_users(document: Document, location: Location, flow: Flow, slot: str, port: str) -> None:
    """EditError where an input of a body is needed elsewhere, or is another in each round."""
    reason: Literal["", "round", "slot", "out"] = ""
    if not isinstance(flow, If):
        if not _stays(flow.body, port):
            reason = "round"
        elif any(edge.source.port == port for edge in document.graph(location).edges_out_of(flow.name)):
            reason = "out"
    for other, graph in flow.graphs():
        if other != slot and any(edge.source.port == port for edge in graph.edges_out_of(BOUNDARY)):
            reason = reason or "slot"
    if reason:
        raise EditError(
            {
                "round": mark("“{port}” of “{name}” is only where the rounds begin: inside, it would be done in each."),
                "out": mark("“{port}” of “{name}” is needed behind it, too."),
                "slot": mark("“{port}” of “{name}” is needed in another of its graphs, too."),
            }[reason],
            path=location.path(flow.name),
            port=port,
            name=flow.name,
        )


def _ports(document: Document, inner: Location, *, add: Iterable[str], drop: Collection[str] = ()) -> list[Edit]:
    """Inputs of a body that come and go, in all graphs that must have the same; what a loop is given goes round."""
    flow, _ = _flow(document, inner)
    new = list(add)
    edits: list[Edit] = []
    if not new and not drop:
        return []
    body = document.graph(inner)
    places = agreeing(document, inner, "inputs")
    first = body.inputs[0].position if body.inputs else (0.0, 0.0)
    for place, side in places:
        ports = list(getattr(document.graph(place), side))
        gone = [i for i, port in enumerate(body.inputs) if port.name in drop]
        kept = [port for i, port in enumerate(ports) if i not in gone]
        at = kept[-1].position if kept else first
        kept += [Port(name, _below(at, row, document.graph(place).down)) for row, name in enumerate(new, 1)]
        edits.append(SetPorts(place, side, tuple(kept)))
    if not isinstance(flow, If):
        there = next(place for place, side in places if side == "outputs")
        edits += [Connect(there, Endpoint(BOUNDARY, name), Endpoint(BOUNDARY, name)) for name in new]
    return edits


def _below(at: Position, row: int, down: bool) -> Position:
    across, along = at_flow(0.0, 0.0, row, down)
    return at[0] + across, at[1] + along


def _before(at: Position, nodes: Collection[Node], down: bool) -> Position:
    _, last, side = extent(nodes, down)
    return at_flow(at[down] - APART - last, at[not down] - side, 0, down)


def _beside(body: Graph, nodes: Collection[Node]) -> Position:
    """In front of what is in a body, behind its inputs."""
    down = body.down
    first, last, side = extent(nodes, down)
    if not body.nodes:
        return at_flow(-first, -side, 0, down)
    inner_first, _, inner_side = extent(body.nodes.values(), down)
    return at_flow(inner_first - APART - last, inner_side - side, 0, down)
