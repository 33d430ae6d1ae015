"""What a node shows: its words, ports, rows and marks, worked out from the document without Qt."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from blockstudio.catalog import render
from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import Ports, called_node, node_ports, passed_through
from blockstudio.catalog.spec import Entry, PortSpec
from blockstudio.errors import BlockStudioError, mark
from blockstudio.graph.control_commands import VALUE, condition_of
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
from blockstudio.gui.canvas import summaries
from blockstudio.gui.i18n import entry_label, language, tr

if TYPE_CHECKING:
    from blockstudio.gui.canvas.insides import Inside

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

SLOT_LABELS = {
    ("while", "condition"): mark("while"),
    ("while", "body"): mark("do"),
    ("if", "condition"): mark("if"),
    ("if", "then"): mark("then"),
    ("if", "otherwise"): mark("else"),
    ("repeat", "body"): mark("do"),
}

MOST_ROWS = 40
MOST_KIN = 20_000
CHAIN = 5
"""Nodes named in the summary of a body."""


@frozen
class PortFace:
    """A port as it is drawn. A port that is not `known` is only used by an edge; `spare` needs no edge."""

    name: str
    label: str = ""
    wired: bool = False
    spare: bool = False
    known: bool = True
    doc: str = ""


@frozen
class Row:
    """A line inside a node: a child of a Sequential, or a body of a control-flow node."""

    key: str
    """The child's node name, or the slot."""
    index: str
    title: str
    detail: str = ""
    icon: str = ""
    category: str = ""
    style: Style = "plain"


@frozen
class Face:
    title: str
    name: str = ""
    """The node's name where it says more than the title."""
    detail: str = ""
    icon: str = ""
    category: str = ""
    style: Style = "plain"
    inputs: tuple[PortFace, ...] = ()
    outputs: tuple[PortFace, ...] = ()
    hidden_inputs: int = 0
    """Inputs seldom needed that are not shown."""
    rows: tuple[Row, ...] = ()
    more_rows: int = 0
    tag: str = ""
    """The way of reuse in words."""
    tag_icon: str = ""
    device: str = ""
    comment: str = ""
    color: str = ""
    doc: str = ""
    bypassed: tuple[tuple[str, str], ...] = ()
    """The input that goes through and the output it goes to, pair by pair, where the node is bypassed."""
    kin: Face | None = field(default=None, eq=False, repr=False)
    """The face without what is the node's own: nodes of one type and with the same options share it."""

    inside: Inside | None = None
    """What is drawn inside, where the node is expanded."""

    @property
    def takes_rows(self) -> bool:
        """Whether blocks can be dropped into its rows."""
        return self.style == "structure" and self.icon == ICONS["sequential"]


@frozen
class _Words:
    title: str
    detail: str = ""
    icon: str = ""
    category: str = ""
    style: Style = "plain"
    tag: str = ""
    doc: str = ""


def describe(
    document: Document,
    location: Location,
    graph: Graph,
    node: Node,
    *,
    callers: int = 0,
    instances: int = 0,
    all_ports: bool = False,
    chained: bool = False,
) -> Face:
    """The face of a node of the graph at `location`.

    `callers` is how many calls share its layer, `instances` how many there are of its definition; a `chained`
    node is wired by its place in a Sequential.
    """
    into = () if chained else tuple(edge.target.port for edge in graph.edges_into(node.name))
    out = () if chained else tuple(edge.source.port for edge in graph.edges_out_of(node.name))
    kin = None
    if isinstance(node, Layer | Function) and not node.bypassed:
        # As text, for 1, 1.0 and True are equal but do not look it.
        alike = (node.type, repr(node.options), into, out, all_ports, chained, language())
        kin = _kin.get(alike)
        if kin is None:
            kin = _common(document, location, graph, node, into, out, all_ports, chained)
            if len(_kin) > MOST_KIN:
                _kin.clear()
            _kin[alike] = kin
    face = kin or _common(document, location, graph, node, into, out, all_ports, chained)
    tag = face.tag
    if callers:
        text = tr("weights shared with {count} call") if callers == 1 else tr("weights shared with {count} calls")
        tag = text.format(count=callers)
    elif instances > 1:
        tag = tr("one of {count} instances, own weights").format(count=instances)
    if node.bypassed:
        tag = " · ".join(part for part in (tr("bypassed"), tag) if part)
    return Face(
        face.title,
        "" if _says_no_more(node, face.title) else node.name,
        face.detail,
        face.icon,
        face.category,
        face.style,
        face.inputs,
        face.outputs,
        face.hidden_inputs,
        face.rows,
        face.more_rows,
        tag,
        _tag_icon(node, face, callers),
        node.device,
        node.comment,
        node.color,
        face.doc,
        face.bypassed,
        kin,
    )


