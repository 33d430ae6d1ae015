"""Nodes into a block and out of it: what they computed, they compute still."""

from __future__ import annotations

import pytest
import torch
from attrs import evolve

import blockstudio as bs
from blockstudio.errors import EditError
from blockstudio.graph.definition_commands import expose_option
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, ChangeDefinition, Connect, SetNode
from blockstudio.graph.grouping import group
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
    Port,
    Sequential,
)
from blockstudio.graph.moving import move_into
from blockstudio.graph.moving_out import move_out
from tests.graph.nets import NET, chain, document, linear, relu, wires

BLOCK = Location("Block")


def grouped(*names: str, **fields: object) -> Document:
    """x → a → r → b → output, some of it in a block."""
    doc = document(chain(linear("a"), relu("r"), linear("b"), **fields))
    edit, _ = group(doc, NET, names, "Block")
    doc.apply(edit)
    return doc


def round_trip(doc: Document, edit: object) -> None:
    """Apply, undo, and apply again."""
    from blockstudio.formats.project import dumps

    before = dumps(doc)
    inverse = doc.apply(edit)  # type: ignore[arg-type]
    after = dumps(doc)
    again = doc.apply(inverse)
    assert dumps(doc) == before
    doc.apply(again)
    assert dumps(doc) == after


def ports(doc: Document) -> tuple[list[str], list[str]]:
    graph = doc.graph(BLOCK)
    return [port.name for port in graph.inputs], [port.name for port in graph.outputs]


# --- names of ports -----------------------------------------------------------------------


def test_ports_of_a_group_are_named_after_what_they_carry() -> None:
    doc = grouped("r")
    assert ports(doc) == (["a"], ["r"])
    assert ports(grouped("a", "r")) == (["x"], ["r"])
    assert ports(grouped("r", "b")) == (["a"], ["output"])


def test_ports_of_a_group_take_the_names_of_outputs_that_say_something() -> None:
    doc = document(chain(linear("a"), relu("r")))
    doc.apply(AddNode(NET, Layer(name="lstm", type="torch.nn.LSTM")))
    doc.apply(Connect(NET, Endpoint("r", "input"), Endpoint("lstm", "h_n")))
    doc.apply(group(doc, NET, ["r"], "Block")[0])
    assert ports(doc)[0] == ["h_n"]


# --- into a block -------------------------------------------------------------------------


def test_what_is_behind_a_block_moves_into_it() -> None:
    doc = grouped("a", "r")
    edit, names = move_into(doc, NET, ["b"], "block")
    round_trip(doc, edit)
    assert names == ["b"]
    assert list(doc.graph(NET).nodes) == ["block"]
    assert ports(doc) == (["x"], ["output"])
    assert wires(doc) == {":x > block:x", "block:output > :output"}
    assert wires(doc, BLOCK) == {":x > a:input", "a:output > r:input", "r:output > b:input", "b:output > :output"}
    graph = doc.graph(BLOCK)
    assert graph.nodes["b"].position[0] > graph.nodes["r"].position[0]


def test_what_is_in_front_of_a_block_moves_into_it() -> None:
    doc = grouped("r", "b")
    round_trip(doc, move_into(doc, NET, ["a"], "block")[0])
    assert ports(doc) == (["x"], ["output"])
    assert wires(doc) == {":x > block:x", "block:output > :output"}
    assert wires(doc, BLOCK) == {":x > a:input", "a:output > r:input", "r:output > b:input", "b:output > :output"}


def test_a_value_that_is_read_outside_too_keeps_its_port() -> None:
    doc = grouped("r")
    doc.apply(AddNode(NET, relu("other")))
    doc.apply(Connect(NET, Endpoint("other", "input"), Endpoint("block", "r")))
    round_trip(doc, move_into(doc, NET, ["a"], "block")[0])
    assert ports(doc) == (["x"], ["r"])
    assert "block:r > b:input" in wires(doc) and "block:r > other:input" in wires(doc)


def test_names_taken_inside_give_way() -> None:
    doc = grouped("a")
    doc.apply(AddNode(NET, linear("a")))
    doc.apply(Connect(NET, Endpoint("a", "input"), Endpoint("block", "a")))
    edit, names = move_into(doc, NET, ["a"], "block")
    round_trip(doc, edit)
    assert names == ["a_2"]
    assert "a:output > a_2:input" in wires(doc, BLOCK)


