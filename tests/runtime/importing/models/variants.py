"""Blocks of one class that differ in more than numbers."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.runtime.importing.models.registry import model, x


class Inverted(nn.Module):
    """As in MobileNet: what is asked is kept as an attribute."""

    def __init__(self, inputs: int, outputs: int, expand: int) -> None:
        super().__init__()
        self.use_shortcut = inputs == outputs
        self.wide = nn.Linear(inputs, inputs * expand)
        self.norm = nn.LayerNorm(inputs * expand)
        self.narrow = nn.Linear(inputs * expand, outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = self.narrow(F.relu(self.norm(self.wide(x))))
        return x + y if self.use_shortcut else y


@model(x(2, 8))
class Shortcuts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(Inverted(8, 8, 2), Inverted(8, 12, 4), Inverted(12, 12, 4), Inverted(12, 6, 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x)


class Activated(nn.Module):
    """One of two kinds of layers, and one that is there or not."""

    def __init__(self, size: int, kind: type[nn.Module], drop: float) -> None:
        super().__init__()
        self.linear = nn.Linear(size, size)
        self.norm = nn.LayerNorm(size)
        self.act = kind()
        self.drop = nn.Dropout(drop) if drop else None
        self.out = nn.Linear(size, size)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.norm(self.linear(x)))
        if self.drop is not None:
            x = self.drop(x)
        return self.out(x)


@model(x(2, 8))
class Kinds(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Activated(8, nn.ReLU, 0.0)
        self.second = Activated(8, nn.GELU, 0.5)
        self.third = Activated(8, nn.GELU, 0.25)
        self.fourth = Activated(8, nn.ReLU, 0.1)

    def forward(self, x: Tensor) -> Tensor:
        return self.fourth(self.third(self.second(self.first(x))))


class NormedFirst(nn.Module):
    """The same layers in another order."""

    def __init__(self, first: bool) -> None:
        super().__init__()
        self.first = first
        self.norm = nn.LayerNorm(8)
        self.inner = nn.Linear(8, 8)
        self.outer = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        if self.first:
            return x + self.outer(F.relu(self.inner(self.norm(x))))
        return self.norm(x + self.outer(F.relu(self.inner(x))))


@model(x(2, 8))
class Orders(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = NormedFirst(True), NormedFirst(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x))


class Scaling(nn.Module):
    """Has a parameter and a list of layers of its own, or not; calls a layer of its branch twice."""

    def __init__(self, size: int, scales: bool) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(size, size), nn.Linear(size, size), nn.Linear(size, size)
        self.norm = nn.LayerNorm(size)
        self.scale = nn.Parameter(torch.full((size,), 0.5)) if scales else None
        self.gate = nn.Linear(size, size) if scales else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.c(torch.tanh(self.b(torch.tanh(self.a(x))))))
        if self.scale is not None and self.gate is not None:
            y = y * self.scale + self.gate(torch.sigmoid(self.gate(x)))
        return x + y


@model(x(2, 4))
class Scales(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(Scaling(4, False), Scaling(4, True), Scaling(4, False))
        self.wide = nn.Linear(4, 6)
        self.last = Scaling(6, True)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.wide(self.blocks(x)))


class Gathering(nn.Module):
    """As in DenseNet: takes everything there is so far, each time one more."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(inputs)
        self.linear = nn.Linear(inputs, 4)

    def forward(self, parts: list[Tensor]) -> Tensor:
        return self.linear(F.relu(self.norm(torch.cat(parts, 1))))


@model(x(2, 4))
class Gathered(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Gathering(4), Gathering(8), Gathering(12)])

    def forward(self, x: Tensor) -> Tensor:
        parts = [x]
        for layer in self.layers:
            parts.append(layer(parts))
        return torch.cat(parts, 1)
