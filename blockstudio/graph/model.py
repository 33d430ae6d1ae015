"""What a document is made of: definitions, graphs, nodes, ports, edges.

Nodes, ports and notes are frozen values; graphs and definitions are changed in place, and only
by the edits of `edits.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from attrs import Factory, define, evolve, field, frozen

Position = tuple[float, float]

BOUNDARY = ""
"""The node name that stands for the graph's own border in an endpoint."""


@frozen
class Expression:
    """A checked expression over hyper-parameters, such as `channels * 4`."""

    text: str


OptionValue = None | bool | int | float | str | tuple["OptionValue", ...] | Expression
Options = Mapping[str, OptionValue]


@frozen
class Example:
    """An example input: what a root block is run on and its shapes are worked out for."""

    shape: tuple[int, ...] = ()
    dtype: str = "float32"
    generator: str = "rand"
    """rand, randn, zeros, ones, arange, integers, or file"""
    low: int = 0
    high: int = 10
    file: str = ""
    """Path of a tensor file, for the generator `file`."""
    key: str = ""
    """Entry of that file, where it holds several tensors."""


@frozen
class Port:
    """A named input or output of a graph, drawn on the canvas as a pill of its own."""

    name: str
    position: Position = (0.0, 0.0)
    example: Example | None = None
    default: str = ""
    """An expression used when the input is not given; empty when it must be."""
    extra: Mapping[str, Any] = Factory(dict)


@frozen
class Note:
    """A comment on the canvas; with a size larger than its text it serves as a frame."""

    text: str
    position: Position = (0.0, 0.0)
    size: Position = (200.0, 80.0)
    color: str = ""
    frame: bool = False
    extra: Mapping[str, Any] = Factory(dict)


@frozen
class Bookmark:
    """A view of the canvas to come back to."""

    center: Position = (0.0, 0.0)
    zoom: float = 1.0
    extra: Mapping[str, Any] = Factory(dict)


class Endpoint(NamedTuple):
    """One end of an edge; node "" is the graph's own border."""

    node: str
    port: str


class Edge(NamedTuple):
    source: Endpoint
    target: Endpoint


