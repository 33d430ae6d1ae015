"""What several of them are written with."""

from __future__ import annotations

from blockstudio.graph.model import (
    Expression,
    Sequential,
)
from tests.compiler.documents import (
    graph,
    layer,
)

E = Expression


CENTERED = """\
import torch
from torch import nn


class CenteredLayer(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, X):
        return X - X.mean()
"""


def conv(name: str, inputs: object, outputs: object, size: int, **options: object):  # type: ignore[no-untyped-def]
    return layer(name, "Conv2d", in_channels=inputs, out_channels=outputs, kernel_size=size, **options)


def norm(name: str, channels: object):  # type: ignore[no-untyped-def]
    return layer(name, "BatchNorm2d", num_features=channels)


def chained(*children, named: bool = False, name: str = "net", comment: str = "") -> Sequential:  # type: ignore[no-untyped-def]
    body = graph("input", "output", children)
    return Sequential(name=name, body=body, named=named, comment=comment)


def norm_1d(name: str):  # type: ignore[no-untyped-def]
    return layer(name, "LayerNorm", normalized_shape=8)
