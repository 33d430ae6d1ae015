"""What forward of a compiled document costs against the same module written by hand: the chapter's MLP."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blockstudio import resources
from blockstudio.compiler import compile_document
from blockstudio.formats.project import load
from blockstudio.runtime.build import build_compiled
from tests.benchmarks.rows import Row, in_turns, ratio

CALLS = 2_000
ROUNDS = 100


class MLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(20, 256)
        self.out = nn.Linear(256, 10)

    def forward(self, X: Tensor) -> Tensor:
        return self.out(F.relu(self.hidden(X)))  # type: ignore[no-any-return]


def measure() -> list[Row]:
    torch.set_num_threads(1)
    made = build_compiled(compile_document(load(resources.path("examples", "03-mlp.blocks"))), 0)
    by_hand = MLP()
    by_hand.load_state_dict(made.state_dict())
    X = torch.rand(2, 20)
    assert torch.equal(made(X), by_hand(X))

    def many(model: nn.Module) -> None:
        for _ in range(CALLS):
            model(X)

    made_times, hand_times = in_turns(lambda: many(made), lambda: many(by_hand), rounds=ROUNDS, warm_up=5)
    return [Row("forward of 03-mlp.blocks : written by hand", ratio(made_times, hand_times), 1.05, "x")]
