"""Blocks that only hold parameters: lists and dicts of them, and modules of which only those are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from blockstudio.graph.model import Endpoint, Graph, Port
from blockstudio.runtime.importing.blocks import Block, Output
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.tensors import tensor_node
from blockstudio.runtime.importing.tree import own_tensors

if TYPE_CHECKING:
    from blockstudio.runtime.importing.session import Session


def holder(session: Session, module: nn.Module) -> Block | None:
    """A block that gives every parameter and buffer of a module; None for one that holds modules too."""
    tensors = dict(own_tensors(module))
    if any(child is not None for child in module._modules.values()) or not tensors:
        return None
    if any(name.isdigit() for name in tensors):
        return _parameter_list(session, module) if isinstance(module, nn.ParameterList) else None
    graph = Graph()
    notes = []
    try:
        for name, tensor in tensors.items():
            persistent = name not in module._non_persistent_buffers_set
            graph.nodes[name], note = tensor_node(name, tensor, persistent=persistent)
            notes += [note] if note else []
    except Untraceable:
        return None
    for name in tensors:
        graph.outputs.append(Port(name))
        graph.connect(Endpoint("", name), Endpoint(name, "output"))
    block = session.new_block("graph", module, graph=graph, notes=notes)
    block.outputs = tuple(map(Output, tensors))
    return block


def _parameter_list(session: Session, module: nn.ParameterList) -> Block:
    values = []
    for parameter in module:
        shape = ", ".join(map(str, parameter.shape)) or "()"
        trains = "" if parameter.requires_grad else ", requires_grad=False"
        values.append(f"nn.Parameter(torch.zeros({shape}){trains})")
    lines = [f'        self.register_parameter("{index}", {value})\n' for index, value in enumerate(values)]
    given = ", ".join(f'self.get_parameter("{index}")' for index in range(len(values)))
    source = (
        "class Parameters(nn.Module):\n"
        '    """A list of parameters."""\n\n'
        f"    def __init__(self):\n        super().__init__()\n{''.join(lines)}\n"
        f"    def forward(self):\n        return {given}{',' if len(values) == 1 else ''}\n"
    )
    block = session.new_block("code", module, source=source, class_name="Parameters", helper=True)
    block.outputs = tuple(Output(port_of(module, str(index))) for index in range(len(values)))
    return block


def port_of(module: nn.Module, tensor: str) -> str:
    """The port at which a holder gives a tensor."""
    return f"output_{tensor}" if tensor.isdigit() else tensor
