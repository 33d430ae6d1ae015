"""What a user asks for, put together from edits. Each function returns the edit and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

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
    RenameDefinition,
    RenameNode,
    ReorderNode,
    SetNode,
    SetPorts,
    disconnect,
)
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    Definition,
    Edge,
    Endpoint,
    Expression,
    Graph,
    HyperParameter,
    If,
    Initializer,
    Instance,
    Node,
    OptionValue,
    Port,
    Position,
    Repeat,
    While,
)
from blockstudio.graph.scopes import calls_of, follow, names_in_scope, owner_of, unique_name, users_of

__all__ = ["unique_name"]

Side = Literal["inputs", "outputs"]


# --- nodes --------------------------------------------------------------------------------


def remove_nodes(document: Document, location: Location, names: Collection[str]) -> Edit:
    """Remove nodes and their edges. A layer that is still called elsewhere moves to its first call,
    name and weights kept."""
    graph = document.graph(location)
    edges = [edge for name in names for edge in graph.edges_into(name) + graph.edges_out_of(name)]
    edits = disconnect(location, graph, edges)
    for name in names:
        node = document.node(location, name)
        heirs = [
            (place, call)
            for place, call in calls_of(document, location, name)
            if not (place == location and call.name in names)
        ]
        edits.append(RemoveNode(location, name))
        if heirs and not isinstance(node, Call):
            place, heir = heirs[0]
            edits += _take_over(document, place, heir, node)
    return Batch(tuple(edits))


def _take_over(document: Document, location: Location, call: Call, owner: Node) -> list[Edit]:
    graph = document.graph(location)
    edges = graph.edges_into(call.name) + graph.edges_out_of(call.name)
    index = list(graph.nodes).index(call.name)
    moved = evolve(owner, position=call.position, comment=call.comment)
    return [
        *disconnect(location, graph, edges),
        RemoveNode(location, call.name),
        AddNode(location, moved, index),
        *(_connect_renamed(location, edge, call.name, owner.name) for edge in edges),
    ]


def _connect_renamed(location: Location, edge: Edge, old: str, new: str) -> Connect:
    source, target = (Endpoint(new, end.port) if end.node == old else end for end in edge)
    return Connect(location, target, source)


def rename_node(document: Document, location: Location, old: str, new: str) -> Edit:
    """Rename a node, the calls of its layer, and the initialiser rules that name it."""
    if not expressions.is_node_name(new) and not _in_named_sequential(document, location):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."),
            path=location.path(old),
            name=new,
        )
    if new != old and new in names_in_scope(document, location):
        raise EditError(mark("The name “{name}” is taken."), path=location.path(old), name=new)
    edits: list[Edit] = [RenameNode(location, old, new)]
    edits += [
        SetNode(place, evolve(call, layer=new, name=call.name)) for place, call in calls_of(document, location, old)
    ]

    def renamed(definition: str, rule: Initializer) -> Initializer:
        steps = follow(document, definition, rule.target)
        parts = rule.target.split(".")
        position = 0
        for step in steps:
            here = step.segments
            if step.location == location and step.node.name == old and ".".join(here).startswith(old):
                tail = here[len(old.split(".")) :]
                parts[position : position + len(here)] = [*new.split("."), *tail]
                return evolve(rule, target=".".join(parts))
            position += len(here)
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


def bypass_nodes(
    document: Document, location: Location, names: Collection[str], main_ports: Callable[[Node], tuple[str, str]]
) -> Edit:
    """Remove nodes and join what fed the first input of each with what its first output fed."""
    graph = document.graph(location)

    def origin(source: Endpoint | None) -> Endpoint | None:
        while source is not None and source.node in names:
            source = graph.source_of(source.node, main_ports(graph.nodes[source.node])[0])
        return source

    joined = [
        Connect(location, target, origin(source))
        for name in names
        for source, target in graph.edges_out_of(name)
        if target.node not in names and source.port == main_ports(graph.nodes[name])[1]
    ]
    return Batch((remove_nodes(document, location, names), *(edit for edit in joined if edit.source is not None)))


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
    kind: Literal["while", "if", "repeat"], name: str, inputs: Sequence[str] = ("x",), position: Position = (0.0, 0.0)
) -> Node:
    """A While, If or Repeat whose bodies have the given inputs and are ready to edit."""

    def body(outputs: Sequence[str]) -> Graph:
        return Graph(
            [Port(port, (0.0, 90.0 * row)) for row, port in enumerate(inputs)],
            [Port(port, (520.0, 90.0 * row)) for row, port in enumerate(outputs)],
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


# --- ports --------------------------------------------------------------------------------


def add_port(document: Document, location: Location, side: Side, name: str, position: Position = (0.0, 0.0)) -> Edit:
    """Add an input or output to a graph and to those that must have the same ports."""
    _check_port_name(location, name)
    return Batch(
        tuple(
            SetPorts(place, which, (*_ports(document, place, which), Port(name, position)))
            for place, which in _agreeing(document, location, side)
        )
    )


def remove_port(document: Document, location: Location, side: Side, name: str) -> Edit:
    """Take out an input or output, inside and wherever the block is used."""
    edits: list[Edit] = []
    for place, which in _agreeing(document, location, side):
        graph = document.graph(place)
        inside = graph.edges_out_of(BOUNDARY) if which == "inputs" else graph.edges_into(BOUNDARY)
        edits += disconnect(place, graph, [edge for edge in inside if _inner_end(edge, which).port == name])
        edits.append(SetPorts(place, which, tuple(p for p in _ports(document, place, which) if p.name != name)))
    for which in {which for _, which in _agreeing(document, location, side)}:
        for place, user in _placed(document, location):
            outer = document.graph(place)
            edges = outer.edges_into(user) if which == "inputs" else outer.edges_out_of(user)
            edits += disconnect(place, outer, [edge for edge in edges if _outer_end(edge, which).port == name])
    return Batch(tuple(edits))


def rename_port(document: Document, location: Location, side: Side, old: str, new: str) -> Edit:
    """Rename an input or output, inside and wherever the block is used."""
    _check_port_name(location, new)
    edits: list[Edit] = []
    for place, which in _agreeing(document, location, side):
        graph = document.graph(place)
        ports = _ports(document, place, which)
        edits.append(SetPorts(place, which, tuple(evolve(p, name=new) if p.name == old else p for p in ports)))
        inside = graph.edges_out_of(BOUNDARY) if which == "inputs" else graph.edges_into(BOUNDARY)
        edits += _rename_ends(
            place, [e for e in inside if _inner_end(e, which).port == old], BOUNDARY, which, new, True
        )
    for which in dict.fromkeys(which for _, which in _agreeing(document, location, side)):
        for place, user in _placed(document, location):
            outer = document.graph(place)
            edges = outer.edges_into(user) if which == "inputs" else outer.edges_out_of(user)
            edits += _rename_ends(
                place, [e for e in edges if _outer_end(e, which).port == old], user, which, new, False
            )
    return Batch(tuple(edits))


def _rename_ends(
    location: Location, edges: Iterable[Edge], node: str, side: Side, new: str, inner: bool
) -> Iterable[Edit]:
    for source, target in edges:
        yield Connect(location, target, None)
        if (side == "inputs") == inner:
            yield Connect(location, target, Endpoint(node, new))
        else:
            yield Connect(location, Endpoint(node, new), source)


def reorder_ports(document: Document, location: Location, side: Side, names: Sequence[str]) -> Edit:
    """Put the inputs or outputs of a graph, and of those that must agree, in another order."""
    return Batch(
        tuple(
            SetPorts(place, which, tuple(sorted(_ports(document, place, which), key=lambda p: names.index(p.name))))
            for place, which in _agreeing(document, location, side)
        )
    )


def set_port(document: Document, location: Location, side: Side, port: Port) -> Edit:
    """Replace the port of the same name: its position, example or default."""
    ports = tuple(port if old.name == port.name else old for old in _ports(document, location, side))
    return SetPorts(location, side, ports)


def _check_port_name(location: Location, name: str) -> None:
    if not expressions.is_identifier(name):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."),
            path=location.path(),
            name=name,
        )


def _ports(document: Document, location: Location, side: Side) -> tuple[Port, ...]:
    graph = document.graph(location)
    return tuple(graph.inputs if side == "inputs" else graph.outputs)


def _inner_end(edge: Edge, side: Side) -> Endpoint:
    return edge.source if side == "inputs" else edge.target


def _outer_end(edge: Edge, side: Side) -> Endpoint:
    return edge.target if side == "inputs" else edge.source


def _agreeing(document: Document, location: Location, side: Side) -> list[tuple[Location, Side]]:
    """The graphs, and their sides, whose ports must be the same as this one's."""
    parent = location.parent
    if parent is None:
        return [(location, side)]
    name, slot = location.steps[-1]
    node = document.node(parent, name)
    inputs: list[tuple[Location, Side]] = [(parent.enter(name, other), "inputs") for other, _ in node.graphs()]
    if isinstance(node, While | Repeat):
        if slot == "condition" and side == "outputs":
            raise EditError(mark("A condition has exactly one output."), path=location.path())
        return [*inputs, (parent.enter(name, "body"), "outputs")]
    if isinstance(node, If):
        if side == "inputs":
            return inputs
        if slot == "condition":
            raise EditError(mark("A condition has exactly one output."), path=location.path())
        return [(parent.enter(name, branch), "outputs") for branch in ("then", "otherwise")]
    raise EditError(mark("A Sequential has one input and one output."), path=location.path())


