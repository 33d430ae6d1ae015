"""Models in every style that people write them in, to be imported: a class each, with inputs it takes."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {}
"""By name: what makes the model, and its inputs."""
OPAQUE: dict[str, str] = {}
"""The models of which something comes in as Python: the class."""


def model(*inputs: Any, opaque: str = "") -> Callable[[Any], Any]:
    def add(make: Any) -> Any:
        MODELS[make.__name__] = (make, inputs)
        if opaque:
            OPAQUE[make.__name__] = opaque
        return make

    return add


def x(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def tokens(*shape: int, high: int = 10) -> Tensor:
    return torch.randint(0, high, shape, generator=torch.Generator().manual_seed(1))


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


# --- what cannot be drawn -----------------------------------------------------------------------------


class Halve(nn.Module):
    """Loops as long as the data say."""

    def __init__(self, limit: float = 1.0) -> None:
        super().__init__()
        self.limit = limit
        self.lin = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.lin(x)
        while x.abs().sum() > self.limit:
            x = x / 2
        return x


@model(x(2, 8), opaque="Halve")
class DataLoop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = nn.Linear(8, 8), nn.Linear(8, 8)
        self.halve, self.again = Halve(), Halve(2.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.again(self.halve(self.before(x))))


def _sign(x: Tensor, amount: float) -> Tensor:
    return x + amount if x.sum() > 0 else x - amount


class Decide(nn.Module):
    def __init__(self, act: Callable[[Tensor], Tensor], width: int) -> None:
        super().__init__()
        self.act = act
        self.lin = nn.Linear(width, width)
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x: Tensor, amount: float = 1.0) -> tuple[Tensor, Tensor]:
        y = _sign(self.act(self.lin(x)), amount)
        return y, self.seen


@model(x(2, 8), opaque="Decide")
class DataBranch(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.plain, self.other = Decide(F.relu, 8), Decide(torch.tanh, 8)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.plain(x)
        c, _ = self.other(a, amount=0.5)
        return c + b


class Noise(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            x = x + torch.randn_like(x) * 0.1
        return x


@model(x(2, 8), opaque="Noise")
class OnlyInTraining(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin, self.noise = nn.Linear(8, 8), Noise()

    def forward(self, x: Tensor) -> Tensor:
        return self.noise(self.lin(x))


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        return x / self.count


@model(x(2, 8), opaque="Counting")
class ChangesItsBuffer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin, self.counting = nn.Linear(8, 8), Counting()

    def forward(self, x: Tensor) -> Tensor:
        return self.counting(self.lin(x))


class Printing(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        print(end="")
        return x * 2


class NoGradient(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            y = x * 3
        return x + y


class OwnBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.sign()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return grad


class Straight(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return OwnBackward.apply(x)


@model(x(2, 8), opaque="NoGradient")
class SideEffects(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.printing, self.no_gradient, self.straight = Printing(), NoGradient(), Straight()
        self.lin = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.straight(self.no_gradient(self.printing(self.lin(x))))


@model(tokens(2, 5, high=9))
class ReadBeforeItIsCalled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tok = nn.Embedding(10, 8)
        self.lin = nn.Linear(8, 8)

    def forward(self, ids: Tensor) -> Tensor:
        table = self.tok.weight.mean(0) + self.lin.bias
        return self.lin(self.tok(ids)) + table + self.tok(ids + 1)


class Unknown(nn.Module):
    """Gives a dict, and cannot be drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> dict[str, Any]:
        y = self.lin(x)
        if y.mean() > 100:
            y = y / 2
        return {"y": y, "both": (y, x)}


@model(x(2, 8), opaque="Unknown")
class UsesWhatItGives(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Unknown()

    def forward(self, x: Tensor) -> Tensor:
        out = self.inner(x)
        a, b = out["both"]
        return out["y"] + a * b


class AnyRank(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        shape = (1,) * (x.dim() - 1) + (len(self.weight),)
        y = x.reshape(*x.shape[:-1], -1) * self.weight.view(shape)
        return y.unsqueeze(0)[0] if x.ndim == 2 else y.flatten(1).view(x.shape)


@model(x(2, 3, 8), opaque="AnyRank")
class AsksForTheRank(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.three, self.two = AnyRank(8), AnyRank(8)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.three(x).mean(1))


@model(x(2, 3, 8, 8), x(2, 3, 4, 6))
class SizesAsArguments(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        y = F.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False)
        z = torch.zeros(x.shape[:2], device=x.device)
        return (x + y).mean((2, 3)) + z + torch.ones(*x.shape[:2]) + x.new_zeros(x.size()[:2])


class Padded(nn.Module):
    """Takes a number or a text."""

    def __init__(self, size: int, padding: int | str = "same") -> None:
        super().__init__()
        self.conv = nn.Conv1d(3, 3, size, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv(x))


@model(x(2, 3, 9))
class ArgumentsOfSeveralKinds(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Padded(3, 0)
        self.second = Padded(3, 1)
        self.third = Padded(5, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.third(self.second(self.first(x)))


def several_kinds() -> nn.Module:
    return ArgumentsOfSeveralKinds()


class Window(nn.Module):
    """Takes one size or several."""

    def __init__(self, size: int | tuple[int, int] = 7) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        print(end="")
        return x * torch.as_tensor(self.size).sum()


def windows() -> nn.Module:
    return nn.Sequential(Window(3), Window((2, 4)))
