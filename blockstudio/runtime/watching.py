"""What flows on every edge of a model, kept to be looked at after a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from attrs import Factory, define
from torch import Tensor, nn

from blockstudio.compiler import ir
from blockstudio.engine.protocol import Activation
from blockstudio.graph.document import Document, Location
from blockstudio.runtime.interpreter import Frame
from blockstudio.runtime.recorder import Recorder
from blockstudio.runtime.running import Backward, as_input, total, undone_on_failure
from blockstudio.runtime.values import differentiable, parts, shape_of, statistics_of

ROOM = 1 << 30
"""Bytes of activations that are kept; of what is beyond, only the statistics are."""


@define
class Activations:
    """What flowed out of every node of the last run."""

    rows: tuple[Activation, ...] = ()
    tensors: Mapping[str, Tensor] = Factory(dict)
    """By "path|port"."""
    gradients: Mapping[str, Tensor] = Factory(dict)
    """Of the outputs by what flowed, likewise; none without a backward pass."""


def watch(
    program: ir.Program,
    document: Document,
    model: nn.Module,
    inputs: Mapping[str, Any],
    backward: Backward = "",
) -> Activations:
    """Run a model node by node; its buffers, and the gradients of its parameters, stay as they are."""
    watcher = _Watcher(program, document)
    given = {
        name: as_input(value, bool(backward)) if isinstance(value, Tensor) else value for name, value in inputs.items()
    }
    with torch.set_grad_enabled(bool(backward)), undone_on_failure(model) as restore:
        try:
            outputs = watcher.run(model, given)
            if backward:
                watcher.differentiate(outputs, [*model.parameters(), *given.values()], backward)
        finally:
            restore()
    room, rows = _Room(), []
    tensors: dict[str, Tensor] = {}
    gradients: dict[str, Tensor] = {}
    for (path, port), (shape, value) in watcher.copies.items():
        gradient = watcher.gradients.get((path, port))
        rows.append(Activation(path, port, shape, statistics_of(value), statistics_of(gradient)))
        for kept, tensor in ((tensors, value), (gradients, gradient)):
            if isinstance(tensor, Tensor) and room.takes(tensor):
                kept[f"{path}|{port}"] = tensor
    return Activations(tuple(rows), tensors, gradients)


@define
class _Room:
    left: int = ROOM

    def takes(self, tensor: Tensor) -> bool:
        """Whether there is room for a tensor, which then has it."""
        size = tensor.numel() * tensor.element_size()
        if size > self.left:
            return False
        self.left -= size
        return True


class _Watcher(Recorder):
    """Keeps copies: what flows may be changed in place further on."""

    def __init__(self, program: ir.Program, document: Document) -> None:
        super().__init__(program, document)
        self.copies: dict[tuple[str, str], tuple[Any, Any]] = {}
        self.gradients: dict[tuple[str, str], Tensor] = {}
        self._times: Counter[tuple[str, str]] = Counter()

    def see(self, location: Location, node: str, port: str, value: Any, frame: Frame) -> None:
        key = location.path(node), port
        copy = value.detach().clone() if isinstance(value, Tensor) else None
        self.copies[key] = shape_of(value), copy
        self._times[key] += 1
        if isinstance(value, Tensor) and value.requires_grad:
            # A hook gets the gradient by the value of this moment, also if it is changed in place later.
            value.register_hook(partial(self._keep, key, self._times[key]))

    def _keep(self, key: tuple[str, str], time: int, gradient: Tensor) -> None:
        if time == self._times[key]:  # the last time the node ran, as of the values
            self.gradients[key] = gradient.detach().clone()

    def differentiate(self, outputs: Sequence[Any], leaves: Sequence[Any], how: Backward) -> None:
        """Fill `gradients`, and nothing else: the leaves have their own from the run that was timed."""
        named = [part for number, value in enumerate(outputs) for part in parts(str(number), value)]
        torch.autograd.grad(total(named, how), differentiable(leaves), allow_unused=True)
