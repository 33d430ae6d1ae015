"""What is not torch's own: the groups of the palette, and the kinds of node that hold or make graphs."""

from __future__ import annotations

from blockstudio.catalog.spec import Category, Entry
from blockstudio.errors import mark

STRUCTURE = mark("Structure")

CATEGORIES = (
    Category(STRUCTURE, "mdi6.sitemap"),
    Category(mark("Linear"), "mdi6.chart-line-variant"),
    Category(mark("Convolution"), "mdi6.grid"),
    Category(mark("Pooling"), "mdi6.arrow-collapse-all"),
    Category(mark("Normalization"), "mdi6.chart-bell-curve"),
    Category(mark("Activation"), "mdi6.chart-sankey"),
    Category(mark("Dropout"), "mdi6.water-off-outline"),
    Category(mark("Recurrent"), "mdi6.sync"),
    Category(mark("Transformer"), "mdi6.eye-outline"),
    Category(mark("Embedding"), "mdi6.book-alphabet"),
    Category(mark("Padding"), "mdi6.border-outside"),
    Category(mark("Image"), "mdi6.image-outline"),
    Category(mark("Distance"), "mdi6.ruler"),
    Category(mark("Loss"), "mdi6.bullseye-arrow"),
    Category(mark("Arithmetic"), "mdi6.plus-minus-variant"),
    Category(mark("Math"), "mdi6.function-variant"),
    Category(mark("Matrix"), "mdi6.matrix"),
    Category(mark("Reduction"), "mdi6.sigma"),
    Category(mark("Comparison"), "mdi6.not-equal-variant"),
    Category(mark("Shape"), "mdi6.axis-arrow"),
    Category(mark("Join and split"), "mdi6.call-split"),
    Category(mark("Index"), "mdi6.code-brackets"),
    Category(mark("Create"), "mdi6.plus-box-outline"),
    Category(mark("Convert"), "mdi6.swap-horizontal"),
)


def _structure(kind: str, label: str, doc: str, words: str) -> Entry:
    return Entry(type=kind, kind=kind, label=label, category=STRUCTURE, doc=doc, synonyms=tuple(words.split()))


STRUCTURES = (
    _structure(
        "sequential",
        mark("Sequential"),
        mark("An ordered container: each child is fed by the one before it."),
        "顺序 容器 序列 container chain ordered sequence group list stack",
    ),
    _structure(
        "repeat",
        mark("Repeat"),
        mark("Rounds of the same graph, with layers shared by all rounds or one for each."),
        "重复 循环 堆叠 for loop times stack",
    ),
    _structure(
        "while",
        mark("While"),
        mark("Rounds of a graph for as long as a condition holds."),
        "循环 条件循环 当 loop until",
    ),
    _structure(
        "if",
        mark("If"),
        mark("One of two graphs, by a condition."),
        "条件 分支 如果 branch else condition switch choose",
    ),
    _structure(
        "constant",
        mark("Constant"),
        mark("A tensor that is not trained: a buffer, saved with the parameters."),
        "常量 常数 缓冲 buffer fixed tensor",
    ),
    _structure(
        "parameter",
        mark("Parameter"),
        mark("A trained tensor of the block's own."),
        "参数 可训练 权重 weight trainable tensor",
    ),
    _structure("input", mark("Input"), mark("An input of the block."), "输入 端口 port argument"),
    _structure("output", mark("Output"), mark("An output of the block."), "输出 端口 port return result"),
    _structure(
        "definition",
        mark("New block"),
        mark("A block of your own, to be used as often as you like."),
        "块 自定义 模块 新建 custom module class group submodule",
    ),
    _structure(
        "code",
        mark("Python block"),
        mark("A block written in Python."),
        "代码 自定义 层 custom code layer script",
    ),
    _structure("note", mark("Note"), mark("A comment on the canvas."), "注释 备注 便签 comment frame text"),
)
"""What the palette offers besides layers and functions; `kind` says what each one makes."""
