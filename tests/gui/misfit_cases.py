"""What students get wrong, as documents: a chain of nodes on an example, or a graph with its wires."""

from __future__ import annotations

from itertools import pairwise

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    Definition,
    Example,
    Expression,
    Graph,
    HyperParameter,
    Node,
    Port,
    Repeat,
    Sequential,
)
from tests.compiler.documents import call, constant, document, function, graph, instance, layer, linear, net


def chain(example: Example, *nodes: Node) -> Document:
    """Nodes in a row, from the first output of one to the first input of the next."""
    return wired({"x": example}, [*nodes], _row(nodes))


def _row(nodes: tuple[Node, ...]) -> str:
    names = ["x", *(node.name for node in nodes), "y"]
    return " ".join(f"{a}>{b}" for a, b in pairwise(names))


def wired(inputs: dict[str, Example], nodes: list[Node], wires: str) -> Document:
    return net(graph([Port(name, example=example) for name, example in inputs.items()], "y", nodes, wires))


def row(*nodes: Node) -> Graph:
    """The inside of a Sequential."""
    return Graph(nodes={node.name: node for node in nodes})


FLAT, IMAGES, WORDS = Example((2, 20)), Example((2, 3, 8, 8)), Example((2, 7), "int64", "integers", high=100)
SEQUENCES = Example((2, 7, 20))


def conv(name: str, inputs: int, outputs: int, size: int = 3, **options: object) -> Node:
    return layer(name, "Conv2d", in_channels=inputs, out_channels=outputs, kernel_size=size, **options)


