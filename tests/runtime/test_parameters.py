from __future__ import annotations

import pytest
import torch
from torch import nn

from blockstudio.errors import RunError
from blockstudio.runtime.parameters import find, table


class Odd(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.rand(2, 2), requires_grad=False)
        self.register_buffer("seen", torch.zeros(3, dtype=torch.int64))
        self.register_buffer("scratch", torch.zeros(4), persistent=False)
        self.register_buffer("none", None)
        self.many = nn.ParameterList([nn.Parameter(torch.rand(1))])
        self.named = nn.ModuleDict({"a b": nn.Linear(1, 1, bias=False)})
        self.add_module("0", nn.Linear(1, 1, bias=False))


def test_rows_follow_the_nesting() -> None:
    net = nn.Sequential(nn.Linear(20, 256), nn.ReLU(), nn.Sequential(nn.Linear(256, 10)))
    found = table(net, device="cpu", owner=lambda key: f"Net/{key}")
    assert [row.path for row in found.rows] == list(net.state_dict())
    row = found.rows[2]
    assert (row.path, row.shape, row.count, row.bytes) == ("2.0.weight", (10, 256), 2560, 10240)
    assert (row.python_path, row.node, row.layer_type) == ("net[2][0].weight", "Net/2.0.weight", "torch.nn.Linear")
    assert (row.kind, row.dtype, row.device, row.trainable, row.has_gradient) == (
        "parameter",
        "float32",
        "cpu",
        True,
        False,
    )
    assert found.parameters == found.trainable == sum(p.numel() for p in net.parameters())
    assert (found.buffers, found.bytes, found.training) == (0, 4 * found.parameters, True)


def test_python_paths_reach_the_tensors() -> None:
    net = Odd()
    rows = table(net).rows
    for row in rows:
        assert eval(row.python_path) is find(net, row.path), row.python_path
    kept = [row.path for row in rows if row.persistent]
    assert kept == list(net.state_dict())
    scratch = next(row for row in rows if row.path == "scratch")
    assert (scratch.kind, scratch.persistent, scratch.trainable) == ("buffer", False, False)


def test_totals() -> None:
    found = table(Odd())
    assert (found.parameters, found.trainable, found.buffers) == (7, 3, 7)


def test_a_shared_tensor_counts_once() -> None:
    linear = nn.Linear(4, 4)
    tied = nn.Linear(4, 4, bias=False)
    tied.weight = linear.weight
    found = table(nn.Sequential(linear, nn.ReLU(), linear, tied))
    assert found.parameters == 20
    assert {row.path: row.shared_with for row in found.rows if row.shared_with} == {
        "2.weight": "0.weight",
        "2.bias": "0.bias",
        "3.weight": "0.weight",
    }


def test_other_tensors_over_the_same_memory_count_once() -> None:
    net = nn.Linear(3, 3, bias=False)
    net.register_buffer("copy", net.weight.detach())
    net.register_buffer("turned", net.weight.detach().t())
    assert [row.shared_with for row in table(net).rows] == ["", "weight", ""]


def test_gradients_carried_values_and_lazy_layers() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.LazyLinear(3))
    net[0](torch.rand(1, 2)).sum().backward()
    found = table(net, carried={"0.bias"})
    assert [row.has_gradient for row in found.rows] == [True, True, False, False]
    assert [row.carried for row in found.rows] == [False, True, False, False]
    assert [row.count for row in found.rows] == [4, 2, 0, 0]


def test_a_tensor_that_is_not_there() -> None:
    for path in ("weight", "0.weight", "0.0.weight", "1.bias", ""):
        with pytest.raises(RunError, match="no parameter"):
            find(nn.Sequential(nn.ReLU()), path)


def test_a_module_that_contains_itself() -> None:
    net = nn.Linear(1, 1)
    net.me = net
    with pytest.raises(RunError, match="contains itself"):
        table(net)


def test_a_thousand_tensors() -> None:
    net = nn.Sequential(*(nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1)) for _ in range(155)))
    assert len(table(net).rows) == 155 * 6
