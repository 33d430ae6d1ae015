"""What the inspector shows of the selected nodes: name, options, what is particular to their kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from attrs import evolve
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QVBoxLayout, QWidget

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import node_options
from blockstudio.catalog.spec import OptionSpec
from blockstudio.errors import mark
from blockstudio.graph.commands import make_independent, rename_node
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Edit, SetNode
from blockstudio.graph.model import (
    Call,
    CodeDefinition,
    Constant,
    Definition,
    Expression,
    Function,
    If,
    Instance,
    Layer,
    Node,
    OptionValue,
    Parameter,
    Repeat,
    Sequential,
    Unknown,
    While,
)
from blockstudio.graph.scopes import owner_of, users_of
from blockstudio.gui import own_blocks
from blockstudio.gui.canvas.facts.faces import slot_name
from blockstudio.gui.exposing import expose
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.markup import plain_label
from blockstudio.gui.panels.form import Field, Section, TextBox
from blockstudio.gui.panels.inspector_facts import FlowSection, OwnedSection
from blockstudio.gui.panels.inspector_flow import IfRows, RepeatRows
from blockstudio.gui.panels.inspector_head import head, node_head
from blockstudio.gui.panels.look_rows import ColorRow, DeviceRow
from blockstudio.gui.panels.option_editors import MIXED, OptionRow, in_order
from blockstudio.gui.panels.option_text import can_expose, names_at
from blockstudio.gui.session import Session

VALUE = OptionSpec(
    "value", "tensor", doc=mark("A tensor expression, such as torch.rand(20, 20): evaluated when the model is built.")
)


def sheet_key(document: Document, nodes: Sequence[Node]) -> tuple[Any, ...]:
    """What must be the same for a sheet to fit another selection."""
    kinds = {(node.kind, getattr(node, "type", ""), getattr(node, "definition", "")) for node in nodes}
    options = tuple(common_options(document, nodes))
    owner = tuple(node.layer for node in nodes if isinstance(node, Call))
    return (min(len(nodes), 2), frozenset(kinds), options, owner)


def common_options(document: Document, nodes: Sequence[Node]) -> list[OptionSpec]:
    """The options all these nodes have, in the order of the first."""
    lists = [node_options(document, node) for node in nodes]
    first, rest = (lists[0], lists[1:]) if lists else ((), [])
    return [option for option in first if all(_has(others, option) for others in rest)]


def _has(options: Sequence[OptionSpec], wanted: OptionSpec) -> bool:
    return any(option.name == wanted.name and option.type == wanted.type for option in options)


class NodeSheet(QWidget):
    """One node, or what several have in common."""

    initializers_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._rows: list[tuple[OptionRow, Callable[[Node], OptionValue]]] = []
        self._refreshers: list[Callable[[], None]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(2)
        self._layout = layout
        nodes = self._nodes
        layout.addWidget(self._head())
        layout.addWidget(self._identity())
        self._add_own(nodes[0] if len(nodes) == 1 else None)
        self._add_options()
        if len(nodes) == 1:
            for section in (FlowSection(session), OwnedSection(session)):
                layout.addWidget(section)
                self._refreshers.append(section.refresh)
                if isinstance(section, OwnedSection):
                    section.initializers_requested.connect(self.initializers_requested)
        layout.addWidget(self._look())
        layout.addStretch(1)
        self.refresh()

    @property
    def _nodes(self) -> list[Node]:
        return self._session.selected_nodes

    def refresh(self) -> None:
        """Show the values as they are."""
        if not self._nodes:
            return
        for refresh in self._refreshers:
            refresh()
        names = names_at(self._session.document, self._session.location)
        for row, get in self._rows:
            row.names = [] if row.option.literal else names
            values = [get(node) for _, node in self._targets()]
            same = all(value == values[0] and type(value) is type(values[0]) for value in values)
            row.show_value(values[0] if values and same else MIXED)
            row.expose.setVisible(len(values) == 1 and can_expose(row.option, self._targets()[0][1]))

    # --- changing -------------------------------------------------------------------------------

    def _targets(self) -> list[tuple[Location, Node]]:
        """The nodes whose options are shown, with their graphs: a call shows those of its layer."""
        document, location = self._session.document, self._session.location
        found = []
        for node in self._nodes:
            owner = owner_of(document, location, node) if isinstance(node, Call) else None
            found.append(owner or (location, node))
        return found

    def _change(
        self, make: Callable[[Any], Node], text: str, targets: list[tuple[Location, Node]] | None = None
    ) -> None:
        session = self._session
        edits: list[Edit] = []
        for location, node in targets or [(session.location, node) for node in self._nodes]:
            changed = make(node)
            if changed != node:
                edits.append(SetNode(location, changed))
        with session.guard(), session.macro(text):
            for edit in edits:
                session.push(edit, text)
        self.refresh()

    def _set_option(self, option: OptionSpec, value: OptionValue) -> None:
        def make(node: Any) -> Node:
            options = dict(node.options)
            default = option.when_unset
            lacking = value is None and not option.nullable
            if lacking or (not option.required and value == default and type(value) is type(default)):
                options.pop(option.name, None)
            else:
                options[option.name] = value
            order = {spec.name: i for i, spec in enumerate(node_options(self._session.document, node))}
            ordered = sorted(options.items(), key=lambda item: order.get(item[0], len(order)))
            return evolve(node, options=dict(ordered))

        self._change(make, tr("Set {option}").format(option=option.name), self._targets())

    # --- what stands on it ------------------------------------------------------------------------

    def _head(self) -> QWidget:
        nodes = self._nodes
        if len(nodes) > 1:
            return head("mdi6.select-multiple", "accent", tr("{count} nodes").format(count=len(nodes)))
        return node_head(self._session, nodes[0])

    def _identity(self) -> Section:
        section = Section(tr("Name"))
        nodes = self._nodes
        if len(nodes) == 1:
            self.name = Field()
            self.name.setObjectName("nodeName")
            section.add_row(tr("Name"), self.name, tr("The name in the Python code and in the state dict"))
            self.name.committed.connect(self._rename)
            self._refreshers.append(lambda: self.name.show_text(self._nodes[0].name))
        self.comment = TextBox(tr("For those who read it"))
        section.add_row(tr("Comment"), self.comment, tr("Shown below the node, and in the generated code"))
        self.comment.committed.connect(
            lambda text: self._change(lambda node: evolve(node, comment=text), tr("Change the comment"))
        )
        self._refreshers.append(lambda: self.comment.show_text(_common(node.comment for node in self._nodes) or ""))
        return section

    def _rename(self, new: str) -> None:
        session = self._session
        old = self._nodes[0].name
        with session.guard():
            edit = rename_node(session.document, session.location, old, new.strip())
            session.push(edit, tr("Rename {name}").format(name=old))
            return
        self.name.revert()

    def _add_options(self) -> None:
        targets = self._targets()
        options = common_options(self._session.document, [node for _, node in targets])
        if not options or not all(isinstance(node, Layer | Function | Instance) for _, node in targets):
            return
        first = [option for option in options if not option.advanced]
        rest = [option for option in options if option.advanced]
        title = tr("Hyper-parameters") if isinstance(targets[0][1], Instance) else tr("Options")
        if isinstance(self._nodes[0], Call):
            title = tr("Options of {layer}, shared").format(layer=self._nodes[0].layer)
        for heading, some, unfolded in ((title, first, True), (tr("More options"), rest, self._any_set(rest))):
            if some:
                section = Section(heading, open=unfolded)
                rows = [self._option_row(option) for option in some]
                for row in rows:
                    section.add(row)
                in_order(rows)
                self._layout.addWidget(section)

    def _any_set(self, options: Sequence[OptionSpec]) -> bool:
        return any(option.name in getattr(node, "options", {}) for _, node in self._targets() for option in options)

    def _option_row(self, option: OptionSpec) -> OptionRow:
        row = OptionRow(
            option, names_at(self._session.document, self._session.location), may_lack=self._may_be_wired(option)
        )

        def get(node: Any) -> OptionValue:
            value: OptionValue = node.options.get(option.name, option.when_unset)
            return value

        row.committed.connect(lambda value: self._set_option(option, value))
        row.exposed.connect(lambda: self._expose(option))
        self._rows.append((row, get))
        return row

    def _expose(self, option: OptionSpec) -> None:
        session = self._session
        location, node = self._targets()[0]
        with session.guard():
            value = getattr(node, "options", {}).get(option.name, option.when_unset)
            expose(session, location, node.name, option.name, value)

    def _may_be_wired(self, option: OptionSpec) -> bool:
        _, node = self._targets()[0]
        entry = catalog().get(node.type) if isinstance(node, Layer | Function) else None
        return entry is not None and any(port.name == option.name for port in entry.inputs)

    def _add_own(self, node: Node | None) -> None:
        """What is particular to a kind of node."""
        section = Section(
            {"constant": tr("Value"), "parameter": tr("Value")}.get(node.kind if node else "", tr("Block"))
        )
        match node:
            case Constant() | Parameter():
                self._value_rows(section, node)
            case Repeat():
                self._flow_rows(section, RepeatRows(self._session))
            case If():
                self._flow_rows(section, IfRows(self._session))
            case Sequential():
                section.add(
                    self._check(
                        tr("Children go by their names"), "named", tr("Keys such as `hidden.weight`, not `0.weight`")
                    )
                )
            case Call():
                section.add(_button("mdi6.link-variant-off", tr("Give it weights of its own"), self._make_independent))
            case Instance():
                self._instance_rows(section, node)
            case Unknown():
                note = QLabel(tr("This version does not know this node. It is kept in the file as it is."))
                note.setWordWrap(True)
                note.setProperty("muted", True)
                section.add(note)
        if isinstance(node, While | If | Repeat | Sequential):
            for slot, _ in node.graphs():
                button = _button("mdi6.arrow-down-bold-box-outline", "", partial(self._open, slot))
                self._refreshers.append(partial(self._count_nodes, button, slot))
                section.add(button)
        if section.rows.count():
            self._layout.addWidget(section)
        else:
            section.deleteLater()

    def _count_nodes(self, button: QPushButton, slot: str) -> None:
        node = self._nodes[0]
        graph = dict(node.graphs())[slot]
        text, count = tr("Open {slot}").format(slot=slot_name(node, slot)), len(graph.nodes)
        inside = tr("1 node") if count == 1 else tr("{count} nodes").format(count=count)
        button.setText(f"{text} · {inside}")
        button.setToolTip(button.text())

    def _value_rows(self, section: Section, node: Constant | Parameter) -> None:
        row = OptionRow(VALUE, names_at(self._session.document, self._session.location))
        row.label.set_whole(tr("Value"))
        row.committed.connect(
            lambda value: self._change(lambda node: evolve(node, value=value.text), tr("Set the value"))
        )
        self._rows.append((row, lambda node: Expression(getattr(node, "value", ""))))
        section.add(row)
        if isinstance(node, Constant):
            section.add(
                self._check(tr("Saved with the parameters"), "persistent", tr("Off: left out of the state dict"))
            )

    def _flow_rows(self, section: Section, rows: RepeatRows | IfRows) -> None:
        section.add(rows)
        self._refreshers.append(rows.refresh)

    def _instance_rows(self, section: Section, node: Instance) -> None:
        definition = self._session.document.definitions.get(node.definition)
        if definition is None:
            return
        open_text = tr("Edit the code") if isinstance(definition, CodeDefinition) else tr("Open the block")
        section.add(
            _button(
                "mdi6.arrow-down-bold-box-outline", open_text, lambda: self._session.enter_node(self._nodes[0].name)
            )
        )
        section.add(
            _button(
                "mdi6.rename-outline",
                tr("Rename the block…"),
                lambda: own_blocks.rename(self._session, self, node.definition),
            )
        )
        count = len(users_of(self._session.document, node.definition))
        used = tr("Where it is used: {count}").format(count=count)
        section.add(
            _button(
                "mdi6.map-marker-multiple-outline", used, lambda: self._session.uses_requested.emit(node.definition)
            )
        )
        if isinstance(definition, Definition) and definition.doc:
            doc = plain_label(definition.doc)
            doc.setWordWrap(True)
            doc.setProperty("muted", True)
            section.add(doc)

    def _check(self, label: str, attribute: str, tip: str) -> QCheckBox:
        box = QCheckBox(label)
        box.setToolTip(tip)
        box.clicked.connect(lambda on: self._change(lambda node: evolve(node, **{attribute: on}), label))
        self._refreshers.append(lambda: box.setChecked(bool(getattr(self._nodes[0], attribute, False))))
        return box

    def _open(self, slot: str) -> None:
        self._session.enter_node(self._nodes[0].name, slot)

    def _make_independent(self) -> None:
        session = self._session
        with session.guard():
            name = self._nodes[0].name
            session.push(
                make_independent(session.document, session.location, name),
                tr("Give {name} its own weights").format(name=name),
            )

    def _look(self) -> Section:
        unfolded = any(node.device or node.color or node.bypassed for node in self._nodes)
        section = Section(tr("Place and look"), open=unfolded)
        if not any(isinstance(node, Constant | Parameter | Unknown) for node in self._nodes):
            section.add(self._check(tr("Bypassed"), "bypassed", tr("On: what comes in goes out as it is")))
        if all(isinstance(node, Layer | Instance | Sequential | Constant | Parameter) for node in self._nodes):
            device = DeviceRow(self._session)
            device.chosen.connect(
                lambda name: self._change(lambda node: evolve(node, device=name), tr("Place on a device"))
            )
            section.add(device)
            self._refreshers.append(lambda: device.show_device(_common(node.device for node in self._nodes)))
        color = ColorRow()
        color.chosen.connect(
            lambda value: self._change(lambda node: evolve(node, color=value), tr("Change the colour"))
        )
        section.add(color)
        self._refreshers.append(lambda: color.show_color(_common(node.color for node in self._nodes)))
        return section


def _common(values: Any) -> Any:
    """The value all have, None when they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _button(glyph: str, text: str, act: Callable[[], Any]) -> QPushButton:
    button = QPushButton(icon(glyph), text)
    button.setToolTip(text)
    button.clicked.connect(lambda: act())
    return button