CASES: dict[str, Document] = {
    "in_features": chain(FLAT, linear("a", 20, 256), function("relu"), linear("b", 20, 4)),
    "first in_features": chain(FLAT, linear("a", 784, 256)),
    "no flatten": chain(IMAGES, linear("a", 192, 4)),
    "no flatten, other size": chain(IMAGES, linear("a", 7, 4)),
    "no flatten behind a conv": chain(
        IMAGES, conv("a", 3, 4), layer("pool", "MaxPool2d", kernel_size=2), linear("b", 36, 4)
    ),
    "flattened size": chain(IMAGES, conv("a", 3, 4), layer("flat", "Flatten"), linear("b", 100, 4)),
    "conv channels": chain(IMAGES, conv("a", 3, 8), conv("b", 4, 8)),
    "first conv channels": chain(IMAGES, conv("a", 1, 8)),
    "channels last": chain(Example((2, 8, 8, 3)), conv("a", 3, 8)),
    "norm channels": chain(IMAGES, conv("a", 3, 8), layer("norm", "BatchNorm2d", num_features=16)),
    "norm rank": chain(IMAGES, layer("norm", "BatchNorm1d", num_features=3)),
    "norm on flat": chain(FLAT, linear("a", 20, 8), layer("norm", "BatchNorm2d", num_features=8)),
    "layer norm": chain(SEQUENCES, layer("norm", "LayerNorm", normalized_shape=16)),
    "group norm": chain(IMAGES, conv("a", 3, 8), layer("norm", "GroupNorm", num_groups=3, num_channels=8)),
    "conv on flat": chain(FLAT, conv("a", 3, 8)),
    "conv on grey": chain(Example((2, 28, 28)), conv("a", 1, 8)),
    "conv behind flatten": chain(IMAGES, layer("flat", "Flatten"), conv("a", 3, 8)),
    "pool too large": chain(IMAGES, conv("a", 3, 8), layer("pool", "MaxPool2d", kernel_size=8)),
    "conv too large": chain(IMAGES, conv("a", 3, 8, 11)),
    "too much pooling": chain(IMAGES, *(layer(f"pool{i}", "MaxPool2d", kernel_size=2) for i in range(4))),
    "groups": chain(IMAGES, conv("a", 3, 8, groups=2)),
    "transposed conv": chain(
        IMAGES, conv("a", 3, 8), layer("up", "ConvTranspose2d", in_channels=3, out_channels=4, kernel_size=2)
    ),
    "add features": wired(
        {"x": FLAT},
        [linear("a", 20, 8), linear("b", 20, 16), function("add", "operator.add")],
        "x>a x>b a>add b>add.other add>y",
    ),
    "add residual": wired(
        {"x": FLAT}, [linear("a", 20, 8), function("add", "operator.add")], "x>a a>add x>add.other add>y"
    ),
    "add images residual": wired(
        {"x": IMAGES}, [conv("a", 3, 8, padding=1), function("add", "operator.add")], "x>a a>add x>add.other add>y"
    ),
    "add images shrunk": wired(
        {"x": IMAGES}, [conv("a", 3, 3), function("add", "operator.add")], "x>a a>add x>add.other add>y"
    ),
    "cat dims": wired(
        {"x": FLAT},
        [linear("a", 20, 8), linear("b", 20, 16), function("cat", "torch.cat", dim=0)],
        "x>a x>b a>cat.tensors.0 b>cat.tensors.1 cat>y",
    ),
    "cat images": wired(
        {"x": IMAGES},
        [conv("a", 3, 8, padding=1), conv("b", 3, 8), function("cat", "torch.cat", dim=1)],
        "x>a x>b a>cat.tensors.0 b>cat.tensors.1 cat>y",
    ),
    "cat ranks": wired(
        {"x": IMAGES},
        [conv("a", 3, 8), layer("flat", "Flatten"), function("cat", "torch.cat", dim=1)],
        "x>a x>flat a>cat.tensors.0 flat>cat.tensors.1 cat>y",
    ),
    "cat dim out of range": wired(
        {"x": FLAT},
        [linear("a", 20, 8), linear("b", 20, 8), function("cat", "torch.cat", dim=2)],
        "x>a x>b a>cat.tensors.0 b>cat.tensors.1 cat>y",
    ),
    "matmul": wired(
        {"x": FLAT}, [constant("w", "torch.rand(10, 20)"), function("mm", "torch.mm")], "x>mm w>mm.mat2 mm>y"
    ),
    "attention scores": wired(
        {"x": SEQUENCES},
        [linear("q", 20, 8), linear("k", 20, 8), function("scores", "operator.matmul")],
        "x>q x>k q>scores k>scores.other scores>y",
    ),
    "words as floats": chain(Example((2, 7)), layer("words", "Embedding", num_embeddings=100, embedding_dim=8)),
    "words into linear": chain(WORDS, linear("a", 7, 4)),
    "words into conv": chain(Example((2, 3, 8, 8), "int64"), conv("a", 3, 8)),
    "lstm input_size": chain(SEQUENCES, layer("rnn", "LSTM", input_size=16, hidden_size=8)),
    "lstm behind embedding": chain(
        WORDS,
        layer("words", "Embedding", num_embeddings=100, embedding_dim=8),
        layer("rnn", "LSTM", input_size=16, hidden_size=8, batch_first=True),
    ),
    "linear behind lstm": chain(
        SEQUENCES, layer("rnn", "LSTM", input_size=20, hidden_size=8, batch_first=True), linear("a", 20, 4)
    ),
    "linear behind bidirectional": chain(
        SEQUENCES,
        layer("rnn", "LSTM", input_size=20, hidden_size=8, batch_first=True, bidirectional=True),
        linear("a", 8, 4),
    ),
    "lstm on images": chain(IMAGES, layer("rnn", "LSTM", input_size=8, hidden_size=8)),
    "lstm state": wired(
        {"x": SEQUENCES},
        [constant("h", "torch.zeros(1, 2, 16)"), layer("rnn", "GRU", input_size=20, hidden_size=8, batch_first=True)],
        "x>rnn h>rnn.h_0 rnn>y",
    ),
    "attention embed_dim": wired(
        {"x": SEQUENCES},
        [layer("attn", "MultiheadAttention", embed_dim=16, num_heads=4)],
        "x>attn.query x>attn.key x>attn.value attn>y",
    ),
    "attention heads": wired(
        {"x": SEQUENCES},
        [layer("attn", "MultiheadAttention", embed_dim=20, num_heads=3)],
        "x>attn.query x>attn.key x>attn.value attn>y",
    ),
    "attention key": wired(
        {"x": SEQUENCES},
        [linear("k", 20, 8), layer("attn", "MultiheadAttention", embed_dim=20, num_heads=4)],
        "x>k x>attn.query k>attn.key x>attn.value attn>y",
    ),
    "attention batch_first": wired(
        {"x": SEQUENCES, "z": Example((2, 5, 20))},
        [layer("attn", "MultiheadAttention", embed_dim=20, num_heads=4)],
        "x>attn.query z>attn.key z>attn.value attn>y",
    ),
    "transformer d_model": wired(
        {"x": SEQUENCES}, [layer("enc", "TransformerEncoderLayer", d_model=16, nhead=4)], "x>enc.src enc>y"
    ),
    "transformer heads": wired(
        {"x": SEQUENCES}, [layer("enc", "TransformerEncoderLayer", d_model=20, nhead=3)], "x>enc.src enc>y"
    ),
    "words into transformer": wired(
        {"x": WORDS}, [layer("enc", "TransformerEncoderLayer", d_model=20, nhead=4)], "x>enc.src enc>y"
    ),
    "words into lstm": chain(WORDS, layer("rnn", "LSTM", input_size=20, hidden_size=8, batch_first=True)),
    "split": wired(
        {"x": FLAT},
        [function("split", "torch.split", split_size_or_sections=(8, 8), dim=-1)],
        "x>split.input split.parts.0>y",
    ),
    "through a norm": chain(
        IMAGES, conv("a", 3, 8), layer("norm", "BatchNorm2d", num_features=8), layer("act", "ReLU"), conv("b", 16, 4)
    ),
    "strided shortcut": wired(
        {"x": IMAGES},
        [conv("a", 3, 8, stride=2, padding=1), function("add", "operator.add")],
        "x>a a>add x>add.other add>y",
    ),
    "features for a conv": chain(Example((2, 784)), conv("a", 1, 8)),
    "sequence for a conv1d": chain(SEQUENCES, layer("a", "Conv1d", in_channels=20, out_channels=8, kernel_size=3)),
    "view": chain(IMAGES, function("view", "torch.Tensor.view", shape=(-1, 100))),
    "view all sizes": chain(IMAGES, function("view", "torch.Tensor.view", shape=(2, 100))),
    "view behind permute": chain(
        IMAGES,
        function("permute", "torch.permute", dims=(0, 2, 3, 1)),
        function("view", "torch.Tensor.view", shape=(2, -1)),
    ),
    "permute dims": chain(IMAGES, function("permute", "torch.permute", dims=(0, 2, 1))),
    "softmax dim": chain(FLAT, layer("prob", "Softmax", dim=2)),
    "unflatten": chain(FLAT, layer("un", "Unflatten", dim=1, unflattened_size=(3, 5))),
    "pixel shuffle": chain(IMAGES, layer("up", "PixelShuffle", upscale_factor=2)),
    "loss classes": wired(
        {"x": FLAT, "t": Example((3,), "int64", "integers")},
        [layer("loss", "CrossEntropyLoss")],
        "x>loss t>loss.target loss>y",
    ),
    "mse": wired({"x": FLAT, "t": Example((2,))}, [layer("loss", "MSELoss")], "x>loss t>loss.target loss>y"),
    "index": chain(FLAT, function("part", "operator.getitem", index="5")),
    "squeeze then conv": chain(
        Example((1, 3, 8, 8)), function("squeeze", "torch.squeeze"), layer("norm", "BatchNorm2d", num_features=3)
    ),
    "flatten all": chain(FLAT, function("flat", "torch.flatten"), linear("a", 20, 4)),
    "residual block on flat": wired(
        {"x": FLAT},
        [conv("a", 20, 20, padding=1), function("add", "operator.add")],
        "x>a a>add.input x>add.other add>y",
    ),
    "pooling on flat": chain(FLAT, layer("pool", "MaxPool2d", kernel_size=2)),
    "adaptive pooling then linear": chain(
        IMAGES, conv("a", 3, 8), layer("gap", "AdaptiveAvgPool2d", output_size=1), linear("b", 8, 4)
    ),
    "dtype of two": wired(
        {"x": FLAT, "z": Example((20, 4), "int64")}, [function("mm", "torch.mm")], "x>mm z>mm.mat2 mm>y"
    ),
    "whole and broken": wired(
        {"x": FLAT}, [linear("a", 20, 8), linear("b", 8, 4), linear("c", 8, 4)], "x>a a>b b>c c>y"
    ),
    # deeper in
    "hyper-parameter of a block": document(
        Definition(
            "Block",
            graph("x", "y", [conv("c", Expression("channels"), 4)], "x>c c>y"),
            hyper_parameters=[HyperParameter("channels", "8")],
        ),
        Definition(
            "Net",
            graph(
                [Port("x", example=IMAGES)],
                "y",
                [conv("a", 3, 8), instance("one", "Block", channels=8), instance("two", "Block", channels=8)],
                "x>a a>one.x one.y>two.x two.y>y",
            ),
        ),
    ),
    "fixed in a block": document(
        Definition("Block", graph("x", "y", [linear("c", 16, 4)], "x>c c>y")),
        Definition(
            "Net",
            graph(
                [Port("x", example=FLAT)], "y", [linear("a", 20, 8), instance("one", "Block")], "x>a a>one.x one.y>y"
            ),
        ),
    ),
    "number in a block of several sizes": document(
        Definition(
            "Block",
            graph(
                "x",
                "y",
                [conv("a", 3, Expression("width")), layer("act", "ReLU"), conv("b", 7, 4)],  # type: ignore[arg-type]
                "x>a a>act act>b b>y",
            ),
            hyper_parameters=[HyperParameter("width", "8")],
        ),
        Definition(
            "Net",
            graph(
                [Port("x", example=IMAGES)],
                "y",
                [instance("one", "Block"), instance("two", "Block", width=4), function("add", "operator.add")],
                "x>one.x x>two.x one.y>add.input two.y>add.other add>y",
            ),
        ),
    ),
    "out of a block": document(
        Definition(
            "Block",
            graph("x", "y", [linear("c", 20, Expression("width"))], "x>c c>y"),
            hyper_parameters=[HyperParameter("width", "8")],
        ),
        Definition(
            "Net",
            graph(
                [Port("x", example=FLAT)], "y", [instance("one", "Block"), linear("a", 16, 4)], "x>one.x one.y>a a>y"
            ),
        ),
    ),
    "hyper-parameter of the model": document(
        Definition(
            "Net",
            graph([Port("x", example=FLAT)], "y", [linear("a", Expression("width"), 4)], "x>a a>y"),
            hyper_parameters=[HyperParameter("width", "16")],
        ),
    ),
    "in a Sequential": chain(
        FLAT, Sequential(name="seq", body=row(linear("a", 20, 8), layer("act", "ReLU"), linear("b", 16, 4)))
    ),
    "images in a Sequential": chain(
        IMAGES, Sequential(name="seq", body=row(layer("pool", "MaxPool2d", kernel_size=2), linear("b", 48, 4)))
    ),
    "first of a Sequential": chain(FLAT, linear("a", 20, 8), Sequential(name="seq", body=row(linear("b", 16, 4)))),
    "behind a Sequential": chain(
        FLAT, Sequential(name="seq", body=row(linear("a", 20, 8), layer("act", "ReLU"))), linear("b", 16, 4)
    ),
    "shared layer": chain(FLAT, linear("a", 20, 20), linear("b", 20, 8), call("again", "a")),
    "in a Repeat": wired(
        {"x": FLAT},
        [linear("a", 20, 8), Repeat(name="rounds", body=graph("z", "z", [linear("b", 16, 16)], "z>b b>z"))],
        "x>a a>rounds.z rounds.z>y",
    ),
}
