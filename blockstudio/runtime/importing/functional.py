"""Layers as graphs of their parameters and the function they apply, where the parameters are used by others too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.utils import _pytree as pytree

from blockstudio.catalog.catalog import catalog
from blockstudio.formats.import_report import Note
from blockstudio.graph.model import Endpoint, Function, Graph, Port
from blockstudio.runtime.importing.blocks import Block, Output
from blockstudio.runtime.importing.layers import CatalogLayer
from blockstudio.runtime.importing.tensors import tensor_node

if TYPE_CHECKING:
    from blockstudio.runtime.importing.session import Session

_FUNCTIONAL = {
    "Linear": ("linear", ()),
    "Embedding": ("embedding", ("padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse")),
    "Conv1d": ("conv1d", ("stride", "padding", "dilation", "groups")),
    "Conv2d": ("conv2d", ("stride", "padding", "dilation", "groups")),
    "Conv3d": ("conv3d", ("stride", "padding", "dilation", "groups")),
    "LayerNorm": ("layer_norm", ("normalized_shape", "eps")),
    "RMSNorm": ("rms_norm", ("normalized_shape", "eps")),
    "Bilinear": ("bilinear", ()),
    "PReLU": ("prelu", ()),
}


def functional(session: Session, module: nn.Module, layer: CatalogLayer, exposed: Sequence[str]) -> Block | None:
    """A layer as a graph of its parameters and a function, the `exposed` ones being outputs; None for others."""
    known = _FUNCTIONAL.get(layer.entry.label)
    if known is None or layer.options.get("padding_mode", "zeros") != "zeros":
        return None
    name, options = known
    entry = catalog().get(f"torch.nn.functional.{name}")
    assert entry is not None
    graph = Graph()
    notes: list[Note] = []
    for own, tensor in module._parameters.items():
        if tensor is not None:
            node, note = tensor_node(own, tensor)
            graph.nodes[own] = node
            notes += [note] if note else []
    values = {option: _listed(getattr(module, option)) for option in options}
    specs = {option.name: option for option in entry.options}
    given = {o: v for o, v in values.items() if specs[o].required or v != specs[o].default}
    graph.nodes[name] = Function(name=name, type=entry.type, options=given)
    inputs = []
    for port in entry.inputs:
        if port.name in graph.nodes:
            graph.connect(Endpoint(name, port.name), Endpoint(port.name, "output"))
        elif not port.optional and not port.variadic:
            inputs.append(port.name)
            graph.inputs.append(Port(port.name))
            graph.connect(Endpoint(name, port.name), Endpoint("", port.name))
    graph.outputs.append(Port("output"))
    graph.connect(Endpoint("", "output"), Endpoint(name, "output"))
    for own in exposed:
        graph.outputs.append(Port(own))
        graph.connect(Endpoint("", own), Endpoint(own, "output"))
    block = session.new_block("graph", module, inputs=tuple(inputs), graph=graph, notes=notes)
    block.outputs = (Output("output"), *(Output(own) for own in exposed))
    block.spec = pytree.tree_structure(0) if not exposed else None
    block.shares_memory = bool(exposed)
    return block


def _listed(value: Any) -> Any:
    if isinstance(value, list | tuple):
        value = tuple(value)
        return value[0] if value and len(set(value)) == 1 and len(value) > 1 else value
    return value
