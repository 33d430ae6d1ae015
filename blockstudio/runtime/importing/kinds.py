"""What recorded steps give: tensors, numbers worked out of shapes, shapes, tuples, or nothing known."""

from __future__ import annotations

import operator
import types

from torch import fx

from blockstudio.runtime.importing.proxies import COUNT, KIND, Kind

_INTS = {"dim", "ndimension", "numel", "nelement", "element_size"}
_TUPLES = {
    "chunk",
    "split",
    "unbind",
    "topk",
    "sort",
    "tensor_split",
    "unsafe_chunk",
    "meshgrid",
    "var_mean",
    "std_mean",
}
_OTHERS = {"item", "tolist", "numpy", "type", "get_device", "stride", "storage", "data_ptr", "is_contiguous", "__len__"}
_TENSOR_ATTRIBUTES = {"T", "mT", "H", "mH", "data", "real", "imag", "grad"}
_MAY_BE_TUPLE = {"max", "min", "median", "mode", "kthvalue", "cummax", "cummin", "unique", "aminmax", "lstm", "gru"}
_ARITHMETIC = {
    *(operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod, operator.neg, operator.truediv),
    operator.pow,
}


def kind_of(node: fx.Node) -> Kind:
    """What a recorded step gives."""
    first = node.args[0] if node.args else None
    inner: Kind = first.meta.get(KIND, "other") if isinstance(first, fx.Node) else "other"
    if node.op == "call_method":
        name = str(node.target)
        if name == "size":
            return "int" if len(node.args) > 1 or "dim" in node.kwargs else "size"
        return "int" if name in _INTS else _by_name(name, node) if inner == "tensor" else "other"
    if node.op != "call_function":
        return "tensor" if node.op == "get_attr" else "other"
    if node.target is getattr:
        name = str(node.args[1])
        if inner == "tensor":
            return "size" if name == "shape" else "tensor" if name in _TENSOR_ATTRIBUTES else "other"
        return "tensor" if name in ("values", "indices") and inner == "tuple" else "other"
    if node.target is operator.getitem:
        if inner == "size" and isinstance(node.args[1], slice):
            node.meta[COUNT] = _count(node.args[1])
            return "size"
        if inner == "size":
            return "int"
        return "tensor" if inner in ("tensor", "tuple") else "other"
    kinds = [arg.meta.get(KIND) for arg in node.args if isinstance(arg, fx.Node)]
    if node.target in _ARITHMETIC and "tensor" not in kinds:
        return "int" if all(kind == "int" for kind in kinds) else "other"
    home = getattr(node.target, "__module__", "") or ""
    if home.split(".")[0] in ("torch", "_operator", "operator") or isinstance(node.target, types.BuiltinFunctionType):
        if home == "math":
            return "int"
        return _by_name(getattr(node.target, "__name__", ""), node)
    return "other"


def _count(part: slice) -> int | None:
    """How many sizes a slice of a shape has, whatever the number of dimensions; None where that decides."""
    start, stop = part.start, part.stop
    if part.step is None and start in (None, 0) and type(stop) is int and stop >= 0:
        return stop
    if part.step is None and stop is None and type(start) is int and start < 0:
        return -start
    return None


def _by_name(name: str, node: fx.Node) -> Kind:
    if name in _TUPLES:
        count = node.args[1] if name == "chunk" and len(node.args) > 1 else node.kwargs.get("chunks")
        if name == "split" and len(node.args) > 1 and isinstance(node.args[1], list | tuple):
            count = len(node.args[1])
        if isinstance(count, int):
            node.meta[COUNT] = count
        return "tuple"
    if name in _OTHERS or name.startswith("is_"):
        return "other"
    if name in _MAY_BE_TUPLE and (len(node.args) > 1 or node.kwargs):
        return "tuple" if isinstance(node.args[1] if len(node.args) > 1 else 0, int) else "tensor"
    return "tensor"
