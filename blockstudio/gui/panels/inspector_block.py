"""What the inspector shows when nothing is selected: the block itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from attrs import evolve
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from blockstudio.errors import BlockStudioError, ExpressionError, mark
from blockstudio.graph.definition_commands import rename_hyper_parameter, set_hyper_parameters
from blockstudio.graph.edits import ChangeDefinition, ChangeDocument
from blockstudio.graph.expressions import check_option, is_identifier
from blockstudio.graph.model import HyperParameter
from blockstudio.graph.scopes import users_of
from blockstudio.gui import own_blocks
from blockstudio.gui.canvas.facts.faces import slot_name
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.markup import plain_label
from blockstudio.gui.panels.form import Field, Section, TextBox, set_state, small_button
from blockstudio.gui.panels.inspector_head import head
from blockstudio.gui.panels.inspector_ports import PortList
from blockstudio.gui.panels.parts import Number, emptied
from blockstudio.gui.session import Session


class BlockSheet(QWidget):
    """Name, documentation, hyper-parameters and ports of the block whose graph is shown."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(2)
        inside = session.location.steps
        definition = session.location.definition
        if inside:
            around, (node, slot) = session.location.parent, inside[-1]
            assert around is not None  # there are steps
            slot = slot_name(session.document.node(around, node), slot)
            layout.addWidget(head("mdi6.sitemap", "accent", node, tr("its {slot}").format(slot=slot)))
        else:
            is_root = definition == session.document.root
            count = len(users_of(session.document, definition))
            used = tr("used once") if count == 1 else tr("used {count} times").format(count=count)
            about = tr("the root block: what runs") if is_root else used
            layout.addWidget(head("mdi6.home-outline" if is_root else "mdi6.cube-outline", "accent", definition, about))
            layout.addWidget(self._identity(count))
            self.hyper_parameters = HyperParameterList(session)
            layout.addWidget(self.hyper_parameters)
        self.inputs = PortList(session, "inputs")
        self.outputs = PortList(session, "outputs")
        layout.addWidget(self.inputs)
        layout.addWidget(self.outputs)
        if not inside and definition == session.document.root:
            layout.addWidget(self._model())
        layout.addStretch(1)
        self.refresh()

    def refresh(self) -> None:
        """Show the block as it is."""
        session = self._session
        self.inputs.refresh()
        self.outputs.refresh()
        if session.location.steps:
            return
        self.name.show_text(session.definition.name)
        self.doc.show_text(session.definition.doc)
        self.hyper_parameters.refresh()
        if session.location.definition == session.document.root and self.seed.value() != session.document.seed:
            self.seed.setValue(session.document.seed)

    def _identity(self, count: int) -> Section:
        section = Section(tr("Name"))
        if count:
            name = self._session.location.definition
            section.extra.addWidget(
                small_button(
                    "mdi6.map-marker-multiple-outline",
                    tr("Where it is used: {count}").format(count=count),
                    lambda: self._session.uses_requested.emit(name),
                )
            )
        self.name = Field()
        self.name.setObjectName("blockName")
        section.add_row(tr("Class"), self.name, tr("The name of the class in the Python code"))
        self.name.committed.connect(self._rename)
        self.doc = TextBox(tr("What the block is for"))
        section.add_row(tr("About"), self.doc, tr("The docstring of the class"))
        self.doc.committed.connect(self._set_doc)
        return section

    def _model(self) -> Section:
        section = Section(tr("Model"))
        tip = tr("Of the random numbers that the parameters start from")
        self.seed = Number(0, 2**31 - 1, tip, self._session.document.seed)
        self.seed.setObjectName("seed")
        self.seed.setMinimumWidth(60)
        self.seed.valueChanged.connect(self._set_seed)
        section.add_row(tr("Seed"), self.seed, tip)
        return section

    def _rename(self, new: str) -> None:
        session = self._session
        with session.guard():
            own_blocks.rename_block(session, session.location.definition, new.strip())
            return
        self.name.revert()

    def _set_doc(self, text: str) -> None:
        with self._session.guard():
            name = self._session.location.definition
            self._session.push(ChangeDefinition(name, {"doc": text}), tr("Describe {name}").format(name=name))

    def _set_seed(self, seed: int) -> None:
        if seed != self._session.document.seed:
            self._session.push(ChangeDocument({"seed": seed}), tr("Set the seed"), merge="seed")


