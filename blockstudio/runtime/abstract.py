"""What is known of a value without having it: a meta tensor in its place, or the reason why nothing is known."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import torch
from attrs import field, frozen
from torch import Tensor

from blockstudio.engine.protocol import TensorShape
from blockstudio.errors import mark
from blockstudio.runtime.parameters import dtype_name

TIMES = "×"


@frozen(eq=False)
class Known:
    """A value of which everything but the numbers in its tensors is known: they are on the meta device.

    Nothing may change it: `fresh` gives copies to work with. Two with the same `key` behave alike.
    """

    value: Any
    key: Hashable = field(init=False)
    shape: TensorShape = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "key", _key(self.value))
        object.__setattr__(self, "shape", described(self.value))

    def fresh(self) -> Any:
        """The value with tensors that may be changed: an operation in place could give this one another shape."""
        return _fresh(self.value)


@frozen
class Unknown:
    """A value of which nothing is known. `text` says why, where it is not for a problem elsewhere."""

    text: str = ""

    @property
    def key(self) -> Hashable:
        return ("unknown", self.text)


UNKNOWN = Unknown()
DATA = Unknown(mark("depends on data"))
LOOP = Unknown(mark("changes in the loop"))
UNTRUSTED = Unknown(mark("Python not allowed yet"))
UNSUPPORTED = Unknown(mark("known in a run only"))

Abstract = Known | Unknown


def known_tensor(shape: tuple[int, ...], dtype: str) -> Known:
    """A tensor of this shape and dtype; RuntimeError for what cannot be a shape."""
    return Known(torch.empty(shape, dtype=getattr(torch, dtype), device="meta"))


def on_meta(value: Any) -> Any:
    """The value with its tensors moved to the meta device."""
    if isinstance(value, Tensor):
        return value.detach().to("meta")
    return _mapped(on_meta, value)


def described(value: Any) -> TensorShape:
    """Shape and dtype of a tensor; a few words for anything else."""
    if isinstance(value, Tensor):
        return TensorShape(tuple(value.shape), dtype_name(value.dtype))
    return TensorShape(None, text=in_words(value), python_type=type(value).__name__)


def in_words(value: Any) -> str:
    """A value as a person says it: `2×20` for a tensor, `3 × (2×10)` for a list of equal ones."""
    match value:
        case Tensor():
            return size_text(value.shape)
        case bool() | int() | float() | str() | None:
            return repr(value)[:40]
        case torch.Size():
            return str(tuple(value))
        case torch.dtype() | torch.device():
            return str(value).removeprefix("torch.")
        case tuple() | list() if value and len(value) <= 8:
            parts = [in_words(part) for part in value]
            if len(set(parts)) == 1 and isinstance(value[0], Tensor):
                return f"{len(parts)} × ({parts[0]})"
            return f"({', '.join(parts)})"
    return type(value).__name__


def size_text(sizes: Any) -> str:
    """`2×20`; "()" for a single number."""
    return TIMES.join(map(str, sizes)) if len(sizes) else "()"


def _fresh(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach()
    return _mapped(_fresh, value)


def _mapped(change: Any, value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(change, value))
    if type(value) in (tuple, list):
        return type(value)(map(change, value))
    if type(value) is dict:
        return {key: change(part) for key, part in value.items()}
    return value


def _key(value: Any) -> Hashable:
    match value:
        case Tensor():
            if value.layout is not torch.strided:
                return (str(value.layout), tuple(value.shape), value.dtype)
            return (tuple(value.shape), value.stride(), value.dtype)
        case tuple() | list():
            return (type(value), *map(_key, value))
        case Mapping():
            return (type(value), *((key, _key(part)) for key, part in value.items()))
        case float() | int() | bool():
            return (type(value), value)
    try:
        hash(value)
    except TypeError:
        return (type(value), id(value))
    return value
