"""The shape on every edge without a run."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from attrs import evolve
from hypothesis import given, settings

from blockstudio.compiler import compile_document
from blockstudio.engine.protocol import TensorShape
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import SetNode, SetPorts
from blockstudio.graph.model import (
    Definition,
    Example,
    Expression,
    Graph,
    HyperParameter,
    Node,
    Port,
    Repeat,
    Sequential,
)
from blockstudio.runtime.build import build_compiled
from blockstudio.runtime.recorder import Recorder
from blockstudio.runtime.shapes import ShapeFinder
from tests.compiler.documents import (
    call,
    constant,
    document,
    function,
    graph,
    instance,
    layer,
    linear,
    net,
    parameter,
)
from tests.compiler.random_documents import documents
from tests.runtime.finding import at, chain, find, mlp, only, size, words, x


def test_a_chain() -> None:
    shapes = find(mlp(), revision=4)
    assert [(row.path, row.port, row.value.shape) for row in shapes.ports] == [
        ("Net", "x", (2, 20)),
        ("Net/hidden", "output", (2, 256)),
        ("Net/act", "output", (2, 256)),
        ("Net/out", "output", (2, 10)),
    ]
    assert shapes.problems == () and shapes.revision == 4 and shapes.milliseconds > 0
    assert {row.value.dtype for row in shapes.ports} == {"float32"}


def test_nothing_is_drawn_from_torch_random_numbers() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    find(chain(linear("a", 20, 33), layer("d", "Dropout"), function("p", "dropout"), function("r", "torch.rand_like")))
    assert torch.equal(torch.rand(1), expected)


@settings(max_examples=60)
@given(documents())
def test_what_is_said_is_what_flows(made: Document) -> None:
    root = made.definition(made.root).graph
    root.inputs[:] = [evolve(port, example=Example((2, 8))) for port in root.inputs]
    shapes = find(made)
    assert [words(problem) for problem in shapes.problems if problem.severity == "error"] == []
    compiled = compile_document(made)
    recorder = Recorder(compiled.program, made)
    with torch.no_grad():
        recorder.run(build_compiled(compiled, 0), {"x": torch.randn(2, 8), "h": torch.randn(2, 8)})
    said = {(row.path, row.port): row.value for row in shapes.ports}
    for where, value in recorder.seen.items():
        assert said[where].shape == tuple(value.shape), where
        assert f"torch.{said[where].dtype}" == str(value.dtype), where


def test_several_outputs_numbers_and_lists() -> None:
    nodes: list[Node] = [
        layer("lstm", "LSTM", input_size=16, hidden_size=8, num_layers=2),
        function("n", "torch.Tensor.size", dim=0),
        function("all", "torch.Tensor.shape"),
        function("parts", "torch.chunk", chunks=2, dim=-1),
    ]
    made = net(graph([x(5, 3, 16)], "y", nodes, "x>lstm lstm>n lstm.h_n>all lstm>parts parts.chunks.0>y"))
    shapes = find(made)
    assert size(shapes, "Net/lstm") == (5, 3, 8)
    assert size(shapes, "Net/lstm", "h_n") == size(shapes, "Net/lstm", "c_n") == (2, 3, 8)
    assert at(shapes, "Net/n") == TensorShape(None, text="5", python_type="int")
    assert at(shapes, "Net/all") == TensorShape(None, text="(2, 3, 8)", python_type="Size")
    assert size(shapes, "Net/parts", "chunks.1") == (5, 3, 4)


def test_constants_parameters_and_hyper_parameters() -> None:
    inner = Definition(
        "Inner",
        graph(
            "x",
            "y",
            [constant("c", "torch.ones(n, 4)"), parameter("p", "torch.rand(4, n + 1)"), function("mm1", "torch.mm"),
             function("mm2", "torch.mm")],
            "x>mm1 c>mm1.mat2 mm1>mm2 p>mm2.mat2 mm2>y",
        ),
        hyper_parameters=[HyperParameter("n", "20")],
    )  # fmt: skip
    nodes = [instance("one", "Inner"), instance("two", "Inner", n=21)]
    made = document(inner, Definition("Net", graph([x(2, 20)], "y", nodes, "x>one.x one.y>two.x two.y>y")))
    shapes = find(made)
    assert shapes.problems == ()
    assert size(shapes, "Inner/c") == (20, 4)
    assert at(shapes, "Inner/p").text == "4×22"  # type: ignore[union-attr]
    assert size(shapes, "Net/two", "y") == (2, 22)


def test_a_lazy_layer_takes_what_it_gets_each_time() -> None:
    for width in (20, 30):
        made = chain(layer("lazy", "LazyLinear", out_features=7), inputs=x(2, width))
        assert size(find(made), "Net/lazy") == (2, 7)


def test_a_sequential_of_everything() -> None:
    inner = Definition("Inner", graph("x", "y", [linear("a", 8, 8)], "x>a a>y"))
    rounds = Repeat(
        name="rounds",
        count=3,
        shared=False,
        index="i",
        body=graph("x", "x", [linear("step", Expression("8 + i"), Expression("9 + i"))], "x>step step>x"),
    )
    children: list[Node] = [linear("first", 20, 8), instance("block", "Inner"), call("again", "block"), rounds]
    body = Graph([Port("input")], [Port("output")], {node.name: node for node in children})
    made = document(
        inner,
        Definition("Net", graph([x(2, 20)], "y", [Sequential(name="net", body=body)], "x>net net>y")),
    )
    shapes = find(made)
    assert shapes.problems == ()
    assert size(shapes, "Net/net.body/again", "y") == (2, 8)
    assert size(shapes, "Net/net.body/rounds.body/step") == (2, 9)
    assert at(shapes, "Net/net.body/rounds.body/step").text == "2×10, 2×11"  # type: ignore[union-attr]
    assert size(shapes, "Net/net") == (2, 11)


# --- definitions ---


def test_a_definition_shows_its_first_use_and_says_that_others_differ() -> None:
    inner = Definition("Inner", graph("x", "y", [layer("act", "ReLU")], "x>act act>y"))
    nodes = [instance("one", "Inner"), linear("wide", 20, 40), instance("two", "Inner")]
    made = document(inner, Definition("Net", graph([x(2, 20)], "y", nodes, "x>one.x one.y>wide wide>two.x two.y>y")))
    shapes = find(made)
    assert at(shapes, "Inner/act") == TensorShape((2, 20), "float32", "2×40")
    assert size(shapes, "Net/two", "y") == (2, 40)


def test_a_definition_is_shown_as_the_instance_has_it_that_was_entered() -> None:
    inner = Definition("Inner", graph("x", "y", [layer("act", "ReLU")], "x>act act>y"))
    outer = Definition("Outer", graph("x", "y", [instance("deep", "Inner"), instance("again", "Inner")],
                                      "x>deep.x deep.y>again.x again.y>y"))  # fmt: skip
    nodes = [instance("one", "Outer"), linear("wide", 20, 40), instance("two", "Outer"), instance("three", "Outer")]
    wires = "x>one.x one.y>wide wide>two.x two.y>three.x three.y>y"
    made = document(inner, outer, Definition("Net", graph([x(2, 20)], "y", nodes, wires)))
    for within, shape, other in (
        (("Net/one", "Outer/deep"), (2, 20), "2×40"),
        (("Net/two", "Outer/again"), (2, 40), "2×20"),
        (("Net/three", "Outer/again"), (2, 40), "2×20"),  # worked out once for all three
        (("Net/two",), (2, 40), "2×20"),  # what is inside of it may be expanded there
        (("Net/gone",), (2, 20), "2×40"),
    ):
        shapes = find(made, within=within)
        assert at(shapes, "Inner/act") == TensorShape(shape, "float32", other), within
        assert at(shapes, "Outer", "x") == TensorShape(shape, "float32", other), within
        assert size(shapes, "Net/wide") == (2, 40)


def test_a_problem_is_told_of_the_instance_that_was_entered() -> None:
    inner = Definition("Inner", graph("x", "y", [linear("l", 7, 1)], "x>l l>y"))
    nodes = [
        linear("wide", 20, 40),
        instance("one", "Inner"),
        instance("two", "Inner"),
        function("add", "operator.add"),
    ]
    wires = "x>one.x x>wide wide>two.x one.y>add.input two.y>add.other add>y"
    made = document(inner, Definition("Net", graph([x(2, 20)], "y", nodes, wires)))
    for within, size_given in ((("Net/two",), "2×40"), (("Net/one",), "2×20"), ((), "2×20")):
        problem = only(find(made, within=within))
        assert problem.path == "Inner/l" and size_given in words(problem)
        assert problem.facts["within"] == list(within or ("Net/one",))


def test_a_definition_out_of_reach_has_its_own_examples() -> None:
    other = Definition("Other", graph([x(3, 5)], "y", [layer("act", "ReLU")], "x>act act>y"))
    plain = Definition("Plain", graph("x", "y", [layer("act", "ReLU")], "x>act act>y"))
    made = document(other, plain, *mlp().definitions.values())
    assert at(find(made), "Other/act") is None
    shapes = find(made, shown=("Other", "Plain", "Missing"))
    assert size(shapes, "Other/act") == (3, 5)
    assert shapes.problems == ()


def test_deeply_nested_blocks() -> None:
    limit = sys.getrecursionlimit()
    try:
        blocks = [Definition("B0", graph("x", "y", [linear("l", 20, 5)], "x>l l>y"))]
        for n in range(1, 140):
            blocks.append(Definition(f"B{n}", graph("x", "y", [instance("b", f"B{n - 1}")], "x>b.x b.y>y")))
        root = Definition("Net", graph([x(2, 20)], "y", [instance("b", "B139")], "x>b.x b.y>y"))
        assert size(find(document(*blocks, root)), "Net/b", "y") == (2, 5)
    finally:
        sys.setrecursionlimit(limit)


# --- an edit costs what it touches ---


def test_an_edit_costs_what_it_touches(monkeypatch: pytest.MonkeyPatch) -> None:
    made = chain(*(linear(f"l{n}", 20, 20) for n in range(50)))
    finder = ShapeFinder()
    finder.shapes(made)
    performed: list[Any] = []
    original = type(finder.steps)._perform
    monkeypatch.setattr(
        type(finder.steps), "_perform", lambda self, *given: performed.append(given) or original(self, *given)
    )
    place = Location("Net")
    made.apply(SetNode(place, linear("l9", 20, 21)))
    made.apply(SetNode(place, linear("l10", 21, 20)))
    assert finder.shapes(made).problems == ()
    assert len(performed) == 2
    finder.shapes(made)
    assert len(performed) == 2
    made.apply(SetPorts(place, "inputs", (x(3, 20),)))
    assert size(finder.shapes(made), "Net/l49") == (3, 20)
    assert len(performed) == 5, "three kinds of layers with another input"
