from torch import nn


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 32)
        self.lstm = nn.LSTM(32, 64, num_layers=2, batch_first=True)
        self.decoder = nn.Linear(64, 100)

    def forward(self, tokens, h, c):
        tokens = self.embedding(tokens)
        tokens, (h_n, c_n) = self.lstm(tokens, (h, c))
        return self.decoder(tokens), h_n, c_n
