"""Architectures as people write them in Python: what the examples must equal."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))  # type: ignore[no-any-return]


def nin_block(inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.ReLU(),
        nn.Conv2d(outputs, outputs, 1), nn.ReLU(), nn.Conv2d(outputs, outputs, 1), nn.ReLU(),
    )  # fmt: skip


class NiN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nin_block(1, 96, 11, 4, 0), nn.MaxPool2d(3, 2),
            nin_block(96, 256, 5, 1, 2), nn.MaxPool2d(3, 2),
            nin_block(256, 384, 3, 1, 1), nn.MaxPool2d(3, 2), nn.Dropout(0.5),
            nin_block(384, 10, 3, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)  # type: ignore[no-any-return]


class LanguageModel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10_000, 256)
        self.lstm = nn.LSTM(256, 256, 2, batch_first=True, dropout=0.2)
        self.decoder = nn.Linear(256, 10_000)
        self.dropout = nn.Dropout(0.2)

    def forward(self, tokens: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, (h, c) = self.lstm(self.dropout(self.embedding(tokens)), (h, c))
        return self.decoder(self.dropout(x)), h, c


def attend(q: Tensor, k: Tensor, v: Tensor, heads: int, *, causal: bool = False) -> Tensor:
    """Attention as the formula has it."""
    q, k, v = (x.view(x.shape[0], x.shape[1], heads, -1).permute(0, 2, 1, 3) for x in (q, k, v))
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if causal:
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(future, float("-inf"))
    return (scores.softmax(-1) @ v).permute(0, 2, 1, 3).reshape(q.shape[0], q.shape[2], -1)


class MultiHeadAttention(nn.Module):
    def __init__(self, *, causal: bool = False) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(128, 128) for _ in range(4))
        self.causal = causal

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        return self.out(attend(self.query(x), self.key(memory), self.value(memory), 4, causal=self.causal))  # type: ignore[no-any-return]


def feed_forward() -> nn.Sequential:
    return nn.Sequential(nn.Linear(128, 512), nn.ReLU(), nn.Dropout(0.1), nn.Linear(512, 128))


class EncoderLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention, self.norm1 = MultiHeadAttention(), nn.LayerNorm(128)
        self.feed_forward, self.norm2 = feed_forward(), nn.LayerNorm(128)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.attention(x, x))
        return self.norm2(x + self.feed_forward(x))  # type: ignore[no-any-return]


class DecoderLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.self_attention, self.norm1 = MultiHeadAttention(causal=True), nn.LayerNorm(128)
        self.cross_attention, self.norm2 = MultiHeadAttention(), nn.LayerNorm(128)
        self.feed_forward, self.norm3 = feed_forward(), nn.LayerNorm(128)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        x = self.norm1(x + self.self_attention(x, x))
        x = self.norm2(x + self.cross_attention(x, memory))
        return self.norm3(x + self.feed_forward(x))  # type: ignore[no-any-return]


class EncoderDecoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.source_embedding, self.target_embedding = nn.Embedding(1000, 128), nn.Embedding(1000, 128)
        self.encoder = nn.ModuleList(EncoderLayer() for _ in range(3))
        self.decoder = nn.ModuleList(DecoderLayer() for _ in range(3))
        self.generator = nn.Linear(128, 1000)

    @staticmethod
    def waves(length: int) -> Tensor:
        """Sine at the even columns, cosine at the odd ones."""
        angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, 128, 2) / 128)
        return torch.stack((angles.sin(), angles.cos()), -1).reshape(length, 128)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        x = self.source_embedding(source) * 128**0.5 + self.waves(source.shape[1])
        y = self.target_embedding(target) * 128**0.5 + self.waves(target.shape[1])
        for encoder in self.encoder:
            x = encoder(x)
        for decoder in self.decoder:
            y = decoder(y, x)
        return self.generator(y)  # type: ignore[no-any-return]


class SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int, *, causal: bool) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.heads, self.causal = heads, causal

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(attend(*self.qkv(x).chunk(3, -1), self.heads, causal=self.causal))  # type: ignore[no-any-return]


class MLP(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))  # type: ignore[no-any-return]


class Block(nn.Module):
    def __init__(self, width: int, heads: int, name: str, *, causal: bool, eps: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)
        self.name = name
        setattr(self, name, SelfAttention(width, heads, causal=causal))
        self.mlp = MLP(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + getattr(self, self.name)(self.norm1(x))
        return x + self.mlp(self.norm2(x))  # type: ignore[no-any-return]


class GPT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token_embedding, self.place_embedding = nn.Embedding(256, 128), nn.Embedding(64, 128)
        self.blocks = nn.Sequential(*(Block(128, 4, "attention", causal=True, eps=1e-5) for _ in range(4)))
        self.norm = nn.LayerNorm(128)
        self.head = nn.Linear(128, 256, bias=False)
        self.head.weight = self.token_embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.token_embedding(tokens) + self.place_embedding.weight[: tokens.shape[1]]
        return self.head(self.norm(self.blocks(x)))  # type: ignore[no-any-return]


class PatchEmbedding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, 192, 16, 16)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x).flatten(2).mT  # type: ignore[no-any-return]


class VisionTransformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, 192))
        self.pos_embed = nn.Parameter(torch.zeros(1, 197, 192))
        self.patch_embed = PatchEmbedding()
        self.blocks = nn.Sequential(*(Block(192, 3, "attn", causal=False, eps=1e-6) for _ in range(12)))
        self.norm = nn.LayerNorm(192, 1e-6)
        self.head = nn.Linear(192, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), self.patch_embed(x)), 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])  # type: ignore[no-any-return]


def double_conv(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
    )  # fmt: skip


class Down(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = double_conv(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.max_pool2d(x, 2))  # type: ignore[no-any-return]


class Up(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, inputs // 2, 2, 2)
        self.conv = double_conv(inputs, outputs)

    def forward(self, x: Tensor, skipped: Tensor) -> Tensor:
        return self.conv(torch.cat((skipped, self.up(x)), 1))  # type: ignore[no-any-return]


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inc = double_conv(1, 32)
        self.down1, self.down2, self.down3, self.down4 = (Down(w, 2 * w) for w in (32, 64, 128, 256))
        self.up1, self.up2, self.up3, self.up4 = (Up(w, w // 2) for w in (512, 256, 128, 64))
        self.outc = nn.Conv2d(32, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.inc(x)
        b = self.down1(a)
        c = self.down2(b)
        d = self.down3(c)
        x = self.up1(self.down4(d), d)
        return self.outc(self.up4(self.up3(self.up2(x, c), b), a))  # type: ignore[no-any-return]


BY_HAND: dict[str, type[nn.Module]] = {
    "01-lenet": LeNet,
    "05-nin": NiN,
    "13-lstm": LanguageModel,
    "14-transformer": EncoderDecoder,
    "15-gpt": GPT,
    "16-unet": UNet,
    "17-vit": VisionTransformer,
}
