from __future__ import annotations

import json
from pathlib import Path

import pytest

from blockstudio.errors import CompileError
from blockstudio.formats.project import load
from blockstudio.graph.model import Definition
from blockstudio.runtime.summary import Line, summarize
from tests.compiler import models
from tests.compiler.documents import call, document, graph, instance, layer, linear, net
from tests.runtime.workers import with_example

EXAMPLES = sorted(Path("resources/examples").resolve().glob("*.blocks"))


def lines(line: Line) -> dict[str, Line]:
    return {line.path: line} | {path: found for child in line.children for path, found in lines(child).items()}


def test_a_line_for_each_block_and_layer() -> None:
    found = summarize(with_example(models.nested(), (2, 20)))
    rows = lines(found.root)
    assert (found.parameters, found.trainable, found.buffers) == (4712, 4712, 400)
    assert {path: (row.type, row.output, row.parameters) for path, row in rows.items() if path.count(".") < 2} == {
        "": ("Chimera", "()", 4712),
        "net": ("Sequential", "()", 4712),
        "net.0": ("NestMLP", "(2, 16)", 3952),
        "net.1": ("Linear", "(2, 20)", 340),
        "net.2": ("FixedHiddenMLP", "()", 420),
    }
    assert rows["net.0.net.0"].output == "(2, 64)"
    assert rows["net.2.linear"].output == "(2, 20)"


def test_each_instance_has_its_own_shapes() -> None:
    half = graph("x", "y", [layer("pool", "MaxPool1d", kernel_size=2)], "x>pool pool>y")
    nodes = [instance("first", "Half"), instance("second", "Half"), linear("fc", 4, 4), call("again", "fc")]
    outer = graph("x", "y", nodes, "x>first.x first.y>second.x second.y>fc fc>again again>y")
    found = summarize(with_example(document(Definition("Half", half), Definition("Net", outer)), (2, 3, 16)))
    rows = lines(found.root)
    assert rows["first.pool"].output == "(2, 3, 8)" and rows["second.pool"].output == "(2, 3, 4)"
    assert list(rows) == ["", "first", "first.pool", "second", "second.pool", "fc"]
    assert found.parameters == 20


def test_sums_count_each_tensor_once() -> None:
    found = summarize(with_example(models.shared(), (2, 8)))
    assert found.root.parameters == found.parameters == sum(row.parameters for row in found.root.children)


def test_the_examples() -> None:
    for file in EXAMPLES:
        found = summarize(load(file), str(file.parent))
        assert found.root.output, file.name
        assert found.root.parameters == found.parameters
        assert json.loads(json.dumps(found.as_json()))["parameters"] == found.parameters
        text = found.as_text().splitlines()
        assert len({len(line) for line in text[:-4]}) == 1, file.name


def test_layers_of_torch_are_not_opened() -> None:
    nodes = [layer("attention", "TransformerEncoderLayer", d_model=8, nhead=2)]
    found = summarize(with_example(net(graph("x", "y", nodes, "x>attention.src attention>y")), (2, 3, 8)))
    assert found.root.children[0].children == () and found.root.children[0].parameters > 600


def test_without_examples_there_are_no_shapes() -> None:
    assert {row.output for row in lines(summarize(models.mlp()).root).values()} <= {"", "?"}


def test_a_document_with_errors() -> None:
    broken = models.mlp()
    del broken.definition("MLP").graph.nodes["hidden"]
    with pytest.raises(CompileError):
        summarize(broken)
