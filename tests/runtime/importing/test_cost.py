"""What an import costs grows with the size of the model, not faster."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

from blockstudio.runtime.importer import import_module
from blockstudio.runtime.importing.blocks import Block


class Widened(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.wide, self.narrow = nn.Linear(4, width), nn.Linear(width, 4)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.narrow(self.wide(x))


@pytest.mark.parametrize("count", [10, 40])
def test_modules_that_differ_are_not_compared_with_each_other(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Block] = []
    same = Block.makes_the_same_as

    def counted(block: Block, other: Block) -> bool:
        compared.append(other)
        return same(block, other)

    monkeypatch.setattr(Block, "makes_the_same_as", counted)
    document = import_module(nn.Sequential(*[Widened(width) for width in range(1, count + 1)])).document
    assert len(compared) <= count
    assert set(document.definitions) == {"Net", "Widened"}
