"""Every example project, through the file, the API, the generated source and the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import blockstudio as bs
from blockstudio import resources
from tests.end2end.chapter import MODELS
from tests.helpers.commands import called

pytestmark = pytest.mark.filterwarnings("ignore:.*There is no device.*:UserWarning")  # what 21-devices shows

EXAMPLES = sorted(path.stem for path in resources.path("examples").glob("*.blocks") if path.stem[:2].isdigit())


def example(name: str) -> Path:
    return resources.path("examples", f"{name}.blocks")


def pair(name: str) -> tuple[nn.Module, nn.Module, torch.Tensor]:
    """The example built, the module written by hand, both from seed 0, and an input."""
    module, shape = MODELS[name]
    built = bs.build(bs.load(example(name)), seed=0)
    torch.manual_seed(0)
    return built, module(), torch.rand(shape, generator=torch.Generator().manual_seed(1))


def test_each_row_of_the_chapter_has_an_example() -> None:
    assert set(EXAMPLES) == set(MODELS)
    assert {name[:2] for name in EXAMPLES} == {f"{row:02}" for row in range(1, 22)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_has_no_diagnostic(name: str) -> None:
    allowed = {"device-missing"}
    assert [str(d) for d in bs.check(bs.load(example(name))) if d.code not in allowed] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_has_the_keys_values_and_output_of_the_module_written_by_hand(name: str) -> None:
    built, by_hand, x = pair(name)
    assert set(built.state_dict()) == set(by_hand.state_dict())
    for key, value in by_hand.state_dict().items():
        torch.testing.assert_close(built.state_dict()[key], value, rtol=0, atol=0, msg=key)
    torch.testing.assert_close(built(x), by_hand(x), rtol=0, atol=0)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "17-tensor-files"])  # has nothing to train
def test_gradients_agree(name: str) -> None:
    built, by_hand, x = pair(name)
    built(x).sum().backward()
    by_hand(x).sum().backward()
    of_hand = dict(by_hand.named_parameters())
    for key, parameter in built.named_parameters():
        torch.testing.assert_close(parameter.grad, of_hand[key].grad, rtol=0, atol=0, msg=key)


@pytest.mark.parametrize("name", EXAMPLES)
def test_is_written_back_as_it_was(name: str, tmp_path: Path) -> None:
    bs.save(bs.load(example(name)), tmp_path / "copy.blocks")
    assert (tmp_path / "copy.blocks").read_bytes() == example(name).read_bytes()


RUN_SOURCE = """
import importlib.util, sys, torch
spec = importlib.util.spec_from_file_location("net", sys.argv[1])
net = importlib.util.module_from_spec(spec)
spec.loader.exec_module(net)
model = getattr(net, sys.argv[2])()
model.load_state_dict(torch.load(sys.argv[3], weights_only=True))
model.eval()
torch.save(model(torch.load(sys.argv[4], weights_only=True)), sys.argv[5])
assert "blockstudio" not in sys.modules
"""


@pytest.mark.parametrize("name", ["03-mlp", "08-while", "09-nested-mix", "16-custom-layer-with-parameters"])
def test_exports_code_and_parameters_that_plain_torch_runs_with_the_same_output(name: str, tmp_path: Path) -> None:
    built, _, x = pair(name)
    document = bs.load(example(name))
    for out in ("net.py", "net.params"):
        result = called("export", str(example(name)), str(tmp_path / out), "--seed", "0")
        assert (result.returncode, result.stderr) == (0, "")
    torch.save(x, tmp_path / "x")
    files = [str(tmp_path / file) for file in ("net.params", "x", "y")]
    command = [sys.executable, "-I", "-c", RUN_SOURCE, str(tmp_path / "net.py"), document.root, *files]
    subprocess.run(command, check=True)
    torch.testing.assert_close(torch.load(tmp_path / "y", weights_only=True), built.eval()(x), rtol=0, atol=0)
