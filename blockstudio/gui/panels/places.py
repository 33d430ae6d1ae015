"""Where a node is in the built model, and which node a module is: canvas addresses against module paths."""

from __future__ import annotations

from collections.abc import Iterable

from blockstudio.graph.document import Document, Location
from blockstudio.graph.expressions import is_number
from blockstudio.graph.model import Call, Repeat, Sequential
from blockstudio.graph.scopes import follow
from blockstudio.gui.navigation import Place
from blockstudio.gui.session import Session


def module_of(document: Document, location: Location, name: str) -> str:
    """The path of a node's module within its block: "hidden", or "net.2" for a child of a container.

    A call has the path of the layer it calls. Of a node in a Repeat it is the path of all its rounds, or in a
    Sequential, which counts them on, that of the first.
    """
    node = document.node(location, name)
    if isinstance(node, Call):
        name = node.layer
    above = location.parent
    around = document.node(above, location.steps[-1][0]) if above is not None else None
    if above is not None and isinstance(around, Sequential):
        key = name if around.named else str(_position(around, node.name))
        return join(module_of(document, above, around.name), key)
    if above is not None and isinstance(around, Repeat):
        if _in_sequential(document, above):
            nodes = list(around.body.nodes)
            key = str(nodes.index(node.name)) if len(nodes) > 1 else ""
            return join(module_of(document, above, around.name), key)
        if is_number(name):
            return ""  # the rounds are the members of the block itself
    return name


def _position(container: Sequential, name: str) -> int:
    """The key of a child, those before it counted with all their rounds as far as these are plain numbers."""
    names = list(container.body.nodes)
    before = [container.body.nodes[other] for other in names[: names.index(name)]]
    return sum(node.count if isinstance(node, Repeat) and isinstance(node.count, int) else 1 for node in before)


def _in_sequential(document: Document, location: Location) -> bool:
    above = location.parent
    return above is not None and isinstance(document.node(above, location.steps[-1][0]), Sequential)


def _first_rounds(document: Document, location: Location) -> list[str]:
    """The numbers of the first round of every Repeat with layers of its own around a graph."""
    found: list[str] = []
    while location.parent is not None:
        node = document.node(location.parent, location.steps[-1][0])
        if isinstance(node, Sequential) or _in_sequential(document, location.parent):
            return []
        found += ["0"] if isinstance(node, Repeat) and not node.shared else []
        location = location.parent
    return found


def shown_module(document: Document, trail: Iterable[Place]) -> str | None:
    """The module path of the block that is shown, by the way it was entered; None where that is not known. Of a block
    in a Repeat it is that of the first round."""
    path, before = "", None
    for place in trail:
        if before is None:
            path = "" if place.location.definition == document.root else path
        elif place.location.definition != before.definition:
            if not place.node:
                return None
            path = join(path, module_of(document, before, place.node), *_first_rounds(document, before))
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
