"""Nodes into the bodies of control flow and out of them: the model computes what it did."""

from __future__ import annotations

import pytest
import torch

import blockstudio as bs
from blockstudio.errors import EditError
from blockstudio.graph.control_commands import wrap
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, Connect, Edit
from blockstudio.graph.hoisting import hoist, is_body, sink
from blockstudio.graph.model import (
    Constant,
    Definition,
    Endpoint,
    Example,
    Function,
    Graph,
    Layer,
    Node,
    Port,
    Repeat,
    While,
)

from .test_moving import round_trip

NET = Location("Net")
BODY = NET.enter("rounds", "body")
X = torch.rand(3, 4)


def node(name: str, type: str, **options: object) -> Node:
    return Function(name=name, type=type, options=options)


def body() -> Graph:
    """x ← tanh(x + scale(w)), w stays; scale is w * 2."""
    nodes = (
        node("scale", "operator.mul", other=2),
        node("add", "operator.add"),
        node("tanh", "torch.tanh"),
    )
    wires = {
        "scale.input": ".w", "add.input": ".x", "add.other": "scale.output", "tanh.input": "add.output",
        ".x": "tanh.output", ".w": ".w",
    }  # fmt: skip
    edges = {end(target): end(source) for target, source in wires.items()}
    return Graph([Port("x"), Port("w")], [Port("x"), Port("w")], {one.name: one for one in nodes}, edges)


def end(text: str) -> Endpoint:
    return Endpoint(*text.split("."))


def document(loop: Node, *more: Node) -> Document:
    """x → loop → y, with w for what stays."""
    graph = Graph(
        [Port("x", example=Example((3, 4))), Port("w", example=Example((3, 4)))],
        [Port("y")],
        {one.name: one for one in (*more, loop)},
        {end(f"{loop.name}.x"): end(".x"), end(f"{loop.name}.w"): end(".w"), end(".y"): end(f"{loop.name}.x")},
    )
    return Document("Net", {"Net": Definition("Net", graph)})


def repeated(**fields: object) -> Document:
    return document(Repeat(name="rounds", body=body(), count=3, **fields))  # type: ignore[arg-type]


def same(doc: Document, edit: Edit) -> None:
    """The model gives the same before and after an edit, which can be undone."""
    before = bs.build(doc, seed=0)(X, 2 * X)
    round_trip(doc, edit)
    assert not [problem for problem in bs.check(doc) if problem.severity == "error"]
    after = bs.build(doc, seed=0)(X, 2 * X)
    assert torch.equal(before, after)


def names(doc: Document, place: Location) -> set[str]:
    return set(doc.graph(place).nodes)


def test_what_stays_the_same_in_each_round_moves_out_and_in_again() -> None:
    doc = repeated()
    edit, moved = hoist(doc, BODY, ["scale"])
    same(doc, edit)
    assert moved == ["scale"] and "scale" in names(doc, NET) and "scale" not in names(doc, BODY)
    assert [port.name for port in doc.graph(BODY).inputs] == ["x", "w", "scale"]
    assert doc.graph(NET).edges[end("rounds.scale")] == end("scale.output")
    edit, moved = sink(doc, NET, ["scale"], "rounds", "body")
    same(doc, edit)
    assert "scale" in names(doc, BODY) and [port.name for port in doc.graph(BODY).inputs] == ["x", "w"]
    assert doc.graph(BODY).edges == body().edges


def test_what_changes_from_round_to_round_stays() -> None:
    doc = repeated()
    with pytest.raises(EditError, match="“x”, which changes from round to round"):
        hoist(doc, BODY, ["add", "scale"])
    with pytest.raises(EditError, match="“tanh” needs “add”, which stays inside"):
        hoist(doc, BODY, ["tanh"])


def test_what_only_begins_the_rounds_stays_outside() -> None:
    doc = repeated()
    doc.apply(AddNode(NET, node("relu", "torch.relu")))
    doc.apply(Connect(NET, end("relu.input"), end(".x")))
    doc.apply(Connect(NET, end("rounds.x"), end("relu.output")))
    with pytest.raises(EditError, match="only where the rounds begin"):
        sink(doc, NET, ["relu"], "rounds", "body")


def test_what_is_needed_outside_too_stays_there() -> None:
    doc = repeated()
    doc.apply(hoist(doc, BODY, ["scale"])[0])
    doc.apply(Connect(NET, end(".y"), end("scale.output")))
    with pytest.raises(EditError, match="“scale” is needed outside, too, by “y”"):
        sink(doc, NET, ["scale"], "rounds", "body")


def test_layers_and_the_number_of_the_round_stay() -> None:
    doc = repeated(shared=True)
    doc.apply(AddNode(BODY, Layer(name="relu", type="torch.nn.ReLU")))
    doc.apply(Connect(BODY, end("relu.input"), end(".w")))
    with pytest.raises(EditError, match="would not do the same outside of the rounds"):
        hoist(doc, BODY, ["relu"])
    doc = repeated(shared=False)
    doc.apply(AddNode(BODY, Constant(name="one", value="torch.ones(4)")))
    with pytest.raises(EditError, match="would not do the same"):
        hoist(doc, BODY, ["one"])


def test_a_while_takes_its_condition_along() -> None:
    condition = Graph(
        [Port("x"), Port("w")],
        [Port("go")],
        {"sum": node("sum", "torch.sum"), "less": node("less", "operator.lt", other=4)},
        {end("sum.input"): end(".x"), end("less.input"): end("sum.output"), end(".go"): end("less.output")},
    )
    doc = document(While(name="rounds", condition=condition, body=body()))
    edit, _ = hoist(doc, BODY, ["scale"])
    same(doc, edit)
    assert [port.name for port in doc.graph(NET.enter("rounds", "condition")).inputs] == ["x", "w", "scale"]
    edit, _ = sink(doc, NET, ["scale"], "rounds", "body")
    same(doc, edit)


def test_into_a_branch_and_out_of_it() -> None:
    doc = document(Repeat(name="rounds", body=body(), count=1))
    for name, type in (("relu", "torch.relu"), ("neg", "torch.sigmoid")):
        doc.apply(AddNode(NET, node(name, type)))
    doc.apply(Connect(NET, end("relu.input"), end("rounds.x")))
    doc.apply(Connect(NET, end("neg.input"), end("relu.output")))
    doc.apply(Connect(NET, end(".y"), end("neg.output")))
    doc.apply(wrap(doc, NET, ["neg"], "if", lambda one: ("input", "output"))[0])
    then = NET.enter("choice", "then")
    assert is_body(doc, then) and not is_body(doc, NET)
    with pytest.raises(EditError, match="is needed in another of its graphs"):
        sink(doc, NET, ["relu"], "choice", "then")  # what goes past the branch needs it, too
    edit, moved = hoist(doc, then, ["neg"])
    same(doc, edit)
    assert moved == ["neg"] and doc.graph(then).nodes == {}
    edit, _ = sink(doc, NET, ["neg"], "choice", "then")
    same(doc, edit)
