"""One run of a live model: forward, backward if asked, timed; it leaves no trace when it fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any, Literal

import torch
from attrs import frozen
from torch import Tensor, nn

from blockstudio.engine.protocol import OutputResult
from blockstudio.errors import RunError, mark
from blockstudio.runtime import values
from blockstudio.runtime.devices import synchronize
from blockstudio.runtime.memory import PeakMemory
from blockstudio.runtime.parameters import is_lazy

Backward = Literal["", "sum", "mean"]


@frozen
class Ran:
    """What a run gave. `outputs` are what the model returned, detached."""

    outputs: tuple[tuple[str, Any], ...]
    input_gradients: tuple[OutputResult, ...]
    forward_seconds: float
    backward_seconds: float | None
    peak_bytes: int


def run(
    model: nn.Module,
    inputs: Mapping[str, Tensor],
    output_names: Sequence[str],
    *,
    device: str = "cpu",
    backward: Backward = "",
    repeat: int = 1,
) -> Ran:
    """Run a model `repeat` times on the same inputs and random numbers; the median times count.

    After several rounds in training mode, running statistics are as after one. With `backward`, the
    gradients are those of one pass, and those there were before are dropped. If anything is raised,
    KeyboardInterrupt too, buffers are as they were, and so are gradients without `backward`; with it
    there are none.
    """
    inputs = {name: as_input(tensor, bool(backward)) for name, tensor in inputs.items()}
    random = RandomState(device)
    peak = PeakMemory(torch.device(device))
    forward_times: list[float] = []
    backward_times: list[float] = []
    with undone_on_failure(model, gradients=bool(backward)) as restore:
        outputs: list[tuple[str, Any]] = []
        for _ in range(max(1, repeat)):
            if forward_times:
                outputs = []  # frees the round before
                restore()
                random.restore()
            start = _now(device)
            returned = model(**inputs)
            forward_times.append(_now(device) - start)
            outputs = values.named_outputs(returned, output_names)
            del returned
            if backward:
                _drop_gradients(model, inputs)
                scalar = total(outputs, backward)
                start = _now(device)
                scalar.backward()
                backward_times.append(_now(device) - start)
        peak_bytes = peak.bytes()
    return Ran(
        outputs=tuple((name, value.detach() if isinstance(value, Tensor) else value) for name, value in outputs),
        input_gradients=tuple(_gradient(name, tensor) for name, tensor in inputs.items() if tensor.requires_grad),
        forward_seconds=median(forward_times),
        backward_seconds=median(backward_times) if backward_times else None,
        peak_bytes=peak_bytes,
    )


class RandomState:
    """The state of torch's generators, of the CPU and of a device, to start from again."""

    def __init__(self, device: str = "cpu") -> None:
        self._device = torch.device(device)
        self._cpu = torch.get_rng_state()
        self._other = None
        if self._device.type != "cpu":
            self._other = torch.get_device_module(self._device.type).get_rng_state(self._device)

    def restore(self) -> None:
        torch.set_rng_state(self._cpu)
        if self._other is not None:
            torch.get_device_module(self._device.type).set_rng_state(self._other, self._device)


@contextmanager
def mode(model: nn.Module, training: bool | None) -> Iterator[None]:
    """Within it the whole model trains or evaluates; None leaves it as it is."""
    before = {module: module.training for module in model.modules()}
    try:
        if training is not None:
            model.train(training)
        yield
    finally:
        for module, was in before.items():
            module.training = was


@contextmanager
def undone_on_failure(model: nn.Module, *, gradients: bool = False) -> Iterator[Callable[[], None]]:
    """Within it an exception puts the buffers back, and drops gradients if asked; yields what puts them back."""
    buffers = [(module, name, tensor) for module in model.modules() for name, tensor in module._buffers.items()]
    copies = [None if tensor is None or is_lazy(tensor) else tensor.detach().clone() for _, _, tensor in buffers]

    def restore() -> None:
        with torch.no_grad():
            for (module, name, tensor), copy in zip(buffers, copies, strict=True):
                module._buffers[name] = tensor
                if tensor is not None and copy is not None and not torch.equal(tensor, copy):
                    tensor.copy_(copy)  # which counts as a change

    try:
        yield restore
    except BaseException:
        restore()
        if gradients:
            model.zero_grad(set_to_none=True)
        raise


def as_input(tensor: Tensor, differentiate: bool) -> Tensor:
    """A tensor to give to a model; with `differentiate`, one that gets a gradient where it can."""
    tensor = tensor.detach()
    if differentiate and (tensor.is_floating_point() or tensor.is_complex()):
        tensor.requires_grad_()
    return tensor


def _now(device: str) -> float:
    synchronize(device)
    return time.perf_counter()


def _drop_gradients(model: nn.Module, inputs: Mapping[str, Tensor]) -> None:
    model.zero_grad(set_to_none=True)
    for tensor in inputs.values():
        tensor.grad = None


def total(outputs: Sequence[tuple[str, Any]], how: str) -> Tensor:
    """What a backward pass starts from; RunError where nothing does."""
    found = values.differentiable([value for _, value in outputs])
    if not found:
        raise RunError(mark("No output depends on anything that takes a gradient, so there is no backward pass."))
    return values.scalar(found, how)


def _gradient(name: str, tensor: Tensor) -> OutputResult:
    if tensor.grad is None:  # no output depends on it
        return OutputResult(name, values.shape_of(tensor), None, "")
    return values.result(name, tensor.grad)
