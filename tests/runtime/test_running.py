from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from blockstudio.errors import RunError
from blockstudio.runtime.running import RandomState, mode, run


class Several(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x: Tensor, index: Tensor) -> Any:
        y = self.linear(x)
        return y, {"picked": y[index], "count": 3}


class Failing(nn.Module):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.error = error

    def forward(self, x: Tensor) -> Tensor:
        self.norm(x)
        raise self.error


def test_forward() -> None:
    net, x = nn.Linear(3, 2), torch.rand(4, 3)
    ran = run(net, {"input": x}, ["y"])
    assert [name for name, _ in ran.outputs] == ["y"]
    assert torch.equal(ran.outputs[0][1], net(x).detach())
    assert not ran.outputs[0][1].requires_grad
    assert ran.forward_seconds > 0 and ran.backward_seconds is None
    assert ran.input_gradients == () and net.weight.grad is None


@pytest.mark.parametrize("how", ["sum", "mean"])
@pytest.mark.parametrize("repeat", [1, 3])
def test_backward(how: Any, repeat: int) -> None:
    net, x = nn.Linear(3, 2), torch.rand(4, 3)
    net.weight.grad = torch.ones(2, 3)
    ran = run(net, {"input": x}, ["y"], backward=how, repeat=repeat)
    leaf = x.clone().requires_grad_()
    weight = net.weight.grad
    net.zero_grad()
    getattr(net(leaf), how)().backward()
    assert torch.allclose(weight, net.weight.grad)
    gradient = ran.input_gradients[0]
    assert gradient.statistics is not None and leaf.grad is not None
    assert gradient.statistics.mean == pytest.approx(leaf.grad.mean().item())
    assert not x.requires_grad and x.grad is None
    assert ran.backward_seconds is not None


def test_tuples_dicts_and_other_values() -> None:
    x, index = torch.rand(4, 3), torch.tensor([0, 2])
    ran = run(Several(), {"x": x, "index": index}, ["y", "rest"], backward="sum")
    assert [name for name, _ in ran.outputs] == ["y", "rest['picked']", "rest['count']"]
    assert [gradient.name for gradient in ran.input_gradients] == ["x"]
    ran = run(Several(), {"x": x, "index": index}, ["only"])
    assert [name for name, _ in ran.outputs] == ["only[0]", "only[1]['picked']", "only[1]['count']"]


def test_an_input_that_no_output_depends_on() -> None:
    class First(nn.Module):
        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            return x * 2

    ran = run(First(), {"x": torch.rand(2), "y": torch.rand(2)}, ["z"], backward="sum")
    assert [gradient.statistics is None for gradient in ran.input_gradients] == [False, True]


def test_nothing_to_differentiate() -> None:
    class Argmax(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.argmax()

    with pytest.raises(RunError, match="no backward pass"):
        run(Argmax(), {"x": torch.rand(2)}, ["y"], backward="sum")


def test_complex_outputs() -> None:
    class Fourier(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.fft.fft(x)

    assert run(Fourier(), {"x": torch.rand(4)}, ["y"], backward="sum").input_gradients[0].statistics is not None


@pytest.mark.parametrize("repeat", [1, 4])
def test_running_statistics_are_those_of_one_pass(repeat: int) -> None:
    net, x = nn.BatchNorm1d(3), torch.rand(5, 3)
    run(net, {"input": x}, ["y"], repeat=repeat)
    once = nn.BatchNorm1d(3)
    once(x)
    assert torch.equal(net.running_mean, once.running_mean)
    assert net.num_batches_tracked == 1


def test_every_round_draws_the_same_random_numbers() -> None:
    net, x = nn.Dropout(), torch.ones(1000)
    torch.manual_seed(0)
    expected = net(x)
    torch.manual_seed(0)
    assert torch.equal(run(net, {"input": x}, ["y"], repeat=3).outputs[0][1], expected)


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyboardInterrupt(), SystemExit()])
def test_a_run_that_fails_leaves_no_trace(error: BaseException) -> None:
    net = Failing(error)
    net.norm.weight.grad = torch.ones(3)
    with pytest.raises(type(error)):
        run(net, {"x": torch.rand(2, 3)}, ["y"])
    assert net.norm.num_batches_tracked == 0 and net.norm.running_mean.tolist() == [0, 0, 0]
    assert net.norm.weight.grad is not None
    with pytest.raises(type(error)):
        run(net, {"x": torch.rand(2, 3)}, ["y"], backward="sum")
    assert net.norm.weight.grad is None


def test_mode_is_put_back_for_every_module() -> None:
    net = nn.Sequential(nn.Dropout(), nn.Dropout())
    net[1].eval()
    with pytest.raises(ZeroDivisionError), mode(net, False):
        assert not any(module.training for module in net.modules())
        raise ZeroDivisionError
    assert [module.training for module in net.modules()] == [True, True, False]
    with mode(net, None):
        assert net.training


def test_random_state() -> None:
    state = RandomState()
    first = torch.rand(3)
    state.restore()
    assert torch.equal(torch.rand(3), first)


def test_peak_memory_of_the_process() -> None:
    class Hungry(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.ones(20_000_000).sum() + x

    assert run(Hungry(), {"x": torch.rand(1)}, ["y"]).peak_bytes > 60_000_000


def test_a_lazy_layer_gets_its_shape() -> None:
    net = nn.Sequential(nn.LazyBatchNorm1d())
    run(net, {"input": torch.rand(5, 3)}, ["y"], repeat=2)
    assert net[0].running_mean.shape == (3,)
