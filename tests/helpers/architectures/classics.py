"""Plain stacks of convolutions: LeNet, AlexNet, VGG, NiN, SqueezeNet."""

from __future__ import annotations

from blockstudio.graph.model import Example, Node
from tests.helpers.architectures.drawing import (
    KAIMING,
    Architecture,
    architecture,
    block,
    chain,
    conv,
    dropout,
    every,
    flatten,
    function,
    graph,
    layer,
    linear,
    norm,
    relu,
    sequential,
    use,
)

VGG_RULES = (
    KAIMING,
    every("Conv2d", "bias", "zeros_"),
    every("BatchNorm2d", "weight", "ones_"),
    every("BatchNorm2d", "bias", "zeros_"),
    every("Linear", "weight", "normal_", std=0.01),
    every("Linear", "bias", "zeros_"),
)


def pool(name: str, kernel: int = 3, stride: int = 2, **options: object) -> Node:
    return layer(name, "MaxPool2d", kernel_size=kernel, stride=stride, **options)


def average(name: str = "avgpool", size: object = (1, 1)) -> Node:
    return layer(name, "AdaptiveAvgPool2d", output_size=size)


def lenet() -> Architecture:
    features = sequential(
        "features",
        conv("conv1", 1, 6, 5, padding=2),
        layer("sigmoid1", "Sigmoid"),
        layer("pool1", "AvgPool2d", kernel_size=2, stride=2),
        conv("conv2", 6, 16, 5),
        layer("sigmoid2", "Sigmoid"),
        layer("pool2", "AvgPool2d", kernel_size=2, stride=2),
    )
    classifier = sequential(
        "classifier",
        linear("fc1", 16 * 5 * 5, 120),
        layer("sigmoid1", "Sigmoid"),
        linear("fc2", 120, 84),
        layer("sigmoid2", "Sigmoid"),
        linear("fc3", 84, "=num_classes"),
    )
    root = chain("LeNet", features, flatten(), classifier, doc="LeNet-5 for handwritten digits.", num_classes=10)
    return architecture("01-lenet", "LeNet: handwritten digits", root, example=Example((2, 1, 28, 28)))


def alexnet() -> Architecture:
    features = sequential(
        "features",
        conv("conv1", 3, 64, 11, stride=4, padding=2),
        relu("relu1"),
        pool("pool1"),
        conv("conv2", 64, 192, 5, padding=2),
        relu("relu2"),
        pool("pool2"),
        conv("conv3", 192, 384, 3, padding=1),
        relu("relu3"),
        conv("conv4", 384, 256, 3, padding=1),
        relu("relu4"),
        conv("conv5", 256, 256, 3, padding=1),
        relu("relu5"),
        pool("pool5"),
    )
    classifier = sequential(
        "classifier",
        dropout("dropout1"),
        linear("fc1", 256 * 6 * 6, 4096),
        relu("relu1"),
        dropout("dropout2"),
        linear("fc2", 4096, 4096),
        relu("relu2"),
        linear("fc3", 4096, "=num_classes"),
    )
    root = chain(
        "AlexNet",
        features,
        average(size=(6, 6)),
        flatten(),
        classifier,
        doc="Krizhevsky, Sutskever, Hinton, 2012; one tower, as in 2014.",
        num_classes=(1000, "Number of classes."),
        dropout=(0.5, "Share of the inputs of a linear layer that is zeroed in training."),
    )
    return architecture("02-alexnet", "AlexNet", root)


def vgg(file: str, title: str, name: str, stages: tuple[tuple[int, ...], ...], *, normalised: bool) -> Architecture:
    children: list[Node] = []
    before = 3
    for number, stage in enumerate(stages, 1):
        for letter, channels in zip("abc", stage, strict=False):
            key = f"{number}{letter}" if len(stage) > 1 else f"{number}"
            children.append(conv(f"conv{key}", before, channels, 3, padding=1))
            if normalised:
                children.append(norm(f"bn{key}", channels))
            children.append(relu(f"relu{key}"))
            before = channels
        children.append(pool(f"pool{number}", 2))
    classifier = sequential(
        "classifier",
        linear("fc1", 512 * 7 * 7, 4096),
        relu("relu1"),
        dropout("dropout1"),
        linear("fc2", 4096, 4096),
        relu("relu2"),
        dropout("dropout2"),
        linear("fc3", 4096, "=num_classes"),
    )
    root = chain(
        name,
        sequential("features", *children),
        average(size=(7, 7)),
        flatten(),
        classifier,
        doc="Simonyan and Zisserman, 2014.",
        num_classes=(1000, "Number of classes."),
        dropout=(0.5, "Share of the inputs of a linear layer that is zeroed in training."),
    )
    rules = VGG_RULES if normalised else tuple(rule for rule in VGG_RULES if "BatchNorm" not in rule.layer_type)
    root.initializers.extend(rules)
    return architecture(file, title, root, note="VGG", facts={"count": sum(map(len, stages))})


