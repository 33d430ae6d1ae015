"""The inputs that a model is imported with: what they show of every module, and the examples they make."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from attrs import Factory, evolve, frozen
from torch import nn
from torch.utils import _pytree as pytree

from blockstudio.errors import mark
from blockstudio.graph.document import Document
from blockstudio.graph.expressions import DTYPES
from blockstudio.graph.model import Definition, Example
from blockstudio.runtime.importing.calls import default_signature
from blockstudio.runtime.importing.notes import ImportRefused
from blockstudio.runtime.importing.quiet import undisturbed
from blockstudio.runtime.importing.target import explained
from blockstudio.runtime.importing.tracing import Fixed, Given, Signature

Observed = Mapping[int, Any]
"""By the id of a module, what it gave: its structure, with the rank of a tensor in its place and None for
everything else. `UNLIKE` if it gave different things."""
UNLIKE = object()


@frozen(eq=False)
class Inputs:
    """How the root is called."""

    signature: Signature
    tensors: tuple[torch.Tensor, ...] = ()
    observed: Observed = Factory(dict)

    @classmethod
    def of(cls, module: nn.Module, inputs: Any) -> Inputs:
        """The inputs for a module; ImportRefused where its forward does not take them."""
        if inputs is None:
            return cls(default_signature(module))
        args, kwargs = _arguments(inputs)
        _check(module, args, kwargs)
        leaves, spec = pytree.tree_flatten((args, kwargs))
        tensors = tuple(leaf for leaf in leaves if isinstance(leaf, torch.Tensor))
        given = tuple(Given("tensor", leaf.dim()) if isinstance(leaf, torch.Tensor) else Fixed(leaf) for leaf in leaves)
        return cls(Signature(spec, given), tensors, _observe(module, args, kwargs))

    def describe(self, document: Document, ports: Sequence[str], module: nn.Module) -> None:
        """Make the inputs the examples of the root, or those that the source of its module tells of."""
        root = document.definitions[document.root]
        if not isinstance(root, Definition):
            return
        if self.tensors and len(ports) != len(self.tensors):
            return
        told = _told(module) if not self.tensors else {}
        examples = dict(zip(ports, map(_example, self.tensors), strict=True)) if self.tensors else told
        root.graph.inputs[:] = [evolve(port, example=examples.get(port.name)) for port in root.graph.inputs]


def _arguments(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    return (tuple(inputs), {}) if isinstance(inputs, list | tuple) else ((inputs,), {})


def _check(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        inspect.signature(type(module).forward).bind(None, *args, **kwargs)
    except TypeError as error:
        raise ImportRefused(
            mark("The forward of {type} takes other inputs: {reason}."), type=type(module).__name__, reason=str(error)
        ) from error
    except ValueError:
        return


def _observe(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Observed:
    """Run a module once in eval, and see what every module in it gives."""
    found: dict[int, Any] = {}

    def see(inner: nn.Module, _: Any, output: Any) -> None:
        ranks = pytree.tree_map(_rank, output)
        if found.setdefault(id(inner), ranks) != ranks:
            found[id(inner)] = UNLIKE

    modes = [(inner, inner.training) for inner in module.modules()]
    hooks = []
    try:
        for inner, _ in modes:
            inner.training = False
            hooks.append(inner.register_forward_hook(see))
        with (
            explained(mark("{type} does not run on these inputs: {kind}: {reason}"), type=type(module).__name__),
            undisturbed(),
            torch.no_grad(),
        ):
            module(*args, **kwargs)
    finally:
        for hook in hooks:
            hook.remove()
        for inner, mode in modes:
            inner.training = mode
    return found


def _told(module: nn.Module) -> dict[str, Example]:
    """The examples of inputs in the docstring of a class that was generated."""
    text = inspect.cleandoc(type(module).__dict__.get("__doc__") or "")
    _, found, lines = text.partition("Example inputs:\n")
    shapes = re.findall(r"^    (\w+): \(([\d, ]*)\)(?: (\w+))?$", lines, re.MULTILINE) if found else []
    return {
        name: Example(tuple(int(size) for size in sizes.split(",") if size.strip()), dtype or "float32", generator)
        for name, sizes, dtype in shapes
        if (dtype or "float32") in DTYPES and (generator := "randn" if dtype in ("", "float32") else "zeros")
    }


def _rank(value: Any) -> Any:
    return value.dim() if isinstance(value, torch.Tensor) else None


def example_tensor(example: Example) -> torch.Tensor:
    """A tensor that an example stands for, without touching torch's random numbers."""
    dtype = getattr(torch, example.dtype)
    generator = torch.Generator().manual_seed(0)
    if example.generator == "integers":
        return torch.randint(example.low, example.high, example.shape, generator=generator).to(dtype)
    if dtype.is_floating_point:
        return torch.randn(example.shape, generator=generator).to(dtype)
    return torch.zeros(example.shape, dtype=dtype)


def _example(tensor: torch.Tensor) -> Example:
    dtype = str(tensor.dtype).removeprefix("torch.")
    shape = tuple(tensor.shape)
    if dtype not in DTYPES:
        return Example(shape)
    if tensor.is_floating_point() or tensor.is_complex():
        return Example(shape, dtype, "randn")
    if dtype == "bool" or not tensor.numel():
        return Example(shape, dtype, "zeros" if not tensor.any() else "ones")
    return Example(shape, dtype, "integers", int(tensor.min()), int(tensor.max()) + 1)
