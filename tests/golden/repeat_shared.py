import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self, rounds: int = 3):
        super().__init__()
        self.rounds = rounds
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        for _ in range(self.rounds):
            x = F.relu(self.linear(x))
        return x
