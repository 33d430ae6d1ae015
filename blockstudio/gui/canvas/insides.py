"""What is inside a node that is expanded in place: the faces, pills and wires of its graph; no Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from attrs import evolve, frozen

from blockstudio.engine.protocol import TensorShape
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Call, Definition, Endpoint, Example, Graph, Instance, Node, Position, Sequential
from blockstudio.gui.canvas import faces
from blockstudio.gui.canvas.flowing import flow_text
from blockstudio.gui.canvas.keys import Key, owner_key

DEEPEST = 3
"""Insides within insides; further in nothing could be told apart."""
MOST = 150
"""Nodes; a larger graph is entered to be seen."""
MOST_IN_ALL = 1_000
"""Nodes inside one node, however deep; of more, what is within what is inside is not drawn."""


@frozen
class InnerNode:
    name: str
    face: faces.Face
    position: Position


@frozen
class InnerPill:
    key: Key
    detail: str
    position: Position


@frozen
class Inside:
    """A graph as it is drawn within a node."""

    location: Location
    nodes: tuple[InnerNode, ...]
    pills: tuple[InnerPill, ...]
    wires: tuple[tuple[Endpoint, Endpoint], ...]
    """From source to target; each end is the port of a node or, with node "", a pill."""
    placed: bool
    """Whether somebody gave the nodes their places."""
    down: bool
    """Whether it is drawn from top to bottom."""


def place_of(document: Document, location: Location, node: Node) -> Location | None:
    """The graph that is seen inside a node; None where there is none, or one that is shown in rows."""
    if isinstance(node, Instance):
        known = isinstance(document.definitions.get(node.definition), Definition)
        return Location(node.definition) if known else None
    slots = [slot for slot, _ in node.graphs()]
    if isinstance(node, Sequential) or not slots:
        return None
    return location.enter(node.name, next((slot for slot in ("body", "then") if slot in slots), slots[0]))


def face_of(
    document: Document, location: Location, graph: Graph, node: Node, *, depth: int = 0, **known: Any
) -> faces.Face:
    """The face of a node, with what is drawn inside it if it is expanded; `known` is what `describe` is to know."""
    face = faces.describe(document, location, graph, node, **known)
    drawn = inside(document, location, node, depth) if node.expanded else None
    return evolve(face, inside=drawn) if drawn else face


def inside(document: Document, location: Location, node: Node, depth: int = 0) -> Inside | None:
    """The inside of an expanded node of the graph at `location`; None where it is not drawn."""
    if depth == 0 and _are_too_many(document, location, node):
        depth = DEEPEST - 1
    place = place_of(document, location, node) if depth < DEEPEST else None
    if place is None:
        return None
    graph = document.graph(place)
    if len(graph.nodes) > MOST:
        return None
    calls = Counter(inner.layer for inner in graph.nodes.values() if isinstance(inner, Call))
    nodes = tuple(
        InnerNode(name, face_of(document, place, graph, inner, callers=calls[name], depth=depth + 1), inner.position)
        for name, inner in graph.nodes.items()
    )
    pills = [InnerPill(Key("input", port.name), _example(port.example), port.position) for port in graph.inputs]
    pills += [InnerPill(Key("output", port.name), "", port.position) for port in graph.outputs]
    known = {*(Key("node", name) for name in graph.nodes), *(pill.key for pill in pills)}
    wires = tuple(
        (source, target)
        for target, source in graph.edges.items()
        if owner_key(source, True) in known and owner_key(target, False) in known
    )
    places = [inner.position for inner in graph.nodes.values()]
    return Inside(place, nodes, tuple(pills), wires, any(place != (0.0, 0.0) for place in places), graph.down)


def _are_too_many(document: Document, location: Location, node: Node) -> bool:
    """Whether more is inside a node than is drawn there."""
    count, pending = 0, [(location, node, 0)]
    while pending and count <= MOST_IN_ALL:
        here, current, depth = pending.pop()
        place = place_of(document, here, current) if current.expanded and depth < DEEPEST else None
        if place is not None and len(document.graph(place).nodes) <= MOST:
            inner = document.graph(place).nodes.values()
            count += len(inner)
            pending += [(place, other, depth + 1) for other in inner if other.expanded]
    return count > MOST_IN_ALL


def _example(example: Example | None) -> str:
    return flow_text(TensorShape(example.shape, example.dtype)) if example is not None else ""


def shows(document: Document, location: Location, node: Node, definitions: Collection[str]) -> bool:
    """Whether the inside of a node, as far as it is drawn, has anything of some definitions in it."""
    pending = [(location, node, 0)]
    while pending:
        here, current, depth = pending.pop()
        place = place_of(document, here, current) if current.expanded and depth < DEEPEST else None
        if place is None:
            continue
        if place.definition in definitions and place.definition != here.definition:
            return True
        pending += [(place, inner, depth + 1) for inner in document.graph(place).nodes.values()]
    return False
