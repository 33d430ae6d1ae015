"""The modules and tensors below a module by their paths, and which of them are the same object."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from attrs import define, field, frozen
from torch import nn

from blockstudio.errors import mark
from blockstudio.runtime.importing.notes import ImportRefused

DEEPEST = 100
"""Modules within modules: each level costs many frames of Python while it is traced."""
MOST = 1_000_000


@frozen
class Tie:
    """Two names of one module or tensor, as paths below the module that holds both."""

    target: str
    source: str
    is_tensor: bool = False


@define
class Tree:
    """Every module and tensor below a root. `ties` are by the path of the module that holds both names."""

    root: nn.Module
    modules: dict[str, nn.Module] = field(factory=dict)
    """By path; of a module with several, only the first."""
    ties: dict[str, list[Tie]] = field(factory=dict)
    _paths: dict[int, str] = field(factory=dict)
    _tensors: dict[int, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        pending: list[tuple[str, nn.Module, tuple[int, ...]]] = [("", self.root, ())]
        while pending:
            path, module, above = pending.pop()
            if id(module) in above:
                raise ImportRefused(mark("The module contains itself."), path=path)
            if len(above) >= DEEPEST:
                raise ImportRefused(mark("Modules are nested more than {limit} deep."), path=path, limit=DEEPEST)
            if len(self.modules) + len(self._tensors) > MOST:
                raise ImportRefused(mark("There are more than {limit} modules and tensors."), limit=MOST)
            first = self._paths.setdefault(id(module), path)
            if first != path:
                self._tie(path, first, is_tensor=False)
                continue
            self.modules[path] = module
            for name, tensor in own_tensors(module):
                self._add_tensor(joined(path, name), tensor)
            children = [(joined(path, name), child) for name, child in module._modules.items() if child is not None]
            pending += [(name, child, (*above, id(module))) for name, child in reversed(children)]

    def _add_tensor(self, path: str, tensor: torch.Tensor) -> None:
        first = self._tensors.setdefault(id(tensor), path)
        if first != path:
            self._tie(path, first, is_tensor=True)

    def _tie(self, target: str, source: str, *, is_tensor: bool) -> None:
        mine, other = target.split("."), source.split(".")
        common = 0
        while common < min(len(mine), len(other)) - 1 and mine[common] == other[common]:
            common += 1
        while common and _is_container(self.modules[".".join(mine[:common])]):
            common -= 1
        holder = ".".join(mine[:common])
        self.ties.setdefault(holder, []).append(Tie(".".join(mine[common:]), ".".join(other[common:]), is_tensor))

    def path_of(self, module: nn.Module) -> str:
        """The first path of a module."""
        return self._paths.get(id(module), "")


def _is_container(module: nn.Module) -> bool:
    """Whether a module only holds others, so that it need not become a block of its own."""
    return type(module).forward in (nn.Module.forward, nn.Sequential.forward)


def own_tensors(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """The parameters and buffers of a module itself."""
    for name, parameter in module._parameters.items():
        if parameter is not None:
            yield name, parameter
    for name, buffer in module._buffers.items():
        if buffer is not None:
            yield name, buffer


def joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
