"""Control flow."""

from __future__ import annotations

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    Definition,
    Graph,
    HyperParameter,
    If,
    Node,
    Repeat,
)
from tests.compiler.documents import (
    document,
    function,
    graph,
    instance,
    layer,
    linear,
    net,
)
from tests.compiler.models.parts import E, conv, norm, norm_1d


def branches() -> Document:
    condition = graph(
        "x",
        "positive",
        [function("mean", "torch.mean"), function("gt", "operator.gt", other=0)],
        "x>mean mean>gt gt>positive",
    )
    short = If(
        name="choose",
        condition=condition,
        then=graph("x", "y", [linear("a", 8, 8)], "x>a a>y"),
        otherwise=graph("x", "y", [linear("b", 8, 8), function("tanh", "torch.tanh")], "x>b b>tanh tanh>y"),
    )
    long = If(
        name="again",
        condition=condition,
        then=graph("x", "y", [linear("c", 8, 8), layer("bn", "LayerNorm", normalized_shape=8)], "x>c c>bn bn>y"),
        otherwise=graph("x", "y", [], "x>y"),
        comment="only where it is worth it",
    )
    wires = "x>choose.x choose.y>again.x again.y>output"
    return net(graph("x", "output", [short, long], wires))


def repeat_shared() -> Document:
    body = graph("x", "x", [linear("linear", 8, 8), function("relu")], "x>linear linear>relu relu>x")
    cell = Repeat(name="rounds", count=E("rounds"), body=body)
    return document(
        Definition(
            "Net",
            graph("x", "output", [cell], "x>rounds.x rounds.x>output"),
            hyper_parameters=[HyperParameter("rounds", "3")],
        )
    )


def repeat_unshared() -> Document:
    """Four ways: one module a round, several, one with the index, and one with two values carried."""
    single = Repeat(
        name="stack",
        shared=False,
        count=3,
        body=graph("x", "x", [linear("layers", 8, 8)], "x>layers layers>x"),
    )
    double = Repeat(
        name="pairs",
        shared=False,
        count=2,
        body=graph("x", "x", [linear("fc", 8, 8), norm_1d("norm"), function("relu")], "x>fc fc>norm norm>relu relu>x"),
    )
    residual = Repeat(
        name="residual",
        shared=False,
        count=E("depth"),
        index="step",
        body=graph(
            "x",
            "x",
            [linear("blocks", 8, 8), function("scale", "operator.truediv", other=2), function("add", "operator.add")],
            "x>blocks blocks>scale x>add scale>add.other add>x",
        ),
    )
    indexed = Repeat(
        name="indexed",
        shared=False,
        count=2,
        index="k",
        body=graph(
            "x h",
            "x h",
            [
                linear("mix", 8, 8),
                function("scaled", "operator.mul", other=E("k + 1")),
                function("sum", "operator.add"),
            ],
            "x>mix mix>scaled scaled>sum h>sum.other sum>x x>h",
        ),
    )
    wires = (
        "x>stack.x stack.x>pairs.x pairs.x>residual.x residual.x>indexed.x h>indexed.h indexed.x>output indexed.h>state"
    )
    return document(
        Definition(
            "Net",
            graph("x h", "output state", [single, double, residual, indexed], wires),
            hyper_parameters=[HyperParameter("depth", "2")],
        )
    )


def chosen(name: str, test: str, then: Graph, otherwise: Graph) -> If:
    """An If on hyper-parameters."""
    condition = graph("x", "holds", [function(f"{name}_test", "value", value=E(test))], f"{name}_test>holds")
    return If(name=name, condition=condition, then=then, otherwise=otherwise)


def in_training(name: str, then: Graph, otherwise: Graph) -> If:
    """An If that the mode decides."""
    condition = graph("x", "holds", [function(f"{name}_training", "training")], f"{name}_training>holds")
    return If(name=name, condition=condition, then=then, otherwise=otherwise)


def modes() -> Document:
    """Noise, a head and a way past a layer that are there in training only."""
    passed = graph("x", "y", [], "x>y")
    noise = [function("noise", "torch.randn_like"), function("add", "operator.add")]
    random = graph("x", "y", noise, "x>noise x>add.input noise>add.other add>y")
    wild = [function("train", "training"), function("mean", "torch.mean")]
    wild += [function("gt", "operator.gt", other=0), function("both", "operator.and_")]
    skip = If(
        name="skip",
        condition=graph("x", "holds", wild, "x>mean mean>gt train>both.input gt>both.other both>holds"),
        then=passed,
        otherwise=graph("x", "y", [linear("deep", 8, 8)], "x>deep deep>y"),
    )
    nodes = [
        linear("stem", 8, 8),
        in_training("noisy", random, passed),
        skip,
        in_training("aux", graph("x", "y", [linear("aux_head", 8, 4)], "x>aux_head aux_head>y"), none_of("aux_none")),
        in_training("late", passed, graph("x", "y", [layer("smooth", "Softmax", dim=1)], "x>smooth smooth>y")),
    ]
    wires = "x>stem stem>noisy.x noisy.y>skip.x skip.y>aux.x skip.y>late.x late.y>output aux.y>aux_output"
    return net(graph("x", "output aux_output", nodes, wires))


