"""What can be imported is read from a file of Python that is not run; what is typed becomes values or is refused."""

from __future__ import annotations

import pytest

from blockstudio.errors import CodeError
from blockstudio.formats.targets import obvious, offers, parse_arguments, parse_input, parse_inputs, split_target
from blockstudio.graph.model import Example

SOURCE = """
import torch.nn as nn
raise SystemExit("never run")

class Config: ...

class Block(nn.Module):
    def __init__(self, channels: int, *, act: str = "relu"): ...
    def forward(self, x): ...

class Wide(Block): ...

class Net(nn.Module):
    def __init__(self, depth=3):
        self.blocks = [Block(8), Wide(9)]
    def forward(self, x): ...

def small(): return Net(1)
def _private(): ...
net = Net(2)
other = print()
"""


def test_models_are_found_without_running_the_file() -> None:
    found = offers(SOURCE)
    assert [(offer.name, offer.kind) for offer in found] == [
        ("Net", "class"),
        ("Block", "class"),
        ("Wide", "class"),
        ("net", "value"),
        ("small", "function"),
    ]
    assert [offer.arguments for offer in found] == ["depth=3", "channels, *, act='relu'", "", "", ""]


def test_the_obvious_one_is_what_no_other_uses() -> None:
    assert obvious(offers(SOURCE)).name == "Net"  # type: ignore[union-attr]
    assert obvious(offers("def make(): ...")).name == "make"  # type: ignore[union-attr]
    assert obvious(offers("class A(Module): ...\nclass B(Module): ...")) is None
    assert obvious(offers("x = 1")) is None


@pytest.mark.parametrize("source", ["class (:", "x\0y", "(" * 10_000])
def test_what_is_no_python(source: str) -> None:
    with pytest.raises(CodeError):
        offers(source)


def test_targets_are_a_place_and_a_name() -> None:
    assert split_target("torchvision.models:resnet50") == ("torchvision.models", "resnet50")
    assert split_target("a/net.py:Net.small") == ("a/net.py", "Net.small")
    assert split_target("a/net.py") == ("a/net.py", "")
    assert split_target("C:/net.pt2") == ("C:/net.pt2", "")
    assert split_target("nonsense") == ("", "nonsense")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        ("channels=3, layers=[2, 2], norm=None", {"channels": 3, "layers": [2, 2], "norm": None}),
        ('{"channels": 3, "deep": true}', {"channels": 3, "deep": True}),
        ("scale=-0.5, shape=(1, 2)", {"scale": -0.5, "shape": (1, 2)}),
    ],
)
def test_arguments(text: str, wanted: object) -> None:
    assert parse_arguments(text) == wanted


@pytest.mark.parametrize("text", ["3", "**x", "a=b", "a=f()", "{1: 2}", '{"a b": 1}', "[1]", "a=1)(", '{"a": '])
def test_arguments_that_are_none(text: str) -> None:
    with pytest.raises(CodeError):
        parse_arguments(text)


def test_shapes_of_inputs() -> None:
    assert parse_inputs("1, 3, 224, 224; 2,16 : int64") == [(1, 3, 224, 224), Example((2, 16), "int64", "zeros")]
    assert parse_inputs(" ") == []
    assert parse_input("(2x20)") == (2, 20)
    for text in ("2, a", "2: nothing", "-1", "2.5", "²"):
        with pytest.raises(CodeError, match="no shape"):
            parse_input(text)
