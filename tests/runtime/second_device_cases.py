"""Run by test_devices.py in a process that has a second device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from blockstudio.engine import protocol as p
from blockstudio.errors import DeviceError
from blockstudio.graph.model import Initializer
from blockstudio.runtime import devices, tensor_files
from blockstudio.runtime.changes import Transaction, distinct
from blockstudio.runtime.statistics import measure
from tests.compiler.documents import function, graph, layer, linear
from tests.compiler.documents import net as document
from tests.helpers.second_device import memory
from tests.runtime.workers import Asked, with_example, words


@pytest.fixture(autouse=True)
def whole_memory() -> Iterator[None]:
    yield
    memory.room = 1 << 40


def net() -> nn.Sequential:
    first = nn.Linear(4, 4)
    return nn.Sequential(first, nn.BatchNorm1d(4), nn.ReLU(), first)


def test_listed_with_its_memory() -> None:
    rows = {row.name: row for row in devices.devices("toy:1")}
    assert list(rows) == ["cpu", "toy:0", "toy:1"]
    assert (rows["toy:0"].label, rows["toy:0"].total_bytes, rows["toy:0"].free_bytes) == ("Toy 0", 1 << 30, 1 << 29)
    assert [row.current for row in rows.values()] == [False, False, True]
    assert devices.names() == {"cpu", "toy", "toy:0", "toy:1"}


def test_parameters_buffers_and_gradients_move_and_stay_shared() -> None:
    model = net()
    x = torch.rand(3, 4)
    model(x).sum().backward()
    gradient, mean = model[0].weight.grad.clone(), model[1].running_mean.clone()
    expected = model.eval()(x)
    devices.move(model, "toy:0")
    assert {tensor.device.type for tensor in distinct(model).values()} == {"toy"}
    moved = model[0].weight
    assert moved is model[3].weight and isinstance(moved, nn.Parameter) and moved.requires_grad
    assert moved.grad.device.type == "toy" and torch.equal(moved.grad.cpu(), gradient)
    assert torch.equal(model[1].running_mean.cpu(), mean)
    found = model(x.to("toy"))
    assert found.device.type == "toy" and torch.allclose(found.cpu(), expected)
    devices.move(model, "cpu")
    back = model[0].weight
    assert back is model[3].weight and back.grad.device.type == "cpu" and torch.equal(back.grad, gradient)
    assert torch.equal(model(x), expected)


def test_out_of_memory_leaves_everything_where_it_was() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(1000, 1000))
    model[0](torch.rand(1, 2)).sum().backward()
    before = {key: (tensor, tensor.data_ptr()) for key, tensor in distinct(model).items()}
    memory.room = 1000
    with pytest.raises(DeviceError, match=r"toy:0 has too little memory for the model, which needs 4 MB\. Nothing"):
        devices.move(model, "toy:0")
    assert {key: (tensor, tensor.data_ptr()) for key, tensor in distinct(model).items()} == before
    assert model[0].weight.grad.device.type == "cpu"


def test_blocks_with_a_place_of_their_own() -> None:
    model = net()
    devices.move(model, "cpu", lambda key: "toy:0" if key.startswith("1.") else "")
    assert model[1].weight.device.type == "toy" == model[1].running_mean.device.type
    assert model[0].weight.device.type == "cpu"
    devices.move(model, "toy")
    assert model[0].weight.device.type == "toy"


def test_a_lazy_layer_moves() -> None:
    model = nn.LazyLinear(3)
    devices.move(model, "toy")
    model(torch.rand(2, 4).to("toy"))
    assert model.weight.device.type == "toy"


def test_files_hold_cpu_tensors(tmp_path_factory: pytest.TempPathFactory) -> None:
    model, file = net(), str(tmp_path_factory.mktemp("files") / "net.params")
    devices.move(model, "toy")
    for suffix in ("", ".safetensors"):
        tensor_files.save_parameters(model, file + suffix)
        tensors = tensor_files.read(file + suffix).tensors
        assert {tensor.device.type for tensor in tensors.values()} == {"cpu"}
        assert torch.equal(tensors["3.weight"], model[0].weight.cpu())
    state = torch.load(file, weights_only=True)
    assert state["0.weight"].data_ptr() == state["3.weight"].data_ptr()
    tensor_files.save_tensors([model[0].weight], file, "tensor")
    assert torch.load(file, weights_only=True).device.type == "cpu"


def test_measured_and_changed_in_place() -> None:
    model = net()
    expected = measure(model[0].weight)
    devices.move(model, "toy")
    assert measure(model[0].weight)[1] == expected[1]
    with pytest.raises(ZeroDivisionError), Transaction(distinct(model)), torch.no_grad():
        model[0].weight.fill_(0)
        1 / 0  # noqa: B018
    assert measure(model[0].weight)[1] == expected[1]


def asked(*, device: str = "", width: int = 4) -> Asked:
    nodes = [
        linear("a", 4, width, device=device),
        layer("norm", "BatchNorm1d", device=device, num_features=width),
        function("relu"),
        linear("b", width, 2),
    ]
    there = document(graph("x", "y", nodes, "x>a a>norm norm>relu relu>b b>y"))
    return Asked(with_example(there, (3, 4)))


def test_the_model_runs_where_it_was_moved_and_gives_the_same() -> None:
    worker = asked()
    expected = worker(p.RunModel({}, backward="sum", training=False, repeat=2))
    moved = worker(p.MoveModel("toy:0"))
    assert [row.name for row in moved.devices if row.current] == ["toy:0"]
    assert {row.device for row in worker(p.ListParameters()).rows} == {"toy:0"}
    assert worker(p.ListParameters()).device == "toy:0"
    found = worker(p.RunModel({}, backward="sum", training=False, repeat=2))
    assert found.device == "toy:0" == found.outputs[0].value.device == found.activations[0].value.device
    assert found.outputs[0].preview == expected.outputs[0].preview
    assert found.input_gradients[0].preview == expected.input_gradients[0].preview
    assert worker(p.ShowTensor("a.weight", "gradient")).device == "toy:0"
    worker(p.MoveModel("cpu"))
    assert worker(p.RunModel({}, training=False)).outputs[0].preview == expected.outputs[0].preview


def test_new_models_go_where_the_old_one_was() -> None:
    worker = asked()
    worker(p.MoveModel("toy:0"))
    before = worker.values("b.bias")
    worker.update(with_example(document(graph("x", "y", [linear("a", 4, 2)], "x>a a>y")), (3, 4)))
    assert {row.device for row in worker(p.ListParameters()).rows} == {"toy:0"}
    assert worker.values("a.bias") != before
    worker(p.BuildModel())
    assert worker.row("a.weight").device == "toy:0"


def test_changed_undone_saved_and_loaded_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = str(tmp_path_factory.mktemp("worker") / "net.params")
    worker = asked()
    worker(p.MoveModel("toy:0"))
    before = worker.values("a.weight")
    worker(p.SaveParameters(file))
    rule = Initializer(target="a", parameter="weight", index="0, 0", expression="x + 42")
    token = worker(p.ApplyInitializers((rule,), "Net")).token
    assert worker.values("a.weight")[0][0] == pytest.approx(before[0][0] + 42)
    worker(p.RestoreSnapshot(token))
    assert worker.values("a.weight") == before
    worker(p.ApplyInitializers((Initializer(function="torch.nn.init.normal_"),), "Net"))
    worker(p.LoadParameters(file))
    assert worker.values("a.weight") == before and worker.row("a.weight").device == "toy:0"


def test_a_block_runs_where_it_is_placed() -> None:
    plain, placed = asked(), asked(device="toy:0")
    assert {row.path: row.device for row in placed(p.ListParameters()).rows if row.shape} == {
        "a.weight": "toy:0",
        "a.bias": "toy:0",
        "norm.weight": "toy:0",
        "norm.bias": "toy:0",
        "norm.running_mean": "toy:0",
        "norm.running_var": "toy:0",
        "b.weight": "cpu",
        "b.bias": "cpu",
    }
    expected = plain(p.RunModel({}, backward="sum"))
    found = placed(p.RunModel({}, backward="sum"))
    assert found.outputs[0].preview == expected.outputs[0].preview
    assert found.outputs[0].value.device == "cpu"
    assert found.input_gradients[0].preview == expected.input_gradients[0].preview
    assert {row.path: row.value.device for row in found.activations if row.port == "output"} == {
        "Net/a": "toy:0",
        "Net/norm": "toy:0",
        "Net/relu": "cpu",
        "Net/b": "cpu",
    }
    placed(p.MoveModel("toy:0"))
    placed(p.MoveModel("cpu"))
    assert placed.row("a.weight").device == "toy:0" and placed.row("b.weight").device == "cpu"


def test_too_large_for_the_device() -> None:
    worker = asked(width=1000)
    before = worker.values("a.weight")
    memory.room = 5000
    assert "too little memory" in words(worker.fails(p.MoveModel("toy:0")))
    assert worker(p.ListParameters()).device == "cpu" == worker.row("a.weight").device
    assert worker.values("a.weight") == before
    worker(p.RunModel({}))


def test_a_model_that_outgrows_the_device_comes_back_to_the_cpu() -> None:
    worker = asked()
    worker(p.MoveModel("toy:0"))
    memory.room = 5000
    worker.update(with_example(document(graph("x", "y", [linear("a", 4, 5000)], "x>a a>y")), (3, 4)))
    assert worker.fails(p.ListParameters()).kind == "DeviceError"
    assert {row.device for row in worker(p.ListParameters()).rows} == {"cpu"}