class HyperParameterList(Section):
    """The arguments of the block's class: name and default, and what each is for."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(tr("Hyper-parameters"), parent)
        self._session = session
        self._names: list[str] | None = None
        self._fields: list[tuple[Field, Field, Field]] = []
        self.extra.addWidget(small_button("mdi6.plus", tr("Add a hyper-parameter"), self.add_one))
        self._grid_holder = QWidget()
        self._grid = QGridLayout(self._grid_holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(4)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 3)
        self._grid.setColumnStretch(1, 3)
        self.add(self._grid_holder)
        self.none = QLabel(tr("None. Add one to use its name in the options inside, such as channels * 4."))
        self.none.setWordWrap(True)
        self.none.setProperty("muted", True)
        self.add(self.none)
        self.complaint = plain_label()
        self.complaint.setWordWrap(True)
        self.complaint.setProperty("state", "error")
        self.complaint.hide()
        self.add(self.complaint)

    def _all(self) -> list[HyperParameter]:
        return self._session.definition.hyper_parameters

    def refresh(self) -> None:
        parameters = self._all()
        names = [parameter.name for parameter in parameters]
        if names != self._names:
            self._names = names
            self._make_rows(names)
        for parameter, (name, default, doc) in zip(parameters, self._fields, strict=True):
            name.show_text(parameter.name)
            default.show_text(parameter.default)
            doc.show_text(parameter.doc)
        self.none.setVisible(not parameters)
        self._grid_holder.setVisible(bool(parameters))

    def add_one(self) -> None:
        """Add a hyper-parameter with a free name."""
        taken = {parameter.name for parameter in self._all()}
        name = next(n for n in ["size", *(f"size{i}" for i in range(2, len(taken) + 3))] if n not in taken)
        self._set([*self._all(), HyperParameter(name, "16")], tr("Add {name}").format(name=name))
        self.refresh()
        self._fields[-1][0].setFocus()
        self._fields[-1][0].selectAll()

    def _make_rows(self, names: Sequence[str]) -> None:
        emptied(self._grid)
        self._fields = []
        for i, name in enumerate(names):
            fields = (Field(), Field(), Field())
            for field, what, placeholder, tip in zip(
                fields,
                (tr("Name of {name}"), tr("Default of {name}"), tr("What {name} is for")),
                (tr("name"), tr("no default"), tr("what it is for")),
                (
                    tr("An argument of the class"),
                    tr("What it is where nothing is given: 64, 0.5, 'text' in quotes, or a list such as [3, 4, 6, 3]"),
                    tr("Shown on hover"),
                ),
                strict=True,
            ):
                field.setAccessibleName(what.format(name=name))
                field.setPlaceholderText(placeholder)
                field.setToolTip(tip)
            fields[0].committed.connect(lambda new, old=name, field=fields[0]: self._rename(old, new, field))
            fields[1].committed.connect(lambda text, i=i, field=fields[1]: self._set_default(i, text, field))
            fields[2].committed.connect(lambda text, i=i: self._change(i, doc=text))
            row = 2 * i
            self._grid.addWidget(fields[0], row, 0)
            self._grid.addWidget(fields[1], row, 1)
            up = small_button("mdi6.arrow-up", tr("Move up"), partial(self._move, i))
            up.setEnabled(i > 0)
            self._grid.addWidget(up, row, 2)
            remove = small_button("mdi6.close", tr("Remove {name}").format(name=name), partial(self._remove, i))
            self._grid.addWidget(remove, row, 3)
            self._grid.addWidget(fields[2], row + 1, 0, 1, 2)
            self._fields.append(fields)

    def _set(self, parameters: list[HyperParameter], text: str) -> None:
        session = self._session
        with session.guard():
            name = session.location.definition
            session.push(set_hyper_parameters(session.document, name, parameters), text)

    def _change(self, index: int, **changes: Any) -> None:
        parameters = list(self._all())
        parameters[index] = evolve(parameters[index], **changes)
        self._set(parameters, tr("Change {name}").format(name=parameters[index].name))

    def _set_default(self, index: int, text: str, field: Field) -> None:
        text = text.strip()
        try:
            self._check_default(text)
        except BlockStudioError as error:
            set_state(field, "error")
            self.complaint.setText(message(error))
            self.complaint.show()
            return
        set_state(field, "")
        self.complaint.hide()
        self._change(index, default=text)

    def _check_default(self, text: str) -> None:
        if text and text != "None":
            if len(text) > 500:
                raise ExpressionError(mark("The expression is longer than {limit} characters."), limit=500)
            if is_identifier(text):
                raise ExpressionError(mark("Text is written in quotes: {text}"), text=repr(text))
            check_option(text, ())

    def _rename(self, old: str, new: str, field: Field) -> None:
        session = self._session
        with session.guard():
            edit = rename_hyper_parameter(session.document, session.location.definition, old, new.strip())
            session.push(edit, tr("Rename {name}").format(name=old))
            return
        field.revert()

    def _remove(self, index: int) -> None:
        parameters = list(self._all())
        gone = parameters.pop(index)
        self._set(parameters, tr("Remove {name}").format(name=gone.name))

    def _move(self, index: int) -> None:
        parameters = list(self._all())
        parameters[index - 1], parameters[index] = parameters[index], parameters[index - 1]
        self._set(parameters, tr("Reorder the hyper-parameters"))
