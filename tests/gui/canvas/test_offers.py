"""What can be placed is found by a few letters, in English and Chinese, the likeliest first."""

from __future__ import annotations

import pytest

from blockstudio.graph.edits import AddDefinition
from blockstudio.graph.model import Definition
from blockstudio.gui.canvas.offers import everything, offers, ranked

from .conftest import ROOT, chain


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Linear", "torch.nn.Linear"),
        ("全连接", "torch.nn.Linear"),
        ("卷积", "torch.nn.Conv2d"),
        ("dense", "torch.nn.Linear"),
        ("relu", "torch.nn.ReLU"),
        ("lstm", "torch.nn.LSTM"),
        ("注意力", "torch.nn.MultiheadAttention"),
        ("加法", "operator.add"),
        ("plus", "operator.add"),
        ("mm", "torch.mm"),
        ("max", "torch.max"),
        ("展平", "torch.nn.Flatten"),
        ("while", "node:while"),
        ("切片", "operator.getitem"),
        ("交叉熵", "torch.nn.CrossEntropyLoss"),
    ],
)
def test_the_likeliest_is_first(text: str, wanted: str) -> None:
    assert ranked(everything(chain()), text)[0].payload == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("conv2", "torch.nn.Conv2d"),
        ("循环", "node:repeat"),
        ("matrix product", "operator.matmul"),
        ("bn2", "torch.nn.BatchNorm2d"),
        ("mha", "torch.nn.MultiheadAttention"),
        ("+", "operator.add"),
        ("concatenate", "torch.cat"),
        ("bnorm1", "torch.nn.BatchNorm1d"),
        ("Net2", "definition:Net2"),
        ("顺序", "node:sequential"),
        ("lineer", "torch.nn.Linear"),
        ("sotfmax", "torch.nn.Softmax"),
        ("cross entropi", "torch.nn.CrossEntropyLoss"),
    ],
)
def test_a_likely_one_is_among_the_first(text: str, wanted: str) -> None:
    document = chain()
    document.apply(AddDefinition(Definition("Net2")))
    assert wanted in [offer.payload for offer in ranked(offers(document, ROOT), text)[:4]]


def test_docs_are_searched_too() -> None:
    document = chain()
    document.apply(AddDefinition(Definition("Stage", doc="Squeeze and excitation, as in MobileNet")))
    assert ranked(everything(document), "excitation")[0].payload == "definition:Stage"
    assert "torch.nn.Dropout" in [offer.payload for offer in ranked(everything(document), "probability zeroes")[:5]]


def test_what_was_used_and_the_users_own_come_first() -> None:
    document = chain()
    document.apply(AddDefinition(Definition("Net2")))
    found = [offer.payload for offer in ranked(everything(document), "", ["torch.nn.Tanh"])]
    assert found[:3] == ["torch.nn.Tanh", "definition:Net", "definition:Net2"]
    assert ranked(everything(document), "pool", ["torch.nn.AvgPool3d"])[0].payload == "torch.nn.AvgPool3d"


def test_hidden_entries_are_left_out_and_nonsense_finds_nothing() -> None:
    assert "torch.nn.NLLLoss2d" not in [offer.payload for offer in ranked(everything(chain()), "nllloss2d")]
    assert ranked(everything(chain()), "qwxzj") == []
    assert len(ranked(everything(chain()), "")) > 500