def _placed(document: Document, location: Location) -> list[tuple[Location, str]]:
    """The nodes, anywhere, whose ports are the ports of this graph."""
    if location.steps:
        parent = location.parent
        assert parent is not None
        return [(parent, location.steps[-1][0])]
    places = []
    for place, instance in users_of(document, location.definition):
        places.append((place, instance.name))
        places += [(other, call.name) for other, call in calls_of(document, place, instance.name)]
    return places


# --- definitions --------------------------------------------------------------------------


def rename_definition(document: Document, old: str, new: str) -> Edit:
    """Rename a definition and every use of it; the root stays the root."""
    from blockstudio.graph.edits import ChangeDocument

    if not expressions.is_identifier(new):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."),
            path=old,
            name=new,
        )
    if old == new:
        return Batch(())
    uses = [(place, node) for place, node in users_of(document, old)]
    edits: list[Edit] = [RenameDefinition(old, new)]
    for place, node in uses:
        here = Location(new, place.steps) if place.definition == old else place
        edits.append(SetNode(here, evolve(node, definition=new)))
    if document.root == old:
        edits.append(ChangeDocument({"root": new}))
    return Batch(tuple(edits))


def set_initializers(document: Document, definition: str, rules: Sequence[Initializer]) -> Edit:
    """Replace the initialiser rules of a definition."""
    document.definition(definition)
    return ChangeDefinition(definition, {"initializers": list(rules)})


