"""What flows on every edge of a model, kept to be looked at after a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from attrs import Factory, define
from torch import Tensor, nn

from blockstudio.compiler import ir
from blockstudio.engine.protocol import Activation
from blockstudio.graph.document import Document, Location
from blockstudio.runtime.interpreter import Frame, Recorder
from blockstudio.runtime.running import undone_on_failure
from blockstudio.runtime.values import shape_of, statistics_of

ROOM = 1 << 30
"""Bytes of activations that are kept; of what is beyond, only the statistics are."""


@define
class Activations:
    """What flowed out of every node of the last run."""

    rows: tuple[Activation, ...] = ()
    tensors: Mapping[str, Tensor] = Factory(dict)
    """By "path|port"."""


def watch(program: ir.Program, document: Document, model: nn.Module, inputs: Mapping[str, Any]) -> Activations:
    """Run a model node by node, without gradients; its buffers stay as they are."""
    watcher = _Watcher(program, document)
    with torch.no_grad(), undone_on_failure(model) as restore:
        try:
            watcher.run(model, inputs)
        finally:
            restore()
    rows, tensors, room = [], {}, ROOM
    for (path, port), (shape, value) in watcher.copies.items():
        rows.append(Activation(path, port, shape, statistics_of(value)))
        if isinstance(value, Tensor) and value.numel() * value.element_size() <= room:
            room -= value.numel() * value.element_size()
            tensors[f"{path}|{port}"] = value
    return Activations(tuple(rows), tensors)


class _Watcher(Recorder):
    """Keeps copies: what flows may be changed in place further on."""

    def __init__(self, program: ir.Program, document: Document) -> None:
        super().__init__(program, document)
        self.copies: dict[tuple[str, str], tuple[Any, Any]] = {}

    def see(self, location: Location, node: str, port: str, value: Any, frame: Frame) -> None:
        copy = value.detach().clone() if isinstance(value, Tensor) else None
        self.copies[location.path(node), port] = shape_of(value), copy