@define
class Graph:
    """Ordered ports, nodes by name in document order, and edges by the input they feed.

    The order of `nodes` breaks ties in the topological order, and is the order of the children
    where the graph is the body of a `Sequential` (which has no edges: order implies them).
    """

    inputs: list[Port] = Factory(list)
    outputs: list[Port] = Factory(list)
    nodes: dict[str, Node] = Factory(dict)
    edges: dict[Endpoint, Endpoint] = Factory(dict)
    notes: dict[str, Note] = Factory(dict)
    routes: dict[Endpoint, tuple[Position, ...]] = Factory(dict)
    """The points that edges are drawn through, by the input they feed; most have none."""
    bookmarks: dict[str, Bookmark] = Factory(dict)
    """By what was nearest when they were set; "" where nothing was."""
    extra: dict[str, Any] = Factory(dict)
    down: bool = False
    """It is drawn from top to bottom, instead of from left to right."""
    _outgoing: dict[str, dict[Endpoint, Endpoint]] = field(factory=dict, init=False, eq=False, repr=False)
    _incoming: dict[str, dict[Endpoint, Endpoint]] = field(factory=dict, init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for target, source in self.edges.items():
            self._index(source, target)

    def _index(self, source: Endpoint, target: Endpoint) -> None:
        self._outgoing.setdefault(source.node, {})[target] = source
        self._incoming.setdefault(target.node, {})[target] = source

    def chosen(self, names: Collection[str]) -> dict[str, Node]:
        """The nodes with these names, in the order of the graph; names of others are left out."""
        wanted = set(names)
        return {name: node for name, node in self.nodes.items() if name in wanted}

    def source_of(self, node: str, port: str) -> Endpoint | None:
        """The output that feeds an input, None when nothing does."""
        return self.edges.get(Endpoint(node, port))

    def edges_into(self, node: str) -> list[Edge]:
        return [Edge(source, target) for target, source in self._incoming.get(node, {}).items()]

    def edges_out_of(self, node: str) -> list[Edge]:
        return [Edge(source, target) for target, source in self._outgoing.get(node, {}).items()]

    def connect(self, target: Endpoint, source: Endpoint | None) -> Endpoint | None:
        """Feed `target` from `source` (None: from nothing); returns what fed it before."""
        before = self.edges.pop(target, None)
        if before is not None:
            del self._outgoing[before.node][target]
            del self._incoming[target.node][target]
        if source is not None:
            self.edges[target] = source
            self._index(source, target)
        return before


@frozen(kw_only=True)
class Node:
    """What every node has. `extra` keeps keys that this version does not know."""

    kind: ClassVar[str] = ""
    holds: ClassVar[bool] = False
    """Whether nodes of this kind have graphs inside."""

    name: str
    position: Position = (0.0, 0.0)
    comment: str = ""
    color: str = ""
    device: str = ""
    """Where the node's parameters live and it runs, such as "cuda:1"; "" follows the model."""
    bypassed: bool = False
    """What comes in goes out as it is; the node keeps its parameters, which nothing uses then."""
    expanded: bool = False
    """Its inside is drawn in its place."""
    extra: Mapping[str, Any] = Factory(dict)

    def graphs(self) -> Iterator[tuple[str, Graph]]:
        """The graphs inside this node, by slot name."""
        return iter(())


@frozen(kw_only=True)
class Layer(Node):
    """A module of the catalog, with its constructor arguments."""

    kind = "layer"
    type: str
    options: Options = Factory(dict)


@frozen(kw_only=True)
class Function(Node):
    """A function, method or operator of the catalog; owns nothing."""

    kind = "function"
    type: str
    options: Options = Factory(dict)


@frozen(kw_only=True)
class Instance(Node):
    """A use of a definition, with weights of its own."""

    kind = "instance"
    definition: str
    options: Options = Factory(dict)


@frozen(kw_only=True)
class Call(Node):
    """Another application of the layer that the node named `layer` owns: shared weights."""

    kind = "call"
    layer: str


@frozen(kw_only=True)
class Constant(Node):
    """A tensor that is not trained: a buffer. `value` is a tensor expression."""

    kind = "constant"
    value: str
    persistent: bool = True


@frozen(kw_only=True)
class Parameter(Node):
    """A trained tensor of the block's own. `value` is the tensor expression it starts from."""

    kind = "parameter"
    value: str


@frozen(kw_only=True)
class Sequential(Node):
    """An ordered container; children are keyed "0", "1", ... or, if `named`, by their names."""

    kind = "sequential"
    holds = True
    body: Graph
    named: bool = False

    def graphs(self) -> Iterator[tuple[str, Graph]]:
        yield "body", self.body


@frozen(kw_only=True)
class While(Node):
    """Repeat `body` while `condition` holds. Body output i becomes input i of the next round;
    an output that nothing feeds carries its input on unchanged. All graphs have the same inputs.
    """

    kind = "while"
    holds = True
    condition: Graph
    body: Graph

    def graphs(self) -> Iterator[tuple[str, Graph]]:
        yield "condition", self.condition
        yield "body", self.body


@frozen(kw_only=True)
class If(Node):
    """Either `then` or `otherwise`, both with the inputs of `condition` and equal outputs."""

    kind = "if"
    holds = True
    condition: Graph
    then: Graph
    otherwise: Graph

    def graphs(self) -> Iterator[tuple[str, Graph]]:
        yield "condition", self.condition
        yield "then", self.then
        yield "otherwise", self.otherwise


@frozen(kw_only=True)
class Repeat(Node):
    """`count` rounds of `body`, outputs carried to inputs as in `While`.

    With `shared` every round calls the same layers; without, each layer in the body becomes a
    list with one layer a round (`conv.0`, `conv.1`), and options may use the round's number,
    named by `index`.
    """

    kind = "repeat"
    holds = True
    body: Graph
    count: OptionValue = 2
    index: str = "i"
    shared: bool = True

    def graphs(self) -> Iterator[tuple[str, Graph]]:
        yield "body", self.body


@frozen(kw_only=True)
class Unknown(Node):
    """A node of a kind this version does not know; written back as it was read."""

    kind = "unknown"
    data: Mapping[str, Any] = Factory(dict)


@frozen
class HyperParameter:
    """A named argument of a definition, with the expression of its default ("" for none)."""

    name: str
    default: str = ""
    doc: str = ""
    extra: Mapping[str, Any] = Factory(dict)


OLD_VALUE = "x"
"""What the expression of an initialiser calls the value there was before."""


@frozen(kw_only=True)
class Initializer:
    """A rule that fills parameters after the block is built; rules apply in order.

    With `layer_type`, to `parameter` of every layer of that type below the module path `target`;
    else with `parameter`, to that one parameter of `target`; else to every parameter below it.
    The rule is a `function` ("torch.nn.init.normal_", or one of `Document.functions`) with its
    `arguments`, or an `expression` over the old value, named `x`, assigned to `index` ("0, 0",
    "" for the whole tensor), or `same_as`: the parameter, or the module at `target` if there is none,
    is the one at that path ("tok.weight") from then on; or it says whether they are `trainable`.
    """

    target: str = ""
    layer_type: str = ""
    parameter: str = ""
    function: str = ""
    arguments: Options = Factory(dict)
    index: str = ""
    expression: str = ""
    same_as: str = ""
    trainable: bool | None = None
    extra: Mapping[str, Any] = Factory(dict)

    @property
    def actions(self) -> int:
        """How many things it does; a rule does one."""
        return sum(map(bool, (self.function, self.expression, self.same_as))) + (self.trainable is not None)


@define
class Definition:
    """A user-made block: its graph, hyper-parameters and initialisers. Compiles to one class."""

    name: str
    graph: Graph = Factory(Graph)
    hyper_parameters: list[HyperParameter] = Factory(list)
    initializers: list[Initializer] = Factory(list)
    doc: str = ""
    extra: dict[str, Any] = Factory(dict)


@define
class CodeDefinition:
    """A block written in Python: the source of one `nn.Module` class named `name`."""

    name: str
    source: str
    doc: str = ""
    extra: dict[str, Any] = Factory(dict)


def at_flow(along: float, across: float, row: int, down: bool) -> Position:
    """The place of one of several ports that stand side by side, somewhere along the flow."""
    return (across + 160.0 * row, along) if down else (along, across + 90.0 * row)


def copy_graph(graph: Graph) -> Graph:
    """A copy that shares no mutable part with the original: of nodes only those that hold graphs."""
    nodes = dict(graph.nodes)
    nodes.update((name, copy_node(node)) for name, node in graph.nodes.items() if node.holds)
    result = Graph(list(graph.inputs), list(graph.outputs), nodes, down=graph.down)
    result.edges = dict(graph.edges)
    result.notes, result.routes = dict(graph.notes), dict(graph.routes)
    result.bookmarks, result.extra = dict(graph.bookmarks), dict(graph.extra)
    result._outgoing = {name: dict(edges) for name, edges in graph._outgoing.items()}
    result._incoming = {name: dict(edges) for name, edges in graph._incoming.items()}
    return result


def copy_part(graph: Graph, names: Collection[str]) -> Graph:
    """A copy of some nodes with the edges among them, drawn in the same direction, without ports and notes."""
    nodes = {name: copy_node(node) for name, node in graph.chosen(names).items()}
    edges = {t: s for t, s in graph.edges.items() if t.node in nodes and s.node in nodes}
    routes = {target: points for target, points in graph.routes.items() if target in edges}
    return Graph(nodes=nodes, edges=edges, routes=routes, down=graph.down)


def copy_node(node: Node, **changes: Any) -> Node:
    """A copy with its own inner graphs, and `changes` made to its fields."""
    inner = {slot: copy_graph(graph) for slot, graph in node.graphs()}
    if not inner and not changes:
        return node
    return evolve(node, **{**inner, **changes})
