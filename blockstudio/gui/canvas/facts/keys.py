"""The names of what the canvas shows, the same for selecting, hitting and looking up."""

from __future__ import annotations

from typing import Literal, NamedTuple

from blockstudio.graph.model import Endpoint

Kind = Literal["node", "input", "output", "note", "edge"]
Side = Literal["inputs", "outputs"]


class Key(NamedTuple):
    """One thing on the canvas: a node, an input or output pill, a note by its key, an edge by its target."""

    kind: Kind
    name: str
    port: str = ""


class PortKey(NamedTuple):
    """One port: of a node, or of the border (node ""), where the inputs of the graph are *sources*.

    `is_source` tells which end of an edge it can be.
    """

    node: str
    port: str
    is_source: bool

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.node, self.port)


def node_key(name: str) -> Key:
    return Key("node", name)


def edge_key(target: Endpoint) -> Key:
    return Key("edge", target.node, target.port)


def owner_key(end: Endpoint, is_source: bool) -> Key:
    """What carries this end of an edge: a node, or a pill of the border."""
    if end.node:
        return Key("node", end.node)
    return Key("input" if is_source else "output", end.port)


def pill_side(key: Key) -> Side:
    return "inputs" if key.kind == "input" else "outputs"
