"""Nodes out of a block to where it is used, wires kept: of every use, for all of them have one inside."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attrs import evolve

from blockstudio.errors import EditError, mark
from blockstudio.graph import topology
from blockstudio.graph.borders import Border, crossed, renamed_to, set_rules
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Batch, Edit
from blockstudio.graph.grouping import carried, extent, option_text, placed, refuse_shared
from blockstudio.graph.model import (
    BOUNDARY,
    Definition,
    Endpoint,
    Graph,
    Initializer,
    Instance,
    Node,
    Position,
    Sequential,
    at_flow,
)
from blockstudio.graph.scopes import calls_of, names_in_scope, users_of

APART = 300.0
"""Between a block and what was moved out of it."""

Wires = dict[Endpoint, Endpoint]


def move_out(
    document: Document, inner_place: Location, names: Collection[str], location: Location, block: str
) -> tuple[Edit, list[str]]:
    """Move nodes of a block to the graph that its instance `block` is in: the edit, and their names there.

    Where the block is used several times, each use gets nodes of its own beside it, as it had them inside.
    """
    node = document.node(location, block)
    definition = document.definitions.get(node.definition) if isinstance(node, Instance) else None
    if not isinstance(definition, Definition):
        raise EditError(mark("“{name}” is not a block made of nodes."), path=location.path(block), name=block)
    inner = document.graph(inner_place)
    if inner is not definition.graph:
        raise EditError(mark("Only what lies directly in a block can be moved out of it."), path=inner_place.path())
    chosen = inner.chosen(names)
    if not chosen:
        raise EditError(mark("Select the nodes to move first."))
    refuse_shared(document, inner_place, chosen)
    users = users_of(document, definition.name)
    for place, user in users:
        _refuse_use(document, place, user)
    outside: dict[Location, Wires] = {place: dict(document.graph(place).edges) for place, _ in users}
    taken: dict[str, set[str]] = {}
    rules: dict[str, list[Initializer]] = {}
    there: list[tuple[Location, list[Node]]] = []
    moved_to: dict[tuple[Location, str], list[str]] = {}
    borders = []
    for place, user in users:
        free = taken.setdefault(place.definition, set())
        renamed = renamed_to(chosen, free | names_in_scope(document, place))
        free |= set(renamed.values())
        moved_to[place, user.name] = list(renamed.values())
        border = Border(outside[place], user.name, inner)
        borders.append(border)
        _cross(border, inner, chosen, renamed)
        there.append((place, _placed(definition, user, chosen, renamed, down=document.graph(place).down)))
        if not place.steps:
            before = rules.get(place.definition, document.definition(place.definition).initializers)
            rules[place.definition] = _rules_out(before, definition, user.name, renamed)
    borders[0].place_new(inner, {name: node for name, node in inner.nodes.items() if name not in chosen})
    edits = crossed(document, outside, inner_place, borders[0], [(inner_place, chosen)], there)
    kept = [rule for rule in definition.initializers if not _goes(rule, chosen)]
    if rules:
        edits += set_rules(definition.name, definition.initializers, kept)
    for name, after in rules.items():
        edits += set_rules(name, document.definition(name).initializers, after)
    return Batch(tuple(edits)), moved_to[location, block]


def _refuse_use(document: Document, place: Location, user: Instance) -> None:
    """EditError where a use of a block cannot have nodes beside it."""
    parent = place.parent
    holder = document.node(parent, place.steps[-1][0]) if parent is not None else None
    if isinstance(holder, Sequential):
        raise EditError(
            mark("“{block}” is used in the Sequential “{name}”, where there are no wires to keep."),
            path=place.path(user.name),
            block=user.definition,
            name=holder.name,
        )
    calls = calls_of(document, place, user.name)
    if calls:
        raise EditError(
            mark("“{name}” shares its weights with “{partner}”: make that independent first."),
            path=place.path(user.name),
            name=user.name,
            partner=calls[0][1].name,
        )


def _cross(border: Border, inner: Graph, chosen: Mapping[str, Node], renamed: Mapping[str, str]) -> None:
    """Bring the wires of one use to where its nodes are then."""
    block, wires = border.name, border.outside

    def outer(source: Endpoint) -> Endpoint | None:
        if source.node in renamed:
            return Endpoint(renamed[source.node], source.port)
        if source.node == BOUNDARY:
            return wires.get(Endpoint(block, source.port))
        return border.output_of(source, carried(source))

    for name in chosen:
        for source, target in inner.edges_into(name):
            border.inside.pop(target)
            feed = outer(source)
            if feed is not None:
                wires[Endpoint(renamed[name], target.port)] = feed
    for name in chosen:
        for source, target in inner.edges_out_of(name):
            there = Endpoint(renamed[name], source.port)
            if target.node == BOUNDARY:
                border.drop_output(target.port)
                for user in [user for user, given in wires.items() if given == Endpoint(block, target.port)]:
                    wires[user] = there
            elif target.node not in renamed:
                # Named after what it is inside: every use must come to the same ports.
                border.inside[target] = border.input_of(there, carried(source, target.port))
    used = {source.port for source in border.inside.values() if source.node == BOUNDARY}
    for port in {source.port for source, target in inner.edges_out_of(BOUNDARY) if target.node in renamed} - used:
        border.drop_input(port)


def _placed(
    definition: Definition, user: Instance, chosen: Mapping[str, Node], renamed: dict[str, str], *, down: bool
) -> list[Node]:
    """The nodes as they are beside one use, with its hyper-parameters filled in."""
    values = {parameter.name: parameter.default for parameter in definition.hyper_parameters}
    values |= {key: option_text(value) for key, value in user.options.items()}
    behind = bool(topology.upstream(definition.graph, set(chosen)) - set(chosen))
    shift = _shift(chosen.values(), user.position, behind, down)
    return [placed(node, renamed, values, shift) for node in chosen.values()]


def _shift(nodes: Collection[Node], at: Position, behind: bool, down: bool) -> Position:
    first, last, side = extent(nodes, down)
    along = at[down] + APART - first if behind else at[down] - APART - last
    return at_flow(along, at[not down] - side, 0, down)


def _goes(rule: Initializer, chosen: Collection[str]) -> bool:
    return (rule.target.partition(".")[0] or rule.parameter) in chosen


def _rules_out(
    before: list[Initializer], definition: Definition, block: str, renamed: Mapping[str, str]
) -> list[Initializer]:
    """The rules of the graph outside: those from inside go out with their nodes, others no longer reach in for them."""

    def path(old: str, prefix: str = "") -> str:
        head, dot, rest = old.removeprefix(prefix).partition(".")
        return f"{renamed[head]}{dot}{rest}" if old.startswith(prefix) and head in renamed else old

    def gone(rule: Initializer) -> Initializer:
        if not rule.target:
            return evolve(rule, parameter=renamed[rule.parameter])
        return evolve(rule, target=path(rule.target), same_as=path(rule.same_as))

    reached = [
        evolve(rule, target=path(rule.target, f"{block}."), same_as=path(rule.same_as, f"{block}.")) for rule in before
    ]
    return [*(gone(rule) for rule in definition.initializers if _goes(rule, renamed)), *reached]
