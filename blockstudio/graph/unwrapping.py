"""A Sequential taken apart: its children in its place, wired one behind the other."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from blockstudio.errors import EditError, mark
from blockstudio.graph import topology
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import (
    AddNode,
    Batch,
    ChangeDefinition,
    Connect,
    Edit,
    MoveNodes,
    RemoveNode,
    SetPorts,
    disconnect,
)
from blockstudio.graph.fragments import Fragment, paste_fragment
from blockstudio.graph.model import Endpoint, Graph, Node, Sequential, copy_node
from blockstudio.graph.scopes import calls_of

STEP, STEP_DOWN = 220.0, 110.0
"""From one child to the next, along the flow."""

MainPorts = Callable[[Node], tuple[str, str]]
"""The first input and the first output of a child."""


def unwrap(document: Document, location: Location, name: str, main_ports: MainPorts) -> tuple[Edit, tuple[str, ...]]:
    """The children of a Sequential take its place, and what is behind it makes room; returns their names."""
    node, graph = document.node(location, name), document.graph(location)
    parent = location.parent
    if not isinstance(node, Sequential) or calls_of(document, location, name):
        raise EditError(
            mark("“{name}” shares its weights with other nodes: make those independent first."),
            path=location.path(name),
            name=name,
        )
    in_row = parent is not None and isinstance(document.node(parent, location.steps[-1][0]), Sequential)
    down, step = graph.down, STEP_DOWN if graph.down else STEP
    piece = Graph()
    for number, child in enumerate(node.body.nodes.values()):
        position = (0.0, number * step) if down else (number * step, 0.0)
        piece.nodes[child.name] = copy_node(child, position=(0.0, 0.0) if in_row else position)
    children = list(piece.nodes.values())
    ports = [main_ports(child) for child in children]
    for place in range(1, 0 if in_row else len(children)):
        target = Endpoint(children[place].name, ports[place][0])
        piece.connect(target, Endpoint(children[place - 1].name, ports[place - 1][1]))
    edges = graph.edges_into(name) + graph.edges_out_of(name)
    pasted, names = paste_fragment(document, location, Fragment(piece), (0.0, 0.0) if in_row else node.position)
    index = list(graph.nodes).index(name)
    leaves: list[Edit] = []
    for leaf in pasted.leaves():
        if isinstance(leaf, AddNode):
            leaf, index = evolve(leaf, index=index), index + 1
        leaves.append(leaf)
    first = Endpoint(names[0], ports[0][0]) if names else None
    last = Endpoint(names[-1], ports[-1][1]) if names else graph.source_of(name, "input")
    edits = [
        *disconnect(location, graph, edges),
        RemoveNode(location, name),
        *leaves,
        *(Connect(location, first, edge.source) for edge in graph.edges_into(name) if first),
        *(Connect(location, edge.target, last) for edge in graph.edges_out_of(name) if last),
        *([] if in_row else _room(document, location, node, step * (len(names) - 1))),
        *([] if location.steps else _rules(document, location, node, names)),
    ]
    return Batch(tuple(edits)), names


def _room(document: Document, location: Location, node: Node, shift: float) -> list[Edit]:
    """What is behind a node, and outputs, moved on along the flow."""
    graph = document.graph(location)
    if shift <= 0 or all(other.position == node.position for other in graph.nodes.values()):
        return []  # where nobody has given places the canvas does

    def moved(place: tuple[float, float]) -> tuple[float, float]:
        return (place[0], place[1] + shift) if graph.down else (place[0] + shift, place[1])

    side = int(graph.down)
    behind = topology.downstream(graph, {node.name})
    places = {name: moved(graph.nodes[name].position) for name in behind}
    outputs = [
        evolve(p, position=moved(p.position)) if p.position[side] > node.position[side] else p for p in graph.outputs
    ]
    return [MoveNodes(location, places), SetPorts(location, "outputs", tuple(outputs))]


def _rules(document: Document, location: Location, node: Sequential, names: tuple[str, ...]) -> list[Edit]:
    """The initialisers for its children, by their new names."""
    before = document.definition(location.definition).initializers
    keys = list(node.body.nodes) if node.named else [str(number) for number in range(len(names))]
    paths = {f"{node.name}.{key}": name for key, name in zip(keys, names, strict=True)}

    def renamed(path: str) -> str:
        found = next((key for key in paths if path == key or path.startswith(f"{key}.")), "")
        return paths[found] + path[len(found) :] if found else path

    after = []
    for rule in before:
        # One for all of it is one for each child.
        targets = list(names) if rule.target == node.name else [renamed(rule.target)]
        after += [evolve(rule, target=target, same_as=renamed(rule.same_as)) for target in targets]
    return [ChangeDefinition(location.definition, {"initializers": after})] if after != before else []