def test_hyper_parameters_go_in_with_the_nodes_that_use_them() -> None:
    wide = chain(
        linear("a", out_features=Expression("n")),
        relu("r"),
        linear("b", in_features=Expression("n * 2")),
        hyper_parameters=[HyperParameter("n", "4")],
    )
    doc = document(wide)
    doc.apply(group(doc, NET, ["r"], "Block")[0])
    round_trip(doc, move_into(doc, NET, ["b"], "block")[0])
    block = doc.definition("Block")
    assert [p.name for p in block.hyper_parameters] == ["n"]
    instance = doc.node(NET, "block")
    assert isinstance(instance, Instance)
    assert instance.options == {"n": Expression("n")}
    round_trip(doc, move_into(doc, NET, ["a"], "block")[0])
    assert [p.name for p in doc.definition("Block").hyper_parameters] == ["n"]


def test_rules_follow_into_the_block() -> None:
    rules = [Initializer(target="b", parameter="weight", function="torch.nn.init.zeros_")]
    doc = grouped("a", initializers=rules)
    round_trip(doc, move_into(doc, NET, ["b", "r"], "block")[0])
    assert doc.definition("Net").initializers[0].target == "block.b"


def test_what_would_leave_a_node_in_between_is_refused() -> None:
    doc = grouped("a")
    with pytest.raises(EditError, match="“r” lies between"):
        move_into(doc, NET, ["b"], "block")


def test_a_block_that_is_used_twice_is_refused() -> None:
    doc = grouped("a")
    doc.apply(AddNode(NET, Instance(name="more", definition="Block")))
    with pytest.raises(EditError, match="used in 2 places"):
        move_into(doc, NET, ["r"], "block")


def test_a_layer_shared_with_one_that_stays_is_refused() -> None:
    doc = grouped("a")
    doc.apply(AddNode(NET, Call(name="again", layer="b")))
    with pytest.raises(EditError, match="shares its weights"):
        move_into(doc, NET, ["r", "b"], "block")


# --- out of a block -----------------------------------------------------------------------


def test_the_last_node_moves_out() -> None:
    doc = grouped("a", "r")
    round_trip(doc, move_out(doc, BLOCK, ["r"], NET, "block")[0])
    assert wires(doc) == {":x > block:x", "block:a > r:input", "r:output > b:input", "b:output > :output"}
    assert ports(doc) == (["x"], ["a"])
    assert wires(doc, BLOCK) == {":x > a:input", "a:output > :a"}


def test_the_first_node_moves_out() -> None:
    doc = grouped("a", "r")
    round_trip(doc, move_out(doc, BLOCK, ["a"], NET, "block")[0])
    assert wires(doc) == {":x > a:input", "a:output > block:a", "block:r > b:input", "b:output > :output"}
    assert ports(doc) == (["a"], ["r"])


def test_out_and_in_again_gives_the_same_wires() -> None:
    doc = grouped("a", "r", "b")
    before = wires(doc, BLOCK)
    doc.apply(move_out(doc, BLOCK, ["b"], NET, "block")[0])
    doc.apply(move_into(doc, NET, ["b"], "block")[0])
    assert wires(doc, BLOCK) == before


def test_the_middle_cannot_move_out() -> None:
    doc = grouped("a", "r", "b")
    edit, _ = move_out(doc, BLOCK, ["r"], NET, "block")
    with pytest.raises(EditError, match="circle"):
        doc.apply(edit)


def test_values_are_filled_in_on_the_way_out() -> None:
    inner = Definition(
        "Block",
        Graph(
            [Port("x")],
            [Port("y")],
            {"a": linear("a", out_features=Expression("n * 2"))},
            {Endpoint("a", "input"): Endpoint("", "x"), Endpoint("", "y"): Endpoint("a", "output")},
        ),
        [HyperParameter("n", "4")],
        [Initializer(target="a", parameter="bias", function="torch.nn.init.ones_")],
    )
    outer = Graph(
        [Port("x")],
        [Port("y")],
        {"block": Instance(name="block", definition="Block", options={"n": 8})},
        {Endpoint("block", "x"): Endpoint("", "x"), Endpoint("", "y"): Endpoint("block", "y")},
    )
    rules = [Initializer(target="block.a", parameter="weight", function="torch.nn.init.zeros_")]
    doc = document(Definition("Net", outer, [], rules), inner)
    round_trip(doc, move_out(doc, BLOCK, ["a"], NET, "block")[0])
    assert doc.node(NET, "a").options["out_features"] == Expression("8 * 2")  # type: ignore[attr-defined]
    assert [(rule.target, rule.parameter) for rule in doc.definition("Net").initializers] == [
        ("a", "bias"),
        ("a", "weight"),
    ]
    assert doc.definition("Block").initializers == []
    assert wires(doc) == {":x > a:input", "a:output > :y"}


# --- options as hyper-parameters ------------------------------------------------------------