def _common(
    document: Document,
    location: Location,
    graph: Graph,
    node: Node,
    wired_in: tuple[str, ...],
    wired_out: tuple[str, ...],
    all_ports: bool,
    chained: bool,
) -> Face:
    """The face without what is the node's own."""
    words = _words(document, location, graph, node)
    ports = node_ports(document, location, node)
    if chained:
        wired_in = tuple(port.name for port in ports.inputs[:1])
        wired_out = tuple(port.name for port in ports.outputs[:1])
    given = _given(node)
    shown = [
        port for port in ports.inputs if all_ports or port.name in wired_in or not (port.advanced or port.name in given)
    ]
    rows, more = _rows(document, location, node)
    return Face(
        title=words.title,
        detail=words.detail,
        icon=words.icon,
        category=words.category,
        style=words.style,
        inputs=_port_faces(shown, wired_in, given=given, compact=_is_compact(node, shown)),
        outputs=_port_faces(ports.outputs, wired_out),
        hidden_inputs=len(ports.inputs) - len(shown),
        rows=rows,
        more_rows=more,
        tag=words.tag,
        doc=words.doc,
        bypassed=_through(ports, wired_in) if node.bypassed else (),
    )


def _through(ports: Ports, wired: Collection[str]) -> tuple[tuple[str, str], ...]:
    found = passed_through(ports, wired)
    return tuple((port, output) for output, port in found.items()) or (("", ""),)


_kin: dict[tuple[object, ...], Face] = {}
"""Faces by all that they depend on, for nodes of the catalog."""


@cache
def category_icon(category: str) -> str:
    return next((c.icon for c in catalog().categories if c.name == category), ICONS["unknown"])


def _words(document: Document, location: Location, graph: Graph, node: Node) -> _Words:
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
            return _Words(tr("Constant"), detail, ICONS["constant"], TENSOR, "tensor")
        case Parameter():
            detail = summaries.expression_text(node.value)
            return _Words(tr("Parameter"), detail, ICONS["parameter"], TENSOR, "tensor")
        case Sequential():
            count = len(node.body.nodes)
            detail = tr("1 layer") if count == 1 else tr("{count} layers").format(count=count)
            return _Words("Sequential", detail, ICONS["sequential"], STRUCTURE, "structure")
        case While():
            return _Words(tr("While"), "", ICONS["while"], STRUCTURE, "structure")
        case If():
            return _Words(tr("If"), _condition_text(node), ICONS["if"], STRUCTURE, "structure")
        case Repeat():
            text = tr("{count} times, the same weights") if node.shared else tr("{count} times, own weights each")
            detail = text.format(count=summaries.shown("", node.count))
            return _Words(tr("Repeat"), detail, ICONS["repeat"], STRUCTURE, "structure", summaries.round_keys(node))
    return _unknown(str(getattr(node, "data", {}).get("type", "") or tr("Unknown")))


def _tag_icon(node: Node, face: Face, callers: int) -> str:
    if node.bypassed:
        return ICONS["bypassed"]
    return ICONS["link"] if callers or face.style == "shared" else face.icon


def _condition_text(node: If) -> str:
    """What decides an If when the model is built; "" where that is found out in a run."""
    value = condition_of(node)
    return "" if value is None or isinstance(value, Graph) else summaries.shown("", value)


def _unknown(title: str) -> _Words:
    return _Words(title, tr("unknown to this version"), ICONS["unknown"], "", "unknown")


def _entry_words(entry: Entry, graph: Graph, node: Layer | Function) -> _Words:
    title = _formula(entry, graph, node) if entry.type == VALUE or entry.type.startswith("operator.") else ""
    detail = "" if title else summaries.summary(entry, node.options)
    return _Words(title or entry_label(entry), detail, category_icon(entry.category), entry.category, doc=entry.doc)


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


