"""A Sequential taken apart computes what it did, with its initialisers, and leaves nothing behind."""

from __future__ import annotations

import pytest
import torch

from blockstudio.compiler.check import check
from blockstudio.errors import EditError
from blockstudio.formats.project import dumps
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode
from blockstudio.graph.model import Call, Definition, Endpoint, Graph, Initializer, Node, Port, Repeat, Sequential
from blockstudio.graph.unwrapping import unwrap
from blockstudio.runtime.build import build
from tests.compiler.documents import document, graph, layer, linear

NET = Location("Net")


def ports(node: Node) -> tuple[str, str]:
    if isinstance(node, Repeat):
        return node.body.inputs[0].name, node.body.inputs[0].name
    return "input", "output"


def net(*children: Node, named: bool = False, **fields: object) -> Document:
    body = Graph(nodes={node.name: node for node in children})
    nodes = [linear("a", 4, 8), Sequential(name="seq", body=body, named=named), layer("end", "Tanh")]
    made = graph([Port("x")], "y", nodes, "x>a a>seq seq>end end>y")
    return document(Definition("Net", made, **fields))  # type: ignore[arg-type]


ROW = (linear("a", 8, 6), layer("act", "ReLU"), linear("b", 6, 2))


def test_its_children_stand_in_its_place_and_compute_the_same() -> None:
    doc = net(*ROW)
    before, model = dumps(doc), build(doc, seed=1)
    edit, names = unwrap(doc, NET, "seq", ports)
    inverse = doc.apply(edit)
    assert names == ("a_2", "act", "b")
    assert list(doc.graph(NET).nodes) == ["a", "a_2", "act", "b", "end"]
    assert doc.graph(NET).source_of("end", "input") == Endpoint("b", "output")
    assert [d for d in check(doc) if d.severity == "error"] == []
    apart, x = build(doc, seed=1), torch.rand(3, 4)
    torch.testing.assert_close(apart(x), model(x))
    doc.apply(inverse)
    assert dumps(doc) == before


def test_what_is_in_it_is_initialised_as_before() -> None:
    rules = [
        Initializer(target="seq.0", parameter="weight", function="torch.nn.init.ones_"),
        Initializer(target="seq", parameter="bias", function="torch.nn.init.zeros_"),
        Initializer(target="a", parameter="bias", function="torch.nn.init.ones_"),
    ]
    doc = net(linear("one", 8, 8), linear("two", 8, 8), initializers=rules)
    doc.apply(unwrap(doc, NET, "seq", ports)[0])
    assert [rule.target for rule in doc.definition("Net").initializers] == ["one", "one", "two", "a"]
    named = net(
        linear("one", 8, 8), named=True, initializers=[Initializer(target="seq.one", function="torch.nn.init.ones_")]
    )
    named.apply(unwrap(named, NET, "seq", ports)[0])
    assert named.definition("Net").initializers[0].target == "one"


def test_within_another_its_children_go_into_that() -> None:
    inner = Sequential(name="inner", body=Graph(nodes={node.name: node for node in ROW}))
    doc = net(layer("first", "ReLU"), inner, layer("last", "ReLU"))
    model = build(doc, seed=1)
    doc.apply(unwrap(doc, NET.enter("seq", "body"), "inner", ports)[0])
    seq = doc.node(NET, "seq")
    assert isinstance(seq, Sequential) and list(seq.body.nodes) == ["first", "a", "act", "b", "last"]
    x = torch.rand(3, 4)
    torch.testing.assert_close(build(doc, seed=1)(x), model(x))


def test_rounds_in_it_keep_their_own_names() -> None:
    rounds = Repeat(name="rounds", body=graph("z", "z", [linear("a", 8, 8)], "z>a a>z"), count=2)
    doc = net(rounds)
    doc.apply(unwrap(doc, NET, "seq", ports)[0])
    assert [d for d in check(doc) if d.severity == "error"] == []
    assert build(doc)(torch.rand(3, 4)).shape == (3, 8)


def test_an_empty_one_leaves_the_wire() -> None:
    doc = net()
    edit, names = unwrap(doc, NET, "seq", ports)
    doc.apply(edit)
    assert names == () and doc.graph(NET).source_of("end", "input") == Endpoint("a", "output")


def test_a_shared_one_stays_whole() -> None:
    doc = net(*ROW)
    doc.apply(AddNode(NET, Call(name="again", layer="seq")))
    with pytest.raises(EditError, match="shares its weights"):
        unwrap(doc, NET, "seq", ports)
