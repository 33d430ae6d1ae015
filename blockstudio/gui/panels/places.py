"""Where a node is in the built model, and which node a module is: canvas addresses against module paths."""

from __future__ import annotations

from collections.abc import Iterable

from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Call, Sequential
from blockstudio.graph.scopes import follow
from blockstudio.gui.navigation import Place
from blockstudio.gui.session import Session


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


def chain_of(document: Document, module: str) -> list[tuple[Location, str]]:
    """The addresses of the nodes that a module or tensor path of the root passes through, outermost first."""
    return [(step.location, step.node.name) for step in follow(document, document.root, module)]


def show_module(session: Session, module: str, *, deep: bool = False) -> None:
    """Select the node a module or tensor path leads to, or the one in the shown graph that holds it.

    Where nothing of the path is in the shown graph, or if `deep`, its own graph is entered, by the way
    of the path.
    """
    chain = chain_of(session.document, module)
    if not chain:
        return
    shown = session.location
    if not deep:
        for location, name in reversed(chain):
            depth = len(shown.steps)
            if location.definition == shown.definition and location.steps[:depth] == shown.steps:
                name = location.steps[depth][0] if len(location.steps) > depth else name
                session.select((name,))
                session.reveal_requested.emit(name)
                return
    session.enter(Location(session.document.root))
    before = ""
    for location, name in chain:
        if location.definition != session.location.definition:
            session.enter(Location(location.definition), before)
        for i in range(len(location.steps)):
            session.enter(Location(location.definition, location.steps[: i + 1]), location.steps[i][0])
        before = name
    session.select((before,))
    session.reveal_requested.emit(before)


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
