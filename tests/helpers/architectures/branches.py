"""Networks whose blocks have branches: GoogLeNet, DenseNet, MobileNet."""

from __future__ import annotations

from blockstudio.graph.model import Node
from tests.helpers.architectures.classics import average, pool
from tests.helpers.architectures.drawing import (
    CLASSES,
    NORM_RULES,
    Architecture,
    architecture,
    block,
    chain,
    choice,
    conv,
    drawn,
    dropout,
    every,
    flatten,
    function,
    graph,
    layer,
    linear,
    norm,
    plus,
    relu,
    repeat,
    sequential,
    use,
)

# --- GoogLeNet --------------------------------------------------------------------------------------


def googlenet() -> Architecture:
    basic = chain(
        "BasicConv2d",
        conv("conv", "=in_channels", "=out_channels", "=kernel_size", stride="=stride", padding="=padding", bias=False),
        norm("bn", "=out_channels", eps=0.001),
        function("relu", "torch.nn.functional.relu", inplace=True),
        doc="A convolution, normalised and rectified.",
        in_channels=None,
        out_channels=None,
        kernel_size=1,
        stride=1,
        padding=0,
    )
    inception = block(
        "Inception",
        graph(
            "x",
            "output",
            [
                use("branch1", "BasicConv2d", in_channels="=in_channels", out_channels="=ch1x1"),
                sequential(
                    "branch2",
                    use("reduce", "BasicConv2d", in_channels="=in_channels", out_channels="=ch3x3_reduced"),
                    use(
                        "conv",
                        "BasicConv2d",
                        in_channels="=ch3x3_reduced",
                        out_channels="=ch3x3",
                        kernel_size=3,
                        padding=1,
                    ),
                ),
                sequential(
                    "branch3",
                    use("reduce", "BasicConv2d", in_channels="=in_channels", out_channels="=ch5x5_reduced"),
                    use(
                        "conv",
                        "BasicConv2d",
                        in_channels="=ch5x5_reduced",
                        out_channels="=ch5x5",
                        kernel_size=3,
                        padding=1,
                    ),
                ),
                sequential(
                    "branch4",
                    pool("pool", 3, 1, padding=1, ceil_mode=True),
                    use("conv", "BasicConv2d", in_channels="=in_channels", out_channels="=pool_proj"),
                ),
                function("cat", "torch.cat", dim=1),
            ],
            "x > branch1 > cat:tensors.0",
            "x > branch2 > cat:tensors.1",
            "x > branch3 > cat:tensors.2",
            "x > branch4 > cat:tensors.3",
            "cat > output",
        ),
        doc="Four ways through, side by side, joined along the channels.",
        in_channels=None,
        ch1x1=None,
        ch3x3_reduced=None,
        ch3x3=None,
        ch5x5_reduced=None,
        ch5x5=None,
        pool_proj=None,
    )
    drawn(inception.graph, ". . branch1", "x . branch2 . . cat output", ". . branch3", ". . branch4")
    sizes = ("in_channels", "ch1x1", "ch3x3_reduced", "ch3x3", "ch5x5_reduced", "ch5x5", "pool_proj")

    def inceptions(**given: tuple[int, ...]) -> list[Node]:
        return [
            use(f"inception{key[1:]}", "Inception", **dict(zip(sizes, numbers, strict=True)))
            for key, numbers in given.items()
        ]

    root = chain(
        "GoogLeNet",
        use("conv1", "BasicConv2d", in_channels=3, out_channels=64, kernel_size=7, stride=2, padding=3),
        pool("maxpool1", ceil_mode=True),
        use("conv2", "BasicConv2d", in_channels=64, out_channels=64),
        use("conv3", "BasicConv2d", in_channels=64, out_channels=192, kernel_size=3, padding=1),
        pool("maxpool2", ceil_mode=True),
        *inceptions(_3a=(192, 64, 96, 128, 16, 32, 32), _3b=(256, 128, 128, 192, 32, 96, 64)),
        pool("maxpool3", ceil_mode=True),
        *inceptions(
            _4a=(480, 192, 96, 208, 16, 48, 64),
            _4b=(512, 160, 112, 224, 24, 64, 64),
            _4c=(512, 128, 128, 256, 24, 64, 64),
            _4d=(512, 112, 144, 288, 32, 64, 64),
            _4e=(528, 256, 160, 320, 32, 128, 128),
        ),
        pool("maxpool4", 2, ceil_mode=True),
        *inceptions(_5a=(832, 256, 160, 320, 32, 128, 128), _5b=(832, 384, 192, 384, 48, 128, 128)),
        average(),
        flatten(),
        dropout(),
        linear("fc", 1024, "=num_classes"),
        doc="Szegedy and others, 2014; without the auxiliary heads.",
        num_classes=CLASSES,
        dropout=(0.2, "Share of the features that is zeroed in training."),
    )
    drawn(
        root.graph,
        "入口 stem: x conv1 maxpool1 conv2 conv3 maxpool2",
        "28×28: inception3a inception3b maxpool3",
        "14×14: inception4a inception4b inception4c",
        "14×14: inception4d inception4e maxpool4",
        "7×7, 出口 head: inception5a inception5b avgpool flatten dropout fc output",
    )
    return architecture("06-googlenet", "GoogLeNet: blocks with parallel branches", root, inception, basic)


