"""Models run, stopped, saved and loaded."""

from __future__ import annotations

import _thread
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from blockstudio.engine import protocol as p
from blockstudio.graph.model import Example, Initializer
from blockstudio.runtime.running import Ran, run
from tests.compiler.documents import graph, layer, net
from tests.runtime.workers import BLOCK, Asked, code, endless, mlp, with_example, words


def test_a_run_gives_what_torch_itself_gives() -> None:
    asked = Asked(mlp())
    ran = asked(p.RunModel({"x": Example((5, 4), generator="randn")}, seed=3, backward="sum", training=False))
    torch.manual_seed(0)
    first, second = nn.Linear(4, 8), nn.Linear(8, 2)
    torch.manual_seed(3)
    x = torch.randn(5, 4, requires_grad=True)
    y = second(first(x).relu())
    y.sum().backward()
    assert ran.outputs[0].preview == str(y.detach())
    assert ran.input_gradients[0].preview == str(x.grad)
    assert (ran.outputs[0].name, ran.input_gradients[0].name) == ("y", "x")
    assert not ran.training and asked(p.ListParameters()).training
    assert ran.backward_seconds is not None


def test_wrong_inputs_name_the_node() -> None:
    asked = Asked(mlp())
    failure = asked.fails(p.RunModel({"x": Example((5, 3))}))
    assert (failure.kind, failure.path) == ("RunError", "Net/hidden")
    assert "cannot be multiplied" in words(failure)
    without = mlp()
    ports = without.definition("Net").graph.inputs
    ports[:] = graph("x", "y", [], "").inputs
    asked.update(without)
    assert "no example" in words(asked.fails(p.RunModel({})))


def test_dropout_is_the_same_in_outputs_and_activations() -> None:
    nodes = [layer("dropout", "Dropout")]
    asked = Asked(with_example(net(graph("x", "y", nodes, "x>dropout dropout>y")), (100,)))
    ran = asked(p.RunModel({}, repeat=3))
    assert ran.training and ran.outputs[0].statistics is not None
    assert ran.outputs[0].statistics == ran.activations[-1].statistics
    assert 20 < ran.outputs[0].statistics.zeros < 80


def test_running_statistics_change_once() -> None:
    nodes = [layer("norm", "BatchNorm1d", num_features=4)]
    asked = Asked(with_example(net(graph("x", "y", nodes, "x>norm norm>y")), (6, 4)))
    asked(p.RunModel({}, training=False))
    assert asked.values("norm.num_batches_tracked") == ((0,),)
    asked(p.RunModel({}, repeat=3))
    assert asked.values("norm.num_batches_tracked") == ((1,),)
    assert not asked(p.ListParameters()).changed  # the next run makes them again


def test_a_run_that_changes_parameters_leaves_them_unsaved() -> None:
    source = BLOCK.format(
        init="self.scale = nn.Parameter(torch.ones(3))",
        forward="with torch.no_grad():\n            self.scale += 1\n        return x * self.scale",
    )
    asked = Asked(code(source))
    assert not asked(p.ListParameters()).changed
    asked(p.RunModel({}))
    assert asked(p.ListParameters()).changed


def test_another_project_starts_afresh() -> None:
    asked = Asked(mlp())
    before = asked.values("out.weight")
    token = asked(p.ApplyInitializers((Initializer(function="torch.nn.init.ones_"),), "Net")).token
    asked(p.SetMode(False))
    asked.update(mlp(hidden=3))
    asked.update(mlp(), opening=1)
    table = asked(p.ListParameters())
    assert table.training and not table.changed
    assert asked.values("out.weight") == before
    assert "too far back" in words(asked.fails(p.RestoreSnapshot(token)))


def test_mode() -> None:
    asked = Asked(mlp())
    assert not asked(p.SetMode(False)).training
    assert not asked(p.RunModel({})).training
    asked.update(mlp(hidden=3))
    assert not asked(p.ListParameters()).training
    assert asked(p.SetMode(True)).training


def test_a_loop_that_never_ends_can_be_stopped() -> None:
    asked = Asked(endless())
    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    failure = asked.fails(p.RunModel({}))
    timer.join()
    assert failure.interrupted
    asked(p.ListParameters())


def test_a_stopped_run_leaves_no_trace() -> None:
    source = BLOCK.format(
        init="self.norm = nn.BatchNorm1d(3)",
        forward="y = self.norm(x)\n        if not x.is_meta:\n            raise KeyboardInterrupt\n        return y",
    )
    asked = Asked(code(source))
    assert asked.fails(p.RunModel({}, backward="sum")).interrupted
    assert asked.values("block.norm.num_batches_tracked") == ((0,),)
    assert not asked(p.ListParameters()).changed


