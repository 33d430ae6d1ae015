import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(8, 8)
        self.deep = nn.Linear(8, 8)
        self.aux_head = nn.Linear(8, 4)
        self.smooth = nn.Softmax(dim=1)

    def forward(self, x):
        x = self.stem(x)
        if self.training:
            x = x + torch.randn_like(x)
        if not self.training & (x.mean() > 0):
            x = self.deep(x)
        aux_output = self.aux_head(x) if self.training else None
        if not self.training:
            x = self.smooth(x)
        return x, aux_output