def vgg11() -> Architecture:
    stages = ((64,), (128,), (256, 256), (512, 512), (512, 512))
    return vgg("03-vgg11", "VGG-11", "VGG11", stages, normalised=False)


def vgg16_bn() -> Architecture:
    stages = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
    return vgg("04-vgg16-bn", "VGG-16 with batch normalisation", "VGG16", stages, normalised=True)


def nin() -> Architecture:
    nin_block = chain(
        "NiNBlock",
        conv("0", "=in_channels", "=out_channels", "=kernel_size", stride="=stride", padding="=padding"),
        relu("1"),
        conv("2", "=out_channels", "=out_channels", 1),
        relu("3"),
        conv("4", "=out_channels", "=out_channels", 1),
        relu("5"),
        doc="A convolution, then two 1×1 ones: a small network at every pixel.",
        in_channels=None,
        out_channels=None,
        kernel_size=None,
        stride=1,
        padding=0,
    )
    net = sequential(
        "net",
        use("nin1", "NiNBlock", in_channels=1, out_channels=96, kernel_size=11, stride=4),
        pool("pool1"),
        use("nin2", "NiNBlock", in_channels=96, out_channels=256, kernel_size=5, padding=2),
        pool("pool2"),
        use("nin3", "NiNBlock", in_channels=256, out_channels=384, kernel_size=3, padding=1),
        pool("pool3"),
        dropout(),
        use("nin4", "NiNBlock", in_channels=384, out_channels="=num_classes", kernel_size=3, padding=1),
        average(),
        layer("flatten", "Flatten"),
    )
    root = chain(
        "NiN",
        net,
        doc="Lin, Chen, Yan, 2013.",
        num_classes=(10, "Number of classes."),
        dropout=(0.5, "Share of the feature maps that is zeroed in training."),
    )
    return architecture("05-nin", "NiN: network in network", root, nin_block, example=Example((2, 1, 224, 224)))


def squeezenet() -> Architecture:
    fire = block(
        "Fire",
        graph(
            "x",
            "output",
            [
                conv("squeeze", "=in_channels", "=squeezed", 1),
                relu("squeeze_activation"),
                conv("expand1x1", "=squeezed", "=expanded", 1),
                relu("expand1x1_activation"),
                conv("expand3x3", "=squeezed", "=expanded", 3, padding=1),
                relu("expand3x3_activation"),
                function("cat", "torch.cat", dim=1),
            ],
            "x > squeeze > squeeze_activation > expand1x1 > expand1x1_activation > cat:tensors.0",
            "squeeze_activation > expand3x3 > expand3x3_activation > cat:tensors.1",
            "cat > output",
        ),
        doc="Few channels through, many channels out.",
        in_channels=None,
        squeezed=None,
        expanded=None,
    )

    def fires(*sizes: tuple[int, int, int, int]) -> list[Node]:
        return [
            use(f"fire{number}", "Fire", in_channels=inputs, squeezed=squeezed, expanded=expanded)
            for number, inputs, squeezed, expanded in sizes
        ]

    features = sequential(
        "features",
        conv("conv1", 3, 96, 7, stride=2),
        relu("relu1"),
        pool("pool1", ceil_mode=True),
        *fires((2, 96, 16, 64), (3, 128, 16, 64), (4, 128, 32, 128)),
        pool("pool4", ceil_mode=True),
        *fires((5, 256, 32, 128), (6, 256, 48, 192), (7, 384, 48, 192), (8, 384, 64, 256)),
        pool("pool8", ceil_mode=True),
        *fires((9, 512, 64, 256)),
    )
    classifier = sequential(
        "classifier", dropout(), conv("conv10", 512, "=num_classes", 1), relu("relu10"), average("avgpool10")
    )
    root = chain(
        "SqueezeNet",
        features,
        classifier,
        flatten(),
        doc="Iandola and others, 2016: the accuracy of AlexNet with a fiftieth of its parameters.",
        num_classes=(1000, "Number of classes."),
        dropout=(0.5, "Share of the feature maps that is zeroed in training."),
    )
    return architecture("11-squeezenet", "SqueezeNet", root, fire)
