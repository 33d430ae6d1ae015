"""Where the size of a dimension comes from: back along the wires to the layer, or the example, that says it."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from attrs import evolve, frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import node_ports, source_of
from blockstudio.catalog.spec import Entry
from blockstudio.graph.document import Location
from blockstudio.graph.edits import Batch, Edit
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    Definition,
    Endpoint,
    Expression,
    Function,
    Instance,
    Layer,
    Node,
    Sequential,
)
from blockstudio.graph.scopes import owner_of
from blockstudio.gui.canvas.facts import dimensions
from blockstudio.gui.canvas.facts.placing import main_ports
from blockstudio.gui.mending.place import Mend, Shape, set_example, set_option
from blockstudio.gui.session import Session

MOST_STEPS = 200


@frozen
class Origin:
    """An output on the way back: where it is, and for which instances."""

    location: Location
    end: Endpoint
    within: tuple[str, ...] = ()


Step = tuple[Origin, tuple[Location, Node], Entry]
"""An output, and the layer or function that gives it, with its place."""


def widened(session: Session, origin: Origin, dimension: int, wanted: int) -> Mend | None:
    """What gives a dimension (counted from the end, so negative) of an output another size; None where that is
    not one number somewhere."""
    followers: list[Edit] = []
    back = _back(session, origin, dimension)
    while True:
        try:
            here, owner, entry = next(back)
        except StopIteration as end:
            return _example(session, end.value, dimension, wanted) if end.value is not None else None
        said = _said(entry, owner[1], dimension, wanted)
        if said is not None:
            mend = set_option(session, owner[0], owner[1], *said, here.within)
            return (mend[0], Batch((mend[1], *followers))) if mend and followers else mend
        followers += _follows(session, here, owner, entry, dimension, wanted)


def said_as(session: Session, origin: Origin, dimension: int) -> Expression | None:
    """The expression that says a dimension of an output, where it means the same there: every use of the block that
    both are in has the size that it gives."""
    for here, (location, node), entry in _back(session, origin, dimension):
        option = dimensions.said_by(entry, dimension)
        if not option or not isinstance(node, Layer):
            continue
        value = node.options.get(option)
        in_scope = here.within == origin.within and origin.location.steps[: len(location.steps)] == location.steps
        plain = dimensions.said_value(option, node.options, 2) == 2
        return value if isinstance(value, Expression) and in_scope and plain else None
    return None


def _back(session: Session, origin: Origin, dimension: int) -> Generator[Step, None, Origin | None]:
    """What a dimension came through, up to what says it; returned is the model's own input, where it ends there."""
    document = session.document
    for _ in range(MOST_STEPS):
        found = _node_of(session, origin)
        if found is None:
            return origin
        origin, node = found
        owner = owner_of(document, origin.location, node) if isinstance(node, Call) else (origin.location, node)
        if owner is None:
            return None
        inside = _inside(session, origin, owner[1])
        if inside is not None:
            origin = inside
            continue
        entry = catalog().get(owner[1].type) if isinstance(owner[1], Layer | Function) else None
        if entry is None:
            return None
        yield origin, owner, entry
        if dimensions.said_by(entry, dimension) or not dimensions.keeps(entry, dimension):
            return None
        into = main_ports(node_ports(document, origin.location, node))[0]
        before = source_of(document, origin.location, node.name, into)
        if before is None:
            return None
        origin = evolve(origin, end=before)
    return None


def _node_of(session: Session, origin: Origin) -> tuple[Origin, Node] | None:
    """The node that an output belongs to: of the border, what feeds it from outside; None for the model's own."""
    document = session.document
    for _ in range(MOST_STEPS):
        if origin.end.node != BOUNDARY:
            return origin, document.node(origin.location, origin.end.node)
        parent = origin.location.parent
        if parent is not None:
            location, name, within = parent, origin.location.steps[-1][0], origin.within
        else:
            found = session.locate(origin.within[-1]) if origin.within else None
            if found is None:
                return None
            (location, name), within = found, origin.within[:-1]
        source = source_of(document, location, name, origin.end.port)
        if source is None:
            return None
        origin = Origin(location, source, within)
    return None


def _inside(session: Session, origin: Origin, node: Node) -> Origin | None:
    """What gives an output of a block or a Sequential, inside of it."""
    location, within = origin.location, origin.within
    if isinstance(node, Sequential) and node.body.nodes:
        inner = location.enter(node.name, "body")
        end = source_of(session.document, inner, "", origin.end.port)
    elif isinstance(node, Instance) and isinstance(session.document.definitions.get(node.definition), Definition):
        inner, within = Location(node.definition), (*within, location.path(node.name))
        end = session.document.graph(inner).source_of(BOUNDARY, origin.end.port)
    else:
        return None
    return Origin(inner, end, within) if end is not None else None


def _said(entry: Entry, node: Node, dimension: int, wanted: int) -> tuple[str, int] | None:
    """The option of a layer that makes a dimension that size, and its value for it."""
    option = dimensions.said_by(entry, dimension) if isinstance(node, Layer) else ""
    value = dimensions.said_value(option, node.options, wanted) if option and isinstance(node, Layer) else None
    return (option, value) if value is not None else None


def _follows(
    session: Session, origin: Origin, owner: tuple[Location, Node], entry: Entry, dimension: int, wanted: int
) -> Iterator[Edit]:
    """What a norm on the way needs to go along."""
    shape = session.shape(origin.location, *origin.end)
    rank = len(shape.shape) if shape is not None and shape.shape is not None else 0
    for option in entry.options:
        found = dimensions.fits(option)
        if found is None or not rank:
            continue
        if (found[1] if found[1] < 0 else found[1] - rank) == dimension:
            mend = set_option(session, *owner, option.name, wanted, origin.within)
            if mend is not None:
                yield mend[1]


def _example(session: Session, origin: Origin, dimension: int, wanted: int) -> Mend | None:
    """The example of the model's own input with a dimension of that size."""
    document = session.document
    while origin.end.node == BOUNDARY and origin.location.parent is not None:
        source = source_of(document, origin.location.parent, origin.location.steps[-1][0], origin.end.port)
        if source is None:
            return None
        origin = Origin(origin.location.parent, source)
    if origin.location != Location(document.root) or origin.end.node != BOUNDARY:
        return None
    ports = document.graph(origin.location).inputs
    example = next((port.example for port in ports if port.name == origin.end.port), None)
    if example is None or len(example.shape) < -dimension:
        return None
    shape: Shape = (*example.shape[:dimension], wanted, *example.shape[len(example.shape) + dimension + 1 :])
    return set_example(document, origin.end.port, shape)
