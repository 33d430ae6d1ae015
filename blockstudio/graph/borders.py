"""What nodes that move across the border of a block do to its ports, and to the wires on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, ChangeDefinition, Connect, Edit, RemoveNode, SetPorts
from blockstudio.graph.model import BOUNDARY, Endpoint, Graph, Initializer, Node, Port
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
