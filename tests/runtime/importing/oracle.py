"""Whether a document builds a model that is the same as another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from blockstudio.formats.project import dumps, loads
from blockstudio.graph.document import Document
from blockstudio.runtime.build import build


def assert_same(model: nn.Module, document: Document, inputs: Sequence[Any], *, gradients: bool = True) -> nn.Module:
    """Saved and opened again, the document builds a model with the same keys that, with the same weights, gives
    the same outputs and gradients in eval and in train; gives that model."""
    built = build(loads(dumps(document)))
    wanted, found = model.state_dict(), built.state_dict()
    assert set(found) == set(wanted)
    assert {key: (v.shape, v.dtype) for key, v in found.items()} == {k: (v.shape, v.dtype) for k, v in wanted.items()}
    built.load_state_dict(wanted)
    assert shared(built) == shared(model)
    assert frozen(built) == frozen(model)
    for mode in (False, True):
        model.train(mode)
        built.train(mode)
        (ours, our_gradients), (theirs, their_gradients) = run(built, inputs, gradients), run(model, inputs, gradients)
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert one.shape == other.shape
            assert one.dtype == other.dtype
            assert torch.equal(torch.nan_to_num(one), torch.nan_to_num(other)), (one - other).abs().max()
        assert our_gradients.keys() == their_gradients.keys()
        for key, gradient in our_gradients.items():  # what adds up in another order is not the same to the bit
            torch.testing.assert_close(gradient, their_gradients[key], equal_nan=True)
    return built


def run(model: nn.Module, inputs: Sequence[Any], gradients: bool = True) -> tuple[list[Tensor], dict[str, Tensor]]:
    """The outputs of a model, and the gradients of its parameters by their keys."""
    model.zero_grad(set_to_none=True)
    torch.manual_seed(7)
    with torch.set_grad_enabled(gradients):
        result = model(*(value.clone() for value in inputs))
    outputs = [leaf for leaf in pytree.tree_leaves(result) if isinstance(leaf, Tensor)]
    total = sum((out.float() * torch.linspace(1, 2, out.numel()).view(out.shape)).sum() for out in outputs)
    if isinstance(total, Tensor) and total.requires_grad:
        total.backward()
    named = model.named_parameters(remove_duplicate=False)
    return outputs, {name: parameter.grad for name, parameter in named if parameter.grad is not None}


def frozen(model: nn.Module) -> set[str]:
    """The parameters that do not train, those that cannot left out."""
    named = model.named_parameters(remove_duplicate=False)
    return {name for name, parameter in named if not parameter.requires_grad and parameter.is_floating_point()}


def shared(model: nn.Module) -> set[frozenset[str]]:
    """The parameters that have several names."""
    names: dict[int, set[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), set()).add(name)
    return {frozenset(found) for found in names.values() if len(found) > 1}
