"""Nodes into a block of their own, and a block apart into its nodes, wires kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from attrs import evolve

from blockstudio.errors import EditError, mark
from blockstudio.graph import expressions, topology
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import (
    AddDefinition,
    AddNode,
    Batch,
    ChangeDefinition,
    Connect,
    Edit,
    RemoveNode,
    SetNote,
    SetRoute,
    disconnect,
)
from blockstudio.graph.fragments import bodies, rename_nodes
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    Definition,
    Endpoint,
    Expression,
    Graph,
    HyperParameter,
    Initializer,
    Instance,
    Node,
    Port,
    Repeat,
    Sequential,
    at_flow,
    copy_node,
    copy_part,
)
from blockstudio.graph.rewriting import map_expressions, names_used
from blockstudio.graph.scopes import calls_of, class_scope, names_in_scope, next_free, owner_of

MARGIN = 220.0
"""Between the ports of a new block and its nodes."""


Ports = Callable[[Node], Sequence[str]]
"""The inputs of a node in their order."""


def group(
    document: Document,
    location: Location,
    names: Collection[str],
    definition_name: str,
    *,
    notes: Collection[str] = (),
    ports: Ports | None = None,
) -> tuple[Edit, str]:
    """Nodes, and notes beside them, become a new definition with one instance in their place; returns the edit and
    its name.

    Inputs and outputs of the block are made from the wires that cross its border, in the order of the `ports` they
    lead to.
    """
    graph = document.graph(location)
    chosen = graph.chosen(names)
    _refuse(document, location, chosen, definition_name)
    inputs, outputs = crossing(graph, set(chosen), ports)
    body = copy_part(graph, chosen)
    body.notes = {key: note for key, note in graph.notes.items() if key in notes}
    first, last, side = extent(body.nodes.values(), graph.down)
    for row, (port, targets) in enumerate(inputs.values()):
        body.inputs.append(Port(port, at_flow(first - MARGIN, side, row, graph.down)))
        for target in targets:
            body.connect(target, Endpoint(BOUNDARY, port))
    for row, (source, port) in enumerate(outputs.items()):
        body.outputs.append(Port(port, at_flow(last + MARGIN, side, row, graph.down)))
        body.connect(Endpoint(BOUNDARY, port), source)

    definition = document.definition(location.definition)
    used = names_used(body)
    available = [p.name for p in definition.hyper_parameters] + round_names(document, location)
    known = {p.name: p for p in definition.hyper_parameters}
    passed = [name for name in dict.fromkeys(available) if name in used]
    node_name = next_free(snake(definition_name), names_in_scope(document, location) - set(chosen))
    places = [node.position for node in chosen.values()]
    middle = sum(place[not graph.down] for place in places) / len(places)
    instance = Instance(
        name=node_name,
        definition=definition_name,
        position=at_flow((first + last) / 2, middle, 0, graph.down),
        options={name: Expression(name) for name in passed},
    )
    moved_rules, kept_rules = _move_rules(definition.initializers, chosen, node_name)
    new = Definition(
        name=definition_name,
        graph=body,
        # Python wants arguments without a default first.
        hyper_parameters=sorted((known.get(n, HyperParameter(n)) for n in passed), key=lambda p: bool(p.default)),
        initializers=moved_rules if not location.steps else [],
    )
    edges = [edge for name in chosen for edge in graph.edges_into(name) + graph.edges_out_of(name)]
    index = list(graph.nodes).index(next(iter(chosen)))
    edits: list[Edit] = [
        *disconnect(location, graph, edges),
        *(RemoveNode(location, name) for name in chosen),
        *(SetNote(location, key, None) for key in body.notes),
        AddDefinition(new),
        AddNode(location, instance, index),
        *(Connect(location, Endpoint(node_name, port), source) for source, (port, _) in inputs.items()),
        *(
            Connect(location, edge.target, Endpoint(node_name, outputs[edge.source]))
            for edge in dict.fromkeys(edges)
            if edge.source in outputs and edge.target.node not in body.nodes
        ),
    ]
    if kept_rules != definition.initializers and not location.steps:
        edits.append(ChangeDefinition(definition.name, {"initializers": kept_rules}))
    return Batch(tuple(edits)), node_name


def _refuse(document: Document, location: Location, chosen: Mapping[str, Node], definition_name: str) -> None:
    """Raise where these nodes cannot become a block of this name."""
    if not expressions.is_identifier(definition_name):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."),
            name=definition_name,
        )
    if definition_name in document.definitions:
        raise EditError(mark("There is already a block named “{name}”."), name=definition_name)
    if not chosen:
        raise EditError(mark("Select the nodes to group first."))
    refuse_children(document, location)
    refuse_between(document.graph(location), location, chosen)
    refuse_shared(document, location, chosen)


def ungroup(document: Document, location: Location, name: str) -> tuple[Edit, tuple[str, ...]]:
    """An instance gives way to the nodes of its definition, hyper-parameters filled in; returns their names.
    The definition stays for its other instances."""
    node = document.node(location, name)
    definition = document.definitions.get(node.definition) if isinstance(node, Instance) else None
    if not isinstance(node, Instance) or not isinstance(definition, Definition):
        raise EditError(
            mark("“{name}” is not a block made of nodes: it cannot be taken apart."),
            path=location.path(name),
            name=name,
        )
    if calls_of(document, location, name):
        raise EditError(
            mark("“{name}” shares its weights with other nodes: make those independent first."),
            path=location.path(name),
            name=name,
        )
    graph, inner = document.graph(location), definition.graph
    values = {p.name: p.default for p in definition.hyper_parameters}
    values |= {key: option_text(value) for key, value in node.options.items()}
    taken = names_in_scope(document, location) - {name}
    renamed: dict[str, str] = {}
    names = [other for _, part in class_scope(document, Location(node.definition)) for other in part.nodes]
    for inner_name in dict.fromkeys([*inner.nodes, *names]):
        renamed[inner_name] = next_free(inner_name, taken)
        taken.add(renamed[inner_name])
    shift = _shift(node, inner)
    nodes = [placed(inner_node, renamed, values, shift) for inner_node in inner.nodes.values()]

    def outer(source: Endpoint) -> Endpoint | None:
        """Where a value inside comes from, outside."""
        if source.node != BOUNDARY:
            return Endpoint(renamed[source.node], source.port)
        return graph.source_of(name, source.port)

    edges = graph.edges_into(name) + graph.edges_out_of(name)
    index = list(graph.nodes).index(name)
    wires = [(t, outer(s)) for t, s in inner.edges.items() if t.node != BOUNDARY]
    results = {t.port: outer(s) for t, s in inner.edges.items() if t.node == BOUNDARY}
    edits: list[Edit] = [
        *disconnect(location, graph, edges),
        RemoveNode(location, name),
        *(AddNode(location, placed, index + row) for row, placed in enumerate(nodes)),
        *(Connect(location, Endpoint(renamed[t.node], t.port), source) for t, source in wires if source),
        *(
            Connect(location, edge.target, results[edge.source.port])
            for edge in graph.edges_out_of(name)
            if results.get(edge.source.port)
        ),
        *_marks(document, location, inner, renamed, shift),
    ]
    before = document.definition(location.definition).initializers
    after = _unpacked_rules(definition.initializers, before, name, renamed)
    if after != before and not location.steps:
        edits.append(ChangeDefinition(location.definition, {"initializers": after}))
    return Batch(tuple(edits)), tuple(renamed[inner_name] for inner_name in inner.nodes)


def _unpacked_rules(
    inside: Iterable[Initializer], around: Iterable[Initializer], name: str, renamed: Mapping[str, str]
) -> list[Initializer]:
    """The rules of a block that is taken apart, and those around it that reached into it, with their new targets."""

    def unpacked(path: str) -> str:
        head, *tail = path.split(".")
        return ".".join([renamed[head], *tail]) if head in renamed else path

    def reaching_in(path: str) -> str:
        return unpacked(path.removeprefix(f"{name}.")) if path.startswith(f"{name}.") else path

    own = [rule for rule in inside if rule.target.split(".")[0] in renamed]
    return [
        *(evolve(rule, target=unpacked(rule.target), same_as=unpacked(rule.same_as)) for rule in own),
        *(evolve(rule, target=reaching_in(rule.target), same_as=reaching_in(rule.same_as)) for rule in around),
    ]


def _marks(
    document: Document, location: Location, inner: Graph, renamed: Mapping[str, str], shift: tuple[float, float]
) -> Iterator[Edit]:
    """The notes of a block, and the points of wires between its nodes, where the block stood."""

    def moved(point: tuple[float, float]) -> tuple[float, float]:
        return (point[0] + shift[0], point[1] + shift[1])

    taken = set(document.graph(location).notes)
    for key, note in inner.notes.items():
        new = next_free(key, taken)
        taken.add(new)
        yield SetNote(location, new, evolve(note, position=moved(note.position)))
    for target, points in inner.routes.items():
        if BOUNDARY not in (target.node, inner.edges[target].node):
            yield SetRoute(location, Endpoint(renamed[target.node], target.port), tuple(map(moved, points)))


def refuse_children(document: Document, location: Location) -> None:
    """EditError in a Sequential, which has no wires to make ports from."""
    parent = location.parent
    if parent is not None and isinstance(document.node(parent, location.steps[-1][0]), Sequential):
        raise EditError(mark("Children of a Sequential are grouped by dragging them into another Sequential."))


def refuse_between(graph: Graph, location: Location, chosen: Collection[str]) -> None:
    """EditError where a path between nodes that are to be one leads through another."""
    between = topology.downstream(graph, set(chosen)) & topology.upstream(graph, set(chosen)) - set(chosen)
    if between:
        raise EditError(
            mark("“{name}” lies between the nodes to group: select it too."),
            path=location.path(min(between)),
            name=min(between),
        )


def refuse_shared(document: Document, location: Location, chosen: Collection[str]) -> None:
    """EditError where nodes share weights with others that would stay behind."""
    graph = document.graph(location)
    for name in chosen:
        node = graph.nodes[name]
        if isinstance(node, Call):
            owner = owner_of(document, location, node)
            partners = [owner[1].name] if owner and (owner[0] != location or owner[1].name not in chosen) else []
        else:
            partners = [
                call.name
                for place, call in calls_of(document, location, name)
                if place.steps[: len(location.steps)] == location.steps
                and not (place == location and call.name in chosen)
                and not (len(place.steps) > len(location.steps) and place.steps[len(location.steps)][0] in chosen)
            ]
        if partners:
            raise EditError(
                mark("“{name}” shares its weights with “{partner}”: select both, or make them independent."),
                path=location.path(name),
                name=name,
                partner=partners[0],
            )


NAMELESS = frozenset({"output", "input", "result", "values"})
"""Ports whose names say nothing of what they carry."""


def carried(source: Endpoint, target: str = "") -> str:
    """A name for a port that carries a value: that of the border's port or the output, or of the node it is from."""
    for wanted in (source.port if source.port not in NAMELESS else "", source.node, source.port, target.split(".")[0]):
        if expressions.is_identifier(wanted):
            return wanted
    return "value"


