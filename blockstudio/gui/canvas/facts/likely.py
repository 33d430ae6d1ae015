"""What a wire is likely to go to: what takes what flows in it, what is used most behind such a node first; no Qt."""

from __future__ import annotations

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
from blockstudio.gui.canvas.facts import dimensions
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.facts.needs import Sizes, of_shape

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


USUAL_BEFORE = {
    "Linear": ("torch.nn.ReLU", "torch.nn.Flatten", "torch.nn.Linear", "torch.nn.Dropout", "torch.nn.LayerNorm"),
    "Convolution": ("torch.nn.ReLU", "torch.nn.Conv2d", "torch.nn.MaxPool2d", "torch.nn.BatchNorm2d"),
    "Normalization": ("torch.nn.Conv2d", "torch.nn.Linear", "operator.add"),
    "Activation": ("torch.nn.Linear", "torch.nn.Conv2d", "torch.nn.BatchNorm2d"),
    "Pooling": ("torch.nn.ReLU", "torch.nn.Conv2d"),
    "Shape": ("torch.nn.MaxPool2d", "torch.nn.AdaptiveAvgPool2d", "torch.nn.Conv2d"),
    "Dropout": ("torch.nn.ReLU", "torch.nn.Linear"),
    "Embedding": ("node:input", "torch.argmax", "torch.Tensor.long"),
    "Recurrent": ("torch.nn.Embedding", "torch.nn.Dropout", "torch.nn.Linear"),
    "Transformer": ("torch.nn.Embedding", "torch.nn.LayerNorm", "torch.nn.Linear", "operator.add"),
    "Arithmetic": ("torch.nn.Linear", "torch.nn.Conv2d", "torch.nn.BatchNorm2d", "torch.nn.Dropout"),
}
"""And in front of one."""


def takes(entry: Entry, flowing: TensorShape | None) -> bool:
    """Whether an entry can work on what flows; true where that is not known."""
    port = next((port for port in entry.inputs if not port.optional), None)
    if flowing is None or port is None:
        return True
    need = Sizes(dimensions.ranks(entry), dimensions.kind_taken(entry, port.name))
    return need.meets(of_shape(flowing))


def neighbours(document: Document, location: Location, wire: PortKey) -> list[str]:
    """What stands at the other end of wires like this one, most used first: in this project, then as is usual."""
    node = document.graph(location).nodes.get(wire.node)
    own = payload_of(document, location, node)
    counts: Counter[str] = Counter()
    if own:
        for place, graph in document.graphs():
            counts.update(_beside(document, place, graph, own, wire.is_source))
    entry = catalog().get(own) if own else None
    usual: Iterable[str] = (USUAL_AFTER if wire.is_source else USUAL_BEFORE).get(entry.category, ()) if entry else ()
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
