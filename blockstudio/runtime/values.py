"""What flows in a model, described: tensors, and the tuples, dicts and other values around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from blockstudio.engine.protocol import OutputResult, Statistics, TensorShape
from blockstudio.runtime.parameters import dtype_name
from blockstudio.runtime.statistics import measure

LONGEST_PREVIEW = 4000
DEEPEST = 20
MOST = 1000
"""Parts of one output that are told apart."""


def shape_of(value: Any) -> TensorShape:
    """Sizes, type and device of a tensor; the name of its type for any other value."""
    if isinstance(value, Tensor):
        return TensorShape(tuple(value.shape), dtype_name(value.dtype), device=str(value.device))
    return TensorShape(None, text=type(value).__name__)


def statistics_of(value: Any) -> Statistics | None:
    """Statistics of a tensor; None for any other value."""
    return measure(value, 0)[0] if isinstance(value, Tensor) and not value.is_meta else None


def parts(name: str, value: Any) -> list[tuple[str, Any]]:
    """The tensors and other values in nested tuples, lists and dicts: `state[0]`, `out["mask"]`."""
    return list(_parts(name, value, DEEPEST))[:MOST]


def named_outputs(value: Any, ports: Sequence[str]) -> list[tuple[str, Any]]:
    """What a model returned, by the names of its output ports as far as they fit."""
    if isinstance(value, tuple) and len(value) == len(ports) > 1:
        return [part for port, element in zip(ports, value, strict=True) for part in parts(port, element)]
    return parts(ports[0] if len(ports) == 1 else "output", value)


def result(name: str, value: Any) -> OutputResult:
    """A value with its statistics and its beginning as torch prints it."""
    return OutputResult(name, shape_of(value), statistics_of(value), preview(value))


def preview(value: Any) -> str:
    """A value as Python prints it, shortened."""
    try:
        text = str(value.detach().cpu() if isinstance(value, Tensor) else value)
    except Exception as error:  # `__str__` of an object of the user's own
        text = f"{type(value).__name__}: {error}"
    return text if len(text) <= LONGEST_PREVIEW else text[:LONGEST_PREVIEW] + "…"


def differentiable(values: Sequence[Any]) -> list[Tensor]:
    """The tensors among values that a gradient can start from."""
    return [value for value in values if isinstance(value, Tensor) and value.requires_grad]


def scalar(tensors: Sequence[Tensor], how: str) -> Tensor:
    """The sum, or the mean of all elements, over tensors that may be complex or on several devices."""
    real = [torch.view_as_real(tensor) if tensor.is_complex() else tensor for tensor in tensors]
    total = torch.stack([tensor.sum().to(real[0].device, real[0].dtype) for tensor in real]).sum()
    return total if how == "sum" else total / sum(tensor.numel() for tensor in tensors)


def _parts(name: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth and isinstance(value, Mapping):
        for key, part in value.items():
            yield from _parts(f"{name}[{key!r}]", part, depth - 1)
    elif depth and isinstance(value, tuple | list):
        for number, part in enumerate(value):
            yield from _parts(f"{name}[{number}]", part, depth - 1)
    else:
        yield name, value
