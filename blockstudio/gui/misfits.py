"""What mends a value that does not fit the node it flows into: at either side of the wire, or between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod

from attrs import evolve

from blockstudio.catalog.catalog import catalog
from blockstudio.engine.protocol import Problem, TensorShape
from blockstudio.graph import topology
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Batch, Edit, MoveNodes, SetNode
from blockstudio.graph.model import Endpoint, Function, Layer, Node
from blockstudio.gui.canvas.placing import inserted, make
from blockstudio.gui.canvas.replacing import replaced
from blockstudio.gui.i18n import tr
from blockstudio.gui.session import Session

SIZES = {"torch.nn.Linear": "out_features", "torch.nn.Bilinear": "out_features", "torch.nn.Embedding": "embedding_dim"}
"""The option that says how wide the output of a layer is, where it is not `out_channels`."""
CONVERSIONS = {
    "float32": "torch.Tensor.float",
    "float64": "torch.Tensor.double",
    "float16": "torch.Tensor.half",
    "bfloat16": "torch.Tensor.bfloat16",
    "int64": "torch.Tensor.long",
    "int32": "torch.Tensor.int",
    "bool": "torch.Tensor.bool",
}
ROOM = 160.0
"""How far what is behind moves for a node to stand in front of it."""
_SPATIAL = re.compile(r"(\d)d$")
_KEEP_WIDTH = frozenset({"Activation", "Dropout"})
"""Categories of nodes that give as many features as they get."""


def mends(session: Session, problem: Problem, location: Location, node: Node) -> Iterator[tuple[str, Edit]]:
    """The edits that let what flows into a node fit it, each with the words for a button, the likeliest first."""
    target = _main_input(session, location, node)
    source = session.document.graph(location).edges.get(target) if target else None
    if target is None or source is None:
        return
    flowing = session.shape(location, *source)
    facts = problem.facts
    if problem.code == "dtype-mismatch":
        yield from _converted(session, location, target, str(facts.get("wanted", "int64")))
    elif "forms" in facts and isinstance(node, Layer) and flowing is not None and flowing.shape is not None:
        yield from _of_rank(session, location, node, len(flowing.shape))
    elif "option" in facts and isinstance(node, Layer):
        if node.type == "torch.nn.Linear" and flowing is not None:
            yield from _flattened(session, location, node, target, flowing)
        yield from _wider(session.document, location, source, str(facts.get("wanted", "")))


def _main_input(session: Session, location: Location, node: Node) -> Endpoint | None:
    edges = session.document.graph(location).edges_into(node.name)
    return edges[0].target if edges else None


def _insert(session: Session, location: Location, payload: str, target: Endpoint, at: Node) -> Edit:
    """Something new on the wire into a node, which makes room for it."""
    document = session.document
    made = make(document, location, payload, at.position)
    edit = inserted(document, location, made, target, lambda source: session.shape(location, *source))
    graph = document.graph(location)
    behind = {at.name} | topology.downstream(graph, {at.name})
    places = {name: graph.nodes[name].position for name in behind}
    return Batch((edit, MoveNodes(location, {name: (x + ROOM, y) for name, (x, y) in places.items()})))


def _flattened(
    session: Session, location: Location, node: Layer, target: Endpoint, flowing: TensorShape
) -> Iterator[tuple[str, Edit]]:
    """A Flatten in front of a Linear that images flow into."""
    shape = flowing.shape
    if shape is None or len(shape) < 3:
        return
    features = prod(shape[1:])
    edit = _insert(session, location, "torch.nn.Flatten", target, node)
    if node.options.get("in_features") == features:
        yield tr("Insert a Flatten"), edit
    else:
        changed = evolve(node, options={**node.options, "in_features": features})
        text = tr("Insert a Flatten and set in_features to {value}").format(value=features)
        yield text, Batch((SetNode(location, changed), edit))


def _wider(document: Document, location: Location, source: Endpoint, wanted: str) -> Iterator[tuple[str, Edit]]:
    """The layer that feeds it, giving as many features as are wanted."""
    graph = document.graph(location)
    node = graph.nodes.get(source.node)
    for _ in range(len(graph.nodes)):
        entry = catalog().get(node.type) if isinstance(node, Layer | Function) else None
        if node is None or entry is None or entry.category not in _KEEP_WIDTH:
            break
        before = graph.source_of(node.name, "input")
        node = graph.nodes.get(before.node) if before else None
    if not isinstance(node, Layer) or not wanted.isdigit():
        return
    option = SIZES.get(node.type, "out_channels")
    if isinstance(node.options.get(option), int):
        changed = evolve(node, options={**node.options, option: int(wanted)})
        text = tr("Set {option} of {name} to {value}").format(option=option, name=node.name, value=wanted)
        yield text, SetNode(location, changed)


def _of_rank(session: Session, location: Location, node: Layer, rank: int) -> Iterator[tuple[str, Edit]]:
    """The same layer for as many dimensions as there are: `BatchNorm2d` for `BatchNorm1d`."""
    found = _SPATIAL.search(node.type)
    other = f"{node.type[: found.start()]}{rank - 2}d" if found else ""
    entry = catalog().get(other)
    if entry is not None and other != node.type:
        edit, _ = replaced(
            session.document, location, node.name, other, lambda source: session.shape(location, *source)
        )
        yield tr("Replace by {name}").format(name=entry.label), edit


def _converted(session: Session, location: Location, target: Endpoint, wanted: str) -> Iterator[tuple[str, Edit]]:
    """A conversion on the wire."""
    payload = CONVERSIONS.get(wanted)
    if payload is not None:
        at = session.document.node(location, target.node)
        yield tr("Convert to {dtype}").format(dtype=wanted), _insert(session, location, payload, target, at)
