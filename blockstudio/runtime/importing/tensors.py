"""Tensors as the expressions that constants and parameters start from."""

from __future__ import annotations

import re

import torch
from attrs import frozen
from torch import nn

from blockstudio.formats.import_report import Note
from blockstudio.graph.expressions import LONGEST
from blockstudio.graph.model import Constant, Expression, Node, Parameter
from blockstudio.runtime.importing.names import is_key
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.parameters import is_lazy

_SMALL = 1024
"""Elements of a tensor that is written out if it must be exact."""
_FEW = 4
"""Elements of one that is written out anyway."""
_MANY = 16
"""Elements of one that tells how it was drawn."""


VALUE = "value"
"""The key of a node's `extra` for its `TensorValue`, until the node is finished."""


@frozen
class TensorValue:
    """`text` with a field for each of `sizes`, which depend on the instance: `torch.zeros({}, {})`.

    `exact` is whether it gives the very tensor rather than one of the same kind.
    """

    text: str
    sizes: tuple[int | Expression, ...] = ()
    exact: bool = True

    @property
    def source(self) -> str:
        return self.text.format(*(size.text if isinstance(size, Expression) else size for size in self.sizes))


def tensor_value(tensor: torch.Tensor, *, exact: bool) -> TensorValue:
    """The expression for a tensor: if `exact` its values as far as there is one, else values of that kind."""
    tensor = tensor.detach().cpu()
    dtype = tensor.dtype
    suffix = "" if dtype == torch.get_default_dtype() else f", dtype={dtype}"
    sizes = tuple(tensor.shape)
    fields = ", ".join("{}" for _ in sizes) if sizes else "()"
    if tensor.is_meta:
        return TensorValue(f"torch.zeros({fields}{suffix})", sizes, exact=False)
    patterned = _pattern(tensor, fields, suffix)
    if patterned is not None and (exact or tensor.numel() != 1 or not _is_random(tensor)):
        return TensorValue(patterned, sizes)
    triangle = _triangle(tensor)
    if triangle is not None:
        return triangle
    if tensor.dim() == 1 and not dtype.is_complex and torch.equal(tensor, torch.arange(sizes[0]).to(dtype)):
        written = "" if dtype == torch.int64 else f", dtype={dtype}"
        return TensorValue(f"torch.arange({{}}{written})", sizes)
    if tensor.numel() <= (_SMALL if exact else _FEW) and not dtype.is_complex and (exact or not _is_random(tensor)):
        text = f"torch.tensor({_listed(tensor)}{_literal_suffix(dtype)})"
        if len(text) <= LONGEST:
            return TensorValue(text)
    if dtype.is_floating_point and _is_uniform(tensor):
        return TensorValue(f"torch.rand({fields}{suffix})", sizes, exact=False)
    if dtype.is_floating_point:
        spread = float(tensor.float().std()) if tensor.numel() >= _MANY else 1.0
        factor = f" * {spread:.1g}" if spread == spread and not 0.6 < spread < 1.5 else ""
        return TensorValue(f"torch.randn({fields}{suffix}){factor}", sizes, exact=False)
    return TensorValue(f"torch.zeros({fields}{suffix})", sizes, exact=False)


def _is_random(tensor: torch.Tensor) -> bool:
    """Whether nobody would have written these numbers."""
    return tensor.is_floating_point() and not torch.equal(tensor, tensor.round(decimals=3))


def _is_uniform(tensor: torch.Tensor) -> bool:
    """Whether these are most likely random numbers from 0 to 1."""
    if tensor.numel() < _MANY or not bool(((tensor >= 0) & (tensor < 1)).all()):
        return False
    numbers = tensor.double()
    return abs(float(numbers.mean()) - 0.5) < 0.12 and abs(float(numbers.std()) - 0.29) < 0.07


def _triangle(tensor: torch.Tensor) -> TensorValue | None:
    """The expression for one half of a square, such as a causal mask; None for any other tensor."""
    sizes = tuple(tensor.shape)
    if len(sizes) < 2 or sizes[-1] != sizes[-2] or sizes[-1] < 2 or any(size != 1 for size in sizes[:-2]):
        return None
    square, size, dtype = tensor.reshape(sizes[-2:]), sizes[-1], tensor.dtype
    if dtype.is_complex:
        return None
    corners = square[0, -1].item(), square[-1, 0].item()
    value = corners[0] or corners[1]
    filled = torch.full_like(square, value)
    for name, function in (("tril", torch.tril), ("triu", torch.triu)):
        for diagonal, written in ((0, ""), (1, ", 1"), (-1, ", -1")):
            if torch.equal(square, function(filled, diagonal)):
                suffix = "" if dtype in (torch.get_default_dtype(), torch.bool) else f", dtype={dtype}"
                made = f"torch.ones({{}}, {{}}{suffix})"
                if value != 1:
                    number = str(value).replace("inf", "torch.inf")
                    made = f"torch.full(({{}}, {{}}), {number}{suffix})"
                text = f"torch.{name}({made}{written})" + (".bool()" if dtype == torch.bool else "")
                if len(sizes) > 2:
                    ones = "1, " * (len(sizes) - 2)
                    return TensorValue(f"{text}.view({ones}{{}}, {{}})", (size,) * 4)
                return TensorValue(text, (size, size))
    return None


def _pattern(tensor: torch.Tensor, fields: str, suffix: str) -> str | None:
    """The expression for a tensor of equal values."""
    if not tensor.numel():
        return f"torch.zeros({fields}{suffix})"
    first = tensor.reshape(-1)[0]
    if not bool((tensor == first).all()) or tensor.dtype.is_complex:
        return None
    value = first.item()
    if value == 0 and str(value) not in ("-0.0",):
        return f"torch.zeros({fields}{suffix})"
    if value == 1:
        return f"torch.ones({fields}{suffix})"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        sign = "-" if value < 0 else ""
        return f"torch.full(({fields},), {sign}torch.inf{suffix})" if "{" in fields else None
    if "{" not in fields:
        return f"torch.tensor({value!r}{_literal_suffix(tensor.dtype)})"
    if tensor.dtype.is_floating_point or tensor.dtype == torch.bool:
        return f"torch.full(({fields},), {value!r}{suffix})"
    return f"torch.full(({fields},), {value!r}, dtype={tensor.dtype})"


def _literal_suffix(dtype: torch.dtype) -> str:
    plain = {torch.get_default_dtype(), torch.int64, torch.bool}
    return "" if dtype in plain else f", dtype={dtype}"


def _listed(tensor: torch.Tensor) -> str:
    return re.sub(r"\b(inf|nan)\b", r"torch.\1", repr(tensor.tolist()))


def tensor_node(name: str, tensor: torch.Tensor, *, persistent: bool = True) -> tuple[Node, Note | None]:
    """The node that owns a tensor, its value to be written later, and what there is to say."""
    if not is_key(name) or "." in name:
        raise Untraceable(f"“{name}” cannot be the name of a node")
    if is_lazy(tensor):
        raise Untraceable(f"{name} has no shape yet")
    could_train = isinstance(tensor, nn.Parameter) and (tensor.is_floating_point() or tensor.is_complex())
    value = tensor_value(tensor, exact=not persistent)
    if not persistent and not value.exact:
        raise Untraceable(f"the values of {name} are not saved, and there are too many to be written down")
    if could_train:
        return Parameter(name=name, value=value.source, extra={VALUE: value}), None
    note = Note("constant", "", {"name": name}) if isinstance(tensor, nn.Parameter) else None
    return Constant(name=name, value=value.source, persistent=persistent, extra={VALUE: value}), note
