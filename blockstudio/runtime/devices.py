"""The devices torch can compute on here, and moving a live model between them: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import psutil
import torch
from torch import Tensor, nn

from blockstudio.engine.protocol import DeviceRow
from blockstudio.errors import DeviceError, mark
from blockstudio.runtime.parameters import Slot, is_lazy, slots


def devices(current: str = "cpu") -> tuple[DeviceRow, ...]:
    """The CPU and every accelerator, with their memory where they tell."""
    memory = psutil.virtual_memory()
    rows = [DeviceRow("cpu", "CPU", memory.total, memory.available, current == "cpu")]
    kind = accelerator()
    if kind:
        for number in range(torch.accelerator.device_count()):
            name = kind if kind == "mps" else f"{kind}:{number}"
            total, free = _memory(kind, number)
            rows.append(DeviceRow(name, _label(kind, number), total, free, current == name))
    return tuple(rows)


def accelerator() -> str:
    """The kind of the accelerators at hand, such as "cuda"; "" when there is none."""
    if not torch.accelerator.is_available():
        return ""
    device = torch.accelerator.current_accelerator()
    return device.type if device else ""


def names() -> frozenset[str]:
    """Every name a document may give a device that is here: "cuda" too where there is "cuda:0"."""
    kind = accelerator()
    numbers = range(torch.accelerator.device_count()) if kind else ()
    return frozenset({"cpu", *([kind] if kind else ()), *(f"{kind}:{number}" for number in numbers)})


def known(name: str) -> torch.device:
    """The device of that name; DeviceError when it is not here."""
    if name not in names():
        raise DeviceError(mark("There is no device “{device}” here."), device=name)
    return torch.device(name)


def move(model: nn.Module, device: str, placed: Callable[[str], str] = lambda key: "") -> None:
    """Move parameters, buffers and gradients; sharing stays. `placed` gives the device that the
    tensor of a key has of its own, "" for none.

    Everything is copied before anything is changed: DeviceError, and nothing has moved, where the device
    is missing or out of memory.
    """
    known(device)
    places = list(slots(model))
    values: dict[Hashable, Tensor] = {}
    gradients: dict[int, Tensor] = {}
    try:
        for slot in places:
            target = _indexed(known(placed(slot.path) or device))
            if slot.tensor.device == target:
                continue
            if slot.identity not in values:
                values[slot.identity] = _copy(slot.tensor, target)
            if slot.is_parameter and slot.tensor.grad is not None and id(slot.tensor) not in gradients:
                gradients[id(slot.tensor)] = slot.tensor.grad.to(target)
    except (RuntimeError, TypeError, MemoryError) as error:
        values.clear()
        gradients.clear()
        raise _refusal(device, error, places) from error
    replaced: dict[int, nn.Parameter] = {}
    for slot, identity in [(slot, slot.identity) for slot in places]:  # before they change
        if identity in values:
            _swap(slot, values[identity], gradients.get(id(slot.tensor)), replaced)
    release()


def release() -> None:
    """Give memory that nothing uses back to the accelerator."""
    kind = accelerator()
    empty = getattr(torch.get_device_module(kind), "empty_cache", None) if kind else None
    if empty is not None:
        empty()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a device or the machine has no memory left."""
    text = str(error)
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)
    )


def synchronize(device: str) -> None:
    """Wait until a device has done what it was given, so that time can be taken."""
    kind = torch.device(device).type
    if kind != "cpu" and hasattr(torch.get_device_module(kind), "synchronize"):
        torch.accelerator.synchronize(torch.device(device))


def _indexed(device: torch.device) -> torch.device:
    """As tensors name their device: "cuda" is the current one of its kind."""
    if device.type == "cpu" or ":" in str(device):
        return device
    return torch.device(device.type, torch.accelerator.current_device_index())


def _copy(tensor: Tensor, device: torch.device) -> Tensor:
    if is_lazy(tensor):
        return type(tensor)(tensor.requires_grad, device, tensor.dtype)
    return tensor.detach().to(device)


def _swap(slot: Slot, value: Tensor, gradient: Tensor | None, replaced: dict[int, nn.Parameter]) -> None:
    tensor = slot.tensor
    if not slot.is_parameter:
        slot.module._buffers[slot.name] = value
        return
    assert isinstance(tensor, nn.Parameter)
    if not is_lazy(tensor) and torch._has_compatible_shallow_copy_type(tensor, value):
        tensor.grad = None
        tensor.data = value
        tensor.grad = gradient
        return
    if id(tensor) not in replaced:
        new = value if isinstance(value, nn.Parameter) else nn.Parameter(value, tensor.requires_grad)
        new.grad = gradient
        replaced[id(tensor)] = new
    slot.module._parameters[slot.name] = replaced[id(tensor)]


def _refusal(device: str, error: BaseException, places: list[Slot]) -> DeviceError:
    release()
    if not is_out_of_memory(error):
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        return DeviceError(
            mark("The model cannot be moved to {device}: {reason}. Nothing was moved."), device=device, reason=reason
        )
    needed = {slot.identity: slot.tensor for slot in places if not is_lazy(slot.tensor)}
    megabytes = sum(tensor.numel() * tensor.element_size() for tensor in needed.values()) / 2**20
    return DeviceError(
        mark("{device} has too little memory for the model, which needs {megabytes} MB. Nothing was moved."),
        device=device,
        megabytes=f"{megabytes:,.0f}",
    )


def _label(kind: str, number: int) -> str:
    module: Any = torch.get_device_module(kind)
    name = getattr(module, "get_device_name", None)
    return str(name(number)) if name else kind.upper()


def _memory(kind: str, number: int) -> tuple[int | None, int | None]:
    """Total and free bytes of an accelerator; None where it does not tell."""
    module: Any = torch.get_device_module(kind)
    for source in (getattr(torch.accelerator, "get_memory_info", None), getattr(module, "mem_get_info", None)):
        if source is not None:
            try:
                free, total = source(number)
            except (RuntimeError, NotImplementedError, AttributeError):
                continue
            return total, free
    if kind == "mps":
        total = module.recommended_max_memory()
        return total, total - module.driver_allocated_memory()
    return None, None
