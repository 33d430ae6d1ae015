"""Calls of torch that the catalog says in another way, and arguments that it leaves out."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from attrs import frozen
from torch import fx

from blockstudio.catalog.spec import Entry, OptionSpec
from blockstudio.graph.model import OptionValue
from blockstudio.runtime.importing.bindings import Bound
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.proxies import COUNT, KIND, RANK

CASTS = frozenset("float double half bfloat16 long int bool".split())

Rewritten = Iterator[tuple[str, Mapping[str, Any]]]


@frozen(eq=False)
class Part:
    """One of the values that a step gives."""

    node: fx.Node
    index: int


@frozen
class Size:
    """One of the sizes of a value, which no step took yet."""

    node: fx.Node
    dim: int


@frozen(eq=False)
class Step:
    """A recorded call, or one like it. `node` is what it was recorded as."""

    node: fx.Node
    target: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


def attribute_of(value: Any, name: str) -> fx.Node | None:
    """The value whose attribute of that name this is; None for anything else."""
    if isinstance(value, fx.Node) and value.target is builtins.getattr and value.args[1] == name:
        source = value.args[0]
        return source if isinstance(source, fx.Node) else None
    return None


def shape_of(value: Any) -> fx.Node | None:
    """The value whose shape this is; None for anything else."""
    if isinstance(value, fx.Node) and value.op == "call_method" and value.target == "size" and len(value.args) == 1:
        source = value.args[0]
        return source if isinstance(source, fx.Node) and not value.kwargs else None
    return attribute_of(value, "shape")


def size_of(step: Step) -> Size | None:
    """The size that a step takes: `x.size(0)`, `x.shape[0]`; None for anything else."""
    if step.target == "size" and len(step.args) == 2 and type(step.args[1]) is int:
        return Size(step.args[0], step.args[1]) if isinstance(step.args[0], fx.Node) else None
    shape = shape_of(step.args[0]) if step.target is operator.getitem else None
    if shape is None or type(step.args[1]) is not int:
        return None
    return Size(shape, step.args[1])


def sizes_of(value: Any) -> list[Size] | None:
    """A part of a shape (`x.shape[-2:]`) as single sizes; None for anything else, or where it is not known which."""
    if not isinstance(value, fx.Node) or value.meta.get(KIND) != "size":
        return None
    whole = shape_of(value)
    if whole is not None:
        rank = whole.meta.get(RANK)
        return None if rank is None else [Size(whole, dim) for dim in range(rank)]
    part = value.args[1] if value.target is operator.getitem else None
    source = shape_of(value.args[0]) if value.args else None
    count = value.meta.get(COUNT)
    if source is None or not isinstance(part, slice) or count is None:
        return None
    first = part.start if type(part.start) is int and part.start < 0 else 0
    return [Size(source, first + index) for index in range(count)]


def count_of(node: fx.Node) -> int:
    """How many values a step gives, by what is done with them; Untraceable where that does not say."""
    count = node.meta.get(COUNT)
    if count is None:
        raise Untraceable("it is not known how many tensors it gives")
    return int(count)


def parts_of(value: Any) -> Any:
    """A tuple that a step gives, as a list of its parts."""
    if isinstance(value, fx.Node) and value.meta.get(KIND) == "tuple":
        return [Part(value, index) for index in range(count_of(value))]
    return value


def passes_on(step: Step) -> fx.Node | None:
    """The value that a step only moves to another device, which models here do as a whole; None for others."""
    if step.target != "to" or not step.args or not isinstance(step.args[0], fx.Node):
        return None
    wanted = [*step.args[1:], *(v for k, v in step.kwargs.items() if k in ("device", "dtype", "other"))]
    rest = {k: v for k, v in step.kwargs.items() if k not in ("device", "dtype", "other", "non_blocking")}
    if rest or len(wanted) != 1:
        return None
    moved = wanted[0] if isinstance(wanted[0], str | torch.device) else attribute_of(wanted[0], "device")
    return step.args[0] if moved is not None else None


# --- calls said in another way ------------------------------------------------------------------------


def rewritten(step: Step, bound: Bound) -> Rewritten:
    """Other ways to say a call, better ones than its own name."""
    rewrite = _REWRITES.get(bound.name)
    if rewrite is not None:
        yield from rewrite(step, bound.arguments)


def _operator(name: str) -> Callable[[Step, Mapping[str, Any]], Rewritten]:
    def rewrite(step: Step, given: Mapping[str, Any]) -> Rewritten:
        if given.get("alpha", 1) == 1 and given.get("rounding_mode") is None:
            first = given.get("self", given.get("input"))
            second = given.get("other", given.get("exponent"))
            if "out" not in given:
                yield f"operator.{name}", {"input": first, **({} if second is None else {"other": second})}

    return rewrite


def _divided(step: Step, given: Mapping[str, Any]) -> Rewritten:
    name = {None: "truediv", "floor": "floordiv"}.get(given.get("rounding_mode"))
    if name is not None:
        yield f"operator.{name}", {"input": given.get("self", given.get("input")), "other": given["other"]}


def _subtracted_from(step: Step, given: Mapping[str, Any]) -> Rewritten:
    if given.get("alpha", 1) == 1:
        yield "operator.sub", {"input": given["other"], "other": given["self"]}


def _size(step: Step, given: Mapping[str, Any]) -> Rewritten:
    if given.get("dim") is None:
        yield "torch.Tensor.shape", {"input": given["self"]}
    else:
        yield "torch.Tensor.size", {"input": given["self"], "dim": given["dim"]}


def _largest(name: str) -> Callable[[Step, Mapping[str, Any]], Rewritten]:
    def rewrite(step: Step, given: Mapping[str, Any]) -> Rewritten:
        if isinstance(given.get("other"), fx.Node):
            yield f"torch.{name}", {"input": given["self"], "other": given["other"]}

    return rewrite


def _deviation(name: str) -> Callable[[Step, Mapping[str, Any]], Rewritten]:
    def rewrite(step: Step, given: Mapping[str, Any]) -> Rewritten:
        given = dict(given)
        if "unbiased" in given:
            given["correction"] = int(given.pop("unbiased"))
        if given.get("correction", 1) is None:
            given["correction"] = 1
        yield f"torch.{name}", given

    return rewrite


def _to(step: Step, given: Mapping[str, Any]) -> Rewritten:
    wanted = [*step.args[1:], *(v for k, v in step.kwargs.items() if k in ("device", "dtype", "other"))]
    dtypes = [value for value in wanted if isinstance(value, torch.dtype)]
    places = [v for v in wanted if isinstance(v, str | torch.device) or attribute_of(v, "device") is not None]
    if len(dtypes) == 1 and len(dtypes) + len(places) == len(wanted):
        yield "torch.Tensor.to", {"input": step.args[0], "dtype": dtypes[0]}
    elif len(wanted) - len(places) == 1:
        other = next(value for value in wanted if value not in places)
        source = attribute_of(other, "dtype")
        if source is None and isinstance(other, fx.Node) and other.meta.get(KIND) == "tensor":
            source = other
        if source is not None:
            yield "torch.Tensor.type_as", {"input": step.args[0], "other": source}


def _split(step: Step, given: Mapping[str, Any]) -> Rewritten:
    source = given.get("self", given.get("tensor"))
    size = given.get("split_size", given.get("split_size_or_sections", given.get("split_sizes")))
    if isinstance(size, list | tuple):
        yield "torch.split", {"input": source, "split_size_or_sections": size, "dim": given["dim"]}
    else:
        outputs = count_of(step.node)
        yield "torch.Tensor.split", {"input": source, "split_size": size, "dim": given["dim"], "outputs": outputs}


def _unbind(step: Step, given: Mapping[str, Any]) -> Rewritten:
    yield "torch.unbind", {"input": given["self"], "dim": given["dim"], "outputs": count_of(step.node)}


def _several(step: Step, given: Mapping[str, Any]) -> tuple[Any, ...]:
    tensors = given["tensors"]
    return tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tuple(tensors)


def _meshgrid(step: Step, given: Mapping[str, Any]) -> Rewritten:
    tensors = _several(step, given)
    indexing = given.get("indexing") or "ij"
    yield "torch.meshgrid", {"tensors": tensors, "indexing": indexing, "outputs": len(tensors)}


def _broadcast(step: Step, given: Mapping[str, Any]) -> Rewritten:
    tensors = _several(step, given)
    yield "torch.broadcast_tensors", {"tensors": tensors, "outputs": len(tensors)}


def _einsum(step: Step, given: Mapping[str, Any]) -> Rewritten:
    equation, *operands = given["args"]
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = list(operands[0])
    if isinstance(equation, str):
        yield "torch.einsum", {"equation": equation, "operands": operands}


def _arange(step: Step, given: Mapping[str, Any]) -> Rewritten:
    yield "torch.arange", {"start": 0, "step": 1, **given}


def _randint(step: Step, given: Mapping[str, Any]) -> Rewritten:
    yield "torch.randint", {"low": 0, **given}


def _norm(step: Step, given: Mapping[str, Any]) -> Rewritten:
    given = dict(given)
    if given.get("p") == "fro":
        given["p"] = 2
    yield "torch.norm", given


def _like(name: str) -> Callable[[Step, Mapping[str, Any]], Rewritten]:
    def rewrite(step: Step, given: Mapping[str, Any]) -> Rewritten:
        other = shape_of(given.get("size", given.get("shape")))
        if other is not None:
            yield f"torch.Tensor.{name}", {"input": given["self"], "other": other}

    return rewrite


def _made(name: str) -> Callable[[Step, Mapping[str, Any]], Rewritten]:
    def rewrite(step: Step, given: Mapping[str, Any]) -> Rewritten:
        dtype, device = attribute_of(given.get("dtype"), "dtype"), attribute_of(given.get("device"), "device")
        if dtype is not None and (device is dtype or given.get("device") is None):
            rest = {key: value for key, value in given.items() if key not in ("dtype", "device")}
            yield f"torch.Tensor.new_{name}", {"input": dtype, **rest}

    return rewrite


def _unfilled(name: str) -> Callable[[Step, Mapping[str, Any]], Rewritten]:
    """Whatever is in it, it may be zeros as well."""

    def rewrite(step: Step, given: Mapping[str, Any]) -> Rewritten:
        if name == "torch.zeros":
            yield from _made("zeros")(step, given)
        yield name, given

    return rewrite


def _clamped(side: str) -> Callable[[Step, Mapping[str, Any]], Rewritten]:
    def rewrite(step: Step, given: Mapping[str, Any]) -> Rewritten:
        yield "torch.clamp", {"input": given["self"], side: given[side]}

    return rewrite


_REWRITES: Mapping[str, Callable[[Step, Mapping[str, Any]], Rewritten]] = {
    **{name: _operator(name) for name in "add sub mul pow matmul_ neg eq ne lt le gt ge".split()},
    **{
        old: _operator(new)
        for old, new in {
            "subtract": "sub",
            "multiply": "mul",
            "true_divide": "truediv",
            "floor_divide": "floordiv",
            "remainder": "mod",
            "negative": "neg",
            "greater": "gt",
            "greater_equal": "ge",
            "less": "lt",
            "less_equal": "le",
            "not_equal": "ne",
            "bitwise_and": "and_",
            "bitwise_or": "or_",
            "bitwise_xor": "xor",
            "bitwise_not": "invert",
        }.items()
    },
    "div": _divided,
    "divide": _divided,
    "rsub": _subtracted_from,
    "size": _size,
    "ndimension": lambda step, given: iter([("torch.Tensor.dim", {"input": given["self"]})]),
    "nelement": lambda step, given: iter([("torch.numel", {"input": given["self"]})]),
    "max": _largest("maximum"),
    "min": _largest("minimum"),
    "std": _deviation("std"),
    "var": _deviation("var"),
    "std_mean": _deviation("std_mean"),
    "var_mean": _deviation("var_mean"),
    "to": _to,
    "type": _to,
    "split": _split,
    "split_with_sizes": _split,
    "unbind": _unbind,
    "meshgrid": _meshgrid,
    "broadcast_tensors": _broadcast,
    "einsum": _einsum,
    "arange": _arange,
    "randint": _randint,
    "norm": _norm,
    "view": _like("view_as"),
    "reshape": _like("reshape_as"),
    "expand": _like("expand_as"),
    "zeros": _made("zeros"),
    "ones": _made("ones"),
    "full": _made("full"),
    "empty": _unfilled("torch.zeros"),
    "empty_like": _unfilled("torch.zeros_like"),
    "new_empty": _unfilled("torch.Tensor.new_zeros"),
    "clamp_min": _clamped("min"),
    "clamp_max": _clamped("max"),
}


# --- arguments ------------------------------------------------------------------------------------------


def complete(entry: Entry, arguments: dict[str, Any]) -> None:
    """Arguments as the catalog has them: devices follow a value, lists are lists of values."""
    device = arguments.pop("device", None)
    if device is not None:
        source = attribute_of(device, "device")
        if any(port.name == "like" for port in entry.inputs):
            if source is not None:
                arguments["like"] = source
        elif source is None or source not in arguments.values():
            raise Untraceable("it says which device it is on")
        if source is None and str(device) != "cpu":
            raise Untraceable("it says which device it is on")
    for name in ("tensors", "operands"):
        if name in arguments:
            arguments[name] = parts_of(arguments[name])


def literal(value: Any, option: OptionSpec) -> OptionValue:
    """A recorded argument as the value of an option."""
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, list | tuple):
        return tuple(literal(item, option) for item in value)
    raise Untraceable(f"{option.name} is a {type(value).__name__}")
