"""Models of which a part does not train."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.runtime.importing.models.containers import SmallResNet
from tests.runtime.importing.models.registry import model, tokens, x


@model(x(2, 3, 16, 16))
def frozen_backbone() -> nn.Module:
    """As it is done before a model is tuned: only the last layers train."""
    net = SmallResNet()
    net.requires_grad_(False)
    net.fc.requires_grad_(True)
    net.layer3[1].bn2.requires_grad_(True)
    return net


@model(x(2, 8))
class FrozenParts(nn.Module):
    """A list, a bias and a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 8), nn.Linear(8, 8)]).requires_grad_(False)
        self.pairs = nn.ModuleList([nn.ModuleList([nn.Linear(8, 8)]), nn.ModuleList([nn.Linear(8, 8)])])
        self.pairs[1].requires_grad_(False)
        self.out = nn.Linear(8, 8)
        self.out.bias.requires_grad_(False)
        self.scale = nn.Parameter(torch.linspace(0, 1, 8), requires_grad=False)
        self.shift = nn.Parameter(torch.linspace(1, 2, 8))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.tanh(layer(x))
        for (layer,) in self.pairs:
            x = torch.tanh(layer(x))
        return self.out(x) * self.scale + self.shift


@model(tokens(2, 5))
class FrozenAndTied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tok = nn.Embedding(10, 8).requires_grad_(False)
        self.body = nn.Sequential(nn.Linear(8, 8), nn.GELU())
        self.head = nn.Linear(8, 10, bias=False)
        self.head.weight = self.tok.weight

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.body(self.tok(ids)))


class DataLoop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.linear(x)
        while x.abs().sum() > 1:
            x = x / 2
        return x


@model(x(2, 8), opaque="DataLoop")
class FrozenInPython(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = DataLoop(), DataLoop()
        self.second.linear.weight.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x))
