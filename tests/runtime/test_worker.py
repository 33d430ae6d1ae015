"""What the engine answers, and what stays of a model when its document changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from blockstudio.engine import protocol as p
from blockstudio.formats.project import load, to_json
from blockstudio.graph.document import Document
from blockstudio.runtime.worker import ANSWERS, Worker
from tests.compiler import models
from tests.compiler.documents import constant, function, graph, layer, net, parameter
from tests.runtime.workers import Asked, mlp, with_example, words

EXAMPLES = sorted(Path("resources/examples").resolve().glob("*.blocks"))


def test_every_request_has_an_answer() -> None:
    assert set(ANSWERS) == set(p.REPLIES)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_is_listed_and_runs(file: Path) -> None:
    asked = Asked()
    shapes = asked.update(load(file), folder=str(file.parent))
    assert not [problem for problem in shapes.problems if problem.severity == "error"]
    asked(p.ListParameters())
    ran = asked(p.RunModel({}))
    assert ran.outputs and ran.activations and ran.forward_seconds > 0


@pytest.mark.parametrize("name", sorted(set(models.MODELS) - {"attention"}))
def test_every_tensor_of_every_model_can_be_looked_at(name: str) -> None:
    asked = Asked(models.MODELS[name]())
    for row in asked(p.ListParameters()).rows:
        view = asked(p.ShowTensor(row.path))
        assert (view.shape, view.dtype) == (row.shape, row.dtype)
        assert row.node and row.layer_type


def test_without_a_document() -> None:
    assert "No document" in words(Asked().fails(p.ListParameters()))


# --- the document changes ---


def test_values_stay_over_edits_and_their_undo() -> None:
    asked = Asked(mlp())
    asked(p.RunModel({}, backward="sum"))
    before = {key: asked.values(key) for key in asked.listed()}
    gradient = asked.values("out.weight", "gradient")
    asked.update(mlp(hidden=9))
    assert {row.path: row.carried for row in asked(p.ListParameters()).rows} == {
        "hidden.weight": False,
        "hidden.bias": False,
        "out.weight": False,
        "out.bias": True,
    }
    asked.update(mlp())
    assert {key: asked.values(key) for key in asked.listed()} == before
    assert all(row.carried for row in asked(p.ListParameters()).rows)
    assert asked.values("out.weight", "gradient") == gradient


def test_a_change_without_code_keeps_the_model() -> None:
    asked = Asked(mlp())
    asked(p.RunModel({}, backward="sum"))
    moved = mlp()
    moved.definition("Net").graph.notes.clear()
    asked.update(moved)
    rows = asked(p.ListParameters()).rows
    assert all(row.has_gradient and not row.carried for row in rows)


def test_while_the_document_has_errors_there_is_no_model_and_then_it_is_back() -> None:
    asked = Asked(mlp())
    before = asked.values("hidden.weight")
    broken = mlp()
    del broken.definition("Net").graph.nodes["out"]
    asked.update(broken)
    failure = asked.fails(p.ListParameters())
    assert (failure.kind, failure.path) == ("CompileError", "Net")
    asked.update(mlp())
    assert asked.values("hidden.weight") == before


def test_a_constant_with_another_value_is_not_carried() -> None:
    def there(value: str) -> Document:
        nodes = [
            constant("c", value),
            parameter("scale", "torch.ones(3)"),
            function("add", "operator.add"),
            function("mul", "operator.mul"),
        ]
        return net(graph("x", "y", nodes, "x>add c>add.other add>mul scale>mul.other mul>y"))

    asked = Asked(there("torch.zeros(3)"))
    asked.values("c")
    asked.update(there("torch.ones(3)"))
    assert asked.values("c") == ((1.0,), (1.0,), (1.0,))
    assert [row.carried for row in asked(p.ListParameters()).rows] == [True, False]
    assert [row.node for row in asked(p.ListParameters()).rows] == ["Net/scale", "Net/c"]


def test_built_afresh_by_the_seed() -> None:
    asked = Asked(mlp())
    first = asked.values("hidden.weight")
    asked(p.BuildModel(5))
    second = asked.values("hidden.weight")
    asked(p.BuildModel(5))
    assert asked.values("hidden.weight") == second != first
    asked(p.BuildModel())
    assert asked.values("hidden.weight") == first
    torch.manual_seed(5)
    assert second == tuple(map(tuple, nn.Linear(4, 8).weight.tolist()))


def test_an_older_revision_that_comes_late_is_not_taken() -> None:
    asked = Asked(mlp(hidden=8))
    asked.update(mlp(hidden=9))
    asked(p.UpdateDocument(to_json(mlp(hidden=7)), 1))
    assert asked.row("hidden.bias").shape == (9,)


def test_lazy_layers_take_their_shape_from_the_example() -> None:
    nodes = [layer("lazy", "LazyLinear", out_features=3)]
    there = with_example(net(graph("x", "y", nodes, "x>lazy lazy>y")), (2, 5))
    asked = Asked(there)
    assert asked.row("lazy.weight").shape == (3, 5)
    before = asked.values("lazy.weight")
    there.definition("Net").doc = "Other source."
    asked.update(there)
    assert asked.values("lazy.weight") == before


# --- devices ---


def test_devices_that_are_missing() -> None:
    asked = Asked(mlp())
    assert [row.name for row in asked(p.ListDevices()).devices if row.current] == ["cpu"]
    assert asked.fails(p.MoveModel("cuda:5")).kind == "DeviceError"
    assert asked(p.MoveModel("cpu")).devices[0].current
    shapes = asked.update(models.devices())
    assert [problem.code for problem in shapes.problems if problem.severity == "warning"] == ["device-missing"] * 2
    assert {row.device for row in asked(p.ListParameters()).rows} == {"cpu"}


def test_an_unexpected_error_is_told_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ANSWERS, p.ListDevices, lambda worker, request: 1 / 0)
    failure = Worker().handle(p.ListDevices())
    assert failure.kind == "Exception" and "ZeroDivisionError" in failure.detail
