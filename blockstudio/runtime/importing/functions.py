"""Recorded calls of torch as functions of the catalog."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import torch
from attrs import Factory, define, field, frozen
from torch import fx

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import Entry, OptionSpec
from blockstudio.catalog.values import check_value
from blockstudio.errors import OptionError
from blockstudio.graph.model import OptionValue
from blockstudio.runtime.importing import special
from blockstudio.runtime.importing.bindings import Bound, ByMode, bind
from blockstudio.runtime.importing.indices import index_text
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.proxies import KIND, OUT_OF_PLACE
from blockstudio.runtime.importing.special import Part, Size, Step


@frozen
class Call:
    """A function of the catalog with its options, and the recorded values that feed its ports."""

    entry: Entry
    options: Mapping[str, OptionValue]
    inputs: Mapping[str, fx.Node | Part | Size]
    outputs: tuple[str, ...]
    """The output ports there are."""


def translate(node: Step) -> Call:
    """A recorded call as one of the catalog; Untraceable where it has none that says the same."""
    reason = "the catalog has no such function"
    for candidate in _candidates(node):
        entry = catalog().get(candidate.type)
        if entry is None or entry.kind != "function":
            continue
        try:
            return _Translation(node, entry).of(candidate.arguments, candidate.defaults)
        except Untraceable as error:
            reason = error.reason
    raise Untraceable(reason)


@frozen
class _Candidate:
    type: str
    arguments: Mapping[str, Any]
    defaults: Mapping[str, Any] = Factory(dict)


def _candidates(node: Step) -> Iterator[_Candidate]:
    target = node.target
    if target is operator.getitem:
        yield from _item(node)
        return
    name = getattr(target, "__name__", "")
    if not isinstance(target, str) and getattr(operator, name, None) is target:
        function: Any = OUT_OF_PLACE.get(target, target)  # type: ignore[arg-type]  # no text here
        names = ("input", "other")
        yield _Candidate(f"operator.{getattr(function, '__name__', '')}", dict(zip(names, node.args, strict=False)))
        return
    if target is builtins.getattr:
        attribute = _ATTRIBUTES.get(str(node.args[1]), f"torch.Tensor.{node.args[1]}")
        yield _Candidate(attribute, {"input": node.args[0]})
        return
    if name == "sqrt" and getattr(target, "__module__", "") == "math":
        # The same but for the last bit of a double, for one number in a thousand.
        yield _Candidate("operator.pow", {"input": node.args[0], "other": 0.5})
        return
    if isinstance(target, str) and target.startswith("__"):
        yield from _dunder(node, target)
        return
    if isinstance(target, str) and target in special.CASTS:
        if len(node.args) == 1 and not node.kwargs:
            yield _Candidate(f"torch.Tensor.{target}", {"input": node.args[0]})
        return
    for bound in bind(node):
        for type, arguments in special.rewritten(node, bound):
            yield _Candidate(type, arguments, bound.defaults)
        for type in _types(node, bound):
            yield _Candidate(type, bound.arguments, bound.defaults)


def _item(node: Step) -> Iterator[_Candidate]:
    source, index = node.args
    if isinstance(source, fx.Node):
        if isinstance(index, fx.Node):
            if index.meta.get(KIND) == "tensor":
                yield _Candidate("operator.getitem", {"input": source, "index": index})
        else:
            yield _Candidate("operator.getitem", {"input": source, "index": index_text(index)})


def _dunder(node: Step, name: str) -> Iterator[_Candidate]:
    plain = name.strip("_")
    args = list(node.args)
    if plain.startswith("r") and hasattr(operator, plain[1:]) and plain not in ("rshift",):
        plain, args = plain[1:], args[::-1]
    function = getattr(operator, plain, getattr(operator, f"{plain}_", None))
    if function is not None:
        yield _Candidate(f"operator.{function.__name__}", dict(zip(("input", "other"), args, strict=False)))


def _types(node: Step, bound: Bound) -> Iterator[str]:
    target = node.target
    if not isinstance(target, str):
        known = _by_function().get(id(target))
        if known:
            yield known
    name = _ALIASES.get(bound.name, bound.name)
    for prefix in ("torch.Tensor.", "torch.", "torch.nn.functional."):
        yield prefix + name


@cache
def _by_function() -> dict[int, str]:
    found: dict[int, str] = {}
    for entry in catalog().entries:
        if entry.kind == "function" and entry.type.startswith("torch."):
            value: Any = torch
            for part in entry.type.split(".")[1:]:
                value = getattr(value, part, None)
            if value is not None:
                found.setdefault(id(value), entry.type)
    return found


_ATTRIBUTES = {"real": "torch.real", "imag": "torch.imag", "ndim": "torch.Tensor.dim"}
_ALIASES = {
    "concat": "cat",
    "concatenate": "cat",
    "clip": "clamp",
    "absolute": "abs",
    "negative": "neg",
    "arccos": "acos",
    "arcsin": "asin",
    "arctan": "atan",
    "arctan2": "atan2",
    "swapdims": "swapaxes",
    "moveaxis": "movedim",
    "row_stack": "vstack",
    "column_stack": "hstack",
    "alpha_dropout_": "alpha_dropout",
    "special_expm1": "expm1",
    "orgqr": "householder_product",
    **{name: name.partition("_")[2] for name in ("special_erf", "special_softmax", "special_log_softmax")},
    **{f"fft_{name}": f"fft.{name}" for name in ("fft", "ifft", "rfft", "irfft", "fft2", "ifft2", "fftshift")},
    **{
        f"linalg_{name}": f"linalg.{name}"
        for name in ("inv pinv det solve cholesky qr svd svdvals eigh matrix_power vector_norm matrix_norm".split())
    },
}


@define
class _Translation:
    """Puts the arguments of one call into the ports and options of an entry."""

    node: Step
    entry: Entry
    options: dict[str, OptionValue] = field(factory=dict)
    inputs: dict[str, fx.Node | Part | Size] = field(factory=dict)

    def of(self, arguments: Mapping[str, Any], defaults: Mapping[str, Any]) -> Call:
        arguments = dict(arguments)
        special.complete(self.entry, arguments)
        for name, value in arguments.items():
            is_default = name.startswith("_") or (name in defaults and _equal(defaults[name], value))
            self._place(self._name(name, arguments), value, is_default=is_default)
        for option in self.entry.options:
            wired = option.name in self.inputs or any(port.startswith(f"{option.name}.") for port in self.inputs)
            if option.required and option.name not in self.options and not wired:
                raise Untraceable(f"{option.name} is missing")
        for port in self.entry.inputs:
            if not port.optional and not port.variadic and port.name not in self.inputs | self.options:
                raise Untraceable(f"{port.name} is missing")
        return Call(self.entry, self.options, self.inputs, self._outputs())

    def _outputs(self) -> tuple[str, ...]:
        found: list[str] = []
        for port in self.entry.outputs:
            if port.when and (self.options.get(port.when) is None or self.options[port.when] is False):
                continue
            if port.variadic:
                count = self.options.get(port.count)
                count = len(count) if isinstance(count, tuple) else count
                if not isinstance(count, int) or not 0 < count <= 256:
                    raise Untraceable("it is not known how many tensors it gives")
                found += [f"{port.name}.{index}" for index in range(count)]
            else:
                found.append(port.name)
        return tuple(found)

    def _name(self, name: str, arguments: Mapping[str, Any]) -> str:
        """What the catalog calls an argument."""
        known = {port.name for port in self.entry.inputs} | {option.name for option in self.entry.options}
        if name in known:
            return name
        if name in ("self", "tensor", "input"):
            return "input" if "input" in known else self.entry.inputs[0].name
        return _RENAMED.get((self.entry.type, name), name)

    def _place(self, name: str, value: Any, *, is_default: bool) -> None:
        option = self.entry.option(name)
        port = next((port for port in self.entry.inputs if port.name == name), None)
        if isinstance(value, ByMode):
            value = self._by_mode(name, value)
        elif name == "dropout_p" and value and option is not None:
            # The catalog's drops out in training only.
            raise Untraceable("it drops out in every mode")
        if port is not None and port.variadic:
            value = special.sizes_of(value) or value
        if isinstance(value, fx.Node):
            if port is None or port.variadic:
                raise Untraceable(f"{name} is worked out when it runs")
            self.inputs[name] = value
        elif isinstance(value, list | tuple) and any(isinstance(item, fx.Node | Part | Size) for item in value):
            self._place_list(name, value, option, variadic=port is not None and port.variadic)
        elif option is not None:
            self._set(option, special.literal(value, option))
        elif not (is_default or value is None or any(_equal(value, other) for other in _HARMLESS.get(name, ()))):
            raise Untraceable(f"{name} cannot be {value!r}")

    def _place_list(self, name: str, value: Any, option: OptionSpec | None, *, variadic: bool) -> None:
        if not variadic:
            raise Untraceable(f"{name} is worked out when it runs")
        literals: list[OptionValue] = []
        for index, item in enumerate(value):
            if isinstance(item, fx.Node | Part | Size):
                self.inputs[f"{name}.{index}"] = item
                literals.append(-1)  # the wire takes its place
            elif option is not None and isinstance(item, int):
                literals.append(item)
            else:
                raise Untraceable(f"{name} holds {item!r}")
        if option is not None and any(not isinstance(item, fx.Node | Part | Size) for item in value):
            self._set(option, tuple(literals))

    def _by_mode(self, name: str, value: ByMode) -> Any:
        if name in ("training", "train") and value == ByMode(False, True):
            return None
        if name == "dropout_p" and value.eval == 0:
            return value.train
        raise Untraceable(f"{name} depends on the mode")

    def _set(self, option: OptionSpec, value: OptionValue) -> None:
        if (
            not option.required
            and value == option.default
            and isinstance(value, bool) == isinstance(option.default, bool)
        ):
            return
        try:
            check_value(option, value)
        except OptionError as error:
            raise Untraceable(error.message.rstrip(".")) from None
        self.options[option.name] = value


_RENAMED = {
    ("torch.Tensor.view", "size"): "shape",
    ("torch.reshape", "size"): "shape",
    ("torch.einsum", "args"): "operands",
    ("torch.nn.functional.dropout", "train"): "training",
}
_HARMLESS: Mapping[str, tuple[Any, ...]] = {
    **dict.fromkeys(("pin_memory", "requires_grad", "inplace", "implicit", "copy", "non_blocking"), (False,)),
    "layout": (torch.strided,),
    "memory_format": (torch.contiguous_format, torch.preserve_format),
}
"""Arguments that change nothing, or nothing that a model could show."""


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