def test_an_option_becomes_a_hyper_parameter() -> None:
    doc = grouped("a")
    edit, name = expose_option(doc, BLOCK, "a", "in_features", 20)
    round_trip(doc, edit)
    assert name == "in_features"
    assert doc.definition("Block").hyper_parameters == [HyperParameter("in_features", "20")]
    assert doc.node(BLOCK, "a") == linear("a", in_features=Expression("in_features"))
    doc.apply(AddNode(BLOCK, linear("second", in_features=(1, 2))))
    edit, name = expose_option(doc, BLOCK, "second", "in_features", (1, 2))
    doc.apply(edit)
    assert name == "second_in_features"
    assert doc.definition("Block").hyper_parameters[1].default == "(1, 2)"


def test_an_option_that_follows_one_already_is_refused() -> None:
    doc = document(chain(linear("a", in_features=Expression("n")), hyper_parameters=[HyperParameter("n", "4")]))
    with pytest.raises(EditError, match="already"):
        expose_option(doc, NET, "a", "in_features", Expression("n"))


# --- out of a block that is used several times --------------------------------------------


def twice() -> Document:
    """x → block → block_2 → output, and inside a → r."""
    doc = grouped("a", "r")
    doc.apply(AddNode(NET, Instance(name="block_2", definition="Block")))
    doc.apply(Connect(NET, Endpoint("b", "input"), None))
    doc.apply(Connect(NET, Endpoint("block_2", "x"), Endpoint("block", "r")))
    doc.apply(Connect(NET, Endpoint("b", "input"), Endpoint("block_2", "r")))
    return doc


def test_each_use_has_beside_it_what_it_had_inside() -> None:
    doc = twice()
    edit, names = move_out(doc, BLOCK, ["r"], NET, "block_2")
    round_trip(doc, edit)
    assert names == ["r_2"]
    assert wires(doc) == {
        ":x > block:x", "block:a > r:input", "r:output > block_2:x",
        "block_2:a > r_2:input", "r_2:output > b:input", "b:output > :output",
    }  # fmt: skip
    assert ports(doc) == (["x"], ["a"])


def test_what_was_moved_out_of_every_use_feeds_it_by_the_same_port() -> None:
    doc = twice()
    round_trip(doc, move_out(doc, BLOCK, ["a"], NET, "block")[0])
    assert wires(doc) == {
        ":x > a:input", "a:output > block:a", "block:r > a_2:input",
        "a_2:output > block_2:a", "block_2:r > b:input", "b:output > :output",
    }  # fmt: skip
    assert ports(doc) == (["a"], ["r"])


def test_uses_in_other_blocks_and_their_rules_follow() -> None:
    doc = twice()
    rule = Initializer(target="a", parameter="bias", function="torch.nn.init.ones_")
    doc.apply(ChangeDefinition("Block", {"initializers": [rule]}))
    doc.apply(group(doc, NET, ["block_2", "b"], "Stage")[0])
    round_trip(doc, move_out(doc, BLOCK, ["a"], NET, "block")[0])
    assert [rule.target for rule in doc.definition("Net").initializers] == ["a"]
    assert [rule.target for rule in doc.definition("Stage").initializers] == ["a"]
    assert doc.definition("Block").initializers == []
    assert "a:output > block_2:a" in wires(doc, Location("Stage"))


def test_a_use_in_a_sequential_and_one_with_shared_weights_are_refused_with_the_reason() -> None:
    doc = twice()
    doc.apply(AddNode(NET, Sequential(name="row", body=Graph(nodes={"0": Instance(name="0", definition="Block")}))))
    with pytest.raises(EditError, match="in the Sequential “row”"):
        move_out(doc, BLOCK, ["r"], NET, "block")
    doc = twice()
    doc.apply(AddNode(NET, Call(name="again", layer="block_2")))
    with pytest.raises(EditError, match="“block_2” shares its weights with “again”"):
        move_out(doc, BLOCK, ["r"], NET, "block")


def test_a_model_computes_the_same_with_nodes_moved_out_of_every_use() -> None:
    doc = twice()
    for name in ("a", "b"):
        place = BLOCK if name == "a" else NET
        doc.apply(SetNode(place, evolve(doc.node(place, name), options={"in_features": 4, "out_features": 4})))
    x = torch.rand(3, 4)
    net = bs.build(doc, seed=0)
    doc.apply(move_out(doc, BLOCK, ["a"], NET, "block")[0])
    moved = bs.build(doc, seed=1)
    names = {"block.a": "a", "block_2.a": "a_2"}
    state = {}
    for key, value in net.state_dict().items():
        layer, _, parameter = key.rpartition(".")
        state[f"{names.get(layer, layer)}.{parameter}"] = value
    moved.load_state_dict(state)
    assert torch.equal(net(x), moved(x))
