"""A run that keeps what flows on every edge. That it gives what the source gives is tested with random documents in
`tests/compiler`."""

from __future__ import annotations

import pytest
import torch

from blockstudio.compiler import compile_document
from blockstudio.errors import RunError
from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    CodeDefinition,
    Definition,
    Example,
    Expression,
    Graph,
    HyperParameter,
    If,
    Node,
    Port,
    Repeat,
    Sequential,
    While,
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

X = Port("x", example=Example((2, 8)))


def net_of(children: list[Node], name: str = "net") -> Sequential:
    return Sequential(name=name, body=Graph([Port("input")], [Port("output")], {node.name: node for node in children}))


def record(made: Document, *inputs: torch.Tensor) -> Recorder:
    """Run it both ways, compare what comes out, and return what was seen."""
    compiled = compile_document(made)
    model = build_compiled(compiled, 0)
    recorder = Recorder(compiled.program, made)
    given = dict(zip((port.name for port in made.definition(made.root).graph.inputs), inputs, strict=True))
    outputs = recorder.run(model, given)
    expected = model(*inputs)
    for one, other in zip(outputs, expected if isinstance(expected, tuple) else [expected], strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    return recorder


def test_every_edge_of_a_nested_model() -> None:
    inner = Definition(
        "Inner",
        graph("x", "y", [linear("up", 8, Expression("n")), layer("act", "Tanh")], "x>up up>act act>y"),
        hyper_parameters=[HyperParameter("n", "4")],
    )
    body = [linear("a", 8, 8), instance("b", "Inner", n=6), layer("c", "ReLU")]
    made = document(inner, Definition("Net", graph([X], "y", [net_of(body)], "x>net net>y")))
    seen = record(made, torch.randn(2, 8)).seen
    assert {where: tuple(value.shape) for where, value in seen.items()} == {
        ("Net", "x"): (2, 8),
        ("Net/net.body", "input"): (2, 8),
        ("Net/net.body/a", "output"): (2, 8),
        ("Inner", "x"): (2, 8),
        ("Inner/up", "output"): (2, 6),
        ("Inner/act", "output"): (2, 6),
        ("Net/net.body/b", "y"): (2, 6),
        ("Net/net.body/c", "output"): (2, 6),
        ("Net/net", "output"): (2, 6),
    }


def test_a_shared_layer_is_seen_at_both_places() -> None:
    nodes = [linear("one", 8, 8), layer("act", "ReLU"), call("again", "one")]
    seen = record(net(graph([X], "y", nodes, "x>one one>act act>again again>y")), torch.randn(2, 8)).seen
    assert not torch.equal(seen["Net/one", "output"], seen["Net/again", "output"])


def test_loops_keep_their_last_round() -> None:
    condition = graph(
        "x", "c", [function("sum", "torch.sum"), function("gt", "operator.gt", other=1)], "x>sum sum>gt gt>c"
    )
    body = graph("x", "x", [function("half", "operator.truediv", other=2)], "x>half half>x")
    loop = While(name="loop", condition=condition, body=body)
    recorder = record(net(graph([X], "y", [loop], "x>loop.x loop.x>y")), torch.ones(2, 8))
    assert recorder.seen["Net/loop.condition/sum", "output"] == 1
    assert recorder.seen["Net/loop.body/half", "output"][0, 0] == 0.0625


def test_rounds_and_branches() -> None:
    rounds = Repeat(
        name="rounds",
        count=3,
        shared=False,
        body=graph(
            "x", "x", [linear("step", 8, 8), function("plus", "operator.add", other=Expression("i"))],
            "x>step step>plus plus>x",
        ),
    )  # fmt: skip
    condition = graph("x", "c", [function("m", "torch.mean"), function("p", "operator.gt", other=0)], "x>m m>p p>c")
    branch = If(
        name="branch",
        condition=condition,
        then=graph("x", "y", [layer("then", "ReLU")], "x>then then>y"),
        otherwise=graph("x", "y", [function("neg", "operator.neg")], "x>neg neg>y"),
    )
    made = net(graph([X], "y", [rounds, branch], "x>rounds.x rounds.x>branch.x branch.y>y"))
    seen = record(made, torch.randn(2, 8)).seen
    assert ("Net/branch.then/then", "output") in seen or ("Net/branch.otherwise/neg", "output") in seen
    assert not {("Net/branch.then/then", "output"), ("Net/branch.otherwise/neg", "output")} <= seen.keys()


def test_a_fault_names_its_node() -> None:
    inner = Definition("Inner", graph("x", "y", [linear("a", 8, 4), linear("b", 5, 4)], "x>a a>b b>y"))
    made = document(inner, Definition("Net", graph([X], "y", [instance("inner", "Inner")], "x>inner.x inner.y>y")))
    compiled = compile_document(made)
    with pytest.raises(RunError, match="mat1 and mat2") as caught:
        Recorder(compiled.program, made).run(build_compiled(compiled, 0), {"x": torch.ones(2, 8)})
    assert caught.value.path == "Inner/b"


def test_a_root_in_python_has_no_edges() -> None:
    code = CodeDefinition(
        "Net",
        "class Net(nn.Module):\n    def forward(self, x):\n        return x + 1\n",
    )
    made = Document("Net", {"Net": code})
    compiled = compile_document(made)
    recorder = Recorder(compiled.program, made)
    assert torch.equal(recorder.run(build_compiled(compiled, 0), {"x": torch.ones(2)})[0], torch.full((2,), 2.0))
    assert recorder.seen == {}


@pytest.mark.parametrize(
    ("nodes", "wires"),
    [
        ([linear("n", 8, Expression("n")), linear("out", Expression("n"), 2)], "x>n n>out out>y"),
        ([parameter("n", "torch.ones(n)"), function("mul", "operator.mul")], "x>mul.input n>mul.other mul>y"),
        ([constant("n", "torch.ones(n)"), function("mul", "operator.mul")], "x>mul.input n>mul.other mul>y"),
        ([net_of([linear("0", 8, Expression("n"))], "n")], "x>n n>y"),
    ],
)
def test_a_layer_with_the_name_of_a_hyper_parameter(nodes: list[Node], wires: str) -> None:
    made = document(Definition("Net", graph([X], "y", nodes, wires), hyper_parameters=[HyperParameter("n", "8")]))
    record(made, torch.randn(2, 8))
    shapes = ShapeFinder().shapes(made)
    assert not shapes.problems and all(row.value.shape for row in shapes.ports)
