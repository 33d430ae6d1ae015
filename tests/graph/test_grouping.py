"""Nodes that become a block, and blocks that are taken apart."""

from __future__ import annotations

import pytest

from blockstudio.errors import EditError
from blockstudio.formats.project import dumps
from blockstudio.graph import commands
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, Connect, RemoveDefinition, SetNode, SetNote, SetRoute
from blockstudio.graph.grouping import group, ungroup
from blockstudio.graph.model import (
    Call,
    Definition,
    Endpoint,
    Expression,
    Graph,
    HyperParameter,
    Initializer,
    Instance,
    Layer,
    Note,
    Port,
    Sequential,
)
from tests.graph.nets import NET, branches, chain, document, linear, relu, wires


def test_group_makes_ports_of_crossing_wires_and_ungroup_takes_it_back() -> None:
    doc = document(chain(linear("a"), relu("r"), linear("b"), linear("c")))
    before = wires(doc)
    edit, name = group(doc, NET, ["r", "b"], "HiddenPart")
    doc.apply(edit)
    assert name == "hidden_part"
    assert wires(doc) >= {"a:output > hidden_part:a", "hidden_part:b > c:input"}
    assert wires(doc, Location("HiddenPart")) == {":a > r:input", "r:output > b:input", "b:output > :b"}
    edit, names = ungroup(doc, NET, name)
    doc.apply(edit)
    assert set(names) == {"r", "b"}
    assert wires(doc) == before
    assert list(doc.graph(NET).nodes) == ["a", "r", "b", "c"]


def test_ports_of_a_block_come_in_the_order_of_those_they_lead_to() -> None:
    names = ("zeta", "mid", "alpha")
    nodes = [linear(name) for name in names] + [Layer(name="attn", type="torch.nn.MultiheadAttention")]
    doc = document(Definition("Net", Graph(inputs=[Port("x")], nodes={node.name: node for node in nodes})))
    for name, port in zip(names, ("query", "key", "value"), strict=True):
        doc.apply(Connect(NET, Endpoint("attn", port), Endpoint(name, "output")))
    edit, _ = group(doc, NET, ["attn"], "Part", ports=lambda node: ("query", "key", "value"))
    doc.apply(edit)
    assert [port.name for port in doc.graph(Location("Part")).inputs] == list(names)


def test_notes_and_bent_wires_go_in_and_come_out_again() -> None:
    doc = document(chain(linear("a"), relu("r"), linear("b")))
    doc.apply(SetNote(NET, "frame", Note("Both", (10.0, 20.0), frame=True)))
    doc.apply(SetRoute(NET, Endpoint("r", "input"), ((5.0, 6.0),)))
    edit, name = group(doc, NET, ["a", "r"], "Part", notes=["frame"])
    doc.apply(edit)
    assert not doc.graph(NET).notes and list(doc.graph(Location("Part")).notes) == ["frame"]
    doc.apply(ungroup(doc, NET, name)[0])
    graph = doc.graph(NET)
    assert graph.notes["frame"].text == "Both" and len(graph.routes[Endpoint("r", "input")]) == 1


def test_group_passes_hyper_parameters_on_and_ungroup_fills_them_in() -> None:
    layer = linear("a", in_features=Expression("n * 2"))
    doc = document(chain(layer, relu("r"), hyper_parameters=[HyperParameter("n", "4")]))
    edit, name = group(doc, NET, ["a"], "Part")
    doc.apply(edit)
    assert doc.definition("Part").hyper_parameters == [HyperParameter("n", "4")]
    assert doc.node(NET, name).options == {"n": Expression("n")}  # type: ignore[attr-defined]
    doc.apply(SetNode(NET, Instance(name=name, definition="Part", options={"n": 5})))
    doc.apply(ungroup(doc, NET, name)[0])
    assert doc.node(NET, "a") == linear("a", in_features=Expression("5 * 2"))


def test_a_block_taken_apart_keeps_clear_of_the_names_around_it() -> None:
    doc = document(branches())
    doc.definitions["Net"].name = "Inner"
    doc.definitions = {"Inner": doc.definitions["Net"]}
    nodes = (linear("one"), Instance(name="inner", definition="Inner"))
    doc.definitions["Net"] = Definition("Net", Graph(nodes={node.name: node for node in nodes}))
    before = dumps(doc)
    edit, names = ungroup(doc, NET, "inner")
    inverse = doc.apply(edit)
    assert names == ("either", "last")
    then = NET.enter("either", "then")
    assert list(doc.graph(then).nodes) == ["one_2", "again"]
    (call,) = doc.graph(then.enter("again", "body")).nodes.values()
    assert isinstance(call, Call) and call.layer == "one_2"
    doc.apply(inverse)
    assert dumps(doc) == before


def test_group_moves_rules_with_their_layers() -> None:
    rule = Initializer(target="a", parameter="weight", function="torch.nn.init.ones_")
    doc = document(chain(linear("a"), relu("r"), initializers=[rule]))
    doc.apply(group(doc, NET, ["a"], "Part")[0])
    assert doc.definition("Part").initializers == [rule]
    assert doc.definition("Net").initializers == []


def test_group_refuses_to_leave_a_node_between() -> None:
    doc = document(chain(linear("a"), relu("r"), linear("b")))
    with pytest.raises(EditError, match="“r” lies between"):
        group(doc, NET, ["a", "b"], "Part")


def test_group_refuses_to_part_a_shared_layer_from_its_call() -> None:
    doc = document(chain(linear("a"), relu("r"), Call(name="b", layer="a")))
    with pytest.raises(EditError, match="shares its weights with “b”"):
        group(doc, NET, ["a"], "Part")


def test_a_block_in_itself_is_refused_with_the_circle_named() -> None:
    doc = document(
        chain(Instance(name="m", definition="Middle")),
        chain(Instance(name="b", definition="Bottom"), definition="Middle"),
        chain(linear("a"), definition="Bottom"),
    )
    with pytest.raises(EditError, match="Net → Middle → Bottom → Net"):
        doc.apply(AddNode(Location("Bottom"), Instance(name="n", definition="Net")))
    inside = Sequential(name="s", body=Graph(nodes={"n": Instance(name="n", definition="Bottom")}))
    with pytest.raises(EditError, match="Bottom → Bottom"):
        doc.apply(AddNode(Location("Bottom"), inside))


def test_a_used_definition_is_not_removed() -> None:
    doc = document(chain(Instance(name="h", definition="Head")), chain(linear("a"), definition="Head"))
    with pytest.raises(EditError, match="still used in Net"):
        doc.apply(RemoveDefinition("Head"))
    doc.apply(commands.remove_nodes(doc, NET, ["h"]))
    doc.apply(RemoveDefinition("Head"))
    assert list(doc.definitions) == ["Net"]
