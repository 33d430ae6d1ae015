import torch
from torch import nn


def my_init(tensor, threshold):
    nn.init.uniform_(tensor, -10, 10)
    tensor *= tensor.abs() >= threshold


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
        self.init_weights()

    @torch.no_grad()
    def init_weights(self):
        for module in self.modules():
            if type(module) is nn.Linear:
                nn.init.normal_(module.weight, std=0.01)
                nn.init.zeros_(module.bias)
        nn.init.xavier_uniform_(self.net[0].weight)
        nn.init.constant_(self.net[2].weight, 42)
        for parameter in self.net.parameters():
            if parameter.dim() >= 2:
                nn.init.kaiming_normal_(parameter, nonlinearity="relu")
        self.net[0].weight += 1
        self.net[0].weight[0, 0] = 42
        nn.init.constant_(self.net[2].bias, 0)
        self.net[2].weight.copy_(
            torch.where(torch.abs(self.net[2].weight) > 5, self.net[2].weight, 0),
        )
        my_init(self.net[2].weight, threshold=5)

    def forward(self, X):
        return self.net(X)
