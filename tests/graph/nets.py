"""Small documents for tests of commands."""

from __future__ import annotations

from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Call, Definition, Endpoint, Function, Graph, If, Instance, Layer, Port, Repeat

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


def branches() -> Definition:
    """An If with a layer in each branch, called again below one of them."""
    again = Repeat(name="again", body=Graph([Port("x")], [Port("x")], {"call": Call(name="call", layer="one")}))
    then = Graph([Port("x")], [Port("y")], {"one": linear("one"), "again": again})
    otherwise = Graph([Port("x")], [Port("y")], {"two": linear("two")})
    either = If(name="either", condition=Graph([Port("x")], [Port("c")]), then=then, otherwise=otherwise)
    return Definition("Net", Graph(nodes={"either": either, "last": linear("last")}))
