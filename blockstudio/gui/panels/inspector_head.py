"""What stands on top of a sheet of the inspector: what the node is, and what it does."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import called_node
from blockstudio.catalog.spec import Entry
from blockstudio.errors import mark
from blockstudio.graph.model import Call, CodeDefinition, Function, Instance, Layer, Node
from blockstudio.graph.scopes import users_of
from blockstudio.gui.i18n import entry_label, tr
from blockstudio.gui.icons import IconLabel
from blockstudio.gui.markup import plain, plain_label
from blockstudio.gui.panels.form import Elided
from blockstudio.gui.panels.parts import LinkLabel
from blockstudio.gui.session import Session

KINDS = {
    "call": (mark("Shared layer"), "mdi6.link-variant"),
    "constant": (mark("Constant"), "mdi6.snowflake"),
    "parameter": (mark("Parameter"), "mdi6.tune-variant"),
    "sequential": (mark("Sequential"), "mdi6.format-list-numbered"),
    "while": (mark("While"), "mdi6.sync"),
    "repeat": (mark("Repeat"), "mdi6.repeat"),
    "if": (mark("If"), "mdi6.source-branch"),
    "unknown": (mark("Unknown node"), "mdi6.help-circle-outline"),
}

MOST_DOC = 320


def node_head(session: Session, node: Node) -> QWidget:
    """Icon, kind and documentation of a node."""
    document, location = session.document, session.location
    shown = called_node(document, location, node) or node if isinstance(node, Call) else node
    entry = catalog().get(shown.type) if isinstance(shown, Layer | Function) else None
    if isinstance(node, Call):
        title = entry_label(entry) if entry else getattr(shown, "definition", tr("Shared layer"))
        return head("mdi6.link-variant", "accent", title, tr("shares the weights of {layer}").format(layer=node.layer))
    if entry is not None:
        category = catalog().category(entry.category)
        hue = catalog().categories.index(category)
        top = head(category.icon, f"hue:{hue}", entry_label(entry), entry.type)
        add_doc(top, entry)
        return top
    if isinstance(node, Instance):
        definition = document.definitions.get(node.definition)
        is_code = isinstance(definition, CodeDefinition)
        count = len(users_of(document, node.definition))
        uses = tr("an instance of this block") if count < 2 else tr("one of {count} instances").format(count=count)
        return head("mdi6.language-python" if is_code else "mdi6.cube-outline", "accent", node.definition, uses)
    title, glyph = KINDS.get(node.kind, KINDS["unknown"])
    if isinstance(node, Layer | Function):
        return head("mdi6.help-circle-outline", "warning", node.type, tr("not in this version's catalog"))
    structure = next((entry for entry in catalog().structures if entry.kind == node.kind), None)
    return head(glyph, "accent", tr(title), tr(structure.doc) if structure else "")


def head(glyph: str, role: str, title: str, subtitle: str = "") -> QWidget:
    """Icon, title, and a line about it."""
    widget = QWidget()
    sign = IconLabel(glyph, role, 26)
    name = Elided(title)
    name.setProperty("title", True)
    name.setToolTip(plain(title))
    text = QVBoxLayout()
    text.setSpacing(0)
    text.addWidget(name)
    if subtitle:
        line = plain_label(subtitle)
        line.setProperty("muted", True)
        line.setWordWrap(True)
        line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.addWidget(line)
    row = QHBoxLayout()
    row.setSpacing(10)
    row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(text, 1)
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(12, 10, 12, 4)
    layout.setSpacing(6)
    layout.addLayout(row)
    return widget


def add_doc(top: QWidget, entry: Entry) -> None:
    """Below a head, what the entry does, with a link to all of it."""
    text = tr(entry.doc).split("\n\n")[0].strip()
    text = text if len(text) <= MOST_DOC else text[: MOST_DOC - 1].rstrip() + "…"
    if not text and not entry.url:
        return
    link = f" <a href='{entry.url}'>{tr('More')}</a>" if entry.url else ""
    doc = LinkLabel(f"{_escaped(text)}{link}")
    doc.setWordWrap(True)
    doc.setProperty("muted", True)
    doc.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    doc.linkActivated.connect(lambda url: QDesktopServices.openUrl(QUrl(url)))
    doc.setToolTip(entry.url)
    layout = top.layout()
    assert layout is not None
    layout.addWidget(doc)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
