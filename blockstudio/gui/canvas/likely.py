"""What a wire is likely to go to: what takes what flows in it, what is used most behind such a node first; no Qt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import Entry
from blockstudio.engine.protocol import TensorShape
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    Function,
    Graph,
    If,
    Instance,
    Layer,
    Node,
    Repeat,
    Sequential,
    While,
)
from blockstudio.graph.scopes import owner_of
from blockstudio.gui.canvas.keys import PortKey

_SPATIAL = re.compile(r"(\d)d$")
"""`Conv2d` takes images: four dimensions, or three without a batch."""
_SPATIAL_KINDS = frozenset({"Convolution", "Pooling", "Normalization", "Dropout"})
_BATCHED = re.compile(r"BatchNorm([23])d$")
"""Refuse what has no batch."""
_RANKS = {"torch.mm": (2,), "torch.addmm": (2,), "torch.bmm": (3,), "torch.mv": (2,), "torch.dot": (1,)}
_FLOATS_ONLY = frozenset(
    {"Linear", "Convolution", "Normalization", "Recurrent", "Transformer", "Activation", "Pooling"}
)

USUAL_AFTER = {
    "Linear": ("torch.nn.ReLU", "torch.nn.GELU", "torch.nn.Dropout", "torch.nn.Linear", "torch.nn.BatchNorm1d"),
    "Convolution": ("torch.nn.BatchNorm2d", "torch.nn.BatchNorm1d", "torch.nn.ReLU", "torch.nn.MaxPool2d"),
    "Normalization": ("torch.nn.ReLU", "torch.nn.Linear", "torch.nn.MultiheadAttention"),
    "Activation": ("torch.nn.Linear", "torch.nn.Conv2d", "torch.nn.MaxPool2d", "torch.nn.Dropout"),
    "Pooling": ("torch.nn.Conv2d", "torch.nn.Flatten", "torch.nn.Linear"),
    "Shape": ("torch.nn.Linear", "torch.nn.ReLU"),
    "Dropout": ("torch.nn.Linear", "operator.add"),
    "Embedding": ("torch.nn.LSTM", "torch.nn.GRU", "torch.nn.Dropout", "operator.add", "torch.nn.LayerNorm"),
    "Recurrent": ("operator.getitem", "torch.nn.Linear", "torch.nn.Dropout"),
    "Transformer": ("operator.add", "torch.nn.LayerNorm", "torch.nn.Linear"),
}
"""What people put behind a node of a category, where the project does not tell yet."""


def takes(entry: Entry, flowing: TensorShape | None) -> bool:
    """Whether an entry can work on what flows; true where that is not known."""
    port = next((port for port in entry.inputs if not port.optional), None)
    if flowing is None or port is None:
        return True
    kind = _kind(flowing.dtype)
    if kind and port.dtype and port.dtype != kind:
        return False
    if kind in ("integer", "bool") and entry.kind == "layer" and entry.category in _FLOATS_ONLY:
        return False
    if flowing.shape is None:
        return True
    ranks = _ranks(entry)
    return not ranks or len(flowing.shape) in ranks


def _kind(dtype: str) -> str:
    if dtype.startswith(("int", "uint")):
        return "integer"
    return "bool" if dtype == "bool" else "float" if "float" in dtype else ""


def _ranks(entry: Entry) -> tuple[int, ...]:
    """How many dimensions an entry takes; none where any number is right."""
    if entry.type in _RANKS:
        return _RANKS[entry.type]
    batched = _BATCHED.search(entry.type)
    if batched:
        return (int(batched[1]) + 2,)
    spatial = _SPATIAL.search(entry.type)
    if spatial and entry.category in _SPATIAL_KINDS:
        return int(spatial[1]) + 1, int(spatial[1]) + 2
    return ()


def neighbours(document: Document, location: Location, wire: PortKey) -> list[str]:
    """What stands at the other end of wires like this one, most used first: in this project, then as is usual."""
    node = document.graph(location).nodes.get(wire.node)
    own = payload_of(document, location, node)
    counts: Counter[str] = Counter()
    if own:
        for place, graph in document.graphs():
            counts.update(_beside(document, place, graph, own, wire.is_source))
    entry = catalog().get(own) if own else None
    usual: Iterable[str] = USUAL_AFTER.get(entry.category, ()) if entry and wire.is_source else ()
    return list(dict.fromkeys([*(payload for payload, _ in counts.most_common()), *usual]))


def _beside(document: Document, place: Location, graph: Graph, own: str, forwards: bool) -> list[str]:
    """The payloads of what is wired to nodes of a kind."""
    payloads = {name: payload_of(document, place, node) for name, node in graph.nodes.items()}
    payloads[BOUNDARY] = ""
    wires = ((source.node, target.node) for target, source in graph.edges.items())
    ends = wires if forwards else ((target, source) for source, target in wires)
    return [payloads[there] for here, there in ends if payloads.get(here) == own and payloads.get(there)]


def payload_of(document: Document, location: Location, node: Node | None) -> str:
    """What the palette would have carried to make such a node; "" for the border and what has no entry."""
    if isinstance(node, Call):
        owner = owner_of(document, location, node)
        node = owner[1] if owner else None
    match node:
        case Layer() | Function():
            return node.type
        case Instance():
            return f"definition:{node.definition}"
        case Sequential() | While() | If() | Repeat():
            return f"node:{node.kind}"
    return ""
