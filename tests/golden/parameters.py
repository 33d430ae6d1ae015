import torch
import torch.nn.functional as F
from torch import nn


class MyLinear(nn.Module):
    def __init__(self, in_units, units):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_units, units))
        self.bias = nn.Parameter(torch.randn(units))
        self.register_buffer("scale", torch.tensor(0.5), persistent=False)

    def forward(self, X):
        X = (torch.matmul(X, self.weight) + self.bias) * self.scale
        return F.relu(X)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(MyLinear(64, 8), MyLinear(8, 1))

    def forward(self, X):
        return self.net(X)
