"""Calls of submodules as they stand in a trace, and the nodes that they become."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.utils import _pytree as pytree

from blockstudio.graph.model import Instance, Layer, Node, Sequential, copy_graph
from blockstudio.runtime.importing.blocks import Block
from blockstudio.runtime.importing.layers import CatalogLayer
from blockstudio.runtime.importing.tracing import Given, Signature

CALLED = "called"
MODULE = "module"
NAMES = "names"
OPTIONS = "options"
"""Keys of a call's `meta`: the block or layer, the module, its paths, the options of a layer's call."""


def take(called: Any, port: str) -> Any:
    """Stands in a trace for the value at a port of a module that was called."""
    raise NotImplementedError


def node_of(called: CatalogLayer | Block, name: str, options: Mapping[str, Any] | None = None) -> Node:
    """The node that owns a module; the options are those of a layer's call."""
    if isinstance(called, CatalogLayer):
        return Layer(name=name, type=called.entry.type, options={**called.options, **(options or {})})
    if called.kind == "sequence":
        return Sequential(name=name, body=copy_graph(called.graph), named=called.named)
    return Instance(name=name, definition=called.reference, options=dict(called.arguments))


def default_signature(module: nn.Module) -> Signature:
    """A call with a tensor for each argument that must be given."""
    function = getattr(type(module), "forward", None)
    if not isinstance(function, types.FunctionType):
        return Signature.of((), {})[0]
    parameters = list(inspect.signature(function).parameters.values())[1:]
    needed = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keywords = [p.name for p in parameters if p.default is p.empty and p.kind is p.KEYWORD_ONLY]
    _, spec = pytree.tree_flatten((tuple(range(len(needed))), dict.fromkeys(keywords, 0)))
    return Signature(spec, (Given(),) * (len(needed) + len(keywords)))