def extent(nodes: Collection[Node], down: bool = False) -> tuple[float, float, float]:
    """Where along the flow the first and the last of some nodes stand, and the least of their places across it."""
    along = [node.position[down] for node in nodes]
    return min(along), max(along), min(node.position[not down] for node in nodes)


def crossing(
    graph: Graph, chosen: set[str], ports: Ports | None = None
) -> tuple[dict[Endpoint, tuple[str, list[Endpoint]]], dict[Endpoint, str]]:
    """The ports nodes need in a graph of their own: by outer source the name and the inputs it feeds; by inner source
    the name."""
    inputs: dict[Endpoint, tuple[str, list[Endpoint]]] = {}
    outputs: dict[Endpoint, str] = {}
    for name in graph.nodes:
        if name not in chosen:
            continue
        order = {port: place for place, port in enumerate(ports(graph.nodes[name]) if ports else ())}
        into = sorted(graph.edges_into(name), key=lambda edge: (order.get(edge.target.port, len(order)), edge))
        for source, target in into:
            if source.node not in chosen:
                taken = {port for port, _ in inputs.values()}
                wanted = carried(source, target.port)
                inputs.setdefault(source, (next_free(wanted, taken), []))[1].append(target)
        leaving = [edge for edge in graph.edges_out_of(name) if edge.target.node not in chosen]
        # What leaves for the border of the graph keeps the name it has there.
        for source, target in sorted(
            leaving, key=lambda edge: (edge.source, edge.target.node != BOUNDARY, edge.target)
        ):
            if source not in outputs:
                wanted = target.port if target.node == BOUNDARY else carried(source)
                outputs[source] = next_free(wanted, set(outputs.values()))
    return inputs, outputs


