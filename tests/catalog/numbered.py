"""Tensors of numbers that entries of the catalog ask for, the same each time."""

from __future__ import annotations

import torch

_GENERATOR = torch.Generator().manual_seed(0)


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=_GENERATOR)


def unit(*shape: int) -> torch.Tensor:
    """Values between 0 and 1, both left out."""
    return torch.rand(shape, generator=_GENERATOR) * 0.9 + 0.05


def large(*shape: int) -> torch.Tensor:
    """Values of 1 and more."""
    return torch.rand(shape, generator=_GENERATOR) + 1


def integers(below: int, *shape: int) -> torch.Tensor:
    return torch.randint(0, below, shape, generator=_GENERATOR)


def signs(*shape: int) -> torch.Tensor:
    return torch.randint(0, 2, shape, generator=_GENERATOR) * 2.0 - 1


def truth(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=_GENERATOR) > 0.5


def spectrum(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.complex64, generator=_GENERATOR)


def positive_definite(size: int) -> torch.Tensor:
    matrix = normal(size, size)
    return matrix @ matrix.T + size * torch.eye(size)
