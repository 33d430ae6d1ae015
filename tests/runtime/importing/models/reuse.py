"""Layers and weights that are used twice; several inputs and outputs."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.runtime.importing.models.registry import model, tokens, x

# --- reuse --------------------------------------------------------------------------------------------


@model(x(2, 20))
class CalledTwice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(20, 20)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(F.relu(self.linear(x) + 1))


@model(x(2, 6, 8))
class CellRecursion(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(8, 8)
        self.out = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros(2, 8)
        for step in range(6):
            h = self.cell(x[:, step], h)
        return self.out(h)


@model(tokens(2, 5))
class TiedWeights(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tok = nn.Embedding(10, 8)
        self.body = nn.Sequential(nn.Linear(8, 8), nn.GELU())
        self.head = nn.Linear(8, 10, bias=False)
        self.head.weight = self.tok.weight

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.body(self.tok(ids)))


@model(tokens(2, 5))
class TiedByFunction(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tok = nn.Embedding(10, 8)
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, ids: Tensor) -> Tensor:
        return F.linear(self.tok(ids), self.tok.weight, self.bias)


@model(x(2, 8))
class SharedModule(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        norm = nn.LayerNorm(8)
        self.left, self.right = nn.Sequential(nn.Linear(8, 8), norm), nn.Sequential(nn.Linear(8, 8), norm)
        self.again = self.left
        self.layers = nn.ModuleList([nn.Linear(8, 8)] * 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.left(x) + self.right(x)
        for layer in self.layers:
            x = layer(x)
        return self.again(x)


class InsideTie(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Linear(8, 4, bias=False)
        self.decode = nn.Linear(4, 8, bias=False)
        self.decode.weight = nn.Parameter(torch.randn(8, 4))
        self.scale = nn.Parameter(torch.ones(1))
        self.other = self.scale

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x)) * self.scale + self.other


@model(x(2, 8))
class TiesInEveryInstance(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = InsideTie(), InsideTie()

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.a(x))


# --- several inputs and outputs -----------------------------------------------------------------------


class TwoInTwoOut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: Tensor, y: Tensor, *, scale: float = 1.0) -> tuple[Tensor, Tensor]:
        left = self.a(x) * scale
        right = self.b(y) - left
        return left, right


@model(x(2, 8), x(3, 2, 8)[0])
class SeveralInputsAndOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = TwoInTwoOut(), TwoInTwoOut()

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, b = self.first(x, y)
        c, d = self.second(b, y=a, scale=2.0)
        return a, c, d


class DictOut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, batch: dict[str, Tensor], extra: list[Tensor]) -> dict[str, Any]:
        h = self.lin(batch["x"]) + extra[0]
        return {"hidden": h, "pair": (h * 2, extra[1]), "nothing": None}


@model(x(2, 8))
class Structures(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = DictOut()

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        out = self.inner({"x": x, "unused": x}, [x, x - 1])
        if out["nothing"] is not None:
            raise ValueError
        a, b = out["pair"]
        return {"sum": out["hidden"] + a, "other": b}


@model(x(5, 2, 3))
class LSTMStates(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 4, num_layers=2, dropout=0.2)
        self.gru = nn.GRU(4, 4, bidirectional=True)
        self.out = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        out, (h, c) = self.lstm(x)
        out, state = self.lstm(x * 2, (h, c))
        y, last = self.gru(out)
        return self.out(y), (state[0], last)


@model(x(2, 5, 8))
class MaskGiven(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.register_buffer("mask", torch.triu(torch.ones(5, 5), 1).bool(), persistent=False)

    def forward(self, x: Tensor, weights: bool = False) -> Tensor:
        y, attention = self.attention(x, x, x, attn_mask=self.mask, need_weights=weights)
        if attention is not None:
            return attention
        return y