def test_others_are_answered_while_the_model_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(mlp())
    before = asked.values("out.weight")
    asked.update(endless())
    failures: list[p.Failure] = []
    begun = threading.Event()

    def begin(*arguments: Any, **options: Any) -> Ran:
        begun.set()
        return run(*arguments, **options)

    monkeypatch.setattr("blockstudio.runtime.worker.run", begin)

    def look() -> None:
        try:
            begun.wait()
            asked(p.ListParameters())
            asked.update(mlp())
            assert asked.values("out.weight") == before
            asked(p.ListDevices())
        finally:
            _thread.interrupt_main()

    thread = threading.Thread(target=look)
    thread.start()
    failures.append(asked.fails(p.RunModel({})))
    thread.join()
    assert failures[0].interrupted
    assert asked(p.RunModel({})).outputs[0].value.shape == (3, 2)


# --- files ---


@pytest.mark.parametrize("suffix", [".params", ".safetensors"])
def test_parameters_saved_and_loaded(suffix: str, tmp_path: Path) -> None:
    file = str(tmp_path / f"net{suffix}")
    asked = Asked(mlp())
    asked(p.BuildModel(9))
    asked(p.ApplyInitializers((Initializer(target="out", function="torch.nn.init.normal_"),), "Net", seed=1))
    output = asked(p.RunModel({})).outputs[0].preview
    assert asked(p.SaveParameters(file)).tensors == 4
    assert not asked(p.ListParameters()).changed
    fresh = Asked(mlp())
    assert fresh(p.RunModel({})).outputs[0].preview != output
    assert fresh(p.CompareParameters(file)) == p.LoadReport(file, 4, ())
    loaded = fresh(p.LoadParameters(file))
    assert fresh(p.RunModel({})).outputs[0].preview == output
    assert not fresh(p.ListParameters()).changed
    fresh(p.RestoreSnapshot(loaded.token))
    assert fresh(p.RunModel({})).outputs[0].preview != output
    assert fresh(p.ListParameters()).changed


def test_parameters_of_another_architecture(tmp_path: Path) -> None:
    file = str(tmp_path / "net.params")
    Asked(mlp(hidden=5))(p.SaveParameters(file))
    asked = Asked(mlp())
    before = asked.values("hidden.weight")
    report = asked(p.CompareParameters(file))
    assert (report.matching, {key.key: key.problem for key in report.keys}) == (
        1,
        {"hidden.weight": "shape", "hidden.bias": "shape", "out.weight": "shape"},
    )
    assert asked.fails(p.LoadParameters(file)).kind == "TensorFileError"
    assert asked.values("hidden.weight") == before
    asked(p.LoadParameters(file, matching_only=True))
    assert asked(p.ListParameters()).changed


def test_tensor_files(tmp_path: Path) -> None:
    file = str(tmp_path / "some|odd name")
    asked = Asked(mlp())
    asked(p.SaveTensors(file, ("out.weight", "out.bias"), "dict", ("w", "b")))
    opened = asked(p.OpenTensors(file))
    assert (opened.container, [entry.key for entry in opened.entries]) == ("dict", ["w", "b"])
    assert asked.values(f"{file}|w", "file") == asked.values("out.weight")
    asked(p.SaveTensors(file, ("out.bias",), "tensor"))  # the file is read anew
    assert asked.values(f"{file}|", "file") == asked.values("out.bias")
    asked(p.SaveTensors(str(tmp_path / "list"), (f"{file}|",), "list", source="file"))
    assert torch.load(tmp_path / "list", weights_only=True)[0].shape == (2,)
    assert "no gradient yet" in words(asked.fails(p.SaveTensors(file, ("out.bias",), "tensor", source="gradient")))
    asked(p.RunModel({}, backward="mean"))
    asked(p.SaveTensors(file, ("out.bias",), "dict", source="gradient"))
    assert list(torch.load(file, weights_only=True)) == ["out.bias"]
    asked(p.SaveTensors(file, ("Net/relu|output",), "tensor", source="activation"))
    assert torch.load(file, weights_only=True).shape == (3, 8)


def test_a_snapshot_for_recovery_is_not_a_save(tmp_path: Path) -> None:
    file = str(tmp_path / "recovery")
    asked = Asked(mlp())
    asked(p.ApplyInitializers((Initializer(function="torch.nn.init.normal_"),), "Net"))
    asked(p.TakeSnapshot(file))
    assert asked(p.ListParameters()).changed
    again = Asked(mlp())
    again(p.LoadParameters(file, matching_only=True, saved=False))
    assert again.values("out.weight") == asked.values("out.weight")
    assert again(p.ListParameters()).changed
