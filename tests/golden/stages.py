from torch import nn


class Net(nn.Module):
    def __init__(self, widths=(8, 4, 6)):
        super().__init__()
        self.widths = widths
        self.body = nn.ModuleList(
            [nn.Linear(widths[i], widths[i]) for i in range(len(widths))]
        )
        self.down = nn.ModuleList(
            [
                nn.Linear(widths[i], widths[i + 1])
                if i < len(widths) - 1
                else nn.Identity()
                for i in range(len(widths))
            ]
        )
        self.norm = nn.ModuleList(
            [
                nn.LayerNorm(widths[1]) if i == 0 else nn.Identity()
                for i in range(len(widths))
            ]
        )
        self.extra = nn.ModuleList(
            [
                nn.Linear(6, 6) if r % 2 == 0 and widths[0] > 2 else nn.Identity()
                for r in range(3)
            ]
        )
        self.plain = nn.ModuleList(
            [
                nn.Linear(6, 6) if not (r % 2 == 0 and widths[0] > 2) else nn.Identity()
                for r in range(3)
            ]
        )

    def forward(self, x):
        for i in range(len(self.widths)):
            x = self.body[i](x)
            if i < len(self.widths) - 1:
                x = self.down[i](x)
            if i == 0:
                x = self.norm[i](x)
        for r in range(3):
            if r % 2 == 0 and self.widths[0] > 2:
                x = self.extra[r](x)
            else:
                x = self.plain[r](x)
        return x
