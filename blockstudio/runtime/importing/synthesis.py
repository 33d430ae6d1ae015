"""Constructors written for modules of which it is not known how they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from blockstudio.catalog import render
from blockstudio.runtime.importing.fingerprints import attributes
from blockstudio.runtime.importing.literals import written
from blockstudio.runtime.importing.sources import NotStandalone, Source, renamed
from blockstudio.runtime.importing.tensors import tensor_value

if TYPE_CHECKING:
    from blockstudio.runtime.importing.session import Session


def constructor(session: Session, module: nn.Module, source: Source) -> str:
    """A constructor that makes every attribute, parameter, buffer and submodule of a module."""
    lines = ["nn.Module.__init__(self)"]
    for name, value in attributes(module).items():
        lines.append(f"self.{name} = {written(value, source)}")
    for name, parameter in module._parameters.items():
        made = "None" if parameter is None else _parameter(parameter)
        lines.append(f'self.register_parameter("{name}", {made})')
    for name, buffer in module._buffers.items():
        persistent = name not in module._non_persistent_buffers_set
        made = "None" if buffer is None else _buffer(buffer, persistent=persistent)
        lines.append(f'self.register_buffer("{name}", {made}{"" if persistent else ", persistent=False"})')
    for name, child in module._modules.items():
        lines.append(f'self.add_module("{name}", {"None" if child is None else made_module(session, child, source)})')
    return "    def __init__(self):\n" + "".join(f"        {line}\n" for line in lines)


def made_module(session: Session, module: nn.Module, source: Source) -> str:
    """The Python that makes a module."""
    layer = session.layer(module)
    if layer is not None:
        return render.constructor(layer.entry, layer.options)
    kind = type(module)
    inner = [(name, made_module(session, child, source)) for name, child in _children(module)]
    if kind is nn.Sequential:
        if all(name == str(index) for index, (name, _) in enumerate(inner)):
            return f"nn.Sequential({', '.join(text for _, text in inner)})"
        source.imports["from collections import OrderedDict"] = None
        return f"nn.Sequential(OrderedDict([{', '.join(f'({name!r}, {text})' for name, text in inner)}]))"
    if kind is nn.ModuleList:
        return f"nn.ModuleList([{', '.join(text for _, text in inner)}])"
    if kind is nn.ModuleDict:
        return f"nn.ModuleDict({{{', '.join(f'{name!r}: {text}' for name, text in inner)}}})"
    if kind is nn.ParameterList:
        return f"nn.ParameterList([{', '.join(map(_parameter, module.parameters(recurse=False)))}])"
    return _own_class(session, module, source)


def _own_class(session: Session, module: nn.Module, source: Source) -> str:
    kind = type(module)
    arguments, reason = session.making_arguments(module)
    if not reason:
        texts = [f"{name}={written(value, source)}" for name, value in arguments.items()]
        return f"{source.name(kind)}({', '.join(texts)})"
    base = source.name(kind)
    number = 2
    while f"{base}{number}" in source.parts:
        number += 1
    name = f"{base}{number}"
    source.parts[name] = f"class {name}({base}):\n{constructor(session, module, source)}"
    return f"{name}()"


def _children(module: nn.Module) -> list[tuple[str, nn.Module]]:
    return [(name, child) for name, child in module._modules.items() if child is not None]


def _parameter(parameter: Any) -> str:
    value = tensor_value(parameter, exact=False).source
    return f"nn.Parameter({value})" if parameter.requires_grad else f"nn.Parameter({value}, requires_grad=False)"


def _buffer(buffer: torch.Tensor, *, persistent: bool) -> str:
    value = tensor_value(buffer, exact=not persistent)
    if not persistent and not value.exact:
        raise NotStandalone("it has a buffer of many numbers that is not saved")
    return value.source


def renamed_part(text: str, old: str, new: str) -> str:
    """A part of a source with one name changed."""
    return renamed(text, {old: new})
