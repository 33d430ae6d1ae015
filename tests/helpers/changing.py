"""Random changes to a document, of every kind a user can make, for property tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve
from hypothesis import strategies as st

from blockstudio.errors import EditError
from blockstudio.graph import commands, definition_commands, port_commands
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import (
    AddDefinition,
    AddNode,
    ChangeDocument,
    Connect,
    Edit,
    MoveNodes,
    ReorderNode,
    SetNode,
    SetNote,
    SetRoute,
)
from blockstudio.graph.fragments import copy_fragment, duplicate, own_definition, paste_fragment
from blockstudio.graph.grouping import group, ungroup
from blockstudio.graph.hoisting import hoist, sink
from blockstudio.graph.looks import SetBookmark, SetDirection
from blockstudio.graph.model import (
    BOUNDARY,
    Bookmark,
    Call,
    Constant,
    Definition,
    Endpoint,
    Expression,
    Function,
    Graph,
    HyperParameter,
    Initializer,
    Instance,
    Layer,
    Node,
    Note,
    Port,
    Sequential,
)
from blockstudio.graph.moving import move_into
from blockstudio.graph.moving_out import move_out
from blockstudio.graph.scopes import unique_name, users_of

Draw = Callable[[st.SearchStrategy[Any]], Any]

NAMES = st.sampled_from(["a", "b", "conv", "layers.0", "linear_2", "x1"])
NUMBERS = st.integers(-50, 50)


def new_document() -> Document:
    graph = Graph([Port("x")], [Port("output")])
    return Document("Net", {"Net": Definition(name="Net", graph=graph)})


def random_edit(draw: Draw, document: Document) -> Edit | None:
    """A change that a user could make to the document now; None where the drawn one is refused."""
    make = draw(st.sampled_from(_CHANGES))
    location, graph = draw(st.sampled_from(list(document.graphs())))
    try:
        return make(draw, document, location, graph)  # type: ignore[no-any-return]
    except EditError:
        return None


def _node(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    name = unique_name(document, location, draw(NAMES))
    position = (float(draw(NUMBERS)), float(draw(NUMBERS)))
    definition = draw(st.sampled_from(list(document.definitions)))
    node: Node = draw(
        st.sampled_from(
            [
                Layer(name=name, position=position, type="torch.nn.Linear", options={"in_features": draw(NUMBERS)}),
                Layer(name=name, type="torch.nn.Linear", options={"in_features": Expression("n * 2"), "bias": False}),
                Function(name=name, position=position, type="torch.nn.functional.relu"),
                Constant(name=name, position=position, value="torch.ones(2, n)"),
                Instance(name=name, position=position, definition=definition, options={"n": draw(NUMBERS)}),
                Sequential(name=name, body=Graph([Port("input")], [Port("output")])),
                *(commands.new_control_flow(kind, name, position=position) for kind in ("while", "if", "repeat")),
            ]
        )
    )
    return AddNode(location, node, draw(st.none() | st.integers(0, len(graph.nodes))))


def _call(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    layer = draw(st.sampled_from(_names(graph)))
    return AddNode(location, Call(name=unique_name(document, location, layer), layer=layer))


def _remove(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return commands.remove_nodes(document, location, _some(draw, graph))


def _move(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return MoveNodes(location, {name: (float(draw(NUMBERS)), 1.5) for name in _some(draw, graph)})


def _set(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    node = graph.nodes[draw(st.sampled_from(_names(graph)))]
    return SetNode(location, evolve(node, comment=draw(st.text(max_size=5)), color="#ff0000"))


def _rename(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return commands.rename_node(document, location, draw(st.sampled_from(_names(graph))), draw(NAMES))


def _reorder(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return ReorderNode(location, draw(st.sampled_from(_names(graph))), draw(st.integers(0, len(graph.nodes) - 1)))


def _connect(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    ends = [*graph.nodes, BOUNDARY]
    source = Endpoint(draw(st.sampled_from(ends)), draw(st.sampled_from(["output", "x"])))
    target = Endpoint(draw(st.sampled_from(ends)), draw(st.sampled_from(["input", "other", "output"])))
    return Connect(location, target, draw(st.sampled_from([source, source, None])))


def _note(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    note = draw(st.none() | st.builds(Note, text=st.text(max_size=8)))
    return SetNote(location, draw(st.sampled_from(["note", "note_2"])), note)


def _bookmark(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    bookmark = draw(st.none() | st.builds(Bookmark, zoom=st.sampled_from([0.5, 2.0])))
    return SetBookmark(location, draw(st.sampled_from(["", "conv"])), bookmark)


def _direction(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return SetDirection(location, draw(st.booleans()))


def _port(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    side = draw(st.sampled_from(["inputs", "outputs"]))
    ports = [port.name for port in getattr(graph, side)]
    change = draw(st.sampled_from(["add", "remove", "rename", "reorder"]))
    new = draw(st.sampled_from(["x", "y", "z", "output"]))
    if change == "add" or not ports:
        return port_commands.add_port(document, location, side, new)
    old = draw(st.sampled_from(ports))
    if change == "remove":
        return port_commands.remove_port(document, location, side, old)
    if change == "rename":
        return port_commands.rename_port(document, location, side, old, new)
    return port_commands.reorder_ports(document, location, side, draw(st.permutations(ports)))


def _define(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    name = draw(st.sampled_from(["Block", "Cell", "Head"]))
    return AddDefinition(Definition(name=name, graph=Graph([Port("x")], [Port("output")])))


def _rename_definition(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return definition_commands.rename_definition(
        document, location.definition, draw(st.sampled_from(["Tower", "Block", "Top"]))
    )


def _hyper_parameters(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    names = [p.name for p in document.definition(location.definition).hyper_parameters]
    if names and draw(st.booleans()):
        return definition_commands.rename_hyper_parameter(
            document, location.definition, names[0], draw(st.sampled_from("nmk"))
        )
    wanted = draw(st.lists(st.sampled_from("nmk"), unique=True))
    return definition_commands.set_hyper_parameters(
        document, location.definition, [HyperParameter(n, "4") for n in wanted]
    )


def _initializers(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    target = draw(st.sampled_from(["", *graph.nodes]))
    rule = Initializer(target=target, parameter="weight", function="torch.nn.init.zeros_")
    return definition_commands.set_initializers(document, location.definition, [rule])


def _seed(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return ChangeDocument({"seed": draw(st.integers(0, 9))})


def _group(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return group(document, location, _some(draw, graph), draw(st.sampled_from(["Group", "Part"])))[0]


def _ungroup(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return ungroup(document, location, draw(st.sampled_from(_names(graph))))[0]


def _duplicate(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return duplicate(document, location, _some(draw, graph), draw(st.sampled_from(["copy", "instance", "shared"])))[0]


def _paste(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    fragment = copy_fragment(document, location, _some(draw, graph))
    place = draw(st.sampled_from([place for place, _ in document.graphs()]))
    return paste_fragment(document, place, fragment, draw(st.none() | st.just((5.0, 5.0))))[0]


def _independent(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return commands.make_independent(document, location, draw(st.sampled_from(_names(graph))))


def _move_into(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return move_into(document, location, _some(draw, graph), draw(st.sampled_from(_names(graph))))[0]


def _move_out(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    users = users_of(document, location.definition)
    if not users:
        raise EditError("Nothing uses it.")
    place, instance = draw(st.sampled_from(users))
    return move_out(document, location, _some(draw, graph), place, instance.name)[0]


def _hoist(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return hoist(document, location, _some(draw, graph))[0]


def _sink(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    holders = [(name, slot) for name, node in graph.nodes.items() for slot, _ in node.graphs()]
    if not holders:
        raise EditError("There is no body.")
    return sink(document, location, _some(draw, graph), *draw(st.sampled_from(holders)))[0]


def _expose(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return definition_commands.expose_option(document, location, draw(st.sampled_from(_names(graph))), "bias", True)[0]


def _route(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    if not graph.edges:
        raise EditError("There is no edge.")
    points = draw(st.sampled_from([(), ((5.0, 6.0),), ((1.0, 2.0), (3.0, 4.0))]))
    return SetRoute(location, draw(st.sampled_from(sorted(graph.edges))), points)


def _own(draw: Draw, document: Document, location: Location, graph: Graph) -> Edit:
    return own_definition(document, location, draw(st.sampled_from(_names(graph))))


def _names(graph: Graph) -> list[str]:
    if not graph.nodes:
        raise EditError("There is no node.")
    return list(graph.nodes)


def _some(draw: Draw, graph: Graph) -> list[str]:
    return draw(st.lists(st.sampled_from(_names(graph)), min_size=1, max_size=4, unique=True))  # type: ignore[no-any-return]


_CHANGES = [
    _node, _node, _node, _call, _remove, _move, _set, _rename, _reorder, _connect, _connect, _note, _bookmark,
    _direction, _port, _define, _rename_definition, _hyper_parameters, _initializers, _seed, _group, _ungroup,
    _independent, _route, _route, _move_into, _move_out, _hoist, _sink, _expose, _own, _duplicate, _paste,
]  # fmt: skip
