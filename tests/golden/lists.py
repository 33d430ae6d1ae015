import torch
from torch import nn


class Net(nn.Module):
    """Lists and dicts of layers."""

    def __init__(self):
        super().__init__()
        # layers.0: the first
        self.layers = nn.ModuleList([nn.Linear(8, 8), nn.Linear(8, 8)])
        self.heads = nn.ModuleDict(
            {"small": nn.Linear(8, 2), "large": nn.Linear(8, 20)}
        )

    def forward(self, x, unused=None):
        x = self.layers[0](x)
        x = self.layers[1](x)
        heads_small = self.heads["small"](x)
        heads_large = self.heads["large"](x)
        # both answers
        # side by side
        return torch.cat([heads_small, heads_large], dim=-1)
