"""Children of a Sequential: named, and runs of equal ones made Repeats; their keys stay as they are."""

from __future__ import annotations

from attrs import evolve

from blockstudio.catalog.ports import node_ports
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Call, Endpoint, Graph, Instance, Layer, Node, Port, Repeat, Sequential, copy_node
from blockstudio.runtime.importing.names import Names, fresh, snake

SHORTEST = 3
"""Children of which there are fewer stay as they are."""


def fold(document: Document, graph: Graph) -> None:
    """Fold runs of equal children in every Sequential of a graph."""
    for name, node in list(graph.nodes.items()):
        for _, inner in node.graphs():
            fold(document, inner)
        if isinstance(node, Sequential) and not node.named:
            graph.nodes[name] = evolve(node, body=_folded(document, _named(node.body)))


def _named(body: Graph) -> Graph:
    """Children that have no names of their own, called after the definitions they are of."""
    if any(isinstance(node, Call) for node in body.nodes.values()):
        return body
    names = Names()
    found = Graph(body.inputs, body.outputs)
    for node in body.nodes.values():
        name = names.fresh(snake(node.definition) if isinstance(node, Instance) else node.name)
        found.nodes[name] = copy_node(node, name=name)
    return found


def _folded(document: Document, body: Graph) -> Graph:
    runs: list[list[Node]] = []
    for node in body.nodes.values():
        if runs and _is_like(runs[-1][0], node):
            runs[-1].append(node)
        else:
            runs.append([node])
    folded = Graph(body.inputs, body.outputs)
    for run in runs:
        if len(run) < SHORTEST:
            folded.nodes |= {node.name: node for node in run}
            continue
        first = run[0]
        name = fresh(f"{first.name}_rounds", folded.nodes)
        folded.nodes[name] = Repeat(name=name, body=_round(document, first), count=len(run), shared=False)
    return folded


def _is_like(one: Node, other: Node) -> bool:
    if not isinstance(one, Layer | Instance | Sequential):
        return False
    return one == copy_node(other, name=one.name, position=one.position)


def _round(document: Document, node: Node) -> Graph:
    graph = Graph([Port("x")], [Port("x")], {node.name: node})
    ports = node_ports(document, Location(document.root), node)
    graph.connect(Endpoint(node.name, ports.inputs[0].name), Endpoint("", "x"))
    graph.connect(Endpoint("", "x"), Endpoint(node.name, ports.outputs[0].name))
    return graph
