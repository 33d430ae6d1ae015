"""Blocks of one class that differ in a branch or in the kind of a layer come in as one definition."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

import blockstudio as bs
from blockstudio.compiler import check
from blockstudio.graph.document import Document
from blockstudio.graph.model import Call, Definition, Graph, If, Instance, Node
from blockstudio.runtime.importer import import_module
from tests.runtime.importing.models import MODELS
from tests.runtime.importing.oracle import assert_same


def imported(name: str) -> Document:
    make, _ = MODELS[name]
    torch.manual_seed(0)
    return import_module(make()).document


def nodes(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes.values():
        yield node
        for _, inner in node.graphs():
            yield from nodes(inner)


def ifs(document: Document, definition: str) -> list[If]:
    return [node for node in nodes(document.definition(definition).graph) if isinstance(node, If)]


def options(document: Document, name: str) -> list[object]:
    """A hyper-parameter in all instances."""
    root = document.definition(document.root)
    return [node.options[name] for node in nodes(root.graph) if isinstance(node, Instance) and name in node.options]


def test_a_branch_that_makes_sizes_fit_is_there_where_they_differ() -> None:
    document = imported("SmallResNet")
    assert set(document.definitions) == {"SmallResNet", "BasicBlock"}
    block = document.definitions["BasicBlock"]
    assert isinstance(block, Definition)
    assert [parameter.name for parameter in block.hyper_parameters] == ["in_channels", "out_channels", "stride"]
    assert "if stride != 1 or in_channels != out_channels:" in bs.source(document)
    (choice,) = ifs(document, "BasicBlock")
    assert set(choice.then.nodes) == {"downsample"} and not choice.otherwise.nodes


def test_the_class_says_itself_what_decides() -> None:
    document = imported("Shortcuts")
    assert set(document.definitions) == {"Shortcuts", "Inverted"}
    assert options(document, "use_shortcut") == [True, False, True, False]
    source = bs.source(document)
    assert "if self.use_shortcut:" in source
    assert "== True" not in source


def test_where_nothing_says_it_a_hyper_parameter_does() -> None:
    document = imported("Scales")
    assert set(document.definitions) == {"Scales", "Scaling"}
    (choice,) = ifs(document, "Scaling")
    assert {"scale", "gate"} <= set(choice.then.nodes)
    assert any(isinstance(node, Call) for node in choice.then.nodes.values())
    assert options(document, "with_scale") == [False, True, False, True]
    parameters = {parameter.name: parameter for parameter in document.definition("Scaling").hyper_parameters}
    assert parameters["with_scale"].default == "False"


def test_a_layer_may_be_of_two_kinds() -> None:
    document = imported("Kinds")
    (choice,) = ifs(document, "Activated")
    assert set(choice.then.nodes) == set(choice.otherwise.nodes) == {"act"}
    assert set(options(document, "with_gelu")) == {True, False}


def test_what_is_wired_another_way_stays_apart() -> None:
    document = imported("Orders")
    assert len(document.definitions) == 3
    assert not any(ifs(document, name) for name in document.definitions)


class Mixed(nn.Module):
    """Drops before or after what all have: the random numbers are not drawn in one order."""

    def __init__(self, early: bool) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.drop, self.own = nn.Dropout(0.5), nn.Dropout(0.5)
        self.early = early

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.early:
            y = self.own(self.b(x))
            return self.c(self.drop(self.a(x)) + y)
        z = self.drop(self.a(x))
        return self.c(z + self.own(self.b(x)))


def test_each_variant_runs_in_its_own_order() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(Mixed(True), Mixed(False))
    assert_same(model, import_module(model).document, (torch.rand(2, 4),))


@pytest.mark.parametrize("name", ["SmallResNet", "Shortcuts", "Scales", "Kinds"])
def test_what_was_made_one_has_no_faults(name: str) -> None:
    assert not check(imported(name))
