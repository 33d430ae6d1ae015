"""One way of reuse turned into another, and where things are used."""

from __future__ import annotations

import pytest

from blockstudio.errors import EditError
from blockstudio.formats.project import dumps
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Call, Definition, Repeat
from blockstudio.graph.sharing import instances_of, partners, share, uses_of
from tests.compiler.documents import call, document, graph, instance, layer, linear

NET = Location("Net")


def reuse() -> Document:
    """Layers, calls of one of them, instances, and a Repeat with layers of its own."""
    block = Definition("Block", graph("x", "y", [linear("fc", 4, 4)], "x>fc fc>y"))
    body = graph("x", "x", [linear("inner", 4, 4), call("inside", "a")], "x>inner inner>inside inside>x")
    nodes = [
        linear("a", 4, 4),
        linear("b", 4, 4),
        call("b_again", "b"),
        layer("relu", "ReLU"),
        instance("one", "Block"),
        instance("two", "Block"),
        Repeat(name="rounds", shared=False, body=body),
    ]
    wires = "x>a a>b b>b_again b_again>relu relu>one.x one.y>two.x two.y>rounds.x rounds.x>y"
    return document(block, Definition("Net", graph("x", "y", nodes, wires)))


@pytest.mark.parametrize(
    ("location", "name", "expected"),
    [
        (NET, "a", ["b"]),
        (NET, "b_again", ["a"]),
        (NET, "one", ["two"]),
        (NET, "relu", []),
        (NET.enter("rounds", "body"), "inner", ["a", "b"]),
    ],
)
def test_partners_are_of_the_same_kind_and_can_be_reached(location: Location, name: str, expected: list[str]) -> None:
    assert [use.node.name for use in partners(reuse(), location, name)] == expected


def test_sharing_makes_a_call_and_takes_its_own_calls_along() -> None:
    doc = reuse()
    before = dumps(doc)
    inverse = doc.apply(share(doc, NET, "b", "a"))
    nodes = doc.graph(NET).nodes
    assert nodes["b"] == Call(name="b", layer="a") and nodes["b_again"] == Call(name="b_again", layer="a")
    assert [use.node.name for use in uses_of(doc, NET, nodes["b"])] == ["a", "b", "b_again", "inside"]
    doc.apply(inverse)
    assert dumps(doc) == before
    with pytest.raises(EditError, match="cannot share"):
        share(doc, NET, "a", "relu")


def test_every_instance_of_a_block_is_found() -> None:
    doc = reuse()
    assert [use.node.name for use in instances_of(doc, "Block")] == ["one", "two"]
    assert uses_of(doc, NET, doc.graph(NET).nodes["one"]) == instances_of(doc, "Block")
    assert instances_of(doc, "Net") == []
