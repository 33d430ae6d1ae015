"""Small documents, written shortly: what most tests of the compiler start from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    CodeDefinition,
    Constant,
    Definition,
    Endpoint,
    Function,
    Graph,
    Instance,
    Layer,
    Node,
    Parameter,
    Port,
    Repeat,
)

Wires = Mapping[str, str] | Iterable[tuple[str, str]]


def graph(inputs: str | Iterable[Port], outputs: str, nodes: Iterable[Node], wires: str = "", **extra: Any) -> Graph:
    """A graph; `wires` are parted by spaces: "x>hidden hidden>relu relu.values>add.other add>output".

    An end is `node.port`; without a port it is the border's port of that name, or a node's main port
    ("input" or "output").
    """
    nodes = list(nodes)
    names = {node.name for node in nodes}
    ports = [Port(name) for name in inputs.split()] if isinstance(inputs, str) else list(inputs)
    borders = {port.name for port in ports}, set(outputs.split())
    edges = {}
    for wire in wires.split():
        source, target = wire.split(">")
        edges[_end(target, names, borders[1], "input")] = _end(source, names, borders[0], "output")
    return Graph(ports, [Port(name) for name in outputs.split()], {node.name: node for node in nodes}, edges, **extra)


def _end(text: str, names: set[str], border: set[str], main: str) -> Endpoint:
    if text in names:
        return Endpoint(text, main)
    if text in border:
        return Endpoint(BOUNDARY, text)
    node = max((name for name in names if text.startswith(f"{name}.")), key=len, default=None)
    if node is None:
        name, _, port = text.partition(".")
        return Endpoint(name, port or main)
    return Endpoint(node, text[len(node) + 1 :])


def document(*definitions: Definition | CodeDefinition, root: str = "", **extra: Any) -> Document:
    """A document of definitions, the last of them the root."""
    return Document(root or definitions[-1].name, {d.name: d for d in definitions}, **extra)


def net(graph: Graph, name: str = "Net", **extra: Any) -> Document:
    """A document of one block."""
    return document(Definition(name, graph, **extra))


def layer(name: str, type: str, /, comment: str = "", device: str = "", **options: Any) -> Layer:
    """A layer of torch.nn."""
    return Layer(name=name, type=f"torch.nn.{type}", options=options, comment=comment, device=device)


def function(name: str, type: str = "", /, comment: str = "", device: str = "", **options: Any) -> Function:
    """A function by its full name, or by that of torch.nn.functional."""
    full = type or name
    full = full if "." in full or full in ("value", "training") else f"torch.nn.functional.{full}"
    return Function(name=name, type=full, options=options, comment=comment, device=device)


def linear(name: str, inputs: Any, outputs: Any, **options: Any) -> Layer:
    return layer(name, "Linear", in_features=inputs, out_features=outputs, **options)


def call(name: str, owner: str, **fields: Any) -> Call:
    return Call(name=name, layer=owner, **fields)


def instance(name: str, definition: str, /, **options: Any) -> Instance:
    return Instance(name=name, definition=definition, options=options)


def constant(name: str, value: str, **fields: Any) -> Constant:
    return Constant(name=name, value=value, **fields)


def parameter(name: str, value: str) -> Parameter:
    return Parameter(name=name, value=value)


def chain(*nodes: Node, **extra: object) -> Graph:
    """The nodes in a row between an input and an output."""
    names = ["x", *(node.name for node in nodes), "output"]
    return graph("x", "output", nodes, " ".join(f"{a}>{b}" for a, b in pairwise(names)), **extra)


def deep(levels: int) -> Document:
    """A loop in a loop in a loop."""
    body = chain(linear("inner", 1, 1))
    for level in range(levels):
        body = Graph(
            [Port("x")],
            [Port("x")],
            {f"r{level}": Repeat(name=f"r{level}", body=body, index=f"i{level}")},
            {Endpoint(f"r{level}", "x"): Endpoint("", "x"), Endpoint("", "x"): Endpoint(f"r{level}", "x")},
        )
    return net(body)


def tower(height: int) -> Document:
    """A block in a block in a block."""
    definitions = [Definition("D0", chain(linear("inner", 1, 1)))]
    for level in range(1, height):
        definitions.append(
            Definition(f"D{level}", graph("x", "output", [instance("d", f"D{level - 1}")], "x>d.x d.output>output"))
        )
    return document(*definitions)
