"""Models of which something comes in as Python, or nearly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.runtime.importing.models.registry import model, tokens, x

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


@dataclass
class Made:
    """What layers are made of."""

    norm: type[nn.Module] = nn.LayerNorm
    size: int = 8


class Shrink(nn.Module):
    """Is made with an object, and loops as long as the data say."""

    def __init__(self, made: Made) -> None:
        super().__init__()
        self.made = made
        self.norm = made.norm(made.size)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        while x.abs().sum() > float(Fraction(3, 2)):
            x = x / 2
        return x


class Half(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) * 0.5


Half.__name__ = "Fraction"


@model(x(2, 8), opaque="Shrink")
class SharedNames(nn.Module):
    """Has a block that is called like what another one imports."""

    def __init__(self) -> None:
        super().__init__()
        self.made = Made(size=8)
        self.first = Half()
        self.shrink = Shrink(self.made)

    def forward(self, x: Tensor) -> Tensor:
        return self.shrink(self.first(x))


class MadeWith(nn.Module):
    """A whole model of which nothing can be drawn, made with arguments."""

    def __init__(self, size: int, limit: float = 1.0) -> None:
        super().__init__()
        self.size, self.limit = size, limit
        self.linear = nn.Linear(size, size)

    def forward(self, x: Tensor) -> Tensor:
        x = self.linear(x)
        while x.abs().sum() > self.limit:
            x = x / 2
        return x


@model(x(2, 8), opaque="MadeWith")
def made_with_arguments() -> nn.Module:
    return MadeWith(8, 0.25)
