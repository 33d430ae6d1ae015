"""Values that record what is done with them instead of doing it.

They take torch.fx's proxies and close their holes: a plain proxy answers `isinstance` wrongly, turns
`x += y` into `x + y`, and says nothing when Python asks for its truth within a `try`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import torch
import torch.fx
from torch import fx

from blockstudio.runtime.importing import conditions

if TYPE_CHECKING:
    from blockstudio.runtime.importing.tracing import ModuleTracer

Kind = Literal["tensor", "int", "size", "tuple", "other"]
"""What a value is: an `int` is a number that was worked out of shapes; `other` is not known."""

KIND = "kind"
RANK = "rank"
COUNT = "count"
SIZES = "sizes"
"""Keys of a node's `meta`: its kind, the number of its dimensions, the length of a tuple, and of a parameter
or buffer its sizes, which are the same whenever it runs."""

INPLACE = {
    "__iadd__": operator.iadd,
    "__isub__": operator.isub,
    "__imul__": operator.imul,
    "__itruediv__": operator.itruediv,
    "__ifloordiv__": operator.ifloordiv,
    "__imod__": operator.imod,
    "__ipow__": operator.ipow,
    "__iand__": operator.iand,
    "__ior__": operator.ior,
    "__ixor__": operator.ixor,
    "__imatmul__": operator.imatmul,
}
OUT_OF_PLACE = {
    operator.iadd: operator.add,
    operator.isub: operator.sub,
    operator.imul: operator.mul,
    operator.itruediv: operator.truediv,
    operator.ifloordiv: operator.floordiv,
    operator.imod: operator.mod,
    operator.ipow: operator.pow,
    operator.iand: operator.and_,
    operator.ior: operator.or_,
    operator.ixor: operator.xor,
    operator.imatmul: operator.matmul,
}


class Traced(fx.Proxy):
    """A value of a forward that is being traced."""

    tracer: ModuleTracer

    @property
    def kind(self) -> Kind:
        kind: Kind = self.node.meta.get(KIND, "other")
        return kind

    @property
    def rank(self) -> int | None:
        return self.node.meta.get(RANK)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or (self.kind == "tensor" and not hasattr(torch.Tensor, name)):
            raise AttributeError(name)
        if name == "shape" and self.kind == "tensor":
            return self._shape()
        if name == "ndim" and self.kind == "tensor":
            return self._dimensions()
        return TracedAttribute(self, name)

    def _shape(self) -> Any:
        """The sizes, as a tuple where their number is known."""
        if SIZES in self.node.meta:
            return torch.Size(self.node.meta[SIZES])
        if self.rank is None:
            return self.tracer.create_proxy("call_function", getattr, (self, "shape"), {})
        self.tracer.use_rank(self.rank)
        size = torch.Tensor.size
        return tuple(self.tracer.create_proxy("call_method", size.__name__, (self, i), {}) for i in range(self.rank))

    def _dimensions(self) -> Any:
        if SIZES in self.node.meta:
            return len(self.node.meta[SIZES])
        if self.rank is None:
            return self.tracer.create_proxy("call_method", "dim", (self,), {})
        self.tracer.use_rank(self.rank)
        return self.rank

    def __bool__(self) -> bool:
        return self.tracer.decide(self, conditions.caller())

    def __len__(self) -> int:
        sizes = self.node.meta.get(SIZES)
        if sizes:
            return int(sizes[0])
        count = self.node.meta.get(COUNT)
        if count is not None:
            return int(count)
        return self._fail("takes the length of")

    def __iter__(self) -> Iterator[Any]:
        count = self.node.meta.get(COUNT) or conditions.unpacked(conditions.caller())
        if count is None:
            self._fail("loops over")
        self.node.meta.setdefault(COUNT, count)
        return iter([operator.getitem(self, index) for index in range(count)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.tracer.create_proxy("call_function", operator.setitem, (self, index, value), {})

    def __contains__(self, item: object) -> bool:
        self._fail("searches in")

    def __int__(self) -> int:
        self._fail("takes the number in")

    def __float__(self) -> float:
        self._fail("takes the number in")

    def __complex__(self) -> complex:
        self._fail("takes the number in")

    def __index__(self) -> int:
        self._fail("counts with")

    def __reversed__(self) -> Iterator[Any]:
        return reversed(list(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> NoReturn:
        self._fail("copies")

    def _fail(self, what: str) -> NoReturn:
        self.tracer.fail(f"it {what} a value that is only known when it runs", conditions.caller())

    @classmethod
    def __torch_function__(cls, function: Any, types: tuple[type, ...], args: Any = (), kwargs: Any = None) -> Any:
        found = first_traced((args, kwargs or {}))
        assert found is not None  # torch calls this because of one
        return found.tracer.record(function, args or (), kwargs or {})


class TracedAttribute(Traced):
    """`x.name`, which is recorded when it is used, unless it is called: `x.name(...)` is a call of a method."""

    def __init__(self, root: Traced, attribute: str) -> None:
        self.root = root
        self.attribute = attribute
        self.tracer = root.tracer
        self._node: fx.Node | None = None

    @property
    def node(self) -> fx.Node:  # type: ignore[override]  # made when it is asked for, as fx.Attribute does
        if self._node is None:
            made = self.tracer.create_proxy("call_function", getattr, (self.root, self.attribute), {})
            self._node = made.node
        return self._node

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        root = self.root
        if root.kind == "tensor" and not args and not kwargs:
            if self.attribute in ("dim", "ndimension"):
                return root._dimensions()
            if self.attribute == "size":
                return root._shape()
        if SIZES in root.node.meta and self.attribute in ("size", "numel", "nelement"):
            return getattr(torch.empty(root.node.meta[SIZES], device="meta"), self.attribute)(*args, **kwargs)
        return self.tracer.create_proxy("call_method", self.attribute, (root, *args), kwargs)


def _inplace(name: str, function: Any) -> Any:
    def method(self: Traced, other: Any) -> Any:
        # A number is not changed in place.
        recorded = OUT_OF_PLACE[function] if self.kind == "int" else function
        return self.tracer.create_proxy("call_function", recorded, (self, other), {})

    method.__name__ = name
    return method


for _name, _function in INPLACE.items():
    setattr(Traced, _name, _inplace(_name, _function))


def first_traced(value: Any) -> Traced | None:
    """The first traced value in nested tuples, lists and dicts."""
    pending = [value]
    while pending:
        item = pending.pop()
        if type(item) in (Traced, TracedAttribute):
            return item
        if type(item) in (tuple, list):
            pending += reversed(item)
        elif type(item) is dict:
            pending += reversed(item.values())
        elif type(item) is slice:
            pending += [item.step, item.stop, item.start]
    return None


def is_instance(value: Traced, classes: Any) -> bool:
    """`isinstance` for a traced value, by its kind; ValueError where that is not known."""
    wanted = classes if isinstance(classes, tuple) else (classes,)
    if any(issubclass(fx.Proxy, kind) for kind in wanted if isinstance(kind, type)):
        return True
    if any(kind is Traced or kind is TracedAttribute for kind in wanted):
        return True
    kind = value.kind
    if kind == "tensor":
        return any(found is torch.Tensor for found in wanted)
    if kind == "int":
        return any(found in (int, object) for found in wanted)
    if kind == "size":
        return any(found in (torch.Size, tuple) for found in wanted)
    if kind == "tuple":
        return tuple in wanted or list in wanted
    raise ValueError(kind)
