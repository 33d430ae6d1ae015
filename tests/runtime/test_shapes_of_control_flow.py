"""Shapes in loops and branches."""

from __future__ import annotations

from typing import Any

import pytest

from blockstudio.engine.protocol import Shapes, TensorShape
from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    Definition,
    Expression,
    Graph,
    HyperParameter,
    If,
    Node,
    Repeat,
    While,
)
from tests.compiler.documents import (
    document,
    function,
    graph,
    instance,
    layer,
    linear,
    net,
)
from tests.compiler.models import in_training, none_of
from tests.runtime.finding import at, find, only, size, words, x


def large(name: str = "x") -> Graph:
    nodes = [function("s", "torch.sum"), function("g", "operator.gt", other=1)]
    return graph(name, "c", nodes, f"{name}>s s>g g>c")


def test_a_loop_that_keeps_the_shape() -> None:
    loop = While(
        name="loop",
        condition=large(),
        body=graph("x", "x", [function("half", "operator.truediv", other=2)], "x>half half>x"),
    )
    shapes = find(net(graph([x(2, 20)], "y", [loop], "x>loop.x loop.x>y")))
    assert shapes.problems == ()
    assert size(shapes, "Net/loop", "x") == size(shapes, "Net/loop.body/half") == (2, 20)
    assert at(shapes, "Net/loop.condition/g") == TensorShape((), "bool")


def test_a_loop_that_changes_the_shape() -> None:
    loop = While(name="loop", condition=large(), body=graph("x", "x", [linear("grow", 20, 40)], "x>grow grow>x"))
    shapes = find(net(graph([x(2, 20)], "y", [loop, layer("after", "ReLU")], "x>loop.x loop.x>after after>y")))
    problem = only(shapes)
    assert (problem.code, problem.severity, problem.path) == ("loop-shape", "warning", "Net/loop")
    assert "from 2×20 to 2×40" in words(problem)
    assert at(shapes, "Net/after").text == "changes in the loop"  # type: ignore[union-attr]


def test_a_condition_must_be_one_value() -> None:
    condition = graph("x", "c", [function("g", "operator.gt", other=1)], "x>g g>c")
    loop = While(name="loop", condition=condition, body=graph("x", "x", [layer("a", "ReLU")], "x>a a>x"))
    problem = only(find(net(graph([x(2, 20)], "y", [loop], "x>loop.x loop.x>y"))))
    assert words(problem) == "The condition gives 2×20; it must be a single value."


def test_a_loop_that_shapes_decide_is_gone_through() -> None:
    condition = graph(
        "x", "c", [function("d", "torch.Tensor.size", dim=0), function("g", "operator.lt", other=8)], "x>d d>g g>c"
    )
    body = graph("x", "x", [function("two", "torch.cat")], "x>two.tensors.0 x>two.tensors.1 two>x")
    loop = While(name="loop", condition=condition, body=body)
    shapes = find(net(graph([x(1, 3)], "y", [loop], "x>loop.x loop.x>y")))
    assert size(shapes, "Net/loop", "x") == (8, 3)


def branch(then: Node, otherwise: Node, condition: Graph) -> If:
    return If(
        name="choice",
        condition=condition,
        then=graph("x", "y", [then], f"x>{then.name} {then.name}>y"),
        otherwise=graph("x", "y", [otherwise], f"x>{otherwise.name} {otherwise.name}>y"),
    )


def test_branches() -> None:
    def shapes_of(then: Node, otherwise: Node) -> Shapes:
        node = branch(then, otherwise, large())
        return find(net(graph([x(2, 20)], "y", [node], "x>choice.x choice.y>y")))

    assert size(shapes_of(layer("a", "ReLU"), layer("b", "Tanh")), "Net/choice", "y") == (2, 20)
    differ = shapes_of(linear("a", 20, 10), layer("b", "Tanh"))
    assert only(differ).severity == "info"
    assert words(only(differ)) == "“y” is 2×10 or 2×20, depending on the data."
    assert at(differ, "Net/choice", "y").text == "depends on data"  # type: ignore[union-attr]
    assert size(differ, "Net/choice.then/a") == (2, 10)
    assert only(shapes_of(linear("a", 21, 10), layer("b", "Tanh"))).path == "Net/choice.then/a"


def test_the_branch_that_is_not_taken_has_no_faults() -> None:
    condition = graph("x", "c", [function("eq", "operator.eq", input=Expression("n"), other=1)], "eq>c")
    inner = Definition(
        "Inner",
        graph("x", "y", [branch(linear("a", 20, 10), linear("b", 99, 10), condition)], "x>choice.x choice.y>y"),
        hyper_parameters=[HyperParameter("n", "1")],
    )
    made = document(inner, Definition("Net", graph([x(2, 20)], "y", [instance("i", "Inner")], "x>i.x i.y>y")))
    shapes = find(made)
    assert shapes.problems == ()
    assert size(shapes, "Net/i", "y") == (2, 10)


