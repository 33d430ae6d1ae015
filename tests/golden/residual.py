import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    """Two convolutions and a way round them.

    Input and output are (batch, channels, height, width).

    Args:
        channels: Number of feature maps.
    """

    def __init__(self, channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(
            channels,
            channels,
            kernel_size=3,
            stride=stride,
            padding=1,
        )
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(channels)
        # matches the size of the main path
        self.shortcut = nn.Conv2d(channels, channels, kernel_size=1, stride=stride)

    def forward(self, X):
        Y = self.conv1(X)
        Y = F.relu(self.bn1(Y))
        Y = self.conv2(Y)
        Y = self.bn2(Y)
        shortcut = self.shortcut(X)
        return F.relu(Y + shortcut)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.block1 = Residual(64)
        self.block2 = Residual(64, stride=2)

    def forward(self, X):
        X = self.stem(X)
        X = self.block1(X)
        return self.block2(X)
