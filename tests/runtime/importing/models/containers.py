"""Lists, sequences, and blocks in them."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.runtime.importing.models.registry import model, x

# --- containers ---------------------------------------------------------------------------------------


@model(x(2, 20))
def plain_sequential() -> nn.Module:
    return nn.Sequential(nn.Linear(20, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 10))


@model(x(2, 8))
def named_sequential() -> nn.Module:
    return nn.Sequential(OrderedDict(first=nn.Linear(8, 4), act=nn.GELU(), second=nn.Linear(4, 2)))


@model(x(2, 8))
def nested_sequential() -> nn.Module:
    return nn.Sequential(nn.Sequential(nn.Linear(8, 8), nn.Sequential(nn.Tanh(), nn.Linear(8, 4))), nn.ReLU())


@model(x(2, 8))
def shared_in_sequential() -> nn.Module:
    shared = nn.Linear(8, 8)
    return nn.Sequential(shared, nn.ReLU(), shared)


@model(x(2, 3))
def one_layer() -> nn.Module:
    return nn.Linear(3, 4)


@model(x(5, 2, 3))
def one_lstm() -> nn.Module:
    return nn.LSTM(3, 4)


@model(x(2, 8))
class Lists(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in range(4))
        self.heads = nn.ModuleDict({"a": nn.Linear(8, 2), "b": nn.Sequential(nn.Linear(8, 3), nn.ReLU())})

    def forward(self, x: Tensor) -> Tensor:
        for index, layer in enumerate(self.layers):
            x = F.relu(layer(x)) if index < 3 else layer(x)
        return torch.cat([head(x) for head in self.heads.values()], dim=-1)


@model(x(2, 8))
class NestedLists(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.ModuleList(nn.Linear(8, 8) for _ in range(2)) for _ in range(3))
        self.named = nn.ModuleDict({"left": nn.ModuleList([nn.Linear(8, 8)]), "right": nn.ModuleList([nn.Tanh()])})

    def forward(self, x: Tensor) -> Tensor:
        for stage in self.stages:
            y = x
            for layer in stage:  # type: ignore[union-attr]
                y = torch.tanh(layer(y))
            x = x + y
        return self.named["left"][0](x) + self.named["right"][0](x)  # type: ignore[index]


class ConvNorm(nn.Sequential):
    """A Sequential with a class of its own."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )


@model(x(2, 3, 8, 8))
class SequentialSubclass(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvNorm(3, 8)
        self.body = nn.Sequential(ConvNorm(8, 8), ConvNorm(8, 16, stride=2), ConvNorm(16, 16))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(self.stem(x)).mean((2, 3))


@model(x(2, 8))
class OwnForwardOfAList(nn.ModuleList):
    def __init__(self) -> None:
        super().__init__([nn.Linear(8, 8), nn.Linear(8, 8), nn.ReLU()])

    def forward(self, x: Tensor) -> Tensor:
        total = x
        for layer in self:
            total = total + layer(x)
        return total


@model(x(2, 8))
class EqualChildren(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(*[nn.Linear(8, 8) for _ in range(6)], nn.ReLU(), *[ResidualMLP(8) for _ in range(4)])

    def forward(self, x: Tensor) -> Tensor:
        return self.tower(x)


# --- blocks -------------------------------------------------------------------------------------------


class ResidualMLP(nn.Module):
    """Two layers and a way round them."""

    def __init__(self, width: int, factor: int = 2) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, width * factor)
        self.down = nn.Linear(width * factor, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.down(F.gelu(self.up(self.norm(x))))


@model(x(2, 8))
class Residuals(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = ResidualMLP(8)
        self.second = ResidualMLP(8, 4)
        self.widen = nn.Linear(8, 16)
        self.third = ResidualMLP(16)

    def forward(self, x: Tensor) -> Tensor:
        return self.third(self.widen(self.second(self.first(x))))


class BasicBlock(nn.Module):
    """As in ResNet."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


@model(x(2, 3, 16, 16))
class SmallResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.layer1 = nn.Sequential(BasicBlock(8, 8), BasicBlock(8, 8))
        self.layer2 = nn.Sequential(BasicBlock(8, 16, 2), BasicBlock(16, 16))
        self.layer3 = nn.Sequential(BasicBlock(16, 32, 2), BasicBlock(32, 32))
        self.fc = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer3(self.layer2(self.layer1(self.conv(x))))
        x = F.adaptive_avg_pool2d(x, (1, 1))
        x = torch.flatten(x, 1)
        return self.fc(x)
