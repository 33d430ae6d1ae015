from torch import nn


class Bottleneck(nn.Module):
    def __init__(self, in_channels: int, width: int, stride: int = 1):
        super().__init__()
        self.in_channels = in_channels
        self.width = width
        self.stride = stride
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(
            width,
            width,
            kernel_size=3,
            stride=stride,
            padding=1,
            bias=False,
        )
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * 4, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * 4)
        if stride != 1 or in_channels != width * 4:
            self.downsample = nn.Sequential(
                nn.Conv2d(
                    in_channels,
                    width * 4,
                    kernel_size=1,
                    stride=stride,
                    bias=False,
                ),
                nn.BatchNorm2d(width * 4),
            )

    def forward(self, x):
        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)
        out = self.conv2(out)
        out = self.bn2(out)
        out = self.relu(out)
        out = self.conv3(out)
        out = self.bn3(out)
        if self.stride != 1 or self.in_channels != self.width * 4:
            x = self.downsample(x)
        return self.relu(out + x)


class Stage(nn.Module):
    def __init__(self, depth: int = 3):
        super().__init__()
        self.layer1 = nn.Sequential(
            Bottleneck(64, 64),
            *[Bottleneck(256, 64) for _ in range(depth - 1)],
        )

    def forward(self, x):
        return self.layer1(x)
