"""What can be placed is found by a few letters, in English and Chinese, the likeliest first."""

from __future__ import annotations

import pytest

from blockstudio.graph.edits import AddDefinition
from blockstudio.graph.model import Definition
from blockstudio.gui.canvas.facts.offers import everything, offers, ranked

from .conftest import ROOT, chain

FIRST = {
    # as torch calls it, whole and begun
    "Linear": "Linear",
    "lin": "Linear",
    "nn.Linear": "Linear",
    "nn.Linear(20, 10)": "Linear",
    "torch.nn.Conv2d": "Conv2d",
    "conv": "Conv2d",
    "conv2": "Conv2d",
    "conv2d": "Conv2d",
    "conv 1d": "Conv1d",
    "conv transpose": "ConvTranspose2d",
    "relu": "ReLU",
    "leaky relu": "LeakyReLU",
    "sig": "Sigmoid",
    "softmax": "Softmax",
    "log softmax": "LogSoftmax",
    "dropout": "Dropout",
    "emb": "Embedding",
    "embed": "Embedding",
    "lstm": "LSTM",
    "layer norm": "LayerNorm",
    "max pool": "MaxPool2d",
    "avgpool": "AvgPool2d",
    "adaptive": "AdaptiveAvgPool2d",
    "pool": "MaxPool2d",
    "flat": "Flatten",
    "encoder": "TransformerEncoderLayer",
    "zero pad": "ZeroPad2d",
    "max": "torch.max",
    "mm": "torch.mm",
    "matmul": "torch.matmul",
    "torch.cat": "torch.cat",
    "F.relu": "torch.nn.functional.relu",
    "while": "node:while",
    # as people abbreviate it
    "fc": "Linear",
    "cnn": "Conv2d",
    "bn": "BatchNorm2d",
    "bn2": "BatchNorm2d",
    "bn1d": "BatchNorm1d",
    "ln": "LayerNorm",
    "gn": "GroupNorm",
    "lrelu": "LeakyReLU",
    "attn": "MultiheadAttention",
    "mha": "MultiheadAttention",
    "sdpa": "torch.nn.functional.scaled_dot_product_attention",
    "gap": "AdaptiveAvgPool2d",
    "cat": "torch.cat",
    "mse": "MSELoss",
    "@": "operator.matmul",
    "+": "operator.add",
    "*": "operator.mul",
    "/": "operator.truediv",
    "[]": "operator.getitem",
    # by what it is or does
    "mlp": "Linear",
    "fully connected": "Linear",
    "convolution": "Conv2d",
    "depthwise": "Conv2d",
    "upconv": "ConvTranspose2d",
    "deconv": "ConvTranspose2d",
    "attention": "MultiheadAttention",
    "self attention": "MultiheadAttention",
    "swish": "SiLU",
    "activation": "ReLU",
    "global average pooling": "AdaptiveAvgPool2d",
    "batch normalization": "BatchNorm2d",
    "skip": "operator.add",
    "residual": "operator.add",
    "shortcut": "operator.add",
    "add": "operator.add",
    "plus": "operator.add",
    "times": "operator.mul",
    "multiply": "operator.mul",
    "slice": "operator.getitem",
    "join": "torch.cat",
    "concat": "torch.cat",
    "merge": "torch.cat",
    "loss": "CrossEntropyLoss",
    "cross entropy": "CrossEntropyLoss",
    "recurrent": "LSTM",
    "lookup": "Embedding",
    "word2vec": "Embedding",
    "upsample": "Upsample",
    "loop": "node:repeat",
    "for": "node:repeat",
    "branch": "node:if",
    "python": "node:code",
    "weight": "node:parameter",
    # as Keras calls it
    "Dense": "Linear",
    "Conv2D": "Conv2d",
    "Conv2DTranspose": "ConvTranspose2d",
    "MaxPooling2D": "MaxPool2d",
    "GlobalAveragePooling2D": "AdaptiveAvgPool2d",
    "BatchNormalization": "BatchNorm2d",
    "LayerNormalization": "LayerNorm",
    "Concatenate": "torch.cat",
    "SpatialDropout2D": "Dropout2d",
    "ZeroPadding2D": "ZeroPad2d",
    "SimpleRNN": "RNN",
    "Bidirectional": "LSTM",
    # misspelt
    "sofmax": "Softmax",
    "sotfmax": "Softmax",
    "lienar": "Linear",
    "lineer": "Linear",
    "batchnrom": "BatchNorm2d",
    "dropuot": "Dropout",
    "convlution": "Conv2d",
    "faltten": "Flatten",
    "embeding": "Embedding",
    "cross entropi": "CrossEntropyLoss",
    # in Chinese, in characters and by the keys that write them
    "全连接": "Linear",
    "线性": "Linear",
    "卷积": "Conv2d",
    "池化": "MaxPool2d",
    "归一化": "BatchNorm2d",
    "注意力": "MultiheadAttention",
    "展平": "Flatten",
    "丢弃": "Dropout",
    "词嵌入": "Embedding",
    "拼接": "torch.cat",
    "残差": "operator.add",
    "加法": "operator.add",
    "切片": "operator.getitem",
    "交叉熵": "CrossEntropyLoss",
    "转置": "torch.transpose",
    "反卷积": "ConvTranspose2d",
    "顺序": "node:sequential",
    "条件": "node:if",
    "xianxing": "Linear",
    "xx": "Linear",
    "qlj": "Linear",
    "quanlianjie": "Linear",
    "juanji": "Conv2d",
    "juanj": "Conv2d",
    "chihua": "MaxPool2d",
    "zdch": "MaxPool2d",
    "guiyihua": "BatchNorm2d",
    "zhuyili": "MultiheadAttention",
    "zyl": "MultiheadAttention",
    "zhanping": "Flatten",
    "qianru": "Embedding",
    "pinjie": "torch.cat",
    "cancha": "operator.add",
    "zhuanzhi": "torch.transpose",
}
"""What people type, and what they mean by it; of torch.nn where nothing else is said."""
AMONG_THREE = {
    "norm": "BatchNorm2d",
    "average": "AvgPool2d torch.mean",
    "group": "GroupNorm node:sequential",
    "sequence": "node:sequential",
    "index": "operator.getitem",
    "bnorm1": "BatchNorm1d",
    "ce": "CrossEntropyLoss",
    "minus": "operator.sub operator.neg",
    "matrix product": "torch.mm torch.matmul operator.matmul",
    "矩阵乘法": "torch.mm torch.matmul operator.matmul",
    "循环": "node:repeat",
    "custom": "node:definition node:code",
    "torch.relu": "torch.nn.functional.relu",
    "x.view(": "torch.Tensor.view",
}
"""What answers to several, and which of them must be in view without looking."""


@pytest.mark.parametrize("text", FIRST)
def test_what_is_meant_comes_first(text: str) -> None:
    assert ranked(everything(chain()), text)[0].payload == _payload(FIRST[text])


@pytest.mark.parametrize("text", AMONG_THREE)
def test_what_is_likely_meant_is_among_the_first_three(text: str) -> None:
    found = [offer.payload for offer in ranked(everything(chain()), text)[:3]]
    assert {_payload(wanted) for wanted in AMONG_THREE[text].split()} <= set(found)


def _payload(wanted: str) -> str:
    return wanted if wanted.startswith(("torch.", "operator.", "node:")) else f"torch.nn.{wanted}"


def test_a_block_of_ones_own_is_found_by_letters_and_in_chinese_by_keys() -> None:
    document = chain()
    document.apply(AddDefinition(Definition("Net2")))
    document.apply(AddDefinition(Definition("残差块")))
    assert ranked(offers(document, ROOT), "net2")[0].payload == "definition:Net2"
    for text in ("残差块", "canchakuai", "cck"):
        assert ranked(offers(document, ROOT), text)[0].payload == "definition:残差块"


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
