"""Layers written as Python become nodes without being run; what is more than layers is left to an import."""

from __future__ import annotations

from typing import Any

import pytest

from blockstudio.errors import CodeError
from blockstudio.formats.pasted_python import block_in, graph_in, models_in, source_in, typed_options
from blockstudio.graph.document import Document
from blockstudio.graph.model import CodeDefinition, Endpoint, Expression, Graph, Node, Sequential

CLASS = """
class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.fc = nn.Linear(2, width)

    def forward(self, x):
        return F.relu(self.fc(x))
"""
LINEAR = {"in_features": 20, "out_features": 256}


def read(text: str, *names: str) -> Graph:
    graph = graph_in(source_in(text), names)
    assert graph is not None
    return graph


def told(node: Node) -> Any:
    """A node in short."""
    if isinstance(node, Sequential):
        return [(child.name, told(child)) for child in node.body.nodes.values()]
    return node.type.rpartition(".")[2], node.options  # type: ignore[attr-defined]


CASES: dict[str, dict[str, Any]] = {
    "nn.Linear(20, 256)": {"linear": ("Linear", LINEAR)},
    "Linear(20, 256)": {"linear": ("Linear", LINEAR)},
    "torch.nn.Linear(20, out_features=256, bias=False)": {"linear": ("Linear", {**LINEAR, "bias": False})},
    "```python\nnn.Linear(20, 256)\n```": {"linear": ("Linear", LINEAR)},
    ">>> nn.Linear(20, 256)": {"linear": ("Linear", LINEAR)},
    "self.fc1 = nn.Linear(20, 256)\n        self.act = nn.ReLU()": {"fc1": ("Linear", LINEAR), "act": ("ReLU", {})},
    "nn.Linear(20, 256, device='cuda', dtype=torch.float64)": {"linear": ("Linear", {**LINEAR, "dtype": "float64"})},
    "nn.Linear(4 * 5, width)": {
        "linear": ("Linear", {"in_features": Expression("4 * 5"), "out_features": Expression("width")})
    },
    "nn.Conv2d(1, 6, kernel_size=(5, 3), padding=[2, 1])": {
        "conv2d": ("Conv2d", {"in_channels": 1, "out_channels": 6, "kernel_size": (5, 3), "padding": (2, 1)})
    },
    "import torch.nn as nn\nnet = nn.Sequential(\n    nn.Linear(20, 256),\n    nn.ReLU(),\n)": {
        "net": [("linear", ("Linear", LINEAR)), ("relu", ("ReLU", {}))]
    },
    "nn.Sequential(OrderedDict([('a', nn.Linear(20, 256)), ('b', nn.Sequential(nn.ReLU()))]))": {
        "sequential": [("a", ("Linear", LINEAR)), ("b", [("relu", ("ReLU", {}))])]
    },
    "x = F.max_pool2d(x, 2)": {"max_pool2d": ("max_pool2d", {"kernel_size": 2})},
    "torch.cat([a, b], dim=1)": {"cat": ("cat", {"dim": 1})},
}


@pytest.mark.parametrize("text", CASES)
def test_layers_become_nodes(text: str) -> None:
    graph = read(text, "width")
    assert {name: told(node) for name, node in graph.nodes.items()} == CASES[text]


def test_lines_of_a_sequential_are_wired_in_a_row() -> None:
    graph = read("nn.Linear(20, 256),\nnn.ReLU(),\nnn.Linear(256, 10),")
    assert graph.edges == {
        Endpoint("relu", "input"): Endpoint("linear", "output"),
        Endpoint("linear_2", "input"): Endpoint("relu", "output"),
    }


def test_named_children_are_kept() -> None:
    (node,) = read("nn.Sequential(OrderedDict([('a', nn.ReLU())]))").nodes.values()
    assert isinstance(node, Sequential) and node.named


@pytest.mark.parametrize(
    "text",
    [
        CLASS,
        "nn.Sequential(*[nn.Linear(4, 4) for _ in range(3)])",
        "nn.Linear(20, unknown)",
        "nn.Linear('a', 3)",
        "nn.Linear(20)",
        "nn.Linear(20, 10, True, None, None, 5)",
        "nn.ModuleList([nn.ReLU()])",
        "F.relu(self.fc1(x))",
        "nn.Linear(20, __import__('os').getpid())",
        "import torch",
    ],
)
def test_what_is_more_than_layers_makes_no_node(text: str) -> None:
    assert graph_in(source_in(text)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello world", "neither blocks nor layers"),
        ("print(5)", "neither blocks nor layers"),
        ('{"nodes": [], "links": []}', "neither blocks nor layers"),
        ("nn.Linear(20,", "not whole"),
        ("nn.Linear(" + "(" * 500, "not whole"),
        ("nn." * 100_000, "neither blocks nor layers"),
    ],
)
def test_what_is_no_python_of_torch_is_said(text: str, said: str) -> None:
    with pytest.raises(CodeError, match=said):
        source_in(text)


def test_a_snippet_is_completed_for_an_import() -> None:
    name, whole = models_in(CLASS)
    assert name == "Net" and whole.startswith("from torch import nn\nimport torch.nn.functional as F\n")
    assert models_in("nn.Sequential(*layers)") == ("model", "from torch import nn\n\nmodel = nn.Sequential(*layers)\n")
    assert models_in("from torch import nn\nnet = nn.Linear(1, 2)")[1] == "from torch import nn\nnet = nn.Linear(1, 2)"
    assert models_in("import torch\nx = 5")[0] == ""


def test_one_class_can_be_a_block_of_python() -> None:
    document = Document("Main")
    assert block_in(document, CLASS) == "Net"
    assert block_in(document, "nn.Linear(1, 2)") == ""
    assert block_in(Document("Main", {"Net": CodeDefinition("Net", CLASS)}), CLASS) == ""


@pytest.mark.parametrize(
    ("type", "text", "options"),
    [
        ("torch.nn.Linear", "lin(20, 256)", LINEAR),
        ("torch.nn.Linear", "nn.Linear(20, out_features=256", LINEAR),
        ("torch.nn.Conv2d", "conv(3, 8, (3, 5)", {"in_channels": 3, "out_channels": 8, "kernel_size": (3, 5)}),
        ("torch.nn.Dropout", "dropout(0.1)", {"p": 0.1}),
        ("torch.nn.Softmax", "softmax(dim=1", {"dim": 1}),
        ("torch.cat", "cat(dim=2)", {"dim": 2}),
        ("torch.nn.Linear", "linear(width, 4)", {"in_features": Expression("width"), "out_features": 4}),
        ("torch.nn.Linear", "linear", {}),
        ("torch.nn.Linear", "linear()", {}),
        ("torch.nn.Linear", "linear(", {}),
        ("torch.nn.Linear", "linear('a', 3)", {}),
        ("torch.nn.Linear", "linear(1, 2, 3, 4, 5, 6)", {}),
        ("torch.nn.Linear", "linear(unknown)", {}),
        ("torch.nn.Linear", "linear(nonsense=1)", {}),
        ("node:repeat", "repeat(3)", {}),
    ],
)
def test_what_is_typed_behind_a_name_are_options(type: str, text: str, options: dict[str, object]) -> None:
    assert typed_options(type, text, ("width",)) == options
