"""Random documents that are valid: every value in them is a (2, 8) tensor, so that anything can feed anything."""

from __future__ import annotations

from itertools import count, pairwise

from attrs import define, evolve, field
from hypothesis import strategies as st

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    Definition,
    Endpoint,
    Expression,
    Function,
    Graph,
    HyperParameter,
    If,
    Layer,
    Node,
    Port,
    Repeat,
    Sequential,
    While,
)
from tests.compiler.documents import call, constant, document, function, graph, instance, layer, linear, parameter

COMMENTS = st.sampled_from(["", "", "", "a comment", "two\nlines", 'quotes """ and \\ and # and ‮ and 中文' * 3])

PASSING = ("layer", "call", "sequential", "repeat", "while", "instance")
"""Kinds of nodes all of whose outputs have an input that stands for them while they are bypassed."""

LONGER = {3: "_of_the_main_path", 5: "_of_the_second_and_rather_long_residual_branch"}
"""What some names have in them, so that lines must be broken in every way."""

UNARY = {
    "relu": ("torch.nn.functional.relu", {}),
    "relu_": ("torch.nn.functional.relu", {"inplace": True}),
    "tanh": ("torch.tanh", {}),
    "neg": ("operator.neg", {}),
    "abs": ("torch.abs", {}),
    "softmax": ("torch.nn.functional.softmax", {"dim": -1}),
    "dropout": ("torch.nn.functional.dropout", {}),
    "plus": ("operator.add", {"other": 1}),
    "minus": ("operator.sub", {"other": Expression("n / 2")}),
    "over": ("operator.truediv", {"other": 2}),
    "clamp": ("torch.clamp", {"min": -1.0}),
    "turned": ("torch.Tensor.view", {"shape": (2, -1)}),
    "picked": ("operator.getitem", {"index": ":, :"}),
}
BINARY = ["operator.add", "operator.sub", "operator.mul", "torch.maximum", "torch.where"]


