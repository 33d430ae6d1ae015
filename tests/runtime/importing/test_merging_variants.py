"""Whatever graphs are brought to one form, each of them is found in it again."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from blockstudio.graph.model import Call, Endpoint, Function, Graph, If, Layer, Node, Port, copy_graph
from blockstudio.runtime.importing.skeletons import skeleton
from blockstudio.runtime.importing.variants import OTHER, merged

TYPES = ("torch.nn.ReLU", "torch.nn.Linear", "operator.add")
X = Endpoint("", "x")


def node(name: str, kind: str, size: int) -> Node:
    if kind == "torch.nn.Linear":
        return Layer(name=name, type=kind, options={"in_features": size, "out_features": size})
    if kind == "operator.add":
        return Function(name=name, type=kind)
    return Layer(name=name, type=kind)


def wire(graph: Graph, name: str, sources: Sequence[Endpoint]) -> None:
    two = isinstance(graph.nodes[name], Function)
    graph.connect(Endpoint(name, "input"), sources[0])
    if two:
        graph.connect(Endpoint(name, "other"), sources[-1])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    found = Graph([Port("x")], [Port("y")])
    sources = [X]
    for number in range(draw(st.integers(3, 9))):
        name = f"n{number}"
        kind = draw(st.sampled_from((*TYPES, "call")))
        layers = [other for other in found.nodes.values() if isinstance(other, Layer)]
        if kind == "call" and layers:
            found.nodes[name] = Call(name=name, layer=draw(st.sampled_from(layers)).name)
        else:
            found.nodes[name] = node(name, kind if kind != "call" else TYPES[0], draw(st.integers(1, 3)))
        wire(found, name, [draw(st.sampled_from(sources[-3:])) for _ in range(2)])
        sources.append(Endpoint(name, "output"))
    found.connect(Endpoint("", "y"), sources[-1])
    return found


@st.composite
def variants(draw: st.DrawFn, first: Graph) -> Graph:
    """The graph with some of its nodes taken out, put in, or made others."""
    found = copy_graph(first)
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from(list(found.nodes)))
        called = {other.layer for other in found.nodes.values() if isinstance(other, Call)}
        source = found.source_of(name, "input")
        assert source is not None
        change = draw(st.sampled_from(("take out", "put in", "another")))
        if change == "put in":
            new = f"new{len(found.nodes)}"
            found.nodes[new] = node(new, draw(st.sampled_from(TYPES[:2])), 2)
            found.connect(Endpoint(new, "input"), source)
            found.connect(Endpoint(name, "input"), Endpoint(new, "output"))
        elif name in called or isinstance(found.nodes[name], Call):
            continue
        elif change == "another" and isinstance(found.nodes[name], Layer):
            found.nodes[name] = node(name, draw(st.sampled_from(TYPES[:2])), 1)
        elif change == "take out" and len(found.nodes) > 2:
            for edge in found.edges_out_of(name):
                found.connect(edge.target, source)
            for edge in found.edges_into(name):
                found.connect(edge.target, None)
            del found.nodes[name]
    return found


def chosen(graph: Graph) -> tuple[dict[str, Node], dict[Endpoint, Endpoint]]:
    """The nodes and edges that are left when every If is decided as its condition says."""
    nodes: dict[str, Node] = {}
    edges = dict(graph.edges)
    for name, found in graph.nodes.items():
        if not isinstance(found, If):
            nodes[name] = found
            continue
        (test,) = found.condition.nodes.values()
        assert isinstance(test, Function)
        branch = found.then if test.options["input"] else found.otherwise
        assert not any(OTHER in inner.extra for inner in branch.nodes.values())
        nodes |= branch.nodes
        given = {port.name: edges.pop(Endpoint(name, port.name)) for port in branch.inputs}
        inside = {target: given[source.port] if not source.node else source for target, source in branch.edges.items()}
        for target, source in list(edges.items()):
            if source.node == name:
                edges[target] = inside[Endpoint("", source.port)]
        edges |= {target: source for target, source in inside.items() if target.node}
    return nodes, edges


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_each_is_what_it_was_when_the_ifs_are_decided(data: st.DataObject) -> None:
    first = data.draw(graphs())
    different = {skeleton(first): first}
    for _ in range(data.draw(st.integers(1, 2))):
        other = data.draw(variants(first))
        different.setdefault(skeleton(other), other)
    assume(len(different) > 1)
    groups = [[graph] for graph in different.values()]
    forms = merged(groups)
    if forms is None:
        return
    assert len({skeleton(form) for group in forms for form in group}) == 1
    for (graph,), (form,) in zip(groups, forms, strict=True):
        nodes, edges = chosen(form)
        assert nodes == graph.nodes
        assert edges == graph.edges
