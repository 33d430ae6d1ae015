"""A wire across the borders of blocks: each gets a port, named after what it carries, or lends one that carries it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from blockstudio.errors import EditError, mark
from blockstudio.graph.borders import beside
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Batch, Connect, Edit, SetPorts
from blockstudio.graph.grouping import carried
from blockstudio.graph.model import BOUNDARY, Endpoint, Port, Repeat, While
from blockstudio.graph.port_commands import Side, agreeing
from blockstudio.graph.scopes import next_free


class Door(NamedTuple):
    """A node, and the graph inside it."""

    outer: Location
    node: str
    inner: Location


class Made(NamedTuple):
    """What a wire across borders needs."""

    edit: Edit
    inputs: tuple[Door, ...]
    """The doors that got a new input, which every use of theirs has then."""


def connect_across(
    document: Document, source: Endpoint, out: Sequence[Door], target: Endpoint, into: Sequence[Door], place: Location
) -> Made:
    """Feed `target`, at `place` or inside the doors `into` (outermost first), from `source`, inside the doors `out`
    (innermost first)."""
    edits: list[Edit] = []
    inputs: list[Door] = []
    for door in out:
        graph = document.graph(door.inner)
        around = document.graph(door.outer).source_of(door.node, source.port) if source.node == BOUNDARY else None
        if around is not None and not _is_loop(document, door):
            source = around  # what comes in here comes from there
            continue
        port = next((t.port for t, s in graph.edges.items() if t.node == BOUNDARY and s == source), "")
        if not port:
            _refuse_loop(document, door)
            port, made = _port(document, door.inner, "outputs", carried(source), source.node)
            edits += [*made, Connect(door.inner, Endpoint(BOUNDARY, port), source)]
        source = Endpoint(door.node, port)
    for door, behind in zip(into, [*(door.node for door in into[1:]), target.node], strict=False):
        graph = document.graph(door.outer)
        here = (edge.target for edge in graph.edges_out_of(source.node) if edge.source == source)
        port = next((end.port for end in here if end.node == door.node), "")
        if not port:
            port, made = _port(document, door.inner, "inputs", carried(source, target.port), behind)
            edits += [*made, Connect(door.outer, Endpoint(door.node, port), source)]
            inputs.append(door)
        source = Endpoint(BOUNDARY, port)
    edits.append(Connect(into[-1].inner if into else place, target, source))
    return Made(Batch(tuple(edits)), tuple(inputs))


def _port(document: Document, inner: Location, side: Side, wanted: str, near: str) -> tuple[str, list[Edit]]:
    """A new port of a graph and of those that must have the same; in a loop it goes round as it came."""
    places = agreeing(document, inner, side)
    name = next_free(wanted, {port.name for place, which in places for port in getattr(document.graph(place), which)})
    edits: list[Edit] = []
    for place, which in places:
        graph = document.graph(place)
        ports = getattr(graph, which)
        at = beside(graph, ports, which, near if which == side else BOUNDARY)
        edits.append(SetPorts(place, which, (*ports, Port(name, at))))
    if side == "inputs":
        round_ = [place for place, which in places if which == "outputs"]
        edits += [Connect(place, Endpoint(BOUNDARY, name), Endpoint(BOUNDARY, name)) for place in round_]
    return name, edits


def _is_loop(document: Document, door: Door) -> bool:
    return isinstance(document.node(door.outer, door.node), While | Repeat)


def _refuse_loop(document: Document, door: Door) -> None:
    """EditError where a loop would have to give out what does not go round."""
    if _is_loop(document, door):
        raise EditError(
            mark("“{name}” gives out what goes round, and nothing else: wire it to an output of its body."),
            path=door.outer.path(door.node),
            name=door.node,
        )
