"""What the example architectures are written with: nodes in few words, graphs by chains of names."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    Definition,
    Endpoint,
    Example,
    Expression,
    Function,
    Graph,
    HyperParameter,
    If,
    Initializer,
    Instance,
    Layer,
    Node,
    Note,
    OptionValue,
    Port,
    Repeat,
    Sequential,
)

IMAGES = Example((2, 3, 224, 224), generator="randn")
NOTES: Mapping[str, Mapping[str, str]] = tomllib.loads(Path(__file__).with_name("notes.toml").read_text("utf-8"))
CLASSES = (1000, "Number of classes.")
WIDTH = 520
"""Of a note."""
ROWS = "rows"
"""Under this name a graph keeps how it is to be drawn until it is placed."""


@frozen
class Architecture:
    """An example: its file, its title in the menu, and what it holds."""

    file: str
    title: str
    document: Document


# --- nodes ------------------------------------------------------------------------------------------


def value(given: Any) -> OptionValue:
    """An option as it is written here: text that names something is an expression, `"=…"`."""
    if isinstance(given, tuple | list):
        return tuple(value(each) for each in given)
    return Expression(given[1:].strip()) if isinstance(given, str) and given.startswith("=") else given


def _options(options: dict[str, Any]) -> dict[str, OptionValue]:
    return {name: value(given) for name, given in options.items()}


def layer(name: str, type: str, /, comment: str = "", **options: Any) -> Layer:
    """A layer of torch.nn."""
    return Layer(name=name, type=f"torch.nn.{type}", options=_options(options), comment=comment)


def function(name: str, type: str, /, comment: str = "", **options: Any) -> Function:
    """A function by its full name."""
    return Function(name=name, type=type, options=_options(options), comment=comment)


def use(name: str, definition: str, /, comment: str = "", **options: Any) -> Instance:
    """An instance of a definition."""
    return Instance(name=name, definition=definition, options=_options(options), comment=comment)


def again(name: str, owner: str) -> Call:
    return Call(name=name, layer=owner)


def sequential(name: str, *children: Node, named: bool = False) -> Sequential:
    return Sequential(name=name, body=Graph(nodes={child.name: child for child in children}), named=named)


def repeat(name: str, count: Any, body: Node | Graph, **fields: Any) -> Repeat:
    """So many rounds, each with its own weights: of one node, or of a graph."""
    inside = graph("x", "x", [body], f"x > {body.name} > x") if isinstance(body, Node) else body
    fields.setdefault("shared", False)
    return Repeat(name=name, count=value(count), body=inside, **fields)


def choice(name: str, condition: Node, then: Graph, otherwise: Graph) -> If:
    """One of two graphs, by a condition over hyper-parameters."""
    inputs = " ".join(port.name for port in then.inputs)
    return If(
        name=name,
        condition=graph(inputs, "condition", [condition], f"{condition.name} > condition"),
        then=then,
        otherwise=otherwise,
    )


def conv(name: str, inputs: Any, outputs: Any, kernel: Any = 3, **options: Any) -> Layer:
    return layer(name, "Conv2d", in_channels=inputs, out_channels=outputs, kernel_size=kernel, **options)


def norm(name: str, channels: Any, **options: Any) -> Layer:
    return layer(name, "BatchNorm2d", num_features=channels, **options)


def relu(name: str = "relu") -> Layer:
    return layer(name, "ReLU", inplace=True)


def linear(name: str, inputs: Any, outputs: Any, **options: Any) -> Layer:
    return layer(name, "Linear", in_features=inputs, out_features=outputs, **options)


def dropout(name: str = "dropout", p: Any = "=dropout") -> Layer:
    return layer(name, "Dropout", p=p)


def plus(name: str = "add") -> Function:
    return function(name, "operator.add")


def flatten() -> Function:
    return function("flatten", "torch.flatten", start_dim=1)


# --- graphs and definitions ---------------------------------------------------------------------------


def graph(inputs: str | Iterable[Port], outputs: str, nodes: Iterable[Node], *wires: str) -> Graph:
    """A graph; `wires` are chains: "x > conv1 > bn1 > add", "x > add.other".

    An end is a node, or `node:port` where it is not the node's first port, or a port of the border.
    """
    ports = [Port(name) for name in inputs.split()] if isinstance(inputs, str) else list(inputs)
    result = Graph(ports, [Port(name) for name in outputs.split()], {node.name: node for node in nodes})
    for wire in wires:
        for source, target in pairwise(end.strip() for end in wire.split(">")):
            result.connect(_end(result, target, is_source=False), _end(result, source, is_source=True))
    return result


def _end(graph: Graph, text: str, *, is_source: bool) -> Endpoint:
    name, _, port = text.partition(":")
    if name not in graph.nodes:
        border = {found.name for found in (graph.inputs if is_source else graph.outputs)}
        assert name in border, f"no {name} among {[*border, *graph.nodes]}"
        return Endpoint(BOUNDARY, name)
    return Endpoint(name, port or _main_port(graph.nodes[name], is_source=is_source))


def _main_port(node: Node, *, is_source: bool) -> str:
    inner = [body for slot, body in node.graphs() if slot in ("body", "then")]
    if inner and not isinstance(node, Sequential):
        return (inner[0].outputs if is_source else inner[0].inputs)[0].name
    return "output" if is_source else "x" if isinstance(node, Instance) else "input"


def drawn(graph: Graph, *rows: str) -> Graph:
    """The graph with its things in rows, one below the other: names of nodes and ports.

    With "." for an empty place somewhere, the rows have columns in common; else each is a line of its own, like text.
    What stands before a colon is the title of a frame around the row.
    """
    graph.extra[ROWS] = rows
    return graph


def chain(name: str, *nodes: Node, doc: str = "", **hyper_parameters: Any) -> Definition:
    """A definition of nodes in a row."""
    wires = " > ".join(["x", *(node.name for node in nodes), "output"])
    return block(name, graph("x", "output", nodes, wires), doc=doc, **hyper_parameters)


def block(
    name: str, graph: Graph, doc: str = "", rules: Iterable[Initializer] = (), **hyper_parameters: Any
) -> Definition:
    """A definition; hyper-parameters are `name=default` or `name=(default, doc)`, `None` for those to be given."""
    made = []
    for key, given in hyper_parameters.items():
        default, words = given if isinstance(given, tuple) else (given, "")
        made.append(HyperParameter(key, "" if default is None else str(default), words))
    return Definition(name, graph, made, list(rules), doc)


def architecture(
    file: str,
    title: str,
    *definitions: Definition,
    example: Example = IMAGES,
    note: str = "",
    facts: Mapping[str, object] | None = None,
) -> Architecture:
    """An example of definitions, the first of them the root; each with its note, the root's by the name `note`."""
    root = definitions[0]
    root.graph.inputs[:] = [port if port.example else evolve(port, example=example) for port in root.graph.inputs]
    for definition in definitions:
        text = NOTES.get(note if note and definition is root else definition.name)
        if text:
            said = f"{text['zh']}\n\n{text['en']}".format(**facts or {})
            definition.graph.notes["note"] = Note(said, size=(float(text.get("width", WIDTH)), 60.0))
    document = Document(root.name, {definition.name: definition for definition in definitions})
    document.extra["title"] = title
    return Architecture(file, title, document)


# --- initialisation ---------------------------------------------------------------------------------


def every(type: str, parameter: str, function: str, **arguments: Any) -> Initializer:
    """A rule for all layers of a type."""
    return Initializer(
        layer_type=f"torch.nn.{type}", parameter=parameter, function=f"torch.nn.init.{function}", arguments=arguments
    )


NORM_RULES = (every("BatchNorm2d", "weight", "ones_"), every("BatchNorm2d", "bias", "zeros_"))
KAIMING = every("Conv2d", "weight", "kaiming_normal_", mode="fan_out", nonlinearity="relu")
