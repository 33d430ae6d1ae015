import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, 8)
        self.b = nn.Linear(8, 8)
        self.c = nn.Linear(8, 8)
        self.bn = nn.LayerNorm(8)

    def forward(self, x):
        x = self.a(x) if x.mean() > 0 else torch.tanh(self.b(x))
        # only where it is worth it
        if x.mean() > 0:
            x = self.bn(self.c(x))
        return x
