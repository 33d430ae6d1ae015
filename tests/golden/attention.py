import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, width: int, heads: int = 4, dropout: float = 0.1):
        super().__init__()
        self.width = width
        self.heads = heads
        self.q = nn.Linear(width, width, bias=False)
        self.k = nn.Linear(width, width, bias=False)
        self.v = nn.Linear(width, width, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, width)

    def forward(self, query, key):
        query = self.q(query)
        k = self.k(key)
        v = self.v(key)
        scores = query @ k.transpose(-2, -1)
        scores = F.softmax(scores / (self.width // self.heads) ** 0.5, dim=-1)
        output = self.dropout(scores)
        return self.out(output @ v), scores
