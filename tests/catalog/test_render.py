"""How constructors, calls and results are written."""

from __future__ import annotations

import ast
import random

import pytest

from blockstudio.catalog import render
from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import Entry, OptionSpec
from blockstudio.errors import ExpressionError
from blockstudio.graph.model import Expression, OptionValue


def entry(type: str) -> Entry:
    found = catalog().get(type)
    assert found is not None, type
    return found


@pytest.mark.parametrize(
    ("type", "options", "source"),
    [
        ("Linear", {"in_features": 20, "out_features": 256}, "nn.Linear(20, 256)"),
        ("Linear", {"in_features": 20, "out_features": 256, "bias": True}, "nn.Linear(20, 256)"),
        ("Linear", {"in_features": 20, "out_features": 1, "bias": False}, "nn.Linear(20, 1, bias=False)"),
        ("Linear", {"in_features": Expression("n * 4"), "out_features": 1}, "nn.Linear(n * 4, 1)"),
        ("Linear", {"in_features": 1, "out_features": 1, "dtype": "float64"}, "nn.Linear(1, 1, dtype=torch.float64)"),
        ("ReLU", {}, "nn.ReLU()"),
        ("ReLU", {"inplace": True}, "nn.ReLU(inplace=True)"),
        ("Identity", {}, "nn.Identity()"),
        ("Dropout", {"p": 0.2}, "nn.Dropout(0.2)"),
        ("Dropout", {"inplace": True}, "nn.Dropout(inplace=True)"),
        ("LeakyReLU", {"negative_slope": 0.2}, "nn.LeakyReLU(0.2)"),
        ("Softmax", {"dim": 1}, "nn.Softmax(dim=1)"),
        (
            "Conv2d",
            {"in_channels": 1, "out_channels": 6, "kernel_size": 5, "padding": 2},
            "nn.Conv2d(1, 6, kernel_size=5, padding=2)",
        ),
        (
            "Conv2d",
            {"in_channels": 1, "out_channels": 6, "kernel_size": (3, 5), "padding": "same"},
            "nn.Conv2d(1, 6, kernel_size=(3, 5), padding='same')",
        ),
        ("MaxPool2d", {"kernel_size": 2, "stride": (Expression("s"), 2)}, "nn.MaxPool2d(kernel_size=2, stride=(s, 2))"),
        ("LayerNorm", {"normalized_shape": (16,)}, "nn.LayerNorm((16,))"),
        ("AdaptiveAvgPool2d", {"output_size": (1, None)}, "nn.AdaptiveAvgPool2d((1, None))"),
        ("LSTM", {"input_size": 8, "hidden_size": 16, "num_layers": 2}, "nn.LSTM(8, 16, num_layers=2)"),
        ("CrossEntropyLoss", {"weight": Expression("torch.ones(3)")}, "nn.CrossEntropyLoss(weight=torch.ones(3))"),
        (
            "MultiheadAttention",
            {"embed_dim": 8, "num_heads": 2, "need_weights": False, "batch_first": True},
            "nn.MultiheadAttention(8, 2, batch_first=True)",
        ),
        (
            "TransformerEncoder",
            {"d_model": 8, "nhead": 2, "num_layers": 6, "dropout": 0.0},
            "nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, dropout=0.0), num_layers=6)",
        ),
        (
            "TransformerEncoder",
            {"d_model": 8, "nhead": 2, "num_layers": 6, "norm": True},
            "nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), num_layers=6, norm=nn.LayerNorm(8))",
        ),
    ],
)
def test_constructor(type: str, options: dict[str, OptionValue], source: str) -> None:
    assert render.constructor(entry(f"torch.nn.{type}"), options) == source


