"""What a compiled document costs against the same module written by hand, as ratios of medians taken in turns:
forward of the chapter's MLP (at most 1.05), and building a net of 300 layers.

python -m tests.benchmarks.forward
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blockstudio.compiler import compile_document
from blockstudio.runtime.build import build_compiled, model_class
from tests.compiler.documents import function, graph, linear, net
from tests.compiler.models import MODELS

TARGET = 1.05
LAYERS = 300


class MLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(20, 256)
        self.out = nn.Linear(256, 10)

    def forward(self, X: Tensor) -> Tensor:
        return self.out(F.relu(self.hidden(X)))  # type: ignore[no-any-return]


class Deep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        for number in range(LAYERS):
            setattr(self, f"fc{number}", nn.Linear(8, 8))

    def forward(self, x: Tensor) -> Tensor:
        for number in range(LAYERS):
            x = F.relu(getattr(self, f"fc{number}")(x))
        return x


def ratio(one: Callable[[], object], other: Callable[[], object], calls: int, rounds: int = 61) -> tuple[float, float]:
    """How long one takes against the other, and its seconds a call: the median over rounds in turns."""
    ratios, seconds = [], []
    for number in range(rounds + 5):
        first, second = (one, other) if number % 2 else (other, one)
        times = {}
        for work in (first, second):
            start = time.perf_counter()
            for _ in range(calls):
                work()
            times[work] = (time.perf_counter() - start) / calls
        if number >= 5:
            ratios.append(times[one] / times[other])
            seconds.append(times[one])
    return median(ratios), median(seconds)


def forward() -> float:
    torch.manual_seed(0)
    by_hand = MLP()
    made = build_compiled(compile_document(MODELS["mlp"]()), 0)
    X = torch.rand(2, 20)
    assert torch.equal(made(X), by_hand(X))
    found, seconds = ratio(lambda: made(X), lambda: by_hand(X), 2_000)
    print(f"forward of the MLP: {seconds * 1e6:.1f} us, ratio to hand-written {found:.3f} (target {TARGET})")
    return found


def building() -> float:
    nodes = [node for n in range(LAYERS) for node in (linear(f"fc{n}", 8, 8), function(f"relu{n}", "relu"))]
    names = ["x", *(node.name for node in nodes), "y"]
    deep = net(graph("x", "y", nodes, " ".join(f"{a}>{b}" for a, b in pairwise(names))))
    compiled = compile_document(deep)
    made = model_class(compiled)
    found, seconds = ratio(made, Deep, 1, rounds=21)
    print(f"{LAYERS} layers from their class: {seconds * 1e3:.1f} ms, ratio to hand-written {found:.3f}")
    whole, seconds = ratio(lambda: build_compiled(compile_document(deep), 0), Deep, 1, rounds=21)
    print(f"{LAYERS} layers from the document (check, source, exec, build): {seconds * 1e3:.1f} ms, ratio {whole:.2f}")
    return found


def main() -> bool:
    """Print the ratios; whether the target is met."""
    torch.set_num_threads(1)
    met = forward() <= TARGET
    building()
    return met


if __name__ == "__main__":
    raise SystemExit(not main())
