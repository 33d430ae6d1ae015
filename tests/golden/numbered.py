from torch import nn


class ConvNorm(nn.Sequential):
    """A convolution, normalised."""

    def __init__(self, inputs: int, outputs: int = 16):
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel_size=3, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class SumOf(nn.ModuleList):
    def __init__(self):
        super().__init__()
        self.add_module("0", ConvNorm(16))
        self.add_module("1", ConvNorm(16))

    def forward(self, x):
        output = self[0](x)
        _1 = self[1](x)
        return output + _1


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(ConvNorm(3), SumOf())
