"""Attention."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.runtime.importing.models.containers import ResidualMLP
from tests.runtime.importing.models.registry import model, tokens, x

# --- attention ----------------------------------------------------------------------------------------


class Attention(nn.Module):
    """Causal attention over all heads at once."""

    def __init__(self, width: int = 16, heads: int = 4, dropout: float = 0.1) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.register_buffer("mask", torch.tril(torch.ones(32, 32)).view(1, 1, 32, 32))

    def forward(self, x: Tensor) -> Tensor:
        b, t, c = x.shape
        q, k, v = self.qkv(x).split(c, dim=2)
        q, k, v = (part.view(b, t, self.heads, c // self.heads).transpose(1, 2) for part in (q, k, v))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        scores = scores.masked_fill(self.mask[:, :, :t, :t] == 0, float("-inf"))
        y = F.dropout(F.softmax(scores, dim=-1), self.dropout, self.training) @ v
        z = F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout if self.training else 0.0, is_causal=True)
        return self.out((y + z).transpose(1, 2).contiguous().view(b, t, c))


@model(tokens(2, 6))
class SmallGPT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(10, 16), nn.Embedding(32, 16)
        self.blocks = nn.ModuleList(
            nn.ModuleDict({"norm": nn.LayerNorm(16), "attention": Attention(), "mlp": ResidualMLP(16)})
            for _ in range(3)
        )
        self.head = nn.Linear(16, 10, bias=False)
        self.wte.weight = self.head.weight

    def forward(self, ids: Tensor) -> Tensor:
        positions = torch.arange(0, ids.size(1), dtype=torch.long, device=ids.device)
        x = self.wte(ids) + self.wpe(positions)
        for block in self.blocks:
            x = x + block["attention"](block["norm"](x))  # type: ignore[index]
            x = block["mlp"](x)  # type: ignore[index]
        return self.head(x)


@model(x(2, 5, 16), x(2, 7, 16))
class Transformers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, activation="gelu", norm_first=True)
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 2, enable_nested_tensor=False
        )
        self.decoder = nn.TransformerDecoderLayer(16, 4, 24, batch_first=True)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        return self.decoder(target, self.encoder(self.layer(source)))
