"""Blocks written in Python, read without running them."""

from __future__ import annotations

import pytest

from blockstudio.catalog.custom_code import CodeSignature, read_code
from blockstudio.catalog.spec import REQUIRED
from blockstudio.errors import CodeError
from blockstudio.graph.model import Expression

CENTERED = """
import torch
from torch import nn

class CenteredLayer(nn.Module):
    '''Takes the mean away.'''

    def __init__(self):
        super().__init__()

    def forward(self, X):
        return X - X.mean()
"""

MY_LINEAR = """
import torch
import torch.nn.functional as F
from torch import nn

class MyLinear(nn.Module):
    def __init__(self, in_units: int, units, bias=True, *, scale: float = 0.5, size=2 * 3, kind=None):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_units, units))

    def forward(self, X, mask=None):
        def helper(x):
            return x, x, x
        return F.relu(torch.matmul(X, self.weight))
"""


def forward(body: str, arguments: str = "x") -> CodeSignature:
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    return read_code(f"class Net(nn.Module):\n    def forward(self, {arguments}):\n{lines}\n")


def outputs(signature: CodeSignature) -> list[str]:
    return [port.name for port in signature.outputs]


def inputs(signature: CodeSignature) -> list[str]:
    return [port.name + "?" * port.optional + "*" * port.variadic for port in signature.inputs]


def test_layer_without_parameters() -> None:
    signature = read_code(CENTERED)
    assert signature.class_name == "CenteredLayer"
    assert signature.doc == "Takes the mean away."
    assert signature.line == 5
    assert signature.hyper_parameters == ()
    assert inputs(signature) == ["X"]
    assert outputs(signature) == ["output"]


def test_constructor_arguments_become_hyper_parameters() -> None:
    signature = read_code(MY_LINEAR, "MyLinear")
    in_units, units, bias, scale, size, kind = signature.hyper_parameters
    assert (in_units.name, in_units.type, in_units.default) == ("in_units", "int", REQUIRED)
    assert (units.name, units.type, units.default) == ("units", "any", REQUIRED)
    assert (bias.type, bias.default) == ("bool", True)
    assert (scale.type, scale.default) == ("float", 0.5)
    assert size.default == Expression("2 * 3")
    assert (kind.default, kind.nullable) == (None, True)
    assert inputs(signature) == ["X", "mask?"]
    assert outputs(signature) == ["output"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return x", ["output"]),
        ("return x, y", ["x", "y"]),
        ("return (x, y)", ["x", "y"]),
        ("return x, x", ["output_0", "output_1"]),
        ("return x, x + 1", ["output_0", "output_1"]),
        ("return x,", ["x"]),
        ("return self.layer(x)", ["output"]),
        ("return (*x, y)", ["output"]),
        ("return ()", ["output"]),
        ("if x.sum() > 0:\n    return x, a\nelse:\n    return x, b", ["x", "a"]),
        ("if x.sum() > 0:\n    return x\nreturn x, b", ["output"]),
        ("if x is None:\n    return None\nreturn x, b", ["x", "b"]),
        ("for i in x:\n    while True:\n        with y:\n            return i, x", ["i", "x"]),
        ("f = lambda: (1, 2)\nreturn f", ["output"]),
    ],
)
def test_outputs(body: str, expected: list[str]) -> None:
    assert outputs(forward(body)) == expected


def test_inputs_of_every_form() -> None:
    signature = forward("return a", "a, b=1, /, c=2, *more, d, e=None, **rest")
    assert inputs(signature) == ["a", "b?", "c?", "d", "e?", "more?*"]


@pytest.mark.parametrize(
    "head",
    [
        "from torch import nn\nclass Net(nn.Module):",
        "import torch.nn as nn\nclass Net(nn.Module):",
        "import torch\nclass Net(torch.nn.Module):",
        "import torch as t\nclass Net(t.nn.Module):",
        "from torch.nn import Module\nclass Net(Module):",
        "from torch.nn import Module as Base\nclass Net(Base):",
        "from torch.nn.modules.module import Module\nclass Net(Module):",
        "class Net(nn.Module):",
        "class Base(nn.Module): pass\nclass Net(Base):",
    ],
)
def test_every_way_to_name_the_base(head: str) -> None:
    assert inputs(read_code(f"{head}\n    def forward(self, q): return q", "Net")) == ["q"]


