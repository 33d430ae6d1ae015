"""Turning one way of reuse into another, and where something is used."""

from __future__ import annotations

from attrs import evolve, frozen

from blockstudio.errors import EditError, mark
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Batch, Edit, SetNode
from blockstudio.graph.model import Call, Instance, Layer, Node, Sequential
from blockstudio.graph.scopes import calls_of, class_scope, owner_of, users_of


@frozen
class Use:
    """A node that uses something, and the graph it is in."""

    location: Location
    node: Node


def partners(document: Document, location: Location, name: str) -> list[Use]:
    """The layers and blocks whose weights a node could share: those of its kind that it can reach."""
    node = document.node(location, name)
    own = owner_of(document, location, node) if isinstance(node, Call) else None
    wanted = own[1] if own else node
    found = []
    for place, graph in class_scope(document, location):
        if location.steps[: len(place.steps)] != place.steps:
            continue  # made in a loop or a branch that this node is not in
        for other in graph.nodes.values():
            is_itself = other is wanted or (place == location and other.name == name)
            if not is_itself and _kind(other) is not None and _kind(other) == _kind(wanted):
                found.append(Use(place, other))
    return found


def _kind(node: Node) -> str | None:
    match node:
        case Layer():
            return node.type
        case Instance():
            return f"block {node.definition}"
        case Sequential():
            return "sequential"
    return None


def share(document: Document, location: Location, name: str, partner: str) -> Edit:
    """Let a node call the layer that another owns: their weights are the same, counted once. What called the
    layer of the node calls that of the other, too."""
    node = document.node(location, name)
    if partner not in {use.node.name for use in partners(document, location, name)}:
        raise EditError(
            mark("“{name}” cannot share the weights of “{partner}”."),
            path=location.path(name),
            name=name,
            partner=partner,
        )
    call = Call(
        name=name,
        layer=partner,
        position=node.position,
        comment=node.comment,
        color=node.color,
        device=node.device,
        bypassed=node.bypassed,
        extra=node.extra,
    )
    followers = () if isinstance(node, Call) else calls_of(document, location, name)
    redirected = (SetNode(place, evolve(follower, layer=partner)) for place, follower in followers)
    return Batch((SetNode(location, call), *redirected))


def uses_of(document: Document, location: Location, node: Node) -> list[Use]:
    """Where what a node shows is used: every instance of its block, or every node with the same weights."""
    if isinstance(node, Instance):
        return instances_of(document, node.definition)
    owner = owner_of(document, location, node) if isinstance(node, Call) else (location, node)
    if owner is None:
        return []
    place, owned = owner
    return [Use(place, owned), *(Use(where, call) for where, call in calls_of(document, place, owned.name))]


def instances_of(document: Document, definition: str) -> list[Use]:
    """Every instance of a definition."""
    return [Use(place, node) for place, node in users_of(document, definition)]
