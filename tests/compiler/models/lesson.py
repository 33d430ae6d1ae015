"""The lesson's models."""

from __future__ import annotations

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    CodeDefinition,
    Definition,
    HyperParameter,
    Initializer,
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
from tests.compiler.models.parts import CENTERED, chained


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
