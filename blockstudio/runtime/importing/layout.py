"""Positions for the nodes of a graph: in columns from left to right, each behind what feeds it."""

from __future__ import annotations

from attrs import evolve

from blockstudio.graph import topology
from blockstudio.graph.model import Graph, Sequential

COLUMN = 250.0
ROW = 120.0
CHILD = 90.0
"""From one child of a Sequential to the next."""


def lay_out(graph: Graph, *, children: bool = False) -> None:
    """Give the nodes and ports of a graph positions, and those in the graphs inside its nodes."""
    if children:
        for index, node in enumerate(list(graph.nodes.values())):
            graph.nodes[node.name] = evolve(node, position=(0.0, index * CHILD))
    else:
        _lay_out(graph)
    for node in graph.nodes.values():
        for _, inner in node.graphs():
            lay_out(inner, children=isinstance(node, Sequential))


def _lay_out(graph: Graph) -> None:
    columns: dict[str, int] = {"": 0}
    rows: dict[str, float] = {}
    used: dict[int, set[int]] = {}
    for index, port in enumerate(graph.inputs):
        graph.inputs[index] = evolve(port, position=(0.0, index * ROW))
    used[0] = set(range(len(graph.inputs)))
    ordered = topology.ordered(graph)
    for node in ordered:
        sources = [edge.source for edge in graph.edges_into(node.name)]
        column = 1 + max((columns[source.node] for source in sources), default=0)
        if not sources:
            # What needs nothing stands right before what uses it.
            column = 1
        wanted = min((_row(graph, rows, source.node, source.port) for source in sources), default=1.0)
        row = int(wanted)
        taken = used.setdefault(column, set())
        while row in taken:
            row += 1
        taken.add(row)
        columns[node.name], rows[node.name] = column, float(row)
        graph.nodes[node.name] = evolve(node, position=(COLUMN * column, ROW * row))
    last = 1 + max(columns.values())
    for index, port in enumerate(graph.outputs):
        graph.outputs[index] = evolve(port, position=(COLUMN * last, index * ROW))


def _row(graph: Graph, rows: dict[str, float], node: str, port: str) -> float:
    if node:
        return rows[node]
    return float(next((index for index, found in enumerate(graph.inputs) if found.name == port), 0))
