"""What flows in a run, and the gradients by it."""

from __future__ import annotations

import pytest
import torch

from blockstudio.compiler import compile_document
from blockstudio.engine.protocol import Activation
from blockstudio.formats import project
from blockstudio.resources import path as resource
from blockstudio.runtime.build import build
from blockstudio.runtime.watching import Activations, watch


def watched(name: str, inputs: dict[str, torch.Tensor], backward: str = "") -> tuple[torch.nn.Module, Activations]:
    document = project.load(resource("examples", f"{name}.blocks"))
    model = build(document, seed=0)
    compiled = compile_document(document)
    return model, watch(compiled.program, document, model, inputs, backward)  # type: ignore[arg-type]


def test_values_and_gradients_are_those_of_the_model() -> None:
    x = torch.rand(2, 20)
    model, found = watched("03-mlp", {"X": x}, "mean")
    hidden = model.hidden(x).detach().requires_grad_()
    out = model.out(torch.relu(hidden))
    out.mean().backward()
    assert torch.equal(found.tensors["MLP/hidden|output"], hidden)
    assert hidden.grad is not None
    assert torch.allclose(found.gradients["MLP/hidden|output"], hidden.grad)
    assert torch.allclose(found.gradients["MLP/out|output"], torch.full((2, 10), 1 / 20))
    given = x.clone().requires_grad_()
    model(given).mean().backward()
    assert given.grad is not None
    assert torch.allclose(found.gradients["MLP|X"], given.grad)


def test_the_model_is_left_alone() -> None:
    model, found = watched("03-mlp", {"X": torch.rand(2, 20)}, "sum")
    assert found.gradients
    assert all(parameter.grad is None for parameter in model.parameters())


def test_without_a_backward_pass_there_are_no_gradients() -> None:
    _, found = watched("03-mlp", {"X": torch.rand(2, 20)})
    assert found.gradients == {}
    assert all(isinstance(row, Activation) and row.gradient is None for row in found.rows)


@pytest.mark.parametrize("name", ["06-constant", "07-shared-layer", "08-while"])
def test_changes_in_place_and_loops(name: str) -> None:
    document = project.load(resource("examples", f"{name}.blocks"))
    (port,) = document.definition(document.root).graph.inputs
    assert port.example
    x = 5 * torch.rand(port.example.shape)
    _, found = watched(name, {port.name: x}, "sum")
    assert f"{document.root}|{port.name}" in found.gradients
    for row in found.rows:
        gradient = found.gradients.get(f"{row.path}|{row.port}")
        if gradient is not None:
            assert gradient.shape == row.value.shape
            assert row.gradient is not None
            assert row.gradient.count == gradient.numel()
