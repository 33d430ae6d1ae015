"""Nodes put into control flow, and control flow decided by expressions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

from attrs import evolve

from blockstudio.errors import EditError, mark
from blockstudio.graph import expressions
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, Batch, Connect, Edit, RemoveNode, SetNode, disconnect
from blockstudio.graph.grouping import crossing, extent, refuse_between, refuse_shared
from blockstudio.graph.model import (
    BOUNDARY,
    Endpoint,
    Function,
    Graph,
    If,
    Node,
    OptionValue,
    Port,
    Repeat,
    Sequential,
    at_flow,
    copy_graph,
    copy_node,
    copy_part,
)
from blockstudio.graph.rewriting import map_expressions
from blockstudio.graph.scopes import unique_name

VALUE = "value"
"""The type of a function that gives an expression over hyper-parameters, and the name of its only option."""
TRAINING = "training"
"""The type of a function that tells whether the model trains."""
WIDTH = 260.0
MainPorts = Callable[[Node], tuple[str, str]]


def condition_of(node: If) -> OptionValue | Graph:
    """What decides an If: the value that its condition is, or the graph where it is more than a value."""
    only = _only(node.condition)
    if only is not None and only.type == VALUE:
        return only.options.get(VALUE)
    graph = node.condition
    return graph if graph.nodes or graph.edges else None


def is_by_mode(node: If) -> bool:
    """Whether just the mode decides an If: `then` in training, `otherwise` in evaluation."""
    only = _only(node.condition)
    return only is not None and only.type == TRAINING


def _only(graph: Graph) -> Function | None:
    """The function that all of a condition is."""
    nodes = list(graph.nodes.values())
    if len(nodes) == 1 and len(graph.outputs) == 1:
        (only,) = nodes
        source = graph.source_of(BOUNDARY, graph.outputs[0].name)
        if isinstance(only, Function) and source is not None and source.node == only.name:
            return only
    return None


def decide(document: Document, location: Location, name: str, value: OptionValue) -> Edit:
    """Let an If be decided by an expression over hyper-parameters, in the place of its condition graph."""
    return _decided(document, location, name, Function(name="condition", type=VALUE, options={VALUE: value}))


def decide_by_mode(document: Document, location: Location, name: str) -> Edit:
    """Let an If be decided by the mode, in the place of its condition graph."""
    return _decided(document, location, name, Function(name=TRAINING, type=TRAINING))


def _decided(document: Document, location: Location, name: str, test: Function) -> Edit:
    node = document.node(location, name)
    assert isinstance(node, If)
    old = next((inner.name for inner in node.condition.nodes.values()), "")
    test = evolve(test, name=old or unique_name(document, location, test.name))
    return SetNode(location, evolve(node, condition=_test(node.condition, test)))


def _test(graph: Graph, test: Function) -> Graph:
    """A graph whose output is what a function gives, in the place of another one."""
    inputs = list(graph.inputs)
    down = graph.down
    outputs = list(graph.outputs[:1]) or [Port("condition", at_flow(2 * WIDTH, 0.0, 0, down))]
    start = inputs[0].position[down] + WIDTH if inputs else 0.0
    middle = at_flow(start, outputs[0].position[not down], 0, down)
    nodes: dict[str, Node] = {test.name: evolve(test, position=middle)}
    edges = {Endpoint(BOUNDARY, outputs[0].name): Endpoint(test.name, "output")}
    return Graph(inputs, outputs, nodes, edges, down=down)


def wrap(
    document: Document,
    location: Location,
    names: Collection[str],
    kind: Literal["repeat", "if", "training"],
    main_ports: MainPorts,
) -> tuple[Edit, str]:
    """Put nodes into a Repeat, or into a branch of an If, in their place; returns the edit and its name.

    An If is there for a condition on hyper-parameters, which is then to be written, or for training.
    `main_ports` tells the input and the output of a child of a Sequential.
    """
    graph = document.graph(location)
    chosen = graph.chosen(names)
    if not chosen:
        raise EditError(mark("Select the nodes to put into it first."))
    parent = location.parent
    if parent is not None and isinstance(document.node(parent, location.steps[-1][0]), Sequential):
        return _wrap_children(document, location, chosen, kind, main_ports)
    refuse_between(graph, location, chosen)
    refuse_shared(document, location, chosen)
    inputs, outputs = crossing(graph, set(chosen))
    if len(outputs) > max(1, len(inputs)):
        raise EditError(mark("It would need an input for each output: what comes out is carried on."))
    body = copy_part(graph, chosen)
    start, _, side = extent(body.nodes.values(), body.down)
    for row, (port, targets) in enumerate(inputs.values()):
        body.inputs.append(Port(port, at_flow(start - WIDTH, side, row, body.down)))
        for target in targets:
            body.connect(target, Endpoint(BOUNDARY, port))
    if kind == "repeat":
        made: Node = _repeat(document, location, body, outputs)
    else:
        asked = Function(name=TRAINING, type=TRAINING)
        if kind == "if":
            asked = Function(name="condition", type=VALUE, options={VALUE: True})
        made = _if(document, location, body, outputs, evolve(asked, name=unique_name(document, location, asked.name)))
    name = made.name
    results = body.inputs if kind == "repeat" else body.outputs
    edges = [edge for inner in chosen for edge in graph.edges_into(inner) + graph.edges_out_of(inner)]
    given = {source: port.name for source, port in zip(outputs, results, strict=False)}
    edits: list[Edit] = [
        *disconnect(location, graph, edges),
        *(RemoveNode(location, inner) for inner in chosen),
        AddNode(location, made, list(graph.nodes).index(next(iter(chosen)))),
        *(Connect(location, Endpoint(name, port), source) for source, (port, _) in inputs.items()),
        *(
            Connect(location, edge.target, Endpoint(name, given[edge.source]))
            for edge in dict.fromkeys(edges)
            if edge.source in given and edge.target.node not in body.nodes
        ),
    ]
    return Batch(tuple(edits)), name


def _repeat(document: Document, location: Location, body: Graph, sources: Collection[Endpoint]) -> Repeat:
    """Rounds of a body, each with weights of its own; what has no source carries on what came in."""
    start, end, side = extent(body.nodes.values(), body.down)
    body.inputs = body.inputs or [Port("x", at_flow(start - WIDTH, side, 0, body.down))]
    _feed(body, [port.name for port in body.inputs], sources)
    position = at_flow((start + end) / 2, side, 0, body.down)
    return Repeat(name=unique_name(document, location, "rounds"), position=position, body=body, shared=False)


def _if(document: Document, location: Location, body: Graph, outputs: Mapping[Endpoint, str], test: Function) -> If:
    """A body that runs if a test holds; else what came in goes past it."""
    start, end, side = extent(body.nodes.values(), body.down)
    _feed(body, list(outputs.values()), outputs)
    past = Graph(list(body.inputs), list(body.outputs), down=body.down)
    for result, given in zip(body.outputs, body.inputs, strict=False):
        past.connect(Endpoint(BOUNDARY, result.name), Endpoint(BOUNDARY, given.name))
    ports = [Port("condition", at_flow(end + WIDTH, side, 0, body.down))]
    empty = Graph(list(body.inputs), ports, down=body.down)
    return If(
        name=unique_name(document, location, "choice"),
        position=at_flow((start + end) / 2, side, 0, body.down),
        condition=_test(empty, test),
        then=body,
        otherwise=past,
    )


def _feed(body: Graph, ports: Sequence[str], sources: Collection[Endpoint]) -> None:
    _, end, side = extent(body.nodes.values(), body.down)
    body.outputs = [Port(port, at_flow(end + WIDTH, side, row, body.down)) for row, port in enumerate(ports)]
    for port, source in zip(ports, sources, strict=False):
        body.connect(Endpoint(BOUNDARY, port), source)


def _wrap_children(
    document: Document, location: Location, chosen: Mapping[str, Node], kind: str, main_ports: MainPorts
) -> tuple[Edit, str]:
    """Children of a Sequential that follow each other, in rounds of their own."""
    graph = document.graph(location)
    first = list(graph.nodes).index(next(iter(chosen)))
    if kind != "repeat" or list(graph.nodes)[first : first + len(chosen)] != list(chosen):
        raise EditError(mark("In a Sequential, only children that follow each other can be repeated."))
    body = Graph([Port("x")], [Port("x", (WIDTH * (len(chosen) + 1), 0.0))])
    value = Endpoint(BOUNDARY, "x")
    for column, name in enumerate(chosen, 1):
        node = copy_node(graph.nodes[name], position=(WIDTH * column, 0.0))
        into, out = main_ports(node)
        body.nodes[name] = node
        body.connect(Endpoint(name, into), value)
        value = Endpoint(name, out)
    body.connect(Endpoint(BOUNDARY, "x"), value)
    new = unique_name(document, location, "rounds")
    repeat = Repeat(name=new, body=body, shared=False)
    return Batch((*(RemoveNode(location, name) for name in chosen), AddNode(location, repeat, first))), new


def rename_index(document: Document, location: Location, name: str, new: str) -> Edit:
    """Let another name count the rounds of a Repeat, in every expression inside it, too."""
    node = document.node(location, name)
    assert isinstance(node, Repeat)
    if not expressions.is_identifier(new):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."),
            path=location.path(name),
            name=new,
        )
    body = copy_graph(node.body)
    _rename_in(body, node.index, new)
    return SetNode(location, evolve(node, index=new, body=body))


def _rename_in(graph: Graph, old: str, new: str) -> None:
    for name, node in graph.nodes.items():
        changed = map_expressions(node, lambda text: expressions.rename(text, old, new))
        graph.nodes[name] = changed
        for _, inner in changed.graphs():
            _rename_in(inner, old, new)
