"""Single functions that the catalog does not have, as small blocks of Python."""

from __future__ import annotations

import builtins
import math
import operator
import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from attrs import define, field
from torch import fx

from blockstudio.runtime.importing.bindings import ByMode, is_sequence
from blockstudio.runtime.importing.effects import is_in_place
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.special import Part, Step, attribute_of

_SYMBOLS: Mapping[Any, str] = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.pow: "**",
    operator.matmul: "@",
    operator.gt: ">",
    operator.ge: ">=",
    operator.lt: "<",
    operator.le: "<=",
    operator.eq: "==",
    operator.ne: "!=",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
    operator.lshift: "<<",
    operator.rshift: ">>",
    operator.iadd: "+=",
    operator.isub: "-=",
    operator.imul: "*=",
    operator.itruediv: "/=",
    operator.ifloordiv: "//=",
    operator.imod: "%=",
    operator.ipow: "**=",
    operator.iand: "&=",
    operator.ior: "|=",
    operator.ixor: "^=",
}
_NAMES = "x y z u v w".split()


@define
class Inline:
    """One step as a class of its own. `inputs` are the values it takes, in the order of its forward."""

    step: Step
    copies: bool = False
    """Whether it must leave its first argument as it is."""
    inputs: list[fx.Node | Part] = field(factory=list)
    modules: set[str] = field(factory=set)
    expression: str = field(init=False, default="")
    _names: dict[Any, str] = field(factory=dict)

    def source(self, class_name: str) -> str:
        """The source of the class."""
        step = self.step
        lines = self._statements()
        arguments = ", ".join(["self", *self._names.values()])
        if not self._names:
            raise Untraceable("it is given no value")
        imports = "".join(f"import {module}\n" for module in sorted(self.modules))
        if self.copies and is_in_place(step.target):
            first = next(iter(self._names.values()))
            lines = [f"{first} = {first}.clone()", *lines]
        body = "\n".join(f"        {line}" for line in lines)
        head = f"{imports}\n\n" if imports else ""
        return (
            f"{head}class {class_name}(nn.Module):\n"
            f'    """{self.expression}"""\n\n'
            f"    def forward({arguments}):\n{body}\n"
        )

    def _statements(self) -> list[str]:
        target, args = self.step.target, self.step.args
        if target is operator.setitem:
            self.expression = f"{self._text(args[0])}[{self._index(args[1])}] = {self._text(args[2])}"
            return [self.expression, f"return {self._text(args[0])}"]
        if _SYMBOLS.get(target, "").endswith("=") and is_in_place(target):
            self.expression = f"{self._text(args[0])} {_SYMBOLS[target]} {self._text(args[1])}"
            return [self.expression, f"return {self._text(args[0])}"]
        self.expression = self._call(target, args, self.step.kwargs)
        return [f"return {self.expression}"]

    def _call(self, target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
        if target is operator.getitem:
            return f"{self._atom(args[0])}[{self._index(args[1])}]"
        if target in _SYMBOLS:
            return f"{self._atom(args[0])} {_SYMBOLS[target]} {self._atom(args[1])}"
        if target is operator.neg:
            return f"-{self._atom(args[0])}"
        if target is operator.invert:
            return f"~{self._atom(args[0])}"
        if target is builtins.getattr:
            return f"{self._atom(args[0])}.{args[1]}"
        written = [self._text(arg) for arg in args]
        written += [f"{name}={self._text(value)}" for name, value in kwargs.items() if not name.startswith("_")]
        if isinstance(target, str):
            if not isinstance(args[0], fx.Node):
                raise Untraceable("it calls a method of something else than a value")
            return f"{self._atom(args[0])}.{target}({', '.join(written[1:])})"
        return f"{self._function(target)}({', '.join(written)})"

    def _function(self, target: Any) -> str:
        if isinstance(target, torch._ops.OpOverload):
            return f"torch.ops.{target}"
        name = torch.overrides.resolve_name(target) or ""
        home = getattr(target, "__module__", "") or ""
        if home == "math" and hasattr(math, target.__name__):
            self.modules.add("math")
            return f"math.{target.__name__}"
        own = getattr(target, "__name__", "")
        # While modules are traced, torch.zeros and the like are others than those that were recorded.
        if not name and own and target in (getattr(torch, own, None), getattr(torch._C._VariableFunctions, own, None)):
            name = f"torch.{own}"
        if not re.fullmatch(r"torch(\.\w+)+", name) or "<" in name:
            raise Untraceable(f"it calls {getattr(target, '__qualname__', target)}, which cannot be written down")
        return name.replace("torch.nn.functional.", "F.")

    def _atom(self, value: Any) -> str:
        text = self._text(value)
        if isinstance(value, list | tuple):
            return text
        return text if re.fullmatch(r"[\w.]+", text) and not text[0].isdigit() else f"({text})"

    def _text(self, value: Any) -> str:
        match value:
            case fx.Node() | Part():
                for name in ("device", "dtype"):
                    source = attribute_of(value, name)
                    if source is not None:
                        return f"{self._text(source)}.{name}"
                if isinstance(value, fx.Node) and is_sequence(value):
                    return self._call(value.target, value.args, {})
                return self._named(value)
            case ByMode():
                if value == ByMode(False, True):
                    return "self.training"
                return f"({self._text(value.train)} if self.training else {self._text(value.eval)})"
            case torch.device():
                return f'torch.device("{value}")'
            case torch.dtype() | torch.layout() | torch.memory_format():
                return str(value)
            case tuple():
                inner = ", ".join(map(self._text, value))
                return f"({inner},)" if len(value) == 1 else f"({inner})"
            case list():
                return f"[{', '.join(map(self._text, value))}]"
            case slice():
                return f"slice({self._text(value.start)}, {self._text(value.stop)}, {self._text(value.step)})"
            case bool() | int() | str() | None:
                return repr(value)
            case float():
                return repr(value) if math.isfinite(value) else f'float("{value}")'
        if value is Ellipsis:
            return "..."
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{key!r}: {self._text(item)}" for key, item in value.items()) + "}"
        raise Untraceable(f"an argument is a {type(value).__name__}")

    def _index(self, index: Any) -> str:
        if isinstance(index, tuple) and index:
            return ", ".join(map(self._index_part, index)) + ("," if len(index) == 1 else "")
        return self._index_part(index)

    def _index_part(self, part: Any) -> str:
        if isinstance(part, slice):
            start, stop = ("" if bound is None else self._text(bound) for bound in (part.start, part.stop))
            return f"{start}:{stop}" + (f":{self._text(part.step)}" if part.step is not None else "")
        return self._text(part)

    def _named(self, value: fx.Node | Part) -> str:
        key = (value.node, value.index) if isinstance(value, Part) else value
        if key not in self._names:
            self._names[key] = next(_fresh(set(self._names.values())))
            self.inputs.append(value)
        return self._names[key]

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(self._names.values())


def _fresh(taken: set[str]) -> Iterator[str]:
    yield from (name for name in _NAMES if name not in taken)
    yield from (f"x{index}" for index in range(1000) if f"x{index}" not in taken)


def class_name(step: Step) -> str:
    """A name for the class of a step: "Bernoulli", "SetItem"."""
    target = step.target
    if target is operator.getitem:
        return "Slice"
    if target is operator.setitem:
        return "SetItem"
    if target is builtins.getattr:
        name = str(step.args[1])
    else:
        name = target if isinstance(target, str) else getattr(target, "__name__", "function")
    words = [word for word in re.split(r"[^0-9A-Za-z]+", name) if word]
    return "".join(word[:1].upper() + word[1:] for word in words) or "Function"