@pytest.mark.parametrize(
    ("type", "inputs", "options", "source"),
    [
        ("torch.nn.Linear", {"input": "x"}, {}, "self.layer(x)"),
        ("torch.nn.LSTM", {"input": "x"}, {}, "self.layer(x)"),
        ("torch.nn.LSTM", {"input": "x", "h_0": "h", "c_0": "c"}, {}, "self.layer(x, (h, c))"),
        ("torch.nn.GRU", {"input": "x", "h_0": "h"}, {}, "self.layer(x, h)"),
        ("torch.nn.MultiheadAttention", {"query": "q", "key": "k", "value": "v"}, {}, "self.layer(q, k, v)"),
        (
            "torch.nn.MultiheadAttention",
            {"query": "q", "key": "k", "value": "v", "attn_mask": "m"},
            {"need_weights": False, "embed_dim": 8},
            "self.layer(q, k, v, attn_mask=m, need_weights=False)",
        ),
        ("torch.nn.CrossEntropyLoss", {"input": "y", "target": "t"}, {}, "self.layer(y, t)"),
        ("torch.nn.functional.relu", {"input": "torch.mm(x, w) + 1"}, {}, "F.relu(torch.mm(x, w) + 1)"),
        ("torch.nn.functional.dropout", {"input": "x"}, {}, "F.dropout(x, training=self.training)"),
        ("torch.nn.functional.dropout", {"input": "x"}, {"p": 0.1}, "F.dropout(x, p=0.1, training=self.training)"),
        ("torch.nn.functional.dropout", {"input": "x"}, {"training": True}, "F.dropout(x, training=True)"),
        ("torch.nn.functional.softmax", {"input": "x"}, {"dim": -1}, "F.softmax(x, dim=-1)"),
        ("torch.nn.functional.linear", {"input": "x", "weight": "w", "bias": "b"}, {}, "F.linear(x, w, bias=b)"),
        (
            "torch.nn.functional.scaled_dot_product_attention",
            {"query": "q", "key": "k", "value": "v"},
            {"dropout_p": 0.1, "is_causal": True},
            "F.scaled_dot_product_attention(q, k, v, dropout_p=0.1 if self.training else 0.0, is_causal=True)",
        ),
        ("torch.mm", {"input": "x", "mat2": "w"}, {}, "torch.mm(x, w)"),
        ("torch.abs", {"input": "x"}, {}, "x.abs()"),
        ("torch.abs", {"input": "x - y"}, {}, "(x - y).abs()"),
        ("torch.abs", {"input": "x.t()"}, {}, "x.t().abs()"),
        ("torch.sum", {"input": "x"}, {}, "x.sum()"),
        ("torch.mean", {"input": "x"}, {"dim": (0, 1), "keepdim": True}, "x.mean(dim=(0, 1), keepdim=True)"),
        ("torch.max", {"input": "x"}, {"dim": 0}, "x.max(dim=0)"),
        ("torch.Tensor.view", {"input": "x"}, {"shape": (2, -1)}, "x.view(2, -1)"),
        ("torch.Tensor.view", {"input": "x"}, {"shape": (Expression("n"), -1)}, "x.view(n, -1)"),
        ("torch.Tensor.view", {"input": "x"}, {"shape": Expression("size")}, "x.view(size)"),
        ("torch.Tensor.view", {"input": "x", "shape.0": "n"}, {"shape": (2, -1)}, "x.view(n, -1)"),
        ("torch.Tensor.size", {"input": "x"}, {"dim": 0}, "x.shape[0]"),
        ("torch.Tensor.float", {"input": "-x"}, {}, "(-x).float()"),
        ("torch.permute", {"input": "x"}, {"dims": (0, 2, 1)}, "x.permute(0, 2, 1)"),
        ("torch.flatten", {"input": "x"}, {"start_dim": 1}, "torch.flatten(x, 1)"),
        ("torch.flatten", {"input": "x"}, {"end_dim": 1}, "torch.flatten(x, end_dim=1)"),
        ("torch.squeeze", {"input": "x"}, {}, "x.squeeze()"),
        ("torch.squeeze", {"input": "x"}, {"dim": 1}, "x.squeeze(1)"),
        ("torch.cat", {"tensors.0": "a", "tensors.1": "b"}, {"dim": 1}, "torch.cat([a, b], dim=1)"),
        ("torch.cat", {"tensors.10": "b", "tensors.9": "a"}, {}, "torch.cat([a, b])"),
        ("torch.einsum", {"operands.0": "a", "operands.1": "b"}, {"equation": "ij,jk"}, "torch.einsum('ij,jk', a, b)"),
        ("torch.split", {"input": "x"}, {"split_size_or_sections": (1, 2)}, "x.split((1, 2))"),
        ("torch.where", {"condition": "c", "input": "a"}, {"other": 0.0}, "torch.where(c, a, 0.0)"),
        ("torch.masked_fill", {"input": "x", "mask": "m"}, {"value": float("-inf")}, "x.masked_fill(m, float('-inf'))"),
        ("torch.Tensor.to", {"input": "x"}, {"dtype": "int64"}, "x.to(torch.int64)"),
        ("torch.zeros", {"like": "x"}, {"size": (2, 3)}, "torch.zeros(2, 3, device=x.device)"),
        ("operator.add", {"input": "x"}, {"other": 1}, "x + 1"),
        ("operator.sub", {"other": "x"}, {"input": 1}, "1 - x"),
        ("operator.sub", {"input": "a - b", "other": "c - d"}, {}, "a - b - (c - d)"),
        ("operator.mul", {"input": "a + b", "other": "c"}, {}, "(a + b) * c"),
        ("operator.pow", {"input": "-x"}, {"other": 2}, "(-x) ** 2"),
        ("operator.pow", {"input": "x"}, {"other": -1}, "x ** -1"),
        ("operator.pow", {"input": "x ** y"}, {"other": 2}, "(x ** y) ** 2"),
        ("operator.pow", {"other": "x"}, {"input": -2}, "(-2) ** x"),
        ("operator.neg", {"input": "a + b"}, {}, "-(a + b)"),
        ("operator.gt", {"input": "x.abs().sum()"}, {"other": 1}, "x.abs().sum() > 1"),
        ("operator.gt", {"input": "a < b"}, {"other": 1}, "(a < b) > 1"),
        ("operator.and_", {"input": "a > 0", "other": "b > 0"}, {}, "(a > 0) & (b > 0)"),
        ("operator.matmul", {"input": "a @ b", "other": "c @ d"}, {}, "a @ b @ (c @ d)"),
        ("operator.getitem", {"input": "x"}, {"index": ":, 0, ..."}, "x[:, 0, ...]"),
        ("operator.getitem", {"input": "a + b", "index": "mask"}, {"index": "0"}, "(a + b)[mask]"),
    ],
)
def test_call(type: str, inputs: dict[str, str], options: dict[str, OptionValue], source: str) -> None:
    assert render.call(entry(type), inputs, options, "self.layer").replace('"', "'") == source


