"""The parameters and buffers of a live model: rows along its nesting, each tensor counted once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator

import torch
from attrs import frozen
from torch import Tensor, nn
from torch.nn.parameter import is_lazy as _is_lazy

from blockstudio.engine.protocol import ParameterRow, ParameterTable
from blockstudio.errors import RunError, mark

ROOT = "net"
"""What a person calls the model in the Python paths."""

DEEPEST = 300


@frozen
class Slot:
    """A place in a model that holds a parameter or buffer. Several slots may hold one tensor."""

    path: str
    python_path: str
    module_path: str
    module: nn.Module
    name: str
    tensor: Tensor

    @property
    def is_parameter(self) -> bool:
        return self.name in self.module._parameters

    @property
    def persistent(self) -> bool:
        return self.name not in self.module._non_persistent_buffers_set

    @property
    def identity(self) -> Hashable:
        """Equal for slots whose tensors are the same values in the same memory."""
        tensor = self.tensor
        if is_lazy(tensor) or not tensor.numel() or tensor.layout != torch.strided or tensor.is_meta:
            return id(tensor)
        return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, tensor.device


def slots(model: nn.Module) -> Iterator[Slot]:
    """Every parameter and buffer by every path it has, in the order of the state dict."""
    pending = [("", ROOT, model)]
    while pending:
        module_path, python_path, module = pending.pop()
        if module_path.count(".") > DEEPEST:
            raise RunError(mark("The module “{name}” contains itself."), name=type(module).__name__)
        prefix = f"{module_path}." if module_path else ""
        for tensors in (module._parameters, module._buffers):
            for name, tensor in tensors.items():
                if tensor is not None:
                    reached = _reach(module, python_path, name)
                    yield Slot(prefix + name, reached, module_path, module, name, tensor)
        pending += [
            (prefix + name, _reach(module, python_path, name), child)
            for name, child in reversed(module._modules.items())
            if child is not None
        ]


def find(model: nn.Module, path: str) -> Tensor:
    """The parameter or buffer at a state-dict key; RunError when there is none."""
    module_path, _, name = path.rpartition(".")
    try:
        module = model.get_submodule(module_path)
    except AttributeError:
        module = None
    found = module and (module._parameters.get(name), module._buffers.get(name))
    for tensor in found or ():
        if tensor is not None:
            return tensor
    raise RunError(mark("The model has no parameter or buffer “{key}”."), key=path)


def table(
    model: nn.Module,
    *,
    device: str = "cpu",
    changed: bool = False,
    carried: Collection[str] = (),
    owner: Callable[[str], str] = lambda key: "",
) -> ParameterTable:
    """Rows and totals. `owner` gives the path of the node that owns the tensor of a key."""
    first: dict[Hashable, str] = {}
    rows: list[ParameterRow] = []
    for slot in slots(model):
        shared_with = first.setdefault(slot.identity, slot.path)
        rows.append(_row(slot, "" if shared_with == slot.path else shared_with, slot.path in carried, owner))
    once = [row for row in rows if not row.shared_with]
    return ParameterTable(
        rows=tuple(rows),
        parameters=sum(row.count for row in once if row.kind == "parameter"),
        trainable=sum(row.count for row in once if row.trainable),
        buffers=sum(row.count for row in once if row.kind == "buffer"),
        bytes=sum(row.bytes for row in once),
        device=device,
        training=model.training,
        changed=changed,
    )


def is_lazy(tensor: Tensor) -> bool:
    """Whether a parameter waits for the first forward pass to get a shape."""
    return bool(_is_lazy(tensor))


def dtype_name(dtype: torch.dtype) -> str:
    """ "float32" of torch.float32."""
    return str(dtype).removeprefix("torch.")


def shape_name(tensor: Tensor) -> str:
    """The sizes as tables and messages have them: (2, 20), and (8) of one dimension."""
    return f"({', '.join(map(str, tensor.shape))})"


def layer_type(module: nn.Module) -> str:
    """ "torch.nn.Linear" of a module of torch, the bare class name of any other."""
    kind = type(module)
    return f"torch.nn.{kind.__name__}" if kind.__module__.startswith("torch.nn.") else kind.__name__


def _row(slot: Slot, shared_with: str, carried: bool, owner: Callable[[str], str]) -> ParameterRow:
    tensor = slot.tensor
    lazy = is_lazy(tensor)
    count = 0 if lazy else tensor.numel()
    return ParameterRow(
        path=slot.path,
        kind="parameter" if slot.is_parameter else "buffer",
        shape=() if lazy else tuple(tensor.shape),
        dtype=dtype_name(tensor.dtype),
        device=str(tensor.device),
        trainable=slot.is_parameter and tensor.requires_grad,
        count=count,
        bytes=count * tensor.element_size() if count else 0,
        python_path=slot.python_path,
        node=owner(slot.path),
        layer_type=layer_type(slot.module),
        shared_with=shared_with,
        has_gradient=slot.is_parameter and tensor.grad is not None,
        persistent=slot.persistent,
        carried=carried,
    )


def _reach(module: nn.Module, python_path: str, name: str) -> str:
    """How a person writes the member of a module."""
    if name.isdigit() and isinstance(module, nn.Sequential | nn.ModuleList | nn.ParameterList):
        return f"{python_path}[{name}]"
    if isinstance(module, nn.ModuleDict | nn.ParameterDict):
        return f"{python_path}[{name!r}]"
    if name.isidentifier():
        return f"{python_path}.{name}"
    member = "get_parameter" if name in module._parameters else "get_buffer"
    return f"{python_path}.{'get_submodule' if name in module._modules else member}({name!r})"
