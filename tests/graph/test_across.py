"""Wires across the borders of blocks: ports made and lent on the way, and what is refused."""

from __future__ import annotations

import pytest

from blockstudio.errors import EditError
from blockstudio.formats.project import dumps
from blockstudio.graph.across import Door, connect_across
from blockstudio.graph.commands import new_control_flow
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddNode, Connect
from blockstudio.graph.grouping import group
from blockstudio.graph.model import Definition, Endpoint, Function, Graph, Port

NET, OUTER, INNER = Location("Net"), Location("Outer"), Location("Inner")


def row(*names: str) -> Document:
    """Functions one after the other, from `x` to `y`."""
    graph = Graph([Port("x")], [Port("y")])
    source = Endpoint("", "x")
    for number, name in enumerate(names):
        graph.nodes[name] = Function(name=name, type="torch.nn.functional.relu", position=(200.0 * number, 0.0))
        graph.connect(Endpoint(name, "input"), source)
        source = Endpoint(name, "output")
    graph.connect(Endpoint("", "y"), source)
    return Document("Net", {"Net": Definition("Net", graph)})


@pytest.fixture
def nested() -> Document:
    """a → outer(inner(b → c) → d) → e."""
    document = row("a", "b", "c", "d", "e")
    document.apply(group(document, NET, ["b", "c", "d"], "Outer")[0])
    document.apply(group(document, OUTER, ["b", "c"], "Inner")[0])
    return document


IN = [Door(NET, "outer", OUTER), Door(OUTER, "inner", INNER)]
OUT = IN[::-1]


def applied(document: Document, *args: object) -> tuple[Door, ...]:
    """Make it, and see that it can be taken back."""
    start = dumps(document)
    made = connect_across(document, *args)  # type: ignore[arg-type]
    inverse = document.apply(made.edit)
    end = dumps(document)
    edit = document.apply(inverse)
    assert dumps(document) == start
    document.apply(edit)
    assert dumps(document) == end
    return made.inputs


def test_out_through_two_borders(nested: Document) -> None:
    new = applied(nested, Endpoint("b", "output"), OUT, Endpoint("e", "input"), [], NET)
    assert new == ()
    assert nested.graph(INNER).edges[Endpoint("", "b")] == Endpoint("b", "output")
    assert nested.graph(OUTER).edges[Endpoint("", "b")] == Endpoint("inner", "b")
    assert nested.graph(NET).edges[Endpoint("e", "input")] == Endpoint("outer", "b")


def test_in_through_two_borders_by_the_input_that_carries_it_already(nested: Document) -> None:
    nested.apply(AddNode(INNER, Function(name="f", type="torch.nn.functional.relu")))
    before = len(nested.graph(OUTER).inputs), len(nested.graph(INNER).inputs)
    assert applied(nested, Endpoint("a", "output"), [], Endpoint("f", "input"), IN, NET) == ()
    assert (len(nested.graph(OUTER).inputs), len(nested.graph(INNER).inputs)) == before
    assert nested.graph(INNER).edges[Endpoint("f", "input")].node == ""


def test_in_through_two_borders_by_new_inputs(nested: Document) -> None:
    nested.apply(AddNode(NET, Function(name="f", type="torch.nn.functional.relu")))
    assert applied(nested, Endpoint("f", "output"), [], Endpoint("c", "input"), IN, NET) == tuple(IN)
    assert nested.graph(NET).edges[Endpoint("outer", "f")] == Endpoint("f", "output")
    assert nested.graph(OUTER).edges[Endpoint("inner", "f")] == Endpoint("", "f")
    assert nested.graph(INNER).edges[Endpoint("c", "input")] == Endpoint("", "f")


def test_out_of_one_and_into_another() -> None:
    document = row("a", "b", "c", "d")
    document.apply(group(document, NET, ["a", "b"], "Outer")[0])
    document.apply(group(document, NET, ["c", "d"], "Inner")[0])
    out, into = [Door(NET, "outer", OUTER)], [Door(NET, "inner", INNER)]
    applied(document, Endpoint("a", "output"), out, Endpoint("d", "input"), into, NET)
    assert document.graph(NET).edges[Endpoint("inner", "a")] == Endpoint("outer", "a")
    assert document.graph(INNER).edges[Endpoint("d", "input")] == Endpoint("", "a")


def test_what_comes_in_is_taken_from_where_it_comes_from(nested: Document) -> None:
    """An input wired to something outside needs no port to lead it out again."""
    nested.apply(AddNode(NET, Function(name="f", type="torch.nn.functional.relu")))
    port = nested.graph(INNER).inputs[0].name
    applied(nested, Endpoint("", port), OUT, Endpoint("f", "input"), [], NET)
    assert nested.graph(NET).edges[Endpoint("f", "input")] == Endpoint("a", "output")
    assert len(nested.graph(OUTER).outputs) == 1


def test_circles_are_refused(nested: Document) -> None:
    made = connect_across(nested, Endpoint("b", "output"), OUT, Endpoint("a", "input"), [], NET)
    with pytest.raises(EditError, match="circle"):
        nested.apply(made.edit)


def test_new_ports_stand_beside_what_they_are_wired_to(nested: Document) -> None:
    nested.apply(AddNode(NET, Function(name="f", type="torch.nn.functional.relu", position=(0.0, 400.0))))
    nested.apply(AddNode(INNER, Function(name="g", type="torch.nn.functional.relu", position=(200.0, 400.0))))
    applied(nested, Endpoint("f", "output"), [], Endpoint("g", "input"), IN, NET)
    port = next(port for port in nested.graph(INNER).inputs if port.name == "f")
    assert port.position[1] == 400.0
    assert port.position[0] < 200.0


@pytest.mark.parametrize("kind", ["while", "repeat"])
def test_into_a_loop_it_goes_round_and_out_of_it_nothing_else(kind: str) -> None:
    document = row("a", "b")
    document.apply(AddNode(NET, new_control_flow(kind, "loop")))  # type: ignore[arg-type]
    body = NET.enter("loop", "body")
    document.apply(AddNode(body, Function(name="f", type="torch.nn.functional.relu")))
    door = Door(NET, "loop", body)
    applied(document, Endpoint("a", "output"), [], Endpoint("f", "input"), [door], NET)
    for _, graph in document.node(NET, "loop").graphs():
        assert graph.inputs[-1].name == "a"
    assert document.graph(body).edges[Endpoint("", "a")] == Endpoint("", "a")
    with pytest.raises(EditError, match="goes round"):
        connect_across(document, Endpoint("f", "output"), [door], Endpoint("b", "input"), [], NET)
    first = document.graph(body).outputs[0].name
    document.apply(Connect(body, Endpoint("", first), Endpoint("f", "output")))
    applied(document, Endpoint("f", "output"), [door], Endpoint("b", "input"), [], NET)
    assert document.graph(NET).edges[Endpoint("b", "input")] == Endpoint("loop", first)


def test_out_of_a_branch_both_have_the_output() -> None:
    document = row("a", "b")
    document.apply(AddNode(NET, new_control_flow("if", "choice")))
    then = NET.enter("choice", "then")
    document.apply(AddNode(then, Function(name="f", type="torch.nn.functional.relu")))
    applied(document, Endpoint("f", "output"), [Door(NET, "choice", then)], Endpoint("b", "input"), [], NET)
    names = {slot: [port.name for port in graph.outputs] for slot, graph in document.node(NET, "choice").graphs()}
    assert names["then"] == names["otherwise"] and names["then"][-1] == "f"
