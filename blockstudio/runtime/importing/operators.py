"""The operators in a graph of torch.export, written as a person would: methods and functions of torch."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx, nn

from blockstudio.runtime.importing.guards import FACTORIES

_MODES = ("training", "train")


def in_eval(graph: fx.Graph) -> bool:
    """Whether a program was recorded in eval mode: something in it does not do what it does in training."""
    return any(value is False for node in graph.nodes for name, value in _given(node).items() if name in _MODES)


def written(
    graph: fx.Graph, node: fx.Node, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, in_eval: bool
) -> fx.Node:
    """The call of an operator, as a node of a graph."""
    target = node.target
    assert isinstance(target, torch._ops.OpOverload)
    name, schema = target._opname, target._schema.arguments
    args = tuple(
        # The mode that the program was recorded in is the model's own.
        graph.get_attr("training") if argument.name in _MODES and value is not in_eval else value
        for argument, value in zip(schema, args, strict=False)
    )
    kwargs = {key: value for key, value in kwargs.items() if not _is_usual(key, value)}
    own = _OWN.get(name)
    if own is not None:
        given = {argument.name: value for argument, value in zip(schema, args, strict=False)}
        return graph.call_function(*own(given, node.meta.get("val")))
    method = getattr(torch.Tensor, name, None)
    if args and isinstance(args[0], fx.Node) and schema[0].name == "self" and callable(method):
        return graph.call_method(name, args, kwargs)
    if name in FACTORIES:
        return graph.call_function(getattr(torch, name), args, kwargs)
    if name.endswith("dropout"):
        return graph.call_function(getattr(nn.functional, name), args, kwargs)
    return graph.call_function(target, args, kwargs)


def _given(node: fx.Node) -> dict[str, Any]:
    """The arguments of an operator by their names."""
    if not isinstance(node.target, torch._ops.OpOverload):
        return {}
    names = [argument.name for argument in node.target._schema.arguments]
    return {**dict(zip(names, node.args, strict=False)), **node.kwargs}


def _is_usual(key: str, value: Any) -> bool:
    """Whether a program would not say this."""
    if key == "device":
        return str(value) == "cpu"
    return value is None or (key == "pin_memory" and value is False) or (key == "layout" and value is torch.strided)


_Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def _slice(given: Mapping[str, Any], _: Any) -> _Call:
    end = given.get("end")
    part = slice(given.get("start") or None, None if end == sys.maxsize else end, _other(given.get("step"), 1))
    dim = given.get("dim", 0)
    index = (*(slice(None),) * dim, part) if dim >= 0 else (..., part, *(slice(None),) * (-1 - dim))
    return operator.getitem, (given["self"], index), {}


def _split(given: Mapping[str, Any], values: Any) -> _Call:
    dim = given.get("dim", 0)
    return torch.split, (given["self"], [value.shape[dim] for value in values], dim), {}


def _interpolate(mode: str) -> Callable[[Mapping[str, Any], Any], _Call]:
    def call(given: Mapping[str, Any], _: Any) -> _Call:
        options = {
            "size": given.get("output_size"),
            "scale_factor": given.get("scale_factors"),
            "mode": mode,
            "align_corners": given.get("align_corners") or None,
        }
        said = {key: value for key, value in options.items() if value is not None}
        return nn.functional.interpolate, (given["input"],), said

    return call


def _other(value: Any, usual: Any) -> Any:
    return None if value == usual else value


_OWN: Mapping[str, Callable[[Mapping[str, Any], Any], _Call]] = {
    "slice": _slice,
    "split": _split,
    "alias": lambda given, _: (torch.Tensor.view_as, (given["self"], given["self"]), {}),
    "lift_fresh_copy": lambda given, _: (torch.clone, (given["self"],), {}),
    "upsample_nearest1d": _interpolate("nearest"),
    "upsample_nearest2d": _interpolate("nearest"),
    "upsample_nearest3d": _interpolate("nearest"),
    "upsample_linear1d": _interpolate("linear"),
    "upsample_bilinear2d": _interpolate("bilinear"),
    "upsample_trilinear3d": _interpolate("trilinear"),
    "upsample_bicubic2d": _interpolate("bicubic"),
}
"""Operators that programs call by another name."""
