"""Tensors of their own, and functions of tensors."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.runtime.importing.models.containers import ResidualMLP
from tests.runtime.importing.models.registry import model, x

# --- tensors of its own -------------------------------------------------------------------------------


@model(x(2, 8))
class Buffers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.randn(8))
        self.register_buffer("steps", torch.arange(8), persistent=False)
        self.register_buffer("unused", torch.ones(3))
        self.register_buffer("nothing", None)
        self.fixed = torch.rand(8, 8, generator=torch.Generator().manual_seed(3))

    def forward(self, x: Tensor) -> Tensor:
        return torch.mm(x * self.table + self.steps, self.fixed)


class Scaled(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight + self.bias


@model(x(2, 8))
class OwnParameters(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 8))
        self.frozen = nn.Parameter(torch.randn(4), requires_grad=False)
        self.one, self.two, self.three = Scaled(4), Scaled(4), Scaled(8)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.one(F.linear(self.three(x), self.weight, self.frozen)))


@model(x(2, 8))
class ParameterLists(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(8, 8)) for _ in range(3)])
        self.named = nn.ParameterDict({"a": nn.Parameter(torch.randn(8)), "b": nn.Parameter(torch.randn(8))})

    def forward(self, x: Tensor) -> Tensor:
        for weight in self.weights:
            x = torch.tanh(x @ weight)
        return x * self.named["a"] + self.named["b"]


@model(x(2, 8))
class NeverCalled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Linear(8, 8)
        self.auxiliary = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
        self.block = ResidualMLP(8)
        self.lists = nn.ModuleList([nn.Bilinear(2, 3, 4)])
        self.nothing = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.used(x)


# --- functions ----------------------------------------------------------------------------------------


@model(x(2, 3, 8, 8))
class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3 * 16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 2, stride=2, padding=0)[:, :, :4, :4].contiguous()
        b, c, h, w = x.shape
        x = x.view(x.size(0), -1)
        assert x.shape[1] == c * h * w, f"{c} {h} {w}"
        if x.size(0) != b:
            raise ValueError("never")
        y = self.fc(x).softmax(dim=-1)
        z = torch.stack([y, 1 - y, y**2], dim=1).permute(0, 2, 1).contiguous()
        left, right = z.chunk(2, dim=1)
        parts = torch.split(left, [1, 2], dim=2)
        values, indices = right.topk(2, dim=-1)
        w = torch.where(indices > 0, values, torch.zeros_like(values))
        return torch.cat((parts[0], parts[1], w), -1).reshape(b, -1).clamp(min=0.1).sum(1, keepdim=True).sqrt()


@model(x(2, 6, 8))
class Shapes(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.size()
        positions = torch.arange(t, device=x.device).float() / math.sqrt(d)
        mask = torch.tril(torch.ones(t, t, device=x.device, dtype=x.dtype))
        scores = (x @ x.transpose(-2, -1)) / math.sqrt(x.size(-1))
        scores = scores.masked_fill(mask[None, :t, :t] == 0, float("-inf"))
        y = F.softmax(scores, dim=-1) @ x
        y = y.reshape(b, t * d // 2, 2).mean(-1).view(b, -1, d // 2)
        return y + positions[:, None] + x.new_zeros(b, 1, 1) + y.new_full((1,), 2.0).expand(b, 1, 1)


@model(x(2, 8))
class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        y = self.lin(x)
        y += 1
        y *= x
        y.relu_()
        z = y.clone()
        z[:, 0] = 5
        z.add_(y).clamp_(max=3)
        return z + y


@model(x(2, 8))
class Dropouts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.p = 0.25

    def forward(self, x: Tensor) -> Tensor:
        x = F.dropout(x, self.p, self.training)
        x = self.drop(x)
        x = F.dropout(x, p=0.1, training=self.training)
        x = F.dropout(x, 0.1)
        return F.alpha_dropout(x, 0.2, self.training) + F.dropout(x, 0.9, training=False)


@model(x(2, 8))
class Random(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.randn_like(x) * torch.rand(2, 8) + torch.bernoulli(torch.full((2, 8), 0.5))
