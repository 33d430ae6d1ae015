"""What building a net of 300 layers costs against the same net written by hand."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blockstudio.compiler import compile_document
from blockstudio.runtime.build import build_compiled, model_class
from tests.benchmarks.rows import Row, in_turns, ratio
from tests.compiler.documents import function, graph, linear, net

LAYERS = 300
ROUNDS = 31


class Deep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        for number in range(LAYERS):
            setattr(self, f"fc{number}", nn.Linear(8, 8))

    def forward(self, x: Tensor) -> Tensor:
        for number in range(LAYERS):
            x = F.relu(getattr(self, f"fc{number}")(x))
        return x


def measure() -> list[Row]:
    torch.set_num_threads(1)
    nodes = [node for n in range(LAYERS) for node in (linear(f"fc{n}", 8, 8), function(f"relu{n}", "relu"))]
    names = ["x", *(node.name for node in nodes), "y"]
    deep = net(graph("x", "y", nodes, " ".join(f"{a}>{b}" for a, b in pairwise(names))))
    made = model_class(compile_document(deep))
    assert list(made().state_dict()) == list(Deep().state_dict())
    made_times, whole_times, hand_times = in_turns(
        made, lambda: build_compiled(compile_document(deep), 0), Deep, rounds=ROUNDS, warm_up=3
    )
    return [
        Row(f"{LAYERS} layers made by the class of their source : by hand", ratio(made_times, hand_times), None, "x"),
        Row(
            f"{LAYERS} layers from the document (check, compile, build) : by hand",
            ratio(whole_times, hand_times),
            None,
            "x",
        ),
    ]
