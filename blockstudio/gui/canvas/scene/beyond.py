"""Graphs that are not in view but show, inside expanded nodes, what is worked on: room is made in them all the same."""

from __future__ import annotations

from collections import defaultdict

from blockstudio.graph.document import Document, Location
from blockstudio.gui.canvas.facts.flowing import Knowledge
from blockstudio.gui.canvas.facts.insides import Weights, drawn_in
from blockstudio.gui.canvas.scene.family import Family
from blockstudio.gui.canvas.scene.scene import CanvasScene

MOST = 2_000
"""Nodes of all of them: a scene for more takes longer than one waits on going into a block."""


def scenes_beyond(family: Family, document: Document, location: Location, knowledge: Knowledge) -> list[CanvasScene]:
    """The scenes of all graphs in which a graph is shown in its place, and of those in which these are."""
    found: list[CanvasScene] = []
    count = 0
    for place in _showing(document, location):
        count += len(document.graph(place).nodes)
        if count > MOST:
            break
        found.append(family.scene(document, place, knowledge))
    return found


def _showing(document: Document, location: Location) -> list[Location]:
    """The graphs with expanded nodes that show a graph, the nearest first."""
    known: Weights = {}
    holders: dict[Location, list[Location]] = defaultdict(list)
    for place, graph in document.graphs():
        for node in graph.nodes.values():
            inner = drawn_in(document, place, node, known) if node.expanded else None
            if inner is not None:
                holders[inner].append(place)
    found = {location: None}
    pending = [location]
    while pending:
        for place in holders[pending.pop(0)]:
            if place not in found:
                found[place] = None
                pending.append(place)
    return list(found)[1:]