def test_the_mode_decides_a_branch_and_both_are_walked() -> None:
    up = graph("x", "y", [linear("up", 20, 40)], "x>up up>y")
    down = graph("x", "y", [linear("down", 20, 10)], "x>down down>y")
    head = graph("x", "y", [linear("head", 20, 5)], "x>head head>y")
    nodes = [in_training("wide", up, down), layer("act", "ReLU"), in_training("aux", head, none_of("none"))]
    made = net(graph([x(2, 20)], "y z", nodes, "x>wide.x wide.y>act act>y x>aux.x aux.y>z"))
    shapes = find(made)
    assert shapes.problems == ()
    for path, port in (("Net/wide", "y"), ("Net/act", "output")):
        assert size(shapes, path, port) == (2, 10)
        assert at(shapes, path, port).text == "2×40"  # type: ignore[union-attr]
    assert size(shapes, "Net/wide.then/up") == (2, 40)
    assert size(shapes, "Net/aux", "y") == (2, 5), "what there is in one mode only"


def test_what_does_not_fit_in_one_mode_is_a_problem() -> None:
    right, wrong = (graph("x", "y", [linear(name, n, 4)], f"x>{name} {name}>y") for name, n in (("a", 20), ("b", 9)))
    for then, otherwise, slot in ((wrong, right, "then"), (right, wrong, "otherwise")):
        shapes = find(net(graph([x(2, 20)], "y", [in_training("choice", then, otherwise)], "x>choice.x choice.y>y")))
        assert only(shapes).path == f"Net/choice.{slot}/b"


def test_several_branches_are_taken_in_the_same_mode() -> None:
    wide, narrow = (graph("x", "y", [linear(f"to{n}", 20, n)], f"x>to{n} to{n}>y") for n in (8, 4))
    from_wide, from_narrow = (graph("x", "y", [linear(f"of{n}", n, 2)], f"x>of{n} of{n}>y") for n in (8, 4))
    nodes = [in_training("one", wide, narrow), in_training("two", from_wide, from_narrow)]
    shapes = find(net(graph([x(2, 20)], "y", nodes, "x>one.x one.y>two.x two.y>y")))
    assert shapes.problems == ()
    assert size(shapes, "Net/two", "y") == (2, 2)


def test_rounds() -> None:
    body = graph("x", "x", [linear("step", Expression("20 + i"), Expression("21 + i"))], "x>step step>x")

    def made(count: Any) -> Document:
        node = Repeat(name="rounds", count=count, shared=False, body=body)
        return net(graph([x(2, 20)], "y", [node], "x>rounds.x rounds.x>y"))

    assert size(find(made(5)), "Net/rounds", "x") == (2, 25)
    assert size(find(made(0)), "Net/rounds", "x") == (2, 20)
    assert size(find(made(0)), "Net/rounds.body/step") == (2, 21), "shown although it does not run"


def test_a_million_equal_rounds_cost_one() -> None:
    """Else this would take half an hour."""
    body = graph("x", "x", [function("plus", "operator.add", other=1)], "x>plus plus>x")
    node = Repeat(name="rounds", count=10**6, shared=True, body=body)
    assert size(find(net(graph([x(2, 20)], "y", [node], "x>rounds.x rounds.x>y"))), "Net/rounds", "x") == (2, 20)


@pytest.mark.parametrize(
    "nodes",
    [
        [function("n", "torch.nonzero")],
        [function("n", "torch.unique")],
        [function("s", "torch.sum"), function("n", "torch.Tensor.item")],
        [function("mask", "operator.gt", other=0), function("n", "operator.getitem")],
    ],
    ids=lambda nodes: nodes[-1].type,
)
def test_what_depends_on_data_says_so(nodes: list[Node]) -> None:
    wires = "x>mask mask>n.index x>n n>y" if nodes[0].name == "mask" else "x>s s>n n>y" if len(nodes) > 1 else "x>n n>y"
    shapes = find(net(graph([x(2, 20)], "y", nodes, wires)))
    assert at(shapes, "Net/n") == TensorShape(None, text="depends on data")
    assert shapes.problems == ()


def test_numbers_in_a_validity_check_do_not_matter() -> None:
    """This loss looks whether any variance is negative, which the meta device cannot tell."""
    inputs = [x(4, 10), x(4, 10, name="t"), x(4, 10, name="v")]
    made = net(graph(inputs, "y", [layer("n", "GaussianNLLLoss")], "x>n t>n.target v>n.var n>y"))
    assert size(find(made), "Net/n") == ()