@define
class Maker:
    """Draws one definition."""

    draw: st.DrawFn
    known: tuple[str, ...]
    """The definitions that may be used: each with the inputs x and h and the output y."""
    numbers: count[int] = field(factory=lambda: count(1))
    owned: list[str] = field(factory=list)
    """The layers that may be called again from anywhere."""

    def name(self, stem: str) -> str:
        number = next(self.numbers)
        return f"{stem}{LONGER.get(number % 7, '')}_{number}"

    def definition(self, name: str) -> Definition:
        parameters = [HyperParameter("n", self.draw(st.sampled_from(["2", "3"])))]
        if self.draw(st.integers(0, 4)) == 0:
            return Definition(name, self.rounds(), hyper_parameters=parameters)
        return Definition(name, self.graph(["x", "h"], ["y"], 3), hyper_parameters=parameters, doc=self.draw(COMMENTS))

    def rounds(self) -> Graph:
        """A graph of rounds that are the members of the block itself, and perhaps of more."""
        nodes: list[Node] = [linear("0", 8, Expression("8 if i == 0 else 4 + 2 * n + 4 - 2 * n"))]
        wires = "x>0 0>x"
        if self.draw(st.booleans()):
            nodes.append(function("sum", "operator.add"))
            wires = "x>0 0>sum x>sum.other sum>x"
        count = self.draw(st.sampled_from([0, 2, Expression("n"), Expression("[1, n][1]")]))
        repeat = Repeat(name="rounds", count=count, shared=False, body=graph("x", "x", nodes, wires))
        if self.draw(st.booleans()):
            return graph("x h", "y", [repeat], "x>rounds.x rounds.x>y")
        return graph("x h", "y", [repeat, function("tanh", "torch.tanh")], "x>tanh tanh>rounds.x rounds.x>y")

    def graph(self, inputs: list[str], outputs: list[str], depth: int, index: str = "", owns: bool = True) -> Graph:
        made = Graph([Port(name) for name in inputs], [Port(name) for name in outputs])
        values = [Endpoint(BOUNDARY, name) for name in inputs]
        for _ in range(self.draw(st.integers(0, 5))):
            values += self.add(made, values, depth, index, owns)
        for name in outputs:
            made.connect(Endpoint(BOUNDARY, name), self.draw(st.sampled_from(values[-3:] + values[:1])))
        return made

    def add(self, made: Graph, values: list[Endpoint], depth: int, index: str, owns: bool) -> list[Endpoint]:
        """Add nodes, and return the values they give."""
        kinds = ["linear", "unary", "unary", "binary", "binary", "tensor", "chunk", "call", "instance", "stack"]
        if depth:
            kinds += ["sequential", "while", "if", "static", "repeat", "own"]
        kind = self.draw(st.sampled_from(kinds))
        pick = st.sampled_from(values[-3:] + values[:1])
        match kind:
            case "linear":
                node: Node = linear(self.name("linear"), 8, 8, comment=self.draw(COMMENTS))
                if owns:
                    self.owned.append(node.name)
                return self.put(made, node, ["input"], ["output"], pick)
            case "unary":
                stem = self.draw(st.sampled_from(sorted(UNARY)))
                type, options = UNARY[stem]
                if index and stem == "plus":
                    options = {"other": Expression(f"{index} + n")}
                node = function(self.name(stem), type, comment=self.draw(COMMENTS), **options)
                return self.put(made, node, ["input"], ["output"], pick)
            case "binary":
                type = self.draw(st.sampled_from(BINARY))
                if type == "torch.where":
                    mask = self.put(
                        made, function(self.name("gt"), "operator.gt", other=0), ["input"], ["output"], pick
                    )
                    node = function(self.name("where"), type)
                    made.connect(Endpoint(node.name, "condition"), mask[0])
                else:
                    node = function(self.name("both"), type)
                return self.put(made, node, ["input", "other"], ["output"], pick)
            case "tensor":
                kinds_of = (constant, parameter)
                node = self.draw(st.sampled_from(kinds_of))(self.name("tensor"), "torch.rand(2, 8)")
                return self.put(made, node, [], ["output"], pick)
            case "chunk":
                node = function(self.name("chunk"), "torch.chunk", chunks=2, dim=-1)
                self.put(made, node, ["input"], [], pick)
                joined = function(self.name("cat"), "torch.cat", dim=-1)
                ends = self.draw(st.permutations([0, 1]))
                for position, end in enumerate(ends):
                    made.connect(Endpoint(joined.name, f"tensors.{position}"), Endpoint(node.name, f"chunks.{end}"))
                return self.put(made, joined, [], ["output"], pick)
            case "stack":
                node = function(self.name("stack"), "torch.stack")
                stacked = self.put(made, node, ["tensors.0", "tensors.1"], ["output"], pick)
                mean = function(self.name("mean"), "torch.mean", dim=0)
                made.connect(Endpoint(mean.name, "input"), stacked[0])
                return self.put(made, mean, [], ["output"], pick)
            case "call" if self.owned:
                node = call(self.name("again"), self.draw(st.sampled_from(self.owned)))
                return self.put(made, node, ["input"], ["output"], pick)
            case "instance" if self.known:
                node = instance(self.name("block"), self.draw(st.sampled_from(self.known)), n=3)
                return self.put(made, node, ["x", "h"], ["y"], pick)
            case "sequential":
                return self.put(made, self.sequential(depth), ["input"], ["output"], pick)
            case "repeat":
                shared = self.draw(st.booleans())
                number = f"i{next(self.numbers)}"
                body = self.graph(["a", "b"], ["a", "b"], depth - 1, number, owns and shared)
                for name in self.draw(st.sampled_from([(), ("b",), ("a",)])):
                    body.connect(Endpoint(BOUNDARY, name), None)  # carried on as it is
                rounds = self.draw(st.sampled_from([0, 1, 2, Expression("n")]))
                node = Repeat(name=self.name("repeat"), count=rounds, index=number, shared=shared, body=body)
                return self.put(made, node, ["a", "b"], ["a", "b"], pick)
            case "own":
                # One layer for each round, and nothing else: what becomes an nn.Sequential.
                name = self.name("own")
                body = graph("x", "x", [linear(name, 8, 8)], f"x>{name} {name}>x")
                node = Repeat(
                    name=self.name("rounds"), count=2, index=f"i{next(self.numbers)}", shared=False, body=body
                )
                return self.put(made, node, ["x"], ["x"], pick)
            case "while":
                return self.put(made, self.loop(), ["a", "b"], ["a", "b"], pick)
            case "if" | "static":
                return self.put(made, self.branch(depth, index, kind == "static"), ["a", "b"], ["u", "v"], pick)
        return []

    def put(
        self, made: Graph, node: Node, inputs: list[str], outputs: list[str], pick: st.SearchStrategy[Endpoint]
    ) -> list[Endpoint]:
        passes = node.kind in PASSING or (isinstance(node, Function) and node.name.rpartition("_")[0] in UNARY)
        if passes and self.draw(st.integers(0, 7)) == 7:
            node = evolve(node, bypassed=True)
        made.nodes[node.name] = node
        for port in inputs:
            made.connect(Endpoint(node.name, port), self.draw(pick))
        return [Endpoint(node.name, port) for port in outputs]

    def sequential(self, depth: int) -> Sequential:
        children: list[Node] = []
        for _ in range(self.draw(st.integers(0, 4))):
            match self.draw(st.sampled_from(["linear", "relu", "call", "owned", "repeat", "sequential"])):
                case "linear":
                    children.append(linear(self.name("child"), 8, 8))
                case "call" if any(isinstance(child, Layer) for child in children):
                    own = self.draw(st.sampled_from([child.name for child in children if isinstance(child, Layer)]))
                    children.append(call(self.name("again"), own))
                case "owned" if self.owned:
                    children.append(call(self.name("again"), self.draw(st.sampled_from(self.owned))))
                case "repeat":
                    nodes = [linear(self.name("a"), 8, 8), layer(self.name("b"), "Tanh")][
                        : self.draw(st.integers(1, 2))
                    ]
                    names = ["x", *(node.name for node in nodes), "x"]
                    wires = " ".join(f"{a}>{b}" for a, b in pairwise(names))
                    body = graph("x", "x", nodes, wires)
                    shared = self.draw(st.booleans())
                    number = f"i{next(self.numbers)}"
                    children.append(Repeat(name=self.name("repeat"), count=2, index=number, shared=shared, body=body))
                case "sequential" if depth:
                    children.append(self.sequential(depth - 1))
                case _:
                    children.append(layer(self.name("relu"), "ReLU"))
        called = {child.layer for child in children if isinstance(child, Call)}
        children = [
            evolve(child, bypassed=True)
            if child.name not in called and not isinstance(child, Repeat) and self.draw(st.integers(0, 7)) == 7
            else child
            for child in children
        ]
        body = Graph([Port("input")], [Port("output")], {child.name: child for child in children})
        return Sequential(name=self.name("sequential"), body=body, named=self.draw(st.booleans()))

    def loop(self) -> While:
        names = [self.name(stem) for stem in ("abs", "total", "large", "half", "mixed")]
        absolute, total, large, half, mixed = names
        condition = graph(
            "a b",
            "c",
            [function(absolute, "torch.abs"), function(total, "torch.sum"), function(large, "operator.gt", other=1)],
            f"a>{absolute} {absolute}>{total} {total}>{large} {large}>c",
        )
        nodes = [function(half, "operator.truediv", other=2), function(mixed, "operator.add")]
        ends = self.draw(st.sampled_from([f"{half}>a {mixed}>b", f"{half}>a a>b", f"{half}>a"]))
        body = graph("a b", "a b", nodes, f"a>{half} {half}>{mixed} b>{mixed}.other {ends}")
        return While(name=self.name("while"), condition=condition, body=body, comment=self.draw(COMMENTS))

    def branch(self, depth: int, index: str, static: bool) -> If:
        mean, large = self.name("mean"), self.name("large")
        if static:
            test = Expression(self.draw(st.sampled_from(["n == 2", "n > 2 or n < 0", "len([n, n]) == n"])))
            chosen = [
                function(large, "value", value=test)
                if self.draw(st.booleans())
                else function(large, "operator.eq", input=Expression("n"), other=2)
            ]
            condition = graph("a b", "c", chosen, f"{large}>c")
        else:
            chosen = [function(mean, "torch.mean"), function(large, "operator.gt", other=0)]
            condition = graph("a b", "c", chosen, f"a>{mean} {mean}>{large} {large}>c")
        then = self.graph(["a", "b"], ["u", "v"], depth - 1, index, owns=False)
        otherwise = self.graph(["a", "b"], ["u", "v"], depth - 1, index, owns=False)
        if static and self.draw(st.booleans()):
            name = self.name("either")
            for chosen in (then, otherwise):
                self.alternative(chosen, name)
        return If(name=self.name("if"), condition=condition, then=then, otherwise=otherwise)

    def alternative(self, made: Graph, name: str) -> None:
        """A layer with the name of one in the other branch, and perhaps another use of it."""
        kinds = {"Linear": {"in_features": 8, "out_features": 8}, "LayerNorm": {"normalized_shape": 8}, "Tanh": {}}
        kind = self.draw(st.sampled_from(sorted(kinds)))
        value = made.source_of(BOUNDARY, "u") or Endpoint(BOUNDARY, "a")
        nodes: list[Node] = [layer(name, kind, **kinds[kind])]
        if self.draw(st.booleans()):
            nodes.append(call(self.name("again"), name))
        for node in nodes:
            made.nodes[node.name] = node
            made.connect(Endpoint(node.name, "input"), value)
            value = Endpoint(node.name, "output")
        made.connect(Endpoint(BOUNDARY, "u"), value)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document of one to three definitions."""
    definitions: list[Definition] = []
    for name in ("Inner", "Middle", "Net")[-draw(st.integers(1, 3)) :]:
        definitions.append(Maker(draw, tuple(known.name for known in definitions)).definition(name))
    return document(*definitions)
