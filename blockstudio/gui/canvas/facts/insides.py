"""Which graph is drawn inside a node that is expanded in place; no Qt."""

from __future__ import annotations

from math import inf

from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Definition, Instance, Node

MOST = 10_000
"""Nodes drawn inside one node, however deep; a node with more inside is entered to be seen."""


def place_of(document: Document, location: Location, node: Node) -> Location | None:
    """The graph that is seen inside a node; None where there is none."""
    if isinstance(node, Instance):
        known = isinstance(document.definitions.get(node.definition), Definition)
        return Location(node.definition) if known else None
    slots = [slot for slot, _ in node.graphs()]
    if not slots:
        return None
    return location.enter(node.name, next((slot for slot in ("body", "then") if slot in slots), slots[0]))


Weights = dict[Location, float]


def drawn_in(document: Document, location: Location, node: Node, known: Weights) -> Location | None:
    """The graph that is drawn inside a node of the graph at `location`; None where none is. `known` is filled."""
    place = place_of(document, location, node) if node.expanded else None
    return place if place is not None and weight(document, place, known) <= MOST else None


def weight(document: Document, location: Location, known: Weights) -> float:
    """How many nodes are drawn for a graph, those inside its nodes too, unless these are too many to be drawn."""
    if location not in known:
        known[location] = inf  # and stays so in a file whose blocks hold themselves
        nodes = document.graph(location).nodes.values()
        count: float = len(nodes)
        for node in nodes:
            place = place_of(document, location, node) if node.expanded else None
            inner = weight(document, place, known) if place is not None else 0
            count += inner if inner <= MOST or inner == inf else 0
        known[location] = count
    return known[location]
