"""Source that was exported and imported again gives an equal document, or at least the same model.

What no source tells comes back otherwise: the names of functions and of second calls, initialisers (imported
weights are values), Python that can be drawn, branches that a hyper-parameter chooses (each choice becomes a
definition), and control flow that depends on data, which comes in as a block of Python.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import blockstudio as bs
from blockstudio import resources
from blockstudio.graph.document import Document
from blockstudio.runtime.importer import import_target
from tests.compiler.models import MODELS
from tests.runtime.importing.roundtrip import plain

ARGUMENTS = {"attention": {"width": 16}}
"""What roots are made with that have hyper-parameters without defaults."""
ELSEWHERE = ("devices", "21-devices")
"""Ask for devices that are not here."""
OTHER_SOURCE = (
    *("12-initialise", "13-initialise-blocks", "14-custom-initialisation"),
    *("15-custom-layer", "16-custom-layer-with-parameters"),
)
"""Examples whose source comes back otherwise: without initialisers, and with drawn blocks in place of Python."""
EQUAL = (
    *("01-layers", "02-what-a-block-gives", "03-mlp", "04-nested-blocks", "05-sequential", "10-access-parameters"),
    *("18-save-parameters", "19-load-parameters", "20-generated-code"),
    *("tied", "mlp", "named_sequential"),
)
"""Those whose document comes back equal at once."""
NAMED_BY_SOURCE = ("repeat_unshared",)
"""Outputs are named after the variables that are returned, and the second source returns expressions."""
FILES = {file.stem: file for file in resources.path("examples").rglob("*.blocks")}
EXAMPLES = sorted(name for name, file in FILES.items() if file.parent.name == "examples" and name not in ELSEWHERE)
ZOO = sorted(name for name, file in FILES.items() if name[3:] in ("lenet", "resnet18", "googlenet", "lstm", "gpt"))
NAMES = [*EXAMPLES, *ZOO, *(name for name in MODELS if name not in ELSEWHERE)]


def document(name: str) -> Document:
    return MODELS[name]() if name in MODELS else bs.load(FILES[name])


def trip(source: Document, folder: Path, name: str = "", number: int = 1) -> Document:
    """A document that went out as source and came in again."""
    file = folder / f"trip{number}.py"
    file.write_text(bs.source(source))
    torch.manual_seed(0)
    return import_target(f"{file}:{source.root}", ARGUMENTS.get(name)).document


def outputs(net: nn.Module, inputs: list[torch.Tensor]) -> Any:
    torch.manual_seed(1)
    with torch.no_grad():
        return torch.utils._pytree.tree_leaves(net.eval()(*inputs))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ARGUMENTS])
def test_the_same_model_comes_back(name: str, tmp_path: Path) -> None:
    first = document(name)
    second = trip(first, tmp_path)
    before, after = bs.build(first, seed=0), bs.build(second, seed=1)
    wanted, found = before.state_dict(), after.state_dict()
    assert set(found) == set(wanted)
    assert {key: value.shape for key, value in found.items()} == {key: value.shape for key, value in wanted.items()}
    root = first.definition(first.root)
    if all(port.example is not None and port.example.file == "" for port in root.graph.inputs):
        after.load_state_dict(wanted)
        generator = torch.Generator().manual_seed(2)
        inputs = []
        for port in root.graph.inputs:
            assert port.example is not None
            made = torch.rand(port.example.shape, generator=generator)
            inputs.append(made.to(getattr(torch, port.example.dtype)))
        for ours, theirs in zip(outputs(after, inputs), outputs(before, inputs), strict=True):
            assert torch.equal(torch.as_tensor(ours), torch.as_tensor(theirs))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ARGUMENTS and name not in NAMED_BY_SOURCE])
def test_what_came_in_goes_out_and_comes_in_equal(name: str, tmp_path: Path) -> None:
    first = trip(document(name), tmp_path)
    second = trip(first, tmp_path, number=2)
    assert bs.source(second) == bs.source(first)
    assert plain(second) == plain(first)


@pytest.mark.parametrize("name", EQUAL)
def test_these_come_back_equal(name: str, tmp_path: Path) -> None:
    first = document(name)
    assert plain(trip(first, tmp_path)) == plain(first)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in OTHER_SOURCE])
def test_the_source_comes_back_to_the_letter(name: str, tmp_path: Path) -> None:
    first = document(name)
    assert bs.source(trip(first, tmp_path)) == bs.source(first)


def test_hyper_parameters_come_back(tmp_path: Path) -> None:
    first = document("16-custom-layer-with-parameters")
    second = trip(first, tmp_path)
    assert [parameter.name for parameter in second.definition("MyLinear").hyper_parameters] == ["in_units", "units"]
