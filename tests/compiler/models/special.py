"""One for each of the other constructs."""

from __future__ import annotations

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    Definition,
    HyperParameter,
    Initializer,
    Port,
    Sequential,
)
from tests.compiler.documents import (
    document,
    function,
    graph,
    instance,
    layer,
    linear,
    net,
    parameter,
)
from tests.compiler.models.parts import E, conv, norm


def lists() -> Document:
    """Dotted names, a comment on everything, an optional input."""
    nodes = [
        linear("layers.0", 8, 8, comment="the first"),
        linear("layers.1", 8, 8),
        linear("heads.small", 8, 2),
        linear("heads.large", 8, 20),
        function("cat", "torch.cat", dim=-1, comment="both answers\nside by side"),
    ]
    wires = "x>layers.0 layers.0>layers.1 layers.1>heads.small layers.1>heads.large "
    wires += "heads.small>cat.tensors.0 heads.large>cat.tensors.1 cat>output"
    inputs = [Port("x"), Port("unused", default="None")]
    return net(graph(inputs, "output", nodes, wires), doc="Lists and dicts of layers.")


def devices() -> Document:
    nodes = [
        linear("a", 8, 8),
        linear("b", 8, 8, device="cuda:0"),
        linear("c", 8, 8, device="cuda:1"),
        function("add", "operator.add"),
    ]
    return net(graph("x", "output", nodes, "x>a a>b b>c a>add c>add.other add>output"))


def numbered() -> Document:
    """Blocks that are lists of layers themselves, by the names of their nodes."""
    channels = [HyperParameter("inputs"), HyperParameter("outputs", "16")]
    conv_norm = Definition(
        "ConvNorm",
        graph(
            "input",
            "output",
            [conv("0", E("inputs"), E("outputs"), 3, bias=False), norm("1", E("outputs")), layer("2", "ReLU")],
            "input>0 0>1 1>2 2>output",
        ),
        channels,
        doc="A convolution, normalised.",
    )
    sum_of = Definition(
        "SumOf",
        graph(
            "x",
            "output",
            [
                instance("0", "ConvNorm", inputs=16),
                instance("1", "ConvNorm", inputs=16),
                function("add", "operator.add"),
            ],
            "x>0.input x>1.input 0>add 1>add.other add>output",
        ),
    )
    return document(
        Definition(
            "Net",
            graph(
                "x",
                "output",
                [instance("0", "ConvNorm", inputs=3), instance("1", "SumOf")],
                "x>0.input 0>1.x 1>output",
            ),
        ),
        conv_norm,
        sum_of,
        root="Net",
    )


def tied() -> Document:
    """One tensor and one layer under two names each."""
    nodes = [
        layer("tok", "Embedding", num_embeddings=10, embedding_dim=8),
        linear("first", 8, 8),
        linear("second", 8, 8),
        linear("head", 8, 10, bias=False),
    ]
    rules = [
        Initializer(target="second", same_as="first"),
        Initializer(target="head", parameter="weight", same_as="tok.weight"),
    ]
    wires = "x>tok tok>first first>second second>head head>output"
    return document(Definition("Net", graph("x", "output", nodes, wires), initializers=rules))


def frozen() -> Document:
    """Parameters that are not trained: all, but one of a container, and those of layers of one type."""
    chain = Sequential(name="net", body=graph("", "", [linear("0", 4, 8), layer("1", "BatchNorm1d", num_features=8)]))
    rules = [
        Initializer(trainable=False),
        Initializer(target="net.0", parameter="weight", trainable=True),
        Initializer(layer_type="torch.nn.BatchNorm1d", trainable=True),
        Initializer(layer_type="torch.nn.BatchNorm1d", parameter="bias", trainable=False),
        Initializer(target="scale", trainable=False),
    ]
    nodes = [chain, parameter("scale", "torch.ones(8)"), function("mul", "operator.mul")]
    wires = "X>net net>mul.input scale>mul.other mul>output"
    return document(Definition("Net", graph("X", "output", nodes, wires), initializers=rules))
