"""Networks as people know them."""

from __future__ import annotations

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    Definition,
    HyperParameter,
    If,
    Repeat,
)
from tests.compiler.documents import (
    call,
    document,
    function,
    graph,
    instance,
    layer,
    linear,
    net,
)
from tests.compiler.models.parts import E, chained, conv, norm


def lstm() -> Document:
    nodes = [
        layer("embedding", "Embedding", num_embeddings=100, embedding_dim=32),
        layer("lstm", "LSTM", input_size=32, hidden_size=64, num_layers=2, batch_first=True),
        linear("decoder", 64, 100),
    ]
    wires = (
        "tokens>embedding embedding>lstm h>lstm.h_0 c>lstm.c_0 "
        "lstm>decoder decoder>logits lstm.h_n>next_h lstm.c_n>next_c"
    )
    return net(graph("tokens h c", "logits next_h next_c", nodes, wires), "LanguageModel")


def residual_definition() -> Definition:
    channels, stride = E("channels"), E("stride")
    nodes = [
        conv("conv1", channels, channels, 3, stride=stride, padding=1),
        norm("bn1", channels),
        function("relu1", "relu"),
        conv("conv2", channels, channels, 3, padding=1),
        norm("bn2", channels),
        conv("shortcut", channels, channels, 1, stride=stride, comment="matches the size of the main path"),
        function("add", "operator.add"),
        function("relu2", "relu"),
    ]
    wires = "X>conv1 conv1>bn1 bn1>relu1 relu1>conv2 conv2>bn2 bn2>add X>shortcut shortcut>add.other add>relu2 relu2>Y"
    return Definition(
        "Residual",
        graph("X", "Y", nodes, wires),
        hyper_parameters=[HyperParameter("channels", doc="Number of feature maps."), HyperParameter("stride", "1")],
        doc="Two convolutions and a way round them.\n\nInput and output are (batch, channels, height, width).",
    )


def residual() -> Document:
    nodes = [conv("stem", 3, 64, 7, stride=2, padding=3, bias=False)]
    nodes += [instance("block1", "Residual", channels=64), instance("block2", "Residual", channels=64, stride=2)]  # type: ignore[list-item]
    wires = "X>stem stem>block1.X block1.Y>block2.X block2.Y>output"
    return document(residual_definition(), Definition("Net", graph("X", "output", nodes, wires)))


def bottleneck() -> Document:
    """ResNet's bottleneck, its downsampling made only where it is needed."""
    width, channels, stride = E("width"), E("in_channels"), E("stride")
    needed = graph(
        "x",
        "needed",
        [
            function("strided", "operator.ne", input=E("stride"), other=1),
            function("widened", "operator.ne", input=E("in_channels"), other=E("width * 4")),
            function("either", "operator.or_"),
        ],
        "strided>either widened>either.other either>needed",
    )
    sequential = chained(
        conv("conv", channels, E("width * 4"), 1, stride=stride, bias=False),
        norm("bn", E("width * 4")),
        name="downsample",
    )
    branch = If(
        name="shortcut",
        condition=needed,
        then=graph("x", "y", [sequential], "x>downsample downsample>y"),
        otherwise=graph("x", "y", [], "x>y"),
    )
    nodes = [
        conv("conv1", channels, width, 1, bias=False),
        norm("bn1", width),
        layer("relu", "ReLU", inplace=True),
        conv("conv2", width, width, 3, stride=stride, padding=1, bias=False),
        norm("bn2", width),
        call("relu_2", "relu"),
        conv("conv3", width, E("width * 4"), 1, bias=False),
        norm("bn3", E("width * 4")),
        branch,
        function("add", "operator.add"),
        call("relu_3", "relu"),
    ]
    wires = (
        "x>conv1 conv1>bn1 bn1>relu relu>conv2 conv2>bn2 bn2>relu_2 relu_2>conv3 conv3>bn3 bn3>add "
        "x>shortcut.x shortcut.y>add.other add>relu_3 relu_3>out"
    )
    block = Definition(
        "Bottleneck",
        graph("x", "out", nodes, wires),
        hyper_parameters=[HyperParameter("in_channels"), HyperParameter("width"), HyperParameter("stride", "1")],
    )
    first = instance("first", "Bottleneck", in_channels=64, width=64)
    rest = Repeat(
        name="rest",
        shared=False,
        count=E("depth - 1"),
        body=graph("x", "x", [instance("block", "Bottleneck", in_channels=256, width=64)], "x>block.x block.out>x"),
    )
    root = Definition(
        "Stage",
        graph("x", "out", [chained(first, rest, name="layer1")], "x>layer1 layer1>out"),
        hyper_parameters=[HyperParameter("depth", "3")],
    )
    return document(block, root)


