"""Which argument of a function of torch is which: recorded calls bound to their signatures."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch
from attrs import frozen
from torch import fx

from blockstudio.runtime.importing.proxies import KIND

_SPREADING = frozenset(
    "view reshape permute expand repeat flip tile zeros ones empty rand randn new_zeros new_ones new_empty".split()
)
"""Take a tuple of ints as single arguments too."""
_ANYTHING = frozenset("dtype layout device pin_memory memory_format generator requires_grad".split())


@frozen
class ByMode:
    """An argument that depends on the mode: one value in eval, another in train."""

    eval: Any
    train: Any


@frozen
class Bound:
    """A call with its arguments by name; those that were not given have their defaults."""

    name: str
    """The last part of the function's name."""
    arguments: Mapping[str, Any]
    defaults: Mapping[str, Any]


@frozen
class _Parameter:
    name: str
    type: str = ""
    default: Any = inspect.Parameter.empty
    keyword_only: bool = False
    variadic: bool = False


_Signature = tuple[_Parameter, ...]


def bind(node: Any) -> Iterator[Bound]:
    """The ways to read a recorded call, the likeliest first."""
    name, signatures = _signatures_of(node)
    for signature in signatures:
        arguments = _bound(name, signature, node.args, node.kwargs)
        if arguments is not None:
            defaults = {p.name: p.default for p in signature if p.default is not inspect.Parameter.empty}
            yield Bound(name, {**defaults, **arguments}, defaults)


def _signatures_of(node: Any) -> tuple[str, Sequence[_Signature]]:
    target = node.target
    if isinstance(target, str):  # a method
        function = getattr(torch.Tensor, target, None)
        return target, _signatures(target, function)
    if isinstance(target, torch._ops.OpOverload):
        return target._opname, (_schema(target), *_signatures(target._opname, None))
    name = getattr(target, "__name__", "")
    return name, _signatures(name, target)


@lru_cache(maxsize=4096)
def _signatures(name: str, function: Callable[..., Any] | None) -> Sequence[_Signature]:
    found = _python_signature(function)
    if found is not None:
        return (found,)
    packet = getattr(torch.ops.aten, name, None)
    if packet is None:
        return ()
    schemas = [getattr(packet, overload) for overload in packet.overloads()]
    return tuple(_schema(found) for found in schemas if not any(arg.is_out for arg in found._schema.arguments))


def _python_signature(function: Any) -> _Signature | None:
    try:
        dispatched = torch._jit_internal.boolean_dispatched.get(function)
    except TypeError:
        dispatched = None
    if dispatched:  # max_pool2d, which calls one of two functions
        function = dispatched["if_true"]
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return tuple(
        _Parameter(p.name, "", p.default, p.kind is p.KEYWORD_ONLY, p.kind is p.VAR_POSITIONAL) for p in parameters
    )


def _schema(overload: Any) -> _Signature:
    return tuple(
        _Parameter(
            argument.name,
            str(argument.type),
            argument.default_value if argument.has_default_value() else inspect.Parameter.empty,
            argument.kwarg_only,
        )
        for argument in overload._schema.arguments
    )


def _bound(name: str, signature: _Signature, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments by name, None where they do not fit."""
    found: dict[str, Any] = {}
    remaining = list(args)
    for parameter in signature:
        if parameter.variadic:
            found[parameter.name] = tuple(remaining)
            remaining = []
        elif parameter.keyword_only or not remaining:
            continue
        elif (
            name in _SPREADING
            and parameter.name != "self"
            and parameter.type == "List[int]"
            and not is_sequence(remaining[0])
            and not _is_shape(remaining[0])
        ):
            found[parameter.name] = tuple(remaining)
            remaining = []
        else:
            found[parameter.name] = remaining.pop(0)
    if remaining:
        return None
    known = {parameter.name for parameter in signature}
    for key, value in kwargs.items():
        key = _old_name(key, known)
        if key not in known or key in found:
            return None
        found[key] = value
    for parameter in signature:
        if parameter.name in found:
            if parameter.type and not _fits(parameter, found[parameter.name]):
                return None
        elif parameter.default is inspect.Parameter.empty and not parameter.variadic:
            return None
    return found


def is_sequence(value: Any) -> bool:
    """Whether a value is a list or tuple put together of others: `[x.shape[0]] + [1] * (x.dim() - 1)`."""
    if isinstance(value, list | tuple):
        return True
    joins = isinstance(value, fx.Node) and value.target in (operator.add, operator.mul)
    return joins and any(map(is_sequence, value.args))


def _is_shape(value: Any) -> bool:
    return isinstance(value, fx.Node) and value.meta.get(KIND) == "size"


def _old_name(key: str, known: set[str]) -> str:
    """Names that torch takes from those who come from numpy."""
    renamed = {"input": "self", "axis": "dim", "keepdims": "keepdim", "x": "self"}.get(key, key)
    return renamed if key not in known and renamed in known else key


def _fits(parameter: _Parameter, value: Any) -> bool:
    if parameter.name in _ANYTHING:
        return True
    kind = parameter.type
    if isinstance(value, ByMode):
        value = value.train
    if isinstance(value, fx.Node) and is_sequence(value):
        return kind.startswith("List[")
    if kind.startswith("Optional["):
        if value is None:
            return True
        kind = kind[9:-1]
    if _is_shape(value):
        return kind == "List[int]"
    if kind.startswith("List["):
        if isinstance(value, list | tuple):
            return all(_fits(_Parameter("", kind[5:-1]), item) for item in value)
        return kind == "List[int]" and _fits(_Parameter("", "int"), value)
    if isinstance(value, fx.Node):
        known = value.meta.get(KIND, "other")
        if known == "tensor":
            return kind == "Tensor"
        if known == "int":
            return kind in ("int", "number", "float", "Scalar")
        return True
    match kind:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float" | "number" | "Scalar":
            return isinstance(value, int | float | complex)
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str)
    return False
