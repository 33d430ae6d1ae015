"""The documents that the golden files show: the chapter's models, and one for each construct."""

from __future__ import annotations

from collections.abc import Callable

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    CodeDefinition,
    Definition,
    Expression,
    Graph,
    HyperParameter,
    If,
    Initializer,
    Port,
    Repeat,
    Sequential,
    While,
)
from tests.compiler.documents import (
    call,
    constant,
    document,
    function,
    graph,
    instance,
    layer,
    linear,
    net,
    parameter,
)

E = Expression

CENTERED = """\
import torch
from torch import nn


class CenteredLayer(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, X):
        return X - X.mean()
"""


def conv(name: str, inputs: object, outputs: object, size: int, **options: object):  # type: ignore[no-untyped-def]
    return layer(name, "Conv2d", in_channels=inputs, out_channels=outputs, kernel_size=size, **options)


def norm(name: str, channels: object):  # type: ignore[no-untyped-def]
    return layer(name, "BatchNorm2d", num_features=channels)


def chained(*children, named: bool = False, name: str = "net", comment: str = "") -> Sequential:  # type: ignore[no-untyped-def]
    body = graph("input", "output", children)
    return Sequential(name=name, body=body, named=named, comment=comment)


def mlp_definition() -> Definition:
    nodes = [
        linear("hidden", 20, 256, comment="隐藏层"),
        function("relu"),
        linear("out", 256, 10, comment="输出层"),
    ]
    return Definition("MLP", graph("X", "output", nodes, "X>hidden hidden>relu relu>out out>output"))


def mlp() -> Document:
    return document(mlp_definition())


def fixed_hidden_mlp_definition() -> Definition:
    condition = graph(
        "X",
        "condition",
        [function("abs", "torch.abs"), function("total", "torch.sum"), function("large", "operator.gt", other=1)],
        "X>abs abs>total total>large large>condition",
    )
    body = graph("X", "X", [function("halve", "operator.truediv", other=2)], "X>halve halve>X")
    nodes = [
        constant("rand_weight", "torch.rand(20, 20)", comment="不计算梯度的随机权重参数。因此其在训练期间保持不变"),
        linear("linear", 20, 20),
        function("mm", "torch.mm"),
        function("plus", "operator.add", other=1),
        function("relu", comment="使用创建的常量参数以及relu和mm函数"),
        call("again", "linear", comment="复用全连接层。这相当于两个全连接层共享参数"),
        While(name="shrink", condition=condition, body=body, comment="控制流"),
        function("sum", "torch.sum"),
    ]
    wires = "X>linear linear>mm rand_weight>mm.mat2 mm>plus plus>relu relu>again again>shrink.X shrink.X>sum sum>output"
    return Definition("FixedHiddenMLP", graph("X", "output", nodes, wires))


def fixed_hidden_mlp() -> Document:
    return document(fixed_hidden_mlp_definition())


def centered() -> Document:
    children = [linear("linear", 8, 128), instance("centered", "CenteredLayer")]
    net = Definition("Net", graph("X", "output", [chained(*children)], "X>net net>output"))
    return document(CodeDefinition("CenteredLayer", CENTERED), net)


def sequential() -> Document:
    children = [linear("hidden", 20, 256), layer("relu", "ReLU"), linear("out", 256, 10)]
    return net(graph("X", "output", [chained(*children)], "X>net net>output"))


def named_sequential() -> Document:
    children = [linear("hidden", 20, 256), layer("act", "ReLU"), linear("out", 256, 10)]
    return net(graph("X", "output", [chained(*children, named=True)], "X>net net>output"))


def nested() -> Document:
    """A Sequential of a nested block, a Linear and a FixedHiddenMLP."""
    inner = chained(linear("a", 20, 64), layer("b", "ReLU"), linear("c", 64, 32), layer("d", "ReLU"))
    nest = Definition(
        "NestMLP", graph("X", "output", [inner, linear("linear", 32, 16)], "X>net net>linear linear>output")
    )
    children = [instance("nest", "NestMLP"), linear("linear", 16, 20), instance("fixed", "FixedHiddenMLP")]
    chimera = Definition("Chimera", graph("X", "output", [chained(*children)], "X>net net>output"))
    return document(nest, fixed_hidden_mlp_definition(), chimera)


