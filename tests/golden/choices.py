from torch import nn


class Unit(nn.Module):
    """A convolution, normalised and activated as one likes.

    Args:
        normalise: batch, group or none
        activation: relu or gelu
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        normalise: str = "batch",
        activation: str = "relu",
    ):
        super().__init__()
        self.normalise = normalise
        self.conv = nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size=3,
            stride=stride,
            padding=1,
        )
        if normalise == "batch":
            self.norm = nn.BatchNorm2d(out_channels)
        elif normalise == "group":
            self.norm = nn.GroupNorm(max(out_channels // 16, 1), out_channels)
        if activation == "relu":
            self.act = nn.ReLU()
        else:
            self.act = nn.GELU()

    def forward(self, x):
        x = self.conv(x)
        if self.normalise == "batch" or self.normalise == "group":
            x = self.norm(x)
        return self.act(x)


class Net(nn.Module):
    def __init__(self, layers=(2, 3), widths=(16, 32), activation: str = "gelu"):
        super().__init__()
        self.layer1 = nn.Sequential(
            *[
                Unit(3 if i == 0 else widths[0], widths[0], activation=activation)
                for i in range(layers[0])
            ]
        )
        self.layer2 = nn.Sequential(
            *[
                Unit(
                    widths[1 if i else 0],
                    widths[1],
                    stride=2 if i == 0 else 1,
                    normalise="group",
                )
                for i in range(layers[1])
            ]
        )

    def forward(self, x):
        return self.layer2(self.layer1(x))
