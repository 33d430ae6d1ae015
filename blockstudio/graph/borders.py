"""What nodes that move across the border of a block do to its ports, and to the wires on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve

from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, ChangeDefinition, Connect, Edit, RemoveNode, SetPorts
from blockstudio.graph.grouping import MARGIN, extent
from blockstudio.graph.model import BOUNDARY, Endpoint, Graph, Initializer, Node, Port, Position, at_flow
from blockstudio.graph.port_commands import Side
from blockstudio.graph.scopes import next_free


class Border:
    """The ports of a block while nodes move across its border, and the wires on both sides of it."""

    def __init__(self, outside: dict[Endpoint, Endpoint], name: str, inner: Graph) -> None:
        self.name = name
        self.inside = dict(inner.edges)
        self.outside = outside
        self.inputs = {port.name: port for port in inner.inputs}
        self.outputs = {port.name: port for port in inner.outputs}
        self.fed = {source: target.port for target, source in self.outside.items() if target.node == name}
        """The input that carries an outer value in."""
        self.given = {source: target.port for target, source in self.inside.items() if target.node == BOUNDARY}
        """The output that carries an inner value out."""

    def input_of(self, source: Endpoint, wanted: str) -> Endpoint:
        """The inner end of the input that carries an outer value in; a new one if there is none."""
        if source not in self.fed:
            port = next_free(wanted, set(self.inputs))
            self.inputs[port] = Port(port)
            self.fed[source] = port
            self.outside[Endpoint(self.name, port)] = source
        return Endpoint(BOUNDARY, self.fed[source])

    def output_of(self, source: Endpoint, wanted: str) -> Endpoint:
        """The outer end of the output that carries an inner value out; a new one if there is none."""
        if source not in self.given:
            port = next_free(wanted, set(self.outputs))
            self.outputs[port] = Port(port)
            self.given[source] = port
            self.inside[Endpoint(BOUNDARY, port)] = source
        return Endpoint(self.name, self.given[source])

    def place_new(self, inner: Graph, nodes: dict[str, Node]) -> None:
        """Give new ports places, beside these nodes that the block has then."""
        ports = list(self.inputs.values()), list(self.outputs.values())
        graph = Graph(*ports, nodes=nodes, edges=dict(self.inside), down=inner.down)
        self.inputs = {port.name: port for port in stay(graph, "inputs", inner.inputs)}
        self.outputs = {port.name: port for port in stay(graph, "outputs", inner.outputs)}

    def drop_input(self, port: str) -> None:
        del self.inputs[port]
        source = self.outside.pop(Endpoint(self.name, port), None)
        if source is not None and self.fed.get(source) == port:
            del self.fed[source]

    def drop_output(self, port: str) -> None:
        del self.outputs[port]
        source = self.inside.pop(Endpoint(BOUNDARY, port), None)
        if source is not None and self.given.get(source) == port:
            del self.given[source]


def beside(graph: Graph, ports: Iterable[Port], side: Side, near: str) -> Position:
    """A place for one more port of a graph: in line with the others of its side, at the height of a node."""
    down = graph.down
    taken = [port.position for port in ports]
    along, across = taken[-1][down] if taken else 0.0, 0.0
    if graph.nodes:
        first, last, across = extent(graph.nodes.values(), down)
        if side == "inputs":
            along = min([first - MARGIN, *(place[down] for place in taken)])
        else:
            along = max([last + MARGIN, *(place[down] for place in taken)])
    if near in graph.nodes:
        across = graph.nodes[near].position[not down]
    step = at_flow(0.0, 0.0, 1, down)[not down]
    while any(abs(place[not down] - across) < step / 2 for place in taken):
        across += step
    return at_flow(along, across, 0, down)


def stay(graph: Graph, side: Side, before: Iterable[Port]) -> tuple[Port, ...]:
    """The ports of a side where they were before; new ones in the place of those that are gone, or beside others."""
    known = {port.name: port for port in before}
    now: list[Port] = getattr(graph, side)
    placed = {port.name: evolve(port, position=known[port.name].position) for port in now if port.name in known}
    free = [port.position for name, port in known.items() if name not in placed]
    for port in now:
        if port.name not in placed:
            near = _wired_to(graph, side, port.name)
            place = free.pop(0) if free else beside(graph, placed.values(), side, near)
            placed[port.name] = evolve(port, position=place)
    return tuple(placed[port.name] for port in now)


def _wired_to(graph: Graph, side: Side, port: str) -> str:
    """The node that a port of a graph is wired to inside."""
    if side == "outputs":
        source = graph.source_of(BOUNDARY, port)
        return source.node if source is not None else BOUNDARY
    return next((edge.target.node for edge in graph.edges_out_of(BOUNDARY) if edge.source.port == port), BOUNDARY)


def renamed_to(names: Iterable[str], taken: set[str]) -> dict[str, str]:
    """Free names where the nodes go."""
    found: dict[str, str] = {}
    for name in names:
        found[name] = next_free(name, taken)
        taken.add(found[name])
    return found


def crossed(
    document: Document,
    outside: Mapping[Location, Mapping[Endpoint, Endpoint]],
    inner: Location,
    border: Border,
    away: Iterable[tuple[Location, Iterable[str]]],
    there: Iterable[tuple[Location, Iterable[Node]]],
) -> list[Edit]:
    """What brings the graphs on both sides to the wires given, with nodes taken away here and put there."""
    cuts: list[Edit] = []
    joins: list[Edit] = []
    for place, edges in {**outside, inner: border.inside}.items():
        before = document.graph(place).edges
        cuts += [Connect(place, target, None) for target, source in before.items() if edges.get(target) != source]
        joins += [Connect(place, target, source) for target, source in edges.items() if before.get(target) != source]
    graph = document.graph(inner)
    ports: list[Edit] = []
    if list(border.inputs.values()) != graph.inputs:
        ports.append(SetPorts(inner, "inputs", tuple(border.inputs.values())))
    if list(border.outputs.values()) != graph.outputs:
        ports.append(SetPorts(inner, "outputs", tuple(border.outputs.values())))
    return [
        *cuts,
        *(RemoveNode(place, name) for place, names in away for name in names),
        *ports,
        *(AddNode(place, node) for place, nodes in there for node in nodes),
        *joins,
    ]


def set_rules(definition: str, before: list[Initializer], after: list[Initializer]) -> list[Edit]:
    return [ChangeDefinition(definition, {"initializers": after})] if after != before else []
