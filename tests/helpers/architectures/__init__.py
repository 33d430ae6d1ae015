"""The example architectures as they were composed; `python -m tests.helpers.architectures` writes their files."""

from __future__ import annotations

from tests.helpers.architectures import attention, branches, classics, others, residual, transformer
from tests.helpers.architectures.drawing import Architecture


def all_of_them() -> list[Architecture]:
    """Every architecture, in the order of the menu; not placed yet."""
    return [
        classics.lenet(),
        classics.alexnet(),
        classics.vgg11(),
        classics.vgg16_bn(),
        classics.nin(),
        branches.googlenet(),
        residual.resnet18(),
        residual.resnet50(),
        residual.resnet152(),
        branches.densenet121(),
        classics.squeezenet(),
        branches.mobilenet_v2(),
        others.lstm(),
        transformer.transformer(),
        attention.gpt(),
        others.unet(),
        attention.vit(),
    ]