def test_helper_classes_and_the_class_that_is_named() -> None:
    source = "class Config: pass\nclass A(nn.Module):\n    def forward(self, a): return a\n"
    assert read_code(source).class_name == "A"
    source += "class B(nn.Module):\n    def forward(self, b): return b\n"
    assert inputs(read_code(source, "A")) == ["a"]
    assert inputs(read_code(source, "B")) == ["b"]


def test_what_is_inherited() -> None:
    source = """
class Base(nn.Module):
    def __init__(self, units): super().__init__()
    def forward(self, x): return x
class Net(Base):
    pass
"""
    signature = read_code(source, "Net")
    assert [option.name for option in signature.hyper_parameters] == ["units"]
    assert inputs(signature) == ["x"]


def test_a_layer_of_torch_with_something_changed() -> None:
    signature = read_code("class Mine(nn.Linear):\n    def reset_parameters(self): pass\n")
    assert [option.name for option in signature.hyper_parameters] == ["in_features", "out_features", "bias", "dtype"]
    assert inputs(signature) == ["input"]
    signature = read_code("class Mine(nn.LSTM):\n    def forward(self, x): return super().forward(x)[0]\n")
    assert inputs(signature) == ["x"]
    assert outputs(signature) == ["output"]


@pytest.mark.parametrize(
    ("source", "name", "line", "words"),
    [
        ("", "", 1, "no class"),
        ("x = 1", "", 1, "no class"),
        ("class A:\n    pass", "", 1, "A is not an nn.Module"),
        ("\nclass A(Unknown):\n    pass", "", 2, "A is not an nn.Module"),
        ("class A(nn.Module):\n    def forward(self, x:\n        return x", "", 2, "Line 2"),
        ("class A(nn.Module):\n  x = 1\n y = 2", "", 3, "Line 3"),
        ("class A(nn.Module):\n    pass", "", 1, "no forward"),
        ("class A(nn.Module):\n\n    def forward(self, x):\n        x + 1", "", 3, "returns nothing"),
        ("class A(nn.Module):\n    def forward(self, x):\n        return", "", 2, "returns nothing"),
        ("class A(nn.Module):\n    def forward(self, x):\n        return None", "", 2, "returns nothing"),
        ("class A(nn.Module):\n    def forward():\n        return 1", "", 2, "takes no self"),
        ("class A(nn.Module): pass\nclass B(nn.Module): pass", "", 2, "several blocks: A, B"),
        ("class A(nn.Module): pass\nclass B(nn.Module): pass", "C", 1, "is called C"),
        ("class A: pass\nclass B(nn.Module): pass", "A", 1, "A is not an nn.Module"),
        ("class A(nn.Module):\x00", "", 1, ""),
        ("(" * 500, "", 1, ""),
        ("class A(nn.Module):\n    def forward(self, x=" + "-" * 50_000 + "1): return x", "", 1, ""),
        ("#" * 1_000_001, "", 1, "longer than"),
    ],
)
def test_faults_say_where_and_what(source: str, name: str, line: int, words: str) -> None:
    with pytest.raises(CodeError) as error:
        read_code(source, name)
    assert error.value.facts["line"] == line
    assert words in error.value.message


def test_code_is_never_run(capsys: pytest.CaptureFixture[str]) -> None:
    source = "print('run')\nraise SystemExit\nclass A(nn.Module):\n    def forward(self, x=print('run')): return x\n"
    assert inputs(read_code(source)) == ["x?"]
    assert capsys.readouterr().out == ""


def test_an_odd_escape_is_no_warning_here() -> None:
    assert outputs(forward('"\\d"\nreturn x')) == ["output"]


def test_classes_that_inherit_from_each_other_are_no_endless_loop() -> None:
    with pytest.raises(CodeError):
        read_code("class A(B): pass\nclass B(A): pass")
