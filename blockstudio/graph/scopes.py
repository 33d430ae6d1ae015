"""Which graphs share one class, what refers to a node or a definition, and where module paths lead."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Call, Definition, Graph, Instance, Node, Repeat, Sequential


def class_scope(document: Document, location: Location) -> list[tuple[Location, Graph]]:
    """The graphs whose layers become attributes of the same module as those of `location`.

    A definition's graph and the control-flow bodies in it; the body of a Sequential stands alone.
    """
    place = Location(location.definition)
    for name, slot in location.steps:
        if isinstance(document.node(place, name), Sequential):
            return [(location, document.graph(location))]
        place = place.enter(name, slot)
    return list(_control_flow(document, Location(location.definition)))


def _control_flow(document: Document, location: Location) -> Iterator[tuple[Location, Graph]]:
    graph = document.graph(location)
    yield location, graph
    for node in graph.nodes.values():
        if not isinstance(node, Sequential):
            for slot, _ in node.graphs():
                yield from _control_flow(document, location.enter(node.name, slot))


def names_in_scope(document: Document, location: Location) -> set[str]:
    """The node names that a new node at `location` may not have."""
    return {name for _, graph in class_scope(document, location) for name in graph.nodes}


def names_beside(document: Document, location: Location) -> set[str]:
    """The node names that one at `location` cannot take: those in the scope, but for those in the other branch of
    an If around it, which are never made together with it."""
    return {
        name
        for place, graph in class_scope(document, location)
        if not exclusive(place, location)
        for name in graph.nodes
    }


def exclusive(one: Location, other: Location) -> bool:
    """Whether two graphs of a definition stand in the two branches of one If."""
    for (node, slot), (other_node, other_slot) in zip(one.steps, other.steps, strict=False):
        if (node, slot) != (other_node, other_slot):
            return node == other_node and {slot, other_slot} == {"then", "otherwise"}
    return False


def unique_name(document: Document, location: Location, wanted: str, taken: set[str] | None = None) -> str:
    """`wanted`, or `wanted_2`, ... where it is taken in the class scope or in `taken`."""
    return next_free(wanted, names_in_scope(document, location) | (taken or set()))


def next_free(wanted: str, taken: set[str]) -> str:
    """`wanted`, or the first of `wanted_2`, `wanted_3`, ... that is not taken."""
    if wanted not in taken:
        return wanted
    stem, _, number = wanted.rpartition("_")
    stem, count = (stem, int(number)) if stem and number.isdigit() else (wanted, 1)
    while f"{stem}_{count}" in taken or count < 2:
        count += 1
    return f"{stem}_{count}"


def owner_of(document: Document, location: Location, call: Call) -> tuple[Location, Node] | None:
    """The node whose layer a call applies, with its place: the nearest of those around it; None when it is missing."""
    places = [(location, document.graph(location)), *class_scope(document, Location(location.definition))]

    def distance(place: Location) -> int:
        around = location.steps[: len(place.steps)] == place.steps
        return len(location.steps) - (len(place.steps) if around else -1 - exclusive(place, location))

    for place, graph in sorted(places, key=lambda item: distance(item[0])):
        node = graph.nodes.get(call.layer)
        if node is not None and not isinstance(node, Call):
            return place, node
    return None


def calls_of(document: Document, location: Location, name: str) -> list[tuple[Location, Call]]:
    """The calls, anywhere in the definition, of the layer that a node owns."""
    return [
        (place, node)
        for place, graph in document.walk(Location(location.definition))
        for node in graph.nodes.values()
        if isinstance(node, Call)
        and node.layer == name
        and (found := owner_of(document, place, node)) is not None
        and found[0] == location
    ]


def users_of(document: Document, definition: str) -> list[tuple[Location, Instance]]:
    """Every instance of a definition, with its place."""
    return [
        (place, node)
        for place, graph in document.graphs()
        for node in graph.nodes.values()
        if isinstance(node, Instance) and node.definition == definition
    ]


@frozen
class PathStep:
    """A stretch of a module path, and the node it names."""

    segments: tuple[str, ...]
    location: Location
    node: Node


def follow(document: Document, definition: str, path: str) -> list[PathStep]:
    """The nodes along a module path ("net.0.hidden") of a definition, as far as they are nodes."""
    steps: list[PathStep] = []
    remaining = tuple(path.split(".")) if path else ()
    place = Location(definition)
    while remaining:
        step = _first_step(document, place, remaining)
        if step is None:
            break
        remaining = remaining[len(step.segments) :]
        node = step.node
        if isinstance(node, Call):
            owner = owner_of(document, step.location, node)
            node = owner[1] if owner else node
        steps.append(step)
        if isinstance(node, Instance) and isinstance(document.definitions.get(node.definition), Definition):
            place = Location(node.definition)
        elif isinstance(node, Sequential):
            place = step.location.enter(node.name, "body")
        else:
            break
    return steps


def _first_step(document: Document, place: Location, remaining: tuple[str, ...]) -> PathStep | None:
    container = document.node(place.parent, place.steps[-1][0]) if place.parent and place.steps else None
    if isinstance(container, Sequential):
        return _child_step(place, container, remaining)
    for location, inner in class_scope(document, place):
        if "0" in inner.nodes and remaining[0].isdigit() and _repeats(document, location):
            return PathStep(remaining[:1], location, inner.nodes["0"])
        for length in range(len(remaining), 0, -1):
            found = inner.nodes.get(".".join(remaining[:length]))
            if found is not None:
                rounds = length < len(remaining) and remaining[length].isdigit() and _repeats(document, location)
                return PathStep(remaining[: length + int(rounds)], location, found)
    return None


def _child_step(place: Location, container: Sequential, remaining: tuple[str, ...]) -> PathStep | None:
    """The first step of a path from a Sequential. A Repeat among its children stands for all its rounds in a row, or
    where they go by their names for a Sequential of its own."""
    position = int(remaining[0]) if remaining[0].isdigit() else -1
    for node in container.body.nodes.values():
        if container.named:
            found, used = node.name == remaining[0], 2
        else:
            rounds = 1
            if isinstance(node, Repeat):
                rounds = node.count if isinstance(node.count, int) else position + 1
            found, used = 0 <= position < rounds, 1
            position -= rounds
        if not found:
            continue
        if not isinstance(node, Repeat):
            return PathStep(remaining[:1], place, node)
        inside, body = place.enter(node.name, "body"), list(node.body.nodes.values())
        index = 0
        if len(body) > 1 and len(remaining) > used and remaining[used].isdigit():
            index, used = int(remaining[used]), used + 1
        return PathStep(remaining[:used], inside, body[index]) if index < len(body) else None
    return None


def _repeats(document: Document, location: Location) -> bool:
    parent = location.parent
    node = document.graph(parent).nodes.get(location.steps[-1][0]) if parent else None
    return isinstance(node, Repeat) and not node.shared
