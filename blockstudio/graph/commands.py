"""What a user asks for, put together from edits. Each function returns the edit and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

from attrs import evolve

from blockstudio.errors import EditError, mark
from blockstudio.graph import expressions
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import (
    AddNode,
    Batch,
    ChangeDefinition,
    Connect,
    Edit,
    RemoveNode,
    RenameNode,
    ReorderNode,
    SetNode,
    disconnect,
)
from blockstudio.graph.model import (
    Call,
    Definition,
    Edge,
    Endpoint,
    Graph,
    If,
    Initializer,
    Node,
    Port,
    Position,
    Repeat,
    While,
    at_flow,
)
from blockstudio.graph.scopes import calls_of, follow, names_beside, owner_of


def remove_nodes(document: Document, location: Location, names: Collection[str]) -> Edit:
    """Remove nodes and their edges. A layer that is still called elsewhere moves to its first call,
    name and weights kept."""
    graph = document.graph(location)
    edges = [edge for name in names for edge in graph.edges_into(name) + graph.edges_out_of(name)]
    edits = [*disconnect(location, graph, edges), *(RemoveNode(location, name) for name in names)]
    for place, owners in _heirs(document, location, names).items():
        edits += _take_over(document, place, owners, names if place == location else ())
    return Batch(tuple(edits))


def _heirs(document: Document, location: Location, names: Collection[str]) -> dict[Location, dict[str, Node]]:
    """Where layers that go are still called: by its place, the call that becomes the layer, and the layer."""
    heirs: dict[Location, dict[str, Node]] = {}
    for name in names:
        node = document.node(location, name)
        calls = calls_of(document, location, name) if not isinstance(node, Call) else ()
        heir = next(((place, call) for place, call in calls if not _goes(place, call.name, location, names)), None)
        if heir is not None:
            heirs.setdefault(heir[0], {})[heir[1].name] = node
    return heirs


def _goes(place: Location, name: str, location: Location, names: Collection[str]) -> bool:
    """Whether a node is among some of the graph at `location`, or inside one of them."""
    way = [step for step, _ in place.steps] + [name]
    depth = len(location.steps)
    is_below = (place.definition, place.steps[:depth]) == (location.definition, location.steps)
    return is_below and way[depth] in names


def _take_over(
    document: Document, location: Location, owners: Mapping[str, Node], removed: Collection[str]
) -> list[Edit]:
    """Put layers in the place of calls of theirs, in a graph that others are `removed` from."""
    graph = document.graph(location)
    order = [name for name in graph.nodes if name not in removed]
    edges = dict.fromkeys(
        edge
        for name in owners
        for edge in graph.edges_into(name) + graph.edges_out_of(name)
        if edge.source.node not in removed and edge.target.node not in removed
    )
    edits = disconnect(location, graph, list(edges))
    for name, owner in owners.items():
        call = graph.nodes[name]
        moved = evolve(owner, position=call.position, comment=call.comment)
        edits += [RemoveNode(location, name), AddNode(location, moved, order.index(name))]

    def renamed(end: Endpoint) -> Endpoint:
        return Endpoint(owners[end.node].name, end.port) if end.node in owners else end

    return [*edits, *(Connect(location, renamed(target), renamed(source)) for source, target in edges)]


def rename_node(document: Document, location: Location, old: str, new: str) -> Edit:
    """Rename a node, the calls of its layer, and the initialiser rules that name it."""
    if not expressions.is_node_name(new) and not _in_named_sequential(document, location):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."),
            path=location.path(old),
            name=new,
        )
    if new != old and new in names_beside(document, location):
        raise EditError(mark("The name “{name}” is taken."), path=location.path(old), name=new)
    edits: list[Edit] = [RenameNode(location, old, new)]
    edits += [
        SetNode(place, evolve(call, layer=new, name=call.name)) for place, call in calls_of(document, location, old)
    ]

    def moved(definition: str, path: str) -> str:
        """A module path in a definition, after the renaming."""
        parts = path.split(".")
        position = 0
        for step in follow(document, definition, path):
            here = step.segments
            if step.location == location and step.node.name == old and ".".join(here).startswith(old):
                tail = here[len(old.split(".")) :]
                parts[position : position + len(here)] = [*new.split("."), *tail]
                return ".".join(parts)
            position += len(here)
        return path

    def renamed(definition: str, rule: Initializer) -> Initializer:
        rule = evolve(rule, target=moved(definition, rule.target), same_as=moved(definition, rule.same_as))
        if definition == location.definition and not rule.target and rule.parameter == old:
            return evolve(rule, parameter=new)
        return rule

    return Batch((*edits, *_change_rules(document, renamed)))


def _in_named_sequential(document: Document, location: Location) -> bool:
    parent = location.parent
    return parent is not None and getattr(document.node(parent, location.steps[-1][0]), "named", False)


def _change_rules(document: Document, change: Callable[[str, Initializer], Initializer]) -> list[Edit]:
    edits: list[Edit] = []
    for definition in document.definitions.values():
        if isinstance(definition, Definition) and definition.initializers:
            rules = [change(definition.name, rule) for rule in definition.initializers]
            if rules != definition.initializers:
                edits.append(ChangeDefinition(definition.name, {"initializers": rules}))
    return edits


def insert_on_edge(
    document: Document, location: Location, target: Endpoint, node: Node, input: str, output: str
) -> Edit:
    """Put a node into an edge: what fed `target` feeds `input`, and `output` feeds `target`.
    The node is added if the graph has none of its name."""
    graph = document.graph(location)
    source = graph.edges.get(target)
    if source is None:
        raise EditError(mark("There is no wire to put the node on."), path=location.path())
    add = [] if node.name in graph.nodes else [AddNode(location, node)]
    return Batch(
        (
            *add,
            Connect(location, target, None),
            Connect(location, Endpoint(node.name, input), source),
            Connect(location, target, Endpoint(node.name, output)),
        )
    )


def dissolve_nodes(
    document: Document, location: Location, names: Collection[str], main_ports: Callable[[Node], tuple[str, str]]
) -> Edit:
    """Remove nodes and join what fed the first input of each with what its first output fed."""
    owners = _heirs(document, location, names).get(location, {})

    def renamed(end: Endpoint) -> Endpoint:
        return Endpoint(owners[end.node].name, end.port) if end.node in owners else end

    joined = [
        Connect(location, renamed(target), renamed(source))
        for source, target in _past(document.graph(location), names, main_ports)
    ]
    return Batch((remove_nodes(document, location, names), *joined))


def take_out_nodes(
    document: Document, location: Location, names: Collection[str], main_ports: Callable[[Node], tuple[str, str]]
) -> tuple[Edit, list[Edge]]:
    """Take the wires off nodes, but for those among them, and join what fed them with what they fed; with those
    that are joined."""
    graph = document.graph(location)
    own = [edge for name in names for edge in graph.edges_into(name) + graph.edges_out_of(name)]
    off = [edge for edge in own if (edge.source.node in names) != (edge.target.node in names)]
    joined = _past(graph, names, main_ports)
    return Batch(
        (*disconnect(location, graph, off), *(Connect(location, target, source) for source, target in joined))
    ), joined


def _past(graph: Graph, names: Collection[str], main_ports: Callable[[Node], tuple[str, str]]) -> list[Edge]:
    """The wires that lead past nodes: from what feeds the first input of each to what its first output feeds."""

    def origin(source: Endpoint | None) -> Endpoint | None:
        while source is not None and source.node in names:
            source = graph.source_of(source.node, main_ports(graph.nodes[source.node])[0])
        return source

    return [
        Edge(start, target)
        for name in names
        for source, target in graph.edges_out_of(name)
        if target.node not in names and source.port == main_ports(graph.nodes[name])[1]
        if (start := origin(source)) is not None
    ]


def replace_node(
    document: Document,
    location: Location,
    name: str,
    node: Node,
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
) -> Edit:
    """Put another node in the place of one; edges of the named ports move to their new names, others go."""
    graph = document.graph(location)
    index = list(graph.nodes).index(name)
    edges_in, edges_out = graph.edges_into(name), graph.edges_out_of(name)
    kept: list[Edit] = [
        Connect(location, Endpoint(node.name, inputs[target.port]), source)
        for source, target in edges_in
        if target.port in inputs
    ]
    kept += [
        Connect(location, target, Endpoint(node.name, outputs[source.port]))
        for source, target in edges_out
        if source.port in outputs
    ]
    return Batch(
        (
            *disconnect(location, graph, edges_in + edges_out),
            RemoveNode(location, name),
            AddNode(location, node, index),
            *kept,
        )
    )


def reorder_node(document: Document, location: Location, name: str, index: int) -> Edit:
    """Move a child of a Sequential to another place."""
    document.node(location, name)
    return ReorderNode(location, name, index)


def new_control_flow(
    kind: Literal["while", "if", "repeat"],
    name: str,
    inputs: Sequence[str] = ("x",),
    position: Position = (0.0, 0.0),
    *,
    down: bool = False,
) -> Node:
    """A While, If or Repeat whose bodies have the given inputs and are ready to edit, from left to right or down."""

    def body(outputs: Sequence[str]) -> Graph:
        return Graph(
            [Port(port, at_flow(0.0, 0.0, row, down)) for row, port in enumerate(inputs)],
            [Port(port, at_flow(520.0, 0.0, row, down)) for row, port in enumerate(outputs)],
            down=down,
        )

    if kind == "while":
        return While(name=name, position=position, condition=body(["condition"]), body=body(inputs))
    if kind == "if":
        return If(
            name=name,
            position=position,
            condition=body(["condition"]),
            then=body(["output"]),
            otherwise=body(["output"]),
        )
    return Repeat(name=name, position=position, body=body(inputs))


def make_independent(document: Document, location: Location, name: str) -> Edit:
    """Turn a call into a layer of its own, with weights of its own."""
    node = document.node(location, name)
    owner = owner_of(document, location, node) if isinstance(node, Call) else None
    if owner is None:
        raise EditError(mark("“{name}” shares no weights."), path=location.path(name), name=name)
    return SetNode(
        location, evolve(owner[1], name=name, position=node.position, comment=node.comment, color=node.color)
    )
