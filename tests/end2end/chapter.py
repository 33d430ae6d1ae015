"""The chapter's models as a person writes them: what each example project must agree with."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Layers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(20, 256)
        self.relu = nn.ReLU()
        self.out = nn.Linear(256, 10)

    def forward(self, X: Tensor) -> Tensor:
        return self.out(self.relu(self.hidden(X)))


class MLP(nn.Module):
    def __init__(self, inputs: int = 20, hidden: int = 256, outputs: int = 10) -> None:
        super().__init__()
        self.hidden = nn.Linear(inputs, hidden)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, X: Tensor) -> Tensor:
        return self.out(F.relu(self.hidden(X)))


class OneBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mlp = MLP()

    def forward(self, X: Tensor) -> Tensor:
        return self.mlp(X)


class Stage(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = MLP(16, 32, 16)
        self.cell_2 = MLP(16, 32, 16)

    def forward(self, X: Tensor) -> Tensor:
        return self.cell_2(self.cell(X))


class Nested(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Linear(20, 16)
        self.stage = Stage()
        self.stage_2 = Stage()
        self.head = nn.Linear(16, 10)

    def forward(self, X: Tensor) -> Tensor:
        return self.head(self.stage_2(self.stage(self.stem(X))))


class Sequential(nn.Module):
    def __init__(self, inputs: int = 20, hidden: int = 256, outputs: int = 10) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))

    def forward(self, X: Tensor) -> Tensor:
        return self.net(X)


class FixedHiddenMLP(nn.Module):
    rand_weight: Tensor

    def __init__(self, loop: bool = True) -> None:
        super().__init__()
        self.loop = loop
        self.linear = nn.Linear(20, 20)
        self.register_buffer("rand_weight", torch.rand(20, 20))

    def forward(self, X: Tensor) -> Tensor:
        X = self.linear(X)
        X = F.relu(torch.mm(X, self.rand_weight) + 1)
        X = self.linear(X)
        if not self.loop:
            return X
        while X.abs().sum() > 1:
            X = X / 2
        return X.sum()


class Constant(FixedHiddenMLP):
    def __init__(self) -> None:
        super().__init__(loop=False)


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(20, 20)

    def forward(self, X: Tensor) -> Tensor:
        return self.linear(F.relu(self.linear(X)))


class Choice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.positive = nn.Linear(20, 20)
        self.step = nn.Linear(20, 20)

    def forward(self, X: Tensor) -> Tensor:
        X = self.positive(X) if X.sum() > 0 else -X
        for _ in range(3):
            X = torch.tanh(self.step(X))
        return X


class NestMLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.linear = nn.Linear(32, 16)

    def forward(self, X: Tensor) -> Tensor:
        return self.linear(self.net(X))


class Chimera(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(NestMLP(), nn.Linear(16, 20), FixedHiddenMLP())

    def forward(self, X: Tensor) -> Tensor:
        return self.net(X)


class Small(Sequential):
    def __init__(self) -> None:
        super().__init__(4, 8, 1)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Linear(32, 64)
        self.down = nn.Linear(64, 32)

    def forward(self, X: Tensor) -> Tensor:
        return self.down(F.relu(self.up(X))) + X


class Deep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Linear(20, 32)
        self.block = nn.ModuleList(Residual() for _ in range(100))
        self.head = nn.Linear(32, 10)

    def forward(self, X: Tensor) -> Tensor:
        X = self.stem(X)
        for block in self.block:
            X = block(X)
        return self.head(X)


class Normal(Small):
    def __init__(self) -> None:
        super().__init__()

        def init(module: nn.Module) -> None:
            if type(module) is nn.Linear:
                nn.init.normal_(module.weight, mean=0, std=0.01)

        def init_bias(module: nn.Module) -> None:
            if type(module) is nn.Linear:
                nn.init.zeros_(module.bias)

        self.apply(init)
        self.apply(init_bias)


class Xavier42(Small):
    def __init__(self) -> None:
        super().__init__()
        nn.init.xavier_uniform_(self.net[0].weight)  # type: ignore[arg-type]
        nn.init.constant_(self.net[2].weight, 42)  # type: ignore[arg-type]


class Custom(Small):
    def __init__(self) -> None:
        super().__init__()
        weight = self.net[0].weight.data
        nn.init.uniform_(weight, -10, 10)  # type: ignore[arg-type]
        weight *= weight.abs() >= 5
        weight[:] += 1
        weight[0, 0] = 42


class CenteredLayer(nn.Module):
    def forward(self, X: Tensor) -> Tensor:
        return X - X.mean()


class Centered(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 128), CenteredLayer())

    def forward(self, X: Tensor) -> Tensor:
        return self.net(X)


class MyLinear(nn.Module):
    def __init__(self, in_units: int, units: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_units, units))
        self.bias = nn.Parameter(torch.randn(units))

    def forward(self, X: Tensor) -> Tensor:
        return F.relu(torch.matmul(X, self.weight) + self.bias)


class TwoMyLinear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(MyLinear(64, 8), MyLinear(8, 1))

    def forward(self, X: Tensor) -> Tensor:
        return self.net(X)


class Double(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


class TwoDevices(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(20, 256)
        self.second = nn.Linear(256, 10)

    def forward(self, X: Tensor) -> Tensor:
        return self.second(F.relu(self.first(X)))


MODELS: dict[str, tuple[type[nn.Module], tuple[int, ...]]] = {
    "01-layers": (Layers, (2, 20)),
    "02-what-a-block-gives": (OneBlock, (2, 20)),
    "03-mlp": (MLP, (2, 20)),
    "04-nested-blocks": (Nested, (2, 20)),
    "05-sequential": (Sequential, (2, 20)),
    "06-constant": (Constant, (2, 20)),
    "07-shared-layer": (Shared, (2, 20)),
    "08-if-and-repeat": (Choice, (2, 20)),
    "08-while": (FixedHiddenMLP, (2, 20)),
    "09-nested-mix": (Chimera, (2, 20)),
    "10-access-parameters": (Small, (2, 4)),
    "11-all-parameters": (Deep, (2, 20)),
    "12-initialise": (Normal, (2, 4)),
    "13-initialise-blocks": (Xavier42, (2, 4)),
    "14-custom-initialisation": (Custom, (2, 4)),
    "15-custom-layer": (Centered, (4, 8)),
    "16-custom-layer-with-parameters": (TwoMyLinear, (2, 64)),
    "17-tensor-files": (Double, (4,)),
    "18-save-parameters": (MLP, (2, 20)),
    "19-load-parameters": (MLP, (2, 20)),
    "20-generated-code": (MLP, (2, 20)),
    "21-devices": (TwoDevices, (2, 20)),
}
"""By example: the module written by hand, and the shape of its input."""
