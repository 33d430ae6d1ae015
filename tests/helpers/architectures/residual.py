"""ResNets: one block, repeated."""

from __future__ import annotations

from blockstudio.graph.model import Definition, Node
from tests.helpers.architectures.classics import average, pool
from tests.helpers.architectures.drawing import (
    CLASSES,
    KAIMING,
    NORM_RULES,
    Architecture,
    again,
    architecture,
    block,
    chain,
    choice,
    conv,
    drawn,
    flatten,
    function,
    graph,
    linear,
    norm,
    plus,
    relu,
    repeat,
    sequential,
    use,
)

# --- ResNet -----------------------------------------------------------------------------------------


def shortcut(outputs: str) -> Node:
    """The way round the convolutions: a projection where sizes differ, else nothing."""
    project = sequential(
        "downsample",
        conv("conv", "=in_channels", f"={outputs}", 1, stride="=stride", bias=False),
        norm("bn", f"={outputs}"),
    )
    return choice(
        "shortcut",
        function("differs", "operator.or_", input="=stride != 1", other=f"=in_channels != {outputs}"),
        graph("x", "output", [project], "x > downsample > output"),
        graph("x", "output", [], "x > output"),
    )


def bottleneck() -> Definition:
    found = block(
        "Bottleneck",
        graph(
            "x",
            "output",
            [
                conv("conv1", "=in_channels", "=width", 1, bias=False),
                norm("bn1", "=width"),
                conv("conv2", "=width", "=width", 3, stride="=stride", padding=1, bias=False),
                norm("bn2", "=width"),
                conv("conv3", "=width", "=width * 4", 1, bias=False),
                norm("bn3", "=width * 4"),
                relu(),
                again("relu_2", "relu"),
                again("relu_3", "relu"),
                shortcut("width * 4"),
                plus(),
            ],
            "x > conv1 > bn1 > relu > conv2 > bn2 > relu_2 > conv3 > bn3 > add > relu_3 > output",
            "x > shortcut > add:other",
        ),
        doc="Three convolutions, narrow in the middle, and a way round them.",
        in_channels=(None, "Channels that come in."),
        width=(None, "Channels in the middle; four times as many go out."),
        stride=(1, "Of the middle convolution."),
    )
    drawn(
        found.graph,
        ". conv1 bn1 relu",
        ". conv2 bn2 relu_2",
        ". conv3 bn3 . .",
        "x shortcut . . add relu_3 output",
    )
    return found


def basic_block() -> Definition:
    found = block(
        "BasicBlock",
        graph(
            "x",
            "output",
            [
                conv("conv1", "=in_channels", "=width", 3, stride="=stride", padding=1, bias=False),
                norm("bn1", "=width"),
                relu(),
                conv("conv2", "=width", "=width", 3, padding=1, bias=False),
                norm("bn2", "=width"),
                again("relu_2", "relu"),
                shortcut("width"),
                plus(),
            ],
            "x > conv1 > bn1 > relu > conv2 > bn2 > add > relu_2 > output",
            "x > shortcut > add:other",
        ),
        doc="Two convolutions and a way round them.",
        in_channels=(None, "Channels that come in."),
        width=(None, "Channels that go out."),
        stride=(1, "Of the first convolution."),
    )
    drawn(found.graph, ". conv1 bn1 relu", ". conv2 bn2", "x shortcut . . add relu_2 output")
    return found


def resnet(file: str, title: str, name: str, layers: list[int], residual: Definition, growth: int) -> Architecture:
    def stage(number: int, inputs: int) -> Node:
        width = 64 * 2 ** (number - 1)
        strided = {} if number == 1 else {"stride": 2}
        return sequential(
            f"layer{number}",
            use("first", residual.name, in_channels=inputs, width=width, **strided),
            repeat(
                "others",
                f"=layers[{number - 1}] - 1",
                use("block", residual.name, in_channels=width * growth, width=width),
            ),
        )

    root = chain(
        name,
        conv("conv1", 3, 64, 7, stride=2, padding=3, bias=False),
        norm("bn1", 64),
        relu(),
        pool("maxpool", padding=1),
        stage(1, 64),
        stage(2, 64 * growth),
        stage(3, 128 * growth),
        stage(4, 256 * growth),
        average(),
        flatten(),
        linear("fc", 512 * growth, "=num_classes"),
        doc="He, Zhang, Ren, Sun, 2015.",
        layers=(layers, "How many blocks each stage has."),
        num_classes=CLASSES,
    )
    root.initializers += [KAIMING, *NORM_RULES]
    drawn(
        root.graph,
        "入口 stem: x conv1 bn1 relu maxpool",
        "四段 stages: layer1 layer2 layer3 layer4",
        "出口 head: avgpool flatten fc output",
    )
    return architecture(file, title, root, residual, note="ResNet", facts={"layers": layers, "block": residual.name})


def resnet18() -> Architecture:
    return resnet("07-resnet18", "ResNet-18", "ResNet18", [2, 2, 2, 2], basic_block(), 1)


def resnet50() -> Architecture:
    return resnet("08-resnet50", "ResNet-50", "ResNet50", [3, 4, 6, 3], bottleneck(), 4)


def resnet152() -> Architecture:
    title = "ResNet-152: hundreds of layers in repeated groups"
    return resnet("09-resnet152", title, "ResNet152", [3, 8, 36, 3], bottleneck(), 4)
