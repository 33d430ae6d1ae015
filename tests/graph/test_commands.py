"""What a user asks for: each command does what its name says, and leaves nothing dangling."""

from __future__ import annotations

import pytest

from blockstudio.errors import EditError
from blockstudio.formats.project import dumps
from blockstudio.graph import commands
from blockstudio.graph.edits import AddNode, Connect
from blockstudio.graph.fragments import copy_fragment, duplicate
from blockstudio.graph.model import Call, Endpoint, Function, Layer, Repeat
from tests.graph.nets import NET, chain, document, linear, relu, wires


def test_removing_a_shared_layer_hands_it_to_its_first_call() -> None:
    doc = document(chain(linear("a", in_features=3), relu("r"), Call(name="a_2", layer="a")))
    doc.apply(commands.remove_nodes(doc, NET, ["a"]))
    assert doc.node(NET, "a") == linear("a", in_features=3)
    assert "a_2" not in doc.graph(NET).nodes
    assert wires(doc) == {"r:output > a:input", "a:output > :output"}


def test_removing_shared_layers_with_what_is_wired_to_their_calls() -> None:
    doc = document(chain(linear("a"), linear("b"), relu("r"), Call(name="a_2", layer="a"), Call(name="b_2", layer="b")))
    before = dumps(doc)
    undo = doc.apply(commands.remove_nodes(doc, NET, ["a", "b", "r"]))
    assert list(doc.graph(NET).nodes) == ["a", "b"]
    assert wires(doc) == {"a:output > b:input", "b:output > :output"}
    doc.apply(undo)
    assert dumps(doc) == before


def test_a_call_inside_what_is_removed_inherits_nothing() -> None:
    body = chain(Call(name="a_2", layer="a")).graph
    doc = document(chain(linear("a")))
    doc.apply(AddNode(NET, Repeat(name="loop", body=body)))
    doc.apply(commands.remove_nodes(doc, NET, ["loop", "a"]))
    assert not doc.graph(NET).nodes


def test_removing_a_layer_with_all_its_calls_leaves_nothing() -> None:
    doc = document(chain(linear("a"), Call(name="a_2", layer="a")))
    doc.apply(commands.remove_nodes(doc, NET, ["a", "a_2"]))
    assert not doc.graph(NET).nodes
    assert not doc.graph(NET).edges


def test_removing_a_layer_called_in_a_loop_moves_it_there() -> None:
    doc = document(chain(linear("a")))
    doc.apply(AddNode(NET, commands.new_control_flow("while", "loop")))
    body = NET.enter("loop", "body")
    doc.apply(AddNode(body, Call(name="again", layer="a")))
    doc.apply(commands.remove_nodes(doc, NET, ["a"]))
    assert doc.node(body, "a") == linear("a")


def test_duplicate_as_a_copy_has_weights_of_its_own() -> None:
    doc = document(chain(linear("a"), relu("r")))
    edit, names = duplicate(doc, NET, ["a", "r"])
    doc.apply(edit)
    assert names == ("a_2", "r_2")
    assert isinstance(doc.node(NET, "a_2"), Layer)
    assert "a_2:output > r_2:input" in wires(doc)


def test_duplicate_as_shared_makes_calls_of_the_original() -> None:
    doc = document(chain(linear("a"), relu("r"), Call(name="b", layer="a")))
    edit, names = duplicate(doc, NET, ["a", "r", "b"], "shared")
    doc.apply(edit)
    nodes = doc.graph(NET).nodes
    assert [nodes[name].kind for name in names] == ["call", "function", "call"]
    assert {nodes[name].layer for name in names if isinstance(nodes[name], Call)} == {"a"}


def test_make_independent_gives_a_call_a_layer_of_its_own() -> None:
    doc = document(chain(linear("a", in_features=3), Call(name="b", layer="a")))
    doc.apply(commands.make_independent(doc, NET, "b"))
    assert doc.node(NET, "b") == linear("b", in_features=3)


def test_a_copied_call_without_its_layer_becomes_a_layer() -> None:
    doc = document(chain(linear("a"), Call(name="b", layer="a")))
    assert copy_fragment(doc, NET, ["b"]).graph.nodes["b"] == linear("b")


def test_a_wire_that_closes_a_circle_is_refused_and_named() -> None:
    doc = document(chain(linear("a"), linear("b"), linear("c")))
    with pytest.raises(EditError, match="a → b → c → a"):
        doc.apply(Connect(NET, Endpoint("a", "input"), Endpoint("c", "output")))


def test_insert_on_a_wire() -> None:
    doc = document(chain(linear("a"), linear("b")))
    doc.apply(commands.insert_on_edge(doc, NET, Endpoint("b", "input"), relu("r"), "input", "output"))
    assert wires(doc) >= {"a:output > r:input", "r:output > b:input"}


def test_bypass_joins_the_wires() -> None:
    doc = document(chain(linear("a"), relu("r"), relu("s"), linear("b")))
    doc.apply(commands.dissolve_nodes(doc, NET, ["r", "s"], lambda node: ("input", "output")))
    assert wires(doc) == {":x > a:input", "a:output > b:input", "b:output > :output"}


@pytest.mark.parametrize(
    "nodes", [(linear("fc"), Call(name="again", layer="fc")), (Call(name="again", layer="fc"), linear("fc"))]
)
def test_dissolve_a_layer_beside_its_call(nodes: tuple[Layer | Call, ...]) -> None:
    doc = document(chain(*nodes, relu("r")))
    before = dumps(doc)
    inverse = doc.apply(commands.dissolve_nodes(doc, NET, ["fc"], lambda node: ("input", "output")))
    assert isinstance(doc.node(NET, "fc"), Layer)
    assert wires(doc) == {":x > fc:input", "fc:output > r:input", "r:output > :output"}
    doc.apply(inverse)
    assert dumps(doc) == before


def test_replace_keeps_wires() -> None:
    doc = document(chain(linear("a"), relu("r"), linear("b")))
    new = Function(name="r", type="torch.Tensor.view")
    doc.apply(commands.replace_node(doc, NET, "r", new, {"input": "input"}, {"output": "output"}))
    assert doc.node(NET, "r") == new
    assert list(doc.graph(NET).nodes) == ["a", "r", "b"]
    assert len(wires(doc)) == 4
