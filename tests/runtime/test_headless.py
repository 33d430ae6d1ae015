from __future__ import annotations

from pathlib import Path

import pytest
import torch

from blockstudio.errors import BlockStudioError, RunError, TensorFileError
from blockstudio.formats.project import load
from blockstudio.runtime.build import build
from blockstudio.runtime.headless import run_document
from blockstudio.runtime.tensor_files import save_parameters
from tests.compiler import models

EXAMPLES = Path("resources/examples").resolve()


def test_on_the_examples_of_the_document() -> None:
    lines = list(run_document(load(EXAMPLES / "03-mlp.blocks")))
    assert len(lines) == 1 and lines[0].startswith("output: shape (2, 10), dtype float32, mean ")


def test_the_same_numbers_as_torch_itself() -> None:
    line = next(run_document(models.mlp(), [(3, 20)], seed=4))
    model = build(models.mlp(), seed=4)
    torch.manual_seed(4)
    y = model(torch.rand(3, 20))
    assert f"mean {y.mean().item():.6g}" in line and f"max {y.max().item():.6g}" in line


def test_with_parameters(tmp_path: Path) -> None:
    file = tmp_path / "mlp.params"
    save_parameters(build(models.mlp(), seed=9), str(file))
    assert list(run_document(models.mlp(), [(3, 20)], params=file)) != list(run_document(models.mlp(), [(3, 20)]))
    with pytest.raises(TensorFileError, match="cannot be read"):
        list(run_document(models.mlp(), [(3, 20)], params=tmp_path / "nowhere"))


def test_wrong_shapes() -> None:
    with pytest.raises(RunError, match="no example"):
        list(run_document(models.mlp()))
    with pytest.raises(RunError, match="2 shapes, but the block has 1"):
        list(run_document(models.mlp(), [(2, 20), (2, 20)]))
    with pytest.raises(RunError) as caught:
        list(run_document(models.mlp(), [(2, 7)]))
    assert caught.value.path == "MLP/hidden"
    with pytest.raises(BlockStudioError, match="cannot be made"):
        list(run_document(models.mlp(), [(-2, 20)]))