# --- DenseNet ---------------------------------------------------------------------------------------


def densenet121() -> Architecture:
    dense = block(
        "DenseLayer",
        graph(
            "x",
            "output",
            [
                norm("norm1", "=in_channels"),
                relu("relu1"),
                conv("conv1", "=in_channels", "=4 * growth", 1, bias=False),
                norm("norm2", "=4 * growth"),
                relu("relu2"),
                conv("conv2", "=4 * growth", "=growth", 3, padding=1, bias=False),
                function("cat", "torch.cat", dim=1),
            ],
            "x > norm1 > relu1 > conv1 > norm2 > relu2 > conv2 > cat:tensors.1",
            "x > cat:tensors.0",
            "cat > output",
        ),
        doc="Makes a few new feature maps and puts them behind those there are.",
        in_channels=None,
        growth=(32, "How many feature maps are added."),
    )
    drawn(dense.graph, ". norm1 relu1 conv1", ". norm2 relu2 conv2", "x . . . cat output")
    transition = chain(
        "Transition",
        norm("norm", "=in_channels"),
        relu(),
        conv("conv", "=in_channels", "=in_channels // 2", 1, bias=False),
        layer("pool", "AvgPool2d", kernel_size=2, stride=2),
        doc="Halves the channels and the sides.",
        in_channels=None,
    )

    children: list[Node] = [
        conv("conv0", 3, 64, 7, stride=2, padding=3, bias=False),
        norm("norm0", 64),
        relu("relu0"),
        pool("pool0", padding=1),
    ]
    channels = 64
    for number, count in enumerate((6, 12, 24, 16), 1):
        layers = [use(f"denselayer{i + 1}", "DenseLayer", in_channels=channels + 32 * i) for i in range(count)]
        children.append(sequential(f"denseblock{number}", *layers, named=True))
        channels += 32 * count
        if number < 4:
            children.append(use(f"transition{number}", "Transition", in_channels=channels))
            channels //= 2
    children.append(norm("norm5", channels))
    root = chain(
        "DenseNet121",
        sequential("features", *children, named=True),
        function("relu", "torch.nn.functional.relu", inplace=True),
        function("avgpool", "torch.nn.functional.adaptive_avg_pool2d", output_size=(1, 1)),
        flatten(),
        linear("classifier", channels, "=num_classes"),
        doc="Huang, Liu, van der Maaten, Weinberger, 2016.",
        num_classes=CLASSES,
    )
    root.initializers += [every("Conv2d", "weight", "kaiming_normal_"), *NORM_RULES, every("Linear", "bias", "zeros_")]
    return architecture("10-densenet121", "DenseNet-121", root, dense, transition)


# --- MobileNet --------------------------------------------------------------------------------------


