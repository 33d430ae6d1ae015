"""What makes two modules equal but for their weights: their structure, written as one number."""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from blockstudio.runtime.importing.tree import Tie, joined
from blockstudio.runtime.parameters import is_lazy

HOOKS = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_pre_hooks",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
_OWN = {
    *HOOKS,
    "training",
    "_parameters",
    "_buffers",
    "_modules",
    "_non_persistent_buffers_set",
    "_is_full_backward_hook",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks_with_kwargs",
    "_compiled_call_impl",
    # torch.nn.RNN keeps its parameters a second time.
    "_flat_weights",
    "_flat_weight_refs",
    "_flat_weights_names",
    "_all_weights",
    # Of lazy modules.
    "_initialize_hook",
    "_load_hook",
}
_PLAIN = (bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.layout, torch.memory_format)
_DEEPEST = 6


def attributes(module: nn.Module) -> dict[str, Any]:
    """What a module keeps besides parameters, buffers, modules and hooks."""
    return {name: value for name, value in module.__dict__.items() if name not in _OWN}


class Fingerprints:
    """Numbers for modules: the same number for modules that differ only in the values of their tensors.

    A loose one takes objects of which nothing is known for equal when they are of one type, and does not
    ask which parameters train: enough to compare a module with one made again from the same arguments. Without
    `values`, not even the values of tensors that are no part of the state dict count.
    """

    def __init__(
        self, *, loose: bool = False, values: bool = True, ties: Mapping[str, list[Tie]] | None = None
    ) -> None:
        self.loose = loose
        self.values = values
        self.ties = ties or {}
        self._numbers: dict[Hashable, int] = {}
        self._known: dict[int, int] = {}
        self._kept: list[object] = []

    def of(self, module: nn.Module, path: str = "") -> int:
        """The number of a module; `path` is where it stands in the tree of the ties."""
        found = self._known.get(id(module))
        if found is None:
            key = self._key(module, path)
            found = self._known[id(module)] = self._numbers.setdefault(key, len(self._numbers))
            self._kept.append(module)  # an id is only good as long as its object lives
        return found

    def _key(self, module: nn.Module, path: str) -> Hashable:
        names = {id(tensor): name for name, tensor in (*module._parameters.items(), *module._buffers.items())}
        hooks = tuple((name, self._hooks(getattr(module, name, {}).values())) for name in HOOKS)
        return (
            type(module),
            tuple(sorted((n, self.freeze(v, names)) for n, v in attributes(module).items())),
            tuple((name, self._shape(parameter)) for name, parameter in module._parameters.items()),
            tuple((name, self._buffer(module, name)) for name in module._buffers),
            tuple(
                (name, -1 if child is None else self.of(child, joined(path, name)))
                for name, child in module._modules.items()
            ),
            tuple((tie.target, tie.source) for tie in self.ties.get(path, ())),
            hooks if any(found for _, found in hooks) else (),
        )

    def _hooks(self, hooks: Iterable[Any]) -> Hashable:
        return len(list(hooks)) if self.loose else tuple(map(id, hooks))

    def _buffer(self, module: nn.Module, name: str) -> Hashable:
        buffer = module._buffers[name]
        persistent = name not in module._non_persistent_buffers_set
        content = None if buffer is None or persistent or not self.values else _content(buffer)
        return (*self._shape(buffer), persistent, content)

    def freeze(self, value: Any, names: Mapping[int, str] | None = None, depth: int = 0) -> Hashable:
        """A value as something that can be compared and is equal for equal values."""
        kind = type(value)
        if value is None or value is ... or kind in _PLAIN:
            return repr(value) if kind is float else (kind.__name__, value)
        if isinstance(value, enum.Enum):
            return (kind, value.name)
        if isinstance(value, torch.Tensor):
            name = (names or {}).get(id(value))
            return ("own", name) if name else ("tensor", self._content(value))
        if depth < _DEEPEST:
            if isinstance(value, list | tuple | set | frozenset):
                items = [self.freeze(item, names, depth + 1) for item in value]
                return (kind, tuple(sorted(items, key=repr) if isinstance(value, set | frozenset) else items))
            if isinstance(value, dict):
                return (kind, tuple((repr(k), self.freeze(v, names, depth + 1)) for k, v in value.items()))
            if isinstance(value, functools.partial):
                return (kind, *(self.freeze(v, names, depth + 1) for v in (value.func, value.args, value.keywords)))
            if isinstance(value, types.FunctionType):
                cells = [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
                return (value.__code__, *(self.freeze(cell, names, depth + 1) for cell in cells))
            if not isinstance(value, type | nn.Module | types.ModuleType) and hasattr(value, "__dict__"):
                return (kind, self.freeze(vars(value), names, depth + 1), self._identity(value))
        return ("object", self._identity(value))

    def _identity(self, value: object) -> Hashable:
        if isinstance(value, type | types.BuiltinFunctionType | types.ModuleType):
            return id(value)
        if self.loose:
            return id(type(value))
        self._kept.append(value)
        return id(value)

    def _content(self, tensor: torch.Tensor) -> Hashable:
        if not self.loose:
            return self._identity(tensor)
        return (*self._shape(tensor), _content(tensor) if self.values else None)

    def _shape(self, tensor: torch.Tensor | None) -> tuple[Hashable, ...]:
        if tensor is None:
            return ("none",)
        trains = tensor.requires_grad or self.loose
        if is_lazy(tensor):
            return ("lazy", trains)
        return (tuple(tensor.shape), tensor.dtype, trains)


def _content(tensor: torch.Tensor) -> Hashable:
    if tensor.is_meta or is_lazy(tensor):
        return "meta"
    flat = tensor.detach().cpu().contiguous()
    try:
        return hash(flat.view(torch.uint8).numpy().tobytes() if flat.dim() else repr(flat.item()))
    except (RuntimeError, TypeError):
        return repr(flat)


def _is_filled(cell: types.CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True
