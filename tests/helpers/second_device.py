"""A second device for tests on a machine that has none: "toy", whose memory is the CPU's, with limits of its own.

torch's PrivateUse1 backend, registered from Python. A tensor of it is a CPU tensor whose DLPack capsule was
given another device; every operation takes the label off, computes on the CPU, and puts it back on.
It is registered for the whole process, so use it in a process of its own: `pytest -p tests.helpers.second_device`.
"""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

CPU, TOY = 1, 12
"""Device types of DLPack; 12 is "extension"."""


class Memory(_DummyBackendModule):  # type: ignore[misc]
    """The backend's module, as `torch.cuda` is of CUDA."""

    room = 1 << 40
    """Bytes that one tensor may take."""
    total = 1 << 30

    def device_count(self) -> int:
        return 2

    def get_device_name(self, number: int) -> str:
        return f"Toy {number}"

    def mem_get_info(self, number: int) -> tuple[int, int]:
        return self.total // 2, self.total

    def get_rng_state(self, device: object = None) -> Tensor:
        return torch.get_rng_state()

    def set_rng_state(self, state: Tensor, device: object = None) -> None:
        pass


memory = Memory()


def _relabel(tensor: Tensor, device: int) -> Tensor:
    """The same memory as a tensor of another device."""
    capsule = torch._C._to_dlpack(tensor)
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    # A DLTensor starts with the pointer to its data, then the type of its device.
    ctypes.c_int32.from_address(pointer(capsule, b"dltensor") + 8).value = device
    return torch._C._from_dlpack(capsule)


def _is_toy(value: Any) -> bool:
    return isinstance(value, Tensor) and value.device.type == "toy"


def _plain(value: Any) -> Any:
    if _is_toy(value):
        return _relabel(value, CPU)
    return torch.device("cpu") if isinstance(value, torch.device) and value.type == "toy" else value


def _compute(operation: Any, *arguments: Any, **keywords: Any) -> Any:
    toys = [value for value in pytree.tree_leaves((arguments, keywords)) if _is_toy(value)]
    plain, plain_keywords = pytree.tree_map(_plain, (arguments, keywords))
    out = keywords.get("out")
    if _is_toy(out):
        out.data = _relabel(operation(*plain, **{**plain_keywords, "out": torch.empty(0, dtype=out.dtype)}), TOY)
        return out
    result = operation(*plain, **plain_keywords)

    def labelled(value: Any) -> Any:
        if not isinstance(value, Tensor) or value.device.type != "cpu":
            return value
        if operation._schema.is_mutable:
            for toy in toys:
                if toy.data_ptr() == value.data_ptr() and toy.shape == value.shape:
                    return toy
        return _relabel(value, TOY)

    return pytree.tree_map(labelled, result)


def _empty(size: Any, *, dtype: Any = None, **_: Any) -> Tensor:
    return _checked(torch.empty(size, dtype=dtype))


def _empty_strided(size: Any, stride: Any, *, dtype: Any = None, **_: Any) -> Tensor:
    return _checked(torch.empty_strided(size, stride, dtype=dtype))


def _checked(tensor: Tensor) -> Tensor:
    if tensor.numel() * tensor.element_size() > memory.room:
        raise torch.OutOfMemoryError("Toy out of memory.")
    return _relabel(tensor, TOY)


def _copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    _plain(target).copy_(_plain(source))
    return target


_setup_privateuseone_for_python_backend("toy", backend_module=memory)
_everything = torch.library.Library("_", "IMPL")
_everything.fallback(_compute, "PrivateUse1")
_aten = torch.library.Library("aten", "IMPL")
for _name, _function in (
    ("empty_strided", _empty_strided),
    ("empty.memory_format", _empty),
    ("_copy_from", _copy_from),
):
    _aten.impl(_name, _function, "PrivateUse1")
