"""Where a node is in the built model, and which node a module is: canvas addresses against module paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Call, Definition, Instance, Node, Repeat, Sequential
from blockstudio.gui.navigation import Place


def module_of(document: Document, location: Location, name: str) -> str:
    """The path of a node's module within its block: "hidden", or "net.2" for a child of a container.

    A call has the path of the layer it calls.
    """
    container = _container(document, location)
    node = document.node(location, name)
    if isinstance(node, Call):
        name = node.layer
    if container is None:
        return name
    above, sequential = container
    key = name if sequential.named else str(list(sequential.body.nodes).index(node.name))
    return f"{module_of(document, above, sequential.name)}.{key}"


def shown_module(document: Document, trail: Iterable[Place]) -> str | None:
    """The module path of the block that is shown, by the way it was entered; None where that is not known."""
    path, before = "", None
    for place in trail:
        if before is None:
            path = "" if place.location.definition == document.root else path
        elif place.location.definition != before.definition:
            if not place.node:
                return None
            path = join(path, module_of(document, before, place.node))
        before = place.location
    return path


def node_of(document: Document, module: str) -> tuple[Location, str] | None:
    """The address of the node that a module path of the root leads to; None for the root, or where there is none."""
    location, rest, found = Location(document.root), module, None
    while rest:
        step = _step(document, location, rest)
        if step is None:
            return None if found is None else found
        found, rest = step
        place, name = found
        node = document.node(place, name)
        if isinstance(node, Instance):
            if not isinstance(document.definitions.get(node.definition), Definition):
                return found
            location = Location(node.definition)
        elif isinstance(node, Sequential):
            location = place.enter(name, "body")
        else:
            return found
    return found


def join(*parts: str) -> str:
    """Module paths put together, empty ones left out."""
    return ".".join(part for part in parts if part)


def _container(document: Document, location: Location) -> tuple[Location, Sequential] | None:
    """The container whose body a location is, with the container's own location."""
    above = location.parent
    if above is None:
        return None
    node = document.node(above, location.steps[-1][0])
    return (above, node) if isinstance(node, Sequential) else None


def _step(document: Document, location: Location, path: str) -> tuple[tuple[Location, str], str] | None:
    """The node of a class or container that the front of a path leads to, and the rest of the path."""
    best: tuple[tuple[Location, str], str] | None = None
    longest = -1
    for place, node, key, repeated in _owners(document, location):
        if path != key and not path.startswith(f"{key}."):
            continue
        if len(key) > longest:
            rest = path[len(key) + 1 :]
            if repeated:  # the round of the loop
                rest = rest.partition(".")[2]
            best, longest = ((place, node.name), rest), len(key)
    return best


def _owners(document: Document, location: Location) -> Iterator[tuple[Location, Node, str, bool]]:
    """The nodes that own modules or tensors there: address, node, key, and whether it is a list over rounds."""
    graph = document.graph(location)
    container = _container(document, location)
    if container:
        for number, node in enumerate(graph.nodes.values()):
            yield location, node, node.name if container[1].named else str(number), False
        return
    pending = [(location, False)]
    while pending:
        place, repeated = pending.pop()
        for node in document.graph(place).nodes.values():
            if node.kind in ("layer", "instance", "constant", "parameter", "sequential", "unknown"):
                yield place, node, node.name, repeated
            if not isinstance(node, Sequential):
                inside = repeated or (isinstance(node, Repeat) and not node.shared)
                pending += [(place.enter(node.name, slot), inside) for slot, _ in node.graphs()]