def shared() -> Document:
    """One layer called twice, in a Sequential and in forward."""
    children = [
        linear("first", 4, 8),
        layer("relu", "ReLU"),
        linear("shared", 8, 8),
        layer("relu_2", "ReLU"),
        call("again", "shared"),
        layer("relu_3", "ReLU"),
        call("from_class", "linear"),
    ]
    nodes = [chained(*children), linear("linear", 8, 8), call("linear_again", "linear")]
    return net(graph("X", "output", nodes, "X>net net>linear linear>linear_again linear_again>output"))


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


def norm_1d(name: str):  # type: ignore[no-untyped-def]
    return layer(name, "LayerNorm", normalized_shape=8)


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


def parameters() -> Document:
    """C16: a layer with parameters of its own, and constants that are not saved."""
    mylinear = Definition(
        "MyLinear",
        graph(
            "X",
            "output",
            [
                parameter("weight", "torch.randn(in_units, units)"),
                parameter("bias", "torch.randn(units)"),
                constant("scale", "0.5", persistent=False),
                function("mm", "torch.matmul"),
                function("add", "operator.add"),
                function("scaled", "operator.mul"),
                function("relu"),
            ],
            "X>mm weight>mm.other mm>add bias>add.other add>scaled scale>scaled.other scaled>relu relu>output",
        ),
        hyper_parameters=[HyperParameter("in_units"), HyperParameter("units")],
    )
    root = chained(
        instance("first", "MyLinear", in_units=64, units=8), instance("second", "MyLinear", in_units=8, units=1)
    )
    return document(mylinear, Definition("Net", graph("X", "output", [root], "X>net net>output")))


def initializers() -> Document:
    """C12 to C14."""
    children = [linear("hidden", 4, 8), layer("relu", "ReLU"), linear("out", 8, 1)]
    init = "torch.nn.init."
    rules = [
        Initializer(
            layer_type="torch.nn.Linear", parameter="weight", function=init + "normal_", arguments={"std": 0.01}
        ),
        Initializer(layer_type="torch.nn.Linear", parameter="bias", function=init + "zeros_"),
        Initializer(target="net.0", parameter="weight", function=init + "xavier_uniform_"),
        Initializer(target="net.2", parameter="weight", function=init + "constant_", arguments={"val": 42}),
        Initializer(target="net", function=init + "kaiming_normal_", arguments={"nonlinearity": "relu"}),
        Initializer(target="net.0", parameter="weight", expression="x + 1"),
        Initializer(target="net.0", parameter="weight", index="0, 0", expression="42"),
        Initializer(target="net.2", parameter="bias", expression="0"),
        Initializer(target="net.2", parameter="weight", expression="torch.where(torch.abs(x) > 5, x, 0)"),
        Initializer(target="net.2", parameter="weight", function="my_init", arguments={"threshold": 5}),
    ]
    own = (
        "from torch import nn\n\n\ndef my_init(tensor, threshold):\n    nn.init.uniform_(tensor, -10, 10)\n"
        "    tensor *= tensor.abs() >= threshold\n"
    )
    definition = Definition("Net", graph("X", "output", [chained(*children)], "X>net net>output"), initializers=rules)
    return document(definition, functions={"my_init": own})


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


def chosen(name: str, test: str, then: Graph, otherwise: Graph) -> If:
    """An If on hyper-parameters."""
    condition = graph("x", "holds", [function(f"{name}_test", "value", value=E(test))], f"{name}_test>holds")
    return If(name=name, condition=condition, then=then, otherwise=otherwise)


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


MODELS: dict[str, Callable[[], Document]] = {
    model.__name__: model
    for model in (
        numbered,
        tied,
        mlp,
        fixed_hidden_mlp,
        centered,
        sequential,
        named_sequential,
        nested,
        shared,
        lstm,
        residual,
        bottleneck,
        resnet,
        branches,
        choices,
        repeat_shared,
        repeat_unshared,
        attention,
        parameters,
        initializers,
        frozen,
        lists,
        devices,
    )
}
