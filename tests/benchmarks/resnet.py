"""ResNet-152 from its project against the same network written by hand: building, forward, a step of training.

And how long the one written by hand takes to come in, as the first import of a process.
"""

from __future__ import annotations

from time import process_time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import blockstudio as bs
from blockstudio import resources
from blockstudio.compiler import compile_document
from blockstudio.runtime.build import model_class
from tests.benchmarks.rows import Row, in_turns, ratio, seconds

BUILDS = 9
ROUNDS = 25
CALLS = 61


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * 4)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != width * 4:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, width * 4, 1, stride, bias=False), nn.BatchNorm2d(width * 4)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.downsample is not None:
            x = self.downsample(x)
        return self.relu(out + x)  # type: ignore[no-any-return]


class ResNet(nn.Module):
    def __init__(self, layers: tuple[int, ...] = (3, 8, 36, 3)) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.inputs = 64
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            self.stage(64 * 2**number, count, 1 if number == 0 else 2) for number, count in enumerate(layers)
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2048, 1000)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)

    def stage(self, width: int, count: int, stride: int) -> nn.Sequential:
        first, self.inputs = Bottleneck(self.inputs, width, stride), width * 4
        return nn.Sequential(first, *(Bottleneck(self.inputs, width) for _ in range(count - 1)))

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))  # type: ignore[no-any-return]


def step(model: nn.Module, x: Tensor, classes: Tensor) -> None:
    F.cross_entropy(model(x), classes).backward()
    with torch.no_grad():
        for parameter in model.parameters():
            assert parameter.grad is not None
            parameter.sub_(parameter.grad, alpha=1e-6)
            parameter.grad = None


def measure() -> list[Row]:
    torch.set_num_threads(1)
    by_hand = ResNet()
    imported = seconds(lambda: bs.from_module(by_hand, torch.randn(1, 3, 32, 32)))
    document = bs.load(resources.path("examples", "architectures", "09-resnet152.blocks"))
    made = bs.build(document)
    assert made.state_dict().keys() == by_hand.state_dict().keys()
    by_hand.load_state_dict(made.state_dict())
    x = torch.randn(1, 3, 32, 32)
    classes = torch.tensor([1])
    made.eval(), by_hand.eval()
    assert torch.equal(made(x), by_hand(x))

    with torch.no_grad():
        forward = in_turns(lambda: made(x), lambda: by_hand(x), rounds=CALLS, warm_up=2, clock=process_time)
    made.train(), by_hand.train()
    x = torch.randn(2, 3, 32, 32)
    classes = torch.tensor([1, 2])
    steps = in_turns(
        lambda: step(made, x, classes), lambda: step(by_hand, x, classes), rounds=ROUNDS, warm_up=2, clock=process_time
    )
    generated = model_class(compile_document(document))
    built = in_turns(lambda: bs.build(document), generated, ResNet, rounds=BUILDS, warm_up=2, clock=process_time)
    return [
        Row("bs.build of ResNet-152 : its class by hand", ratio(built[0], built[2]), 1.1, "x"),
        Row("of that, the class in the generated source : by hand", ratio(built[1], built[2]), None, "x"),
        Row("forward of ResNet-152 : by hand", ratio(*forward), 1.02, "x"),
        Row("a step of training of ResNet-152 : by hand", ratio(*steps), 1.02, "x"),
        Row("import of ResNet-152, first of its process", imported, 10, "s"),
    ]
