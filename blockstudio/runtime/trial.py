"""A step tried on the CPU with stand-in numbers, where it is small: the meta device lets some mistakes pass, and
some steps it cannot do."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import torch
from attrs import frozen
from torch import Tensor, nn

from blockstudio.compiler import ir
from blockstudio.runtime.abstract import Known, described, on_meta
from blockstudio.runtime.steps import CALLEE, perform

LARGEST = 65_536
"""Elements of inputs and parameters together, beyond which nothing is tried."""

DRAWS = re.compile(r"rand|bernoulli|multinomial|normal|poisson|dropout|[Ff]ractional|rrelu|gumbel")
"""Types of steps that may draw random numbers: a run under way in another thread must get those."""

_SHAPE_OR_TYPE = re.compile(
    r"dtype|scalar type|data type|not implemented for|same type|should be the same|must have the same|channels"
    r"|\bsizes?\b|shape|dimension|can't be cast|only support|Dimension out of range|expected input"
)
"""Complaints that have nothing to do with the numbers that stand in."""


@frozen
class Trial:
    """A step and what it is given, on the meta device."""

    statement: ir.Compute | ir.Apply
    names: Mapping[str, Any]
    layer: nn.Module | None
    arguments: Mapping[str, Any]

    @property
    def is_small(self) -> bool:
        """Whether it costs next to nothing, and draws no random numbers."""
        if self.statement.entry is None or DRAWS.search(self.statement.entry.type):
            return False
        tensors = [*_tensors(list(self.arguments.values()))]
        if self.layer is not None:
            tensors += [*self.layer.parameters(), *self.layer.buffers()]
        return bool(tensors) and sum(tensor.numel() for tensor in tensors) <= LARGEST

    def objection(self) -> Exception | None:
        """What torch has against the shapes and types of the inputs, if anything."""
        if not self.is_small or any(map(_may_be_size, self.arguments.values())):
            return None
        try:
            self._run(zeros=True)
        except Exception as error:
            is_sure = not isinstance(error, Warning) and _SHAPE_OR_TYPE.search(str(error))
            return error if is_sure else None
        return None

    def results(self) -> tuple[Known, ...] | None:
        """The results, where different numbers give the same shapes; None where they do not or it fails."""
        if not self.is_small:
            return None
        try:
            first, second = self._run(zeros=True), self._run(zeros=False)
        except Exception:  # whatever the user's layer raises: `objection` has told what is sure
            return None
        for one, other in zip(first, second, strict=True):
            if not isinstance(one, Tensor) or described(one) != described(other):
                return None
        return tuple(Known(on_meta(result)) for result in first)

    def _run(self, zeros: bool) -> list[Any]:
        """The results on zeros, or else on ones and zeros by turns."""
        with torch.device("cpu"):
            given = {port: _filled(value, zeros) for port, value in self.arguments.items()}
            if self.layer is None:
                return perform(self.statement, "", self.names, given)
            layer = copy.deepcopy(self.layer).to_empty(device="cpu")
            for tensor in (*layer.parameters(), *layer.buffers()):
                tensor.fill_(1)
            return perform(self.statement, CALLEE, {**self.names, CALLEE: layer}, given)


def _may_be_size(value: Any) -> bool:
    """Whether a value may be a size or an axis, for which no number can stand in."""
    return isinstance(value, Tensor) and not value.dim() and not value.is_floating_point()


def _filled(value: Any, zeros: bool) -> Any:
    match value:
        case Tensor():
            numbers = torch.arange(1, value.numel() + 1).remainder(1 if zeros else 2)
            return numbers.to(value.dtype).reshape(value.shape)
        case tuple() | list() if not hasattr(value, "_fields"):
            return type(value)(_filled(part, zeros) for part in value)
    return value


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [tensor for part in value for tensor in _tensors(part)]
    return []
