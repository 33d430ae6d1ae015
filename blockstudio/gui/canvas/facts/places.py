"""Where the things of a graph stand in the document, and the edits that put them elsewhere; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import evolve

from blockstudio.graph.document import Location
from blockstudio.graph.edits import Edit, MoveNodes, SetNote, SetPorts, SetRoute
from blockstudio.graph.model import Graph, Port, Position
from blockstudio.gui.canvas.facts.keys import Key, node_key, owner_key

NOWHERE = (0.0, 0.0)
GRID = 10.0
"""Places that a person chooses are multiples of this."""


def snapped(x: float, y: float) -> Position:
    return round(x / GRID) * GRID, round(y / GRID) * GRID


def positions(graph: Graph) -> dict[Key, Position]:
    """Of every node and pill."""
    found = {Key("input", port.name): port.position for port in graph.inputs}
    found |= {node_key(name): node.position for name, node in graph.nodes.items()}
    found |= {Key("output", port.name): port.position for port in graph.outputs}
    return found


def is_unplaced(graph: Graph) -> bool:
    """Whether nobody has given the nodes places: two or more things lie at (0, 0), and every node does."""
    if not graph.nodes or any(node.position != NOWHERE for node in graph.nodes.values()):
        return False
    ports = sum(port.position == NOWHERE for port in (*graph.inputs, *graph.outputs))
    return len(graph.nodes) + ports > 1


def placement(location: Location, graph: Graph, places: Mapping[Key, Position]) -> list[Edit]:
    """The edits that write places into the document; what stands there already is left out.

    Points of wires both ends of which move alike move along; others stay.
    """
    edits: list[Edit] = _routes(location, graph, places) if graph.routes else []
    nodes = graph.nodes
    moves = {
        key.name: (float(x), float(y))
        for key, (x, y) in places.items()
        if key.kind == "node" and nodes[key.name].position != (x, y)
    }
    if moves:
        edits.append(MoveNodes(location, moves))
    sides: tuple[tuple[Literal["inputs", "outputs"], Literal["input", "output"]], ...]
    sides = (("inputs", "input"), ("outputs", "output"))
    for side, kind in sides:
        ports: list[Port] = getattr(graph, side)
        moved = [evolve(port, position=places.get(Key(kind, port.name), port.position)) for port in ports]
        if moved != ports:
            edits.append(SetPorts(location, side, tuple(moved)))
    for key, (x, y) in places.items():
        if key.kind == "note" and graph.notes[key.name].position != (x, y):
            edits.append(SetNote(location, key.name, evolve(graph.notes[key.name], position=(float(x), float(y)))))
    return edits


def _routes(location: Location, graph: Graph, places: Mapping[Key, Position]) -> list[Edit]:
    before = positions(graph)
    edits: list[Edit] = []
    for target, points in graph.routes.items():
        ends = owner_key(graph.edges[target], True), owner_key(target, False)
        if not all(key in places and key in before for key in ends):
            continue
        (dx, dy), other = ((places[key][0] - before[key][0], places[key][1] - before[key][1]) for key in ends)
        if (dx, dy) == other and (dx or dy):
            edits.append(SetRoute(location, target, tuple((x + dx, y + dy) for x, y in points)))
    return edits
