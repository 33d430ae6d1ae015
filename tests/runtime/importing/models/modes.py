"""Models that do something else in training than in evaluation."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.runtime.importing.models.registry import model, x


class Noise(nn.Module):
    def __init__(self, size: float = 0.1) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            x = x + torch.randn_like(x) * self.size
        return x


@model(x(2, 8))
class OnlyInTraining(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin, self.noise, self.more = nn.Linear(8, 8), Noise(), Noise(0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.more(self.noise(self.lin(x)))


Outputs = namedtuple("Outputs", ["logits", "near", "far"])


@model(x(2, 8))
class AuxiliaryHeads(nn.Module):
    """As GoogLeNet: in training it gives more."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = (nn.Linear(8, 8) for _ in range(3))
        self.near = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 4))
        self.far, self.drop, self.fc = nn.Linear(8, 4), nn.Dropout(0.2), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Any:
        x = F.relu(self.first(x))
        near: Tensor | None = None
        if self.training:
            near = self.near(x)
        x = F.relu(self.second(x))
        far = self.far(x) if self.training else None
        x = self.fc(self.drop(self.third(x)))
        if self.training:
            return Outputs(x, near, far)
        return x


@model(x(2, 8))
class UsesThem(nn.Module):
    """What calls such a module takes apart what it is given in each mode."""

    def __init__(self) -> None:
        super().__init__()
        self.net, self.after = AuxiliaryHeads(), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            logits, near, _ = self.net(x)
            return self.after(logits) + 0.3 * near
        return self.after(self.net(x))


@model(x(2, 8))
class MoreInEvaluation(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        logits = self.head(self.body(x))
        if self.training:
            return {"logits": logits}
        return {"logits": logits, "probabilities": logits.softmax(-1), "best": logits.argmax(-1)}


@model(x(2, 8))
class OtherWays(nn.Module):
    """Layers that only one mode calls, the same layers in another order of wires, members of lists, parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))
        self.exact, self.norm = nn.Linear(8, 8), nn.LayerNorm(8)
        self.scale = nn.Parameter(torch.full((8,), 0.5))
        self.register_buffer("shift", torch.ones(8))
        self.never = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            x = self.stages[0](x) * self.scale
            x = self.stages[1](x)
        else:
            x = self.exact(x) - self.shift
        x = self.norm(x) if self.training else x
        return self.stages[2](x if self.training else x * 2)


@model(x(2, 8))
class ReturnsEarly(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(8, 8) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        if not self.training:
            return x
        x = F.dropout(self.b(x), 0.5, self.training)
        return x + self.c(x)


@model(x(2, 8))
class CallsForNothing(nn.Module):
    """What it gives is lost, but not what it draws."""

    def __init__(self) -> None:
        super().__init__()
        self.lin, self.probe, self.drop = nn.Linear(8, 8), nn.Sequential(nn.Linear(8, 2), nn.Dropout()), nn.Dropout(0.3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.lin(x)
        if self.training:
            self.probe(x)
        return self.drop(x)


class Deep(nn.Module):
    """Stochastic depth: a block that is left out now and then, by itself and for each row."""

    def __init__(self, keep: float, rows: bool) -> None:
        super().__init__()
        self.keep, self.rows = keep, rows
        self.lin = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        y = F.gelu(self.lin(x))
        if not self.training or self.keep == 1.0:
            return x + y
        shape = [x.shape[0]] + [1] * (x.ndim - 1) if self.rows else [1] * x.ndim
        mask = torch.empty(shape, dtype=x.dtype, device=x.device).bernoulli_(self.keep)
        mask.div_(self.keep)
        return x + y * mask


@model(x(4, 8))
class StochasticDepth(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(Deep(1.0, True), Deep(0.8, True), Deep(0.5, True), Deep(0.6, False))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x)


@model(x(4, 8))
class DropPath(nn.Module):
    """As timm writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.drop_path(self.lin(x), 0.3)

    def drop_path(self, x: Tensor, drop: float) -> Tensor:
        if drop == 0.0 or not self.training:
            return x
        keep = 1 - drop
        shape = (x.shape[0],) + (1,) * (x.ndim - 1)
        random = x.new_empty(shape).bernoulli_(keep)
        if keep > 0.0:
            random.div_(keep)
        return x * random


class Mixed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        """The same layers in another order, which no one graph has."""
        return self.b(self.a(x)) if self.training else self.a(self.b(x))


@model(x(2, 8), opaque="Mixed")
class OrderOfLayers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mixed = Mixed()

    def forward(self, x: Tensor) -> Tensor:
        return self.mixed(x)
