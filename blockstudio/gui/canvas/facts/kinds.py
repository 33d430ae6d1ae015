"""What a node is called, and its icon: by its entry, its block, or the layer that it calls; no Qt."""

from __future__ import annotations

from functools import cache
from typing import Literal

from attrs import frozen

from blockstudio.catalog import render
from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import called_node
from blockstudio.catalog.spec import Entry
from blockstudio.errors import BlockStudioError
from blockstudio.graph.control_commands import VALUE, condition_of, is_by_mode
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import (
    Call,
    CodeDefinition,
    Constant,
    Function,
    Graph,
    If,
    Instance,
    Layer,
    Node,
    Parameter,
    Repeat,
    Sequential,
    While,
)
from blockstudio.gui.canvas.facts import summaries
from blockstudio.gui.i18n import entry_label, tr

Style = Literal["plain", "instance", "shared", "structure", "tensor", "unknown"]

BLOCK_CATEGORY = "Block"
STRUCTURE = "Structure"
TENSOR = "Create"

ICONS = {
    "instance": "mdi6.cube-outline",
    "code": "mdi6.language-python",
    "sequential": "mdi6.format-list-numbered",
    "while": "mdi6.sync",
    "repeat": "mdi6.repeat",
    "if": "mdi6.source-branch",
    "constant": "mdi6.snowflake",
    "parameter": "mdi6.tune-variant",
    "unknown": "mdi6.help-circle-outline",
    "link": "mdi6.link-variant",
    "bypassed": "mdi6.transit-skip",
}
"""Icons of what the catalog's categories do not cover."""


@frozen
class Words:
    title: str
    detail: str = ""
    icon: str = ""
    category: str = ""
    style: Style = "plain"
    tag: str = ""
    doc: str = ""


@cache
def category_icon(category: str) -> str:
    return next((c.icon for c in catalog().categories if c.name == category), ICONS["unknown"])


def words_of(document: Document, location: Location, graph: Graph, node: Node) -> Words:
    match node:
        case Layer() | Function():
            entry = catalog().get(node.type)
            return _entry_words(entry, graph, node) if entry else _unknown(node.type.rpartition(".")[2])
        case Instance():
            return _instance_words(document, node)
        case Call():
            return _call_words(document, location, graph, node)
        case Constant():
            detail = summaries.expression_text(node.value)
            return Words(tr("Constant"), detail, ICONS["constant"], TENSOR, "tensor")
        case Parameter():
            detail = summaries.expression_text(node.value)
            return Words(tr("Parameter"), detail, ICONS["parameter"], TENSOR, "tensor")
        case Sequential():
            count = len(node.body.nodes)
            detail = tr("1 layer") if count == 1 else tr("{count} layers").format(count=count)
            return Words("Sequential", detail, ICONS["sequential"], STRUCTURE, "structure")
        case While():
            return Words(tr("While"), "", ICONS["while"], STRUCTURE, "structure")
        case If():
            return Words(tr("If"), _condition_text(node), ICONS["if"], STRUCTURE, "structure")
        case Repeat():
            text = tr("{count} times, the same weights") if node.shared else tr("{count} times, own weights each")
            detail = text.format(count=summaries.shown("", node.count))
            return Words(tr("Repeat"), detail, ICONS["repeat"], STRUCTURE, "structure", summaries.round_keys(node))
    return _unknown(str(getattr(node, "data", {}).get("type", "") or tr("Unknown")))


def _condition_text(node: If) -> str:
    """What decides an If when the model is built, or that the mode does; "" where that is found out in a run."""
    if is_by_mode(node):
        return tr("in training")
    value = condition_of(node)
    return "" if value is None or isinstance(value, Graph) else summaries.shown("", value)


def _unknown(title: str) -> Words:
    return Words(title, tr("unknown to this version"), ICONS["unknown"], "", "unknown")


def _entry_words(entry: Entry, graph: Graph, node: Layer | Function) -> Words:
    title = _formula(entry, graph, node) if entry.type == VALUE or entry.type.startswith("operator.") else ""
    detail = "" if title else summaries.summary(entry, node.options)
    return Words(title or entry_label(entry), detail, category_icon(entry.category), entry.category, doc=entry.doc)


def _formula(entry: Entry, graph: Graph, node: Layer | Function) -> str:
    """How an operator is written, with the operands that are given as numbers: `a + 1`, `x[:, 0]`."""
    wired = {edge.target.port for edge in graph.edges_into(node.name)}
    letters = "xi" if "[" in entry.label else "ab"
    names = {port.name: letter for port, letter in zip(entry.inputs, letters, strict=False)}
    given = {name for name, value in node.options.items() if name not in wired and value is not None}
    inputs = {name: letter for name, letter in names.items() if name not in given}
    try:
        return summaries.expression_text(render.call(entry, inputs, node.options))
    except BlockStudioError:
        return ""


def _instance_words(document: Document, node: Instance) -> Words:
    definition = document.definitions.get(node.definition)
    if definition is None:
        return Words(node.definition, tr("missing block"), ICONS["unknown"], "", "unknown")
    code = isinstance(definition, CodeDefinition)
    kind = tr("Python block") if code else tr("block")
    icon = ICONS["code"] if code else ICONS["instance"]
    detail = summaries.arguments(node.options)
    return Words(node.definition, detail or kind, icon, BLOCK_CATEGORY, "instance", doc=definition.doc)


def _call_words(document: Document, location: Location, graph: Graph, node: Call) -> Words:
    tag = tr("same weights as {layer}").format(layer=node.layer)
    called = called_node(document, location, node)
    if called is None:
        return Words(node.layer, tr("missing layer"), ICONS["unknown"], "", "unknown", tag)
    words = words_of(document, location, graph, called)
    return Words(words.title, words.detail, words.icon, words.category, "shared", tag, words.doc)