def round_names(document: Document, location: Location) -> list[str]:
    names, place = [], location
    while place.parent is not None:
        node = document.node(place.parent, place.steps[-1][0])
        if isinstance(node, Repeat):
            names.append(node.index)
        place = place.parent
    return names


def _move_rules(
    rules: list[Initializer], chosen: Collection[str], node_name: str
) -> tuple[list[Initializer], list[Initializer]]:
    """The rules that go into the new block, and those that stay. Rules of one layer type stay: they reach inside."""

    def is_inside(path: str) -> bool:
        return bool(path) and path.split(".")[0] in chosen

    def outside(path: str) -> str:
        return f"{node_name}.{path}" if is_inside(path) else path

    moved = [rule for rule in rules if is_inside(rule.target) and (not rule.same_as or is_inside(rule.same_as))]
    kept = [rule for rule in rules if rule not in moved]
    return moved, [
        evolve(rule, target=outside(rule.target), same_as=outside(rule.same_as)) if rule.same_as else rule
        for rule in kept
    ]


def option_text(value: object) -> str:
    return value.text if isinstance(value, Expression) else repr(value)


def _shift(node: Instance, inner: Graph) -> tuple[float, float]:
    places = [n.position for n in inner.nodes.values()]
    if not places:
        return (0.0, 0.0)
    middle = (sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places))
    return (node.position[0] - middle[0], node.position[1] - middle[1])


def placed(node: Node, renamed: dict[str, str], values: dict[str, str], shift: tuple[float, float]) -> Node:
    def fill(text: str) -> str:
        return expressions.substitute(text, values)

    def filled(part: Node) -> Node:
        part = map_expressions(part, fill)
        for _, graph in part.graphs():
            for name, inner in graph.nodes.items():
                graph.nodes[name] = filled(inner)
        return part

    position = (node.position[0] + shift[0], node.position[1] + shift[1])
    moved = filled(copy_node(node, name=renamed[node.name], position=position))
    for graph in bodies(moved):
        rename_nodes(graph, renamed)
    return evolve(moved, layer=renamed.get(moved.layer, moved.layer)) if isinstance(moved, Call) else moved


def snake(name: str) -> str:
    """A node name for a class name: `FixedHiddenMLP` -> `fixed_hidden_mlp`."""
    words = "".join(
        f"_{c}" if c.isupper() and i and (not name[i - 1].isupper() or name[i + 1 : i + 2].islower()) else c
        for i, c in enumerate(name)
    )
    text = words.lower().replace("__", "_")
    return text if expressions.is_identifier(text) else f"{text}_"