@pytest.mark.parametrize(
    ("type", "present", "names", "source"),
    [
        ("torch.nn.Linear", ["output"], {"output": "y"}, "y"),
        ("torch.nn.LSTM", ["output", "h_n", "c_n"], {"output": "y", "h_n": "h", "c_n": "c"}, "y, (h, c)"),
        ("torch.nn.LSTM", ["output", "h_n", "c_n"], {"output": "y"}, "y, _"),
        ("torch.nn.LSTM", ["output", "h_n", "c_n"], {"c_n": "c"}, "_, (_, c)"),
        ("torch.nn.GRU", ["output", "h_n"], {"h_n": "h"}, "_, h"),
        ("torch.nn.MultiheadAttention", ["output", "weights"], {"output": "y", "weights": "w"}, "y, w"),
        ("torch.nn.MultiheadAttention", ["output"], {"output": "y"}, "y, _"),
        ("torch.max", ["values"], {"values": "m"}, "m"),
        ("torch.max", ["values", "indices"], {"indices": "i"}, "_, i"),
        ("torch.chunk", ["chunks.0", "chunks.1"], {"chunks.0": "a", "chunks.1": "b"}, "a, b"),
        ("torch.chunk", ["chunks.0"], {"chunks.0": "a"}, "(a,)"),
    ],
)
def test_targets(type: str, present: list[str], names: dict[str, str], source: str) -> None:
    assert render.targets(entry(type), present, names) == source


def test_brackets_keep_the_meaning_of_any_nesting_of_operators() -> None:
    """Random trees of operators: the source, parsed by Python, is the tree it was written from."""
    generator = random.Random(0)
    operators = [e for e in catalog().entries if e.type.startswith("operator.") and e.type != "operator.getitem"]
    assert len(operators) > 15

    def grow(depth: int) -> tuple[str, str]:
        """Source written with as few brackets as can be, and with all."""
        if not depth or generator.random() < 0.2:
            name = generator.choice("abc")
            return name, name
        kind = generator.choice(operators)
        parts = {port.name: grow(depth - 1) for port in kind.inputs}
        few = render.call(kind, {name: few for name, (few, _) in parts.items()}, {})
        all_of_them = kind.call
        for name, (_, full) in parts.items():
            all_of_them = all_of_them.replace(f"{{{name}}}", f"({full})")
        return few, all_of_them

    for _ in range(2000):
        few, full = grow(4)
        assert ast.dump(ast.parse(few)) == ast.dump(ast.parse(full))


def test_what_stands_in_one_argument_goes_together() -> None:
    lstm = entry("torch.nn.LSTM")
    assert render.companions(lstm, "h_0") == {"c_0"}
    assert render.companions(lstm, "input") == frozenset()
    assert render.companions(entry("operator.add"), "input") == frozenset()


def test_a_dtype_that_is_none_is_not_written() -> None:
    with pytest.raises(ExpressionError):
        render.option_source(OptionSpec("dtype", "dtype"), "float32; import os")


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (True, "True"),
        (None, "None"),
        (1.5, "1.5"),
        (float("inf"), 'float("inf")'),
        (float("nan"), 'float("nan")'),
        ("it's", '"it\'s"'),
        ((), "()"),
        ((1,), "(1,)"),
        ((1, Expression("n")), "(1, n)"),
    ],
)
def test_option_source(value: OptionValue, source: str) -> None:
    assert render.option_source(OptionSpec("x", "any"), value) == source