def mobilenet_v2() -> Architecture:
    conv_norm = chain(
        "ConvNormActivation",
        conv(
            "0",
            "=in_channels",
            "=out_channels",
            "=kernel_size",
            stride="=stride",
            padding="=(kernel_size - 1) // 2",
            groups="=groups",
            bias=False,
        ),
        norm("1", "=out_channels"),
        layer("2", "ReLU6", inplace=True),
        doc="A convolution, normalised, between 0 and 6.",
        in_channels=None,
        out_channels=None,
        kernel_size=3,
        stride=1,
        groups=1,
    )
    hidden = "in_channels * expand_ratio"
    residual = block(
        "InvertedResidual",
        graph(
            "x",
            "output",
            [
                sequential(
                    "conv",
                    repeat(
                        "expand",
                        "=1 if expand_ratio != 1 else 0",
                        use(
                            "expansion",
                            "ConvNormActivation",
                            in_channels="=in_channels",
                            out_channels=f"={hidden}",
                            kernel_size=1,
                        ),
                    ),
                    use(
                        "depthwise",
                        "ConvNormActivation",
                        in_channels=f"={hidden}",
                        out_channels=f"={hidden}",
                        stride="=stride",
                        groups=f"={hidden}",
                    ),
                    conv("project", f"={hidden}", "=out_channels", 1, bias=False),
                    norm("bn", "=out_channels"),
                ),
                choice(
                    "shortcut",
                    function("fits", "operator.and_", input="=stride == 1", other="=in_channels == out_channels"),
                    graph("x y", "output", [plus()], "x > add > output", "y > add:other"),
                    graph("x y", "output", [], "y > output"),
                ),
            ],
            "x > conv > shortcut:y",
            "x > shortcut:x",
            "shortcut > output",
        ),
        doc="Wide in the middle, one convolution a channel there, and a way round where sizes agree.",
        in_channels=None,
        out_channels=None,
        stride=1,
        expand_ratio=(6, "How many times wider it is in the middle."),
    )
    drawn(residual.graph, ". conv", "x . shortcut output")

    def stage(number: int, inputs: int, outputs: int, count: int, stride: int, **options: int) -> list[Node]:
        strided = {} if stride == 1 else {"stride": stride}
        children: list[Node] = [
            use(f"stage{number}", "InvertedResidual", in_channels=inputs, out_channels=outputs, **strided, **options)
        ]
        follower = use(f"stage{number}_other", "InvertedResidual", in_channels=outputs, out_channels=outputs)
        if count > 2:
            children.append(repeat(f"stage{number}_others", count - 1, follower))
        elif count == 2:
            children.append(follower)
        return children

    features = sequential(
        "features",
        use("stem", "ConvNormActivation", in_channels=3, out_channels=32, stride=2),
        *stage(1, 32, 16, 1, 1, expand_ratio=1),
        *stage(2, 16, 24, 2, 2),
        *stage(3, 24, 32, 3, 2),
        *stage(4, 32, 64, 4, 2),
        *stage(5, 64, 96, 3, 1),
        *stage(6, 96, 160, 3, 2),
        *stage(7, 160, 320, 1, 1),
        use("head", "ConvNormActivation", in_channels=320, out_channels=1280, kernel_size=1),
    )
    root = chain(
        "MobileNetV2",
        features,
        function("avgpool", "torch.nn.functional.adaptive_avg_pool2d", output_size=(1, 1)),
        flatten(),
        sequential("classifier", dropout(), linear("fc", 1280, "=num_classes")),
        doc="Sandler and others, 2018.",
        num_classes=CLASSES,
        dropout=(0.2, "Share of the features that is zeroed in training."),
    )
    root.initializers += [
        every("Conv2d", "weight", "kaiming_normal_", mode="fan_out"),
        *NORM_RULES,
        every("Linear", "weight", "normal_", std=0.01),
        every("Linear", "bias", "zeros_"),
    ]
    return architecture("12-mobilenet-v2", "MobileNet V2", root, residual, conv_norm)
