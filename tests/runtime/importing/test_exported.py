"""Programs that torch.export saved come in with the layers, the hierarchy and the weights they were made of."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

import blockstudio as bs
from blockstudio.errors import BlockStudioError
from blockstudio.formats.project import dumps, loads
from blockstudio.graph.model import Definition, Function, Graph, Layer, Node, Sequential
from blockstudio.runtime.importer import ImportResult, import_target
from tests.runtime.importing.models import MODELS

STYLES = (
    "plain_sequential nested_sequential shared_in_sequential Lists NestedLists EqualChildren SmallResNet CalledTwice "
    "CellRecursion TiedWeights TiedByFunction SharedModule SeveralInputsAndOutputs Structures LSTMStates "
    "Buffers OwnParameters ParameterLists NeverCalled Functional Shapes Dropouts SmallGPT Transformers AsksForTheRank "
    "SizesAsArguments"
).split()


def exported(module: nn.Module, inputs: tuple[Tensor, ...], folder: Path) -> str:
    file = str(folder / "net.pt2")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(module.eval(), inputs), file)
    return file


def outputs(module: nn.Module, inputs: tuple[Tensor, ...]) -> list[Tensor]:
    torch.manual_seed(3)
    with torch.no_grad():
        given = module.eval()(*(value.clone() for value in inputs))
    return [leaf for leaf in pytree.tree_leaves(given) if isinstance(leaf, Tensor)]


def nodes(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes.values():
        yield node
        for _, inner in node.graphs():
            yield from nodes(inner)


def assert_same(module: nn.Module, inputs: tuple[Tensor, ...], result: ImportResult) -> None:
    net = bs.build(loads(dumps(result.document)))
    net.load_state_dict(dict(result.state_dict))
    assert set(net.state_dict()) == set(module.state_dict())
    for ours, theirs in zip(outputs(net, inputs), outputs(module, inputs), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("name", STYLES)
def test_a_program_builds_the_model_it_was_made_of(name: str, tmp_path: Path) -> None:
    make, inputs = MODELS[name]
    torch.manual_seed(0)
    module = make()
    result = import_target(exported(module, inputs, tmp_path))
    assert not result.opaque
    assert_same(module, inputs, result)


def test_layers_are_layers_and_equal_blocks_one_definition(tmp_path: Path) -> None:
    make, inputs = MODELS["SmallResNet"]
    document = import_target(exported(make(), inputs, tmp_path)).document
    blocks = [d for d in document.definitions.values() if isinstance(d, Definition)]
    assert {block.name for block in blocks} == {"SmallResNet", "BasicBlock"}
    kinds = {type(node) for block in blocks for node in nodes(block.graph)}
    assert Layer in kinds and Sequential in kinds
    functions = {node.type for block in blocks for node in nodes(block.graph) if isinstance(node, Function)}
    functions.remove("operator.or_")  # decides whether there is a shortcut
    assert functions == {"operator.add", "torch.flatten", "torch.nn.functional.adaptive_avg_pool2d"}


def test_the_example_inputs_come_along(tmp_path: Path) -> None:
    make, inputs = MODELS["SmallGPT"]
    document = import_target(exported(make(), inputs, tmp_path)).document
    (port,) = document.definition("SmallGPT").graph.inputs
    assert port.name == "ids"
    assert port.example is not None
    assert port.example.shape == tuple(inputs[0].shape)
    assert port.example.dtype == "int64"


def test_what_drops_out_in_training_does_so_again(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Linear(50, 50), nn.Dropout(0.5), nn.BatchNorm1d(50))
    built = bs.build(import_target(exported(net, (torch.ones(2, 50),), tmp_path)).document)
    assert [type(child) for child in built.children()] == [nn.Linear, nn.Dropout, nn.BatchNorm1d]


class Branches(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x - 1, (x,))


def test_what_no_block_can_show_is_named(tmp_path: Path) -> None:
    with pytest.raises(BlockStudioError, match="The program uses cond"):
        import_target(exported(nn.Sequential(nn.Linear(4, 4), Branches()), (torch.ones(2, 4),), tmp_path))


def test_files_that_are_no_programs(tmp_path: Path) -> None:
    with pytest.raises(BlockStudioError, match="There is no file"):
        import_target(str(tmp_path / "missing.pt2"))
    bad = tmp_path / "bad.pt2"
    bad.write_bytes(b"no program at all")
    with pytest.raises(BlockStudioError, match="cannot be read as a program"):
        import_target(str(bad))
    torch.save({"weight": torch.ones(2)}, bad)
    with pytest.raises(BlockStudioError, match="cannot be read as a program"):
        import_target(str(bad))