def resnet() -> Document:
    """ResNet: a stage is a list of bottlenecks, the first of which may widen and halve; its counts come as a list."""
    bottlenecks = bottleneck().definitions["Bottleneck"]
    one = instance(
        "0",
        "Bottleneck",
        in_channels=E("in_channels if i == 0 else width * 4"),
        width=E("width"),
        stride=E("stride if i == 0 else 1"),
    )
    stage = Definition(
        "Stage",
        graph(
            "x",
            "out",
            [Repeat(name="rounds", shared=False, count=E("depth"), body=graph("x", "x", [one], "x>0.x 0.out>x"))],
            "x>rounds.x rounds.x>out",
        ),
        hyper_parameters=[HyperParameter(name) for name in ("in_channels", "width", "depth")]
        + [HyperParameter("stride", "2")],
    )
    widths = (64, 256, 512, 1024, 2048)
    stages = [
        instance(
            f"layer{i + 1}",
            "Stage",
            in_channels=widths[i],
            width=64 * 2**i,
            depth=E(f"layers[{i}]"),
            stride=1 if i == 0 else 2,
        )
        for i in range(4)
    ]
    nodes = [
        conv("conv1", 3, 64, 7, stride=2, padding=3, bias=False),
        norm("bn1", 64),
        layer("relu", "ReLU", inplace=True),
        layer("maxpool", "MaxPool2d", kernel_size=3, stride=2, padding=1),
        *stages,
        layer("avgpool", "AdaptiveAvgPool2d", output_size=(1, 1)),
        function("flatten", "torch.flatten", start_dim=1),
        linear("fc", 2048, 1000),
    ]
    wires = (
        "x>conv1 conv1>bn1 bn1>relu relu>maxpool maxpool>layer1.x layer1.out>layer2.x layer2.out>layer3.x "
        "layer3.out>layer4.x layer4.out>avgpool avgpool>flatten flatten>fc fc>logits"
    )
    root = Definition(
        "ResNet", graph("x", "logits", nodes, wires), hyper_parameters=[HyperParameter("layers", "[3, 4, 6, 3]")]
    )
    return document(bottlenecks, stage, root)


def attention() -> Document:
    """Several inputs, an optional one, several outputs, and branches with names of their own."""
    width = E("width")
    nodes = [
        linear("q", width, width, bias=False),
        linear("k", width, width, bias=False),
        linear("v", width, width, bias=False),
        function("k_t", "torch.transpose", dim0=-2, dim1=-1),
        function("scores", "operator.matmul"),
        function("scaled", "operator.truediv", other=E("(width // heads) ** 0.5")),
        function("weights", "softmax", dim=-1),
        layer("dropout", "Dropout", p=E("dropout")),
        function("mixed", "operator.matmul"),
        linear("out", width, width),
    ]
    wires = (
        "query>q key>k key>v k>k_t q>scores k_t>scores.other scores>scaled scaled>weights weights>dropout "
        "dropout>mixed v>mixed.other mixed>out out>output weights>attention"
    )
    return document(
        Definition(
            "Attention",
            graph("query key", "output attention", nodes, wires),
            hyper_parameters=[HyperParameter("width"), HyperParameter("heads", "4"), HyperParameter("dropout", "0.1")],
        )
    )
