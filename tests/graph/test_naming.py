"""Names and ports: a rename reaches all that stands for the same, and what cannot be is refused."""

from __future__ import annotations

import pytest

from blockstudio.errors import EditError
from blockstudio.graph import commands, definition_commands, port_commands
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, Connect
from blockstudio.graph.fragments import duplicate
from blockstudio.graph.model import (
    Call,
    Endpoint,
    Expression,
    Graph,
    HyperParameter,
    Initializer,
    Instance,
    Sequential,
    While,
)
from blockstudio.graph.scopes import owner_of, unique_name
from tests.graph.nets import NET, branches, chain, document, linear, relu, wires


def test_renaming_a_node_renames_its_calls_wires_and_rules() -> None:
    rules = [
        Initializer(target="a", parameter="weight", function="torch.nn.init.ones_"),
        Initializer(target="b", parameter="weight", function="torch.nn.init.ones_"),
    ]
    doc = document(chain(linear("a"), Call(name="b", layer="a"), initializers=rules))
    doc.apply(commands.rename_node(doc, NET, "a", "hidden"))
    assert doc.node(NET, "b") == Call(name="b", layer="hidden")
    assert ":x > hidden:input" in wires(doc)
    assert [rule.target for rule in doc.definition("Net").initializers] == ["hidden", "b"]


def test_renaming_inside_a_definition_renames_rules_that_reach_into_it() -> None:
    rule = Initializer(target="head.a", parameter="weight", function="torch.nn.init.ones_")
    net = chain(Instance(name="head", definition="Head"), initializers=[rule])
    doc = document(net, chain(linear("a"), definition="Head"))
    doc.apply(commands.rename_node(doc, Location("Head"), "a", "out"))
    assert doc.definition("Net").initializers[0].target == "head.out"


@pytest.mark.parametrize("name", ["class", "2a", "", "a b", "r"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    doc = document(chain(linear("a"), relu("r")))
    with pytest.raises(EditError):
        doc.apply(commands.rename_node(doc, NET, "a", name))


def test_names_are_unique_through_control_flow_bodies() -> None:
    doc = document(chain(linear("a")))
    doc.apply(AddNode(NET, commands.new_control_flow("repeat", "loop")))
    body = NET.enter("loop", "body")
    assert unique_name(doc, body, "a") == "a_2"
    doc.apply(AddNode(NET, Sequential(name="net", body=Graph())))
    assert unique_name(doc, NET.enter("net", "body"), "a") == "a"


def test_layers_in_two_branches_may_have_one_name() -> None:
    doc = document(branches())
    then, otherwise = NET.enter("either", "then"), NET.enter("either", "otherwise")
    doc.apply(commands.rename_node(doc, otherwise, "two", "one"))
    assert set(doc.graph(otherwise).nodes) == {"one"}
    inner = then.enter("again", "body")
    call = doc.graph(inner).nodes["call"]
    assert isinstance(call, Call)
    assert owner_of(doc, inner, call) == (then, doc.graph(then).nodes["one"])
    doc.apply(commands.rename_node(doc, then, "one", "first"))
    assert doc.graph(inner).nodes["call"] == Call(name="call", layer="first")
    for taken in ("last", "either"):
        with pytest.raises(EditError, match="taken"):
            commands.rename_node(doc, otherwise, "one", taken)


def test_a_pasted_choice_keeps_the_name_that_its_branches_share() -> None:
    doc = document(branches())
    doc.apply(commands.rename_node(doc, NET.enter("either", "otherwise"), "two", "one"))
    edit, (name,) = duplicate(doc, NET, ["either"])
    doc.apply(edit)
    inner = NET.enter(name, "then").enter(
        next(n for n in doc.graph(NET.enter(name, "then")).nodes if n != "one_2"), "body"
    )
    assert {*doc.graph(NET.enter(name, "otherwise")).nodes} == {"one_2"} < {*doc.graph(NET.enter(name, "then")).nodes}
    assert [node.layer for node in doc.graph(inner).nodes.values() if isinstance(node, Call)] == ["one_2"]


def test_renaming_a_definition_renames_its_instances_and_the_root() -> None:
    doc = document(chain(Instance(name="head", definition="Head")), chain(linear("a"), definition="Head"))
    doc.apply(definition_commands.rename_definition(doc, "Head", "Tail"))
    doc.apply(definition_commands.rename_definition(doc, "Net", "Top"))
    assert doc.root == "Top"
    assert doc.node(Location("Top"), "head") == Instance(name="head", definition="Tail")
    assert list(doc.definitions) == ["Top", "Tail"]


def test_renaming_a_hyper_parameter_renames_it_in_expressions_and_instances() -> None:
    head = chain(
        linear("a", in_features=Expression("n * 2")),
        definition="Head",
        hyper_parameters=[HyperParameter("n")],
        initializers=[Initializer(target="a", parameter="weight", expression="x + n", index="0, :n")],
    )
    doc = document(chain(Instance(name="head", definition="Head", options={"n": 4})), head)
    doc.apply(definition_commands.rename_hyper_parameter(doc, "Head", "n", "width"))
    assert doc.node(Location("Head"), "a") == linear("a", in_features=Expression("width * 2"))
    assert doc.node(NET, "head") == Instance(name="head", definition="Head", options={"width": 4})
    (rule,) = doc.definition("Head").initializers
    assert (rule.expression, rule.index) == ("x + width", "0, :width")


def test_renaming_a_port_keeps_every_wire_inside_and_at_each_instance() -> None:
    net = chain(Instance(name="one", definition="Head"), Instance(name="two", definition="Head"))
    doc = document(net, chain(linear("a"), definition="Head"))
    doc.apply(port_commands.rename_port(doc, Location("Head"), "outputs", "output", "logits"))
    doc.apply(port_commands.rename_port(doc, Location("Head"), "inputs", "x", "input"))
    assert wires(doc, Location("Head")) == {":input > a:input", "a:output > :logits"}
    assert wires(doc) >= {"one:logits > two:input", "two:logits > :output"}


def test_the_graphs_of_a_loop_keep_the_same_ports() -> None:
    doc = document(chain(linear("a")))
    doc.apply(AddNode(NET, commands.new_control_flow("while", "loop")))
    body = NET.enter("loop", "body")
    doc.apply(port_commands.add_port(doc, body, "inputs", "state"))
    loop = doc.node(NET, "loop")
    assert isinstance(loop, While)
    assert [p.name for p in loop.condition.inputs] == ["x", "state"]
    assert [p.name for p in loop.body.outputs] == ["x", "state"]
    doc.apply(port_commands.remove_port(doc, body, "outputs", "x"))
    assert [p.name for p in loop.condition.inputs] == ["state"]
    with pytest.raises(EditError, match="exactly one output"):
        doc.apply(port_commands.add_port(doc, NET.enter("loop", "condition"), "outputs", "more"))


def test_removing_a_port_unplugs_it_where_the_block_is_used() -> None:
    doc = document(chain(Instance(name="head", definition="Head")), chain(linear("a"), definition="Head"))
    doc.apply(Connect(NET, Endpoint("head", "x"), Endpoint("", "x")))
    doc.apply(port_commands.remove_port(doc, Location("Head"), "inputs", "x"))
    assert not doc.graph(Location("Head")).edges_out_of("")
    assert doc.graph(NET).source_of("head", "x") is None