def _instance_words(document: Document, node: Instance) -> _Words:
    definition = document.definitions.get(node.definition)
    if definition is None:
        return _Words(node.definition, tr("missing block"), ICONS["unknown"], "", "unknown")
    code = isinstance(definition, CodeDefinition)
    kind = tr("Python block") if code else tr("block")
    icon = ICONS["code"] if code else ICONS["instance"]
    detail = summaries.arguments(node.options)
    return _Words(node.definition, detail or kind, icon, BLOCK_CATEGORY, "instance", doc=definition.doc)


def _call_words(document: Document, location: Location, graph: Graph, node: Call) -> _Words:
    tag = tr("same weights as {layer}").format(layer=node.layer)
    called = called_node(document, location, node)
    if called is None:
        return _Words(node.layer, tr("missing layer"), ICONS["unknown"], "", "unknown", tag)
    words = _words(document, location, graph, called)
    return _Words(words.title, words.detail, words.icon, words.category, "shared", tag, words.doc)


def _says_no_more(node: Node, title: str) -> bool:
    """A function's name is only a variable in the source: shown when the user chose it."""
    if not isinstance(node, Function):
        return False
    made = re.sub(r"\W+", "_", title.lower()).strip("_")
    kind = node.type.rpartition(".")[2].strip("_")
    return re.fullmatch(rf"({re.escape(made)}|{re.escape(kind)})(_\d+)?", node.name) is not None


def _is_compact(node: Node, inputs: Sequence[PortSpec]) -> bool:
    """Two operands of an operation are told by their place."""
    return isinstance(node, Function) and len(inputs) == 2 and not inputs[0].name.rpartition(".")[0]


def _given(node: Node) -> Collection[str]:
    """Inputs that have a value without a wire."""
    options = node.options if isinstance(node, Layer | Function) else {}
    return {name for name, value in options.items() if value is not None}


def _port_faces(
    ports: Sequence[PortSpec], wired: Iterable[str], *, given: Collection[str] = (), compact: bool = False
) -> tuple[PortFace, ...]:
    known = {port.name for port in ports}
    used = dict.fromkeys(wired)
    strays = [name for name in used if name not in known]
    named = len(ports) + len(strays) > 1 and not compact
    faces = [
        PortFace(
            port.name,
            _label(port.name) if named else "",
            port.name in used,
            port.optional or port.name in given,
            doc=port.doc,
        )
        for port in ports
    ]
    return (*faces, *(PortFace(name, _label(name), True, known=False) for name in strays))


def _label(port: str) -> str:
    stem, _, number = port.rpartition(".")
    return f"{stem} {number}" if stem else port


def _rows(document: Document, location: Location, node: Node) -> tuple[tuple[Row, ...], int]:
    match node:
        case Sequential():
            inside = location.enter(node.name, "body")
            children = list(node.body.nodes.values())
            rows = tuple(
                _child_row(document, inside, node, index, child) for index, child in enumerate(children[:MOST_ROWS])
            )
            return rows, max(0, len(children) - MOST_ROWS)
        case While() | If() | Repeat():
            return tuple(
                Row(slot, tr(SLOT_LABELS[node.kind, slot]), _chain(document, location.enter(node.name, slot), inner))
                for slot, inner in node.graphs()
            ), 0
    return (), 0


def _child_row(document: Document, inside: Location, parent: Sequential, index: int, child: Node) -> Row:
    words = _words(document, inside, parent.body, child)
    key = child.name if parent.named else str(index)
    return Row(child.name, key, words.title, words.detail, words.icon, words.category, words.style)


def _chain(document: Document, inside: Location, graph: Graph) -> str:
    """The nodes of a body, first to last: `abs → sum → x > 1`."""
    nodes = list(graph.nodes.values())
    if not nodes:
        return tr("empty")
    shown = []
    for node in nodes[:CHAIN]:
        words = _words(document, inside, graph, node)
        shown.append(words.title)
    if len(nodes) > CHAIN:
        shown.append("…")
    return summaries.ARROW.join(shown)
