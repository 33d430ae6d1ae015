from collections import OrderedDict

from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            OrderedDict(
                [
                    ("hidden", nn.Linear(20, 256)),
                    ("act", nn.ReLU()),
                    ("out", nn.Linear(256, 10)),
                ]
            ),
        )

    def forward(self, X):
        return self.net(X)
