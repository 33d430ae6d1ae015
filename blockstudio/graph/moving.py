"""Nodes into a block that is there, wires kept: its ports come and go with what crosses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from attrs import evolve

from blockstudio.errors import EditError, mark
from blockstudio.graph import topology
from blockstudio.graph.borders import Border, crossed, renamed_to, set_rules
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Batch, ChangeDefinition, Edit, SetNode
from blockstudio.graph.grouping import (
    MARGIN,
    carried,
    extent,
    placed,
    refuse_between,
    refuse_children,
    refuse_shared,
    round_names,
)
from blockstudio.graph.model import (
    BOUNDARY,
    Definition,
    Endpoint,
    Expression,
    Graph,
    HyperParameter,
    Initializer,
    Instance,
    Node,
    Position,
    at_flow,
)
from blockstudio.graph.rewriting import names_used
from blockstudio.graph.scopes import calls_of, names_in_scope, next_free, users_of


def move_into(document: Document, location: Location, names: Collection[str], block: str) -> tuple[Edit, list[str]]:
    """Move nodes into a block of the same graph: the edit, and their names inside."""
    refuse_children(document, location)
    graph = document.graph(location)
    instance, definition = _only_instance(document, location, block)
    chosen = graph.chosen({*names} - {block})
    if not chosen:
        raise EditError(mark("Select the nodes to move first."))
    refuse_shared(document, location, chosen)
    refuse_between(graph, location, [*chosen, block])
    inner = definition.graph
    renamed = renamed_to(chosen, names_in_scope(document, Location(definition.name)))
    border = Border(dict(graph.edges), block, inner)
    carried_in: dict[str, Endpoint] = {}
    """What takes the place of an input whose value comes from inside now."""

    def inside(source: Endpoint, target: str) -> Endpoint | None:
        if source.node in renamed:
            return Endpoint(renamed[source.node], source.port)
        if source.node == block:
            found = inner.source_of(BOUNDARY, source.port)
            return carried_in.get(found.port, found) if found is not None and found.node == BOUNDARY else found
        return border.input_of(source, carried(source, target))

    for port in list(border.inputs):
        source = graph.source_of(block, port)
        if source is not None and source.node in renamed:
            carried_in[port] = Endpoint(renamed[source.node], source.port)
            border.drop_input(port)
    for target, source in inner.edges.items():
        if source.node == BOUNDARY and source.port in carried_in:
            border.inside[target] = carried_in[source.port]
    for name in chosen:
        for source, target in graph.edges_into(name):
            border.outside.pop(target)
            feed = inside(source, target.port)
            if feed is not None:
                border.inside[Endpoint(renamed[name], target.port)] = feed
    for name in chosen:
        for source, target in graph.edges_out_of(name):
            if target.node not in renamed and target.node != block:
                border.outside[target] = border.output_of(
                    Endpoint(renamed[name], source.port), target.port if target.node == BOUNDARY else carried(source)
                )
    for port in _gone_quiet(graph, block, border):
        border.drop_output(port)

    nodes = chosen.values()
    given, words = _given(document, location, definition, instance, nodes)
    behind = bool(topology.downstream(graph, {block}) & set(chosen))
    shift = _shift_in(nodes, list(inner.nodes.values()), behind, inner.down)
    moved = [placed(node, renamed, words, shift) for node in nodes]
    _spread(border, [*inner.nodes.values(), *moved], inner.down)
    known = {parameter.name for parameter in definition.hyper_parameters}
    parameters = [*definition.hyper_parameters, *(HyperParameter(name) for name in given if name not in known)]
    there = Location(definition.name)
    edits = crossed(document, {location: border.outside}, there, border, [(location, chosen)], [(there, moved)])
    if given:
        options = {**instance.options, **{name: Expression(outer) for name, outer in given.items()}}
        edits.append(SetNode(location, evolve(instance, options=options)))
    if parameters != definition.hyper_parameters:
        edits.append(ChangeDefinition(definition.name, {"hyper_parameters": parameters}))
    if not location.steps:
        edits += _moved_rules(document, location.definition, {name: f"{block}.{renamed[name]}" for name in chosen})
    return Batch(tuple(edits)), list(renamed.values())


def _only_instance(document: Document, location: Location, name: str) -> tuple[Instance, Definition]:
    """An instance with its definition, which nothing else uses."""
    node = document.node(location, name)
    definition = document.definitions.get(node.definition) if isinstance(node, Instance) else None
    if not isinstance(node, Instance) or not isinstance(definition, Definition):
        raise EditError(mark("“{name}” is not a block made of nodes."), path=location.path(name), name=name)
    count = len(users_of(document, definition.name)) + len(calls_of(document, location, name))
    if count > 1:
        raise EditError(
            mark("“{block}” is used in {count} places: give “{name}” an inside of its own first."),
            path=location.path(name),
            block=definition.name,
            count=count,
            name=name,
        )
    return node, definition


def _gone_quiet(outer: Graph, block: str, border: Border) -> list[str]:
    """The outputs that were read by what is inside now, and by nothing else."""
    read = {source.port for source in border.outside.values() if source.node == block}
    before = {source.port for source, _ in outer.edges_out_of(block)}
    return [port for port in before - read if port in border.outputs]


def _given(
    document: Document, location: Location, definition: Definition, instance: Instance, nodes: Iterable[Node]
) -> tuple[dict[str, str], dict[str, str]]:
    """The hyper-parameters that nodes need inside with what they are outside, and how the nodes have to name them."""
    available = [p.name for p in document.definition(location.definition).hyper_parameters]
    used = names_used(Graph(nodes={node.name: node for node in nodes}))
    taken = {parameter.name for parameter in definition.hyper_parameters}
    given: dict[str, str] = {}
    words: dict[str, str] = {}
    for name in dict.fromkeys([*available, *round_names(document, location)]):
        if name in used:
            same = next((key for key, value in instance.options.items() if value == Expression(name)), "")
            words[name] = same or next_free(name, taken)
            if not same:
                given[words[name]] = name
    return given, words


# --- places -------------------------------------------------------------------------------------


def _shift_in(nodes: Collection[Node], inside: Collection[Node], behind: bool, down: bool) -> Position:
    """Beyond the end of what is inside for what comes behind it, else before its beginning."""
    first, last, side = extent(nodes, down)
    if not inside:
        return at_flow(-first, -side, 0, down)
    inner_first, inner_last, inner_side = extent(inside, down)
    along = inner_last + MARGIN - first if behind else inner_first - MARGIN - last
    return at_flow(along, inner_side - side, 0, down)


def _spread(border: Border, nodes: Collection[Node], down: bool) -> None:
    """Keep the ports of a block outside of its nodes, the new ones beside the others."""
    first, last, side = extent(nodes, down)
    for ports, edge in ((border.inputs, first - MARGIN), (border.outputs, last + MARGIN)):
        for row, (name, port) in enumerate(ports.items()):
            place = at_flow(0.0, side, row, down) if port.position == (0.0, 0.0) else port.position
            along = min(place[down], edge) if ports is border.inputs else max(place[down], edge)
            ports[name] = evolve(port, position=at_flow(along, place[not down], 0, down))


# --- rules --------------------------------------------------------------------------------------


def _moved_rules(document: Document, definition: str, paths: Mapping[str, str]) -> list[Edit]:
    """Let the rules of a definition follow nodes to their new module paths."""

    def path(old: str) -> str:
        head, dot, rest = old.partition(".")
        return f"{paths[head]}{dot}{rest}" if head in paths else old

    def moved(rule: Initializer) -> Initializer:
        if not rule.target and rule.parameter in paths:
            target, _, parameter = paths[rule.parameter].rpartition(".")
            return evolve(rule, target=target, parameter=parameter)
        return evolve(rule, target=path(rule.target), same_as=path(rule.same_as))

    before = document.definition(definition).initializers
    return set_rules(definition, before, list(map(moved, before)))
