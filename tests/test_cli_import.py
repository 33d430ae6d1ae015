"""`blockstudio import`: a project and its weights beside it, or one line that says what is wrong."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

import blockstudio as bs
from tests.helpers.commands import called, refused, started

NET = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.lin = nn.Linear(width, width)

    def forward(self, x):
        return torch.relu(self.lin(x)) + x

class Net(nn.Module):
    def __init__(self, width=4, depth=2):
        super().__init__()
        self.blocks = nn.Sequential(*[Block(width) for _ in range(depth)])

    def forward(self, x):
        return self.blocks(x)

def odd():
    raise SystemExit(3)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path


def test_a_file_alone_is_enough_where_it_has_one_model(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.blocks"
    result = started("import", str(file), "-o", str(out), "--kwargs", "width=6, depth=3", "--input", "2,6")
    assert (result.returncode, result.stderr) == (0, "")
    document = bs.load(out)
    assert set(document.definitions) == {"Net", "Block"}
    state = torch.load(tmp_path / "mine.params", weights_only=True)
    net = bs.build(document)
    net.load_state_dict(state)
    assert set(state) == {f"blocks.{i}.lin.{kind}" for i in range(3) for kind in ("weight", "bias")}
    assert net(torch.ones(2, 6)).shape == (2, 6)


def test_a_program_comes_in_with_its_weights(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU()).eval()
    program, out = tmp_path / "net.pt2", tmp_path / "net.blocks"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(net, (torch.ones(2, 3),)), program)
    assert called("import", str(program), "-o", str(out)).returncode == 0
    built = bs.build(bs.load(out)).eval()
    built.load_state_dict(torch.load(out.with_suffix(".params"), weights_only=True))
    assert torch.equal(built(torch.ones(2, 3)), net(torch.ones(2, 3)))


def test_bad_input_is_one_line(file: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out.blocks")
    assert "SystemExit: exit status 3" in refused("import", f"{file}:odd", "-o", out)
    (tmp_path / "two.py").write_text("from torch import nn\nclass A(nn.Module): ...\nclass B(nn.Module): ...\n")
    assert "one of A, B" in refused("import", str(tmp_path / "two.py"), "-o", out)
    assert "no luck" in refused("import", _raising(tmp_path), "-o", out)
    assert not Path(out).exists() and not Path(out).with_suffix(".params").exists()
    wrong = called("import", str(file), "-o", out, "--kwargs", "3")
    assert wrong.returncode == 2 and "with their names" in wrong.stderr


def _raising(folder: Path) -> str:
    (folder / "raising.py").write_text("raise RuntimeError('no luck')")
    return f"{folder / 'raising.py'}:Net"
