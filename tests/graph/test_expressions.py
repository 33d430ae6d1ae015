"""Expressions: what may be written, and that nothing else gets through."""

from __future__ import annotations

import pytest

from blockstudio.errors import ExpressionError
from blockstudio.graph import expressions

NAMES = ("channels", "stride", "blocks")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("channels*4", "channels * 4"),
        ("stride != 1 or channels > 64", "stride != 1 or channels > 64"),
        ("64 if stride == 1 else blocks[0]", "64 if stride == 1 else blocks[0]"),
        ("[3, 8, 36, 3]", "[3, 8, 36, 3]"),
        ("len(blocks) + min(1, max(2, 3))", "len(blocks) + min(1, max(2, 3))"),
        ("range(len(blocks))", "range(len(blocks))"),
        ("(channels, -1)", "(channels, -1)"),
        ("'same'", "'same'"),
        ("channels // 2 # half", "channels // 2"),
    ],
)
def test_option_expressions(text: str, normal: str) -> None:
    assert expressions.check_option(text, NAMES) == normal


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "1 +", "unknown", "__import__('os')", "channels.__class__", "open('x')", "lambda: 0",
        "[x for x in blocks]", "{}", "f'{channels}'", "(y := 1)", "exec('1')", "channels; stride", "import os",
        "channels\nstride", "min(*blocks)", "min(a=1)", "().__class__", "2 ** 2 ** 2 ** 99", "9" * 30,
        "1" + " + 1" * 6000, "(" * 500, "b'x'", "...", "await x", "min(1)(2)", "2 ** 100",
    ],
)  # fmt: skip
def test_what_is_no_option_expression(text: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.check_option(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "torch.rand(20, 20)", "torch.ones(channels) * 0.5", "x + 1", "x.abs().sum(dim=0)",
        "torch.tensor([[1.0, 2], [3, 4]])",
        "torch.arange(4, dtype=torch.float32)", "42", "torch.where(x > 0, x, torch.zeros_like(x))", "x.T @ x",
        "x[0, :2]",
        "torch.zeros(x.shape[0])",
    ],
)  # fmt: skip
def test_tensor_expressions(text: str) -> None:
    assert expressions.check_tensor(text, (*NAMES, "x"))


@pytest.mark.parametrize(
    "text",
    ["torch.load('x')", "torch.save(x, 'y')", "torch.hub.load('a')", "torch", "x.__init__()", "x.numpy()",
     "x.tofile('a')",
     "torch.ops.aten.add(x, x)", "x.apply_(print)", "torch.nn.Linear(1, 1)", "x.data", "torch.os.system('a')"],
)  # fmt: skip
def test_what_is_no_tensor_expression(text: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.check_tensor(text, ("x",))


@pytest.mark.parametrize("text", ["0", ":", "0, :5", "..., None", "-1", "1:10:2", ":, 0", "channels"])
def test_indices(text: str) -> None:
    assert expressions.check_index(text, NAMES) == text


@pytest.mark.parametrize("text", ["", "0] + x[0", "open('a')", "x.y", "*a", "a]", "0][1", "lambda: 0", "unknown"])
def test_what_is_no_index(text: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.check_index(text, NAMES)


def test_names_are_found_renamed_and_replaced() -> None:
    assert expressions.names_in("min(channels, 4) * torch.ones(n)") == {"channels", "n"}
    assert expressions.rename("channels * 2", "channels", "width") == "width * 2"
    assert expressions.rename("not an expression (", "not", "x") == "not an expression ("
    assert expressions.substitute("n * 2 + m", {"n": "a + 1"}) == "(a + 1) * 2 + m"


def test_node_names() -> None:
    good = ["hidden", "隐藏层", "layers.0", "a.b.0", "_x", "0", "12"]
    bad = ["", "01", "0.a", "²", "٣", "class", "a b", "a.", "a..b", "a.for", "a-b"]
    assert all(expressions.is_node_name(name) for name in good)
    assert not any(expressions.is_node_name(name) for name in bad)


def test_what_was_checked_for_other_names_is_checked_again() -> None:
    assert expressions.check_option("width * 2", {"width"}) == "width * 2"
    with pytest.raises(ExpressionError, match="width"):
        expressions.check_option("width * 2", {"height"})
    with pytest.raises(ExpressionError):
        expressions.check_option("torch.rand(2)", set())
    assert expressions.check_tensor("torch.rand(2)", set()) == "torch.rand(2)"
