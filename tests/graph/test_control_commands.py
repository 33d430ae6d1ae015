"""Nodes put into control flow and taken on with their wires, and the names and conditions of it."""

from __future__ import annotations

import pytest

from blockstudio.compiler import source
from blockstudio.errors import EditError
from blockstudio.formats.project import dumps
from blockstudio.graph.control_commands import condition_of, decide, decide_by_mode, is_by_mode, rename_index, wrap
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Expression, Graph, If, Instance, Node, Repeat
from tests.compiler.documents import function, graph, layer, linear, net
from tests.compiler.models import chained

NET = Location("Net")


def main_ports(node: Node) -> tuple[str, str]:
    return ("x", "y") if isinstance(node, Instance) else ("input", "output")


def straight() -> Document:
    nodes = [linear("a", 4, 4), layer("relu", "ReLU"), linear("b", 4, 4)]
    return net(graph("x", "y", nodes, "x>a a>relu relu>b b>y"))


def wires(doc: Document, location: Location = NET) -> set[str]:
    return {f"{':'.join(s)} > {':'.join(t)}" for t, s in doc.graph(location).edges.items()}


def test_nodes_go_into_a_repeat_with_their_wires_and_come_back() -> None:
    doc = straight()
    before = dumps(doc)
    edit, name = wrap(doc, NET, ["a", "relu"], "repeat", main_ports)
    inverse = doc.apply(edit)
    node = doc.node(NET, name)
    assert isinstance(node, Repeat) and not node.shared
    assert list(doc.graph(NET).nodes) == [name, "b"]
    assert wires(doc) == {f":x > {name}:x", f"{name}:x > b:input", "b:output > :y"}
    assert wires(doc, NET.enter(name, "body")) == {":x > a:input", "a:output > relu:input", "relu:output > :x"}
    doc.apply(inverse)
    assert dumps(doc) == before


def test_nodes_go_into_a_branch_and_the_other_lets_pass_what_came_in() -> None:
    doc = straight()
    edit, name = wrap(doc, NET, ["relu"], "if", main_ports)
    doc.apply(edit)
    node = doc.node(NET, name)
    assert isinstance(node, If) and condition_of(node) is True
    assert wires(doc, NET.enter(name, "otherwise")) == {":a > :relu"}
    assert wires(doc) == {":x > a:input", f"a:output > {name}:a", f"{name}:relu > b:input", "b:output > :y"}
    doc.apply(decide(doc, NET, name, Expression("stride != 1")))
    changed = doc.node(NET, name)
    assert isinstance(changed, If) and condition_of(changed) == Expression("stride != 1")
    assert changed.then == node.then


def test_nodes_go_into_a_branch_that_the_mode_decides() -> None:
    doc = straight()
    before = dumps(doc)
    edit, name = wrap(doc, NET, ["relu"], "training", main_ports)
    inverse = doc.apply(edit)
    node = doc.node(NET, name)
    assert isinstance(node, If) and is_by_mode(node)
    assert "if self.training:" in source(doc)
    doc.apply(decide(doc, NET, name, Expression("1 > 2")))
    changed = doc.node(NET, name)
    assert isinstance(changed, If) and not is_by_mode(changed)
    doc.apply(decide_by_mode(doc, NET, name))
    again = doc.node(NET, name)
    assert isinstance(again, If) and is_by_mode(again) and again.then == node.then
    doc.apply(decide(doc, NET, name, True))
    doc.apply(decide_by_mode(doc, NET, name))
    doc.apply(inverse)
    assert dumps(doc) == before


def test_a_condition_that_is_more_than_a_value_is_a_graph() -> None:
    mean = graph("x", "c", [function("mean", "torch.mean")], "x>mean mean>c")
    either = If(name="either", condition=mean, then=Graph(), otherwise=Graph())
    assert condition_of(either) is mean


def test_children_of_a_sequential_are_repeated_where_they_follow_each_other() -> None:
    children = [linear("a", 4, 4), layer("relu", "ReLU"), linear("b", 4, 4)]
    doc = net(graph("x", "y", [chained(*children)], "x>net net>y"))
    inside = NET.enter("net", "body")
    edit, name = wrap(doc, inside, ["a", "relu"], "repeat", main_ports)
    doc.apply(edit)
    assert list(doc.graph(inside).nodes) == [name, "b"]
    assert wires(doc, inside.enter(name, "body")) == {":x > a:input", "a:output > relu:input", "relu:output > :x"}
    for names, kind in ((["b"], "if"), ([], "repeat")):
        with pytest.raises(EditError):
            wrap(doc, inside, names, kind, main_ports)  # type: ignore[arg-type]
    with pytest.raises(EditError, match="follow each other"):
        wrap(net(graph("x", "y", [chained(*children)])), inside, ["a", "b"], "repeat", main_ports)


def test_more_outputs_than_inputs_cannot_be_carried_on() -> None:
    nodes = [linear("a", 4, 4), linear("b", 4, 4), function("add", "operator.add")]
    doc = net(graph("x", "y", nodes, "x>a x>b a>add b>add.other add>y"))
    with pytest.raises(EditError, match="input for each output"):
        wrap(doc, NET, ["a", "b"], "repeat", main_ports)


def test_the_name_of_the_round_is_renamed_in_every_expression() -> None:
    inner = Repeat(name="inner", index="j", count=Expression("i + 1"), body=graph("x", "x", [], "x>x"))
    body = graph("x", "x", [linear("fc", 4, Expression("4 if i == 0 else 8")), inner], "x>fc fc>inner.x inner.x>x")
    outer = Repeat(name="outer", body=body)
    doc = net(graph("x", "y", [outer], "x>outer.x outer.x>y"))
    doc.apply(rename_index(doc, NET, "outer", "step"))
    node = doc.node(NET, "outer")
    assert isinstance(node, Repeat) and node.index == "step"
    assert node.body.nodes["fc"].options["out_features"] == Expression("4 if step == 0 else 8")  # type: ignore[attr-defined]
    assert node.body.nodes["inner"].count == Expression("step + 1")  # type: ignore[attr-defined]
    with pytest.raises(EditError, match="not a name"):
        rename_index(doc, NET, "outer", "1")
