"""A language model of LSTMs, and a U-Net."""

from __future__ import annotations

from itertools import pairwise

from blockstudio.graph.model import Definition, Example, Port
from tests.helpers.architectures.drawing import (
    Architecture,
    architecture,
    block,
    chain,
    conv,
    drawn,
    dropout,
    function,
    graph,
    layer,
    linear,
    norm,
    relu,
    use,
)


def lstm() -> Architecture:
    state = Example((2, 2, 256), "float32", "zeros")
    root = block(
        "LanguageModel",
        graph(
            [
                Port("tokens", example=Example((2, 35), "int64", "integers", 0, 10_000)),
                Port("h", example=state),
                Port("c", example=state),
            ],
            "logits next_h next_c",
            [
                layer("embedding", "Embedding", num_embeddings="=vocabulary", embedding_dim="=width"),
                dropout("drop_in"),
                layer(
                    "lstm",
                    "LSTM",
                    input_size="=width",
                    hidden_size="=width",
                    num_layers="=layers",
                    batch_first=True,
                    dropout="=dropout",
                ),
                dropout("drop_out"),
                linear("decoder", "=width", "=vocabulary"),
            ],
            "tokens > embedding > drop_in > lstm > drop_out > decoder > logits",
            "h > lstm:h_0",
            "c > lstm:c_0",
            "lstm:h_n > next_h",
            "lstm:c_n > next_c",
        ),
        doc="Predicts the next word; its state goes from one stretch of text to the next.",
        vocabulary=(10_000, "How many words there are."),
        width=256,
        layers=2,
        dropout=(0.2, "Share of the values that is zeroed in training."),
    )
    drawn(
        root.graph,
        "tokens embedding drop_in lstm drop_out decoder logits",
        ". . h . next_h",
        ". . c . next_c",
    )
    return architecture("13-lstm", "LSTM language model", root)


def double_conv() -> Definition:
    return chain(
        "DoubleConv",
        conv("0", "=in_channels", "=out_channels", 3, padding=1, bias=False),
        norm("1", "=out_channels"),
        relu("2"),
        conv("3", "=out_channels", "=out_channels", 3, padding=1, bias=False),
        norm("4", "=out_channels"),
        relu("5"),
        doc="Two convolutions, each normalised and rectified.",
        in_channels=None,
        out_channels=None,
    )


def unet() -> Architecture:
    down = chain(
        "Down",
        layer("pool", "MaxPool2d", kernel_size=2),
        use("conv", "DoubleConv", in_channels="=in_channels", out_channels="=out_channels"),
        doc="Half the sides, more channels.",
        in_channels=None,
        out_channels=None,
    )
    up = block(
        "Up",
        graph(
            "x skipped",
            "output",
            [
                layer(
                    "up",
                    "ConvTranspose2d",
                    in_channels="=in_channels",
                    out_channels="=in_channels // 2",
                    kernel_size=2,
                    stride=2,
                ),
                function("cat", "torch.cat", dim=1),
                use("conv", "DoubleConv", in_channels="=in_channels", out_channels="=out_channels"),
            ],
            "skipped > cat:tensors.0",
            "x > up > cat:tensors.1",
            "cat > conv > output",
        ),
        doc="Twice the sides, joined with what was skipped.",
        in_channels=None,
        out_channels=None,
    )
    drawn(up.graph, "skipped . cat conv output", "x up")
    scales = [1, 2, 4, 8, 16]

    def channels(scale: int) -> str:
        return "=width" if scale == 1 else f"=width * {scale}"

    downs = [
        use(f"down{n}", "Down", in_channels=channels(a), out_channels=channels(b))
        for n, (a, b) in enumerate(pairwise(scales), 1)
    ]
    ups = [
        use(f"up{n}", "Up", in_channels=channels(a), out_channels=channels(b))
        for n, (a, b) in enumerate(pairwise(scales[::-1]), 1)
    ]
    root = block(
        "UNet",
        graph(
            "x",
            "output",
            [
                use("inc", "DoubleConv", in_channels="=channels", out_channels="=width"),
                *downs,
                *ups,
                conv("outc", "=width", "=classes", 1),
            ],
            "x > inc > down1 > down2 > down3 > down4 > up1 > up2 > up3 > up4 > outc > output",
            "down3 > up1:skipped",
            "down2 > up2:skipped",
            "down1 > up3:skipped",
            "inc > up4:skipped",
        ),
        doc="Ronneberger, Fischer, Brox, 2015, with padding.",
        channels=(1, "Channels of the image."),
        classes=(2, "Classes of a pixel."),
        width=(32, "Channels at full size; they double at each step down."),
    )
    drawn(
        root.graph,
        "x inc . . up4 outc output",
        ". down1 . . up3",
        ". down2 . . up2",
        ". down3 . . up1",
        ". . down4",
    )
    example = Example((2, 1, 128, 128), generator="randn")
    return architecture("16-unet", "U-Net: segmentation", root, down, up, double_conv(), example=example)
