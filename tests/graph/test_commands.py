"""What a user asks for: each command does what its name says, and leaves nothing dangling."""

from __future__ import annotations

import pytest

from blockstudio.errors import EditError
from blockstudio.formats.project import dumps
from blockstudio.graph import commands, definition_commands, port_commands
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddDefinition, AddNode, Connect, RemoveDefinition, SetNode, SetNote, SetRoute
from blockstudio.graph.fragments import copy_fragment, duplicate, paste_fragment
from blockstudio.graph.grouping import group, ungroup
from blockstudio.graph.model import (
    Call,
    Definition,
    Endpoint,
    Expression,
    Function,
    Graph,
    HyperParameter,
    If,
    Initializer,
    Instance,
    Layer,
    Note,
    Port,
    Repeat,
    Sequential,
    While,
)
from blockstudio.graph.scopes import owner_of, unique_name

NET = Location("Net")


def linear(name: str, **options: object) -> Layer:
    return Layer(name=name, type="torch.nn.Linear", options=options)  # type: ignore[arg-type]


def chain(*nodes: Layer | Function | Call | Instance, definition: str = "Net", **fields: object) -> Definition:
    """A definition whose nodes are wired one after the other, from x to output."""
    graph = Graph([Port("x")], [Port("output")], {node.name: node for node in nodes})
    source = Endpoint("", "x")
    for node in nodes:
        graph.connect(Endpoint(node.name, "input"), source)
        source = Endpoint(node.name, "output")
    graph.connect(Endpoint("", "output"), source)
    return Definition(definition, graph, **fields)  # type: ignore[arg-type]


def document(*definitions: Definition) -> Document:
    return Document("Net", {definition.name: definition for definition in definitions})


def wires(doc: Document, location: Location = NET) -> set[str]:
    return {f"{':'.join(s)} > {':'.join(t)}" for t, s in doc.graph(location).edges.items()}


def relu(name: str) -> Function:
    return Function(name=name, type="torch.nn.functional.relu")


# --- reuse --------------------------------------------------------------------------------


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


# --- names --------------------------------------------------------------------------------


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


def branches() -> Definition:
    """An If with a layer in each branch, called again below one of them."""
    again = Repeat(name="again", body=Graph([Port("x")], [Port("x")], {"call": Call(name="call", layer="one")}))
    then = Graph([Port("x")], [Port("y")], {"one": linear("one"), "again": again})
    otherwise = Graph([Port("x")], [Port("y")], {"two": linear("two")})
    either = If(name="either", condition=Graph([Port("x")], [Port("c")]), then=then, otherwise=otherwise)
    return Definition("Net", Graph(nodes={"either": either, "last": linear("last")}))


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


# --- ports --------------------------------------------------------------------------------


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


# --- wires --------------------------------------------------------------------------------


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


# --- blocks -------------------------------------------------------------------------------


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


# --- paste --------------------------------------------------------------------------------


def test_paste_into_another_document_brings_the_definitions_it_needs() -> None:
    source = document(
        chain(Instance(name="m", definition="Middle")),
        chain(Instance(name="b", definition="Bottom"), definition="Middle"),
        chain(linear("a"), definition="Bottom"),
    )
    target = document(chain(linear("a")))
    edit, names = paste_fragment(target, NET, copy_fragment(source, NET, ["m"]), (100.0, 50.0))
    target.apply(edit)
    assert names == ("m",)
    assert target.node(NET, "m").position == (100.0, 50.0)
    assert set(target.definitions) == {"Net", "Middle", "Bottom"}


def test_pasting_a_different_block_of_the_same_name_renames_it() -> None:
    source = document(chain(Instance(name="h", definition="Head")), chain(linear("a"), definition="Head"))
    target = document(chain(Instance(name="h", definition="Head")), chain(relu("r"), definition="Head"))
    target.apply(paste_fragment(target, NET, copy_fragment(source, NET, ["h"]))[0])
    assert target.node(NET, "h_2").definition == "Head_2"  # type: ignore[attr-defined]
    assert "a" in target.graph(Location("Head_2")).nodes


def test_pasting_nested_definitions_can_be_undone() -> None:
    inner = chain(relu("r"), definition="Inner")
    outer = chain(Instance(name="i", definition="Inner"), definition="Outer")
    # The outer one comes first in the order of the file.
    source = document(chain(Instance(name="o", definition="Outer")), outer, inner)
    target = document(chain(relu("a")))
    inverse = target.apply(paste_fragment(target, NET, copy_fragment(source, NET, ["o"]))[0])
    assert set(target.definitions) == {"Net", "Outer", "Inner"}
    target.apply(inverse)
    assert target == document(chain(relu("a")))


def test_a_pasted_loop_shares_nothing_with_its_original() -> None:
    doc = document(chain(linear("x1")))
    doc.apply(AddNode(NET, commands.new_control_flow("repeat", "loop")))
    doc.apply(AddNode(NET.enter("loop", "body"), linear("a")))
    edit, names = duplicate(doc, NET, ["loop"])
    doc.apply(edit)
    copied = doc.node(NET, names[0])
    assert isinstance(copied, Repeat)
    assert list(copied.body.nodes) == ["a_2"]
    doc.apply(commands.remove_nodes(doc, NET.enter(names[0], "body"), ["a_2"]))
    assert "a" in doc.graph(NET.enter("loop", "body")).nodes


def test_adding_a_definition_twice_is_refused() -> None:
    doc = document(chain(linear("a")))
    with pytest.raises(EditError, match="already a block"):
        doc.apply(AddDefinition(chain(linear("a"))))


def test_what_is_tied_stays_tied() -> None:
    """Two names of one tensor follow renaming, grouping and ungrouping."""
    doc = document(chain(linear("tok"), linear("hidden"), linear("head")))
    rule = Initializer(target="head", parameter="weight", same_as="tok.weight")
    doc.definition("Net").initializers.append(rule)

    def ties() -> set[tuple[str, str, str]]:
        return {(r.target, r.parameter, r.same_as) for r in doc.definition("Net").initializers}

    doc.apply(commands.rename_node(doc, NET, "tok", "embedding"))
    assert ties() == {("head", "weight", "embedding.weight")}
    edit, name = group(doc, NET, ["embedding", "hidden"], "Body")
    undo = doc.apply(edit)
    assert ties() == {("head", "weight", f"{name}.embedding.weight")}
    doc.apply(undo)
    edit, name = group(doc, NET, ["embedding", "hidden", "head"], "Body")
    doc.apply(edit)
    assert not ties()
    edit, _ = ungroup(doc, NET, name)
    doc.apply(edit)
    assert ties() == {("head", "weight", "embedding.weight")}
