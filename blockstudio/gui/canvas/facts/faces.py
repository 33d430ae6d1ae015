"""What a node shows: its words, ports, rows and marks, worked out from the document without Qt."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from attrs import field, frozen

from blockstudio.catalog.ports import Ports, node_ports, passed_through
from blockstudio.catalog.spec import PortSpec
from blockstudio.errors import mark
from blockstudio.graph import topology
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import (
    Function,
    Graph,
    If,
    Layer,
    Node,
    Repeat,
    Sequential,
    While,
)
from blockstudio.gui.canvas.facts import summaries
from blockstudio.gui.canvas.facts.kinds import ICONS, Style, words_of
from blockstudio.gui.i18n import language, tr

SLOT_LABELS = {
    ("while", "condition"): mark("while"),
    ("while", "body"): mark("do"),
    ("if", "condition"): mark("if"),
    ("if", "then"): mark("then"),
    ("if", "otherwise"): mark("else"),
    ("repeat", "body"): mark("do"),
}
"""What stands before the rows of a node, which read like a sentence."""
SLOT_NAMES = {
    "body": mark("body"),
    "condition": mark("condition"),
    "then": mark("then"),
    "otherwise": mark("else"),
}
"""What the graphs inside a node are called everywhere else: `slot_name`."""

MOST_ROWS = 40
MOST_KIN = 20_000
CHAIN = 5
"""Nodes named in the summary of a body."""


def slot_name(node: Node, slot: str) -> str:
    """What a graph inside a node is called; that of a Sequential is no body of a loop."""
    return tr("layers") if isinstance(node, Sequential) else tr(SLOT_NAMES.get(slot, slot))


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

    down: bool = False
    """Inputs are at the top and outputs at the bottom, instead of at the sides."""

    @property
    def far_title(self) -> str:
        """What tells it from others where there is room for a word: of many a Sequential, its name."""
        return self.name if self.style == "structure" and self.name else self.title

    @property
    def takes_rows(self) -> bool:
        """Whether blocks can be dropped into its rows."""
        return self.style == "structure" and self.icon == ICONS["sequential"]


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
        alike = (node.type, repr(node.options), into, out, all_ports, chained, graph.down, language())
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
        down=face.down,
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
    words = words_of(document, location, graph, node)
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
        down=graph.down and not chained,
    )


def _through(ports: Ports, wired: Collection[str]) -> tuple[tuple[str, str], ...]:
    found = passed_through(ports, wired)
    return tuple((port, output) for output, port in found.items()) or (("", ""),)


_kin: dict[tuple[object, ...], Face] = {}
"""Faces by all that they depend on, for nodes of the catalog."""


def _tag_icon(node: Node, face: Face, callers: int) -> str:
    if node.bypassed:
        return ICONS["bypassed"]
    return ICONS["link"] if callers or face.style == "shared" else face.icon


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
    words = words_of(document, inside, parent.body, child)
    key = child.name if parent.named else str(index)
    detail = " · ".join(part for part in (tr("bypassed"), words.detail) if part) if child.bypassed else words.detail
    return Row(child.name, key, words.title, detail, words.icon, words.category, words.style)


def _chain(document: Document, inside: Location, graph: Graph) -> str:
    """The nodes of a body, first to last: `abs → sum → x > 1`; bypassed ones in brackets."""
    nodes = list(graph.nodes.values())
    if not nodes:
        return tr("empty")
    if len(nodes) <= MOST_ROWS and not topology.find_cycle(graph):
        nodes = topology.ordered(graph)
    shown = []
    for node in nodes[:CHAIN]:
        words = words_of(document, inside, graph, node)
        # An If says most by what decides it.
        title = f"{words.title} {words.detail}".strip() if isinstance(node, If) else words.title
        shown.append(f"({title})" if node.bypassed else title)
    if len(nodes) > CHAIN:
        shown.append("…")
    return summaries.ARROW.join(shown)
