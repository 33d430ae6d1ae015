"""What a model does in training only comes in as an If on the mode, and its source says so."""

from __future__ import annotations

import pytest

import blockstudio as bs
from blockstudio.graph.control_commands import is_by_mode
from blockstudio.graph.model import Definition, If
from blockstudio.runtime.build import build
from blockstudio.runtime.importer import import_module
from tests.runtime.importing.models import MODELS
from tests.runtime.importing.oracle import assert_same

SAID = {
    "OnlyInTraining": ["if self.training:\n            x = x + torch.randn_like(x) * self.size", "Noise(size=0.5)"],
    "AuxiliaryHeads": ["near = self.near(x) if self.training else None", "return self.fc(x), near, far"],
    "UsesThem": ["x, near, _ = self.net(x)", "if self.training:\n            x = x + 0.3 * near"],
    "ReturnsEarly": ["if self.training:"],
    "CallsForNothing": ["if self.training:\n            self.probe(x)"],
    "StochasticDepth": ["torch.bernoulli(self.empty(size, sub, x), p=self.keep)", "Deep2(0.8)", "Deep2(0.5)"],
}


@pytest.mark.parametrize("name", SAID)
def test_the_source_asks_for_the_mode(name: str) -> None:
    make, inputs = MODELS[name]
    document = import_module(make()).document
    source = bs.source(document)
    for text in SAID[name]:
        assert text in source
    graphs = [found.graph for found in document.definitions.values() if isinstance(found, Definition)]
    assert any(isinstance(node, If) and is_by_mode(node) for graph in graphs for node in graph.nodes.values())
    assert_same(build(document), import_module(build(document)).document, inputs)


def test_one_definition_for_what_differs_in_numbers() -> None:
    document = import_module(MODELS["OnlyInTraining"][0]()).document
    assert set(document.definitions) == {"OnlyInTraining", "Noise"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("AuxiliaryHeads", "It returned near, far in training only; here they are None in evaluation."),
        ("MoreInEvaluation", "It returned probabilities, best in evaluation only; here they are None in training."),
        ("UsesThem", ""),
    ],
)
def test_the_report_says_what_is_none_in_a_mode(name: str, said: str) -> None:
    assert "".join(map(str, import_module(MODELS[name][0]()).report)) == said


def test_with_an_example_sizes_need_no_python() -> None:
    make, inputs = MODELS["DropPath"]
    source = bs.source(import_module(make(), inputs).document)
    assert "torch.bernoulli(lin.new_zeros((lin.shape[0], 1)), p=0.7)" in source
