"""Where the models are listed, and inputs for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {}
"""By name: what makes the model, and its inputs."""
OPAQUE: dict[str, str] = {}
"""The models of which something comes in as Python: the class."""


def model(*inputs: Any, opaque: str = "") -> Callable[[Any], Any]:
    def add(make: Any) -> Any:
        MODELS[make.__name__] = (make, inputs)
        if opaque:
            OPAQUE[make.__name__] = opaque
        return make

    return add


def x(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def tokens(*shape: int, high: int = 10) -> Tensor:
    return torch.randint(0, high, shape, generator=torch.Generator().manual_seed(1))