def set_hyper_parameters(document: Document, definition: str, parameters: Sequence[HyperParameter]) -> Edit:
    """Replace the hyper-parameters of a definition; instances drop values of those that are gone."""
    kept = {parameter.name for parameter in parameters}
    gone = {parameter.name for parameter in document.definition(definition).hyper_parameters} - kept
    edits: list[Edit] = [ChangeDefinition(definition, {"hyper_parameters": list(parameters)})]
    for place, node in users_of(document, definition):
        if gone & set(node.options):
            options = {key: value for key, value in node.options.items() if key not in gone}
            edits.append(SetNode(place, evolve(node, options=options)))
    return Batch(tuple(edits))


def rename_hyper_parameter(document: Document, definition: str, old: str, new: str) -> Edit:
    """Rename a hyper-parameter, in the expressions of its definition and in every instance."""
    found = document.definition(definition)
    if not expressions.is_identifier(new):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."),
            path=definition,
            name=new,
        )
    if any(parameter.name == new for parameter in found.hyper_parameters):
        raise EditError(mark("The name “{name}” is taken."), path=definition, name=new)
    parameters = [
        evolve(p, name=new if p.name == old else p.name, default=expressions.rename(p.default, old, new))
        for p in found.hyper_parameters
    ]
    rules = [
        evolve(rule, arguments={key: rename_in_value(value, old, new) for key, value in rule.arguments.items()})
        for rule in found.initializers
    ]
    edits: list[Edit] = [ChangeDefinition(definition, {"hyper_parameters": parameters, "initializers": rules})]
    for place, graph in document.walk(Location(definition)):
        for node in graph.nodes.values():
            renamed = map_expressions(node, lambda text: expressions.rename(text, old, new))
            if renamed != node:
                edits.append(SetNode(place, renamed))
    for place, user in users_of(document, definition):
        if old in user.options:
            current = next(
                (e.node for e in edits if isinstance(e, SetNode) and e.node.name == user.name and e.location == place),
                user,
            )
            assert isinstance(current, Instance)
            options = {new if key == old else key: value for key, value in current.options.items()}
            edits.append(SetNode(place, evolve(current, options=options)))
    return Batch(tuple(edits))


def rename_in_value(value: OptionValue, old: str, new: str) -> OptionValue:
    """An option's value with a name replaced in its expressions."""
    return map_value(value, lambda text: expressions.rename(text, old, new))


def map_value(value: OptionValue, change: Callable[[str], str]) -> OptionValue:
    """An option's value with `change` made to the text of each expression in it."""
    if isinstance(value, Expression):
        return Expression(change(value.text))
    if isinstance(value, tuple):
        return tuple(map_value(part, change) for part in value)
    return value


def map_expressions(node: Node, change: Callable[[str], str]) -> Node:
    """A node with `change` made to each expression of its own; not in graphs inside it."""
    changes: dict[str, Any] = {}
    options = getattr(node, "options", None)
    if options:
        changes["options"] = {key: map_value(value, change) for key, value in options.items()}
    if isinstance(node, Repeat):
        changes["count"] = map_value(node.count, change)
    if hasattr(node, "value"):
        changes["value"] = change(node.value)
    return evolve(node, **changes)
