"""What the inspector shows of control flow: how often a Repeat runs and with which weights, what decides an If."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import evolve
from PySide6.QtWidgets import QCheckBox, QLabel, QRadioButton, QVBoxLayout, QWidget

from blockstudio.catalog.spec import OptionSpec
from blockstudio.errors import mark
from blockstudio.graph.control_commands import condition_of, decide, decide_by_mode, is_by_mode, rename_index
from blockstudio.graph.edits import Edit, SetNode
from blockstudio.graph.expressions import names_in
from blockstudio.graph.model import BOUNDARY, Expression, Graph, If, OptionValue, Repeat
from blockstudio.gui.canvas.facts.summaries import round_keys
from blockstudio.gui.i18n import tr
from blockstudio.gui.markup import plain_label
from blockstudio.gui.panels.form import Field, Row
from blockstudio.gui.panels.option_editors import OptionRow
from blockstudio.gui.panels.option_text import names_at, rounds_at
from blockstudio.gui.session import Session

COUNT = OptionSpec(
    "count", "int", doc=mark("How many rounds: a number, or an expression such as layers[0]."), minimum=0
)
CONDITION = OptionSpec(
    "condition",
    "any",
    doc=mark("An expression over hyper-parameters, such as stride != 1: it decides when the model is built."),
)


class FlowRows(QWidget):
    """Rows about one node of control flow."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(5)

    def _option(self, spec: OptionSpec, label: str) -> OptionRow:
        row = OptionRow(spec, names_at(self.session.document, self.session.location))
        row.label.set_whole(label)
        self.rows.addWidget(row)
        return row

    def _note(self) -> QLabel:
        note = plain_label()
        note.setWordWrap(True)
        note.setProperty("muted", True)
        self.rows.addWidget(note)
        return note


class RepeatRows(FlowRows):
    """Rounds, the name of their number, and whose weights they have."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.count = self._option(COUNT, tr("Rounds"))
        self.count.committed.connect(lambda value: self._set(tr("Set the rounds"), count=value))
        self.index = Field()
        self.index.committed.connect(self._set_index)
        self.rows.addWidget(
            Row(tr("Counted by"), self.index, tr("The number of the round, from 0: for expressions inside"))
        )
        self.own = QRadioButton(tr("Own weights in each round"))
        self.own.setToolTip(tr("Each layer inside becomes a list with one layer a round"))
        self.shared = QRadioButton(tr("The same weights in every round"))
        self.shared.setToolTip(tr("The layers inside are called again and again: counted once"))
        for button, is_shared in ((self.own, False), (self.shared, True)):
            button.clicked.connect(partial(self._set, button.text(), shared=is_shared))
            self.rows.addWidget(button)
        self.keys = self._note()
        self.refresh()

    @property
    def _node(self) -> Repeat:
        (node,) = self.session.selected_nodes
        assert isinstance(node, Repeat)
        return node

    def refresh(self) -> None:
        """Show the Repeat as it is."""
        node = self._node
        self.count.show_value(node.count)
        self.index.show_text(node.index)
        (self.shared if node.shared else self.own).setChecked(True)
        keys = round_keys(node)
        self.keys.setVisible(bool(keys))
        self.keys.setText(tr("Parameters: {keys}").format(keys=keys))

    def _set(self, text: str, _: bool = True, **changes: Any) -> None:
        with self.session.guard():
            changed = evolve(self._node, **changes)
            if changed != self._node:
                self.session.push(SetNode(self.session.location, changed), text)
        self.refresh()

    def _set_index(self, name: str) -> None:
        session = self.session
        with session.guard():
            edit = rename_index(session.document, session.location, self._node.name, name.strip())
            session.push(edit, tr("Set the counter"))
        self.refresh()


class IfRows(FlowRows):
    """What decides an If."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.condition = self._option(CONDITION, tr("Condition"))
        self.condition.committed.connect(self._decide)
        self.by_mode = QCheckBox(tr("In training"))
        self.by_mode.setToolTip(tr("The mode decides: “then” while the model trains, “else” in evaluation"))
        self.by_mode.clicked.connect(self._decide_by_mode)
        self.rows.addWidget(self.by_mode)
        self.about = self._note()
        self.refresh()

    @property
    def _node(self) -> If:
        (node,) = self.session.selected_nodes
        assert isinstance(node, If)
        return node

    def refresh(self) -> None:
        """Show the condition as it is."""
        value = condition_of(self._node)
        by_mode = is_by_mode(self._node)
        self.by_mode.setChecked(by_mode)
        self.condition.setVisible(not by_mode)
        self.condition.show_value(None if isinstance(value, Graph) else value)
        if isinstance(value, Graph):
            self.condition.field.setPlaceholderText(tr("decided by its graph"))
        if by_mode:
            text = tr("Decided by the mode in each run: the layers of both branches are made.")
        elif isinstance(value, Graph) and value.edges_out_of(BOUNDARY):
            text = tr("Its graph decides in each run. An expression here takes its place.")
        elif isinstance(value, Expression) and names_in(value.text) & self._round_names(shared=True):
            text = tr("Decided in each round: the layers of both branches are made.")
        elif isinstance(value, Expression) and names_in(value.text) & self._round_names(shared=False):
            text = tr("Decided for each round when the model is built: only what is in that branch is made.")
        else:
            text = tr("Decided when the model is built: only what is in that branch is made.")
        self.about.setText(text)

    def _round_names(self, *, shared: bool) -> set[str]:
        rounds = rounds_at(self.session.document, self.session.location)
        return {repeat.index for repeat in rounds if repeat.shared == shared}

    def _decide(self, value: OptionValue) -> None:
        session = self.session
        self._push(lambda: decide(session.document, session.location, self._node.name, value))

    def _decide_by_mode(self, by_mode: bool) -> None:
        session = self.session
        if by_mode:
            self._push(lambda: decide_by_mode(session.document, session.location, self._node.name))
        else:
            self._decide(True)

    def _push(self, made: Callable[[], Edit]) -> None:
        with self.session.guard():
            self.session.push(made(), tr("Set the condition"))
        self.refresh()
