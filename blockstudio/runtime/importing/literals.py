"""Values as the Python that makes them."""

from __future__ import annotations

import dataclasses
import enum
import functools
import math
import types
from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from blockstudio.runtime.importing.sources import NotStandalone, Source
from blockstudio.runtime.importing.tensors import tensor_value


def written(value: Any, source: Source) -> str:
    """The Python that makes a value; NotStandalone for one that cannot be written."""
    match value:
        case enum.Enum():
            return f"{source.name(type(value))}.{value.name}"
        case None | bool() | int() | str() | bytes():
            return repr(value)
        case float():
            return repr(value) if math.isfinite(value) else f'float("{value}")'
        case torch.Size():
            return f"torch.Size({list(value)!r})"
        case torch.dtype() | torch.layout() | torch.memory_format():
            return str(value)
        case torch.device():
            return f'torch.device("{value}")'
        case functools.partial():
            source.name(functools.partial, "partial")
            parts = [written(value.func, source), *(written(arg, source) for arg in value.args)]
            parts += [f"{name}={written(arg, source)}" for name, arg in value.keywords.items()]
            return f"partial({', '.join(parts)})"
        case torch.Tensor():
            return _tensor(value)
        case nn.Module():
            raise NotStandalone(f"it keeps a {type(value).__name__} that is none of its submodules")
    if type(value) in (tuple, list, set):
        inner = ", ".join(written(item, source) for item in value)
        if isinstance(value, tuple):
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        return f"[{inner}]" if isinstance(value, list) else f"{{{inner}}}" if value else "set()"
    if type(value) in (dict, OrderedDict):
        inner = ", ".join(f"{written(key, source)}: {written(item, source)}" for key, item in value.items())
        if type(value) is dict:
            return f"{{{inner}}}"
        source.name(OrderedDict)
        return f"OrderedDict({{{inner}}})"
    if isinstance(value, type):
        return _known(value) or source.name(value)
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType):
        if getattr(value, "__name__", "") == "<lambda>":
            raise NotStandalone("it keeps a lambda")
        return _known(value) or source.name(value)
    if dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value) if field.init]
        inner = ", ".join(f"{name}={written(getattr(value, name), source)}" for name in fields)
        return f"{source.name(type(value))}({inner})"
    raise NotStandalone(f"it keeps a {type(value).__name__}")


def _known(value: Any) -> str:
    """The name of something of torch, as people write it; "" for others."""
    name = getattr(value, "__name__", "")
    for module, prefix in ((nn, "nn"), (nn.functional, "F"), (torch, "torch")):
        if getattr(module, name, None) is value:
            return f"{prefix}.{name}"
    return ""


def _tensor(tensor: torch.Tensor) -> str:
    value = tensor_value(tensor, exact=True)
    if not value.exact:
        raise NotStandalone("it keeps a tensor of many numbers")
    return value.source
