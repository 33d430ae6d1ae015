"""Order and reachability in graphs and among definitions: the only place that knows networkx."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from blockstudio.graph.document import Document
from blockstudio.graph.model import Definition, Graph, Instance, Node

if TYPE_CHECKING:
    import networkx as nx

# networkx takes as long to import as the rest of a window: it is imported by the first function that needs it.


def digraph(graph: Graph) -> nx.DiGraph[str]:
    """The nodes of a graph with an arc for each pair that an edge joins; the border left out."""
    import networkx as nx

    result: nx.DiGraph[str] = nx.DiGraph()
    result.add_nodes_from(graph.nodes)
    result.add_edges_from(
        (source.node, target.node)
        for target, source in graph.edges.items()
        if source.node in graph.nodes and target.node in graph.nodes
    )
    return result


def ordered(graph: Graph) -> list[Node]:
    """Nodes in topological order, ties broken by their order in the document.

    A graph that has a cycle (only a broken file can) raises `networkx.NetworkXUnfeasible`.
    """
    import networkx as nx

    position = {name: index for index, name in enumerate(graph.nodes)}
    order = nx.lexicographical_topological_sort(digraph(graph), key=position.__getitem__)
    return [graph.nodes[name] for name in order]


def find_cycle(graph: Graph) -> list[str]:
    """The node names along a cycle, empty when there is none."""
    import networkx as nx

    try:
        return [source for source, _ in nx.find_cycle(digraph(graph))]
    except nx.NetworkXNoCycle:
        return []


def tangles(graph: Graph) -> list[set[str]]:
    """The sets of nodes that lie on circles with each other, empty in a graph that can be run."""
    import networkx as nx

    arcs = digraph(graph)
    if nx.is_directed_acyclic_graph(arcs):
        return []
    return [part for part in nx.strongly_connected_components(arcs) if len(part) > 1 or nx.is_path(arcs, [*part] * 2)]


def path_between(graph: Graph, start: str, goal: str) -> list[str]:
    """The node names on a path along edges from `start` to `goal`, empty when there is none."""
    return _walk(start, goal, lambda name: (target.node for _, target in graph.edges_out_of(name) if target.node))


def _walk(start: str, goal: str, following: Callable[[str], Iterable[str]]) -> list[str]:
    # Visits only what `start` reaches: a networkx graph for each new edge or instance would make
    # an edit cost as much as the whole document is large.
    previous = {start: start}
    pending = [start]
    while pending:
        name = pending.pop()
        if name == goal:
            path = [name]
            while path[-1] != start:
                path.append(previous[path[-1]])
            return path[::-1]
        for other in following(name):
            if other not in previous:
                previous[other] = name
                pending.append(other)
    return []


def upstream(graph: Graph, names: set[str]) -> set[str]:
    """The nodes that feed any of `names`, directly or not; without `names` themselves."""
    import networkx as nx

    arcs = digraph(graph)
    return set().union(*(nx.ancestors(arcs, name) for name in names)) - names if names else set()


def downstream(graph: Graph, names: set[str]) -> set[str]:
    """The nodes that any of `names` feeds, directly or not; without `names` themselves."""
    import networkx as nx

    arcs = digraph(graph)
    return set().union(*(nx.descendants(arcs, name) for name in names)) - names if names else set()


def instances_in(graph: Graph) -> Iterator[Instance]:
    """Every instance in a graph and in the graphs inside its nodes."""
    for node in graph.nodes.values():
        yield from instances_of_node(node)


def instances_of_node(node: Node) -> Iterator[Instance]:
    """The node itself if it is an instance, and every instance inside it."""
    if isinstance(node, Instance):
        yield node
    for _, inner in node.graphs():
        yield from instances_in(inner)


def definition_graph(document: Document) -> nx.DiGraph[str]:
    """Definitions with an arc from each to those it has instances of."""
    import networkx as nx

    result: nx.DiGraph[str] = nx.DiGraph()
    result.add_nodes_from(document.definitions)
    for definition in document.definitions.values():
        if isinstance(definition, Definition):
            for instance in instances_in(definition.graph):
                result.add_edge(definition.name, instance.definition)
    return result


def definition_path(document: Document, start: str, goal: str) -> list[str]:
    """Definition names from `start` to `goal`, each holding an instance of the next; or empty."""
    return _walk(start, goal, lambda name: _held(document, name))


def recursion_through(document: Document, name: str) -> list[str]:
    """The definitions along a cycle that one of them lies on, empty when there is none."""
    for held in dict.fromkeys(_held(document, name)):
        path = definition_path(document, held, name)
        if path:
            return [name, *path[:-1]]
    return []


def _held(document: Document, name: str) -> Iterator[str]:
    definition = document.definitions.get(name)
    if isinstance(definition, Definition):
        yield from (instance.definition for instance in instances_in(definition.graph))


def uses_of(document: Document, definition: str) -> list[str]:
    """The definitions that hold an instance of `definition`, directly."""
    arcs = definition_graph(document)
    return sorted(arcs.predecessors(definition)) if definition in arcs else []