def stages() -> Document:
    """Layers that only some rounds of a Repeat have."""

    def one(name: str, *nodes: Node) -> Graph:
        return graph("x", "y", list(nodes), f"x>{name} {name}>y")

    passed = graph("x", "y", [], "x>y")
    down = linear("down", E("widths[i]"), E("widths[i + 1]"))
    nodes = [
        linear("body", E("widths[i]"), E("widths[i]")),
        chosen("narrow", "i < len(widths) - 1", one("down", down), passed),
        chosen("first", "i == 0", one("norm", layer("norm", "LayerNorm", normalized_shape=E("widths[1]"))), passed),
    ]
    wires = "x>body body>narrow.x narrow.y>first.x first.y>x"
    stages = Repeat(name="stages", count=E("len(widths)"), shared=False, body=graph("x", "x", nodes, wires))
    even = chosen(
        "even", "r % 2 == 0 and widths[0] > 2", one("extra", linear("extra", 6, 6)), one("plain", linear("plain", 6, 6))
    )
    pairs = Repeat(name="pairs", count=3, index="r", shared=False, body=graph("x", "x", [even], "x>even.x even.y>x"))
    return document(
        Definition(
            "Net",
            graph("x", "output", [stages, pairs], "x>stages.x stages.x>pairs.x pairs.x>output"),
            hyper_parameters=[HyperParameter("widths", "[8, 4, 6]")],
        )
    )


def none_of(name: str) -> Graph:
    """A branch that gives nothing."""
    return graph("x", "y", [function(name, "value", value=E("None"))], f"{name}>y")


def choices() -> Document:
    """Layers chosen by text, sizes by lists, and options by the round."""

    def one(node, wires=""):  # type: ignore[no-untyped-def]
        return graph("x", "y", [node], wires or f"x>{node.name} {node.name}>y")

    group = layer("norm", "GroupNorm", num_groups=E("max(out_channels // 16, 1)"), num_channels=E("out_channels"))
    grouped = chosen("grouped", "normalise == 'group'", one(group), graph("x", "y", [], "x>y"))
    nodes = [
        conv("conv", E("in_channels"), E("out_channels"), 3, stride=E("stride"), padding=1),
        chosen(
            "normed",
            "normalise == 'batch'",
            one(norm("norm", E("out_channels"))),
            one(grouped, "x>grouped.x grouped.y>y"),
        ),
        chosen("activated", "activation == 'relu'", one(layer("act", "ReLU")), one(layer("act", "GELU"))),
    ]
    unit = Definition(
        "Unit",
        graph("x", "out", nodes, "x>conv conv>normed.x normed.y>activated.x activated.y>out"),
        hyper_parameters=[
            HyperParameter("in_channels"),
            HyperParameter("out_channels"),
            HyperParameter("stride", "1"),
            HyperParameter("normalise", "'batch'", "batch, group or none"),
            HyperParameter("activation", "'relu'", "relu or gelu"),
        ],
        doc="A convolution, normalised and activated as one likes.",
    )
    first = instance(
        "layer1",
        "Unit",
        in_channels=E("3 if i == 0 else widths[0]"),
        out_channels=E("widths[0]"),
        activation=E("activation"),
    )
    second = instance(
        "layer2",
        "Unit",
        in_channels=E("widths[1 if i else 0]"),
        out_channels=E("widths[1]"),
        stride=E("2 if i == 0 else 1"),
        normalise="group",
    )
    stages = [
        Repeat(
            name=f"stage{number}",
            shared=False,
            count=E(f"layers[{number - 1}]"),
            body=graph("x", "x", [unit], f"x>{unit.name}.x {unit.name}.out>x"),
        )
        for number, unit in enumerate((first, second), 1)
    ]
    root = Definition(
        "Net",
        graph("x", "out", stages, "x>stage1.x stage1.x>stage2.x stage2.x>out"),
        hyper_parameters=[
            HyperParameter("layers", "[2, 3]"),
            HyperParameter("widths", "[16, 32]"),
            HyperParameter("activation", "'gelu'"),
        ],
    )
    return document(unit, root)
